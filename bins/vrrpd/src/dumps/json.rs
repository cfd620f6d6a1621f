//! `keepalived.json`, in both layouts of keepalived 2.4.3. Its `auth_data`, the password, is left out.

use std::time::SystemTime;

use serde::Serialize;
use vrrp_core::wire::Reject;
use vrrp_core::{Authentication, Counters, Profile};
use vrrp_plan::{CommandLine, ProcessTrack, Tracked};

use super::seen::{One, Seen};

/// What `data` holds of an instance, in keepalived's order and with its mixture of 0 and `false`.
#[derive(Debug, Serialize)]
struct Data<'a> {
    iname: &'a str,
    dont_track_primary: u8,
    skip_check_adv_addr: u8,
    strict_mode: u8,
    vmac_ifname: &'a str,
    ifp_ifname: &'a str,
    master_priority: u8,
    last_transition: f64,
    garp_delay: Number,
    garp_refresh: Number,
    garp_rep: u8,
    garp_refresh_rep: u8,
    garp_lower_prio_delay: Number,
    garp_lower_prio_rep: u8,
    lower_prio_no_advert: u8,
    higher_prio_send_advert: u8,
    vrid: u8,
    base_priority: u8,
    effective_priority: u8,
    vipset: bool,
    promote_secondaries: bool,
    adver_int: Number,
    master_adver_int: Number,
    accept: u8,
    nopreempt: bool,
    preempt_delay: Number,
    state: u8,
    wantstate: u8,
    version: u8,
    smtp_alert: bool,
    notify_deleted: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vroutes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vrules: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_ifp: Vec<&'a String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_script: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_process: Vec<&'a String>,
    auth_type: u8,
}

#[derive(Debug, Serialize)]
struct Stats {
    advert_rcvd: u64,
    advert_sent: u64,
    become_master: u64,
    release_master: u64,
    packet_len_err: u64,
    advert_interval_err: u64,
    ip_ttl_err: u64,
    invalid_type_rcvd: u64,
    addr_list_err: u64,
    invalid_authtype: u64,
    authtype_mismatch: u64,
    auth_failure: u64,
    auth_ext_missing: u64,
    auth_ext_malformed: u64,
    auth_ext_unknown_key: u64,
    auth_ext_invalid_hmac: u64,
    auth_ext_stale: u64,
    auth_ext_replay: u64,
    pri_zero_rcvd: u64,
    pri_zero_sent: u64,
}

#[derive(Debug, Serialize)]
struct Instance<'a> {
    data: Data<'a>,
    stats: Stats,
}

/// Of version 2 alone.
#[derive(Debug, Serialize)]
struct Process<'a> {
    process: &'a str,
    param_match: &'static str,
    min_processes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_processes: Option<u32>,
    current_processes: u32,
    have_quorum: bool,
    weight: i32,
    terminate_delay: Number,
    fork_delay: Number,
    fork_delay_timer_running: bool,
    terminate_delay_timer_running: bool,
    full_command: bool,
}

#[derive(Debug, Serialize)]
struct Second<'a> {
    vrrp: Vec<Instance<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_process: Vec<Process<'a>>,
}

/// Seconds: `1` and `0.5`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
enum Number {
    Whole(u64),
    Part(f64),
}

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 104 days")]
    fn seconds(nanoseconds: u64) -> Self {
        const SECOND: u64 = 1_000_000_000;
        if nanoseconds.is_multiple_of(SECOND) {
            Self::Whole(nanoseconds / SECOND)
        } else {
            Self::Part(nanoseconds as f64 / 1e9)
        }
    }
}

/// One line with its line end.
pub(super) fn text(seen: &Seen) -> String {
    let vrrp: Vec<Instance<'_>> = seen.instances().map(|one| instance(seen, one)).collect();
    let line = if seen.plan.node.json_version == 2 {
        let track_process = seen.plan.processes.iter().map(|track| process(seen, track));
        serde_json::to_string(&Second {
            vrrp,
            track_process: track_process.collect(),
        })
    } else {
        serde_json::to_string(&vrrp)
    };
    // It cannot fail for values of these types. A slash stands in strings alone; keepalived escapes it.
    line.unwrap_or_default().replace('/', "\\/") + "\n"
}

fn instance<'a>(seen: &Seen, one: One<'a>) -> Instance<'a> {
    Instance {
        data: data(seen, one),
        stats: stats(&one.service.counters),
    }
}

fn data<'a>(seen: &Seen, one: One<'a>) -> Data<'a> {
    let (settings, service) = (one.settings(), &one.planned.service);
    let announcements = &settings.announcements;
    let own = one.service.virtual_mac.as_ref().map(|own| own.device.as_str());
    let later = if announcements.later_rounds == 0 {
        0
    } else {
        announcements.later_after_nanos
    };
    let entries = |rules: bool| {
        let entries = one
            .told
            .routing
            .iter()
            .filter(move |entry| (entry.kind == "rule") == rules);
        entries.map(|entry| entry.entry.as_str()).collect()
    };
    Data {
        iname: &one.planned.name,
        dont_track_primary: (!service.track_primary).into(),
        // The list is always compared, and never a reason to discard.
        skip_check_adv_addr: 0,
        strict_mode: (settings.profile == Profile::Rfc).into(),
        vmac_ifname: own.unwrap_or(""),
        ifp_ifname: own.or(one.service.interface.as_deref()).unwrap_or(""),
        master_priority: one.master().map_or(0, |(_, priority)| priority),
        last_transition: since_1970(one.service.since),
        garp_delay: Number::seconds(later),
        garp_refresh: Number::seconds(announcements.refresh_every_nanos),
        garp_rep: announcements.at_once,
        garp_refresh_rep: announcements.refresh_repeat,
        garp_lower_prio_delay: Number::seconds(announcements.rival_again_nanos),
        garp_lower_prio_rep: announcements.rival_repeat,
        lower_prio_no_advert: (!settings.answer_lower).into(),
        higher_prio_send_advert: settings.advert_before_yield.into(),
        vrid: settings.vrid.get(),
        base_priority: one.service.base_priority,
        effective_priority: one.service.priority,
        vipset: one.is_master(),
        promote_secondaries: false,
        adver_int: Number::seconds(settings.interval.nanos()),
        master_adver_int: Number::seconds(one.master_interval_cs() * 10_000_000),
        accept: settings.accept.into(),
        nopreempt: !settings.preempt,
        preempt_delay: Number::seconds(settings.preempt_delay_nanos),
        state: one.state(),
        // What it would be is nothing that it has beside what it is.
        wantstate: if one.is_master() { 2 } else { 1 },
        version: settings.version.number(),
        smtp_alert: one.planned.hooks.mail,
        notify_deleted: one.planned.hooks.tells_deleted,
        vips: one.addresses(true),
        evips: one.addresses(false),
        vroutes: entries(false),
        vrules: entries(true),
        track_ifp: one.interfaces(),
        track_script: seen.commands(one),
        track_process: one.processes(),
        auth_type: match settings.authentication {
            Authentication::None => 0,
            Authentication::Password(_) => 1,
        },
    }
}

fn since_1970(time: SystemTime) -> f64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // keepalived tells microseconds.
    (since.as_secs_f64() * 1e6).round() / 1e6
}

fn stats(counters: &Counters) -> Stats {
    let rejected = |reason| counters.rejected.get(reason);
    Stats {
        advert_rcvd: counters.advertisement_rcvd,
        advert_sent: counters.advertisement_sent,
        become_master: counters.master_transitions,
        release_master: counters.yielded,
        packet_len_err: counters.packet_length_errors(),
        advert_interval_err: counters.interval_errors(),
        ip_ttl_err: counters.ip_ttl_errors(),
        invalid_type_rcvd: counters.invalid_type_pkts_rcvd(),
        addr_list_err: counters.address_list_errors(),
        invalid_authtype: rejected(Reject::AuthTypeUnknown),
        authtype_mismatch: rejected(Reject::AuthTypeMismatch),
        auth_failure: rejected(Reject::AuthFailed),
        auth_ext_missing: rejected(Reject::HmacMissing),
        auth_ext_malformed: rejected(Reject::HmacMalformed),
        auth_ext_unknown_key: rejected(Reject::HmacUnknownKey),
        auth_ext_invalid_hmac: rejected(Reject::HmacMismatch),
        auth_ext_stale: rejected(Reject::HmacStale),
        auth_ext_replay: rejected(Reject::HmacReplay),
        pri_zero_rcvd: counters.priority_zero_pkts_rcvd,
        pri_zero_sent: counters.priority_zero_pkts_sent,
    }
}

fn process<'a>(seen: &'a Seen, track: &'a ProcessTrack) -> Process<'a> {
    let told = seen.status.processes.iter().find(|told| told.name == track.name);
    let waits = told.is_some_and(|told| told.changes_in_ms.is_some());
    let enough = told.is_some_and(|told| told.count >= track.at_least);
    let seconds =
        |time: std::time::Duration| Number::seconds(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let weight = seen.plan.instances.iter().find_map(|instance| {
        let object = Tracked::Process(track.name.clone());
        let tracker = instance.following(&object).next()?;
        match instance
            .service
            .settings
            .trackers
            .get(usize::from(tracker.0))?
            .weight
        {
            vrrp_core::Weight::Gate { .. } => Some(0),
            vrrp_core::Weight::Adjust { value, .. } => Some(i32::from(value)),
        }
    });
    Process {
        process: &track.name,
        param_match: match track.command_line {
            None | Some(CommandLine::Program) => "none",
            Some(CommandLine::Exact) => "exact",
            Some(CommandLine::Partial) => "partial",
            Some(CommandLine::Initial) => "initial",
        },
        min_processes: track.at_least,
        max_processes: track.at_most,
        current_processes: told.map_or(0, |told| told.count),
        have_quorum: enough && told.is_some_and(|told| track.at_most.is_none_or(|most| told.count <= most)),
        weight: weight.unwrap_or(0),
        terminate_delay: seconds(track.terminate_delay),
        fork_delay: seconds(track.fork_delay),
        fork_delay_timer_running: waits && enough,
        terminate_delay_timer_running: waits && !enough,
        full_command: track.command_line.is_some(),
    }
}
