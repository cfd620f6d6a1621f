//! The virtual MAC when the whole instance is known.

use super::instance::About;
use crate::diagnostic::Diagnostic;
use crate::model::{Mac, Path, Sourced, UseVmac, Vmac};
use crate::read::{Draft, DraftVmac};

/// What of its words goes without saying with unicast, and what says nothing.
pub(super) fn alone(draft: &Draft, out: &mut About<'_>) {
    let base = draft.vmac.xmit_base.and_then(|base| base.span());
    match (&draft.vmac.wanted, base) {
        (None, Some(span)) => {
            let text = "vmac_xmit_base is for instances with use_vmac";
            let found = Diagnostic::warning("vmac-xmit-base", span, text);
            out.push(
                found
                    .effect("it has no effect, as with keepalived")
                    .help("remove it"),
            );
        }
        (Some((wanted, _)), None) if draft.unicast.is_some() => {
            let text = "unicast with use_vmac sends from the interface below";
            let found = Diagnostic::warning("unicast-vmac", wanted.span, text)
                .effect("vmac_xmit_base is set, as by keepalived")
                .help("write vmac_xmit_base beside it");
            out.push(found);
        }
        _ => {}
    }
}

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
