//! The core's facts as sentences for operators.

use std::time::Duration;

use vrrp_core::wire::Warnings;
use vrrp_core::{Bar, Cause, Failure, Health, Heard, Input, Order, Report, Transition, Wake};

/// Milliseconds with the digits that matter, no more.
#[must_use]
pub fn millis(duration: Duration) -> String {
    let micros = duration.as_nanos() / 1000;
    format!("{}.{:03}", micros / 1000, micros % 1000)
}

/// What happened to a router.
#[must_use]
pub fn input(input: &Input) -> String {
    match input {
        Input::Start => "it is started".to_owned(),
        Input::Stop => "it is asked to stop".to_owned(),
        Input::Tick => "time has passed".to_owned(),
        Input::Heard(heard) => advertisement(heard),
        Input::Link(link) => match (link.up, link.primary) {
            (true, Some(primary)) => format!("its link is up, with {primary} to send from"),
            (true, None) => "its link is up, without an address to send from".to_owned(),
            (false, _) => "its link is down".to_owned(),
        },
        Input::Track(id, Health::Up) => format!("check {} is up", id.0),
        Input::Track(id, Health::Down) => format!("check {} is down", id.0),
        Input::Track(id, Health::Value(value)) => format!("the number of check {} is {value}", id.0),
        Input::Track(id, Health::Unknown) => format!("nothing is known of check {}", id.0),
        Input::Order(Order::Resign) => "an operator asks it to hand over".to_owned(),
        Input::Order(Order::Compete) => "an operator lets it compete again".to_owned(),
        Input::Failed(Failure::Send { gone: false }) => "an advertisement could not be sent".to_owned(),
        Input::Failed(Failure::Send { gone: true }) => {
            "an advertisement could not be sent: the interface is down or gone".to_owned()
        }
        Input::Failed(Failure::Hold) => "none of the addresses could be held".to_owned(),
        Input::Recovered => "what failed works again".to_owned(),
        Input::SuccessorAnswers => "the successor answers for every address".to_owned(),
    }
}

fn advertisement(heard: &Heard) -> String {
    let says = match heard.priority {
        0 => "says goodbye (priority 0)".to_owned(),
        priority => format!("advertises priority {priority}"),
    };
    format!("{} {says}{}", heard.source, oddities(heard.warnings))
}

fn oddities(warnings: Warnings) -> String {
    let ids: Vec<&str> = warnings.iter().map(vrrp_core::wire::Warning::id).collect();
    if ids.is_empty() {
        String::new()
    } else {
        format!(" ({})", ids.join(", "))
    }
}

/// A fact that a router reports.
#[must_use]
pub fn report(report: &Report) -> String {
    match report {
        Report::Transition(Transition {
            from,
            to,
            cause: why,
            holding,
        }) => {
            let holding = if *holding { ", still answering" } else { "" };
            format!("{from} -> {to}, {}{holding}", cause(*why))
        }
        Report::Priority { from, to } => format!("priority {from} -> {to}"),
        Report::HoldEnded {
            successor: Some(successor),
        } => format!("stops answering: {successor} has taken over"),
        Report::HoldEnded { successor: None } => "the hold ends: nobody has taken over".to_owned(),
        Report::HoldTooLong => "no hold: a successor may need longer than 5 s".to_owned(),
        Report::Reasserted { source, priority } => {
            format!("answers {source}, which claims to be Active with priority {priority}")
        }
        Report::Late { late_nanos } => {
            format!("advertises {} ms late", millis(Duration::from_nanos(*late_nanos)))
        }
        Report::Bounced { active_nanos } => format!(
            "yields after only {} ms: advertisements were late or lost",
            millis(Duration::from_nanos(*active_nanos))
        ),
        Report::OnlyVersion3 { source } => format!("{source} sends version 3 only"),
        Report::ChecksumFormsMixed { source } => format!("{source} uses the other IPv4 checksum"),
        Report::SamePriority { source } => format!("{source} has the same priority"),
        Report::HeldBack => "is held back by its group".to_owned(),
        Report::FailedFor { retry_after_seconds } => {
            format!("failed; tries again after {retry_after_seconds} s")
        }
        other => format!("{other:?}"),
    }
}

/// Why a state was entered.
#[must_use]
pub fn cause(cause: Cause) -> String {
    match cause {
        Cause::Started => "started",
        Cause::Owner => "owns the addresses",
        Cause::NoResponse => "nobody was heard",
        Cause::PriorityZero => "the last Active said goodbye",
        Cause::LowerActive => "the Active has a lower priority",
        Cause::HigherHeard { source, priority } => return format!("{source} has priority {priority}"),
        Cause::NobodyTookOver => "nobody took over",
        Cause::Stopped => "stopped as planned",
        Cause::Resigned => "resigned",
        Cause::Reconfigured => "reconfigured",
        Cause::Stalled => "was stalled too long",
        Cause::GroupYields => "the group yields",
        Cause::Barred(what) => return format!("barred: {}", bar(what)),
        other => return format!("{other:?}"),
    }
    .to_owned()
}

/// What keeps a router from taking part.
#[must_use]
pub fn bar(bar: Bar) -> String {
    match bar {
        Bar::NotStarted => "not started",
        Bar::StartDelay => "start delay",
        Bar::LinkDown => "link down",
        Bar::NoPrimaryAddress => "no address to send from",
        Bar::NoVirtualAddress => "nothing to advertise",
        Bar::Tracker(id) => return format!("check {} failed", id.0),
        Bar::SendFailed => "could not send",
        Bar::HoldFailed => "could not hold the addresses",
        Bar::Group { stopped: true } => "a member of its group is stopped",
        Bar::Group { stopped: false } => "a member of its group is barred",
        other => return format!("{other:?}"),
    }
    .to_owned()
}

/// What a router does at its deadline.
#[must_use]
pub const fn wake(wake: Wake) -> &'static str {
    match wake {
        Wake::Advertise => "advertise",
        Wake::TakeOver => "take over",
        Wake::Announce => "announce the addresses again",
        Wake::EndHold => "give the held addresses up",
        Wake::ResendResignation => "say goodbye again",
        Wake::RetryAfterFailure => "try again after the failure",
        Wake::Start => "start",
        _ => "act",
    }
}
