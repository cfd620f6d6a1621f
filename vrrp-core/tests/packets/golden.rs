//! `golden.json` as values, and its receivers as configurations.

use std::net::IpAddr;
use std::sync::LazyLock;

use serde_json::Value;
use vrrp_core::wire::{IpPacket, Local, Received};
use vrrp_core::{
    Authentication, Config, Family, InterfaceId, Interval, Path, Peer, Priority, Profile, Settings, Version,
    Vrid,
};

pub(crate) const INTERFACE: InterfaceId = InterfaceId(2);

static GOLDEN: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("golden.json")).unwrap());

/// One packet of the file.
pub(crate) struct Packet(&'static Value);

/// What a profile makes of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// With these warnings.
    Accept(Vec<String>),
    /// For this reason.
    Discard(String),
}

pub(crate) fn packets() -> impl Iterator<Item = Packet> {
    GOLDEN["packets"].as_array().unwrap().iter().map(Packet)
}

pub(crate) fn packet(id: &str) -> Packet {
    packets().find(|packet| packet.id() == id).unwrap()
}

pub(crate) fn timers() -> &'static [Value] {
    GOLDEN["timers"].as_array().unwrap()
}

impl Packet {
    pub(crate) fn id(&self) -> &'static str {
        text(&self.0["id"])
    }

    /// For messages: what it is, and the rows it proves.
    pub(crate) fn named(&self) -> String {
        format!(
            "{} ({}; rows {})",
            self.id(),
            text(&self.0["title"]),
            self.0["rows"]
        )
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        hex(text(&self.0["ip_hex"]))
    }

    pub(crate) fn ip(&self) -> &'static Value {
        &self.0["ip"]
    }

    pub(crate) fn message_octets(&self) -> usize {
        usize::try_from(self.0["message_octets"].as_u64().unwrap()).unwrap()
    }

    /// Fields of the message, for all packets that have its fixed part.
    pub(crate) fn message(&self) -> Option<&'static Value> {
        self.0.get("message")
    }

    pub(crate) fn checksum_right(&self, form: &str) -> Option<bool> {
        self.0
            .get("checksum_right")
            .map(|right| right[form].as_bool().unwrap())
    }

    pub(crate) fn verdict(&self, profile: Profile) -> Verdict {
        let verdict = match profile {
            Profile::Rfc => &self.0["rfc"],
            Profile::Default | Profile::Keepalived => &self.0["default"],
        };
        match verdict.get("discard") {
            Some(id) => Verdict::Discard(text(id).to_owned()),
            None => Verdict::Accept(texts(&verdict["accept"])),
        }
    }

    pub(crate) fn receiver(&self, profile: Profile) -> Receiver {
        Receiver::named(text(&self.0["receiver"]), profile)
    }
}

/// A virtual router that judges.
pub(crate) struct Receiver {
    pub(crate) config: Config,
    pub(crate) primary: IpAddr,
}

impl Receiver {
    /// As the file says; `rfc` knows neither passwords nor unicast, so there it has none (notes of G02 and G27).
    pub(crate) fn named(name: &str, profile: Profile) -> Self {
        Self {
            config: settings(name, profile).build().unwrap(),
            primary: address(&GOLDEN["receivers"][name]["primary"]),
        }
    }

    pub(crate) fn local(&self) -> Local<'_> {
        Local {
            config: &self.config,
            primary: Some(self.primary),
        }
    }
}

/// The receiver's settings, to be changed by a test.
pub(crate) fn settings(name: &str, profile: Profile) -> Settings {
    let receiver = &GOLDEN["receivers"][name];
    let family = match text(&receiver["family"]) {
        "ipv4" => Family::Ipv4,
        "ipv6" => Family::Ipv6,
        other => panic!("family {other}"),
    };
    let beyond_rfc = profile != Profile::Rfc;
    let mut settings = Settings::new(
        profile,
        family,
        Vrid::new(small(&receiver["vrid"])).unwrap(),
        INTERFACE,
    );
    settings.version = version(&receiver["version"]);
    settings.priority = Priority::new(small(&receiver["priority"])).unwrap();
    settings.interval = interval(&receiver["interval_cs"]);
    settings.preempt = receiver["preempt"].as_bool().unwrap();
    settings.addresses = addresses(&receiver["addresses"]);
    settings.v2_interop = receiver.get("v2_interop").is_some();
    if let (true, Some(password)) = (beyond_rfc, receiver.get("password")) {
        settings.authentication = Authentication::password(text(password).as_bytes()).unwrap();
    }
    if let (true, Some(peers)) = (beyond_rfc, receiver.get("unicast_peers")) {
        settings.path = Path::Unicast {
            local: None,
            peers: addresses(peers).into_iter().map(on_link).collect(),
        };
    }
    settings
}

/// A peer that has to be on the link.
pub(crate) const fn on_link(address: IpAddr) -> Peer {
    Peer {
        address,
        hop_limit_min: 255,
        hop_limit_max: 255,
    }
}

/// What a socket that tells everything would hand over.
pub(crate) const fn received<'a>(packet: &IpPacket<'a>) -> Received<'a> {
    Received {
        interface: Some(INTERFACE),
        source: packet.source,
        destination: Some(packet.destination),
        hop_limit: Some(packet.hop_limit),
        message: packet.payload,
    }
}

pub(crate) fn text(value: &'static Value) -> &'static str {
    value.as_str().unwrap()
}

pub(crate) fn texts(value: &'static Value) -> Vec<String> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(item).to_owned())
        .collect()
}

pub(crate) fn small(value: &Value) -> u8 {
    u8::try_from(value.as_u64().unwrap()).unwrap()
}

pub(crate) fn version(value: &Value) -> Version {
    match small(value) {
        2 => Version::V2,
        3 => Version::V3,
        other => panic!("version {other}"),
    }
}

pub(crate) fn interval(centiseconds: &Value) -> Interval {
    let centiseconds = u16::try_from(centiseconds.as_u64().unwrap()).unwrap();
    Interval::from_centiseconds(centiseconds).unwrap()
}

pub(crate) fn address(value: &'static Value) -> IpAddr {
    text(value).parse().unwrap()
}

pub(crate) fn addresses(value: &'static Value) -> Vec<IpAddr> {
    value.as_array().unwrap().iter().map(address).collect()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let pairs = text
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// Writes the checksum into a message, computed here and not by the crate under test: 16-bit words summed, carries
/// added back, complement; `pseudo` is the pseudo-header, or nothing.
pub(crate) fn with_checksum(mut message: Vec<u8>, pseudo: &[u8]) -> Vec<u8> {
    message[6..8].fill(0);
    let octets: Vec<u8> = pseudo.iter().chain(&message).copied().collect();
    let words = octets.chunks(2);
    let mut sum: u32 = words
        .map(|word| u32::from(word[0]) * 256 + u32::from(*word.get(1).unwrap_or(&0)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    message[6..8].copy_from_slice(&(0xffff - u16::try_from(sum).unwrap()).to_be_bytes());
    message
}

/// Source, destination, 32-bit length, three zeros, 112 (RFC 8200 section 8.1).
pub(crate) fn pseudo_header_ipv6(source: &str, destination: &str, message_octets: u8) -> Vec<u8> {
    let octets = |text: &str| text.parse::<std::net::Ipv6Addr>().unwrap().octets();
    let tail = [0, 0, 0, message_octets, 0, 0, 0, 112];
    [octets(source).as_slice(), &octets(destination), &tail].concat()
}
