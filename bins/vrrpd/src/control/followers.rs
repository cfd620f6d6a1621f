//! Clients that follow the events: each is written to as it reads, and let go where it does not.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use vrrp_control::Reply;

use crate::journal::Following;

/// A client that takes nothing for so long is let go; what it has not read until then waits in the ring of all, or is
/// missing and told so.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves until the client goes, does not read, or nothing comes any more.
pub(super) async fn serve(stream: UnixStream, mut following: Following) {
    if let Err(error) = write(stream, &mut following).await
        && error.kind() == io::ErrorKind::TimedOut
    {
        following.let_go(PATIENCE);
    }
}

async fn write(mut stream: UnixStream, following: &mut Following) -> io::Result<()> {
    let (mut read, mut write) = stream.split();
    let first = Reply::new(following.begin())
        .to_line()
        .map_err(io::Error::other)?;
    timeout(PATIENCE, write.write_all(first.as_bytes())).await??;
    let mut ignored = [0; 256];
    loop {
        let lines = following.lines();
        if !lines.is_empty() {
            timeout(PATIENCE, write.write_all(lines.as_bytes())).await??;
            continue;
        }
        tokio::select! {
            more = following.more() => if !more {
                return Ok(());
            },
            // What it says is not heard; that it goes is.
            octets = read.read(&mut ignored) => if octets? == 0 {
                return Ok(());
            },
        }
    }
}
