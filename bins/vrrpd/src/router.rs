//! The thread of the router loop. Nothing else runs on it.

use std::io;

use tokio::sync::oneshot;
use vrrp_net::Driver;

use crate::{privileges, sys};

/// What the thread is called.
pub(crate) const THREAD: &str = "router";

/// How the router loop ended; an error where it broke down.
pub(crate) type Ended = oneshot::Receiver<Result<(), String>>;

/// How the thread is scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scheduling {
    /// SCHED_FIFO at this priority.
    pub(crate) realtime: Option<u8>,
    /// Nice value; without effect under real-time scheduling.
    pub(crate) nice: Option<i8>,
}

/// Starts the loop on a thread of its own. The answer also says which real-time priority was granted.
pub(crate) fn spawn(driver: Driver, scheduling: Scheduling) -> io::Result<(Ended, Option<u8>)> {
    let (ended, end) = oneshot::channel();
    let (granted, grant) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name(THREAD.to_owned())
        .spawn(move || {
            // The starter may have gone; the loop goes on regardless.
            let _ = granted.send(schedule(scheduling));
            if let Err(error) = privileges::keep_what_the_loop_needs() {
                tracing::warn!("the router loop keeps permissions that it does not need: {error}");
            }
            let result = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .build()
                .map_err(|error| format!("its runtime: {error}"))
                .and_then(|runtime| runtime.block_on(driver.run()).map_err(|error| error.to_string()));
            let _ = ended.send(result);
        })?;
    Ok((end, grant.recv().ok().flatten()))
}

/// Schedules the calling thread; what is refused is a warning that names the permission.
fn schedule(scheduling: Scheduling) -> Option<u8> {
    // PRIO_PROCESS of "0" is the calling thread in Linux.
    if let Some(nice) = scheduling.nice
        && let Err(error) = rustix::process::setpriority_process(None, i32::from(nice))
    {
        tracing::warn!(
            "nice value {nice} was refused ({error}): CAP_SYS_NICE or LimitNICE={nice} in the systemd unit is needed. The router loop runs at the ordinary one"
        );
    }
    // Among threads of ordinary priority: checks on the other thread, and whatever else the machine does.
    if let Err(error) = sys::shortest_slice() {
        tracing::debug!("the router loop has the ordinary time slice: {error}");
    }
    let priority = scheduling.realtime?;
    match sys::realtime(priority) {
        Ok(()) => Some(priority),
        Err(error) => {
            tracing::warn!(
                "real-time priority {priority} was refused ({error}): CAP_SYS_NICE or LimitRTPRIO={priority} in the systemd unit is needed. \
                 The router loop runs at ordinary priority; advertisements may leave some milliseconds late on a busy machine"
            );
            None
        }
    }
}
