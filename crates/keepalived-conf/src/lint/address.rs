//! Addresses of an instance.

use super::codes::{DETECTION_ON, DEV_NOT_TRACKED, LABEL_OF_OTHER, SOURCE_IS_VIRTUAL};
use crate::diagnostic::Findings;
use crate::model::{Address, Path, VrrpInstance};

pub(super) fn instance(instance: &VrrpInstance, out: &mut Findings) {
    let mut told = Vec::new();
    for address in instance.addresses.iter().chain(&instance.excluded) {
        elsewhere(instance, address, &mut told, out);
        label(instance, address, out);
        if address.duplicate_detection && address.ip().is_ipv6() {
            let found = DETECTION_ON
                .at(address.span, format!("{} is used only after duplicate address detection", address.ip()))
                .effect("it does not answer for a second or more after a takeover, and not at all if the other node still has it, as with keepalived")
                .help("take -nodad away: without the word detection is off")
                .about(&instance.name);
            out.push(found);
        }
    }
    source(instance, out);
}

/// Told once for each interface.
fn elsewhere<'a>(instance: &VrrpInstance, address: &'a Address, told: &mut Vec<&'a str>, out: &mut Findings) {
    let (Some(dev), Some(own)) = (&address.dev, &instance.interface) else {
        return;
    };
    let tracked = instance
        .track_interfaces
        .iter()
        .any(|track| track.name == dev.value);
    if dev.value == own.value || dev.value == "lo" || tracked || told.contains(&dev.value.as_str()) {
        return;
    }
    told.push(&dev.value);
    let text = format!(
        "{} is on {}, and {} is elected on {}",
        address.ip(),
        dev.value,
        instance.name,
        own.value
    );
    let found = DEV_NOT_TRACKED
        .at(dev.span().unwrap_or(address.span), text)
        .effect(format!(
            "when the link of {} is down the address stays on this node and answers nobody, as with keepalived",
            dev.value
        ))
        .help(format!("add: track_interface {{ {} }}", dev.value))
        .about(&instance.name);
    out.push(found);
}

fn label(instance: &VrrpInstance, address: &Address, out: &mut Findings) {
    let Some(label) = &address.label else { return };
    let device = address.dev.as_ref().or(instance.interface.as_ref());
    let Some(device) = device else { return };
    let fits = label.value == device.value
        || label
            .value
            .strip_prefix(&device.value)
            .is_some_and(|rest| rest.starts_with(':'));
    if fits {
        return;
    }
    let text = format!("the label {} does not begin with {}:", label.value, device.value);
    let found = LABEL_OF_OTHER
        .at(label.span().unwrap_or(address.span), text)
        .effect("the address works; ifconfig and what reads its output do not show it, as with keepalived")
        .help(format!("write label {}:1, or leave the label out", device.value))
        .about(&instance.name);
    out.push(found);
}

/// Adverts from an address that only the active node has.
fn source(instance: &VrrpInstance, out: &mut Findings) {
    let (source, word) = match &instance.path {
        Path::Multicast { source, .. } => (source, "mcast_src_ip"),
        Path::Unicast { source, .. } => (source, "unicast_src_ip"),
    };
    let Some(source) = source else { return };
    let mut all = instance.addresses.iter().chain(&instance.excluded);
    let Some(address) = all.find(|address| address.ip() == source.value) else {
        return;
    };
    let text = format!(
        "{word} {} is an address that {} moves",
        source.value, instance.name
    );
    let found = SOURCE_IS_VIRTUAL
        .at(source.span().unwrap_or(instance.span), text)
        .effect("a node that is Backup does not have it: it can neither take over in order nor be told apart from the other node, as with keepalived")
        .help("write this node's own address")
        .label(address.span, "it moves")
        .about(&instance.name);
    out.push(found);
}
