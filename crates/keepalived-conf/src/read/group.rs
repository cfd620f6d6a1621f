//! `vrrp_sync_group`.

use super::Reader;
use crate::model::{Notify, SyncGroup};
use crate::tree::Item;

impl Reader<'_> {
    pub(super) fn group(&mut self, block: &Item, name: String) -> SyncGroup {
        let mut group = SyncGroup {
            name,
            span: block.span,
            members: Vec::new(),
            notify: Notify::default(),
        };
        for item in block.items() {
            if item.keyword.is_some_and(|keyword| keyword.name == "group") {
                let words = item.items().flat_map(|line| &line.words);
                group.members.extend(words.map(|word| (word.text(), word.span)));
            } else {
                self.notify(item, &mut group.notify);
            }
        }
        group
    }
}
