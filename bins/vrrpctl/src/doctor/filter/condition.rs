//! Conditions of rules, as far as they say something of a packet of protocol 112.

use std::net::IpAddr;

use serde_json::Value;

use super::Packet;

/// Whether a condition holds; none: that is not known.
pub(super) fn holds(condition: &Value, packet: &Packet<'_>) -> Option<bool> {
    let (left, right) = (&condition["left"], &condition["right"]);
    if is_foreign(&left["payload"], packet) {
        return Some(false);
    }
    let holds = if let Some(key) = left["meta"]["key"].as_str() {
        match key {
            "iifname" | "iif" | "oifname" | "oif" if key.starts_with('o') != packet.goes_out => Some(false),
            "iifname" | "iif" | "oifname" | "oif" => name(packet.interface?, right),
            "l4proto" => protocol(right),
            "nfproto" => text(right, if packet.v4 { "ipv4" } else { "ipv6" }),
            "protocol" => text(right, if packet.v4 { "ip" } else { "ip6" }),
            "pkttype" if packet.goes_out => None,
            "pkttype" if packet.destination.is_some() => text(right, "multicast"),
            "pkttype" => text(right, "host"),
            _ => None,
        }
    } else if let Some(field) = left["payload"]["field"].as_str() {
        let of = left["payload"]["protocol"].as_str().unwrap_or_default();
        match (of, field) {
            ("ip", "protocol") | ("ip6", "nexthdr") => protocol(right),
            ("ip" | "ip6", "daddr") => address(packet.destination?, right),
            ("ip" | "ip6", "saddr") => address(packet.source?, right),
            ("ip", "ttl") | ("ip6", "hoplimit") => text(right, "255"),
            _ => None,
        }
    } else if left["ct"]["key"] == "state" {
        // The first of each is new, and nothing ever answers.
        Some(
            list(right)
                .iter()
                .any(|state| *state == "new" || *state == "untracked"),
        )
    } else {
        None
    };
    match condition["op"].as_str() {
        Some("==" | "in") => holds,
        Some("!=") => holds.map(|holds| !holds),
        _ => None,
    }
}

/// A field of a protocol that it is none of: nft asks for the protocol first, and the operator is not reached.
fn is_foreign(payload: &Value, packet: &Packet<'_>) -> bool {
    match payload["protocol"].as_str() {
        Some("ip") => !packet.v4,
        Some("ip6") => packet.v4,
        Some(of) => matches!(
            of,
            "tcp"
                | "udp"
                | "icmp"
                | "icmpv6"
                | "igmp"
                | "udplite"
                | "sctp"
                | "dccp"
                | "esp"
                | "ah"
                | "comp"
                | "gre"
        ),
        None => false,
    }
}

/// A map by the state of a connection, of which neither `new` nor `untracked` is a key: it leaves advertisements alone.
pub(super) fn is_of_answers(map: &Value) -> bool {
    let Some(all) = map["data"]["set"]
        .as_array()
        .filter(|_| map["key"]["ct"]["key"] == "state")
    else {
        return false;
    };
    let mut keys = all.iter().map(|entry| entry[0].as_str());
    keys.all(|key| matches!(key, Some("established" | "related" | "invalid")))
}

/// The members of a set that is written out, or the one value.
fn list(value: &Value) -> Vec<&Value> {
    let set = value["set"].as_array().or_else(|| value.as_array());
    set.map_or_else(|| vec![value], |set| set.iter().collect())
}

/// A set that has a name is somewhere else.
fn any(right: &Value, one: impl Fn(&Value) -> Option<bool>) -> Option<bool> {
    let all: Vec<Option<bool>> = list(right).into_iter().map(one).collect();
    if all.contains(&Some(true)) {
        return Some(true);
    }
    all.iter().all(Option::is_some).then_some(false)
}

fn is_named_set(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with('@'))
}

fn text(right: &Value, wanted: &str) -> Option<bool> {
    any(right, |one| match one {
        _ if is_named_set(one) => None,
        Value::String(text) => Some(text == wanted),
        Value::Number(number) => Some(number.to_string() == wanted),
        _ => None,
    })
}

fn name(interface: &str, right: &Value) -> Option<bool> {
    any(right, |one| {
        let text = one.as_str().filter(|_| !is_named_set(one))?;
        Some(match text.strip_suffix('*') {
            Some(begin) => interface.starts_with(begin),
            None => interface == text,
        })
    })
}

fn protocol(right: &Value) -> Option<bool> {
    any(right, |one| match one {
        _ if is_named_set(one) => None,
        Value::String(text) => Some(matches!(text.as_str(), "vrrp" | "112" | "carp")),
        Value::Number(number) => Some(number.as_u64() == Some(112)),
        Value::Object(_) => match one["range"].as_array().map(Vec::as_slice) {
            Some([low, high]) => Some(low.as_u64()? <= 112 && 112 <= high.as_u64()?),
            _ => None,
        },
        _ => None,
    })
}

fn address(address: IpAddr, right: &Value) -> Option<bool> {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    let (own, width) = bits(address);
    any(right, |one| match one {
        _ if is_named_set(one) => None,
        Value::String(text) => Some(text.parse() == Ok(address)),
        Value::Object(_) => {
            if let Some(prefix) = one.get("prefix") {
                let net: IpAddr = prefix["addr"].as_str()?.parse().ok()?;
                let (net, net_width) = bits(net);
                let length = u32::try_from(prefix["len"].as_u64()?).ok()?;
                let differs = (own ^ net).leading_zeros();
                return Some(net_width == width && differs >= length.min(width));
            }
            let [low, high] = one["range"].as_array()?.as_slice() else {
                return None;
            };
            let of = |end: &Value| Some(bits(end.as_str()?.parse().ok()?).0);
            Some(of(low)? <= own && own <= of(high)?)
        }
        _ => None,
    })
}
