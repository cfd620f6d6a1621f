//! What one instance's scripts were told last, and what they are told next. Pure.

use healthcheck::NotifyState;
use vrrp_core::{Cause, StateName, Transition};

/// What was told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Told {
    last: Option<NotifyState>,
    /// Stopped, and the addresses still answer: STOP is told when they are gone.
    stop_waits: bool,
}

impl Told {
    /// What a change of state calls for.
    pub(super) fn transition(&mut self, transition: &Transition) -> Option<NotifyState> {
        self.stop_waits = false;
        let state = match (transition.to, transition.cause) {
            (StateName::Active, _) => NotifyState::Master,
            (StateName::Backup, _) => NotifyState::Backup,
            (StateName::Initialize, Cause::Barred(_)) => NotifyState::Fault,
            (StateName::Initialize, Cause::Stopped) if transition.holding => {
                // keepalived runs the stop script behind the removal of the addresses, and scripts count on it.
                self.stop_waits = true;
                return None;
            }
            (StateName::Initialize, Cause::Stopped) => NotifyState::Stop,
            // A switchover or a reconfiguration goes on to another state by itself.
            (StateName::Initialize, _) => return None,
        };
        self.seen(state)
    }

    /// The addresses are gone.
    pub(super) fn hold_ended(&mut self) -> Option<NotifyState> {
        if std::mem::take(&mut self.stop_waits) {
            self.seen(NotifyState::Stop)
        } else {
            None
        }
    }

    pub(super) const fn last(&self) -> Option<NotifyState> {
        self.last
    }

    /// Told last that it is Active or Backup.
    pub(super) const fn takes_part(&self) -> Option<NotifyState> {
        match self.last {
            Some(state @ (NotifyState::Master | NotifyState::Backup)) => Some(state),
            _ => None,
        }
    }

    /// A reload took the instance away.
    pub(super) fn removed(&mut self, deleted: bool) -> Option<NotifyState> {
        self.seen(if deleted {
            NotifyState::Deleted
        } else {
            NotifyState::Fault
        })
    }

    /// The state is known to be this.
    pub(super) fn seen(&mut self, state: NotifyState) -> Option<NotifyState> {
        let news = self.last != Some(state);
        self.last = Some(state);
        news.then_some(state)
    }
}

#[cfg(test)]
mod tests {
    use vrrp_core::Bar;

    use super::*;

    fn to(to: StateName, cause: Cause, holding: bool) -> Transition {
        Transition {
            from: StateName::Initialize,
            to,
            cause,
            holding,
        }
    }

    #[test]
    fn the_first_backup_is_told_as_keepalived_does() {
        let mut told = Told::default();
        let first = told.transition(&to(StateName::Backup, Cause::Started, false));
        assert_eq!(first, Some(NotifyState::Backup));
    }

    #[test]
    fn a_planned_stop_is_told_when_the_addresses_are_gone() {
        let mut told = Told::default();
        told.transition(&to(StateName::Active, Cause::NoResponse, false));
        assert_eq!(
            told.transition(&to(StateName::Initialize, Cause::Stopped, true)),
            None
        );
        assert_eq!(told.hold_ended(), Some(NotifyState::Stop));
        assert_eq!(told.seen(NotifyState::Stop), None, "once");
    }

    #[test]
    fn a_fault_is_told_at_once_though_the_addresses_still_answer() {
        let mut told = Told::default();
        told.transition(&to(StateName::Active, Cause::NoResponse, false));
        let fault = told.transition(&to(StateName::Initialize, Cause::Barred(Bar::LinkDown), true));
        assert_eq!(fault, Some(NotifyState::Fault));
        assert_eq!(told.hold_ended(), None);
    }

    #[test]
    fn a_roll_back_is_told_as_master_again() {
        let mut told = Told::default();
        told.transition(&to(StateName::Active, Cause::NoResponse, false));
        told.transition(&to(StateName::Initialize, Cause::Barred(Bar::LinkDown), true));
        let back = told.transition(&to(StateName::Active, Cause::NobodyTookOver, false));
        assert_eq!(back, Some(NotifyState::Master));
    }

    #[test]
    fn who_goes_by_a_reload_is_told_fault_or_deleted() {
        for (deleted, expected) in [(false, NotifyState::Fault), (true, NotifyState::Deleted)] {
            let mut told = Told::default();
            told.transition(&to(StateName::Active, Cause::NoResponse, false));
            assert_eq!(told.removed(deleted), Some(expected));
        }
    }

    #[test]
    fn a_switchover_tells_no_fault() {
        let mut told = Told::default();
        told.transition(&to(StateName::Active, Cause::NoResponse, false));
        assert_eq!(
            told.transition(&to(StateName::Initialize, Cause::Resigned, true)),
            None
        );
        let backup = told.transition(&to(StateName::Backup, Cause::Resigned, false));
        assert_eq!(backup, Some(NotifyState::Backup));
    }
}
