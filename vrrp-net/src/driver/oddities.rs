//! Advertisements that are believed although something about them is odd: what that means, and what to do (V3-7.1-10,
//! V3-7.1-11).

use std::net::IpAddr;

use vrrp_core::wire::{Received, Warning, Warnings};
use vrrp_core::{InstanceId, Instant, Router};

/// One that is worth a line now.
#[derive(Debug)]
pub(super) struct Oddity {
    pub(super) id: InstanceId,
    pub(super) source: IpAddr,
    pub(super) warning: Warning,
    pub(super) odd: vrrp_core::Odd,
}

/// What the core has found odd about a packet and allows to be logged (PRJ-LOG-01).
pub(super) fn worth_a_line(
    router: &mut Router,
    now: Instant,
    id: InstanceId,
    warnings: Warnings,
    packet: &Received<'_>,
) -> impl Iterator<Item = Oddity> {
    warnings.iter().filter_map(move |warning| {
        let odd = router.odd(now, id, warning, packet)?;
        Some(Oddity {
            id,
            source: packet.source,
            warning,
            odd,
        })
    })
}

/// What it means, and what to do.
pub(super) const fn advice(warning: Warning) -> &'static str {
    match warning {
        Warning::SourceNotLinkLocal => {
            "its source is not link-local, as RFC 9568 section 5.1.2.1 demands; give the sender a link-local one"
        }
        Warning::FirstAddressNotLinkLocal => {
            "its first address is not link-local, as RFC 9568 section 5.2.9 demands; list one first on all nodes"
        }
        Warning::OwnerConflict => {
            "this router owns the addresses (priority 255), and another one is Active for them; only one may be"
        }
        Warning::IntervalMismatch => "its interval is another; set the same one on all nodes",
        Warning::AddressListMismatch => "its addresses are others; list the same ones on all nodes",
        Warning::AddressListOrder => "its addresses are in another order; list them alike on all nodes",
        Warning::PeerNotListed => {
            "it is not among the unicast peers; list it, or have unlisted senders refused (check_unicast_source)"
        }
        Warning::HmacMissing => {
            "it is not signed, though this router has keys; give its sender the keys before this router is told to enforce them"
        }
        Warning::HmacClock => {
            "the sender's clock differs by more than half of the window that is allowed; set both clocks (NTP)"
        }
        _ => "",
    }
}
