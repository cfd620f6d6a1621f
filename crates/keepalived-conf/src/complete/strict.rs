//! What `vrrp_strict` takes away, and what it makes of `accept`. What else it merely sets is set where the value is.

use super::instance::About;
use crate::diagnostic::Diagnostic;
use crate::model::{InitialState, Sourced, Version};
use crate::read::Draft;

/// Removes what strict mode does not allow.
pub(super) fn check(
    draft: &mut Draft,
    state: &mut Sourced<InitialState>,
    priority: u8,
    version: Version,
    out: &mut About<'_>,
) {
    let typed = draft.auth.kind.is_some();
    if let Some(block) = draft.auth.block.take().filter(|_| typed) {
        let found = Diagnostic::warning("strict-auth", block, "strict mode does not allow authentication")
            .effect(
                "the block is ignored, as keepalived does: peers that use a password do not hear this node",
            )
            .help("remove vrrp_strict, or the block on every node");
        out.push(found);
    }
    if let Some(span) = draft.unicast.filter(|_| !draft.peers.is_empty()) {
        let text = "strict mode is not meant for unicast where multicast works";
        let found = Diagnostic::warning("strict-unicast", span, text)
            .silent()
            .effect("the instance runs, as with keepalived 2.2.7; newer releases leave it out")
            .help("remove vrrp_strict, or add strict_mode off to this instance");
        out.push(found);
    }
    virtual_mac(draft, out);
    let owner = priority == 255;
    if (state.value == InitialState::Master) != owner {
        let found = Diagnostic::warning(
            "strict-state",
            state.span().unwrap_or(draft.span),
            "in strict mode state is MASTER exactly for priority 255",
        );
        out.push(
            found
                .effect("the priority decides, as with keepalived")
                .help("write the state that fits"),
        );
        let value = if owner {
            InitialState::Master
        } else {
            InitialState::Backup
        };
        *state = Sourced::implied(value, "vrrp_strict");
    }
    if let Some(delay) = draft.preempt_delay.filter(|delay| !delay.value.is_zero()) {
        let found = Diagnostic::warning(
            "strict-preempt-delay",
            delay.span().unwrap_or(draft.span),
            "strict mode does not allow preempt_delay",
        );
        out.push(
            found
                .effect("it is ignored, as keepalived does")
                .help("remove it, or vrrp_strict"),
        );
        draft.preempt_delay = None;
    }
    if let Some(accept) = draft
        .accept
        .filter(|accept| accept.value && version == Version::V2)
    {
        let found = Diagnostic::warning(
            "strict-accept",
            accept.span().unwrap_or(draft.span),
            "strict mode does not allow accept in version 2",
        );
        out.push(
            found
                .effect("it is ignored, as keepalived does")
                .help("remove it, or use version 3"),
        );
        draft.accept = None;
    }
}

/// Whether the addresses are served: what the instance says, else what strict mode does.
pub(super) fn accept(draft: &Draft, strict: bool, priority: u8, out: &mut About<'_>) -> Sourced<bool> {
    if let Some(accept) = draft.accept {
        return accept;
    }
    if !strict || priority == 255 {
        return Sourced::default(true);
    }
    let span = draft
        .switches
        .strict
        .and_then(|strict| strict.span())
        .unwrap_or(draft.span);
    let found = Diagnostic::warning(
        "strict-not-served",
        span,
        "in strict mode the addresses answer neither ping nor any service on a node that does not own them",
    )
    .silent()
    .effect("packets to them are dropped, ARP and neighbour discovery excepted, as with keepalived")
    .help("a service on the address needs accept (version 3), or no vrrp_strict");
    out.push(found);
    Sourced::implied(false, "vrrp_strict")
}

/// RFC 9568 section 7.3: the MAC follows from the number of the router, and section 7.2: advertisements have it.
fn virtual_mac(draft: &mut Draft, out: &mut About<'_>) {
    if let Some(base) = draft.vmac.xmit_base.take().filter(|base| base.value) {
        let span = base.span().unwrap_or(draft.span);
        let found = Diagnostic::warning("strict-vmac", span, "strict mode does not allow vmac_xmit_base")
            .effect("it is ignored, as keepalived does: advertisements leave with the virtual MAC")
            .help("remove it, or vrrp_strict");
        out.push(found);
    }
    let Some((wanted, start)) = &mut draft.vmac.wanted else {
        return;
    };
    let whole = wanted.mac.take().map(|mac| mac.span());
    if let Some(span) = start.take().map(|start| start.span()).or(whole) {
        let text = "strict mode does not allow another virtual MAC than the protocol's";
        let found = Diagnostic::warning("strict-vmac", span.unwrap_or(draft.span), text)
            .effect("it is ignored, as keepalived does")
            .help("remove the MAC behind use_vmac on every node, or vrrp_strict");
        out.push(found);
    }
}
