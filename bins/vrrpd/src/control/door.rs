//! A socket at which applications say how they are: open to all who can reach it, and nothing is told there. It is there
//! while a check names somebody who may.

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::Mode;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::warn;

use super::server::{Answers, Serves, serve};
use super::socket::{Identity, bind, identity};

/// Whoever speaks is asked of the kernel.
const MODE: Mode = Mode::from_raw_mode(0o666);
/// As often as the control socket is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Removes its file in the end.
struct Door {
    path: PathBuf,
    file: Identity,
}

impl Door {
    /// The lock of the control socket beside it makes sure that it is no other daemon's.
    fn open(path: &Path) -> io::Result<(Self, UnixListener)> {
        match std::fs::symlink_metadata(path) {
            Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path)?,
            Ok(_) => return Err(io::Error::other("it is there, and is not a socket")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = bind(path, MODE)?;
        listener.set_nonblocking(true)?;
        let door = Self {
            path: path.to_owned(),
            file: identity(path)?,
        };
        Ok((door, UnixListener::from_std(listener)?))
    }

    fn is_there(&self) -> bool {
        identity(&self.path).is_ok_and(|file| file == self.file)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if self.is_there() {
            // What cannot be removed is taken over by the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Serves for ever, while `wanted`.
pub(crate) async fn keep_door(path: PathBuf, mut wanted: watch::Receiver<bool>, answers: Arc<impl Answers>) {
    let mut told = false;
    while wanted.wait_for(|wanted| *wanted).await.is_ok() {
        match Door::open(&path) {
            Ok((door, listener)) => {
                told = false;
                let serving = tokio::spawn(serve(listener, Arc::clone(&answers), Serves::Words));
                while door.is_there() {
                    tokio::select! {
                        closed = wanted.wait_for(|wanted| !*wanted) => {
                            drop(closed);
                            break;
                        }
                        () = sleep(LOOK_EVERY) => {}
                    }
                }
                serving.abort();
            }
            Err(error) => {
                if !told {
                    warn!(
                        "{}: applications other than root's cannot say how they are: {error}; tried again every {} s",
                        path.display(),
                        LOOK_EVERY.as_secs()
                    );
                }
                told = true;
                sleep(LOOK_EVERY).await;
            }
        }
    }
}
