//! A reload by which instances get other names: what was told by the old ones is heard before anybody has the new ones.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::node::lock;

/// Events are heard within moments, unless there were too many.
const HEARD_WITHIN: Duration = Duration::from_secs(1);
/// How often somebody looks who waits for the end of a reload.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Old and new name of each instance.
pub(crate) type Names = Vec<(String, String)>;

/// What is under way.
#[derive(Debug, Default)]
pub(crate) struct Renames {
    pending: Mutex<Option<(Names, oneshot::Sender<()>)>>,
    under_way: AtomicBool,
}

/// Until it is dropped, names are not what they were, and not yet what they will be.
#[derive(Debug)]
pub(crate) struct UnderWay<'a> {
    renames: &'a Renames,
    heard: oneshot::Receiver<()>,
}

impl Renames {
    /// To be called before the driver hears of it.
    pub(crate) fn begin(&self, names: &[(String, String)]) -> UnderWay<'_> {
        let (told, heard) = oneshot::channel();
        if !names.is_empty() {
            self.under_way.store(true, Ordering::Release);
            *lock(&self.pending) = Some((names.to_vec(), told));
        }
        UnderWay { renames: self, heard }
    }

    /// Whether a name may mean one instance to the driver and another one here.
    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Acquire)
    }

    /// The driver's word that it has carried them out: `Some` for whoever comes first.
    pub(crate) fn heard(&self) -> Option<Names> {
        let (names, told) = lock(&self.pending).take()?;
        // A reload that is given up listens no more.
        let _gone = told.send(());
        Some(names)
    }

    /// Waits while a name may mean two.
    pub(crate) async fn over(&self) {
        while self.is_under_way() {
            sleep(LOOK_EVERY).await;
        }
    }
}

impl UnderWay<'_> {
    /// Waits until everything was heard that was told by the old names. `Some`: the word of it was lost, and this is to be
    /// done now.
    pub(crate) async fn heard(&mut self) -> Option<Names> {
        if lock(&self.renames.pending).is_some() {
            let _late = timeout(HEARD_WITHIN, &mut self.heard).await;
        }
        self.renames.heard()
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(&self.renames.pending).take();
        self.renames.under_way.store(false, Ordering::Release);
    }
}

/// What is kept by name goes on under the new one. The answer: what was kept for one whose name another one has now, and
/// that has none itself.
pub(crate) fn rename<T>(kept: &mut BTreeMap<String, T>, names: &[(String, String)]) -> Vec<(String, T)> {
    let moving = names
        .iter()
        .filter_map(|(before, after)| Some((after.clone(), kept.remove(before)?)));
    let moving: Vec<(String, T)> = moving.collect();
    let mut left = Vec::new();
    for (name, one) in moving {
        if let Some(gone) = kept.insert(name.clone(), one) {
            left.push((name, gone));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: &[(&str, &str)]) -> Names {
        let owned = |(before, after): &(&str, &str)| ((*before).to_owned(), (*after).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn two_may_have_each_others_names_and_one_that_goes_is_given_out() {
        let begin = || -> BTreeMap<String, u8> {
            let named = [("A", 1), ("B", 2), ("C", 3)];
            named
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        };
        let mut kept = begin();
        assert!(rename(&mut kept, &names(&[("A", "B"), ("B", "A")])).is_empty());
        assert_eq!(kept.into_values().collect::<Vec<_>>(), [2, 1, 3]);
        let mut kept = begin();
        let left = rename(&mut kept, &names(&[("B", "A"), ("C", "D")]));
        assert_eq!(left, [("A".to_owned(), 1)]);
        let kept: Vec<(String, u8)> = kept.into_iter().collect();
        assert_eq!(kept, [("A".to_owned(), 2), ("D".to_owned(), 3)]);
    }

    /// Whoever hears it first does it, once; a reload that is given up leaves nothing behind.
    #[tokio::test]
    async fn a_word_that_is_lost_is_made_good_and_one_that_comes_late_does_nothing() {
        let renames = Renames::default();
        let asked = names(&[("A", "B")]);
        let mut under_way = renames.begin(&asked);
        assert!(renames.is_under_way());
        assert_eq!(renames.heard(), Some(asked.clone()));
        assert_eq!(under_way.heard().await, None);
        drop(under_way);
        assert!(!renames.is_under_way());

        let mut under_way = renames.begin(&asked);
        assert_eq!(under_way.heard().await, Some(asked.clone()));
        assert_eq!(renames.heard(), None);
        drop(under_way);

        drop(renames.begin(&asked));
        assert_eq!(renames.heard(), None);
        assert!(!renames.is_under_way());
        let mut none = renames.begin(&[]);
        assert!(!renames.is_under_way());
        assert_eq!(none.heard().await, None);
    }
}
