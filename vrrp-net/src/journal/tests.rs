//! A journal, and what others may do to it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

const NAME: &str = "list.json";

/// A place for a folder, which does not exist yet, and whatever a test puts beside it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("journal")
    }

    fn file(&self) -> PathBuf {
        self.folder().join(NAME)
    }

    fn open(&self) -> (Journal<String>, Vec<String>) {
        Journal::open(&self.folder(), NAME, "a test")
    }

    /// What the next life finds.
    fn left(&self) -> Vec<String> {
        self.open().1
    }
}

fn list(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

/// Until the thread has nothing more to do.
fn until_written(journal: &mut Journal<String>) {
    let written = journal.writer.as_mut().unwrap().wait(Duration::from_secs(20));
    assert_eq!(written, Some(true));
}

/// PRJ-ADDR-02: a later life of the same boot knows what was there; another boot, or a damaged file, knows nothing;
/// of nothing no file is left.
#[test]
fn prj_addr_02_a_journal_outlives_a_crash_and_no_reboot() {
    let place = Place::new();
    let (journal, left) = place.open();
    assert!(left.is_empty());
    journal.write(list("one two"));
    journal.write(list("three"));
    drop(journal);
    let (mut journal, left) = place.open();
    assert_eq!(left, ["three"]);

    fs::write(place.file(), br#"{"world":"another","entries":["four"]}"#).unwrap();
    assert!(place.left().is_empty());
    fs::write(place.file(), b"{\"world").unwrap();
    assert!(place.left().is_empty());
    journal.write(Vec::new());
    until_written(&mut journal);
    assert_eq!(
        fs::read_dir(place.folder()).unwrap().count(),
        0,
        "nothing stays behind"
    );
}

/// PRJ-ADDR-02: a folder that was deleted (systemd's `RuntimeDirectory` at a restart, a cleaner of temporary files) comes
/// back with the next audit, ours alone.
#[test]
fn prj_addr_02_a_deleted_folder_comes_back() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.write(list("one"));
    until_written(&mut journal);
    fs::remove_dir_all(place.folder()).unwrap();
    journal.audit();
    until_written(&mut journal);
    assert_eq!(place.left(), ["one"]);
    let mode = fs::metadata(place.folder()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    fs::remove_dir_all(place.folder()).unwrap();
    journal.write(list("two"));
    until_written(&mut journal);
    assert_eq!(place.left(), ["two"]);
}

/// Whatever is there in its place: it is gone on without, left alone, and written as soon as it can be.
#[test]
fn prj_addr_02_what_is_no_journal_costs_the_journal_only() {
    let place = Place::new();
    fs::write(place.folder(), "precious").unwrap();
    let (mut journal, left) = place.open();
    assert!(left.is_empty());
    journal.write(list("one"));
    until_written(&mut journal);
    assert_eq!(fs::read_to_string(place.folder()).unwrap(), "precious");
    fs::remove_file(place.folder()).unwrap();
    journal.audit();
    until_written(&mut journal);
    assert_eq!(place.left(), ["one"]);

    fs::remove_file(place.file()).unwrap();
    fs::create_dir(place.file()).unwrap();
    assert!(place.left().is_empty());
    journal.write(list("two"));
    until_written(&mut journal);
    fs::remove_dir(place.file()).unwrap();
    journal.audit();
    until_written(&mut journal);
    assert_eq!(place.left(), ["two"]);
}

/// PRJ-ADDR-02: what others may have written is not believed, and nothing is written where they could have it go elsewhere.
#[test]
fn prj_addr_02_a_hostile_folder_is_not_used() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.write(list("one"));
    until_written(&mut journal);
    for mode in [0o770, 0o707] {
        fs::set_permissions(place.folder(), Permissions::from_mode(mode)).unwrap();
        assert!(place.left().is_empty(), "mode {mode:o}");
        journal.write(list("two"));
        until_written(&mut journal);
        fs::set_permissions(place.folder(), Permissions::from_mode(0o700)).unwrap();
        assert_eq!(place.left(), ["one"]);
    }
    fs::set_permissions(place.file(), Permissions::from_mode(0o666)).unwrap();
    assert!(place.left().is_empty(), "a file that anybody may write");
    fs::set_permissions(place.file(), Permissions::from_mode(0o600)).unwrap();

    let elsewhere = place.0.path().join("elsewhere");
    fs::rename(place.folder(), &elsewhere).unwrap();
    symlink(&elsewhere, place.folder()).unwrap();
    assert!(place.left().is_empty(), "a folder by a link");
    let slash = PathBuf::from(format!("{}/", place.folder().display()));
    assert!(
        Journal::<String>::open(&slash, NAME, "a test").1.is_empty(),
        "with a slash"
    );
    journal.write(list("three"));
    until_written(&mut journal);
    fs::remove_file(place.folder()).unwrap();
    fs::rename(&elsewhere, place.folder()).unwrap();
    assert_eq!(place.left(), ["one"]);
}

/// A link at the new file's place is replaced and not followed; a pipe there keeps nobody waiting.
#[test]
fn prj_addr_02_nothing_in_the_folder_is_followed() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.write(list("one"));
    until_written(&mut journal);
    let (new, precious) = (place.folder().join("list.new"), place.0.path().join("precious"));
    fs::write(&precious, "precious").unwrap();
    symlink(&precious, &new).unwrap();
    journal.write(list("two"));
    until_written(&mut journal);
    nix::unistd::mkfifo(&new, nix::sys::stat::Mode::S_IRWXU).unwrap();
    journal.write(list("three"));
    until_written(&mut journal);
    assert_eq!(place.left(), ["three"]);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");

    fs::copy(place.file(), &precious).unwrap();
    fs::remove_file(place.file()).unwrap();
    symlink(&precious, place.file()).unwrap();
    assert!(place.left().is_empty(), "a file by a link");
    fs::remove_file(place.file()).unwrap();
    nix::unistd::mkfifo(&place.file(), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(place.left().is_empty(), "a pipe");
}

/// Nothing that we wrote is so large, and it is not taken into memory.
#[test]
fn a_file_that_is_too_large_is_not_read() {
    let place = Place::new();
    fs::create_dir(place.folder()).unwrap();
    fs::set_permissions(place.folder(), Permissions::from_mode(0o700)).unwrap();
    let file = fs::File::create(place.file()).unwrap();
    fs::set_permissions(place.file(), Permissions::from_mode(0o600)).unwrap();
    file.set_len(1 << 40).unwrap();
    let error = Folder::new(&place.folder()).read(NAME).unwrap_err();
    assert!(error.to_string().contains("octets"), "{error}");
}

/// PRJ-ADDR-02: a successor writes down what was handed over to it, also where it does nothing to the addresses itself.
#[test]
fn prj_addr_02_addresses_handed_over_are_written_down() {
    use crate::address::linux::{Addresses, Line};
    let place = Place::new();
    let line = Line {
        device: "eth1".to_owned(),
        address: "192.0.2.254".parse().unwrap(),
    };
    let journal = Journal::open(&place.folder(), NAME, "a test").0;
    let requests = crate::netlink::Requests::open().unwrap();
    let mut devices = crate::devices::Devices::default();
    let mut addresses = Addresses::new(requests, Some(112), Some(journal));
    addresses.adopt(std::slice::from_ref(&line), &mut devices);
    addresses.write_journal(&devices);
    drop(addresses);
    let left = Journal::<Line>::open(&place.folder(), NAME, "a test").1;
    assert_eq!(left, [line]);
}
