//! Taking the place where the listener is.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use socket2::{Domain, Socket, Type};

use super::Place;
use crate::control;

/// More wait in the kernel than are ever served at once.
const BACKLOG: i32 = 128;
/// Owner and group, as with the control socket: it says as much.
const MODE: Mode = Mode::from_raw_mode(0o660);

/// One place that is ours, and its socket; non-blocking.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) place: Place,
    pub(super) socket: Bound,
    pub(super) file: Option<Gone>,
}

/// Its socket.
#[derive(Debug)]
pub(super) enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// Removes the socket's file in the end, where it is still this one.
#[derive(Debug)]
pub(crate) struct Gone {
    path: PathBuf,
    file: control::Identity,
}

impl Drop for Gone {
    fn drop(&mut self) {
        if control::identity(&self.path).is_ok_and(|file| file == self.file) {
            // What cannot be removed is recognised as stale by the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

pub(super) fn bind(place: &Place) -> Result<Listener, String> {
    let (socket, file) = match place {
        Place::Tcp(address) => (Bound::Tcp(tcp(*address).map_err(|error| words(&error))?), None),
        Place::Unix(path) => {
            let (socket, file) = unix(path)?;
            (Bound::Unix(socket), Some(file))
        }
    };
    Ok(Listener {
        place: place.clone(),
        socket,
        file,
    })
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there; stop it, or choose another port".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            format!("{error}: a port below 1024 needs CAP_NET_BIND_SERVICE, or choose one above")
        }
        _ => error.to_string(),
    }
}

/// Also at an address that this node does not have yet: at boot, or one that moves.
fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    match address {
        SocketAddr::V4(_) => socket.set_freebind_v4(true)?,
        SocketAddr::V6(_) => socket.set_freebind_v6(true)?,
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn unix(path: &Path) -> Result<(UnixListener, Gone), String> {
    let words = |error: io::Error| error.to_string();
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            return Err("it is there, is not a socket, and is left alone".to_owned());
        }
        Ok(_) if UnixStream::connect(path).is_ok() => {
            return Err("another program answers there".to_owned());
        }
        Ok(_) => std::fs::remove_file(path).map_err(words)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(words(error)),
    }
    let listener = control::bind(path, MODE).map_err(words)?;
    listener.set_nonblocking(true).map_err(words)?;
    let gone = Gone {
        path: path.to_owned(),
        file: control::identity(path).map_err(words)?,
    };
    Ok((listener, gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(place: &str) -> String {
        bind(&place.parse().unwrap()).unwrap_err()
    }

    #[test]
    fn a_place_that_is_taken_is_refused_in_words() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let place = format!("127.0.0.1:{}", taken.local_addr().unwrap().port());
        assert!(why(&place).contains("another program listens"));

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.sock");
        std::fs::write(&path, "precious").unwrap();
        assert!(why(path.to_str().unwrap()).contains("not a socket"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn a_stale_socket_is_replaced_and_goes_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let text = path.to_str().unwrap();
        let bound = bind(&text.parse().unwrap()).unwrap();
        assert!(why(text).contains("another program answers"));
        drop(bound);
        assert!(!path.exists());
    }

    /// An address of the documentation, which no machine has.
    #[test]
    fn an_address_that_is_not_here_yet_is_waited_for() {
        bind(&"192.0.2.77:39650".parse().unwrap()).unwrap();
    }
}
