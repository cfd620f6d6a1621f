//! The answer to `vrrpctl status`, put together from those who know.

mod checks;
mod groups;
mod instances;
mod routing;
mod tracks;

pub(crate) use checks::run;
pub(crate) use instances::hook;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use tokio::sync::oneshot;
use vrrp_control::{Answer, Ask, Daemon, LoopLag, Problem, ProblemKind, Since, Status};
use vrrp_core::Rejects;
use vrrp_notices::Kind;
use vrrp_plan::Instance as Planned;

use crate::arguments::both;
use crate::control::{Answers, Peer, Permits};
use crate::journal::Following;
use crate::modes;
use crate::node::{Node, lock, ms, unix_ms};
use crate::notices;
use crate::record;
use crate::run::Asked;
use crate::servers;
use crate::steer::{self, maintenance, priority, switchover};

impl Answers for Node {
    fn admits(&self, peer: Peer) -> bool {
        lock(&self.pushes).admits(peer)
    }

    fn follow(&self, since: Since, peer: Peer) -> Result<Following, Answer> {
        self.journal.follow(since, peer)
    }

    fn permits(&self) -> &Permits {
        &self.permits
    }

    async fn answer(&self, ask: Ask, peer: Peer) -> Answer {
        if let Some(problem) = self.permits.refusal(&ask, peer) {
            return Answer::Error(problem);
        }
        match ask {
            Ask::Hello => Answer::Hello {
                program: env!("CARGO_PKG_NAME").to_owned(),
                program_version: env!("CARGO_PKG_VERSION").to_owned(),
                pid: std::process::id(),
            },
            Ask::Status => now(self).await,
            Ask::Push { check, result, text } => lock(&self.pushes).say(peer, &check, result, &text),
            Ask::Events(since) => Answer::Events(self.journal.since(&since)),
            Ask::CheckMode { check, mode } => modes::say(self, peer, &check, mode),
            Ask::Switchover {
                instance,
                undo,
                drain,
            } => {
                let instance = instance.as_deref();
                let wanted = switchover::Wanted {
                    instance,
                    undo,
                    drain,
                };
                switchover::ask(self, peer, wanted).await
            }
            Ask::Maintenance { on } => maintenance::ask(self, peer, on).await,
            Ask::Priority {
                instance,
                shift,
                for_ms,
            } => priority::ask(self, peer, &instance, shift, for_ms).await,
            Ask::Reload => reload(self, peer).await,
            Ask::Record(wanted) => record::ask(self, peer, wanted).await,
            Ask::Servers { only } => self.servers.answer(&self.plan(), only.as_deref()).await,
            Ask::Server {
                server,
                virtual_server,
                order,
            } => servers::ask(self, peer, &server, virtual_server.as_deref(), order),
            _ => Answer::Error(Problem {
                kind: ProblemKind::UnknownRequest,
                message: "this daemon does not know the request".to_owned(),
            }),
        }
    }
}

/// All that there is to know, or why the router loop does not say.
pub(crate) async fn now(node: &Node) -> Answer {
    match steer::router_status(node).await {
        Ok(driver) => Answer::Status(Box::new(status(node, &driver))),
        Err(problem) => Answer::Error(problem),
    }
}

/// When it is over; the log has the same.
async fn reload(node: &Node, peer: Peer) -> Answer {
    let (reply, outcome) = oneshot::channel();
    let why = format!("reload, as user {} asked", peer.uid);
    // Gone: as where it is dropped.
    let _gone = node.reloads.send(Asked { why, reply });
    match outcome.await {
        Ok(outcome) => Answer::Reload(outcome),
        Err(_dropped) => unavailable("vrrpd is stopping; not reloaded".to_owned()),
    }
}

fn unavailable(message: String) -> Answer {
    Answer::Error(Problem {
        kind: ProblemKind::Unavailable,
        message,
    })
}

/// What the driver knows, with what everybody else does.
pub(crate) fn status(node: &Node, driver: &vrrp_net::Status) -> Status {
    let plan = node.plan();
    // With a thousand instances, looking each one up in a list takes longer than all the rest.
    let planned: HashMap<&str, &Planned> = plan
        .instances
        .iter()
        .map(|one| (one.name.as_str(), one))
        .collect();
    let hooks = lock(&node.notifier);
    let tracks = lock(&node.tracks);
    let said = lock(&node.steer.said);
    let instances = driver.services.iter();
    Status {
        daemon: Daemon {
            maintenance: said.maintenance(),
            ..daemon(node, driver)
        },
        instances: instances
            .map(|service| {
                let hooks = hooks.status(&service.name);
                let notices = notices::status(&node.notices, Kind::Instance, &service.name);
                let planned = planned.get(service.name.as_str()).copied();
                let instance = instances::instance(service, driver.at_nanos, planned, hooks);
                let instance = said.show(&plan, service, instance);
                vrrp_control::Instance { notices, ..instance }
            })
            .collect(),
        groups: driver
            .groups
            .iter()
            .map(|group| {
                let notices = notices::status(&node.notices, Kind::Group, &group.name);
                groups::group(group, hooks.group_status(&group.name), notices)
            })
            .collect(),
        statics: routing::statics(&driver.statics),
        checks: checks::checks(&plan, &lock(&node.runner), &lock(&node.modes), SystemTime::now()),
        files: tracks::files(&plan, &tracks),
        processes: tracks::processes(&plan, &tracks),
        fifos: hooks.fifos(),
        journal: Some(node.journal.status()),
        recording: node.recordings.show(),
        notice_targets: notices::targets(&node.notices),
        balancing: node.servers.in_short(lock(&node.state).left_out),
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
        config_file: both(&node.paths),
        keepalived_conf: node.paths.0.clone(),
        ldirectord_cf: node.paths.1.clone(),
        config_loaded_unix_ms: unix_ms(state.loaded_wall),
        last_reload: state.last_reload,
        stopping: state.stopping,
        maintenance: None,
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
        events_lost: node.events_lost.load(Ordering::Relaxed),
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
