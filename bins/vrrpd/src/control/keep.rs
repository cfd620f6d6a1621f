//! A control socket that somebody has deleted is made again: without it nobody could ask why anything is as it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::time::sleep;
use tracing::{info, warn};

use super::socket::Found;
use super::{Answers, Serves, Socket, serve};

/// As often as the driver compares the kernel with what it knows.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Serves for ever; the socket's file goes with this task.
pub(crate) async fn keep(mut socket: Socket, listener: UnixListener, answers: Arc<impl Answers>) {
    let mut serving = tokio::spawn(serve(listener, Arc::clone(&answers), Serves::Everything));
    let mut told = false;
    loop {
        sleep(LOOK_EVERY).await;
        match socket.look() {
            Found::Ours => told = false,
            Found::MadeAgain(listener) => {
                match UnixListener::from_std(listener) {
                    Ok(listener) => {
                        info!("the control socket had been deleted; it was made again");
                        serving.abort();
                        serving = tokio::spawn(serve(listener, Arc::clone(&answers), Serves::Everything));
                    }
                    Err(error) => warn!("the control socket was made again and cannot be watched: {error}"),
                }
                told = false;
            }
            Found::Lost(why) => {
                if !told {
                    warn!(
                        "the control socket has gone and cannot be made again: {why}; tried again every {} s",
                        LOOK_EVERY.as_secs()
                    );
                }
                told = true;
            }
        }
    }
}
