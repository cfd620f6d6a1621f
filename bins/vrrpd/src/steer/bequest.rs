//! What an operator has said to a router's process, for the next one under the same supervisor: its death is no new start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tracing::warn;
use vrrp_control::{AskedBy, Shift};

use super::kept::{beside, put_down};
use super::priority::Moved;

/// Of one router's process after the other; without a supervisor of none.
#[derive(Debug, Clone)]
pub(super) struct Bequest {
    /// Where it stands, and which supervisor it is of.
    of: Option<(PathBuf, String)>,
}

/// What is handed on, by the names of instances.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Heritage {
    pub(super) moves: BTreeMap<String, Moved>,
    pub(super) handed: BTreeMap<String, AskedBy>,
}

#[derive(Serialize, Deserialize)]
struct Paper {
    supervisor: String,
    moves: BTreeMap<String, PaperMove>,
    handed: BTreeMap<String, AskedBy>,
}

#[derive(Serialize, Deserialize)]
struct PaperMove {
    shift: Shift,
    asked: AskedBy,
    /// By CLOCK_BOOTTIME, which the next process sees as this one does.
    ends_at_ms: Option<u64>,
}

impl Bequest {
    pub(super) fn of(control: Option<&Path>, supervisor: Option<&str>) -> Self {
        let path = control.map(|control| beside(control, ".said"));
        Self {
            of: path.zip(supervisor.map(str::to_owned)),
        }
    }

    /// Nothing but what the process before has left to this one.
    pub(super) fn read(&self) -> Heritage {
        let Some((path, supervisor)) = &self.of else {
            return Heritage::default();
        };
        let Ok(text) = std::fs::read(path) else {
            return Heritage::default();
        };
        match serde_json::from_slice::<Paper>(&text) {
            // Of an earlier supervisor: that was a new start since.
            Ok(paper) if paper.supervisor != *supervisor => Heritage::default(),
            Ok(paper) => paper.heritage(boot_ms(), Instant::now()),
            Err(error) => {
                warn!(
                    "{}: {error}; priorities that were moved and what was handed over before the router's process died is forgotten",
                    path.display()
                );
                Heritage::default()
            }
        }
    }

    pub(super) fn write(&self, moves: &BTreeMap<String, Moved>, handed: &BTreeMap<String, AskedBy>) {
        let Some((path, supervisor)) = &self.of else {
            return;
        };
        let paper = Paper::of(supervisor, moves, handed, (boot_ms(), Instant::now()));
        let put = serde_json::to_string(&paper)
            .map_err(std::io::Error::other)
            .and_then(|text| put_down(path, &text));
        if let Err(error) = put {
            warn!(
                "{}: {error}; should the router's process die, the next one will not know of priorities that were moved and of what was handed over",
                path.display()
            );
        }
    }
}

impl Paper {
    fn of(
        supervisor: &str,
        moves: &BTreeMap<String, Moved>,
        handed: &BTreeMap<String, AskedBy>,
        (boot_ms, now): (u64, Instant),
    ) -> Self {
        let one = |moved: &Moved| {
            let left = moved.ends_at.map(|at| at.saturating_duration_since(now));
            PaperMove {
                shift: moved.shift,
                asked: moved.asked,
                ends_at_ms: left.map(|left| boot_ms.saturating_add(crate::node::ms(left))),
            }
        };
        Self {
            supervisor: supervisor.to_owned(),
            moves: moves
                .iter()
                .map(|(name, moved)| (name.clone(), one(moved)))
                .collect(),
            handed: handed.clone(),
        }
    }

    fn heritage(self, boot_ms: u64, now: Instant) -> Heritage {
        let one = |moved: PaperMove| {
            let left = moved.ends_at_ms.map(|at| at.saturating_sub(boot_ms));
            Moved {
                shift: moved.shift,
                asked: moved.asked,
                ends_at: left.and_then(|left| now.checked_add(Duration::from_millis(left))),
            }
        };
        Heritage {
            moves: self
                .moves
                .into_iter()
                .map(|(name, moved)| (name, one(moved)))
                .collect(),
            handed: self.handed,
        }
    }
}

fn boot_ms() -> u64 {
    vrrp_net::clock::now().as_nanos() / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: AskedBy = AskedBy {
        uid: 1000,
        at_unix_ms: 1_700_000_000_000,
    };

    fn moved(ends_at: Option<Instant>) -> Moved {
        Moved {
            shift: Shift::To(200),
            asked: ASKED,
            ends_at,
        }
    }

    #[test]
    fn the_next_process_of_the_same_supervisor_has_it_and_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let control = folder.path().join("control.sock");
        let of = |supervisor| Bequest::of(Some(&control), supervisor);
        let moves = BTreeMap::from([("VI_1".to_owned(), moved(None))]);
        let handed = BTreeMap::from([("VI_2".to_owned(), ASKED)]);
        assert_eq!(of(Some("7:1")).read(), Heritage::default());
        of(None).write(&moves, &handed);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        of(Some("7:1")).write(&moves, &handed);
        assert_eq!(of(Some("7:1")).read(), Heritage { moves, handed });
        assert_eq!(of(Some("7:2")).read(), Heritage::default());
        assert_eq!(of(None).read(), Heritage::default());
        std::fs::write(folder.path().join("control.sock.said"), "{").unwrap();
        assert_eq!(of(Some("7:1")).read(), Heritage::default());
    }

    /// 60 s from 5 s after boot: at 25 s after boot 40 s are left, at 70 s none.
    #[test]
    fn a_time_goes_on_while_no_process_is_there() {
        let now = Instant::now();
        let after = |seconds: u64| now + Duration::from_secs(seconds);
        let moves = BTreeMap::from([("VI_1".to_owned(), moved(Some(after(60))))]);
        let paper = || Paper::of("7:1", &moves, &BTreeMap::new(), (5_000, now));
        let left = |boot_ms| paper().heritage(boot_ms, now).moves["VI_1"].ends_at;
        assert_eq!(left(25_000), Some(after(40)));
        assert_eq!(left(70_000), Some(now));
    }
}
