//! Which check of a balance goes on for which of the one before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vrrp_plan::balance::{Look, ServerCheck};

use crate::looks::{ByLook, is_same};

/// What is known is known of a look: it goes to whoever looks at the same, under whatever name.
#[derive(Debug, Default)]
pub(super) struct Heirs {
    /// Checks that have other names now, or are there once more: of which they have what is known.
    renamed: BTreeMap<Arc<str>, Arc<str>>,
    /// Names that were there before and now look at something else.
    pub(super) changed: BTreeSet<Arc<str>>,
    /// Names that nothing is known of.
    fresh: BTreeSet<Arc<str>>,
}

impl Heirs {
    pub(super) fn between(before: &[ServerCheck], after: &[ServerCheck]) -> Self {
        let old: BTreeMap<&str, &Look> = before.iter().map(|c| (c.name.as_str(), &c.look)).collect();
        let same = |check: &&ServerCheck| {
            let old = old.get(check.name.as_str());
            old.is_some_and(|old| is_same(old, &check.look))
        };
        let others: Vec<&ServerCheck> = after.iter().filter(|check| !same(check)).collect();
        let mut heirs = Self::default();
        if others.is_empty() {
            return heirs;
        }
        let by_look: ByLook<'_, &str> = before.iter().map(|c| (&c.look, c.name.as_str())).collect();
        for check in others {
            let name: Arc<str> = check.name.as_str().into();
            if old.contains_key(&*name) {
                heirs.changed.insert(Arc::clone(&name));
            }
            match by_look.find(&check.look) {
                Some(before) => {
                    heirs.renamed.insert(name, Arc::from(*before));
                }
                None => {
                    heirs.fresh.insert(name);
                }
            }
        }
        heirs
    }

    /// What a check has of what was there by names.
    pub(super) fn of<'a, T>(&self, check: &str, known: &'a BTreeMap<Arc<str>, T>) -> Option<&'a T> {
        if self.fresh.contains(check) {
            return None;
        }
        known.get(self.renamed.get(check).map_or(check, |before| before))
    }
}
