//! What the driver and the checks tell: into the log, to the notify scripts, to the driver.

mod lines;

use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

use healthcheck::{Health, NotifyState};
use tokio::time::timeout;
use tracing::{info, warn};
use vrrp_control::KeepalivedState;
use vrrp_core::{Report, TrackerId};
use vrrp_net::{Event, Happening, StandingStatus};

use crate::flaps::{Flaps, Unsaid};
use crate::journal::told;
use crate::names::{self, Named};
use crate::node::{Node, lock};
use crate::rivals::Rivals;
use crate::tracks::News;
use crate::{steer, words};
use lines::{About, group_line, line, state_line};

/// A stalled machine or network makes every instance late or bounce at once: one line in so long tells as much as a
/// thousand.
const LATE_LINES_EVERY: Duration = Duration::from_secs(10);

/// How long the comparison waits for the router loop.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// What happened since the last line about it.
#[derive(Debug, Default)]
struct Sparse {
    count: u64,
    worst_nanos: u64,
    told: Option<Instant>,
}

/// What keeps the log from growing with what others send, or with how busy the machine is.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    late: Sparse,
    bounces: Sparse,
    rivals: Rivals,
    flaps: Flaps,
}

/// One event of the driver. `true`: it may have barred an instance that no event will name.
pub(crate) fn driver(node: &Node, event: &Event, limits: &mut Limits) -> bool {
    let noted = told::driver(event);
    let about = About::of(noted.as_ref());
    if let Some(noted) = noted {
        node.journal.note(noted);
    }
    if let Happening::Group(group) = &event.what {
        lock(&node.notifier).group(group, event.wall);
        group_line(group, &about);
        return false;
    }
    let Some(service) = event.service.as_deref() else {
        return false;
    };
    if let Happening::Renamed { before } = &event.what {
        // The first word of it is for all of them.
        if let Some(names) = node.renames.heard() {
            limits.rename(&names);
            lock(&node.notifier).rename(&names);
            lock(&node.steer.said).rename(&names);
        }
        info!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: this was {before} until now; it goes on as it is"
        );
        return false;
    }
    match &event.what {
        Happening::Core(report) => {
            lock(&node.notifier).report(service, report, event.wall);
            if let Report::HoldEnded { successor: None } = report {
                // Of a switchover whoever asked for it says what became of it.
                if lock(&node.steer.said).is_handing(service) {
                    return false;
                }
            }
            core(node, event, (service, report), limits);
            if let Report::Transition(transition) = report {
                steer::heard(node, service, transition.to);
            }
            false
        }
        // The driver words what it does itself.
        Happening::Link { .. } | Happening::VirtualMac { .. } => true,
        _ => false,
    }
}

fn core(node: &Node, event: &Event, (service, report): (&str, &Report), limits: &mut Limits) {
    let plan = node.plan();
    let planned = plan.instances.iter().find(|instance| instance.name == service);
    let names = planned.map_or(Named::new(None, None), Named::of);
    let noted = told::core(event, report, &names);
    let about = About::of(noted.as_ref());
    // What is told less often than it happens is noted as often as it is told.
    let times = match report {
        Report::Transition(transition) => {
            if !limits.flaps.changed(Instant::now(), service, transition) {
                return;
            }
            state_line(service, transition, &names, &about);
            None
        }
        Report::Reasserted { source, priority } => {
            let Some(more) = limits.rival(service, *source, *priority, &about) else {
                return;
            };
            (more > 0).then_some(more)
        }
        Report::Late { late_nanos } => {
            let Some((count, worst_nanos)) = limits.late.add(Instant::now(), *late_nanos) else {
                return;
            };
            warn!(
                event = about.event(),
                code = about.code(),
                "{}",
                late(service, count, worst_nanos)
            );
            Some(count)
        }
        Report::Bounced { active_nanos } => {
            let Some((count, longest_nanos)) = limits.bounces.add(Instant::now(), *active_nanos) else {
                return;
            };
            warn!(
                event = about.event(),
                code = about.code(),
                "{}",
                bounced(service, count, longest_nanos)
            );
            Some(count)
        }
        other => {
            line(service, other, &about);
            None
        }
    };
    if let Some(noted) = noted {
        node.journal.note(vrrp_control::Event { times, ..noted });
    }
}

/// What had no line when it happened, because too much did; `None` for now: the end.
pub(crate) fn unsaid(node: &Node, now: Option<Instant>, limits: &mut Limits) {
    let due = limits.flaps.due(now);
    if due.is_empty() {
        return;
    }
    let plan = node.plan();
    for (service, Unsaid { last, count, .. }) in due {
        if count > 1 {
            warn!(
                instance = service,
                "{service}: {count} changes of state, of which only the last is told: another node, or a host that speaks as one, \
                 takes the addresses and lets them go"
            );
        }
        let planned = plan.instances.iter().find(|instance| instance.name == service);
        let names = planned.map_or(Named::new(None, None), Named::of);
        let noted = told::transition(&last, None, &names);
        state_line(&service, &last, &names, &About::of(Some(&noted)));
        node.journal.note(vrrp_control::Event {
            instance: Some(service),
            times: Some(count),
            ..noted
        });
    }
}

impl Limits {
    /// When [`unsaid`] is to be called.
    pub(crate) fn unsaid_at(&self) -> Option<Instant> {
        self.flaps.due_at()
    }

    fn rename(&mut self, names: &[(String, String)]) {
        self.flaps.rename(names);
        self.rivals.rename(names);
    }

    /// `Some`: it was worth a line, about so many more before it.
    fn rival(&mut self, service: &str, source: IpAddr, priority: u8, about: &About) -> Option<u64> {
        let told = self.rivals.answered(Instant::now(), service);
        match told {
            None => {}
            Some(0) => info!(
                instance = service,
                event = about.event(),
                code = about.code(),
                "{service}: {source} claimed the addresses with the lower rank (priority {priority}) and was answered"
            ),
            Some(more) => info!(
                instance = service,
                event = about.event(),
                code = about.code(),
                "{service}: {source} claimed the addresses with the lower rank (priority {priority}) and was answered, as {more} times since the last such line"
            ),
        }
        told
    }
}

impl Sparse {
    /// One more, of a length. `Some`: a line may be written, about so many, the longest of them so long.
    fn add(&mut self, now: Instant, nanos: u64) -> Option<(u64, u64)> {
        self.count += 1;
        self.worst_nanos = self.worst_nanos.max(nanos);
        let soon = |told: Instant| now.saturating_duration_since(told) < LATE_LINES_EVERY;
        if self.told.is_some_and(soon) {
            return None;
        }
        let told = (self.count, self.worst_nanos);
        *self = Self {
            told: Some(now),
            ..Self::default()
        };
        Some(told)
    }
}

fn late(service: &str, count: u64, worst_nanos: u64) -> String {
    format!(
        "{count} advertisements left late, the worst by {} ms ({service} was the last): the machine is too busy for the router loop; give it a real-time priority (--realtime)",
        worst_nanos / 1_000_000
    )
}

fn bounced(service: &str, count: u64, longest_nanos: u64) -> String {
    format!(
        "{count} take-overs ended as soon as the former active node was heard again, after {} ms at most ({service} was the last): it was probably never gone, and its advertisements come late or are lost; look at the load of that node and at the network between, or write a longer advert_int on every node",
        longest_nanos / 1_000_000
    )
}

/// What was said besides the reason, which is the first line of it where an application speaks for itself.
fn beyond(reason: &str, output: &str) -> String {
    match output.trim_start().strip_prefix(reason) {
        _ if output.is_empty() => String::new(),
        Some(rest) if rest.is_empty() || rest.starts_with('\n') => rest.to_owned(),
        Some(_) | None => format!(": {output}"),
    }
}

/// The health of a tracked object changed.
pub(crate) fn tracked(node: &Node, news: &News) {
    let noted = told::tracked(news);
    let about = About::of(Some(&noted));
    let outcome = &news.change.outcome;
    let said = beyond(&outcome.reason, outcome.output.trim_end());
    let name = names::tracked(&news.object);
    match news.change.health {
        Health::Up if news.change.degraded => warn!(
            event = about.event(),
            code = about.code(),
            "{name} is up and degraded: {}{said}",
            outcome.reason
        ),
        Health::Up => info!(
            event = about.event(),
            code = about.code(),
            "{name} is up: {}{said}",
            outcome.reason
        ),
        Health::Down => warn!(
            event = about.event(),
            code = about.code(),
            "{name} is down: {}{said}",
            outcome.reason
        ),
        Health::Unknown => info!(event = about.event(), code = about.code(), "{name} has no result"),
        Health::Value(value) => info!(
            event = about.event(),
            code = about.code(),
            "{name} counts as {value}: {}",
            outcome.reason
        ),
    }
    node.journal.note(noted);
    node.tell_health(&node.plan(), &news.object);
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
    for group in status.groups.iter().filter(|_| all) {
        notifier.group(group, SystemTime::now());
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_once() {
        for (reason, output, said) in [
            ("oops", "", ""),
            ("oops", "oops", ""),
            ("oops", "oops\nsecond", "\nsecond"),
            ("oops", "oopsie", ": oopsie"),
            ("exit 1", "oops", ": oops"),
        ] {
            assert_eq!(beyond(reason, output), said);
        }
    }

    /// V3-2.5-01: a line at once, then one in 10 s about all that came meanwhile.
    #[test]
    fn v3_2_5_01_bounces_on_every_interval_give_a_line_in_ten_seconds() {
        let mut bounces = Sparse::default();
        let begin = Instant::now();
        let mut lines = Vec::new();
        for number in 0..250_u64 {
            let now = begin + Duration::from_millis(number * 100);
            if let Some(told) = bounces.add(now, number * 1_000_000) {
                lines.push((number, told));
            }
        }
        assert_eq!(
            lines,
            [(0, (1, 0)), (100, (100, 100_000_000)), (200, (100, 200_000_000))]
        );
        let line = bounced("VI_1", 100, 200_000_000);
        assert!(
            line.starts_with("100 take-overs ended") && line.contains("after 200 ms at most (VI_1"),
            "{line}"
        );
    }
}
