//! What the driver and the checks tell: into the log, to the notify scripts, to the driver.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use healthcheck::{Change, Health, NotifyState};
use tokio::time::timeout;
use tracing::{debug, info, warn};
use vrrp_control::KeepalivedState;
use vrrp_core::{Cause, Report, StateName, TrackerId, Transition};
use vrrp_net::{Event, Happening, StandingStatus};
use vrrp_plan::Plan;

use crate::names::Named;
use crate::node::{Node, lock};
use crate::rivals::Rivals;
use crate::words;

/// A stalled machine makes every instance late at once: one line in so long tells as much as a thousand.
const LATE_LINES_EVERY: Duration = Duration::from_secs(10);

/// How long the comparison waits for the router loop.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Late advertisements since the last line about them.
#[derive(Debug, Default)]
struct Late {
    adverts: u64,
    worst_nanos: u64,
    told: Option<Instant>,
}

/// What keeps the log from growing with what others send, or with how busy the machine is.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    late: Late,
    rivals: Rivals,
}

/// One event of the driver. `true`: it may have barred an instance that no event will name.
pub(crate) fn driver(node: &Node, event: &Event, limits: &mut Limits) -> bool {
    let Some(service) = event.service.as_deref() else {
        return false;
    };
    match &event.what {
        Happening::Core(report) => {
            lock(&node.notifier).report(service, report);
            core(&node.plan(), service, report, limits);
            false
        }
        // The driver words what it does itself.
        Happening::Link { .. } => true,
        _ => false,
    }
}

fn core(plan: &Plan, service: &str, report: &Report, limits: &mut Limits) {
    let planned = plan.instances.iter().find(|instance| instance.name == service);
    let names = planned.map_or(Named::new(None, None), Named::of);
    match report {
        Report::Transition(transition) => state_line(service, transition, &names),
        Report::Priority { from, to } => info!(instance = service, "{service}: priority {from} -> {to}"),
        Report::HoldEnded {
            successor: Some(successor),
        } => {
            info!(
                instance = service,
                "{service}: {successor} has taken over; the addresses are given up"
            );
        }
        Report::HoldEnded { successor: None } => {
            info!(
                instance = service,
                "{service}: nobody took over in time; the addresses are given up"
            );
        }
        Report::HoldTooLong => warn!(
            instance = service,
            "{service}: the addresses go at once: at this advertisement interval the successor may need longer than the 5 s they could be kept for"
        ),
        Report::Reasserted { source, priority } => limits.rival(service, *source, *priority),
        Report::Late { late_nanos } => limits.late.add(service, *late_nanos),
        Report::ChecksumFormsMixed { source } => warn!(
            instance = service,
            "{service}: {source} uses another form of the IPv4 checksum than the router heard before: set v3_checksum_as_v2 alike on all nodes"
        ),
        Report::SamePriority { source } => warn!(
            instance = service,
            "{service}: {source} has the same priority; give every node its own, else the higher address decides"
        ),
        Report::FailedFor { retry_after_seconds } => warn!(
            instance = service,
            "{service}: steps back after a failure and tries again in {retry_after_seconds} s"
        ),
        other => debug!(instance = service, "{service}: {other:?}"),
    }
}

fn state_line(service: &str, transition: &Transition, names: &Named<'_>) {
    let why = words::cause(transition.cause, None, names);
    let holding = if transition.holding {
        "; the addresses answer until the successor does"
    } else {
        ""
    };
    match (transition.to, transition.cause) {
        (StateName::Active, _) => info!(instance = service, "{service}: MASTER: {why}"),
        (StateName::Backup, _) => info!(instance = service, "{service}: BACKUP: {why}"),
        (StateName::Initialize, Cause::Barred(_)) => {
            warn!(instance = service, "{service}: FAULT: {why}{holding}")
        }
        (StateName::Initialize, _) => info!(instance = service, "{service}: stands back: {why}{holding}"),
    }
}

impl Limits {
    fn rival(&mut self, service: &str, source: IpAddr, priority: u8) {
        match self.rivals.answered(Instant::now(), service) {
            None => {}
            Some(0) => info!(
                instance = service,
                "{service}: {source} claimed the addresses with the lower rank (priority {priority}) and was answered"
            ),
            Some(more) => info!(
                instance = service,
                "{service}: {source} claimed the addresses with the lower rank (priority {priority}) and was answered, as {more} times since the last such line"
            ),
        }
    }
}

impl Late {
    fn add(&mut self, service: &str, nanos: u64) {
        self.adverts += 1;
        self.worst_nanos = self.worst_nanos.max(nanos);
        if self.told.is_some_and(|told| told.elapsed() < LATE_LINES_EVERY) {
            return;
        }
        warn!(
            "{} advertisements left late, the worst by {} ms ({service} was the last): the machine is too busy for the router loop; give it a real-time priority (--realtime)",
            self.adverts,
            self.worst_nanos / 1_000_000
        );
        *self = Self {
            told: Some(Instant::now()),
            ..Self::default()
        };
    }
}

/// A check's health changed.
pub(crate) fn check(node: &Node, change: &Change) {
    let outcome = &change.outcome;
    let output = outcome.output.trim_end();
    let said = if output.is_empty() {
        String::new()
    } else {
        format!(": {output}")
    };
    let name = &change.name;
    match change.health {
        Health::Up => info!("check {name} is up: {}{said}", outcome.reason),
        Health::Down => warn!("check {name} is down: {}{said}", outcome.reason),
        Health::Unknown => info!("check {name} has no result"),
    }
    node.tell_health(&node.plan(), name);
}

/// Compares what the notify scripts were told with what is: only what bars an instance before it takes part, or with
/// `all` everything, after events were lost.
pub(crate) async fn compare(node: &Node, all: bool) {
    // A router loop that gives no answer must not keep the signals waiting as well.
    let Ok(Ok(status)) = timeout(ANSWER_WITHIN, node.handle.status()).await else {
        return;
    };
    let plan = node.plan();
    let mut notifier = lock(&node.notifier);
    for service in &status.services {
        let bar = match service.standing {
            StandingStatus::Barred(bar) => Some(bar),
            StandingStatus::Eligible(_) => None,
        };
        let waits = |id: TrackerId| {
            let mut known = service.contributions.iter();
            known.any(|contribution| contribution.tracker == id.0 && contribution.health == Health::Unknown)
        };
        let state = match words::keepalived_state(service.state, bar, waits) {
            KeepalivedState::Fault => Some(NotifyState::Fault),
            KeepalivedState::Master if all => Some(NotifyState::Master),
            KeepalivedState::Backup if all => Some(NotifyState::Backup),
            _ => None,
        };
        let news = notifier.seen(&service.name, state, service.priority);
        if let (Some(NotifyState::Fault), Some(bar)) = (news, bar) {
            let planned = plan
                .instances
                .iter()
                .find(|instance| instance.name == service.name);
            let why = words::bar(bar, &Named::new(planned, service.interface.as_deref()));
            warn!(instance = service.name, "{}: FAULT: {why}", service.name);
        }
    }
}
