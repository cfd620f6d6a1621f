//! What is written is read back as what it was; what is no answer of the kernel is refused and harms nobody.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says by a panic what is wrong"
)]

mod strategies;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use strategies::{daemon, destination, service, service_key};
use vrrp_ipvs::wire::{
    Answer, Answers, FamilyId, Request, decode_daemon, decode_destination, decode_family, decode_info,
    decode_service, decode_timeouts, encode_family_question,
};
use vrrp_ipvs::{Change, Statistics, Timeouts};

const FAMILY: FamilyId = FamilyId(0x1c);

/// The payload of the only message of a datagram, as the kernel would send it back.
fn payload(request: &Request<'_>) -> Vec<u8> {
    let mut datagram = Vec::new();
    request.encode(FAMILY, 1, &mut datagram);
    let mut answers = Answers::of(&datagram);
    let Some(Answer::Entry { sequence: 1, payload }) = answers.next() else {
        panic!("not one message: {datagram:x?}");
    };
    let payload = payload.to_vec();
    assert_eq!(answers.next(), None);
    payload
}

fn config() -> ProptestConfig {
    let persistence = FileFailurePersistence::WithSource("regressions");
    ProptestConfig {
        failure_persistence: Some(Box::new(persistence)),
        ..ProptestConfig::with_cases(256)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_service_comes_back_as_it_was(service in service()) {
        let change = Change::AddService(service.clone());
        let read = decode_service(&payload(&Request::Change(&change)));
        prop_assert_eq!(read, Ok((service, Statistics::default())));
    }

    #[test]
    fn a_destination_comes_back_as_it_was(service in service_key(), destination in destination()) {
        let change = Change::AddDestination { service, destination };
        let read = decode_destination(&payload(&Request::Change(&change))).unwrap();
        prop_assert_eq!(read.destination, destination);
        prop_assert_eq!(read.statistics, Statistics::default());
    }

    #[test]
    fn a_daemon_comes_back_as_it_was(daemon in daemon()) {
        prop_assert_eq!(decode_daemon(&payload(&Request::StartDaemon(&daemon))), Ok(daemon));
    }

    #[test]
    fn timeouts_come_back_as_they_were(tcp_seconds: u32, tcp_fin_seconds: u32, udp_seconds: u32) {
        let timeouts = Timeouts { tcp_seconds, tcp_fin_seconds, udp_seconds };
        prop_assert_eq!(decode_timeouts(&payload(&Request::SetTimeouts(&timeouts))), Ok(timeouts));
    }

    /// Many requests of one datagram are many messages, each aligned and with its own number.
    #[test]
    fn a_datagram_holds_many(services in proptest::collection::vec(service(), 1..20)) {
        let mut datagram = Vec::new();
        let changes: Vec<Change> = services.iter().cloned().map(Change::AddService).collect();
        for (sequence, change) in (0_u32..).zip(&changes) {
            Request::Change(change).encode(FAMILY, sequence, &mut datagram);
        }
        let read: Vec<_> = Answers::of(&datagram)
            .map(|answer| match answer {
                Answer::Entry { sequence, payload } => (sequence, decode_service(payload).unwrap().0),
                other => panic!("{other:?}"),
            })
            .collect();
        prop_assert_eq!(read, (0_u32..).zip(services).collect::<Vec<_>>());
    }

    /// Any octets: nothing panics, and no more is read than is there.
    #[test]
    fn octets_of_no_meaning_are_survived(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        read_everything(&octets);
    }

    /// Messages and attributes that are framed, more or less, and say anything.
    #[test]
    fn answers_of_no_meaning_are_survived(datagram in datagram()) {
        read_everything(&datagram);
    }

    /// An answer of which octets were changed, and which was cut off.
    #[test]
    fn a_damaged_answer_is_survived(
        service in service(),
        destination in destination(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        length in any::<prop::sample::Index>(),
    ) {
        let key = service.key;
        let mut datagram = Vec::new();
        Request::Change(&Change::AddService(service)).encode(FAMILY, 1, &mut datagram);
        Request::Change(&Change::AddDestination { service: key, destination }).encode(FAMILY, 2, &mut datagram);
        for (place, octet) in damage {
            let place = place.index(datagram.len());
            datagram[place] = octet;
        }
        datagram.truncate(length.index(datagram.len() + 1));
        read_everything(&datagram);
    }
}

/// An attribute of a kind that means something, whose length may be wrong by a little.
fn attribute(value: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (0_u16..17, value, prop_oneof![6 => Just(0_i16), 1 => -5_i16..6]).prop_map(|(kind, value, wrong)| {
        let length = u16::try_from(value.len() + 4)
            .unwrap()
            .saturating_add_signed(wrong);
        let mut octets = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        octets.extend(value);
        octets.resize(octets.len().next_multiple_of(4), 0);
        octets
    })
}

fn attributes() -> impl Strategy<Value = Vec<u8>> {
    let octets = || proptest::collection::vec(any::<u8>(), 0..20);
    let inner = proptest::collection::vec(attribute(octets()), 0..12).prop_map(|all| all.concat());
    proptest::collection::vec(prop_oneof![attribute(inner), attribute(octets())], 0..5)
        .prop_map(|all| all.concat())
}

fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![3 => Just(2_u16), 1 => Just(3), 1 => Just(4), 3 => Just(0x1c), 1 => any::<u16>()];
    let flags = prop_oneof![Just(0x100_u16), Just(0x300), Just(0x200), any::<u16>()];
    // Number of an error or header of generic netlink, what it answers, attributes.
    let body = (
        any::<[u8; 4]>(),
        prop_oneof![Just(0_usize), Just(16), 0..40_usize],
        attributes(),
    )
        .prop_map(|(head, skipped, attributes)| [&head[..], &vec![16; skipped], &attributes].concat());
    let message = (kind, flags, body, prop_oneof![6 => Just(0_i32), 1 => -30..30_i32]).prop_map(
        |(kind, flags, body, wrong)| {
            let length = u32::try_from(body.len() + 16)
                .unwrap()
                .saturating_add_signed(wrong);
            let mut octets = length.to_ne_bytes().to_vec();
            octets.extend([kind.to_ne_bytes(), flags.to_ne_bytes()].concat());
            octets.extend([0; 8]);
            octets.extend(body);
            octets
        },
    );
    proptest::collection::vec(message, 1..4).prop_map(|all| all.concat())
}

/// Every way to read, on the whole and on each message of it.
fn read_everything(octets: &[u8]) {
    let answers: Vec<_> = Answers::of(octets).collect();
    assert!(
        answers.len() * 16 <= octets.len(),
        "more messages than headers fit"
    );
    let mut payloads = vec![octets];
    payloads.extend(answers.iter().filter_map(|answer| match answer {
        Answer::Entry { payload, .. } => Some(*payload),
        Answer::Done { .. } | Answer::Verdict { .. } | Answer::Overrun => None,
    }));
    for payload in payloads {
        assert!(payload.len() <= octets.len());
        let _ = decode_family(payload);
        let _ = decode_service(payload);
        let _ = decode_destination(payload);
        let _ = decode_daemon(payload);
        let _ = decode_timeouts(payload);
        let _ = decode_info(payload);
    }
}

/// `nlctrl` is 16, CTRL_CMD_GETFAMILY 3, CTRL_ATTR_FAMILY_NAME 2: by hand after linux/genetlink.h.
#[cfg(target_endian = "little")]
#[test]
fn the_family_is_asked_for_by_its_name() {
    let wanted = [
        0x20, 0, 0, 0, 16, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 9, 0, 2, 0, b'I', b'P', b'V', b'S',
        0, 0, 0, 0,
    ];
    assert_eq!(encode_family_question(9), wanted);
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(
        decode_service(&[1, 1, 0, 0]).unwrap_err().to_string(),
        "the kernel's answer lacks IPVS_CMD_ATTR_SERVICE"
    );
    assert_eq!(
        decode_info(&[1, 1]).unwrap_err().to_string(),
        "the kernel's answer has 2 octets, too few for its header"
    );
}
