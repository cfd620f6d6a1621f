//! Which changes a running router can take, and which begin it anew.

use vrrp_net::Service;

/// Why the driver would stop a service and begin it anew, in keepalived's words; empty: it is changed in place.
///
/// Another router by its key or version begins anew (PRJ-CHG-07), and so does one that becomes owner of its addresses, or
/// no longer is (PRJ-CHG-03).
#[must_use]
pub fn restarts(before: &Service, after: &Service) -> Vec<&'static str> {
    let (old, new) = (&before.settings, &after.settings);
    let reasons = [
        (before.interface != after.interface, "interface"),
        (old.family != new.family, "family"),
        (old.vrid != new.vrid, "virtual_router_id"),
        (old.path != new.path, "multicast group or unicast peers"),
        (old.version != new.version, "version"),
        (old.priority.is_owner() != new.priority.is_owner(), "priority 255"),
    ];
    let differing = reasons.into_iter().filter(|(differs, _)| *differs);
    differing.map(|(_, word)| word).collect()
}
