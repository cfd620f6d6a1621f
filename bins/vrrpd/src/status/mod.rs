//! The answer to `vrrpctl status`, put together from those who know.

mod checks;
mod groups;
mod instances;
mod routing;
mod tracks;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tokio::time::timeout;
use vrrp_control::{Answer, Ask, Daemon, LoopLag, Problem, ProblemKind, Status};
use vrrp_core::Rejects;

use crate::control::Answers;
use crate::node::{Node, lock, ms, unix_ms};

/// The router loop answers between two advertisements; longer than this, and it is stuck.
const LOOP_ANSWERS_WITHIN: Duration = Duration::from_secs(2);

impl Answers for Node {
    async fn answer(&self, ask: Ask) -> Answer {
        match ask {
            Ask::Hello => Answer::Hello {
                program: env!("CARGO_PKG_NAME").to_owned(),
                program_version: env!("CARGO_PKG_VERSION").to_owned(),
                pid: std::process::id(),
            },
            Ask::Status => match timeout(LOOP_ANSWERS_WITHIN, self.handle.status()).await {
                Ok(Ok(driver)) => Answer::Status(Box::new(status(self, &driver))),
                Ok(Err(gone)) => unavailable(format!("{gone}; vrrpd is stopping")),
                Err(_late) => unavailable(format!(
                    "the router loop gave no answer within {} s",
                    LOOP_ANSWERS_WITHIN.as_secs()
                )),
            },
            _ => Answer::Error(Problem {
                kind: ProblemKind::UnknownRequest,
                message: "this daemon does not know the request".to_owned(),
            }),
        }
    }
}

fn unavailable(message: String) -> Answer {
    Answer::Error(Problem {
        kind: ProblemKind::Unavailable,
        message,
    })
}

fn status(node: &Node, driver: &vrrp_net::Status) -> Status {
    let plan = node.plan();
    let hooks = lock(&node.notifier);
    let tracks = lock(&node.tracks);
    let instances = driver.services.iter();
    Status {
        daemon: daemon(node, driver),
        instances: instances
            .map(|service| instances::instance(service, driver.at_nanos, &plan, hooks.status(&service.name)))
            .collect(),
        groups: driver
            .groups
            .iter()
            .map(|group| groups::group(group, hooks.group_status(&group.name)))
            .collect(),
        statics: routing::statics(&driver.statics),
        checks: checks::checks(&plan, &lock(&node.runner), SystemTime::now()),
        files: tracks::files(&plan, &tracks),
        processes: tracks::processes(&plan, &tracks),
    }
}

fn daemon(node: &Node, driver: &vrrp_net::Status) -> Daemon {
    let state = lock(&node.state).clone();
    let lag = driver.loop_lag;
    Daemon {
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        router_id: state.plan.node.router_id.clone(),
        net_namespace: node.net_namespace.clone(),
        started_unix_ms: unix_ms(node.began.1),
        uptime_ms: ms(node.began.0.elapsed()),
        config_file: node.config_file.clone(),
        config_loaded_unix_ms: unix_ms(state.loaded_wall),
        last_reload: state.last_reload,
        stopping: state.stopping,
        realtime_priority: node.realtime_priority,
        router_loop: LoopLag {
            wakeups: lag.wakes,
            last_ns: lag.last_nanos,
            max_ns: lag.max_nanos,
            max_ago_ms: driver.at_nanos.saturating_sub(lag.max_at_nanos) / 1_000_000,
            packet_wait_last_ns: driver.packet_wait.last_nanos,
            packet_wait_max_ns: driver.packet_wait.max_nanos,
        },
        rejected: rejected(&driver.rejected),
        netlink_overruns: driver.overruns,
        log_lines_dropped: node.log.dropped(),
        warnings: state.warnings,
        not_started: state.not_started,
    }
}

/// Reasons that occurred.
fn rejected(rejects: &Rejects) -> BTreeMap<String, u64> {
    let counted = rejects.iter().filter(|(_, count)| *count > 0);
    counted
        .map(|(reject, count)| (reject.id().to_owned(), count))
        .collect()
}
