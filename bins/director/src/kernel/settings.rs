//! What is wanted of the kernel beside its table: timeouts, and daemons of synchronisation.

use std::collections::BTreeMap;

use vrrp_ipvs::{Error, Name, Reason, SyncDaemon, SyncRole, Timeouts};

use super::Kernel;
use crate::event::KernelEvent;

/// Settings, as a level.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// How long connections are kept; `None`: as it was before.
    pub timeouts: Option<Timeouts>,
    /// The daemons of synchronisation that are to run, at most one of each role.
    pub daemons: Vec<SyncDaemon>,
}

/// Carries settings out.
#[derive(Debug, Default)]
pub(super) struct Settler {
    wanted: Settings,
    /// What the kernel had before ours were set; by whoever was here before, too.
    pub(super) timeouts_before: Option<Timeouts>,
    timeouts_set: Option<Timeouts>,
    /// Roles whose daemons are ours, with the number of the interface that each speaks on, as far as it is known.
    ours: BTreeMap<u8, Option<u32>>,
    pub(super) running: Vec<SyncDaemon>,
}

/// Roles have no order.
const fn number(role: SyncRole) -> u8 {
    match role {
        SyncRole::Master => 0,
        SyncRole::Backup => 1,
    }
}

impl Settler {
    /// Whether that is another wish.
    pub(super) fn want(&mut self, settings: Settings) -> bool {
        let is_new = self.wanted != settings;
        self.wanted = settings;
        is_new
    }

    /// Makes it so; what could not be done, in words.
    pub(super) fn settle(&mut self, kernel: &mut impl Kernel, events: &mut Vec<KernelEvent>) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        let known = self.timeouts_before;
        if let Err(error) = self.settle_timeouts(kernel) {
            troubles.push(Trouble::of("set the timeouts of connections", &error));
        }
        if self.timeouts_before != known {
            let before = self.timeouts_before;
            events.push(KernelEvent::Timeouts { before });
        }
        self.settle_daemons(kernel, events, &mut troubles);
        troubles
    }

    fn settle_timeouts(&mut self, kernel: &mut impl Kernel) -> Result<(), Error> {
        let is_owed = self.wanted.timeouts.is_none() && self.timeouts_before.is_some();
        if self.wanted.timeouts == self.timeouts_set && !is_owed {
            return Ok(());
        }
        match (self.wanted.timeouts, self.timeouts_before) {
            (Some(timeouts), before) => {
                let before = match before {
                    Some(before) => before,
                    None => kernel.timeouts()?,
                };
                // What an earlier wish has set and this one leaves open is as it was before both.
                kernel.set_timeouts(&over(timeouts, before))?;
                self.timeouts_before = Some(before);
            }
            (None, Some(before)) => {
                kernel.set_timeouts(&before)?;
                self.timeouts_before = None;
            }
            (None, None) => {}
        }
        self.timeouts_set = self.wanted.timeouts;
        Ok(())
    }

    fn settle_daemons(
        &mut self,
        kernel: &mut impl Kernel,
        events: &mut Vec<KernelEvent>,
        troubles: &mut Vec<Trouble>,
    ) {
        if self.wanted.daemons.is_empty() && self.ours.is_empty() {
            return;
        }
        let running = match kernel.daemons() {
            Ok(running) => running,
            Err(error) => return troubles.push(Trouble::of("list the daemons of synchronisation", &error)),
        };
        self.running.clone_from(&running);
        for daemon in running {
            let wanted = self
                .wanted
                .daemons
                .iter()
                .find(|wanted| wanted.role == daemon.role);
            // Whoever was here before may have left one in the other role: it speaks for the same group of directors.
            let is_ours = wanted.is_some()
                || self.ours.contains_key(&number(daemon.role))
                || self.wanted.daemons.iter().any(|wanted| is_of(&daemon, wanted));
            let is_wanted = wanted.is_some_and(|wanted| is_as(&daemon, wanted));
            if is_wanted && self.is_on_its_interface(kernel, &daemon) {
                continue;
            }
            if is_ours {
                match kernel.stop_daemon(daemon.role) {
                    Ok(()) => self.stopped(daemon.role, events),
                    // A daemon that has had no time to begin is stopped without an answer.
                    Err(_) if is_gone(kernel, daemon.role) => self.stopped(daemon.role, events),
                    Err(error) => troubles.push(Trouble::of("stop a daemon of synchronisation", &error)),
                }
            }
        }
        for daemon in self.wanted.daemons.clone() {
            if self.running.iter().any(|running| running.role == daemon.role) {
                continue;
            }
            // Before: where it is made anew meanwhile, the next look finds another number.
            let on = kernel.interface(&daemon.interface).unwrap_or_default();
            match kernel.start_daemon(&daemon) {
                Ok(()) => {
                    let (role, runs) = (daemon.role, true);
                    self.ours.insert(number(role), on);
                    self.running.push(daemon);
                    events.push(KernelEvent::Sync { role, runs });
                }
                Err(error) => troubles.push(not_started(&error, &daemon.interface)),
            }
        }
    }

    /// Linux says that a daemon runs, also when its interface is gone: it sends and hears nothing any more, and one that is made
    /// anew under the same name does not help it.
    fn is_on_its_interface(&mut self, kernel: &mut impl Kernel, daemon: &SyncDaemon) -> bool {
        let known = self.ours.entry(number(daemon.role)).or_default();
        match kernel.interface(&daemon.interface) {
            // What cannot be asked is no reason to end it.
            Err(_) => true,
            Ok(None) => false,
            Ok(Some(now)) => *known.get_or_insert(now) == now,
        }
    }

    fn stopped(&mut self, role: SyncRole, events: &mut Vec<KernelEvent>) {
        self.ours.remove(&number(role));
        self.running.retain(|daemon| daemon.role != role);
        events.push(KernelEvent::Sync { role, runs: false });
    }
}

fn is_gone(kernel: &mut impl Kernel, role: SyncRole) -> bool {
    let running = kernel.daemons();
    running.is_ok_and(|running| running.iter().all(|daemon| daemon.role != role))
}

/// What the kernel was asked and has not done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Trouble {
    pub(super) asked: String,
    pub(super) reason: String,
}

impl Trouble {
    pub(super) fn of(asked: impl Into<String>, error: &Error) -> Self {
        let (asked, said) = (asked.into(), error.to_string());
        // An error says what was asked, too.
        let reason = said
            .strip_prefix(asked.as_str())
            .and_then(|rest| rest.strip_prefix(": "));
        Self {
            reason: reason.unwrap_or(&said).to_owned(),
            asked,
        }
    }
}

fn not_started(error: &Error, interface: &Name) -> Trouble {
    let mut trouble = Trouble::of("start a daemon of synchronisation", error);
    match error.reason() {
        Some(Reason::Invalid) => trouble.reason.push_str(
            ". It refuses one while a service has a real server of another address family: take lvs_sync_daemon or these \
             servers out",
        ),
        Some(Reason::NoInterface) => trouble.reason.push_str(&format!(
            ". There is no {interface}: directors tell one another no connections until it is there"
        )),
        _ => {}
    }
    trouble
}

/// Whether they belong together, in whatever roles.
fn is_of(running: &SyncDaemon, wanted: &SyncDaemon) -> bool {
    running.interface == wanted.interface && running.sync_id == wanted.sync_id
}

/// Whether a daemon that runs is the wanted one: what was left to the kernel it has filled in.
fn is_as(running: &SyncDaemon, wanted: &SyncDaemon) -> bool {
    is_of(running, wanted)
        && (wanted.datagram_octets.is_none() || running.datagram_octets == wanted.datagram_octets)
        && (wanted.group.is_none() || running.group == wanted.group)
        && (wanted.port.is_none() || running.port == wanted.port)
        && (wanted.ttl.is_none() || running.ttl == wanted.ttl)
}

/// What is wanted, and where that is open what was before.
const fn over(wanted: Timeouts, before: Timeouts) -> Timeouts {
    const fn or(wanted: u32, before: u32) -> u32 {
        if wanted == 0 { before } else { wanted }
    }
    Timeouts {
        tcp_seconds: or(wanted.tcp_seconds, before.tcp_seconds),
        tcp_fin_seconds: or(wanted.tcp_fin_seconds, before.tcp_fin_seconds),
        udp_seconds: or(wanted.udp_seconds, before.udp_seconds),
    }
}
