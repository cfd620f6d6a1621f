//! What other versions of this program have left.

use std::io::PipeReader;
use std::os::fd::IntoRawFd as _;

use vrrp_core::wire::Reject;

use super::*;

/// By a program of the first days: before signed advertisements, whose reasons came into the middle of the counters, and
/// before what a router knows of versions, bounces and answers.
const EARLIER: &str = include_str!("earlier.json");
/// The descriptors in it.
const SOCKET: &str = "1001";
const EXTRA: &str = "1002";

/// Reads `text` with two open descriptors in it; the other ends tell when those are closed.
fn read(text: &str) -> (Result<Handover, HandoverError>, [PipeReader; 2]) {
    let ((socket_end, socket), (extra_end, extra)) = (io::pipe().unwrap(), io::pipe().unwrap());
    let number = |fd: OwnedFd| fd.into_raw_fd().to_string();
    let text = text
        .replace(SOCKET, &number(socket.into()))
        .replace(EXTRA, &number(extra.into()));
    let mut file = File::from(memfd_create("vrrp-net-handover", MemfdFlags::CLOEXEC).unwrap());
    file.write_all(text.as_bytes()).unwrap();
    (Handover::read(file.into_raw_fd()), [socket_end, extra_end])
}

/// An upgrade from an earlier version is one, and no new start: the state, the counters by their names, the hold.
#[test]
fn a_handover_of_an_earlier_version_is_understood() {
    let (handover, _ends) = read(EARLIER);
    let mut handover = handover.unwrap();
    assert_eq!(handover.sockets[0].0.device.as_deref(), Some("eth1"));
    assert!(handover.take("http").is_some());
    let saved = handover.saved;
    assert_eq!(saved.held[0].address.to_string(), "192.0.2.254");
    assert!(saved.sysctls.is_empty() && saved.services[0].before.is_none());
    for (saved, state) in saved
        .services
        .iter()
        .zip([vrrp_core::StateName::Active, vrrp_core::StateName::Initialize])
    {
        let service = Service::new(&saved.name, "eth1", 51).unwrap();
        let service = service.address("192.0.2.254/24").unwrap();
        let config = service.settings.build().unwrap();
        let router = vrrp_core::VirtualRouter::restore(config, saved.snapshot.clone());
        assert_eq!(router.state().name(), state);
        assert!(router.holds(), "active, or in the hold of a planned stop");
        // By hand: two with a wrong TTL, one with an interval of 0.
        let counted: Vec<_> = (router.counters().rejected.iter())
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(counted, [(Reject::IpTtl, 2), (Reject::IntervalZero, 1)]);
        assert_eq!(router.counters().master_transitions, 1);
        // And once more, as this version writes it.
        let again = serde_json::to_string(&router.snapshot()).unwrap();
        assert_eq!(
            serde_json::from_str::<Snapshot>(&again).unwrap(),
            router.snapshot()
        );
    }
}

/// A later version has fields and reasons that this one does not know.
#[test]
fn what_a_later_version_has_beside_is_left_out() {
    let (handover, _ends) = read(EARLIER);
    let snapshot = serde_json::to_string(&handover.unwrap().saved.services[0].snapshot).unwrap();
    let later = snapshot
        .replacen("\"ip-ttl\"", "\"never-heard-of\":7,\"ip-ttl\"", 1)
        .replacen('{', "{\"later\":[1,2],", 1);
    assert_ne!(later, snapshot);
    let later: Snapshot = serde_json::from_str(&later).unwrap();
    assert_eq!(serde_json::to_string(&later).unwrap(), snapshot);
}

/// What cannot be understood leaves no descriptor open: a socket that nobody reads would still be a member of the group.
#[test]
fn what_is_not_understood_is_closed() {
    let format = EARLIER.replacen("\"format\": 1", "\"format\": 2", 1);
    let content = EARLIER.replacen("\"Active\"", "\"Dreaming\"", 1);
    for text in [format, content] {
        assert_ne!(text, EARLIER);
        let (result, ends) = read(&text);
        assert!(matches!(result, Err(HandoverError::Format(_))), "{result:?}");
        for mut end in ends {
            rustix::io::ioctl_fionbio(&end, true).unwrap();
            let read = end.read(&mut [0; 1]);
            assert!(matches!(read, Ok(0)), "still open: {read:?}");
        }
    }
}

/// The packet filter's table goes with the socket that owns it: that goes along.
#[test]
fn the_owner_of_the_packet_filter_goes_along() {
    let (mut end, owner) = io::pipe().unwrap();
    let saved = Saved {
        services: Vec::new(),
        held: Vec::new(),
        virtual_macs: Vec::new(),
        routing: Vec::new(),
        sysctls: Vec::new(),
        filter: None,
    };
    let mut handover = Handover::new(saved, Vec::new());
    handover.filter_owner = Some(owner.into());
    let file = handover.write().unwrap();
    assert_eq!(
        handover.descriptors(&file).count(),
        2,
        "both stay open through exec"
    );
    // As exec does it: the number lives on, and nobody owns it.
    let _number = handover.filter_owner.take().unwrap().into_raw_fd();
    let mut successor = Handover::read(file.into_raw_fd()).unwrap();
    let mut owner = File::from(successor.filter_owner.take().unwrap());
    owner.write_all(b"!").unwrap();
    drop((owner, successor));
    let mut heard = Vec::new();
    let _octets = end.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, b"!");
}
