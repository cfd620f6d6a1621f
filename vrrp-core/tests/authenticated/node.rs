//! A router with a wall clock, and a signer that shares no code with the one under test.

use std::hash::{DefaultHasher, Hasher};
use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vrrp_core::wire::{Advertisement, ChecksumForm, IpPacket, Received, Reject, Trailer};
use vrrp_core::{
    Actions, Authentication, Deadline, Draft, Family, Input, Instant, InterfaceId, Link, Path, Settings,
    State, VirtualRouter, WallClock,
};

use crate::golden::{Packet, key, packet, primary, settings};

pub(crate) const SECOND: u64 = 1_000_000_000;

pub(crate) struct Node {
    pub(crate) router: VirtualRouter,
    pub(crate) now: Instant,
}

/// Everything that decides what the router will do.
pub(crate) type Future = (State, Option<Deadline>, u64);

impl Node {
    /// In Backup.
    pub(crate) fn new(settings: Settings, primary: IpAddr) -> Self {
        let mut node = Self {
            router: VirtualRouter::new(settings.build().unwrap()),
            now: Instant::from_nanos(3600 * SECOND),
        };
        let primary = Some(primary);
        node.router
            .handle(node.now, Input::Link(Link { up: true, primary }));
        node.router.handle(node.now, Input::Start);
        node
    }

    /// One of the file's receivers.
    pub(crate) fn named(receiver: &str) -> Self {
        Self::new(settings(receiver), primary(receiver))
    }

    /// One that has heard what the packet needs it to have heard.
    pub(crate) fn before(packet: Packet) -> Self {
        let receiver = packet.text("receiver");
        let octets = packet.octets("ip_hex");
        let ip = IpPacket::parse(&octets).unwrap();
        let mut settings = settings(receiver);
        if let Path::Unicast { local, .. } = &mut settings.path {
            // Both peers of a sender are one receiver in the file.
            *local = Some(ip.destination);
        }
        let mut node = Self::new(settings, primary(receiver));
        if let Some(mark) = packet.mark() {
            let earlier = node.forged(receiver, ip.source, mark);
            // At that time, whatever the clock has done since.
            let then = WallClock {
                seconds: mark >> 32,
                nanos: 0,
            };
            node.hear(then, ip.source, &earlier).unwrap();
        }
        node
    }

    /// An advertisement to this router as `source` would sign it with the key that `receiver` has.
    pub(crate) fn forged(&self, receiver: &str, source: IpAddr, sequence: u64) -> Vec<u8> {
        let config = self.router.config();
        let active = config.auth_hmac.as_ref().unwrap().active_key;
        signed(
            config,
            source,
            self.destination(),
            &key(receiver, active),
            active,
            sequence,
        )
    }

    pub(crate) fn destination(&self) -> IpAddr {
        match &self.router.config().path {
            Path::Multicast { group } => *group,
            Path::Unicast { local, .. } => local.unwrap(),
        }
    }

    pub(crate) fn hear(
        &mut self,
        wall: WallClock,
        source: IpAddr,
        message: &[u8],
    ) -> Result<Actions, Reject> {
        let received = Received {
            interface: Some(InterfaceId(2)),
            source,
            destination: Some(self.destination()),
            hop_limit: Some(255),
            message,
        };
        self.router.receive_at(self.now, Some(wall), &received)
    }

    /// A whole IP packet of the file.
    pub(crate) fn hear_packet(&mut self, wall: Option<WallClock>, octets: &[u8]) -> Result<Actions, Reject> {
        let ip = IpPacket::parse(octets)?;
        let received = Received {
            interface: Some(InterfaceId(2)),
            source: ip.source,
            destination: Some(ip.destination),
            hop_limit: Some(ip.hop_limit),
            message: ip.payload,
        };
        self.router.receive_at(self.now, wall, &received)
    }

    /// `accept`, or the id of the reject.
    pub(crate) fn verdict(&mut self, packet: Packet) -> &'static str {
        match self.hear_packet(Some(packet.wall()), &packet.octets("ip_hex")) {
            Ok(_) => "accept",
            Err(reject) => reject.id(),
        }
    }

    pub(crate) fn future(&self) -> Future {
        let mut hasher = DefaultHasher::new();
        self.router.fingerprint(self.now, &mut hasher);
        (self.router.state(), self.router.deadline(), hasher.finish())
    }

    /// What it sends at `wall`, to its first destination.
    pub(crate) fn sends(&mut self, wall: WallClock, priority: u8) -> Option<Vec<u8>> {
        let version = self.router.config().version;
        let sealed = self.router.seal(Draft { priority, version }, Some(wall));
        let mut buffer = [0; 256];
        let destination = sealed.destinations().next().unwrap();
        let length = sealed.encode(destination, &mut buffer)?;
        assert_eq!(length, sealed.encoded_len());
        Some(buffer[..length].to_vec())
    }
}

/// The trailer at the end of a message.
pub(crate) fn trailer(message: &[u8]) -> Trailer {
    Trailer::from_octets(message.last_chunk().unwrap())
}

pub(crate) fn at(seconds: u64) -> WallClock {
    WallClock { seconds, nanos: 0 }
}

/// The receiver of the captured packet H01, and that packet's source, time and payload.
pub(crate) fn h01() -> (Node, IpAddr, WallClock, Vec<u8>) {
    let packet = packet("H01");
    let octets = packet.octets("ip_hex");
    let ip = IpPacket::parse(&octets).unwrap();
    let node = Node::named(packet.text("receiver"));
    (node, ip.source, packet.wall(), ip.payload.to_vec())
}

/// Part 2 of the format written down again: pseudo-header, message with a checksum of zero, trailer, zeros.
pub(crate) fn signed(
    settings: &Settings,
    source: IpAddr,
    destination: IpAddr,
    key: &[u8],
    key_id: u8,
    sequence: u64,
) -> Vec<u8> {
    let advertisement = Advertisement {
        version: settings.version,
        vrid: settings.vrid,
        priority: 200,
        interval: settings.interval,
        addresses: &settings.addresses,
        authentication: Authentication::None,
        form: ChecksumForm::Pseudo,
    };
    let mut message = vec![0; advertisement.encoded_len(settings.family)];
    advertisement.encode(source, destination, &mut message).unwrap();
    let mut head = vec![1, key_id, 0, 0];
    head.extend(sequence.to_be_bytes());
    let mut input = match source {
        IpAddr::V4(_) => vec![4],
        IpAddr::V6(_) => vec![6],
    };
    input.extend([settings.version.number(), settings.vrid.get(), 0]);
    match source {
        IpAddr::V4(source) => {
            input.extend(source.octets());
            input.extend([0; 12]);
        }
        IpAddr::V6(source) => input.extend(source.octets()),
    }
    let mut without_checksum = message.clone();
    without_checksum[6..8].fill(0);
    input.extend(without_checksum);
    input.extend(&head);
    input.extend([0; 16]);
    message.extend(head);
    message.extend(&tag(key, &input)[..16]);
    if settings.family == Family::Ipv6 {
        checksum_again(&mut message, source, destination);
    }
    message
}

/// The whole digest.
pub(crate) fn tag(key: &[u8], input: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(input);
    mac.finalize().into_bytes().to_vec()
}

/// The IPv6 checksum over message and trailer: the one that makes it verify, looked for by trying.
fn checksum_again(message: &mut [u8], source: IpAddr, destination: IpAddr) {
    for sum in 0..=u16::MAX {
        message[6..8].copy_from_slice(&sum.to_be_bytes());
        if vrrp_core::wire::verify(message, source, destination).pseudo {
            return;
        }
    }
    panic!("no checksum fits");
}
