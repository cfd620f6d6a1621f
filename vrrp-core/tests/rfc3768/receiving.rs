//! Section 7.1 where it meets the machine: owner, address list, interval, password.

use vrrp_conformance::proves;
use vrrp_core::wire::{Advertisement, ChecksumForm, Received, Reject};
use vrrp_core::{Authentication, ConfigError, Family, InterfaceId, Settings, StateName, Version, Vrid};

use crate::subject::{Armed, SECOND, Subject, cs, default_2, ip, rfc_2, words};

fn receive(
    router: &mut Subject,
    value: u8,
    seconds: u8,
    address: &str,
    auth: Authentication,
) -> Result<String, Reject> {
    let advertisement = Advertisement {
        version: Version::V2,
        vrid: Vrid::new(7).unwrap(),
        priority: value,
        interval: cs(u16::from(seconds) * 100),
        addresses: &[ip(address)],
        authentication: auth,
        form: ChecksumForm::Plain,
    };
    let mut octets = [0; 20];
    let (source, group) = (ip("192.0.2.20"), Family::Ipv4.group());
    assert_eq!(advertisement.encode(source, group, &mut octets), Some(20));
    let received = Received {
        interface: Some(InterfaceId(1)),
        source,
        destination: Some(group),
        hop_limit: Some(255),
        message: &octets,
    };
    router
        .router
        .receive(router.now, &received)
        .map(|actions| words(&actions))
}

const OURS: &str = "198.51.100.1";

/// V2-7.1-06: RFC 3768 discards; `default` treats it as RFC 9568 with erratum 8298 does.
#[test]
fn v2_7_1_06_obeys_an_owner_discards() {
    let mut strict = Subject::active(rfc_2(255, 1));
    let before = strict.armed();
    assert_eq!(
        receive(&mut strict, 255, 1, OURS, Authentication::None),
        Err(Reject::OwnerConflict)
    );
    assert_eq!(strict.armed(), before);
    assert_eq!(strict.state(), StateName::Active);
    let mut usual = Subject::active(default_2(255, 1));
    assert!(receive(&mut usual, 255, 1, OURS, Authentication::None).is_ok());
    assert_eq!(usual.state(), StateName::Backup, "the higher address");
    assert_eq!(usual.router.counters().owner_conflicts, 1);
    proves!("V2-7.1-06", Refuses);
}

/// V2-7.1-08: `rfc` drops another list unless the sender is the owner; `default` only counts.
#[test]
fn v2_7_1_08_obeys_another_list_is_dropped() {
    let mut strict = Subject::backup(rfc_2(100, 1));
    strict.wait(SECOND);
    let other = "198.51.100.2";
    assert_eq!(
        receive(&mut strict, 200, 1, other, Authentication::None),
        Err(Reject::AddressListMismatch)
    );
    assert_eq!(strict.armed(), Armed::Down(2_609_375_000));
    assert_eq!(
        receive(&mut strict, 255, 1, other, Authentication::None),
        Ok(String::new())
    );
    assert_eq!(
        strict.armed(),
        Armed::Down(3_609_375_000),
        "the owner is believed"
    );
    let mut usual = Subject::backup(default_2(100, 1));
    assert_eq!(
        receive(&mut usual, 200, 1, other, Authentication::None),
        Ok(String::new())
    );
    assert_eq!(usual.router.counters().address_list_warnings, 1);
    proves!("V2-7.1-08", Obeys);
    proves!("V2-7.1-08", Refuses);
}

/// V2-7.1-09: another interval is dropped in every profile.
#[test]
fn v2_7_1_09_obeys_another_interval_is_dropped() {
    for settings in [rfc_2(100, 1), default_2(100, 1)] {
        let mut router = Subject::backup(settings);
        router.wait(SECOND);
        let result = receive(&mut router, 200, 2, OURS, Authentication::None);
        assert_eq!(result, Err(Reject::IntervalMismatch));
        assert_eq!(router.armed(), Armed::Down(2_609_375_000));
    }
    proves!("V2-7.1-09", Refuses);
}

fn with_password(mut settings: Settings) -> Settings {
    settings.authentication = Authentication::password(b"secret").unwrap();
    settings
}

/// V2-7.1-07, A-5.3.6.2-02: the password, and nothing else, is let through.
#[test]
fn v2_7_1_07_obeys_the_password_decides() {
    let mut router = Subject::backup(with_password(default_2(100, 1)));
    let right = Authentication::password(b"secret").unwrap();
    let wrong = Authentication::password(b"Secret").unwrap();
    assert_eq!(receive(&mut router, 200, 1, OURS, right), Ok(String::new()));
    assert_eq!(receive(&mut router, 200, 1, OURS, wrong), Err(Reject::AuthFailed));
    assert_eq!(
        receive(&mut router, 200, 1, OURS, Authentication::None),
        Err(Reject::AuthTypeMismatch)
    );
    proves!("V2-7.1-07", "A-5.3.6.2-02", Obeys);
    proves!("V2-7.1-07", "A-5.3.6.2-02", Refuses);
}

/// A-6.1.1-01: the password belongs to a virtual router, not to the interface: two routers on one have two.
#[test]
fn a_6_1_1_01_obeys_two_routers_on_one_interface_have_two_passwords() {
    let passwords = [b"first".as_slice(), b"second"].map(|text| Authentication::password(text).unwrap());
    let mut node = vrrp_core::Router::new();
    let ids = [(7, passwords[0]), (8, passwords[1])].map(|(vrid, authentication)| {
        let mut settings = default_2(100, 1);
        settings.vrid = Vrid::new(vrid).unwrap();
        settings.authentication = authentication;
        node.add(settings.build().unwrap()).unwrap()
    });
    let group = Family::Ipv4.group();
    for (vrid, id) in [(7, ids[0]), (8, ids[1])] {
        for (number, authentication) in passwords.into_iter().enumerate() {
            let advertisement = Advertisement {
                version: Version::V2,
                vrid: Vrid::new(vrid).unwrap(),
                priority: 200,
                interval: cs(100),
                addresses: &[ip(OURS)],
                authentication,
                form: ChecksumForm::Plain,
            };
            let mut octets = [0; 20];
            advertisement
                .encode(ip("192.0.2.20"), group, &mut octets)
                .unwrap();
            let received = Received {
                interface: Some(InterfaceId(1)),
                source: ip("192.0.2.20"),
                destination: Some(group),
                hop_limit: Some(255),
                message: &octets,
            };
            let now = vrrp_core::Instant::from_nanos(SECOND);
            let heard = node.receive(now, &received, &mut vrrp_core::Outbox::new());
            let expected = if usize::from(vrid) == number + 7 {
                Ok(id)
            } else {
                Err(Reject::AuthFailed)
            };
            let heard = heard.map(|accepted| accepted.instance);
            assert_eq!(heard.map_err(|rejected| rejected.reject), expected, "VRID {vrid}");
        }
    }
    proves!("A-6.1.1-01", Obeys);
}

/// V2-6.1-01: RFC 3768 has no password, so `rfc` refuses one; A-5.3.10-01: 1 to 8 octets.
#[test]
fn v2_6_1_01_refuses_a_password_in_rfc() {
    assert_eq!(
        with_password(rfc_2(100, 1)).build(),
        Err(ConfigError::Authentication)
    );
    assert!(Authentication::password(b"").is_none());
    assert!(Authentication::password(b"12345678").is_some());
    assert!(Authentication::password(b"123456789").is_none());
    let shown = format!("{:?}", Authentication::password(b"secret"));
    assert!(!shown.contains("secret"), "SEC-08: {shown}");
    proves!("V2-6.1-01", "A-5.3.10-01", "SEC-07", "SEC-08", Refuses);
}
