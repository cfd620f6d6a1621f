//! Section 6.1: what can be configured, and what is refused.

use vrrp_conformance::proves;
use vrrp_core::{
    Announcements, ConfigError, Family, InterfaceId, Ipv4Checksum, Path, Priority, Profile, Settings,
    Version, Vrid,
};

use crate::subject::{cs, default, ip, priority, rfc, rfc_6};

type Change = fn(&mut Settings);

fn refused(base: Settings, change: Change) -> ConfigError {
    let mut settings = base;
    change(&mut settings);
    settings.build().unwrap_err()
}

/// V3-6.1-01: 1 to 255.
#[test]
fn v3_6_1_01_obeys_the_range_of_a_vrid() {
    assert!(Vrid::new(0).is_none());
    assert_eq!(Vrid::new(1).map(Vrid::get), Some(1));
    assert_eq!(Vrid::new(255).map(Vrid::get), Some(255));
    proves!("V3-6.1-01", "V3-5.2.3-01", Obeys);
    proves!("V3-6.1-01", Refuses);
}

/// V3-6.1-02, V3-5.2.4-02: 0 exists only on the wire; 100 is the default; 255 is the owner's.
#[test]
fn v3_6_1_02_obeys_the_range_of_a_priority() {
    assert!(Priority::new(0).is_none());
    assert_eq!(Priority::DEFAULT.get(), 100);
    assert!(priority(255).is_owner());
    assert!(!priority(254).is_owner());
    proves!("V3-6.1-02", "V3-5.2.4-02", Obeys);
    proves!("V3-6.1-02", "V3-5.2.4-02", Refuses);
}

/// V3-6.1-03, V3-5.2.5-02, PRJ-MAX-01: 1 to 255 addresses of the router's family, none twice.
#[test]
fn v3_6_1_03_refuses_what_cannot_be_advertised() {
    assert_eq!(
        refused(rfc(100, 100), |s| s.addresses.clear()),
        ConfigError::NoAddress
    );
    let too_many: Change = |s| s.addresses = (0..=255).map(|host| ip(&format!("10.0.0.{host}"))).collect();
    assert_eq!(
        refused(rfc(100, 100), too_many),
        ConfigError::TooManyAddresses { found: 256 }
    );
    let family: Change = |s| s.addresses.push(ip("fe80::1"));
    assert_eq!(
        refused(rfc(100, 100), family),
        ConfigError::AddressFamily {
            address: ip("fe80::1"),
            family: Family::Ipv4
        }
    );
    let twice: Change = |s| s.addresses.push(ip("198.51.100.1"));
    assert_eq!(
        refused(rfc(100, 100), twice),
        ConfigError::AddressTwice {
            address: ip("198.51.100.1")
        }
    );
    proves!("V3-6.1-03", "V3-5.2.5-02", "PRJ-MAX-01", "PRJ-ADDR-01", Refuses);
}

/// V3-6.1-03: 255 do fit.
#[test]
fn v3_6_1_03_obeys_255_addresses() {
    let mut settings = rfc(100, 100);
    settings.addresses = (1..=255).map(|host| ip(&format!("10.0.0.{host}"))).collect();
    assert_eq!(settings.build().unwrap().message_octets(), 8 + 255 * 4);
    proves!("V3-6.1-03", "V3-5.2.5-02", Obeys);
}

/// V3-6.1-04, V3-5.2.9-02: in IPv6 the first address is link-local; `default` accepts others.
#[test]
fn v3_6_1_04_obeys_the_first_ipv6_address_is_link_local() {
    let global: Change = |s| s.addresses.insert(0, ip("2001:db8::1"));
    assert_eq!(
        refused(rfc_6(100, 100), global),
        ConfigError::FirstNotLinkLocal {
            address: ip("2001:db8::1")
        }
    );
    let mut settings = crate::subject::settings(Profile::Default, Family::Ipv6, 100, 100);
    global(&mut settings);
    assert!(settings.build().is_ok());
    let mut second = rfc_6(100, 100);
    second.addresses.push(ip("2001:db8::1"));
    assert!(second.build().is_ok(), "after a link-local one");
    proves!("V3-6.1-04", "V3-5.2.9-02", Obeys);
    proves!("V3-6.1-04", "V3-5.2.9-02", Refuses);
}

/// V3-6.1-05, erratum 8301.
#[test]
fn v3_6_1_05_refuses_what_12_bits_cannot_carry() {
    assert_eq!(
        refused(rfc(100, 100), |s| s.interval = cs(4096)),
        ConfigError::Interval {
            version: Version::V3,
            interval: cs(4096)
        }
    );
    assert!(rfc(100, 1).build().is_ok());
    assert!(rfc(100, 4095).build().is_ok());
    proves!("V3-6.1-05", Obeys);
    proves!("V3-6.1-05", "V3-5.2.7-01", Refuses);
}

/// V3-6.1-09, V3-6.1-10, and what else `rfc` and `default` begin with.
#[test]
fn v3_6_1_09_obeys_the_defaults() {
    let new = |profile| Settings::new(profile, Family::Ipv4, Vrid::new(1).unwrap(), InterfaceId(1));
    let (strict, usual) = (new(Profile::Rfc), new(Profile::Default));
    assert!(strict.preempt && usual.preempt);
    assert!(!strict.accept && usual.accept);
    assert_eq!((strict.version, usual.version), (Version::V3, Version::V3));
    assert_eq!((strict.priority.get(), strict.interval), (100, cs(100)));
    assert_eq!(strict.ipv4_checksum, Ipv4Checksum::Rfc9568);
    assert_eq!(usual.ipv4_checksum, Ipv4Checksum::Auto);
    assert!(!strict.hold && usual.hold);
    assert!(!strict.hurry_after_fall && usual.hurry_after_fall);
    assert_eq!(strict.path, Path::multicast(Family::Ipv4));
    proves!("V3-6.1-02", "V3-6.1-09", "V3-6.1-10", Obeys);
}

/// `rfc` refuses whatever the RFC does not have, by the name of the setting: it is never ignored.
#[test]
fn rfc_refuses_what_goes_beyond_it() {
    let beyond: [(Change, &str); 11] = [
        (|s| s.held_only.push(ip("203.0.113.1")), "held_only"),
        (|s| s.preempt_delay_nanos = 1, "preempt_delay_nanos"),
        (|s| s.down_adverts = 4, "down_adverts"),
        (|s| s.answer_lower = false, "answer_lower"),
        (|s| s.advert_before_yield = true, "advert_before_yield"),
        (|s| s.hurry_after_fall = true, "hurry_after_fall"),
        (|s| s.hold = true, "hold"),
        (
            |s| s.announcements = Announcements::of(Profile::Default),
            "announcements",
        ),
        (|s| s.ipv4_checksum = Ipv4Checksum::Auto, "ipv4_checksum"),
        (|s| s.owner_ignores = true, "owner_ignores"),
        (|s| s.allow_no_address = true, "allow_no_address"),
    ];
    for (change, setting) in beyond {
        assert_eq!(refused(rfc(100, 100), change), ConfigError::BeyondRfc { setting });
        let mut settings = default(100, 100);
        change(&mut settings);
        assert!(settings.build().is_ok(), "{setting} in default");
    }
    let unicast: Change = |s| {
        s.path = Path::Unicast {
            local: None,
            peers: Box::new([]),
        }
    };
    assert_eq!(refused(rfc(100, 100), unicast), ConfigError::UnicastInRfc);
    proves!("X-02", "X-10", "X-11", "X-12", "X-18", "PRJ-CK-01", Refuses);
    proves!("PRJ-STOP-01", "X-20", Refuses);
}

/// PRJ-V6-02, SEC-07: combinations that no profile has.
#[test]
fn contradictions_are_refused_in_every_profile() {
    let mut six = crate::subject::settings(Profile::Default, Family::Ipv6, 100, 100);
    six.version = Version::V2;
    assert_eq!(six.build(), Err(ConfigError::Version2InIpv6));
    let password: Change = |s| s.authentication = vrrp_core::Authentication::password(b"x").unwrap();
    assert_eq!(refused(default(100, 100), password), ConfigError::Authentication);
    assert_eq!(
        refused(default(255, 100), |s| s.preempt = false),
        ConfigError::OwnerWithoutPreempt
    );
    assert_eq!(
        refused(default(100, 100), |s| s.announcements.at_once = 0),
        ConfigError::NoAnnouncement
    );
    assert_eq!(
        refused(default(100, 100), |s| s.interface = None),
        ConfigError::NoInterface
    );
    let group: Change = |s| {
        s.path = Path::Multicast {
            group: ip("192.0.2.1"),
        }
    };
    assert_eq!(
        refused(default(100, 100), group),
        ConfigError::Group {
            group: ip("192.0.2.1")
        }
    );
    for error in [ConfigError::Version2InIpv6, ConfigError::OwnerWithoutPreempt] {
        assert!(error.to_string().len() > 20, "an error says what to do");
    }
    proves!("V3-7.2-04", Refuses);
    proves!("PRJ-V6-02", "SEC-07", "X-01", Refuses);
}

/// V2-6.4.3-03: version 2 has no Accept_Mode: `rfc` refuses it but for the owner, `default` allows it.
#[test]
fn v2_6_4_3_03_refuses_accept_mode() {
    let accepting = |mut settings: Settings| {
        settings.accept = true;
        settings.build()
    };
    let two = crate::subject::rfc_2(100, 1);
    assert_eq!(accepting(two), Err(ConfigError::BeyondRfc { setting: "accept" }));
    assert!(accepting(crate::subject::rfc_2(255, 1)).is_ok(), "the owner");
    assert!(accepting(rfc(100, 100)).is_ok(), "version 3 has one");
    assert!(accepting(crate::subject::default_2(100, 1)).is_ok());
    proves!("V2-6.4.3-03", Refuses);
}
