//! Who matches what: starts, changes and ends of processes -> counts. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::pattern::{Identity, Pattern};

/// The processes that each pattern means.
#[derive(Debug, Default)]
pub(super) struct Census {
    counted: BTreeMap<Arc<str>, (Pattern, BTreeSet<u32>)>,
}

impl Census {
    /// Counts for another pattern; what an earlier one of the name had found is gone.
    pub(super) fn add(&mut self, name: Arc<str>, pattern: Pattern) {
        self.counted.insert(name, (pattern, BTreeSet::new()));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.counted.remove(name);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counted.is_empty()
    }

    /// Whether any pattern looks at command lines.
    pub(super) fn needs_words(&self) -> bool {
        self.counted.values().any(|(pattern, _)| pattern.needs_words())
    }

    pub(super) fn count(&self, name: &str) -> u32 {
        let pids = self.counted.get(name).map_or(0, |(_, pids)| pids.len());
        u32::try_from(pids).unwrap_or(u32::MAX)
    }

    /// Every process that counts for something.
    pub(super) fn pids(&self) -> BTreeSet<u32> {
        let all = self.counted.values();
        all.flat_map(|(_, pids)| pids.iter().copied()).collect()
    }

    /// A process is this now; `None`: it has ended.
    pub(super) fn is(&mut self, pid: u32, now: Option<&Identity>) {
        for (pattern, pids) in self.counted.values_mut() {
            if now.is_some_and(|now| pattern.matches(now)) {
                pids.insert(pid);
            } else {
                pids.remove(&pid);
            }
        }
    }

    /// A process has made another one, which is the same until it becomes something else.
    pub(super) fn forked(&mut self, parent: u32, child: u32) {
        for (_, pids) in self.counted.values_mut() {
            if pids.contains(&parent) {
                pids.insert(child);
            }
        }
    }

    /// Only these processes are left.
    pub(super) fn keep(&mut self, there: &BTreeSet<u32>) {
        for (_, pids) in self.counted.values_mut() {
            pids.retain(|pid| there.contains(pid));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Census, Identity, Pattern};

    fn named(name: &str) -> Identity {
        Identity {
            name: name.into(),
            words: Vec::new(),
        }
    }

    #[test]
    fn starts_changes_and_ends() {
        let mut census = Census::default();
        census.add("web".into(), Pattern::Name("nginx".into()));
        census.add("shell".into(), Pattern::Name("sh".into()));
        let counts = |census: &Census| (census.count("web"), census.count("shell"));
        census.is(1, Some(&named("sh")));
        census.is(2, Some(&named("cron")));
        assert_eq!(counts(&census), (0, 1));
        // A shell starts nginx: for a moment there are two shells.
        census.forked(1, 10);
        census.forked(2, 11);
        assert_eq!(counts(&census), (0, 2));
        census.is(10, Some(&named("nginx")));
        assert_eq!(counts(&census), (1, 1));
        census.forked(10, 12);
        assert_eq!(counts(&census), (2, 1));
        census.is(10, None);
        census.is(10, None);
        assert_eq!(counts(&census), (1, 1));
        assert_eq!(census.pids(), BTreeSet::from([1, 12]));
        census.keep(&BTreeSet::from([2, 12]));
        assert_eq!(counts(&census), (1, 0));
    }
}
