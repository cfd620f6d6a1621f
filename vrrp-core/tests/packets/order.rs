//! Part 2.1: which fault of several is told. Each test starts with every fault at once and mends them one by one.

use std::net::IpAddr;

use vrrp_conformance::proves;
use vrrp_core::wire::{Received, Reject, Warning, judge};
use vrrp_core::{Config, Profile};

use crate::golden::{INTERFACE, Receiver, pseudo_header_ipv6, settings, with_checksum};

struct Sent {
    hop_limit: u8,
    source: &'static str,
    destination: &'static str,
    message: Vec<u8>,
}

impl Sent {
    fn verdict(&self, receiver: &Receiver) -> Result<Vec<Warning>, Reject> {
        let received = Received {
            interface: Some(INTERFACE),
            source: address(self.source),
            destination: Some(address(self.destination)),
            hop_limit: Some(self.hop_limit),
            message: &self.message,
        };
        judge(&received, Some(&receiver.local())).map(|heard| heard.warnings.iter().collect())
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn ipv6_message(octets: &[u8]) -> Vec<u8> {
    let length = u8::try_from(octets.len()).unwrap();
    with_checksum(
        octets.to_vec(),
        &pseudo_header_ipv6("fe80::1", "ff02::12", length),
    )
}

/// Steps 4 to 15 and 20, 21, IPv6 in `rfc`, which has the most of them.
#[test]
fn version_3_faults_are_told_in_the_order_of_part_2() {
    let receiver = Receiver::named("r-v3-ip6", Profile::Rfc);
    let global = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let link_local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let mut sent = Sent {
        hop_limit: 254,
        source: "ff02::1",
        destination: "ff02::13",
        message: vec![0x12, 61, 0, 0, 0, 0, 0],
    };
    assert_eq!(sent.verdict(&receiver), Err(Reject::IpTtl), "4");
    sent.hop_limit = 255;
    assert_eq!(sent.verdict(&receiver), Err(Reject::DestinationNotGroup), "5");
    sent.destination = "ff02::12";
    assert_eq!(sent.verdict(&receiver), Err(Reject::SourceInvalid), "6");
    sent.source = "fe80::2";
    assert_eq!(sent.verdict(&receiver), Err(Reject::SourceSelf), "6");
    sent.source = "2001:db8::1";
    assert_eq!(sent.verdict(&receiver), Err(Reject::SourceNotLinkLocal), "6");
    sent.source = "fe80::1";
    assert_eq!(sent.verdict(&receiver), Err(Reject::LengthShort), "7");
    sent.message = vec![0x12, 61, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(
        sent.verdict(&receiver),
        Err(Reject::Version),
        "8: neither 2 nor 3"
    );
    sent.message[0] = 0x22;
    assert_eq!(sent.verdict(&receiver), Err(Reject::Version), "8: 2 in IPv6");
    sent.message[0] = 0x32;
    assert_eq!(sent.verdict(&receiver), Err(Reject::Type), "9");
    sent.message[0] = 0x31;
    assert_eq!(sent.verdict(&receiver), Err(Reject::LengthSurplus), "10");
    sent.message[3] = 1;
    assert_eq!(sent.verdict(&receiver), Err(Reject::LengthShort), "10");
    sent.message = vec![0x31, 60, 0, 0, 0, 0, 0, 0];
    assert_eq!(sent.verdict(&receiver), Err(Reject::Checksum), "11");
    sent.message = ipv6_message(&[0x31, 60, 0, 0, 0, 0, 0, 0]);
    assert_eq!(sent.verdict(&receiver), Err(Reject::VridUnknown), "12");
    sent.message = ipv6_message(&[0x31, 61, 0, 0, 0, 0, 0, 0]);
    assert_eq!(sent.verdict(&receiver), Err(Reject::CountZero), "13");
    let one_global = [[0x31, 61, 0, 1, 0, 0, 0, 0].as_slice(), &global].concat();
    sent.message = ipv6_message(&one_global);
    assert_eq!(sent.verdict(&receiver), Err(Reject::IntervalZero), "14");
    let one_second = [[0x31, 61, 0, 1, 0, 101, 0, 0].as_slice(), &global].concat();
    sent.message = ipv6_message(&one_second);
    assert_eq!(
        sent.verdict(&receiver),
        Err(Reject::FirstAddressNotLinkLocal),
        "15"
    );
    let right = [[0x31, 61, 0, 1, 0, 101, 0, 0].as_slice(), &link_local].concat();
    sent.message = ipv6_message(&right);
    let warnings = [Warning::IntervalMismatch, Warning::AddressListMismatch];
    assert_eq!(
        sent.verdict(&receiver),
        Ok(warnings.to_vec()),
        "20 and 21 discard nothing"
    );
    proves!("V3-7.1-10", "V3-7.1-11", Obeys);
    proves!("V3-7.1-02", "V3-7.1-03", "V3-7.1-04", "V3-7.1-05", Refuses);
    proves!("V3-7.1-06", "V3-7.1-07", "V3-7.1-08", "V3-7.1-09", Refuses);
    proves!("V3-7.1-12", "V3-5.2.2-01", "V3-5.2.5-01", "PRJ-RX-05", Refuses);
    proves!("PRJ-RX-07", "PRJ-V6-02", Refuses);
}

fn version_2(auth_type: u8, seconds: u8, host: u8, auth_data: [u8; 8]) -> Sent {
    let fixed = [0x21, 11, 150, 1, auth_type, seconds, 0, 0, 192, 0, 2, host];
    Sent {
        hop_limit: 255,
        source: "192.0.2.1",
        destination: "224.0.0.18",
        message: with_checksum([fixed.as_slice(), &auth_data].concat(), &[]),
    }
}

fn receiver(change: impl FnOnce(&mut vrrp_core::Settings), profile: Profile) -> Receiver {
    let mut settings = settings("r-v2", profile);
    change(&mut settings);
    let config: Config = settings.build().unwrap();
    Receiver {
        config,
        primary: address("192.0.2.2"),
    }
}

/// Steps 16 to 19; 3768 discards at 17 and 18.
#[test]
fn version_2_faults_are_told_in_the_order_of_part_2() {
    let owner = receiver(
        |settings| settings.priority = vrrp_core::Priority::OWNER,
        Profile::Rfc,
    );
    let backup = receiver(|_| {}, Profile::Rfc);
    assert_eq!(
        version_2(3, 9, 9, [7; 8]).verdict(&owner),
        Err(Reject::AuthTypeUnknown),
        "16"
    );
    assert_eq!(
        version_2(2, 9, 9, [7; 8]).verdict(&owner),
        Err(Reject::AuthTypeMismatch),
        "16"
    );
    assert_eq!(
        version_2(1, 9, 9, [7; 8]).verdict(&owner),
        Err(Reject::AuthTypeMismatch),
        "16"
    );
    assert_eq!(
        version_2(0, 9, 9, [7; 8]).verdict(&owner),
        Err(Reject::OwnerConflict),
        "17"
    );
    assert_eq!(
        version_2(0, 9, 9, [7; 8]).verdict(&backup),
        Err(Reject::AddressListMismatch),
        "18"
    );
    assert_eq!(
        version_2(0, 9, 254, [7; 8]).verdict(&backup),
        Err(Reject::IntervalMismatch),
        "19"
    );
    // V2-5.3.6.1-01: with type 0 the data is ignored.
    assert_eq!(version_2(0, 1, 254, [7; 8]).verdict(&backup), Ok(vec![]));
    proves!("V2-5.3.6.1-01", Obeys);
    proves!("V2-5.3.6-01", "V2-7.1-06", "V2-7.1-07", "V2-7.1-08", Refuses);
    proves!("V2-7.1-09", Refuses);
}

/// Step 16 with a password: A-5.3.6.2-02 looks at all 8 octets; before steps 17 to 19 in `default`.
#[test]
fn every_octet_of_a_password_counts() {
    let password = *b"vrrp-pw\0";
    let receiver = receiver(
        |settings| {
            settings.authentication = vrrp_core::Authentication::password(b"vrrp-pw").unwrap();
            settings.priority = vrrp_core::Priority::OWNER;
        },
        Profile::Default,
    );
    for place in 0..8 {
        let mut other = password;
        other[place] ^= 0x80;
        assert_eq!(
            version_2(1, 9, 9, other).verdict(&receiver),
            Err(Reject::AuthFailed),
            "octet {place}"
        );
    }
    assert_eq!(
        version_2(0, 9, 9, password).verdict(&receiver),
        Err(Reject::AuthTypeMismatch)
    );
    assert_eq!(
        version_2(1, 9, 9, password).verdict(&receiver),
        Err(Reject::IntervalMismatch),
        "19 after 17 and 18"
    );
    let warnings = [Warning::OwnerConflict, Warning::AddressListMismatch];
    assert_eq!(
        version_2(1, 1, 9, password).verdict(&receiver),
        Ok(warnings.to_vec())
    );
    proves!("A-5.3.6.2-02", "V2-7.1-07", Obeys);
    proves!("A-5.3.6.2-02", "V2-7.1-07", "V2-5.3.6-01", Refuses);
}

/// Without a router with that VRID the general checks still come first (step 12 comes late), in any profile.
#[test]
fn without_a_router_the_general_checks_still_run() {
    let verdict = |sent: &Sent| {
        let received = Received {
            interface: Some(INTERFACE),
            source: address(sent.source),
            destination: Some(address(sent.destination)),
            hop_limit: Some(sent.hop_limit),
            message: &sent.message,
        };
        judge(&received, None)
    };
    let mut sent = version_2(0, 1, 254, [0; 8]);
    assert_eq!(verdict(&sent), Err(Reject::VridUnknown));
    sent.destination = "192.0.2.2";
    assert_eq!(
        verdict(&sent),
        Err(Reject::VridUnknown),
        "nobody has this VRID by unicast either"
    );
    sent.destination = "fe80::2";
    assert_eq!(verdict(&sent), Err(Reject::DestinationNotGroup));
    sent.destination = "224.0.0.18";
    sent.message[7] ^= 1;
    assert_eq!(verdict(&sent), Err(Reject::Checksum));
    sent.message[0] = 0x41;
    assert_eq!(verdict(&sent), Err(Reject::Version));
    sent.source = "127.0.0.1";
    assert_eq!(verdict(&sent), Err(Reject::SourceInvalid));
    sent.destination = "224.0.0.5";
    assert_eq!(verdict(&sent), Err(Reject::DestinationNotGroup));
    sent.hop_limit = 1;
    assert_eq!(verdict(&sent), Err(Reject::IpTtl));
    proves!("V2-7.1-01", "V2-7.1-04", "V2-7.1-05", Refuses);
}
