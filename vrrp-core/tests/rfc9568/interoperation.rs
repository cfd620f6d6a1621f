//! Section 8.4: version 2 and version 3 together, on the side of the state machine.

use vrrp_conformance::proves;
use vrrp_core::{ConfigError, Family, Heard, Input, Settings, StateName, Version};

use crate::subject::{Armed, SECOND, Subject, cs, ip, rfc};

fn both(value: u8, interval_cs: u16) -> Settings {
    let mut settings = rfc(value, interval_cs);
    settings.v2_interop = true;
    settings
}

fn hear(router: &mut Subject, version: Version, value: u8, interval_cs: u16) -> String {
    let heard = Heard {
        version,
        ..router.heard(ip("192.0.2.20"), value, cs(interval_cs))
    };
    router.does(Input::Heard(heard))
}

/// V3-8.4.2-03: pairs, version 3 first; periodic, triggered, and goodbye.
#[test]
fn v3_8_4_2_03_obeys_everything_is_sent_in_both_versions() {
    let mut router = Subject::backup(both(100, 25));
    router.wait_for_the_timer();
    assert_eq!(
        router.tick(),
        "Send(100); Send2(100); Own; Announce(1); State(Active, NoResponse)"
    );
    router.wait_for_the_timer();
    assert_eq!(router.tick(), "Send(100); Send2(100)");
    assert_eq!(
        hear(&mut router, Version::V3, 50, 25),
        "Send(100); Send2(100); Reasserted(192.0.2.20, 50)"
    );
    assert_eq!(hear(&mut router, Version::V2, 0, 100), "Send(100); Send2(100)");
    assert_eq!(
        router.stop(),
        "Send(0); Send2(0); Disown; State(Initialize, Stopped)"
    );
    proves!("V3-8.4.2-01", "V3-8.4.2-03", Obeys);
}

/// Without the flag one version leaves.
#[test]
fn v3_8_4_2_03_refuses_pairs_without_the_flag() {
    let mut router = Subject::active(rfc(100, 100));
    assert_eq!(router.wait(SECOND).tick(), "Send(100)");
    proves!("V3-8.4.2-03", Refuses);
}

/// V3-8.4.2-04, PRJ-IOP-04: seconds become centiseconds, up to 25 500, in the version 3 formula.
#[test]
fn v3_8_4_2_04_obeys_the_rate_of_a_version_2_active() {
    let mut router = Subject::backup(both(100, 100));
    hear(&mut router, Version::V2, 200, 6_000);
    assert_eq!(router.learned(), Some(cs(6_000)));
    // 3 * 60 s + 156/256 of 60 s = 180 + 36.5625 s.
    assert_eq!(router.armed(), Armed::Down(216_562_500_000));
    hear(&mut router, Version::V2, 200, 25_500);
    // 765 s + 156/256 of 255 s = 765 + 155.390625 s.
    assert_eq!(router.armed(), Armed::Down(920_390_625_000));
    proves!("V3-8.4.2-04", "PRJ-IOP-04", "V3-6.1-06", Obeys);
}

/// V3-8.4.2-04: not at the own rate, and not cut to the 12 bits of version 3 (25 500 - 6 * 4096 = 924).
#[test]
fn v3_8_4_2_04_refuses_its_own_rate() {
    let mut router = Subject::backup(both(100, 100));
    hear(&mut router, Version::V2, 200, 25_500);
    for seconds in [4, 34, 700] {
        assert_eq!(router.wait(seconds * SECOND).tick(), "", "{seconds} s");
    }
    assert_eq!(router.state(), StateName::Backup);
    proves!("V3-8.4.2-04", Refuses);
}

/// V3-8.4.2-05: version 2 copies are ignored while version 3 ones arrive from the same Active.
#[test]
fn v3_8_4_2_05_obeys_copies_of_the_active_are_ignored() {
    let mut router = Subject::backup(both(100, 25));
    hear(&mut router, Version::V3, 200, 25);
    // 750 ms + 156/256 of 250 ms.
    assert_eq!(router.armed(), Armed::Down(902_343_750));
    router.wait(100_000_000);
    hear(&mut router, Version::V2, 200, 100);
    assert_eq!(router.learned(), Some(cs(25)), "a copy in version 2 says 1 s");
    assert_eq!(router.armed(), Armed::Down(802_343_750));
    hear(&mut router, Version::V2, 0, 100);
    assert_eq!(router.armed(), Armed::Down(802_343_750), "priority 0 too");
    proves!("V3-8.4.2-05", Obeys);
}

/// V3-8.4.2-05 ends with the version 3 advertisements, and is for that source only.
#[test]
fn v3_8_4_2_05_refuses_to_ignore_others_or_for_ever() {
    let mut router = Subject::backup(both(100, 25));
    hear(&mut router, Version::V3, 200, 25);
    let other = Heard {
        version: Version::V2,
        ..router.heard(ip("192.0.2.30"), 210, cs(100))
    };
    router.does(Input::Heard(other));
    assert_eq!(router.learned(), Some(cs(100)), "another router");
    let mut router = Subject::backup(both(100, 25));
    hear(&mut router, Version::V3, 200, 25);
    // Its deadline is reached with the packet still unread; then it counts (PRJ-TIME-04).
    router.wait(902_343_751);
    hear(&mut router, Version::V2, 200, 100);
    assert_eq!(router.learned(), Some(cs(100)));
    assert_eq!(router.state(), StateName::Backup);
    proves!("V3-8.4.2-05", Refuses);
}

/// V3-8.4.2-01, part 6: version 3 and IPv4 only.
#[test]
fn v3_8_4_2_01_refuses_the_flag_elsewhere() {
    let mut two = crate::subject::rfc_2(100, 1);
    two.v2_interop = true;
    assert_eq!(two.build(), Err(ConfigError::Interop));
    let mut six = crate::subject::settings(vrrp_core::Profile::Rfc, Family::Ipv6, 100, 100);
    six.v2_interop = true;
    assert_eq!(six.build(), Err(ConfigError::Interop));
    proves!("V3-8.4.2-01", Refuses);
}

/// PRJ-IOP-01: `max(1, round down)`.
#[test]
fn prj_iop_01_obeys_whole_seconds_in_the_copy() {
    let mut buffer = [0; 64];
    for (interval_cs, seconds) in [(1, 1), (25, 1), (100, 1), (199, 1), (200, 2), (4095, 40)] {
        let mut router = Subject::active(both(100, interval_cs));
        let draft = vrrp_core::Draft {
            priority: 100,
            version: Version::V2,
        };
        let sealed = router.router.seal(draft, None);
        // 8 octets, one address, 8 octets of authentication data.
        assert_eq!(sealed.encode(Family::Ipv4.group(), &mut buffer), Some(20));
        assert_eq!(buffer[..6], [0x21, 7, 100, 1, 0, seconds], "{interval_cs} cs");
    }
    proves!("PRJ-IOP-01", Obeys);
}
