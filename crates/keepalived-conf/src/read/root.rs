//! Words at the top of the file that concern the daemon.

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::model::GlobalDefs;
use crate::tree::{Item, Tree, items};

impl Reader<'_> {
    pub(super) fn root_words(&mut self, tree: &Tree, defs: &mut GlobalDefs) {
        for item in items(&tree.nodes) {
            if item
                .keyword
                .is_some_and(|keyword| keyword.name == "net_namespace")
            {
                self.net_namespace(item, defs);
            }
        }
    }

    /// The first one counts, as with keepalived.
    fn net_namespace(&mut self, item: &Item, defs: &mut GlobalDefs) {
        let Some(word) = item.argument() else { return };
        self.surplus(item, 1);
        let Some(name) = self.text(word) else { return };
        let Some(first) = &defs.net_namespace else {
            defs.net_namespace = Some(name);
            return;
        };
        let text = format!("net_namespace is {} already", first.value);
        let mut found = Diagnostic::error("duplicate-word", item.span, text)
            .effect("the line is ignored, as keepalived does")
            .help("leave one of the two: a daemon works in one network");
        if let Some(first) = first.span() {
            found = found.label(first, "the first one");
        }
        self.push(found);
    }
}
