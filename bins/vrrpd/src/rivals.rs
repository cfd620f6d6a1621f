//! How many lines routers of lower rank may cause. What they send is valid, so PRJ-LOG-01 of the core does not count it,
//! and the core answers three times an interval (PRJ-FSM-01): 30 lines a second at 100 ms, for as long as a sender likes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::renames::rename;

/// As PRJ-LOG-01: the first at once, then one line in so long.
const PAUSE: Duration = Duration::from_secs(60);

/// What was said of each instance; grows with the configuration, never with what is heard.
#[derive(Debug, Default)]
pub(crate) struct Rivals {
    instances: BTreeMap<String, Said>,
}

#[derive(Debug)]
struct Said {
    at: Instant,
    /// Answers since.
    unsaid: u64,
}

impl Rivals {
    /// Instances that go on under other names.
    pub(crate) fn rename(&mut self, names: &[(String, String)]) {
        let _gone = rename(&mut self.instances, names);
    }

    /// A rival was answered at `now`. `Some`: a line may be written, with the number of answers that had none.
    pub(crate) fn answered(&mut self, now: Instant, instance: &str) -> Option<u64> {
        let Some(said) = self.instances.get_mut(instance) else {
            let first = Said { at: now, unsaid: 0 };
            let _none = self.instances.insert(instance.to_owned(), first);
            return Some(0);
        };
        if now.saturating_duration_since(said.at) < PAUSE {
            said.unsaid = said.unsaid.saturating_add(1);
            return None;
        }
        let unsaid = said.unsaid;
        *said = Said { at: now, unsaid: 0 };
        Some(unsaid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SEC-11, PRJ-LOG-01: 30 answers a second for 130 s give lines at 0, 60 and 120 s.
    #[test]
    fn sec_11_a_rival_that_does_not_stop_gives_one_line_a_minute() {
        let mut rivals = Rivals::default();
        let begin = Instant::now();
        let mut lines = Vec::new();
        for number in 0..3900_u32 {
            let now = begin + Duration::from_millis(u64::from(number) * 1000 / 30);
            if let Some(unsaid) = rivals.answered(now, "VI_1") {
                lines.push((number, unsaid));
            }
        }
        assert_eq!(lines, [(0, 0), (1800, 1799), (3600, 1799)]);
        assert_eq!(
            rivals.answered(begin, "VI_2"),
            Some(0),
            "each instance for itself"
        );
    }
}
