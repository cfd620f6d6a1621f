//! `virtual_router_id`, as far as one file shows who else uses it.

use std::collections::HashMap;
use std::net::IpAddr;

use super::codes::{ROUTER_ID_AGAIN, SAMPLE_IDENTITY, UNICAST_CLASH};
use crate::diagnostic::Findings;
use crate::model::{Config, Family, Path, VrrpInstance};

pub(super) fn file(config: &Config, out: &mut Findings) {
    again(config, out);
    unicast(config, out);
    if let Some(instance) = config.instances.iter().find(|instance| is_sample(instance)) {
        let span = instance.virtual_router_id.span().unwrap_or(instance.span);
        let found = SAMPLE_IDENTITY
            .at(span, format!("{} has the number and the password of the sample file", instance.name))
            .effect("another pair on this network that was set up from the same sample takes part in this election, and takes or loses the addresses, as with keepalived")
            .help("choose a virtual_router_id of your own, and a password, on every node")
            .about(&instance.name);
        out.push(found);
    }
}

fn is_sample(instance: &VrrpInstance) -> bool {
    let secret = instance.authentication.as_ref();
    instance.virtual_router_id.value == 51
        && matches!(instance.path, Path::Multicast { .. })
        && secret.is_some_and(|secret| secret.value.bytes() == b"1111")
}

/// Two on one interface clash, and were said; on several they clash if these meet somewhere.
fn again(config: &Config, out: &mut Findings) {
    let mut seen: HashMap<(u8, bool), &VrrpInstance> = HashMap::new();
    for instance in &config.instances {
        if !matches!(instance.path, Path::Multicast { .. }) {
            continue;
        }
        let key = (
            instance.virtual_router_id.value,
            instance.family.value == Family::Ipv4,
        );
        let Some(first) = seen.get(&key) else {
            seen.insert(key, instance);
            continue;
        };
        let text = format!(
            "{} and {} both use virtual_router_id {}, on different interfaces",
            first.name, instance.name, key.0
        );
        let found = ROUTER_ID_AGAIN
            .at(instance.virtual_router_id.span().unwrap_or(instance.span), text)
            .effect("it works while the interfaces are in different networks; in one network, or across a bridge, each takes the other for its rival, as with keepalived")
            .help("a number for each instance avoids the question")
            .label(first.virtual_router_id.span().unwrap_or(first.span), "the first one")
            .about(&instance.name);
        out.push(found);
    }
}

/// What an advert of a peer belongs to: number, family, interface, and who sent it.
type Sender<'a> = (u8, bool, Option<&'a str>, IpAddr);

/// Several unicast instances may share number and interface as long as their peers differ.
fn unicast(config: &Config, out: &mut Findings) {
    let mut seen: HashMap<Sender<'_>, &VrrpInstance> = HashMap::new();
    for instance in &config.instances {
        let Path::Unicast { peers, .. } = &instance.path else {
            continue;
        };
        let mut clash = None;
        for peer in peers {
            let key = (
                instance.virtual_router_id.value,
                instance.family.value == Family::Ipv4,
                instance.interface.as_ref().map(|name| name.value.as_str()),
                peer.address,
            );
            let first = *seen.entry(key).or_insert(instance);
            if first.span != instance.span {
                clash = clash.or(Some((first, peer)));
            }
        }
        let Some((first, peer)) = clash else { continue };
        let text = format!(
            "{} and {} have the same virtual_router_id and the peer {}",
            first.name, instance.name, peer.address
        );
        let found = UNICAST_CLASH
            .at(instance.virtual_router_id.span().unwrap_or(instance.span), text)
            .effect("adverts of that peer cannot be told apart: one of the two instances hears those of both, as with keepalived")
            .help("give each instance a number of its own, on every node")
            .label(first.virtual_router_id.span().unwrap_or(first.span), "the first one")
            .about(&instance.name);
        out.push(found);
    }
}
