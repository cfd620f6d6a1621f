//! The virtual MAC when the whole instance is known.

use crate::model::{Mac, Path, Sourced, UseVmac, Vmac};
use crate::read::DraftVmac;

pub(super) fn complete(draft: &mut DraftVmac, virtual_router_id: u8, path: &Path) -> Vmac {
    let own = draft.wanted.take().map(|(wanted, start)| {
        let whole =
            |start: Sourced<[u8; 5]>| start.map(|[a, b, c, d, e]| Mac([a, b, c, d, e, virtual_router_id]));
        UseVmac {
            mac: wanted.mac.or_else(|| start.map(whole)),
            ..wanted
        }
    });
    let xmit_base = match path {
        Path::Unicast { .. } => Sourced::implied(true, "unicast"),
        Path::Multicast { .. } => draft.xmit_base.unwrap_or(Sourced::default(false)),
    };
    Vmac {
        own,
        addresses: draft.addresses.unwrap_or(Sourced::default(false)),
        xmit_base,
    }
}
