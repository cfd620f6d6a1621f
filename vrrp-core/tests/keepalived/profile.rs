//! The profile `keepalived`: what an imported keepalived.conf means (conformance part 0.1).

use vrrp_core::{Family, Ipv4Checksum, Profile, Version};

use crate::subject::{Subject, settings};

#[test]
fn part_0_1_obeys_version_2_for_ipv4_and_3_for_ipv6() {
    let four = settings(Profile::Keepalived, Family::Ipv4, 100, 100);
    let six = settings(Profile::Keepalived, Family::Ipv6, 100, 100);
    assert_eq!((four.version, six.version), (Version::V2, Version::V3));
    assert!(four.accept && six.accept);
    assert!(four.allow_no_address);
    assert!(!four.check_unicast_source);
    assert!(
        four.hold && four.hurry_after_fall,
        "PRJ-STOP and X-20 are not in `rfc` only"
    );
    assert_eq!(four.ipv4_checksum, Ipv4Checksum::Auto);
}

#[test]
fn part_0_1_obeys_five_announcements_at_once_and_five_later() {
    let four = settings(Profile::Keepalived, Family::Ipv4, 100, 100);
    assert_eq!(
        (four.announcements.at_once, four.announcements.later_rounds),
        (5, 1)
    );
    assert_eq!(
        (
            four.announcements.later_repeat,
            four.announcements.later_after_nanos
        ),
        (5, 5_000_000_000)
    );
    let mut router = Subject::backup(four);
    router.wait_for_the_timer();
    assert_eq!(
        router.tick(),
        "Send2(100); Own; Announce(5); State(Active, NoResponse)"
    );
}

/// PRJ-ADDR-01: an advertised list may be empty on import.
#[test]
fn prj_addr_01_obeys_held_addresses_alone() {
    let mut imported = settings(Profile::Keepalived, Family::Ipv4, 100, 100);
    imported.held_only = std::mem::take(&mut imported.addresses);
    let mut router = Subject::active(imported);
    assert!(router.router.holds());
    assert_eq!(
        router.hear(200),
        "Disown; State(Backup, HigherHeard { source: 192.0.2.20, priority: 200 })"
    );
}
