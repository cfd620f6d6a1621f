//! Who may read at the control socket, and who may change something.

use vrrp_control::{Ask, Problem, ProblemKind};

use super::Peer;
use super::peer::is_ours;

/// A group of this host, by the name that the command line has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    name: String,
    gid: u32,
}

/// A group that there is not.
#[derive(Debug, thiserror::Error)]
#[error(
    "{option} {name}: {why}. Make it (groupadd --system {name}), or name another one. Nothing was started"
)]
pub(crate) struct NoSuchGroup {
    option: &'static str,
    name: String,
    why: String,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum May {
    Nothing,
    Read,
    Change,
}

/// The rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Permits {
    readers: Option<Group>,
    changers: Option<Group>,
}

impl Permits {
    /// By the names of the command line.
    pub(crate) fn of_groups(readers: Option<&str>, changers: Option<&str>) -> Result<Self, NoSuchGroup> {
        let find = |option, name: Option<&str>| name.map(|name| group(option, name)).transpose();
        Ok(Self {
            readers: find("--control-group", readers)?,
            changers: find("--control-admin-group", changers)?,
        })
    }

    /// Groups are named: the kernel lets everybody connect, and this is the rule. Else the socket's owner and group are.
    pub(crate) const fn names_groups(&self) -> bool {
        self.readers.is_some() || self.changers.is_some()
    }

    /// What a user may. Its supplementary groups are asked for only where they matter.
    pub(super) fn of(&self, uid: u32, gid: u32, others: impl FnOnce() -> Vec<u32>) -> May {
        if is_ours(uid) {
            return May::Change;
        }
        if !self.names_groups() {
            return May::Read;
        }
        let others = others();
        let is_in = |group: &Group| group.gid == gid || others.contains(&group.gid);
        if self.changers.as_ref().is_some_and(is_in) {
            May::Change
        } else if self.readers.as_ref().is_some_and(is_in) {
            May::Read
        } else {
            May::Nothing
        }
    }

    /// Why a request is not carried out for somebody.
    pub(crate) fn refusal(&self, ask: &Ask, peer: Peer) -> Option<Problem> {
        // A push has a rule of its own, and a door of its own.
        if matches!(ask, Ask::Hello | Ask::Push { .. }) {
            return None;
        }
        let message = match (peer.may, ask.is_change()) {
            (May::Change, _) | (May::Read, false) => return None,
            (May::Read, true) => self.no_change(peer),
            (May::Nothing, _) => return Some(self.stranger(peer)),
        };
        Some(Problem {
            kind: ProblemKind::NotAllowed,
            message,
        })
    }

    fn no_change(&self, peer: Peer) -> String {
        let who = self.changers.as_ref().map_or_else(
            || "root and the user of vrrpd may; vrrpd --control-admin-group NAME lets a group".to_owned(),
            |group| format!("root, the user of vrrpd and members of group {} may", group.name),
        );
        format!("user {} may read here, and change nothing: {who}", peer.uid)
    }

    /// To somebody who may not even read.
    pub(super) fn stranger(&self, peer: Peer) -> Problem {
        let groups: Vec<&str> = [&self.readers, &self.changers]
            .into_iter()
            .flatten()
            .map(|group| group.name.as_str())
            .collect();
        Problem {
            kind: ProblemKind::NotAllowed,
            message: format!(
                "user {} (group {}) may ask nothing here: root may, the user of vrrpd, and members of group {}",
                peer.uid,
                peer.gid,
                groups.join(" or ")
            ),
        }
    }
}

/// By name, or by number where there is no such name.
fn group(option: &'static str, name: &str) -> Result<Group, NoSuchGroup> {
    let refused = |why: String| NoSuchGroup {
        option,
        name: name.to_owned(),
        why,
    };
    let known = |gid| Group {
        name: name.to_owned(),
        gid,
    };
    match nix::unistd::Group::from_name(name) {
        Ok(Some(found)) => Ok(known(found.gid.as_raw())),
        Ok(None) => name
            .parse()
            .map(known)
            .map_err(|_no_number| refused("there is no such group".to_owned())),
        Err(error) => Err(refused(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, gid: u32) -> Option<Group> {
        let name = name.to_owned();
        Some(Group { name, gid })
    }

    fn peer(may: May) -> Peer {
        Peer {
            uid: 4001,
            gid: 4001,
            may,
        }
    }

    #[test]
    fn reading_for_one_group_and_changes_for_another_by_primary_and_other_groups() {
        let permits = Permits {
            readers: group("watch", 50),
            changers: group("steer", 60),
        };
        let may = |gid: u32, others: &[u32]| permits.of(4001, gid, || others.to_vec());
        assert_eq!(may(4001, &[]), May::Nothing);
        assert_eq!(may(4001, &[7, 8]), May::Nothing);
        assert_eq!(may(50, &[]), May::Read);
        assert_eq!(may(4001, &[7, 50]), May::Read);
        assert_eq!(may(60, &[]), May::Change);
        assert_eq!(may(50, &[60]), May::Change);
        let own = rustix::process::geteuid().as_raw();
        for ours in [0, own] {
            let unasked = permits.of(ours, 4001, || panic!("asked for its groups"));
            assert_eq!(unasked, May::Change);
        }
    }

    #[test]
    fn without_groups_whoever_reaches_the_socket_reads() {
        let permits = Permits::default();
        assert!(!permits.names_groups());
        assert_eq!(permits.of(4001, 4001, Vec::new), May::Read);
        assert_eq!(permits.of(0, 0, Vec::new), May::Change);
    }

    #[test]
    fn a_refusal_says_who_may() {
        let change = Ask::Maintenance { on: true };
        let permits = Permits::default();
        assert_eq!(permits.refusal(&Ask::Status, peer(May::Read)), None);
        assert_eq!(permits.refusal(&change, peer(May::Change)), None);
        let refused = permits.refusal(&change, peer(May::Read)).unwrap();
        assert_eq!(refused.kind, ProblemKind::NotAllowed);
        assert_eq!(
            refused.message,
            "user 4001 may read here, and change nothing: root and the user of vrrpd may; vrrpd --control-admin-group NAME lets a group"
        );
        let permits = Permits {
            readers: group("watch", 50),
            changers: group("steer", 60),
        };
        let refused = permits.refusal(&change, peer(May::Read)).unwrap();
        assert!(
            refused
                .message
                .ends_with(": root, the user of vrrpd and members of group steer may"),
            "{}",
            refused.message
        );
        let refused = permits.refusal(&Ask::Status, peer(May::Nothing)).unwrap();
        assert_eq!(
            refused.message,
            "user 4001 (group 4001) may ask nothing here: root may, the user of vrrpd, and members of group watch or steer"
        );
    }

    #[test]
    fn a_group_is_found_by_name_or_number() {
        let permits = Permits::of_groups(Some("root"), Some("4321")).unwrap();
        assert_eq!(permits.readers, group("root", 0));
        assert_eq!(permits.changers, group("4321", 4321));
        let error = Permits::of_groups(None, Some("no-such-group")).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("--control-admin-group no-such-group: there is no such group."),
            "{text}"
        );
    }
}
