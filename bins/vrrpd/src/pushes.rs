//! What applications say of themselves: who may, and where it goes.

use std::collections::BTreeMap;

use healthcheck::{Probe, PushHandle, RunAs, Verdict};
use tokio::sync::watch;
use vrrp_control::{Answer, Problem, ProblemKind};
use vrrp_plan::{Check, Push, What, heard_from};

use crate::control::Peer;
use crate::node::ms;

/// A user and a group as a file names them, and who that is on this machine.
pub(crate) type Speakers = BTreeMap<(String, Option<String>), Result<RunAs, String>>;

/// Whoever `checks` name. Asks the user database, which may take its time: for whoever loads a file.
pub(crate) fn speakers<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Speakers {
    let one = |check: &Check| {
        let What::Hear(push) = &check.what else {
            return None;
        };
        let found = heard_from(push).map_err(|error| error.to_string()).transpose()?;
        Some((push.user.clone()?, found))
    };
    checks.into_iter().filter_map(one).collect()
}

/// The checks with `PUSH`.
#[derive(Debug)]
pub(crate) struct Pushes {
    /// Those of every file so far, since a reload may be taken back.
    speakers: Speakers,
    heard: BTreeMap<String, Heard>,
    /// Whether somebody may say something who may not ask at the control socket.
    door: watch::Sender<bool>,
}

#[derive(Debug)]
struct Heard {
    handle: PushHandle,
    push: Push,
    user: Option<RunAs>,
}

impl Default for Pushes {
    fn default() -> Self {
        Self {
            speakers: Speakers::new(),
            heard: BTreeMap::new(),
            door: watch::Sender::new(false),
        }
    }
}

impl Pushes {
    /// Who is who in a file, before its checks.
    pub(crate) fn meet(&mut self, speakers: Speakers) {
        self.speakers.extend(speakers);
    }

    /// The probe of a check; what was heard so far goes on to count.
    ///
    /// # Errors
    /// There is no such user or group.
    pub(crate) fn probe(&mut self, check: &Check, push: &Push) -> Result<Box<dyn Probe>, String> {
        let user = push.user.as_ref().map(|user| self.speaker(user)).transpose()?;
        let before = self.heard.remove(&check.name);
        let handle = before.map_or_else(|| healthcheck::push(push.ttl).0, |before| before.handle);
        let probe = handle.probe(push.ttl).patient();
        let heard = Heard {
            handle,
            push: push.clone(),
            user,
        };
        self.heard.insert(check.name.clone(), heard);
        self.turn_door();
        Ok(Box::new(probe))
    }

    fn speaker(&self, user: &(String, Option<String>)) -> Result<RunAs, String> {
        let unmet = || Err(format!("user {:?} was not looked up", user.0));
        self.speakers.get(user).cloned().unwrap_or_else(unmet)
    }

    /// A check that is gone, or is of another kind now.
    pub(crate) fn forget(&mut self, name: &str) {
        if self.heard.remove(name).is_some() {
            self.turn_door();
        }
    }

    fn turn_door(&self) {
        let open = self.heard.values().any(|heard| heard.user.is_some());
        self.door
            .send_if_modified(|was| std::mem::replace(was, open) != open);
    }

    /// Whether the socket for applications has to be there.
    pub(crate) fn door(&self) -> watch::Receiver<bool> {
        self.door.subscribe()
    }

    /// Whether somebody may say anything at all.
    pub(crate) fn admits(&self, peer: Peer) -> bool {
        peer.is_ours() || self.heard.values().any(|heard| heard.admits(peer))
    }

    /// An application says how it is.
    pub(crate) fn say(&self, peer: Peer, check: &str, result: vrrp_control::Verdict, text: &str) -> Answer {
        let found = self.heard.get(check);
        let Some(heard) = found.filter(|heard| heard.admits(peer)) else {
            return Answer::Error(refused(peer, check, found));
        };
        let verdict = match result {
            vrrp_control::Verdict::Pass => Verdict::Pass,
            vrrp_control::Verdict::Degraded => Verdict::Degraded,
            vrrp_control::Verdict::Fail => Verdict::Fail,
        };
        heard.handle.say(verdict, text);
        Answer::Pushed {
            check: check.to_owned(),
            counts_for_ms: ms(heard.push.ttl),
        }
    }
}

impl Heard {
    fn admits(&self, peer: Peer) -> bool {
        let group = self.push.user.as_ref().is_some_and(|(_, group)| group.is_some());
        let named = |user: &RunAs| user.uid == peer.uid || (group && user.gid == peer.gid);
        peer.is_ours() || self.user.as_ref().is_some_and(named)
    }
}

/// Whoever may not is not told what there is.
fn refused(peer: Peer, check: &str, found: Option<&Heard>) -> Problem {
    let check: String = check.chars().take(100).collect();
    if peer.is_ours() && found.is_none() {
        return Problem {
            kind: ProblemKind::NoSuchCheck,
            message: format!(
                "no vrrp_check {check:?} with PUSH runs here; `vrrpctl status` shows the checks that do"
            ),
        };
    }
    Problem {
        kind: ProblemKind::NotAllowed,
        message: format!(
            "user {} (group {}) may not say how {check:?} is: root may, the user of vrrpd, and whom PUSH of that check names; write user USER into its PUSH block",
            peer.uid, peer.gid
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn peer(uid: u32, gid: u32) -> Peer {
        let may = crate::control::May::Read;
        Peer { uid, gid, may }
    }

    fn pushes(group: Option<&str>) -> Pushes {
        let push = Push {
            ttl: Duration::from_secs(5),
            user: Some(("nobody".to_owned(), group.map(str::to_owned))),
        };
        let heard = Heard {
            handle: healthcheck::push(push.ttl).0,
            user: Some(RunAs {
                uid: 4001,
                gid: 4002,
                ..RunAs::current()
            }),
            push,
        };
        Pushes {
            heard: BTreeMap::from([("app".to_owned(), heard)]),
            ..Pushes::default()
        }
    }

    fn kind(pushes: &Pushes, peer: Peer, check: &str) -> Option<ProblemKind> {
        match pushes.say(peer, check, vrrp_control::Verdict::Pass, "") {
            Answer::Pushed { counts_for_ms, .. } => {
                assert_eq!(counts_for_ms, 5000);
                None
            }
            Answer::Error(problem) => Some(problem.kind),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn root_and_whom_the_check_names_may_speak() {
        let by_user = pushes(None);
        assert_eq!(kind(&by_user, peer(0, 0), "app"), None);
        assert_eq!(kind(&by_user, peer(4001, 1), "app"), None);
        let refused = Some(ProblemKind::NotAllowed);
        assert_eq!(
            kind(&by_user, peer(4003, 4002), "app"),
            refused,
            "no group was written"
        );
        assert!(!by_user.admits(peer(4003, 4002)) && by_user.admits(peer(4001, 1)));
        let by_group = pushes(Some("app"));
        assert_eq!(kind(&by_group, peer(4003, 4002), "app"), None);
        assert_eq!(kind(&by_group, peer(4003, 4003), "app"), refused);
    }

    /// The user database may take its time, and is asked only where a file is loaded.
    #[test]
    fn users_are_those_that_were_met() {
        let push = Push {
            ttl: Duration::from_secs(5),
            user: Some(("root".to_owned(), None)),
        };
        let check = Check {
            what: What::Hear(push.clone()),
            name: "app".to_owned(),
            place: "vrrpd.conf:1".to_owned(),
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            rise: 1,
            fall: 1,
            initially_down: false,
            mode: keepalived_conf::CheckMode::Normal,
        };
        let mut pushes = Pushes::default();
        assert!(
            pushes
                .probe(&check, &push)
                .is_err_and(|reason| reason.contains("root"))
        );
        pushes.meet(speakers([&check]));
        assert!(pushes.probe(&check, &push).is_ok());
        let door = pushes.door();
        assert!(
            *door.borrow()
                && pushes.heard["app"]
                    .user
                    .as_ref()
                    .is_some_and(|user| user.uid == 0)
        );
        let nobody = ("no-such-user".to_owned(), None);
        let push = Push {
            user: Some(nobody.clone()),
            ..push
        };
        let check = Check {
            what: What::Hear(push),
            ..check
        };
        assert!(speakers([&check])[&nobody].is_err());
    }

    /// Whoever may not learns no names of checks.
    #[test]
    fn a_check_that_is_not_there_is_told_to_those_who_may() {
        let pushes = pushes(None);
        assert_eq!(kind(&pushes, peer(0, 0), "web"), Some(ProblemKind::NoSuchCheck));
        assert_eq!(kind(&pushes, peer(4003, 1), "web"), Some(ProblemKind::NotAllowed));
    }
}
