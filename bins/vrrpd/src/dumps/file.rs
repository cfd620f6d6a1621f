//! A file that is there whole or not at all, in a folder that others cannot play tricks in.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, fchmod, fstat, openat, renameat, unlinkat};
use rustix::process::geteuid;

/// For its owner, and the group of the daemon to read.
const MODE: Mode = Mode::from_raw_mode(0o640);
/// Others may write.
const WRITABLE_BY_ALL: u32 = 0o002;

/// Puts `text` at `name` in `folder`, in place of what was there; a link there is replaced, not followed.
///
/// # Errors
/// The folder is not there, is a link, belongs to somebody else, or everybody may write to it; or what the system says.
pub(super) fn replace(folder: &Path, name: &Path, text: &[u8]) -> io::Result<()> {
    let folder = open(folder)?;
    let mut fresh = std::ffi::OsString::from(".");
    fresh.push(name);
    fresh.push(".new");
    let made = make(&folder, Path::new(&fresh), text);
    let placed = made.and_then(|()| Ok(renameat(&folder, &fresh, &folder, name)?));
    if placed.is_err() {
        // It may not be there.
        let _ = unlinkat(&folder, &fresh, AtFlags::empty());
    }
    placed
}

/// From here on it is this folder, whatever becomes of its path.
fn open(folder: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = openat(CWD, folder, flags, Mode::empty())?;
    let found = fstat(&opened)?;
    if found.st_uid != 0 && found.st_uid != geteuid().as_raw() {
        return Err(io::Error::other(format!(
            "its folder belongs to user {}, who could put another file in its place; name one of vrrpd's own with --dump-dir",
            found.st_uid
        )));
    }
    if found.st_mode & WRITABLE_BY_ALL != 0 {
        return Err(io::Error::other(
            "everybody may write to its folder; name another one with --dump-dir",
        ));
    }
    Ok(opened)
}

fn make(folder: &OwnedFd, fresh: &Path, text: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = || openat(folder, fresh, flags, Mode::RUSR | Mode::WUSR);
    let opened = match open() {
        // Left behind by one that was killed: the folder is ours.
        Err(rustix::io::Errno::EXIST) => {
            unlinkat(folder, fresh, AtFlags::empty())?;
            open()?
        }
        other => other?,
    };
    fchmod(&opened, MODE)?;
    std::fs::File::from(opened).write_all(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn it_is_replaced_whole_and_others_cannot_read_it() {
        let folder = folder();
        let name = Path::new("keepalived.json");
        for text in ["first and longer", "second"] {
            replace(folder.path(), name, text.as_bytes()).unwrap();
            let path = folder.path().join(name);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        }
        assert_eq!(names(folder.path()), ["keepalived.json"]);
    }

    /// Who reads has the old one to its end: it is another file, and not the same one written over.
    #[test]
    fn who_reads_the_old_one_goes_on_reading_it() {
        use std::io::Read;
        let folder = folder();
        let name = Path::new("keepalived.json");
        replace(folder.path(), name, b"old").unwrap();
        let mut reader = std::fs::File::open(folder.path().join(name)).unwrap();
        replace(folder.path(), name, b"new").unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "old");
    }

    #[test]
    fn no_link_is_followed_wherever_it_is() {
        let (folder, elsewhere) = (folder(), folder());
        let victim = elsewhere.path().join("precious");
        std::fs::write(&victim, "precious").unwrap();
        for name in ["keepalived.json", ".keepalived.json.new"] {
            symlink(&victim, folder.path().join(name)).unwrap();
        }
        replace(folder.path(), Path::new("keepalived.json"), b"dump").unwrap();
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
        let path = folder.path().join("keepalived.json");
        assert!(std::fs::symlink_metadata(&path).unwrap().is_file());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "dump");

        let link = elsewhere.path().join("link");
        symlink(folder.path(), &link).unwrap();
        assert!(replace(&link, Path::new("keepalived.json"), b"x").is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "dump");
    }

    #[test]
    fn a_folder_that_everybody_may_write_to_is_refused() {
        let folder = folder();
        let shared = std::fs::Permissions::from_mode(0o1777);
        std::fs::set_permissions(folder.path(), shared).unwrap();
        let error = replace(folder.path(), Path::new("keepalived.json"), b"x").unwrap_err();
        assert!(error.to_string().contains("--dump-dir"), "{error}");
        assert!(names(folder.path()).is_empty());
    }
}
