//! Small files beside the control socket: what the next process of this daemon has to know.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;
use rustix::process::geteuid;

/// What one of them may have at most; ours have some kilobytes.
const OCTETS_MAX: u64 = 4 << 20;

/// A file whose name begins as that of the control socket does.
pub(crate) fn beside(control: &Path, ending: &str) -> PathBuf {
    let mut name = control.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// One line in the place of what was there. All of it or nothing.
pub(crate) fn put_down(path: &Path, line: &str) -> io::Result<()> {
    let new = beside(path, ".new");
    // Another daemon's it is not: the socket's lock is held.
    let _absent = std::fs::remove_file(&new);
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&new)?;
    writeln!(file, "{line}")?;
    drop(file);
    std::fs::rename(&new, path)
}

/// What was put down; `None` where nothing is.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`], with the path and the reason, where it is not what [`put_down`] makes: with the socket in a
/// folder where others may make files, anybody could steer this daemon, or keep it waiting at a pipe.
pub(crate) fn ours(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let foreign = |why: String| {
        let text = format!(
            "{}: {why}: it is not believed, and is to be removed",
            path.display()
        );
        io::Error::new(io::ErrorKind::PermissionDenied, text)
    };
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP) => return Err(foreign("it is a symbolic link".to_owned())),
        Err(error) => return Err(error.into()),
    };
    let stat = fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(foreign("it is no file".to_owned()));
    }
    let own = geteuid().as_raw();
    if stat.st_uid != own && stat.st_uid != 0 {
        return Err(foreign(format!(
            "user {} has made it, and vrrpd runs as user {own}",
            stat.st_uid
        )));
    }
    let mut octets = Vec::new();
    let read = file.take(OCTETS_MAX).read_to_end(&mut octets);
    read.map(|_| Some(octets))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn refusal(path: &Path) -> String {
        let error = ours(path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        error.to_string()
    }

    #[test]
    fn what_is_put_down_is_taken_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock.said");
        assert_eq!(ours(&path).unwrap(), None);
        put_down(&path, "one").unwrap();
        put_down(&path, "two").unwrap();
        assert_eq!(ours(&path).unwrap().unwrap(), b"two\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// Not waited for, not followed, not believed.
    #[test]
    fn what_others_may_have_put_there_is_named_and_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(refusal(&pipe).contains("pipe: it is no file"));
        let link = folder.path().join("link");
        symlink("/etc/hostname", &link).unwrap();
        assert!(refusal(&link).contains("it is a symbolic link"));
        assert!(refusal(folder.path()).contains("it is no file"));
        if geteuid().is_root() {
            let file = folder.path().join("file");
            std::fs::write(&file, "maintenance").unwrap();
            std::os::unix::fs::chown(&file, Some(1000), None).unwrap();
            assert!(refusal(&file).contains("user 1000 has made it"));
        }
    }
}
