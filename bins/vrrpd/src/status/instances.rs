//! Instances, from the driver and the plan.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use healthcheck::{HookResult, HookStatus};
use vrrp_control::{
    Accept, ActiveRouter, Address, Contribution, HeardRouter, Hook, HostsTold, IncompatiblePeer, Instance,
    Leaves, Next, Priority, Run, TrackedKind, VirtualMac,
};
use vrrp_core::{Counters, Health, Path, Rank, StateName, Weight};
use vrrp_net::{AcceptMode, AddressPresence, ServiceStatus, StandingStatus};
use vrrp_plan::Tracked;

use super::{rejected, routing};
use crate::journal::told;
use crate::names::Named;
use crate::node::{ms, unix_ms};
use crate::words;

/// Whether what is tracked has given no result yet.
fn waits(status: &ServiceStatus, id: vrrp_core::TrackerId) -> bool {
    let mut contributions = status.contributions.iter();
    let found = contributions.find(|contribution| contribution.tracker == id.0);
    found.is_some_and(|contribution| contribution.health == Health::Unknown)
}

/// One instance as it is at `at_nanos`. One that a reload has just removed is no longer in the plan, and may still hold
/// its addresses for a moment.
pub(super) fn instance(
    status: &ServiceStatus,
    at_nanos: u64,
    planned: Option<&vrrp_plan::Instance>,
    hooks: Option<HookStatus>,
) -> Instance {
    let names = Named::new(planned, status.interface.as_deref());
    let settings = planned.map(|planned| &planned.service.settings);
    let bar = match status.standing {
        StandingStatus::Barred(bar) => Some(bar),
        StandingStatus::Eligible(_) => None,
    };
    let problem = status.virtual_mac.as_ref().and_then(|own| own.problem.clone());
    let barred = bar.map(|bar| problem.unwrap_or_else(|| words::bar(bar, &names)));
    let last = status
        .last_active
        .map(|(address, priority)| Rank { priority, address });
    let cause = status.why.map(|why| words::cause(why, last, &names));
    let waits = |id| waits(status, id);
    let hooks = hooks.unwrap_or_default();
    Instance {
        name: status.name.clone(),
        group: status.group.clone(),
        held_back: status.held_back,
        vrid: settings.map_or(0, |settings| settings.vrid.get()),
        family: settings.map_or_else(String::new, |settings| settings.family.to_string()),
        protocol_version: settings.map_or(0, |settings| settings.version.number()),
        interface: status.interface.clone(),
        path: match settings.map(|settings| &settings.path) {
            Some(Path::Unicast { .. }) => "unicast".to_owned(),
            Some(Path::Multicast { .. }) | None => "multicast".to_owned(),
        },
        peers: settings.map_or_else(Vec::new, |settings| peers(&settings.path)),
        interval_ms: settings.map_or(0, |settings| settings.interval.nanos() / 1_000_000),
        state: words::state(status.state),
        keepalived_state: words::keepalived_state(status.state, bar, waits),
        since_unix_ms: unix_ms(status.since),
        state_for_ms: ms(status.for_time),
        why: cause
            .or_else(|| barred.clone())
            .unwrap_or_else(|| "it has just been started".to_owned()),
        holding: status.holding,
        barred,
        priority: priority(status, planned),
        handed_over: None,
        handing_over: None,
        active: active(status),
        accept: Some(accept(status.accept_mode)),
        hosts_told: status.hosts_told.map(hosts_told),
        virtual_mac: virtual_mac(status),
        addresses: addresses(status, planned),
        routing: status.routing.iter().map(routing::one).collect(),
        next: status.deadline.map(|deadline| Next {
            what: words::wake(deadline.wakes),
            in_ms: until_ms(deadline.at, at_nanos),
        }),
        counters: counters(&status.counters),
        leaves: Some(with_own_mac(leaves(&status.leaves, at_nanos), status)),
        rejected: rejected(&status.counters.rejected),
        incompatible_peers: incompatible(status, at_nanos),
        heard: status.heard.iter().map(|one| heard(one, at_nanos)).collect(),
        why_code: status.why.map(|why| told::cause(why).to_owned()),
        barred_code: bar.map(|bar| told::bar(bar).to_owned()),
        preempt_in_ms: status.preempt_at.map(|at| until_ms(at, at_nanos)),
        hook_running: hooks.running.map(|(label, _)| label),
        hooks_waiting: u64::try_from(hooks.waiting).unwrap_or(u64::MAX),
        hooks: hooks.results.into_iter().map(hook).collect(),
        notices: Vec::new(),
    }
}

fn priority(status: &ServiceStatus, planned: Option<&vrrp_plan::Instance>) -> Priority {
    Priority {
        effective: status.priority,
        base: status.base_priority,
        contributions: contributions(status, planned),
        moves: Vec::new(),
    }
}

fn virtual_mac(status: &ServiceStatus) -> Option<VirtualMac> {
    let own = status.virtual_mac.clone()?;
    Some(VirtualMac {
        device: own.device,
        mac: own.mac,
        up: own.up,
        problem: own.problem,
    })
}

fn hosts_told(told: vrrp_net::HostsTold) -> HostsTold {
    HostsTold {
        lifetime_s: told.lifetime.as_secs(),
        digest: format!("{:08x}", told.digest),
        sent: told.sent,
    }
}

const fn accept(mode: AcceptMode) -> Accept {
    match mode {
        AcceptMode::Owner => Accept::Owner,
        AcceptMode::Serves => Accept::Serves,
        AcceptMode::Drops => Accept::Drops,
    }
}

fn peers(path: &Path) -> Vec<IpAddr> {
    match path {
        Path::Unicast { peers, .. } => peers.iter().map(|peer| peer.address).collect(),
        Path::Multicast { .. } => Vec::new(),
    }
}

fn contributions(status: &ServiceStatus, planned: Option<&vrrp_plan::Instance>) -> Vec<Contribution> {
    let mut list = Vec::new();
    for contribution in &status.contributions {
        let index = usize::from(contribution.tracker);
        let Some((tracked, tracker)) = planned.and_then(|planned| {
            planned
                .tracked
                .get(index)
                .zip(planned.service.settings.trackers.get(index))
        }) else {
            continue;
        };
        let (name, kind) = match tracked {
            Tracked::Check(name) => (name, TrackedKind::Script),
            Tracked::Interface(name) => (name, TrackedKind::Interface),
            Tracked::Statics(name) => (name, TrackedKind::Statics),
            Tracked::File(name) => (name, TrackedKind::File),
            Tracked::Process(name) => (name, TrackedKind::Process),
        };
        let (weight, reverse) = match tracker.weight {
            Weight::Gate { reverse } => (0, reverse),
            Weight::Adjust { value, reverse } => (value, reverse),
        };
        list.push(Contribution {
            name: name.clone(),
            kind,
            health: match contribution.health {
                Health::Value(_) if tracker.weight.bars(contribution.health) => vrrp_control::Health::Down,
                health => words::health(health),
            },
            value: match contribution.health {
                Health::Value(value) => Some(value),
                _ => None,
            },
            weight,
            reverse,
            adds: contribution.adds,
            bars: contribution.bars,
        });
    }
    list
}

/// Whom this router believes to be Active: what it heard last says nothing once it takes no part.
fn active(status: &ServiceStatus) -> Option<ActiveRouter> {
    let (address, priority, own) = match status.state {
        StateName::Active => (status.link.primary, status.priority, true),
        StateName::Backup => {
            let (address, priority) = status.last_active?;
            (Some(address), priority, false)
        }
        StateName::Initialize => return None,
    };
    Some(ActiveRouter {
        address,
        priority,
        own,
    })
}

fn addresses(status: &ServiceStatus, planned: Option<&vrrp_plan::Instance>) -> Vec<Address> {
    let label = |address: IpAddr| {
        let held = planned?
            .service
            .addresses
            .iter()
            .find(|held| held.address == address)?;
        held.label.clone()
    };
    let list = status.addresses.iter().map(|one| Address {
        address: one.address,
        prefix: one.prefix,
        device: Some(one.interface.clone()),
        label: label(one.address),
        advertised: one.advertised,
        wanted: one.wanted,
        present: matches!(one.present, AddressPresence::Ours | AddressPresence::Foreign),
        foreign: one.present == AddressPresence::Foreign,
    });
    list.collect()
}

fn heard(router: &vrrp_net::HeardRouter, at_nanos: u64) -> HeardRouter {
    let ago_ms = |nanos: u64| at_nanos.saturating_sub(nanos) / 1_000_000;
    HeardRouter {
        address: router.source,
        priority: router.priority,
        version: router.version,
        first_ago_ms: ago_ms(router.first_nanos),
        last_ago_ms: ago_ms(router.last_nanos),
        adverts: router.adverts,
    }
}

fn incompatible(status: &ServiceStatus, at_nanos: u64) -> Vec<IncompatiblePeer> {
    let one = |peer: &vrrp_net::Incompatible| IncompatiblePeer {
        address: peer.source,
        difference: peer.difference.to_string(),
        last_ago_ms: at_nanos.saturating_sub(peer.seen_nanos) / 1_000_000,
    };
    status.incompatible.iter().map(one).collect()
}

fn until_ms(at: vrrp_core::Instant, at_nanos: u64) -> u64 {
    at.as_nanos().saturating_sub(at_nanos) / 1_000_000
}

pub(crate) fn hook(result: HookResult) -> Hook {
    let ended = result.at.checked_add(result.took).unwrap_or(result.at);
    Hook {
        run: Run {
            ended_unix_ms: unix_ms(ended),
            took_ms: ms(result.took),
            succeeded: result.end.is_success(),
            result: result.end.to_string(),
            output: result.output,
        },
        label: result.label,
        command: result.command,
    }
}

/// The core knows the MAC of the protocol; another one may be configured.
fn with_own_mac(leaves: Leaves, status: &ServiceStatus) -> Leaves {
    match &status.virtual_mac {
        Some(own) => Leaves {
            virtual_mac_address: own.mac.clone(),
            ..leaves
        },
        None => leaves,
    }
}

fn leaves(leaves: &vrrp_core::Leaves, at_nanos: u64) -> Leaves {
    let mac = leaves.virtual_mac.map(|octet| format!("{octet:02x}"));
    let up_for = leaves
        .up_since
        .map(|since| Duration::from_nanos(at_nanos.saturating_sub(since.as_nanos())));
    Leaves {
        state: leaves.state.to_owned(),
        is_owner: leaves.is_owner,
        priority: leaves.priority,
        effective_priority: leaves.effective_priority,
        advertise_interval_centi_sec: leaves.advertise_interval_cs,
        last_adv_source: leaves.last_adv_source,
        primary_ip_address: leaves.primary_address,
        virtual_mac_address: mac.join(":"),
        address_count: leaves.address_count,
        preempt: leaves.preempt_mode,
        accept_mode: leaves.accept_mode,
        up_unix_ms: up_for
            .and_then(|up_for| SystemTime::now().checked_sub(up_for))
            .map(unix_ms),
        master_down_interval: leaves.master_down_interval_cs,
        skew_time: leaves.skew_time_us,
        last_event: leaves.last_event.to_string(),
        new_master_reason: leaves.new_master_reason.to_string(),
    }
}

/// By the names of RFC 8347 where it has one, ours behind them.
fn counters(counters: &Counters) -> BTreeMap<String, u64> {
    let named = [
        ("master-transitions", counters.master_transitions),
        ("advertisement-rcvd", counters.advertisement_rcvd),
        ("advertisement-sent", counters.advertisement_sent),
        ("interval-errors", counters.interval_errors()),
        ("priority-zero-pkts-rcvd", counters.priority_zero_pkts_rcvd),
        ("priority-zero-pkts-sent", counters.priority_zero_pkts_sent),
        ("invalid-type-pkts-rcvd", counters.invalid_type_pkts_rcvd()),
        ("address-list-errors", counters.address_list_errors()),
        ("packet-length-errors", counters.packet_length_errors()),
        ("ip-ttl-errors", counters.ip_ttl_errors()),
        ("yielded", counters.yielded),
        ("send-errors", counters.send_errors),
        ("announcement-rounds", counters.announcement_rounds),
        ("late-adverts", counters.late_adverts),
        ("owner-conflicts", counters.owner_conflicts),
        ("address-list-order", counters.address_list_order),
        ("v2-rcvd", counters.v2_received),
        ("v3-rcvd", counters.v3_received),
        ("checksum-form-plain", counters.checksum_form_plain),
        ("checksum-form-pseudo", counters.checksum_form_pseudo),
        ("triggered-suppressed", counters.triggered_suppressed),
        ("bounces", counters.bounces),
        ("hmac-missing", counters.hmac_missing),
        ("hmac-clock", counters.hmac_clock),
    ];
    named
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}
