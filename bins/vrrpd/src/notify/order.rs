//! In which order facts are told where keepalived's is another one than that of the facts. Pure.

use std::collections::BTreeMap;

use healthcheck::NotifyState;

use super::notice::{Kind, Notice, What};

/// A group that begins as nothing for long does not keep more of its members' states from those who listen.
const HELD_MAX: usize = 64;

/// The first that keepalived tells of a sync group, that it begins as BACKUP, it tells before it tells so of its members; all
/// that follows behind them. The router tells it behind them always: until then a member's first BACKUP is held here, and goes
/// in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Order {
    groups: BTreeMap<String, Group>,
}

#[derive(Debug, Default)]
struct Group {
    /// Told of it last.
    state: Option<NotifyState>,
    /// What members have become since, and the group has not yet; each with its place in the file.
    held: Vec<(usize, Notice)>,
}

impl Order {
    /// One fact more; `group`: of which it is a member, `place`: in the file. The answer: what is told now.
    pub(super) fn put(&mut self, notice: Notice, group: Option<&str>, place: usize) -> Vec<Notice> {
        match notice.kind {
            Kind::Group => self.group(notice),
            Kind::Instance => match group {
                Some(group) => self
                    .groups
                    .entry(group.to_owned())
                    .or_default()
                    .member(notice, place),
                None => vec![notice],
            },
        }
    }

    /// Everything that is held: the names or the groups change, or nothing more comes.
    pub(super) fn flush(&mut self) -> Vec<Notice> {
        self.groups.values_mut().flat_map(Group::take).collect()
    }

    /// Groups that are no more.
    pub(super) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.groups.retain(|name, _| is_there(name));
    }

    fn group(&mut self, notice: Notice) -> Vec<Notice> {
        let group = self.groups.entry(notice.name.clone()).or_default();
        let first = group.state.is_none() && notice.what == What::State(NotifyState::Backup);
        if let What::State(state) = notice.what {
            group.state = Some(state);
        }
        if first {
            group.held.sort_by_key(|(place, _)| *place);
            std::iter::once(notice).chain(group.take()).collect()
        } else {
            group.take().chain([notice]).collect()
        }
    }
}

impl Group {
    fn take(&mut self) -> impl Iterator<Item = Notice> + use<> {
        std::mem::take(&mut self.held)
            .into_iter()
            .map(|(_, notice)| notice)
    }

    fn member(&mut self, notice: Notice, place: usize) -> Vec<Notice> {
        let waits = match notice.what {
            What::State(NotifyState::Backup) => self.state.is_none(),
            // Not before the state that it is about.
            What::Priority { .. } => !self.held.is_empty(),
            What::State(_) | What::RxLowerPri => false,
        };
        self.held.push((place, notice));
        if waits && self.held.len() < HELD_MAX {
            Vec::new()
        } else {
            self.take().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn one(kind: Kind, name: &str, what: What) -> Notice {
        Notice {
            kind,
            name: name.to_owned(),
            what,
            priority: 1,
            at: SystemTime::UNIX_EPOCH,
        }
    }

    fn state(name: &str, state: NotifyState) -> Notice {
        one(Kind::Instance, name, What::State(state))
    }

    fn group(state: NotifyState) -> Notice {
        one(Kind::Group, "G", What::State(state))
    }

    /// What is told, each as `NAME STATE`, when these come one by one.
    fn told(notices: impl IntoIterator<Item = Notice>) -> Vec<String> {
        let mut order = Order::default();
        let told = notices.into_iter().flat_map(|notice| {
            let place = usize::from(notice.name == "B");
            order.put(notice, Some("G"), place)
        });
        let mut told: Vec<Notice> = told.collect();
        told.extend(order.flush());
        let words = told
            .iter()
            .map(|notice| format!("{} {}", notice.name, notice.what));
        words.collect()
    }

    /// The order of keepalived 2.4.3; where it yields to a better one, of 2.2.7.
    #[test]
    fn a_group_begins_before_its_members_and_follows_them_from_then_on() {
        use NotifyState::{Backup, Master, Stop};
        let life = [
            state("B", Backup),
            state("A", Backup),
            group(Backup),
            state("B", Master),
            state("A", Master),
            group(Master),
            state("A", Backup),
            state("B", Backup),
            group(Backup),
            state("A", Stop),
            state("B", Stop),
            group(Stop),
        ];
        assert_eq!(
            told(life),
            [
                "G BACKUP", "A BACKUP", "B BACKUP", "B MASTER", "A MASTER", "G MASTER", "A BACKUP",
                "B BACKUP", "G BACKUP", "A STOP", "B STOP", "G STOP"
            ]
        );
    }

    #[test]
    fn what_is_held_is_told_before_what_follows_it() {
        use NotifyState::{Backup, Fault};
        let priority = one(Kind::Instance, "A", What::Priority { in_state: Backup });
        let flap = [
            state("A", Backup),
            priority,
            state("B", Backup),
            state("A", Fault),
            group(Fault),
        ];
        assert_eq!(
            told(flap),
            ["A BACKUP", "A BACKUP_PRIORITY", "B BACKUP", "A FAULT", "G FAULT"]
        );
        assert_eq!(told([state("A", Backup)]), ["A BACKUP"], "at the end");
    }

    #[test]
    fn a_member_of_a_group_that_is_backup_does_not_wait_for_it() {
        let mut order = Order::default();
        order.put(group(NotifyState::Backup), None, 0);
        let told = order.put(state("A", NotifyState::Backup), Some("G"), 0);
        assert_eq!(told.len(), 1);
        assert_eq!(order.flush(), []);
    }

    /// As keepalived 2.2.7 does it where a link is down and then there again.
    #[test]
    fn a_group_that_begins_with_a_fault_is_told_behind_its_members() {
        use NotifyState::{Backup, Fault};
        let back = [
            state("A", Fault),
            state("B", Fault),
            group(Fault),
            state("A", Backup),
            state("B", Backup),
            group(Backup),
        ];
        assert_eq!(
            told(back),
            [
                "A FAULT", "B FAULT", "G FAULT", "A BACKUP", "B BACKUP", "G BACKUP"
            ]
        );
    }

    /// A member that comes and goes while its group has not begun.
    #[test]
    fn what_is_held_has_a_bound() {
        let mut order = Order::default();
        let mut told = 0;
        for _ in 0..1000 {
            told += order.put(state("A", NotifyState::Backup), Some("G"), 0).len();
        }
        assert!(told > 900, "{told}");
        assert!(order.flush().len() < 64);
    }

    #[test]
    fn who_is_in_no_group_waits_for_nobody() {
        let mut order = Order::default();
        let told = order.put(state("A", NotifyState::Backup), None, 0);
        assert_eq!(told.len(), 1);
    }
}
