//! The maintenance of a node, put down beside its control socket: in `/run`, where a boot of the machine ends it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tracing::warn;
use vrrp_control::{AskedBy, Maintenance};

use super::put_down::{beside, ours, put_down};
use crate::node::unix_ms;

/// Where it stands; `None` without a control socket.
#[derive(Debug, Clone)]
pub(super) struct Kept(Option<PathBuf>);

impl Kept {
    pub(super) fn beside(control: Option<&Path>) -> Self {
        Self(control.map(|control| beside(control, ".maintenance")))
    }

    /// That there is a file of ours means maintenance; what it says is only who asked.
    pub(super) fn read(&self) -> Option<Maintenance> {
        let path = self.0.as_deref()?;
        let text = match ours(path) {
            Ok(Some(text)) => String::from_utf8_lossy(&text).into_owned(),
            Ok(None) => return None,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                warn!("{error}; this node is not in maintenance");
                return None;
            }
            Err(error) => {
                warn!(
                    "{}: {error}; it is there, so this node is in maintenance",
                    path.display()
                );
                String::new()
            }
        };
        let mut numbers = text.split_whitespace();
        let at_unix_ms = numbers.next().and_then(|number| number.parse().ok());
        let uid = numbers.next().and_then(|number| number.parse().ok());
        Some(Maintenance {
            asked: AskedBy {
                uid: uid.unwrap_or(u32::MAX),
                at_unix_ms: at_unix_ms.unwrap_or_else(|| unix_ms(SystemTime::now())),
            },
            problem: None,
        })
    }

    /// Puts it down; a crash in between leaves all of it or nothing.
    pub(super) fn write(&self, asked: AskedBy) -> io::Result<()> {
        let Some(path) = &self.0 else {
            return Err(io::Error::other(
                "there is no control socket to put it down beside",
            ));
        };
        put_down(path, &format!("{} {}", asked.at_unix_ms, asked.uid))
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        let Some(path) = &self.0 else {
            return Ok(());
        };
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io::Error::new(
                error.kind(),
                format!("{}: {error}", path.display()),
            )),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_down_is_read_again_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::beside(Some(&folder.path().join("control.sock")));
        assert_eq!(kept.read(), None);
        let asked = AskedBy {
            uid: 1000,
            at_unix_ms: 1_700_000_000_000,
        };
        kept.write(asked).unwrap();
        assert_eq!(kept.read().map(|read| read.asked), Some(asked));
        kept.remove().unwrap();
        kept.remove().unwrap();
        assert_eq!(kept.read(), None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// In doubt the node stays out of service, as somebody has asked.
    #[test]
    fn a_file_that_says_nothing_is_maintenance_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::beside(Some(&folder.path().join("control.sock")));
        std::fs::write(folder.path().join("control.sock.maintenance"), b"\xff\xfe").unwrap();
        assert_eq!(kept.read().map(|read| read.asked.uid), Some(u32::MAX));
    }

    #[test]
    fn without_a_place_it_cannot_be_kept_and_a_missing_folder_is_said() {
        let nowhere = Kept::beside(None);
        assert_eq!(nowhere.read(), None);
        assert!(
            nowhere
                .write(AskedBy {
                    uid: 0,
                    at_unix_ms: 0
                })
                .is_err()
        );
        nowhere.remove().unwrap();
        let gone = Kept::beside(Some(Path::new("/nonexistent/control.sock")));
        assert!(
            gone.write(AskedBy {
                uid: 0,
                at_unix_ms: 0
            })
            .is_err()
        );
    }
}
