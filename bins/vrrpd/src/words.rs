//! The core's facts in words, and its states in keepalived's.

use std::net::IpAddr;

use vrrp_control::{KeepalivedState, State};
use vrrp_core::{Bar, Cause, Health, Rank, StateName, TrackerId, Wake};
use vrrp_plan::Plan;

/// What the words of one instance need to know beside the fact.
pub(crate) trait Names {
    /// The tracked object, with its kind: `check chk_nginx`.
    fn tracked(&self, id: TrackerId) -> String;
    /// What of it keeps the router from taking part.
    fn gate(&self, id: TrackerId) -> String {
        format!("{} is not up", self.tracked(id))
    }
    /// `interface eth1`.
    fn interface(&self) -> String;
}

/// Why a state was entered. `last` is the router that was Active before, where it is known.
pub(crate) fn cause(cause: Cause, last: Option<Rank>, names: &impl Names) -> String {
    let other = || last.map_or_else(|| "the Active router".to_owned(), |rank| rank.address.to_string());
    match cause {
        Cause::Started => "ready to take part".to_owned(),
        Cause::Owner => "it owns the addresses (priority 255)".to_owned(),
        Cause::NoResponse => match last {
            Some(rank) => format!("{} fell silent", rank.address),
            None => "no Active router was heard".to_owned(),
        },
        Cause::PriorityZero => format!("{} said goodbye (priority 0)", other()),
        Cause::LowerActive => match last {
            Some(rank) => format!("{} has the lower rank (priority {})", rank.address, rank.priority),
            None => "the Active router has the lower rank".to_owned(),
        },
        Cause::HigherHeard { source, priority } => heard(source, priority),
        Cause::NobodyTookOver => "nobody took over while the addresses were held".to_owned(),
        Cause::Stopped => "it was stopped as asked".to_owned(),
        Cause::Resigned => "an operator asked it to hand over".to_owned(),
        Cause::Barred(what) => bar(what, names),
        Cause::Reconfigured => "its configuration was changed".to_owned(),
        Cause::Stalled => "this process was stalled for longer than the others wait".to_owned(),
        Cause::GroupYields => "another member of its sync group left Active".to_owned(),
        _ => format!("{cause:?}"),
    }
}

fn heard(source: IpAddr, priority: u8) -> String {
    format!("{source} was heard with priority {priority}")
}

/// What keeps a router from taking part.
pub(crate) fn bar(bar: Bar, names: &impl Names) -> String {
    match bar {
        Bar::NotStarted => "it is stopped".to_owned(),
        Bar::StartDelay => "the start delay runs".to_owned(),
        Bar::LinkDown => format!("{} is down or does not exist", names.interface()),
        Bar::NoPrimaryAddress => format!("{} has no address to send from", names.interface()),
        Bar::NoVirtualAddress => "there is no address to advertise".to_owned(),
        Bar::Tracker(id) => names.gate(id),
        Bar::SendFailed => "advertisements could not be sent; it tries again by itself".to_owned(),
        Bar::HoldFailed => "no address could be held; it tries again by itself".to_owned(),
        Bar::Group { stopped: true } => "its sync group is stopped".to_owned(),
        Bar::Group { stopped: false } => "another member of its sync group is at fault".to_owned(),
        _ => format!("{bar:?}"),
    }
}

/// Names of the instances that a line shows.
const NAMES_MAX: usize = 8;

/// The instances of a plan on one line.
pub(crate) fn names(plan: &Plan) -> String {
    let instances = plan.instances.iter().map(|instance| instance.name.as_str());
    let servers = plan.balance.servers.iter().map(|server| server.name.as_str());
    let all = instances.chain(servers);
    let more = all.clone().count().saturating_sub(NAMES_MAX);
    let mut names: Vec<&str> = all.take(NAMES_MAX).collect();
    let tail = format!("{more} more");
    if more > 0 {
        names.push(&tail);
    }
    names.join(", ")
}

/// What happens at a deadline.
pub(crate) fn wake(wake: Wake) -> String {
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
    .to_owned()
}

/// The state in the words of the RFC.
pub(crate) const fn state(name: StateName) -> State {
    match name {
        StateName::Initialize => State::Initialize,
        StateName::Backup => State::Backup,
        StateName::Active => State::Active,
    }
}

/// The state in keepalived's words. `waits`: the object that bars it has given no result yet.
pub(crate) fn keepalived_state(
    name: StateName,
    bar: Option<Bar>,
    waits: impl Fn(TrackerId) -> bool,
) -> KeepalivedState {
    match (name, bar) {
        (StateName::Active, _) => KeepalivedState::Master,
        (StateName::Backup, _) => KeepalivedState::Backup,
        (StateName::Initialize, Some(Bar::NotStarted | Bar::Group { stopped: true })) => {
            KeepalivedState::Stop
        }
        (StateName::Initialize, Some(Bar::StartDelay) | None) => KeepalivedState::Init,
        (StateName::Initialize, Some(Bar::Tracker(id))) if waits(id) => KeepalivedState::Init,
        (StateName::Initialize, Some(_)) => KeepalivedState::Fault,
    }
}

/// Health for the control protocol.
pub(crate) const fn health(health: Health) -> vrrp_control::Health {
    match health {
        Health::Unknown => vrrp_control::Health::Unknown,
        Health::Up => vrrp_control::Health::Up,
        Health::Down => vrrp_control::Health::Down,
        // A number is neither; what it does stands beside it.
        Health::Value(_) => vrrp_control::Health::Up,
    }
}
