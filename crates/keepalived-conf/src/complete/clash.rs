//! What two instances cannot both have.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{Config, Dropped, Path, VrrpInstance};

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
                .effect("the second one is left out, as keepalived does")
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

/// An address stands once in an instance; the later one is left out.
pub(super) fn addresses(instances: &mut [VrrpInstance], findings: &mut Findings) {
    for instance in instances {
        let mut seen = HashMap::new();
        let name = instance.name.clone();
        let own = instance.interface.as_ref().map(|name| name.value.clone());
        for list in [&mut instance.addresses, &mut instance.excluded] {
            list.retain(|address| {
                let dev = address
                    .dev
                    .as_ref()
                    .map(|dev| dev.value.clone())
                    .or_else(|| own.clone());
                match seen.entry((address.prefix.value, dev)) {
                    std::collections::hash_map::Entry::Vacant(entry) => {
                        entry.insert(address.span);
                        true
                    }
                    std::collections::hash_map::Entry::Occupied(entry) => {
                        let text = format!("{} stands twice in {name}", address.ip());
                        let found = Diagnostic::warning("duplicate-address", address.span, text)
                            .silent()
                            .effect("the second one is left out")
                            .help("remove it")
                            .label(*entry.get(), "the first one")
                            .about(name.clone());
                        findings.push(found);
                        false
                    }
                }
            });
        }
    }
}
