//! One instance: what keepalived makes of it when the whole file is known.

use std::time::Duration;

use super::interop::v2_interop;
use super::{address, auth_hmac, path, strict, track, virtual_mac};
use crate::diagnostic::{Diagnostic, Findings};
use crate::keywords::Scope;
use crate::model::{
    Announcements, AuthPass, Config, Family, GlobalDefs, InitialState, Missing, Sourced, Version,
    VrrpInstance,
};
use crate::read::Draft;

/// What is said about one instance.
pub(super) struct About<'a> {
    pub(super) findings: &'a mut Findings,
    pub(super) name: String,
}

impl About<'_> {
    pub(super) fn push(&mut self, found: Diagnostic) {
        let name = self.name.clone();
        self.findings.push(if found.instance.is_none() {
            found.about(name)
        } else {
            found
        });
    }
}

/// What the other values depend on.
struct Identity {
    virtual_router_id: Sourced<u8>,
    family: Sourced<Family>,
    strict: Sourced<bool>,
    version: Sourced<Version>,
    priority: Sourced<u8>,
    state: Sourced<InitialState>,
}

/// None if keepalived would drop the instance.
fn identity(draft: &mut Draft, global: &GlobalDefs, out: &mut About<'_>) -> Option<Identity> {
    let virtual_router_id = required(draft, draft.virtual_router_id, "virtual_router_id", out)?;
    if draft.interface.is_none() && (draft.peers.is_empty() || draft.unicast_src_ip.is_none()) {
        required(draft, None::<()>, "interface", out)?;
    }
    let family = draft.family.unwrap_or(Sourced::default(Family::Ipv4));
    let strict = draft
        .switches
        .strict
        .unwrap_or_else(|| global.vrrp_strict.inherited("vrrp_strict"));
    let version = version(draft, family.value, strict.value, global, out);
    let priority = priority(draft, out);
    let mut state = draft.state.unwrap_or_else(|| match priority.value {
        255 => Sourced::implied(InitialState::Master, "priority 255"),
        _ => Sourced::default(InitialState::Backup),
    });
    if !address::check(draft, version.value, family.value, strict.value, out) {
        return None;
    }
    if strict.value {
        strict::check(draft, &mut state, priority.value, version.value, out);
    }
    Some(Identity {
        virtual_router_id,
        family,
        strict,
        version,
        priority,
        state,
    })
}

const OFF: Sourced<bool> = Sourced::default(false);

/// The whole instance; none if keepalived would drop it.
pub(super) fn complete(mut draft: Draft, config: &Config, findings: &mut Findings) -> Option<VrrpInstance> {
    let global = &config.global;
    let mut out = About {
        findings,
        name: draft.name.clone(),
    };
    let own = identity(&mut draft, global, &mut out)?;
    let auth_hmac = auth_hmac::auth_hmac(&mut draft, own.strict.value, &mut out).ok()?;
    let authentication = authentication(&mut draft, own.version.value, &mut out);
    let (preempt, preempt_delay) = preemption(&draft, own.state.value, own.priority.value, &mut out);
    let path = path::path(&mut draft, own.family.value, global, &mut out);
    path::old_checksum(&mut draft, &path, own.version.value, &mut out);
    let accept = strict::accept(&draft, own.strict.value, own.priority.value, &mut out);
    let advert_int_cs = interval(&draft, own.version.value, &mut out);
    let choices = Choices::new(own.strict.value, global);
    let switches = &draft.switches;
    Some(VrrpInstance {
        vmac: virtual_mac::complete(&mut draft.vmac, own.virtual_router_id.value, &path),
        virtual_router_id: own.virtual_router_id,
        family: own.family,
        version: own.version,
        state: own.state,
        priority: own.priority,
        advert_int_cs,
        authentication,
        auth_hmac,
        path,
        preempt,
        preempt_delay,
        accept,
        announcements: announcements(&draft, global, own.strict.value),
        unicast_fault_no_peer: switches.unicast_fault_no_peer.unwrap_or(OFF),
        check_unicast_src: choices.inherit(switches.check_unicast_src, "vrrp_check_unicast_src"),
        track_src_ip: switches.track_src_ip.unwrap_or(OFF),
        skip_check_adv_addr: choices.inherit(switches.skip_check_adv_addr, "vrrp_skip_check_adv_addr"),
        down_timer_adverts: choices.down_timer_adverts(&draft),
        lower_prio_no_advert: choices.force(true, switches.lower_prio_no_advert, "vrrp_lower_prio_no_advert"),
        higher_prio_send_advert: choices.last_word(switches.higher_prio_send_advert),
        owner_ignore_adverts: choices.force(true, switches.owner_ignore_adverts, "vrrp_owner_ignore_adverts"),
        v3_checksum_as_v2: choices.inherit(switches.v3_checksum_as_v2, "v3_checksum_as_v2"),
        timer_expired_backup: stall(&draft, preempt.value, &mut out),
        v2_interop: v2_interop(
            &draft,
            own.version.value,
            own.family.value,
            advert_int_cs.value,
            &mut out,
        ),
        smtp_alert: super::mail::alert(switches.smtp_alert, &choices.global.mail),
        dont_track_primary: switches.dont_track_primary.unwrap_or(OFF),
        strict: own.strict,
        track_interfaces: track::interfaces(&draft, &mut out),
        track_scripts: track::scripts(&mut draft, config, own.priority.value, &mut out),
        track_files: track::files(&draft, config, own.priority.value, &mut out),
        track_processes: track::processes(&draft, config, &mut out),
        interface: draft.interface,
        addresses: draft.addresses,
        excluded: draft.excluded,
        router_advertisements: draft.router_advertisements,
        routes: draft.routes,
        rules: draft.rules,
        no_virtual_ipaddress: draft.no_virtual_ipaddress,
        old_unicast_checksum: draft.old_unicast_checksum,
        notify: draft.notify,
        missing: draft.missing,
        name: draft.name,
        span: draft.span,
    })
}

/// Where a switch comes from when the instance does not say, or strict mode does.
struct Choices<'a> {
    strict: bool,
    global: &'a GlobalDefs,
}

impl<'a> Choices<'a> {
    const fn new(strict: bool, global: &'a GlobalDefs) -> Self {
        Self { strict, global }
    }

    /// The instance's own value, else that of the global word.
    fn inherit(&self, own: Option<Sourced<bool>>, keyword: &'static str) -> Sourced<bool> {
        let global = match keyword {
            "vrrp_check_unicast_src" => self.global.check_unicast_src,
            "vrrp_skip_check_adv_addr" => self.global.skip_check_adv_addr,
            "vrrp_lower_prio_no_advert" => self.global.lower_prio_no_advert,
            "vrrp_higher_prio_send_advert" => self.global.higher_prio_send_advert,
            "vrrp_owner_ignore_adverts" => self.global.owner_ignore_adverts,
            _ => self.global.v3_checksum_as_v2,
        };
        own.unwrap_or_else(|| global.inherited(keyword))
    }

    /// As [`Self::inherit`], but strict mode leaves no choice.
    fn force(&self, strictly: bool, own: Option<Sourced<bool>>, keyword: &'static str) -> Sourced<bool> {
        if self.strict {
            Sourced::implied(strictly, "vrrp_strict")
        } else {
            self.inherit(own, keyword)
        }
    }

    fn last_word(&self, own: Option<Sourced<bool>>) -> Sourced<bool> {
        self.force(false, own, "vrrp_higher_prio_send_advert")
    }

    fn down_timer_adverts(&self, draft: &Draft) -> Sourced<u8> {
        if self.strict {
            return Sourced::implied(3, "vrrp_strict");
        }
        draft.down_timer_adverts.unwrap_or_else(|| {
            self.global
                .down_timer_adverts
                .inherited("vrrp_down_timer_adverts")
        })
    }
}

fn required<T>(draft: &Draft, value: Option<T>, word: &str, out: &mut About<'_>) -> Option<T> {
    if value.is_none() {
        let text = format!("{} has no {word}", draft.name);
        let found = Diagnostic::dropped("instance-incomplete", draft.span, text)
            .effect("the instance is left out, as keepalived does")
            .help(format!("add a line: {word} …"));
        out.push(found);
    }
    value
}

fn version(
    draft: &Draft,
    family: Family,
    strict: bool,
    global: &GlobalDefs,
    out: &mut About<'_>,
) -> Sourced<Version> {
    if family == Family::Ipv4 {
        return draft
            .version
            .unwrap_or_else(|| global.vrrp_version.inherited("vrrp_version"));
    }
    if let Some(written) = draft.version.filter(|version| version.value == Version::V2) {
        let text = "version 2 cannot carry IPv6 addresses";
        let found = Diagnostic::error("version-2-ipv6", written.span().unwrap_or(draft.span), text)
            .effect("version 3 is used, as by keepalived")
            .help("write version 3, on every node");
        out.push(found);
    }
    let because = if strict { "IPv6 and vrrp_strict" } else { "IPv6" };
    draft
        .version
        .filter(|version| version.value == Version::V3)
        .unwrap_or(Sourced::implied(Version::V3, because))
}

fn priority(draft: &Draft, out: &mut About<'_>) -> Sourced<u8> {
    let master = draft.state.filter(|state| state.value == InitialState::Master);
    match (draft.priority, master) {
        (Some(priority), _) => priority,
        (None, None) => Sourced::default(100),
        (None, Some(state)) => {
            let text = format!(
                "state MASTER without priority makes {} the owner of its addresses: priority 255",
                draft.name
            );
            let found = Diagnostic::note("owner-by-state", state.span().unwrap_or(draft.span), text)
                .effect("it takes the addresses whenever it starts, and no check or weight takes them away, as with keepalived")
                .help("write a priority from 1 to 254, the greatest on the node that is preferred; or priority 255 if the addresses are this node's own");
            out.push(found);
            Sourced::implied(255, "state MASTER")
        }
    }
}

fn authentication(draft: &mut Draft, version: Version, out: &mut About<'_>) -> Option<Sourced<AuthPass>> {
    use crate::read::AuthType;
    let block = draft.auth.block?;
    let kind = draft.auth.kind.map(|kind| kind.value);
    let pass = draft.auth.pass.take();
    if version == Version::V3 && (kind.is_some() || pass.is_some()) {
        let found = Diagnostic::warning("auth-version-3", block, "version 3 has no authentication")
            .effect("the block is ignored, as keepalived does")
            .help("remove it; protect the network instead");
        out.push(found);
        return None;
    }
    match kind {
        Some(AuthType::Pass) if pass.is_some() => pass,
        Some(AuthType::Pass) => {
            let found = Diagnostic::error("auth-without-password", block, "authentication has no auth_pass");
            out.push(
                found
                    .effect("it is ignored, as keepalived does")
                    .help("add auth_pass, or remove the block"),
            );
            None
        }
        None if pass.is_some() => {
            let found =
                Diagnostic::warning("auth-without-type", block, "auth_pass without auth_type").silent();
            out.push(
                found
                    .effect("there is no authentication, as with keepalived")
                    .help("add: auth_type PASS"),
            );
            None
        }
        None => None,
        Some(AuthType::Ah | AuthType::Unknown) => {
            let why = match kind {
                Some(AuthType::Ah) => {
                    "AH, which was withdrawn from the protocol, is not built: peers would not hear this node"
                }
                _ => "the kind of authentication is not known: peers that use one would not hear this node",
            };
            draft.missing.push(Missing {
                word: "auth_type".to_owned(),
                span: draft.auth.kind.and_then(|kind| kind.span()).unwrap_or(block),
                scope: Scope::Instance,
                why: why.to_owned(),
                allow_word: "auth_type".to_owned(),
            });
            None
        }
    }
}

fn preemption(
    draft: &Draft,
    state: InitialState,
    priority: u8,
    out: &mut About<'_>,
) -> (Sourced<bool>, Sourced<Duration>) {
    let mut preempt = draft.preempt.unwrap_or(Sourced::default(true));
    let mut delay = draft.preempt_delay.unwrap_or(Sourced::default(Duration::ZERO));
    let master = state == InitialState::Master;
    if master && !preempt.value {
        let found = Diagnostic::error(
            "nopreempt-master",
            preempt.span().unwrap_or(draft.span),
            "nopreempt needs state BACKUP",
        )
        .effect("nopreempt is cleared: this node takes the address back when it returns, as with keepalived")
        .help("write state BACKUP on both nodes");
        out.push(found);
        preempt = Sourced::implied(true, "state MASTER");
    } else if priority == 255 && !preempt.value {
        let span = preempt.span().unwrap_or(draft.span);
        let found = Diagnostic::error("nopreempt-owner", span, "nopreempt needs a priority below 255")
            .effect(
                "nopreempt is cleared: an owner takes its addresses whenever it is there, as with keepalived",
            )
            .help("write a priority from 1 to 254, or remove nopreempt");
        out.push(found);
        preempt = Sourced::implied(true, "priority 255");
    }
    let reason = match (master, preempt.value, delay.value.is_zero()) {
        (_, _, true) => None,
        (true, _, false) => Some(("preempt_delay needs state BACKUP", "state MASTER")),
        (false, false, false) => Some(("preempt_delay has no meaning with nopreempt", "nopreempt")),
        (false, true, false) => None,
    };
    if let Some((text, because)) = reason {
        let found = Diagnostic::error("preempt-delay", delay.span().unwrap_or(draft.span), text)
            .effect("the delay is cleared, as keepalived does")
            .help("remove one of the two");
        out.push(found);
        delay = Sourced::implied(Duration::ZERO, because);
    }
    (preempt, delay)
}

/// A node that would take the addresses back anyway gains nothing by standing back.
fn stall(draft: &Draft, preempt: bool, out: &mut About<'_>) -> Option<Sourced<Option<u8>>> {
    let stall = draft.timer_expired_backup?;
    if preempt {
        let span = stall.span().unwrap_or(draft.span);
        let found = Diagnostic::error(
            "stall-needs-nopreempt",
            span,
            "timer_expired_backup needs nopreempt",
        )
        .effect("it is ignored, as keepalived does")
        .help("add nopreempt, with state BACKUP, on every node; or remove the word");
        out.push(found);
        return None;
    }
    Some(stall)
}

/// Version 2 counts whole seconds, version 3 hundredths up to 40.95 s.
fn interval(draft: &Draft, version: Version, out: &mut About<'_>) -> Sourced<u16> {
    let Some(written) = draft.advert_int else {
        return Sourced::default(100);
    };
    let us = u64::try_from(written.value.as_micros()).unwrap_or(u64::MAX);
    let rounded = |unit: u64| us.saturating_add(unit.div_euclid(2)).div_euclid(unit);
    let cs = match version {
        Version::V2 => rounded(1_000_000).clamp(1, 255).saturating_mul(100),
        Version::V3 => rounded(10_000).clamp(1, 4095),
    };
    if cs.saturating_mul(10_000) != us {
        let text = format!(
            "version {} cannot carry an interval of {:?}",
            if version == Version::V2 { 2 } else { 3 },
            written.value
        );
        let found = Diagnostic::warning("advert-int-rounded", written.span().unwrap_or(draft.span), text)
            .effect(format!(
                "it is {:?}, as with keepalived",
                Duration::from_millis(cs.saturating_mul(10))
            ))
            .help("write that value, or version 3 for parts of a second, on every node");
        out.push(found);
    }
    written.map(|_| u16::try_from(cs).unwrap_or(u16::MAX))
}

fn announcements(draft: &Draft, global: &GlobalDefs, strict: bool) -> Announcements {
    let own = &draft.announcements;
    let all = &global.announcements;
    // The burst after a lower rival is that of the global word, whatever the instance says of its first one.
    let delay = own
        .delay
        .unwrap_or_else(|| all.delay.inherited("vrrp_garp_master_delay"));
    let repeat = own
        .repeat
        .unwrap_or_else(|| all.repeat.inherited("vrrp_garp_master_repeat"));
    let lower_delay = own
        .lower_prio_delay
        .unwrap_or_else(|| all.lower_prio_delay.inherited("vrrp_garp_lower_prio_delay"));
    let lower_repeat = own
        .lower_prio_repeat
        .unwrap_or_else(|| all.lower_prio_repeat.inherited("vrrp_garp_lower_prio_repeat"));
    Announcements {
        delay,
        repeat,
        refresh: own
            .refresh
            .unwrap_or_else(|| all.refresh.inherited("vrrp_garp_master_refresh")),
        refresh_repeat: own
            .refresh_repeat
            .unwrap_or_else(|| all.refresh_repeat.inherited("vrrp_garp_master_refresh_repeat")),
        lower_prio_delay: if strict {
            Sourced::implied(Duration::ZERO, "vrrp_strict")
        } else {
            lower_delay
        },
        lower_prio_repeat: if strict {
            Sourced::implied(0, "vrrp_strict")
        } else {
            lower_repeat
        },
        extra: own
            .extra
            .or_else(|| all.extra.map(|extra| extra.inherited("vrrp_garp_extra_if"))),
    }
}
