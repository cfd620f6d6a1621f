//! A daemon under a supervisor, and the death of its router.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{LIMIT, Node};

/// The child of the supervisor; another one than `before`.
pub(crate) fn router(node: &Node, before: Option<Pid>) -> Pid {
    let path = format!("/proc/{0}/task/{0}/children", node.pid());
    let end = Instant::now() + LIMIT;
    loop {
        let children = std::fs::read_to_string(&path).unwrap_or_default();
        let child = children
            .split_whitespace()
            .next()
            .and_then(|text| text.parse().ok());
        match child.map(Pid::from_raw) {
            Some(child) if Some(child) != before => return child,
            _ => assert!(Instant::now() < end, "no child; log:\n{}", node.log()),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Kills the router, and waits until the next one answers.
pub(crate) fn kill_router(node: &Node) {
    kill_router_by(node, Signal::SIGKILL);
}

pub(crate) fn kill_router_by(node: &Node, signal: Signal) {
    let before = router(node, None);
    kill(before, signal).unwrap();
    let next = router(node, Some(before)).as_raw();
    node.until("the next process answers", |status| {
        i32::try_from(status.daemon.pid) == Ok(next)
    });
}
