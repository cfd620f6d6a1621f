//! What an operator has said to a router's process, for the next one under the same supervisor: its death is no new start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::warn;
use vrrp_control::{AskedBy, Shift};

use super::priority::Moved;
use super::put_down::{beside, ours, put_down};

/// Of one router's process after the other; without a supervisor of none.
#[derive(Debug, Clone)]
pub(crate) struct Bequest {
    /// Where it stands, and which supervisor it is of.
    of: Option<(PathBuf, String)>,
}

#[derive(Serialize, Deserialize)]
struct Paper<T> {
    supervisor: String,
    said: T,
}

impl Bequest {
    /// In a file whose name is that of the control socket with this ending.
    pub(crate) fn of(control: Option<&Path>, supervisor: Option<&str>, ending: &str) -> Self {
        let path = control.map(|control| beside(control, ending));
        Self {
            of: path.zip(supervisor.map(str::to_owned)),
        }
    }

    /// Nothing but what the process before has left to this one.
    pub(crate) fn read<T: DeserializeOwned + Default>(&self) -> T {
        let Some((path, supervisor)) = &self.of else {
            return T::default();
        };
        let text = match ours(path) {
            Ok(Some(text)) => text,
            Ok(None) => return T::default(),
            Err(error) => {
                warn!("{error}; what an operator has said before the router's process died is forgotten");
                return T::default();
            }
        };
        match serde_json::from_slice::<Paper<T>>(&text) {
            Ok(paper) if paper.supervisor == *supervisor => paper.said,
            // Of an earlier supervisor: that was a new start since.
            Ok(_) => T::default(),
            Err(error) => {
                warn!(
                    "{}: {error}; what an operator has said before the router's process died is forgotten: moved priorities and what was handed over, modes of checks, or words about real servers",
                    path.display()
                );
                T::default()
            }
        }
    }

    pub(crate) fn write<T: Serialize>(&self, said: T) {
        let Some((path, supervisor)) = &self.of else {
            return;
        };
        let paper = Paper {
            supervisor: supervisor.clone(),
            said,
        };
        let put = serde_json::to_string(&paper)
            .map_err(std::io::Error::other)
            .and_then(|text| put_down(path, &text));
        if let Err(error) = put {
            warn!(
                "{}: {error}; should the router's process die, the next one will not know what an operator has said since",
                path.display()
            );
        }
    }
}

/// What is handed on of instances, by their names.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Heritage {
    moves: BTreeMap<String, Kept>,
    pub(super) handed: BTreeMap<String, Handed>,
}

/// One that competes with priority 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Handed {
    pub(super) asked: AskedBy,
    pub(super) since_unix_ms: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    shift: Shift,
    asked: AskedBy,
    /// By CLOCK_BOOTTIME, which the next process sees as this one does.
    ends_at_ms: Option<u64>,
}

impl Heritage {
    pub(super) fn of(
        moves: &BTreeMap<String, Moved>,
        handed: &BTreeMap<String, Handed>,
        (boot_ms, now): (u64, Instant),
    ) -> Self {
        let one = |moved: &Moved| {
            let left = moved.ends_at.map(|at| at.saturating_duration_since(now));
            Kept {
                shift: moved.shift,
                asked: moved.asked,
                ends_at_ms: left.map(|left| boot_ms.saturating_add(crate::node::ms(left))),
            }
        };
        Self {
            moves: moves
                .iter()
                .map(|(name, moved)| (name.clone(), one(moved)))
                .collect(),
            handed: handed.clone(),
        }
    }

    pub(super) fn moves(&self, (boot_ms, now): (u64, Instant)) -> BTreeMap<String, Moved> {
        let one = |kept: &Kept| {
            let left = kept.ends_at_ms.map(|at| at.saturating_sub(boot_ms));
            Moved {
                shift: kept.shift,
                asked: kept.asked,
                ends_at: left.and_then(|left| now.checked_add(Duration::from_millis(left))),
            }
        };
        let all = self.moves.iter();
        all.map(|(name, kept)| (name.clone(), one(kept))).collect()
    }
}

/// One moment, by the clock that all processes have, and by that of this one.
pub(crate) fn both_clocks() -> (u64, Instant) {
    (vrrp_net::clock::now().as_nanos() / 1_000_000, Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: AskedBy = AskedBy {
        uid: 1000,
        at_unix_ms: 1_700_000_000_000,
    };

    fn moved(ends_at: Option<Instant>) -> BTreeMap<String, Moved> {
        let moved = Moved {
            shift: Shift::To(200),
            asked: ASKED,
            ends_at,
        };
        BTreeMap::from([("VI_1".to_owned(), moved)])
    }

    #[test]
    fn the_next_process_of_the_same_supervisor_has_it_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let control = folder.path().join("control.sock");
        let of = |supervisor| Bequest::of(Some(&control), supervisor, ".said");
        let handed = BTreeMap::from([(
            "VI_2".to_owned(),
            Handed {
                asked: ASKED,
                since_unix_ms: ASKED.at_unix_ms + 3_000,
            },
        )]);
        let said = || Heritage::of(&moved(None), &handed, both_clocks());
        assert_eq!(of(Some("7:1")).read::<Heritage>(), Heritage::default());
        of(None).write(said());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        of(Some("7:1")).write(said());
        assert_eq!(of(Some("7:1")).read::<Heritage>(), said());
        assert_eq!(said().moves(both_clocks()), moved(None));
        assert_eq!(of(Some("7:2")).read::<Heritage>(), Heritage::default());
        assert_eq!(of(None).read::<Heritage>(), Heritage::default());
        std::fs::write(folder.path().join("control.sock.said"), "{").unwrap();
        assert_eq!(of(Some("7:1")).read::<Heritage>(), Heritage::default());
    }

    /// 60 s from 5 s after boot: at 25 s after boot 40 s are left, at 70 s none.
    #[test]
    fn a_time_goes_on_while_no_process_is_there() {
        let now = Instant::now();
        let after = |seconds: u64| now + Duration::from_secs(seconds);
        let said = Heritage::of(&moved(Some(after(60))), &BTreeMap::new(), (5_000, now));
        let left = |boot_ms| said.moves((boot_ms, now))["VI_1"].ends_at;
        assert_eq!(left(25_000), Some(after(40)));
        assert_eq!(left(70_000), Some(now));
    }
}
