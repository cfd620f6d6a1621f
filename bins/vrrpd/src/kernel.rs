//! Settings of the kernel that contradict what a virtual router is; said at the start and after a reload, never changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tracing::warn;
use vrrp_core::Family;
use vrrp_plan::Plan;

/// Warns of every setting that is found to be wrong.
pub(crate) fn warn_of_settings(plan: &Plan) {
    for warning in wrong(plan, Path::new("/proc/sys/net")) {
        warn!("{warning}");
    }
}

fn wrong(plan: &Plan, settings: &Path) -> Vec<String> {
    let interfaces: BTreeSet<&str> = plan
        .instances
        .iter()
        .filter(|instance| instance.service.settings.family == Family::Ipv4)
        .filter_map(|instance| instance.service.interface.as_deref())
        .collect();
    interfaces
        .into_iter()
        .filter_map(|interface| proxy_arp(interface, settings))
        .collect()
}

/// V3-8.1.3-01: the kernel would answer with the interface's own address, and no Backup takes that over.
fn proxy_arp(interface: &str, settings: &Path) -> Option<String> {
    let on = |of: &str| {
        let text = fs::read_to_string(settings.join("ipv4/conf").join(of).join("proxy_arp"));
        text.is_ok_and(|text| text.trim() != "0")
    };
    // The kernel takes either for both.
    let which = ["all", interface].into_iter().find(|of| on(of))?;
    Some(format!(
        "net.ipv4.conf.{which}.proxy_arp is on: on {interface} the kernel also answers ARP for addresses behind this node, with the \
         interface's own MAC, and nobody takes that over (RFC 9568 section 8.1.3). Switch it off: sysctl -w net.ipv4.conf.{which}.proxy_arp=0"
    ))
}
