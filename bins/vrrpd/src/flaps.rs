//! How many lines the changes of state of one instance may cause. Each is worth one (MIB-19), and a host that sends priority 255
//! and priority 0 in turns makes hundreds a second.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use vrrp_core::Transition;

use crate::renames::rename;

/// As PRJ-LOG-01: of a minute.
const WINDOW: Duration = Duration::from_secs(60);
/// More changes than in the worst minute of an ordinary fault.
const LINES: u32 = 30;
/// Beyond these: one line in so long, about the last change and how many were before it.
const SUM_EVERY: Duration = Duration::from_secs(10);

/// What was said of each instance; grows with the configuration, never with what is heard.
#[derive(Debug, Default)]
pub(crate) struct Flaps {
    instances: BTreeMap<String, Said>,
}

#[derive(Debug)]
struct Said {
    window_from: Instant,
    lines: u32,
    unsaid: Option<Unsaid>,
}

/// Changes that had no line of their own.
#[derive(Debug)]
pub(crate) struct Unsaid {
    since: Instant,
    /// The latest, by which the instance is what it is.
    pub(crate) last: Transition,
    /// That one included.
    pub(crate) count: u64,
}

impl Flaps {
    /// The state of an instance has changed at `now`. `true`: a line may be written; else it comes with [`Flaps::due`].
    pub(crate) fn changed(&mut self, now: Instant, instance: &str, transition: &Transition) -> bool {
        if !self.instances.contains_key(instance) {
            let said = Said {
                window_from: now,
                lines: 0,
                unsaid: None,
            };
            let _none = self.instances.insert(instance.to_owned(), said);
        }
        let Some(said) = self.instances.get_mut(instance) else {
            return true;
        };
        if now.saturating_duration_since(said.window_from) >= WINDOW {
            (said.window_from, said.lines) = (now, 0);
        }
        // What waits comes first: lines are in order.
        if said.lines < LINES && said.unsaid.is_none() {
            said.lines += 1;
            return true;
        }
        let (since, before) = said
            .unsaid
            .as_ref()
            .map_or((now, 0), |unsaid| (unsaid.since, unsaid.count));
        said.unsaid = Some(Unsaid {
            since,
            last: *transition,
            count: before + 1,
        });
        false
    }

    /// Instances that go on under other names.
    pub(crate) fn rename(&mut self, names: &[(String, String)]) {
        let _gone = rename(&mut self.instances, names);
    }

    /// When something is to be said though nothing happens.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        let unsaid = self.instances.values().filter_map(|said| said.unsaid.as_ref());
        unsaid.map(|unsaid| unsaid.since + SUM_EVERY).min()
    }

    /// What is to be said at `now`; `None`: everything that is left.
    pub(crate) fn due(&mut self, now: Option<Instant>) -> Vec<(String, Unsaid)> {
        let mut due = Vec::new();
        for (instance, said) in &mut self.instances {
            let is_due = |unsaid: &mut Unsaid| now.is_none_or(|now| now >= unsaid.since + SUM_EVERY);
            if let Some(unsaid) = said.unsaid.take_if(is_due) {
                due.push((instance.clone(), unsaid));
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use vrrp_core::{Cause, StateName};

    use super::*;

    fn change(to: StateName) -> Transition {
        Transition {
            from: StateName::Initialize,
            to,
            cause: Cause::NoResponse,
            holding: false,
        }
    }

    /// SEC-11, MIB-19: 200 changes a second for a minute are 30 lines and six sums, and the last line tells the last state.
    #[test]
    fn sec_11_a_state_that_others_make_change_gives_few_lines() {
        let mut flaps = Flaps::default();
        let begin = Instant::now();
        let (mut lines, mut sums) = (0_u32, Vec::new());
        for number in 0..12_000_u64 {
            let now = begin + Duration::from_millis(number * 5);
            sums.extend(flaps.due(Some(now)).into_iter().map(|(_, unsaid)| unsaid.count));
            let to = if number % 2 == 0 {
                StateName::Active
            } else {
                StateName::Backup
            };
            lines += u32::from(flaps.changed(now, "VI_1", &change(to)));
        }
        // From 150 ms on, 10 s of 200 changes a second each.
        assert_eq!((lines, sums), (30, vec![2000; 5]));
        let due_at = flaps.due_at().unwrap();
        assert_eq!(due_at, begin + Duration::from_millis(60_150));
        assert!(flaps.due(Some(due_at - Duration::from_millis(1))).is_empty());
        let last = flaps.due(Some(due_at));
        assert_eq!(last.len(), 1);
        assert_eq!((last[0].1.count, last[0].1.last.to), (1970, StateName::Backup));
        assert_eq!(flaps.due_at(), None);
        assert!(
            flaps.changed(due_at, "VI_1", &change(StateName::Active)),
            "a new minute"
        );
    }

    /// Each instance for itself, and nothing is left unsaid at the end.
    #[test]
    fn what_is_left_is_said_at_the_end() {
        let mut flaps = Flaps::default();
        let now = Instant::now();
        let said = (0..31).filter(|_| flaps.changed(now, "VI_1", &change(StateName::Active)));
        assert_eq!(said.count(), 30);
        assert!(flaps.changed(now, "VI_2", &change(StateName::Backup)));
        let left = flaps.due(None);
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].0.as_str(), left[0].1.count), ("VI_1", 1));
    }
}
