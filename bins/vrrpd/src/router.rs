//! The thread of the router loop. Nothing else runs on it.

use std::io;

use tokio::sync::oneshot;
use vrrp_net::Driver;

use crate::sys;

/// How the router loop ended; an error where it broke down.
pub(crate) type Ended = oneshot::Receiver<Result<(), String>>;

/// Starts the loop on a thread of its own, under SCHED_FIFO where `realtime` asks for it.
pub(crate) fn spawn(driver: Driver, realtime: Option<u8>) -> io::Result<(Ended, Option<u8>)> {
    let (ended, end) = oneshot::channel();
    let (scheduled, schedule) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name("router".to_owned())
        .spawn(move || {
            // The starter may have gone; the loop goes on regardless.
            let _ = scheduled.send(realtime.filter(|priority| scheduled_at(*priority)));
            let result = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .build()
                .map_err(|error| format!("its runtime: {error}"))
                .and_then(|runtime| runtime.block_on(driver.run()).map_err(|error| error.to_string()));
            let _ = ended.send(result);
        })?;
    Ok((end, schedule.recv().ok().flatten()))
}

fn scheduled_at(priority: u8) -> bool {
    match sys::realtime(priority) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(
                "real-time priority {priority} was refused ({error}): CAP_SYS_NICE or LimitRTPRIO={priority} in the systemd unit is needed. \
                 The router loop runs at ordinary priority; advertisements may leave some milliseconds late on a busy machine"
            );
            false
        }
    }
}
