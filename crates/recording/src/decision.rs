//! What a router made of an input, as words: its state, its next deadline, and what it asked for.

use std::fmt;

use vrrp_core::{
    Action, Actions, Bar, Cause, Deadline, Priority, Report, Standing, State, StateName, Transition,
    VirtualRouter, Wake,
};

/// How a router is, as far as a decision tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The state with its deadlines.
    pub state: State,
    /// What bars it, where something does.
    pub bar: Option<Bar>,
    /// Effective priority.
    pub priority: Priority,
    /// When it acts next, and what for.
    pub deadline: Option<Deadline>,
}

impl View {
    /// Of a router as it is now.
    #[must_use]
    pub fn of(router: &VirtualRouter) -> Self {
        Self {
            state: router.state(),
            bar: match router.standing() {
                Standing::Barred(bar) => Some(bar),
                Standing::Eligible(_) => None,
            },
            priority: router.priority(),
            deadline: router.deadline(),
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(state_word(self.state.name()))?;
        if let (StateName::Initialize, Some(bar)) = (self.state.name(), self.bar) {
            write!(f, ":{}", BarWord(bar))?;
        }
        if matches!(self.state, State::Initialize { hold: Some(_) }) {
            f.write_str("+hold")?;
        }
        write!(f, " p={} next=", self.priority)?;
        match self.deadline {
            None => f.write_str("-"),
            Some(Deadline { earliest, at, wakes }) => {
                write!(f, "{}@", wake_word(wakes))?;
                if earliest != at {
                    write!(f, "{earliest}..")?;
                }
                write!(f, "{at}")
            }
        }
    }
}

/// A decision as it is written: the router after it, and its actions in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// After the input.
    pub view: View,
    /// What is to be done.
    pub actions: Actions,
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.view)?;
        self.actions.iter().try_for_each(|action| {
            f.write_str(" ")?;
            write_action(f, action)
        })
    }
}

fn write_action(f: &mut fmt::Formatter<'_>, action: &Action) -> fmt::Result {
    match action {
        Action::Send(draft) => write!(f, "send={}/{}", draft.priority, draft.version),
        Action::HoldAddresses => f.write_str("hold"),
        Action::ReleaseAddresses => f.write_str("release"),
        Action::AnnounceAddresses { copies } => write!(f, "announce={copies}"),
        Action::RouterAdvertisements { on } => write!(f, "ra={}", if *on { "on" } else { "off" }),
        Action::Report(report) => write_report(f, report),
    }
}

fn write_report(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    match report {
        Report::Transition(Transition {
            from,
            to,
            cause,
            holding,
        }) => {
            write!(f, "transition={}>{}:", state_word(*from), state_word(*to))?;
            write_cause(f, *cause)?;
            f.write_str(if *holding { "+hold" } else { "" })
        }
        Report::Priority { from, to } => write!(f, "priority={from}>{to}"),
        Report::HoldEnded {
            successor: Some(successor),
        } => write!(f, "hold-ended={successor}"),
        Report::HoldEnded { successor: None } => f.write_str("hold-ended=-"),
        Report::HoldTooLong => f.write_str("hold-too-long"),
        Report::Reasserted { source, priority } => write!(f, "reasserted={source}/{priority}"),
        Report::Late { late_nanos } => write!(f, "late={late_nanos}"),
        Report::Bounced { active_nanos } => write!(f, "bounced={active_nanos}"),
        Report::OnlyVersion3 { source } => write!(f, "only-version-3={source}"),
        Report::ChecksumFormsMixed { source } => write!(f, "checksum-forms-mixed={source}"),
        Report::SamePriority { source } => write!(f, "same-priority={source}"),
        Report::HeldBack => f.write_str("held-back"),
        Report::FailedFor { retry_after_seconds } => write!(f, "failed-for={retry_after_seconds}"),
        other => write!(f, "{}", OneWord(other)),
    }
}

fn write_cause(f: &mut fmt::Formatter<'_>, cause: Cause) -> fmt::Result {
    f.write_str(match cause {
        Cause::Started => "started",
        Cause::Owner => "owner",
        Cause::NoResponse => "no-response",
        Cause::PriorityZero => "priority-zero",
        Cause::LowerActive => "lower-active",
        Cause::HigherHeard { source, priority } => return write!(f, "higher-heard/{source}/{priority}"),
        Cause::NobodyTookOver => "nobody-took-over",
        Cause::Stopped => "stopped",
        Cause::Resigned => "resigned",
        Cause::Barred(bar) => return write!(f, "barred/{}", BarWord(bar)),
        Cause::Reconfigured => "reconfigured",
        Cause::Stalled => "stalled",
        Cause::GroupYields => "group-yields",
        other => return write!(f, "{}", OneWord(&other)),
    })
}

struct BarWord(Bar);

impl fmt::Display for BarWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Bar::NotStarted => "not-started",
            Bar::StartDelay => "start-delay",
            Bar::LinkDown => "link-down",
            Bar::NoPrimaryAddress => "no-primary-address",
            Bar::NoVirtualAddress => "no-virtual-address",
            Bar::Tracker(id) => return write!(f, "tracker-{}", id.0),
            Bar::SendFailed => "send-failed",
            Bar::HoldFailed => "hold-failed",
            Bar::Group { stopped: true } => "group-stopped",
            Bar::Group { stopped: false } => "group",
            other => return write!(f, "{}", OneWord(&other)),
        })
    }
}

/// What a later core says and this file does not know yet.
struct OneWord<'a, T>(&'a T);

impl<T: fmt::Debug> fmt::Display for OneWord<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:?}", self.0);
        f.write_str(&text.split_whitespace().collect::<String>())
    }
}

const fn state_word(state: StateName) -> &'static str {
    match state {
        StateName::Initialize => "initialize",
        StateName::Backup => "backup",
        StateName::Active => "active",
    }
}

const fn wake_word(wake: Wake) -> &'static str {
    match wake {
        Wake::Advertise => "advertise",
        Wake::TakeOver => "take-over",
        Wake::Announce => "announce",
        Wake::EndHold => "end-hold",
        Wake::ResendResignation => "resend-resignation",
        Wake::RetryAfterFailure => "retry",
        Wake::Start => "start",
        _ => "other",
    }
}
