//! The keeper over a folder that looks like `/proc/sys/net`.

use super::*;

const ARP_IGNORE: Key = Key {
    family: "ipv4",
    name: "arp_ignore",
    also: &[],
    without: "a test",
};

struct Fake(tempfile::TempDir);

impl Fake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for interface in ["eth1", "eth0.10"] {
            fs::create_dir_all(folder.path().join("ipv4/conf").join(interface)).unwrap();
        }
        let fake = Self(folder);
        for (interface, name) in [
            ("eth1", "accept_local"),
            ("eth1", "arp_ignore"),
            ("eth0.10", "accept_local"),
        ] {
            fake.write(interface, name, "0\n");
        }
        fake
    }

    fn open(&self) -> Sysctls {
        Sysctls::below(
            self.0.path(),
            Some(&self.0.path().join("journal")),
            &[ACCEPT_LOCAL, ARP_IGNORE],
        )
    }

    fn file(&self, interface: &str, name: &str) -> PathBuf {
        self.0.path().join("ipv4/conf").join(interface).join(name)
    }

    fn write(&self, interface: &str, name: &str, value: &str) {
        fs::write(self.file(interface, name), value).unwrap();
    }

    fn value(&self, interface: &str, name: &str) -> String {
        read(&self.file(interface, name)).unwrap()
    }
}

fn names(index: u32) -> Option<&'static str> {
    match index {
        2 => Some("eth1"),
        3 => Some("eth0.10"),
        _ => None,
    }
}

fn wishes(settings: &[(u32, Key, &'static str)]) -> Wishes {
    settings
        .iter()
        .map(|(index, key, value)| ((*index, *key), *value))
        .collect()
}

/// NET-ARP-09: each setting as long as it is wished for, each put back to what it was, those that were right untouched.
#[test]
fn net_arp_09_set_while_needed_and_put_back() {
    let fake = Fake::new();
    fake.write("eth1", "arp_ignore", "2\n");
    fake.write("eth0.10", "accept_local", "1\n");
    let mut sysctls = fake.open();
    let both = [
        (2, ACCEPT_LOCAL, "1"),
        (2, ARP_IGNORE, "1"),
        (3, ACCEPT_LOCAL, "1"),
    ];
    for _ in 0..2 {
        sysctls.settle(&wishes(&both), names);
        assert_eq!(fake.value("eth1", "accept_local"), "1");
        assert_eq!(fake.value("eth1", "arp_ignore"), "1");
    }
    assert_eq!(sysctls.changed().len(), 2, "what was right already is not ours");
    sysctls.settle(&wishes(&both[1..2]), names);
    assert_eq!(fake.value("eth1", "accept_local"), "0");
    assert_eq!(fake.value("eth1", "arp_ignore"), "1");
    sysctls.settle(&Wishes::new(), names);
    assert_eq!(fake.value("eth1", "arp_ignore"), "2");
    assert_eq!(fake.value("eth0.10", "accept_local"), "1");
}

/// NET-ARP-09: after a crash the next life puts back what the first one found, and does not take what the first one set
/// for what was there before.
#[test]
fn net_arp_09_a_crash_is_made_good() {
    let fake = Fake::new();
    let one = wishes(&[(2, ACCEPT_LOCAL, "1")]);
    fake.open().settle(&one, names);
    assert_eq!(fake.value("eth1", "accept_local"), "1");
    let mut second = fake.open();
    second.settle(&one, names);
    drop(second);
    assert_eq!(fake.value("eth1", "accept_local"), "1");
    fake.open().settle(&Wishes::new(), names);
    assert_eq!(fake.value("eth1", "accept_local"), "0");
    assert!(fake.open().changed().is_empty());
    assert!(
        !fake.0.path().join("journal/sysctls.json").exists(),
        "nothing stays behind"
    );
}

/// NET-ARP-09: a value that others have changed in between is left alone, while it is needed and afterwards.
#[test]
fn net_arp_09_the_value_of_others_is_left_alone() {
    let fake = Fake::new();
    let mut sysctls = fake.open();
    let one = wishes(&[(2, ARP_IGNORE, "1")]);
    sysctls.settle(&one, names);
    fake.write("eth1", "arp_ignore", "8\n");
    sysctls.settle(&one, names);
    assert_eq!(fake.value("eth1", "arp_ignore"), "8");
    sysctls.settle(&Wishes::new(), names);
    assert_eq!(fake.value("eth1", "arp_ignore"), "8");
    assert!(sysctls.changed().is_empty());
}

/// The loop's next deadline bounds the wait for the disk, and the journal's own limit bounds it where there is none.
#[test]
fn the_wait_for_the_journal_is_never_longer_than_its_limit() {
    let fake = Fake::new();
    let mut sysctls = fake.open();
    sysctls.wait_at_most(Duration::from_millis(3));
    assert_eq!(sysctls.wait, Duration::from_millis(3));
    sysctls.wait_at_most(Duration::from_secs(3600));
    assert_eq!(sysctls.wait, WRITTEN_FIRST);
}

/// An interface that was made anew has its own settings; what the old one had went with it.
#[test]
fn another_interface_of_the_same_name_is_another() {
    let fake = Fake::new();
    let mut sysctls = fake.open();
    sysctls.settle(&wishes(&[(2, ACCEPT_LOCAL, "1")]), names);
    fake.write("eth1", "accept_local", "0\n");
    let later = |index| (index == 9).then_some("eth1");
    sysctls.settle(&wishes(&[(9, ACCEPT_LOCAL, "1")]), later);
    assert_eq!(fake.value("eth1", "accept_local"), "1");
    sysctls.settle(&Wishes::new(), later);
    assert_eq!(fake.value("eth1", "accept_local"), "0");
}

/// Where it cannot be written nothing else fails, and nothing is put back that was never changed.
#[test]
fn a_setting_that_cannot_be_written_costs_nothing_else() {
    let fake = Fake::new();
    fs::remove_file(fake.file("eth1", "accept_local")).unwrap();
    let mut sysctls = fake.open();
    let both = wishes(&[(2, ACCEPT_LOCAL, "1"), (2, ARP_IGNORE, "1")]);
    sysctls.settle(&both, names);
    assert_eq!(fake.value("eth1", "arp_ignore"), "1");
    assert_eq!(sysctls.changed().len(), 1);
    assert!(sysctls.refused.contains(&(2, ACCEPT_LOCAL)));
}

/// NET-ARP-09: what a journal or a predecessor says is believed only where we could have done it: an entry becomes a path
/// and what is written to it.
#[test]
fn net_arp_09_entries_that_we_cannot_have_made_are_refused() {
    let fake = Fake::new();
    let precious = fake.0.path().join("precious");
    fs::write(&precious, "1").unwrap();
    fake.write("eth1", "arp_filter", "1\n");
    fake.write("eth1", "accept_local", "1\n");
    let mut sysctls = fake.open();
    for (family, name, before) in [
        ("ipv4", "../../../precious", "rewritten"),
        ("ipv4", precious.to_str().unwrap(), "rewritten"),
        ("ipv4", "arp_filter", "0"),
        ("ipv4", "accept_local", "rewritten"),
        ("ipv4", "accept_local", "3"),
        ("../ipv4", "accept_local", "0"),
    ] {
        let entry = serde_json::json!({
            "index": 2, "family": family, "name": name, "before": before, "set": "1",
        });
        sysctls.adopt(vec![serde_json::from_value(entry).unwrap()]);
    }
    assert!(sysctls.changed().is_empty(), "{:?}", sysctls.changed());
    sysctls.settle(&Wishes::new(), names);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "1");
    assert_eq!(fake.value("eth1", "arp_filter"), "1");
    assert_eq!(fake.value("eth1", "accept_local"), "1");
}

/// A name that is no single component of a path is not one of an interface.
#[test]
fn a_name_with_a_slash_or_of_dots_is_no_interface() {
    let fake = Fake::new();
    fake.write("eth1", "accept_local", "0\n");
    for name in ["", ".", "..", "../conf/eth1", "eth1/"] {
        let mut sysctls = fake.open();
        sysctls.settle(&wishes(&[(2, ACCEPT_LOCAL, "1")]), |_| Some(name));
        assert_eq!(fake.value("eth1", "accept_local"), "0", "{name:?}");
    }
}

/// NET-ARP-09: what a predecessor handed over is written down by the successor, whose journal may be another file.
#[test]
fn net_arp_09_what_was_handed_over_is_written_down() {
    let fake = Fake::new();
    let one = wishes(&[(2, ACCEPT_LOCAL, "1")]);
    let mut before = Sysctls::below(fake.0.path(), None, &[ACCEPT_LOCAL]);
    before.settle(&one, names);
    let mut after = fake.open();
    after.adopt(before.changed());
    after.settle(&one, names);
    drop(after);
    assert_eq!(fake.open().changed(), before.changed());
}

/// sysctl(8) has slashes for the dots of a name.
#[test]
fn words_as_sysctl_takes_them() {
    assert_eq!(
        words("eth0.10", "ipv4", "accept_local"),
        "net.ipv4.conf.eth0/10.accept_local"
    );
}
