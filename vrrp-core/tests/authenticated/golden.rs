//! `golden-hmac.json` as values, and its receivers as settings.

use std::net::IpAddr;
use std::sync::LazyLock;

use serde_json::Value;
use vrrp_core::{
    AntiReplay, AuthHmac, Family, HmacKey, HmacMode, InterfaceId, Interval, Path, Peer, Priority, Profile,
    Settings, Version, Vrid, WallClock,
};

static GOLDEN: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("golden-hmac.json")).unwrap());

/// One packet of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet(pub(crate) &'static Value);

/// The packets of one list.
pub(crate) fn packets(list: &str) -> impl Iterator<Item = Packet> {
    GOLDEN[list].as_array().unwrap().iter().map(Packet)
}

pub(crate) fn packet(id: &str) -> Packet {
    let lists = ["captured", "vectors", "negative", "live"];
    lists
        .into_iter()
        .flat_map(packets)
        .find(|packet| packet.text("id") == id)
        .unwrap()
}

impl Packet {
    pub(crate) fn text(&self, field: &str) -> &'static str {
        self.0[field].as_str().unwrap()
    }

    pub(crate) fn number(&self, field: &str) -> u64 {
        self.0[field].as_u64().unwrap()
    }

    pub(crate) fn octets(&self, field: &str) -> Vec<u8> {
        hex(self.text(field))
    }

    /// For messages.
    pub(crate) fn named(&self) -> String {
        format!("{} ({})", self.text("id"), self.text("title"))
    }

    /// `accept`, or the id of a reject.
    pub(crate) fn expected(&self) -> &'static str {
        self.text("expect")
    }

    pub(crate) fn wall(&self) -> WallClock {
        let millis = self.number("now_ms");
        WallClock {
            seconds: millis / 1000,
            nanos: (millis % 1000) as u32 * 1_000_000,
        }
    }

    /// Highest sequence accepted before from this source.
    pub(crate) fn mark(&self) -> Option<u64> {
        self.0["mark"]
            .as_str()
            .map(|mark| u64::from_str_radix(mark, 16).unwrap())
    }
}

/// The name of the node that sent what `receiver` was made to receive.
pub(crate) fn other(receiver: &str) -> String {
    match receiver.strip_suffix("-a") {
        Some(pair) => format!("{pair}-b"),
        None => format!("{}-a", receiver.strip_suffix("-b").unwrap()),
    }
}

pub(crate) fn primary(receiver: &str) -> IpAddr {
    address(&GOLDEN["receivers"][receiver]["primary"])
}

pub(crate) fn settings(receiver: &str) -> Settings {
    let value = &GOLDEN["receivers"][receiver];
    let number = |field: &str| u16::try_from(value[field].as_u64().unwrap()).unwrap();
    let family = match value["family"].as_str().unwrap() {
        "ipv4" => Family::Ipv4,
        "ipv6" => Family::Ipv6,
        other => panic!("{other}"),
    };
    let vrid = Vrid::new(number("vrid") as u8).unwrap();
    let mut settings = Settings::new(Profile::Default, family, vrid, InterfaceId(2));
    settings.version = match number("version") {
        2 => Version::V2,
        3 => Version::V3,
        other => panic!("{other}"),
    };
    settings.priority = Priority::new(number("priority") as u8).unwrap();
    settings.interval = Interval::from_centiseconds(number("interval_cs")).unwrap();
    settings.addresses = addresses(&value["addresses"]);
    let peers = addresses(&value["peers"]);
    if !peers.is_empty() {
        // keepalived does not look at the TTL of unicast unless it is told to (HL61).
        let peer = |address| Peer {
            address,
            hop_limit_min: 0,
            hop_limit_max: 255,
        };
        settings.path = Path::Unicast {
            local: Some(primary(receiver)),
            peers: peers.into_iter().map(peer).collect(),
        };
    }
    let keys = value["keys"].as_object().unwrap().iter();
    let keys =
        keys.map(|(id, octets)| HmacKey::new(id.parse().unwrap(), &hex(octets.as_str().unwrap())).unwrap());
    settings.auth_hmac = Some(AuthHmac {
        keys: keys.collect(),
        active_key: number("active_key") as u8,
        mode: match value["mode"].as_str().unwrap() {
            "enforce" => HmacMode::Enforce,
            "permissive" => HmacMode::Permissive,
            other => panic!("{other}"),
        },
        anti_replay: match value["anti_replay"].as_str().unwrap() {
            "time" => AntiReplay::Time,
            "monotonic" => AntiReplay::Monotonic,
            other => panic!("{other}"),
        },
        window_seconds: value["window_s"].as_u64().map(|seconds| seconds as u16),
    });
    settings
}

/// The octets of one of the receiver's keys.
pub(crate) fn key(receiver: &str, id: u8) -> Vec<u8> {
    let keys = &GOLDEN["receivers"][receiver]["keys"];
    hex(keys[id.to_string()].as_str().unwrap())
}

fn addresses(value: &Value) -> Vec<IpAddr> {
    value.as_array().unwrap().iter().map(address).collect()
}

fn address(value: &Value) -> IpAddr {
    value.as_str().unwrap().parse().unwrap()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty());
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
