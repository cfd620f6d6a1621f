//! The daemon as a whole.

use vrrp_core::wire::Reject;

use super::{Each, Facts, Family, Value, seconds_of_ms, seconds_of_ns};

type Daemon = vrrp_control::Daemon;

/// One number of the daemon, where it is known.
fn one(facts: &Facts<'_>, each: Each<'_>, of: impl FnOnce(&Daemon) -> Value) {
    if let Some(status) = facts.status {
        each(&[], of(&status.daemon));
    }
}

/// Packets discarded for a reason, by its id.
fn rejected(facts: &Facts<'_>, each: Each<'_>, reason: Reject) {
    one(facts, each, |daemon| {
        daemon.rejected.get(reason.id()).copied().unwrap_or(0).into()
    });
}

pub(super) const FAMILIES: &[Family] = &[
    Family::info("vrrpd_build", &["version"], "The program.", |_, each| {
        each(&[env!("CARGO_PKG_VERSION")], 1_u64.into());
    }),
    Family::gauge(
        "vrrpd_loop_answering",
        &[],
        "1 while the router loop answers; where it does not, nothing else is known than what is said here.",
        |facts, each| each(&[], facts.status.is_some().into()),
    ),
    Family::gauge(
        "vrrpd_loop_answer",
        &[],
        "How long the router loop took to answer for what is said here.",
        |facts, each| each(&[], facts.look.took.as_secs_f64().into()),
    )
    .in_seconds(),
    Family::gauge(
        "vrrpd_loop_lag",
        &[],
        "How late the router loop woke for its last deadline.",
        |facts, each| one(facts, each, |daemon| seconds_of_ns(daemon.router_loop.last_ns)),
    )
    .in_seconds(),
    Family::gauge(
        "vrrpd_loop_lag_max",
        &[],
        "How late it was at worst since the start.",
        |facts, each| one(facts, each, |daemon| seconds_of_ns(daemon.router_loop.max_ns)),
    )
    .in_seconds(),
    Family::counter(
        "vrrpd_loop_wakeups",
        &[],
        "Deadlines that the router loop woke for.",
        |facts, each| one(facts, each, |daemon| daemon.router_loop.wakeups.into()),
    ),
    Family::gauge(
        "vrrpd_packet_wait",
        &[],
        "How long the last packet of protocol 112 waited between the card and the loop.",
        |facts, each| {
            one(facts, each, |daemon| {
                seconds_of_ns(daemon.router_loop.packet_wait_last_ns)
            })
        },
    )
    .in_seconds(),
    Family::gauge(
        "vrrpd_packet_wait_max",
        &[],
        "How long the worst one did since the start.",
        |facts, each| {
            one(facts, each, |daemon| {
                seconds_of_ns(daemon.router_loop.packet_wait_max_ns)
            })
        },
    )
    .in_seconds(),
    Family::gauge(
        "vrrpd_start_timestamp",
        &[],
        "When the daemon was started, since 1970.",
        |facts, each| one(facts, each, |daemon| seconds_of_ms(daemon.started_unix_ms)),
    )
    .in_seconds(),
    Family::gauge(
        "vrrpd_config_loaded_timestamp",
        &[],
        "When the configuration in force was read, since 1970.",
        |facts, each| one(facts, each, |daemon| seconds_of_ms(daemon.config_loaded_unix_ms)),
    )
    .in_seconds(),
    Family::gauge(
        "vrrpd_config_in_force",
        &[],
        "1 while the last reload, if there was one, was applied; 0 after one that was refused.",
        |facts, each| {
            one(facts, each, |daemon| {
                daemon
                    .last_reload
                    .as_ref()
                    .is_none_or(|reload| reload.applied)
                    .into()
            });
        },
    ),
    Family::gauge(
        "vrrpd_config_warnings",
        &[],
        "What the daemon warned of when it read the configuration in force.",
        |facts, each| one(facts, each, |daemon| daemon.warnings.len().into()),
    ),
    Family::gauge(
        "vrrpd_instances_not_started",
        &[],
        "Instances of the file that do not run.",
        |facts, each| one(facts, each, |daemon| daemon.not_started.len().into()),
    ),
    Family::gauge(
        "vrrpd_stopping",
        &[],
        "1 while a planned stop is under way.",
        |facts, each| one(facts, each, |daemon| daemon.stopping.into()),
    ),
    Family::counter(
        "vrrpd_checksum_errors",
        &[],
        "checksum-errors of RFC 8347: packets with a wrong checksum.",
        |facts, each| rejected(facts, each, Reject::Checksum),
    ),
    Family::counter(
        "vrrpd_version_errors",
        &[],
        "version-errors of RFC 8347: packets of a version that their router does not run.",
        |facts, each| rejected(facts, each, Reject::Version),
    ),
    Family::counter(
        "vrrpd_vrid_errors",
        &[],
        "vrid-errors of RFC 8347: packets for virtual routers that are not configured here.",
        |facts, each| rejected(facts, each, Reject::VridUnknown),
    ),
    Family::counter(
        "vrrpd_ip_ttl_errors",
        &[],
        "ip-ttl-errors of RFC 8347: packets whose TTL or Hop Limit is not 255.",
        |facts, each| rejected(facts, each, Reject::IpTtl),
    ),
    Family::counter(
        "vrrpd_rejected_packets",
        &["reason"],
        "Packets of protocol 112 that were discarded, by reason, over all routers and those that named none.",
        |facts, each| {
            let Some(status) = facts.status else {
                return;
            };
            for reason in Reject::ALL {
                let count = status.daemon.rejected.get(reason.id()).copied().unwrap_or(0);
                each(&[reason.id()], count.into());
            }
        },
    ),
    Family::counter(
        "vrrpd_netlink_overruns",
        &[],
        "Times that the kernel's events were lost, and everything was read anew.",
        |facts, each| one(facts, each, |daemon| daemon.netlink_overruns.into()),
    ),
    Family::counter(
        "vrrpd_events_lost",
        &[],
        "Events of the router loop that nobody took in time; scripts were told the states afterwards.",
        |facts, each| one(facts, each, |daemon| daemon.events_lost.into()),
    ),
    Family::counter(
        "vrrpd_log_lines_dropped",
        &[],
        "Lines of the log that were dropped: its reader was too slow, or gone, or the disk full.",
        |facts, each| one(facts, each, |daemon| daemon.log_lines_dropped.into()),
    ),
    Family::counter(
        "vrrpd_events_file_dropped_lines",
        &[],
        "Lines of --events-file that were lost: the disk was full, or too slow.",
        |facts, each| {
            let file = facts
                .status
                .and_then(|status| status.journal.as_ref()?.file.as_ref());
            if let Some(file) = file {
                each(&[], file.dropped.into());
            }
        },
    ),
    Family::counter(
        "vrrpd_recording_dropped_lines",
        &[],
        "Lines of the recording that were lost: the disk was full, or too slow, or its limit is reached.",
        |facts, each| {
            if let Some(recording) = facts.status.and_then(|status| status.recording.as_ref()) {
                each(&[], recording.dropped.into());
            }
        },
    ),
    Family::counter(
        "vrrpd_listener_refused_connections",
        &[],
        "Connections to this listener that were closed at once: too many were open.",
        |facts, each| each(&[], facts.refused.into()),
    ),
];
