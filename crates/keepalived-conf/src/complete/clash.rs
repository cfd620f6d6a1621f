//! What two instances cannot both have.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::diagnostic::{Diagnostic, Findings};
use crate::keywords::Scope;
use crate::model::{Address, Config, Dropped, Missing, Path, VrrpInstance};
use crate::source::Span;

/// One number, family and interface belongs to one multicast instance; the later one is dropped.
pub(super) fn routers(config: &mut Config, findings: &mut Findings) {
    let mut seen = HashMap::new();
    let instances = std::mem::take(&mut config.instances);
    for instance in instances {
        let multicast = matches!(instance.path, Path::Multicast { .. });
        let interface = instance.interface.as_ref().map(|name| name.value.clone());
        let key = (
            interface,
            instance.virtual_router_id.value,
            instance.family.value == crate::model::Family::Ipv4,
        );
        if !multicast {
            config.instances.push(instance);
            continue;
        }
        let own = instance.virtual_router_id.span().unwrap_or(instance.span);
        if let Some((name, first)) = seen.get(&key) {
            let text = format!(
                "{name} and {} both use virtual_router_id {} on {}",
                instance.name,
                instance.virtual_router_id.value,
                key.0.as_deref().unwrap_or("no interface")
            );
            let found = Diagnostic::dropped("router-clash", own, text)
                .effect("the second one is left out; keepalived 2.2.7 reports it in its test, and does not start with such a file")
                .help("give each instance on an interface a number of its own")
                .label(*first, "the first one")
                .about(instance.name.clone());
            findings.push(found);
            config.dropped.push(Dropped {
                name: instance.name,
                span: instance.span,
            });
            continue;
        }
        seen.insert(key, (instance.name.clone(), own));
        config.instances.push(instance);
    }
}

/// An address stands once: in an instance, and on an interface. The later one is left out; an instance that does not
/// start as it is written takes none from one that does.
pub(super) fn addresses(instances: &mut [VrrpInstance], findings: &mut Findings) {
    let mut held: HashMap<(IpAddr, Option<String>), (String, Span)> = HashMap::new();
    let (starts, others): (Vec<_>, Vec<_>) = instances
        .iter_mut()
        .partition(|instance| instance.missing.is_empty());
    for instance in starts.into_iter().chain(others) {
        let name = instance.name.clone();
        let interface = instance.interface.as_ref().map(|name| name.value.clone());
        let advertised = instance.addresses.len();
        let mut own: HashMap<IpAddr, Address> = HashMap::new();
        let mut lost = None;
        for list in [&mut instance.addresses, &mut instance.excluded] {
            list.retain(|address| {
                let ip = address.ip();
                if let Some(first) = own.get(&ip) {
                    findings.push(twice(first, address, &name));
                    return false;
                }
                let device = address.dev.as_ref().map(|dev| dev.value.clone());
                let place = (ip, device.or_else(|| interface.clone()));
                if let Some((other, first)) = held.get(&place) {
                    findings.push(in_two(other, *first, address, &name, place.1.as_deref()));
                    lost = lost.or(Some(address.span));
                    return false;
                }
                held.insert(place, (name.clone(), address.span));
                own.insert(ip, address.clone());
                true
            });
        }
        if let Some(span) = lost.filter(|_| advertised > 0 && instance.addresses.is_empty()) {
            instance.missing.push(Missing {
                word: "virtual_ipaddress".to_owned(),
                span,
                scope: Scope::Instance,
                why: "other instances have all of its addresses: an active node would serve none".to_owned(),
                allow_word: "virtual_ipaddress".to_owned(),
            });
        }
    }
}

/// keepalived 2.2.7 takes the same address twice, and advertises it twice, without a word.
fn twice(first: &Address, again: &Address, name: &str) -> Diagnostic {
    let alike = |one: &Address| (one.prefix.value, one.dev.as_ref().map(|dev| dev.value.clone()));
    let found = if alike(first) == alike(again) {
        let text = format!("{} stands twice in {name}", again.ip());
        Diagnostic::warning("duplicate-address", again.span, text)
            .effect("the second one is left out")
            .help("remove it, on every node")
    } else {
        let text = format!("{} stands twice in {name}, each time otherwise", again.ip());
        Diagnostic::error("duplicate-address", again.span, text)
            .effect("the second one is left out; keepalived holds both")
            .help("remove the one that is not meant, on every node")
    };
    found.silent().label(first.span, "the first one").about(name)
}

/// keepalived 2.2.7 gives it to both without a word: whichever hands over first takes it from the other, and two nodes
/// can hold it at a time.
fn in_two(other: &str, first: Span, again: &Address, name: &str, interface: Option<&str>) -> Diagnostic {
    let place = interface.map_or_else(String::new, |interface| format!(" on {interface}"));
    let text = format!("{}{place} stands in {other} and in {name}", again.ip());
    Diagnostic::error("address-of-two", again.span, text)
        .silent()
        .effect(format!(
            "it is left out of {name}: two instances can be active on two nodes, and both would hold it"
        ))
        .help("remove it from one of them, on every node")
        .label(first, "the first one")
        .about(name)
}
