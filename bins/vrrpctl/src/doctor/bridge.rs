//! Bridges of this machine on the way of the advertisements.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::finding::{About, Finding};
use super::subject::Subject;

/// Every interface as `ip` has it, in the network of the caller.
pub(super) fn links() -> Result<Value, String> {
    let asked = Command::new("ip").args(["-j", "-d", "link", "show"]).output();
    let output = asked.map_err(|error| format!("ip cannot be run ({error})"))?;
    serde_json::from_slice(&output.stdout).map_err(|error| format!("the answer of ip is no JSON ({error})"))
}

pub(super) fn findings(subjects: &[Subject], links: &Result<Value, String>) -> Vec<Finding> {
    let interfaces: BTreeSet<(&str, bool)> = subjects
        .iter()
        .filter(|one| one.group.is_some())
        .filter_map(|one| Some((one.interface.as_deref()?, one.is_v4())))
        .collect();
    interfaces
        .into_iter()
        .map(|(interface, v4)| {
            let about = About::one("bridge", interface);
            match links {
                Ok(links) => look(&about, interface, v4, links),
                Err(why) => about.unchecked(why.clone(), "install iproute2"),
            }
        })
        .collect()
}

fn look(about: &About, interface: &str, v4: bool, links: &Value) -> Finding {
    let find = |name: &str| {
        let mut all = links.as_array().into_iter().flatten();
        all.find(|link| link["ifname"] == name)
    };
    let Some(link) = find(interface) else {
        return about.unchecked(
            format!("there is no interface {interface}"),
            "make it, or correct its name",
        );
    };
    let master = link["master"].as_str().and_then(find);
    let is_bridge = |link: &Value| link["linkinfo"]["info_kind"] == "bridge";
    let bridge = if is_bridge(link) {
        Some(link)
    } else {
        master.filter(|link| is_bridge(link))
    };
    let Some(bridge) = bridge else {
        return about.ok(format!("{interface} belongs to no bridge of this machine"));
    };
    let name = bridge["ifname"].as_str().unwrap_or_default();
    let ports = links.as_array().into_iter().flatten();
    let closed: Vec<&str> = ports
        .filter(|port| port["master"] == name && port["linkinfo"]["info_slave_data"]["mcast_flood"] == false)
        .filter_map(|port| port["ifname"].as_str())
        .collect();
    if !closed.is_empty() {
        let ports = closed.join(", ");
        return about.fault(
            format!("bridge {name} floods no multicast to its port {ports} (mcast_flood off)"),
            "advertisements do not get there: who is behind it becomes Active as well",
            format!(
                "bridge link set dev {} mcast_flood on",
                closed.first().unwrap_or(&"PORT")
            ),
        );
    }
    let data = &bridge["linkinfo"]["info_data"];
    let is_on = |word: &str| data[word].as_u64() == Some(1) || data[word] == true;
    if is_on("mcast_snooping") && !is_on("mcast_querier") {
        let does = if v4 {
            "this one floods 224.0.0.18 all the same; a switch behind it that snoops may not"
        } else {
            "this one floods ff02::12 until somebody queries, and forgets its members when that one ends"
        };
        return about.warning(
            format!("bridge {name} snoops multicast and asks nobody who wants it (mcast_querier 0)"),
            does,
            format!("ip link set dev {name} type bridge mcast_querier 1, or mcast_snooping 0; a querier on the switch does as well"),
        );
    }
    about.ok(format!("bridge {name} lets multicast through to all its ports"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::finding::Level;
    use super::*;

    fn level(snooping: u8, querier: u8, flood: bool, interface: &str) -> Level {
        let links = json!([
            {"ifname": "br0", "linkinfo": {"info_kind": "bridge", "info_data": {"mcast_snooping": snooping, "mcast_querier": querier}}},
            {"ifname": "p1", "master": "br0", "linkinfo": {"info_kind": "veth", "info_slave_kind": "bridge", "info_slave_data": {"mcast_flood": flood}}},
            {"ifname": "eth9"},
        ]);
        look(&About::one("bridge", interface), interface, true, &links).level
    }

    #[test]
    fn a_bridge_is_looked_through() {
        assert_eq!(level(0, 0, true, "br0"), Level::Ok);
        assert_eq!(level(1, 1, true, "p1"), Level::Ok);
        assert_eq!(level(1, 0, true, "br0"), Level::Warning);
        assert_eq!(level(1, 1, false, "br0"), Level::Fault);
        assert_eq!(level(1, 0, false, "eth9"), Level::Ok);
        assert_eq!(level(1, 0, false, "none"), Level::Unchecked);
    }
}
