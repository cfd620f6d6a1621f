//! What the driver and the checks tell, as events: the same words as in the log, and a code beside them.

use std::net::IpAddr;

use healthcheck::Health;
use vrrp_control::{Event, EventKind};
use vrrp_core::{Bar, Cause, Rank, Report, StateName, Transition};
use vrrp_net::{GroupStatus, Happening};
use vrrp_plan::Tracked;

use super::draft;
use crate::names;
use crate::node::unix_ms;
use crate::tracks::News;
use crate::words::{self, Names};

/// What the core says. `None`: it says nothing to an operator.
pub(crate) fn core(told: &vrrp_net::Event, report: &Report, names: &impl Names) -> Option<Event> {
    let last = told
        .last_active
        .map(|(address, priority)| Rank { priority, address });
    let event = match report {
        Report::Transition(change) => transition(change, last, names),
        Report::Priority { from, to } => draft(
            EventKind::Priority,
            "effective",
            format!("priority {from} -> {to}"),
        ),
        Report::HoldEnded { successor } => hold_ended(*successor),
        Report::HoldTooLong => draft(
            EventKind::Hold,
            "too-long",
            "the addresses go at once: at this advertisement interval the successor may need longer than the 5 s they could be kept for",
        ),
        Report::Reasserted { .. }
        | Report::OnlyVersion3 { .. }
        | Report::ChecksumFormsMixed { .. }
        | Report::SamePriority { .. } => of_others(report, told.priority)?,
        Report::Late { late_nanos } => {
            let text = format!("an advertisement left {} ms late", late_nanos / 1_000_000);
            draft(EventKind::Trouble, "late", text)
        }
        Report::Bounced { active_nanos } => {
            let text = format!(
                "the take-over ended after {} ms, when the former active node was heard again: it was probably never gone",
                active_nanos / 1_000_000
            );
            draft(EventKind::Trouble, "bounced", text)
        }
        Report::HeldBack => draft(
            EventKind::Group,
            "held-back",
            "would be MASTER now and is held back: other members of its sync group are not ready for it",
        ),
        Report::FailedFor { retry_after_seconds } => draft(
            EventKind::Trouble,
            "failed",
            format!("steps back after a failure and tries again in {retry_after_seconds} s"),
        ),
        _ => return None,
    };
    Some(of(told, event))
}

/// What other routers do; `own` is the priority here.
fn of_others(report: &Report, own: Option<u8>) -> Option<Event> {
    Some(match report {
        Report::Reasserted { source, priority } => Event {
            peer_priority: Some(*priority),
            ..peer(
                EventKind::Rival,
                "answered",
                *source,
                format!(
                    "{source} claimed the addresses with the lower rank (priority {priority}) and was answered"
                ),
            )
        },
        Report::OnlyVersion3 { source } => peer(
            EventKind::Peer,
            "only-version-3",
            *source,
            format!("{source} is active and speaks version 3 only: nodes of version 2 do not hear it"),
        ),
        Report::ChecksumFormsMixed { source } => peer(
            EventKind::Peer,
            "checksum-forms-mixed",
            *source,
            format!("{source} uses another form of the IPv4 checksum than the router heard before"),
        ),
        Report::SamePriority { source } => Event {
            peer_priority: own,
            ..peer(
                EventKind::Peer,
                "same-priority",
                *source,
                format!("{source} has the same priority: the higher address decides"),
            )
        },
        _ => return None,
    })
}

/// A change of state, of now. `last` is who was Active before.
pub(crate) fn transition(change: &Transition, last: Option<Rank>, names: &impl Names) -> Event {
    let other = match change.cause {
        Cause::HigherHeard { source, priority } => Some((source, priority)),
        Cause::NoResponse | Cause::PriorityZero | Cause::LowerActive => {
            last.map(|rank| (rank.address, rank.priority))
        }
        _ => None,
    };
    Event {
        from: Some(words::state(change.from)),
        to: Some(words::state(change.to)),
        holding: change.holding,
        peer: other.map(|(address, _)| address),
        peer_priority: other.map(|(_, priority)| priority),
        ..draft(
            EventKind::Transition,
            cause(change.cause),
            words::cause(change.cause, last, names),
        )
    }
}

fn hold_ended(successor: Option<IpAddr>) -> Event {
    match successor {
        Some(successor) => peer(
            EventKind::Hold,
            "ended",
            successor,
            format!("{successor} has taken over; the addresses are given up"),
        ),
        None => draft(
            EventKind::Hold,
            "ended-without-successor",
            "nobody took over in time; the addresses are given up",
        ),
    }
}

/// What the driver says itself. `None`: it says nothing to an operator.
pub(crate) fn driver(told: &vrrp_net::Event) -> Option<Event> {
    let event = match &told.what {
        Happening::Group(status) => group(status),
        Happening::AddressLost { .. }
        | Happening::AddressForeign { .. }
        | Happening::AddressClaimed { .. }
        | Happening::AddressFailed { .. }
        | Happening::LeftoverRemoved { .. } => address(&told.what)?,
        Happening::RoutingLost { entry, times } => Event {
            times: u64::try_from(*times).ok(),
            ..draft(
                EventKind::Routing,
                "lost",
                format!("somebody else has removed {entry}; it was put back"),
            )
        },
        Happening::RoutingFailed { entry, adding, error } => {
            let what = if *adding { "made" } else { "removed" };
            draft(
                EventKind::Routing,
                "failed",
                format!("{entry} cannot be {what}: {error}"),
            )
        }
        Happening::Renamed { before } => draft(
            EventKind::Reload,
            "renamed",
            format!("this was {before} until now; it goes on as it is"),
        ),
        Happening::Link {
            interface,
            up,
            primary,
        } => link(interface, *up, *primary),
        Happening::VirtualMac { device, problem } => Event {
            interface: Some(device.clone()),
            ..match problem {
                Some(problem) => draft(EventKind::Link, "no-virtual-mac", problem.clone()),
                None => draft(
                    EventKind::Link,
                    "virtual-mac",
                    "the device with the virtual MAC is there",
                ),
            }
        },
        Happening::Rejected { .. } | Happening::Odd { .. } => packet(&told.what)?,
        Happening::SendFailed { error } => draft(
            EventKind::Trouble,
            "send-failed",
            format!("an advertisement was not sent: {error}"),
        ),
        _ => return None,
    };
    Some(of(told, event))
}

fn packet(what: &Happening) -> Option<Event> {
    Some(match what {
        Happening::Rejected {
            reject,
            source,
            difference,
            suppressed,
        } => {
            let text = difference.map_or_else(
                || format!("a packet of {source} was discarded: {reject}"),
                |difference| format!("packets of {source} are discarded ({reject}): {difference}"),
            );
            alike(peer(EventKind::Peer, reject.id(), *source, text), *suppressed)
        }
        Happening::Odd {
            warning,
            source,
            suppressed,
            ..
        } => {
            let text = format!(
                "an advertisement of {source} was believed although it is odd: {}",
                warning.id()
            );
            alike(peer(EventKind::Peer, warning.id(), *source, text), *suppressed)
        }
        _ => return None,
    })
}

fn address(what: &Happening) -> Option<Event> {
    let (address, interface, code, text, times) = match what {
        Happening::AddressLost {
            address,
            interface,
            times,
        } => (
            address,
            interface,
            "lost",
            format!("somebody else has deleted {address} on {interface}; it was made again"),
            u64::try_from(*times).ok(),
        ),
        Happening::AddressForeign { address, interface } => (
            address,
            interface,
            "foreign",
            format!(
                "{address} is on {interface} already and was made by others: this node also answers for it while Backup"
            ),
            None,
        ),
        Happening::AddressClaimed {
            address,
            interface,
            mac,
        } => (
            address,
            interface,
            "claimed",
            format!("the host {mac} claims {address} on {interface}; answered, and held on to"),
            None,
        ),
        Happening::AddressFailed {
            address,
            interface,
            adding,
            error,
        } => {
            let done = if *adding { "made" } else { "removed" };
            let text = format!("{address} cannot be {done} on {interface}: {error}");
            (address, interface, "failed", text, None)
        }
        Happening::LeftoverRemoved { address, interface } => (
            address,
            interface,
            "leftover-removed",
            format!("{address} on {interface} was left behind by an earlier life, and was removed"),
            None,
        ),
        _ => return None,
    };
    Some(Event {
        address: Some(*address),
        interface: Some(interface.clone()),
        times,
        ..draft(EventKind::Address, code, text)
    })
}

fn link(interface: &str, up: bool, primary: Option<IpAddr>) -> Event {
    let (code, text) = match (up, primary) {
        (false, _) => ("down", format!("interface {interface} is down or does not exist")),
        (true, None) => (
            "no-address",
            format!("interface {interface} is up and has no address to send from"),
        ),
        (true, Some(primary)) => ("up", format!("interface {interface} is up, with {primary}")),
    };
    Event {
        interface: Some(interface.to_owned()),
        address: primary,
        ..draft(EventKind::Link, code, text)
    }
}

fn group(status: &GroupStatus) -> Event {
    let (code, text) = match status.state {
        StateName::Active => ("active", "MASTER".to_owned()),
        StateName::Backup => ("backup", "BACKUP".to_owned()),
        StateName::Initialize if status.at_fault.is_empty() => ("initialize", "takes no part".to_owned()),
        StateName::Initialize => ("fault", format!("FAULT, by {}", status.at_fault.join(", "))),
    };
    Event {
        object: Some(status.name.clone()),
        to: Some(words::state(status.state)),
        ..draft(
            EventKind::Group,
            code,
            format!("{text} ({})", status.members.join(", ")),
        )
    }
}

/// The health of something tracked changed. What a check printed is in its status, not here.
pub(crate) fn tracked(news: &News) -> Event {
    let reason = &news.change.outcome.reason;
    let (code, text) = match news.change.health {
        Health::Up if news.change.degraded => ("degraded", format!("up and degraded: {reason}")),
        Health::Up => ("up", format!("up: {reason}")),
        Health::Down => ("down", format!("down: {reason}")),
        Health::Unknown => ("unknown", "has no result".to_owned()),
        Health::Value(value) => ("value", format!("counts as {value}: {reason}")),
    };
    Event {
        object: Some(object(&news.object)),
        ..draft(EventKind::Check, code, text)
    }
}

/// The name alone of a check, which is what most of them are; of others, what they are as well.
fn object(object: &Tracked) -> String {
    match object {
        Tracked::Check(name) => name.clone(),
        other => names::tracked(other),
    }
}

fn peer(kind: EventKind, code: &str, source: IpAddr, text: String) -> Event {
    Event {
        peer: Some(source),
        ..draft(kind, code, text)
    }
}

fn alike(event: Event, suppressed: u64) -> Event {
    let times = (suppressed > 0).then(|| suppressed.saturating_add(1));
    Event { times, ..event }
}

/// When and of whom the driver has told it.
fn of(told: &vrrp_net::Event, event: Event) -> Event {
    Event {
        at_unix_ms: unix_ms(told.wall),
        at_ms: told.at_nanos / 1_000_000,
        instance: told.service.as_deref().map(str::to_owned),
        priority: told.priority,
        ..event
    }
}

/// Causes by name, for programs.
pub(crate) const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Started => "started",
        Cause::Owner => "owner",
        Cause::NoResponse => "no-response",
        Cause::PriorityZero => "priority-zero",
        Cause::LowerActive => "lower-active",
        Cause::HigherHeard { .. } => "higher-heard",
        Cause::NobodyTookOver => "nobody-took-over",
        Cause::Stopped => "stopped",
        Cause::Resigned => "resigned",
        Cause::Barred(what) => barred(what),
        Cause::Reconfigured => "reconfigured",
        Cause::Stalled => "stalled",
        Cause::GroupYields => "group-yields",
        _ => "other",
    }
}

/// Of a cause: `barred-` and what bars.
const fn barred(what: Bar) -> &'static str {
    match what {
        Bar::NotStarted => "barred-not-started",
        Bar::StartDelay => "barred-start-delay",
        Bar::LinkDown => "barred-link-down",
        Bar::NoPrimaryAddress => "barred-no-primary-address",
        Bar::NoVirtualAddress => "barred-no-virtual-address",
        Bar::Tracker(_) => "barred-tracked",
        Bar::SendFailed => "barred-send-failed",
        Bar::HoldFailed => "barred-hold-failed",
        Bar::Group { stopped: true } => "barred-group-stopped",
        Bar::Group { stopped: false } => "barred-group",
        _ => "barred-other",
    }
}

/// What bars, by name.
pub(crate) fn bar(what: Bar) -> &'static str {
    let name = barred(what);
    name.strip_prefix("barred-").unwrap_or(name)
}
