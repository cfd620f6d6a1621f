//! Which changes a running router cannot take: the core's rule in keepalived's words.

use vrrp_core::Restart;
use vrrp_net::Service;

/// Why the driver would begin a service anew, in keepalived's words; empty: it is changed in place.
#[must_use]
pub fn restarts(before: &Service, after: &Service) -> Vec<&'static str> {
    before.restarts(after).into_iter().map(word).collect()
}

const fn word(reason: Restart) -> &'static str {
    match reason {
        Restart::Interface => "interface",
        Restart::Family => "family",
        Restart::Vrid => "virtual_router_id",
        Restart::Path => "multicast group or unicast peers",
        Restart::Version => "version",
        Restart::Ownership => "priority 255",
    }
}
