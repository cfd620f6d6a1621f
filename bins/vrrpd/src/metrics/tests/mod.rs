//! The listener over a status that is made up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod hostile;
mod told;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use vrrp_control::servers::Servers;
use vrrp_control::{Answer, Problem, ProblemKind, Status};

use super::look::Knows;

/// Knows what it was told.
#[derive(Debug)]
struct Mock {
    answer: Answer,
    servers: Option<Servers>,
    after: Duration,
    asked: AtomicU32,
}

impl Mock {
    fn new(answer: Answer) -> Self {
        Self {
            answer,
            servers: None,
            after: Duration::ZERO,
            asked: AtomicU32::new(0),
        }
    }
}

impl Knows for Mock {
    async fn status(&self) -> Answer {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(self.after).await;
        self.answer.clone()
    }

    async fn servers(&self) -> Option<Servers> {
        self.servers.clone()
    }
}

fn silent() -> Answer {
    Answer::Error(Problem {
        kind: ProblemKind::Unavailable,
        message: "the router loop gave no answer within 2 s".to_owned(),
    })
}

/// A daemon without instances, changed by `change`.
fn status(change: impl FnOnce(&mut Value)) -> Status {
    let mut status = json!({
        "daemon": {
            "program_version": "0", "pid": 1, "router_id": "lb01", "started_unix_ms": 1_500, "uptime_ms": 2,
            "config_file": "x", "config_loaded_unix_ms": 3, "stopping": false,
            "router_loop": { "wakeups": 9, "last_ns": 1_000_000, "max_ns": 70_000, "max_ago_ms": 12 },
            "rejected": { "checksum": 4 }, "netlink_overruns": 0, "log_lines_dropped": 0, "warnings": [],
            "not_started": []
        },
        "instances": [], "checks": []
    });
    change(&mut status);
    serde_json::from_value(status).unwrap()
}

fn answer(change: impl FnOnce(&mut Value)) -> Answer {
    Answer::Status(Box::new(status(change)))
}
