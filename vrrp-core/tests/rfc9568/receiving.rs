//! Section 7.1 as far as it concerns the state machine: what is accepted with a warning, what is discarded without a
//! trace. The octets themselves are in `packets`.

use vrrp_conformance::proves;
use vrrp_core::wire::{Advertisement, ChecksumForm, Received, Reject};
use vrrp_core::{Authentication, Family, Instant, InterfaceId, Interval, StateName, Version, Vrid};

use crate::subject::{Armed, MILLI, SECOND, Subject, cs, ip, rfc};

/// A correct message of VRID 7 from the higher address, changed by the caller.
fn message(value: u8, interval: Interval, addresses: &[&str]) -> Vec<u8> {
    let addresses = addresses.iter().map(|text| ip(text)).collect::<Vec<_>>();
    let advertisement = Advertisement {
        version: Version::V3,
        vrid: Vrid::new(7).unwrap(),
        priority: value,
        interval,
        addresses: &addresses,
        authentication: Authentication::None,
        form: ChecksumForm::Plain,
    };
    let mut octets = vec![0; advertisement.encoded_len(Family::Ipv4)];
    advertisement
        .encode(ip("192.0.2.20"), Family::Ipv4.group(), &mut octets)
        .unwrap();
    octets
}

fn received(octets: &[u8]) -> Received<'_> {
    Received {
        interface: Some(InterfaceId(1)),
        source: ip("192.0.2.20"),
        destination: Some(Family::Ipv4.group()),
        hop_limit: Some(255),
        message: octets,
    }
}

fn receive(router: &mut Subject, octets: &[u8]) -> Result<String, Reject> {
    let actions = router.router.receive(router.now, &received(octets))?;
    Ok(crate::subject::words(&actions))
}

/// V3-7.1-10: another interval is noticed and accepted.
#[test]
fn v3_7_1_10_obeys_another_interval_is_counted_and_learned() {
    let mut router = Subject::backup(rfc(100, 100));
    assert_eq!(
        receive(&mut router, &message(200, cs(50), &["198.51.100.1"])),
        Ok(String::new())
    );
    assert_eq!(router.router.counters().interval_warnings, 1);
    assert_eq!(router.armed(), Armed::Down(1_804_687_500));
    proves!("V3-7.1-10", Obeys);
}

/// V3-7.1-11: another list is noticed and accepted.
#[test]
fn v3_7_1_11_obeys_another_list_is_counted_and_accepted() {
    let mut router = Subject::backup(rfc(100, 100));
    router.wait(SECOND);
    let other = message(200, cs(100), &["198.51.100.2"]);
    assert_eq!(receive(&mut router, &other), Ok(String::new()));
    assert_eq!(router.router.counters().address_list_warnings, 1);
    assert_eq!(router.armed(), Armed::Down(3_609_375_000));
    proves!("V3-7.1-11", "X-16", Obeys);
}

/// V3-7.1-13, erratum 8298: an owner logs the conflict and processes the packet.
#[test]
fn v3_7_1_13_obeys_an_owner_processes_advertisements() {
    let mut router = Subject::active(rfc(255, 100));
    let answer = receive(&mut router, &message(254, cs(100), &["198.51.100.1"]));
    assert_eq!(answer.unwrap(), "Send(255); Reasserted(192.0.2.20, 254)");
    assert_eq!(router.router.counters().owner_conflicts, 1);
    receive(&mut router, &message(255, cs(100), &["198.51.100.1"])).unwrap();
    assert_eq!(
        router.state(),
        StateName::Backup,
        "the higher address of two owners wins"
    );
    proves!("V3-7.1-13", Obeys);
}

/// V3-7.1-14, PRJ-RX-09: exactly one counter, and everything else as it was.
#[test]
fn v3_7_1_14_obeys_a_rejected_packet_leaves_one_count() {
    let good = message(200, cs(50), &["198.51.100.1"]);
    let spoiled = |at: usize, octet: u8| {
        let mut octets = good.clone();
        octets[at] = octet;
        octets
    };
    let cases = [
        (spoiled(0, 0x41), Reject::Version),
        (spoiled(0, 0x32), Reject::Type),
        (spoiled(7, good[7] ^ 1), Reject::Checksum),
        (good[..11].to_vec(), Reject::LengthShort),
        (good[..7].to_vec(), Reject::LengthShort),
        ([good.as_slice(), &[0]].concat(), Reject::LengthSurplus),
    ];
    for settings in [rfc(100, 100), rfc(255, 100)] {
        let mut router = Subject::new(settings);
        router.start();
        router.wait(400 * MILLI);
        for (octets, reject) in &cases {
            let before = (
                router.router.state(),
                router.deadline(),
                router.router.last_active(),
            );
            assert_eq!(receive(&mut router, octets), Err(*reject));
            assert_eq!(
                before,
                (
                    router.router.state(),
                    router.deadline(),
                    router.router.last_active()
                )
            );
        }
        let rejected = router.router.counters().rejected;
        assert_eq!(rejected.get(Reject::LengthShort), 2);
        assert_eq!(rejected.iter().map(|(_, count)| count).sum::<u64>(), 6);
        assert_eq!(router.router.counters().advertisement_rcvd, 0);
    }
    proves!("V3-7.1-14", "PRJ-RX-09", Obeys);
    proves!("V3-7.1-03", "V3-7.1-04", "V3-7.1-05", "V3-7.1-06", Refuses);
}

/// V3-7.1-01, V3-7.1-02: a hop limit other than 255, or unknown.
#[test]
fn v3_7_1_01_refuses_another_hop_limit() {
    let octets = message(200, cs(100), &["198.51.100.1"]);
    let mut router = Subject::backup(rfc(100, 100));
    for hop_limit in [Some(254), Some(0), None] {
        let packet = Received {
            hop_limit,
            ..received(&octets)
        };
        let result = router.router.receive(Instant::from_nanos(0), &packet);
        assert_eq!(result.unwrap_err(), Reject::IpTtl);
    }
    assert_eq!(router.router.counters().advertisement_rcvd, 0);
    proves!("V3-7.1-01", Refuses);
}
