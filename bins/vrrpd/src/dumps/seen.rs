//! What a dump is made of, in keepalived's terms.

use std::sync::Arc;

use vrrp_control::{KeepalivedState, Status};
use vrrp_core::{Settings, StateName};
use vrrp_net::ServiceStatus;
use vrrp_plan::{Instance, Plan, Tracked};

/// All that is known at one moment.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) plan: Arc<Plan>,
    pub(super) status: Status,
    pub(super) driver: vrrp_net::Status,
}

/// One instance of the plan, as it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct One<'a> {
    pub(super) planned: &'a Instance,
    pub(super) service: &'a ServiceStatus,
    pub(super) told: &'a vrrp_control::Instance,
}

impl Seen {
    /// Every instance of the plan that runs.
    pub(super) fn instances(&self) -> impl Iterator<Item = One<'_>> {
        let told = self.status.instances.iter();
        let running = self.driver.services.iter().zip(told);
        running.filter_map(|(service, told)| {
            let mut planned = self.plan.instances.iter();
            let planned = planned.find(|planned| planned.name == service.name)?;
            Some(One {
                planned,
                service,
                told,
            })
        })
    }

    /// What the checks of an instance run.
    pub(super) fn commands(&self, one: One<'_>) -> Vec<String> {
        let tracked = one.planned.tracked.iter();
        let commands = tracked.filter_map(|tracked| match tracked {
            Tracked::Check(name) => self.command(name),
            _ => None,
        });
        commands.collect()
    }

    /// What is run by a check that is a script, in keepalived's quotes.
    pub(super) fn command(&self, check: &str) -> Option<String> {
        let check = self.plan.checks.iter().find(|known| known.name == check)?;
        match &check.what {
            vrrp_plan::What::Run(command) => Some(quoted(&command.words)),
            vrrp_plan::What::Ask(_) | vrrp_plan::What::Hear(_) => Some(quoted(&[check.what.name()])),
        }
    }
}

/// `'/usr/bin/test' '-e' '/run/x'`.
fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    words.join(" ")
}

impl<'a> One<'a> {
    pub(super) fn settings(self) -> &'a Settings {
        &self.planned.service.settings
    }

    pub(super) fn is_master(self) -> bool {
        self.service.state == StateName::Active
    }

    /// 0 INIT, 1 BACKUP, 2 MASTER, 3 FAULT.
    pub(super) fn state(self) -> u8 {
        match self.told.keepalived_state {
            KeepalivedState::Init | KeepalivedState::Stop => 0,
            KeepalivedState::Backup => 1,
            KeepalivedState::Master => 2,
            KeepalivedState::Fault => 3,
        }
    }

    /// Who was last believed to be Active, while that counts.
    pub(super) fn master(self) -> Option<(std::net::IpAddr, u8)> {
        let backup = self.service.state == StateName::Backup;
        self.service.last_active.filter(|_| backup)
    }

    /// Active_Adver_Interval, back from the Active_Down_Interval of n of them and Skew_Time (RFC 9568 section 6.1); version 2
    /// has one interval for all.
    pub(super) fn master_interval_cs(self) -> u64 {
        let own = self.settings().interval.nanos() / 10_000_000;
        if self.master().is_none() || self.told.protocol_version == 2 {
            return own;
        }
        let down = u64::from(self.service.leaves.master_down_interval_cs);
        let parts = 256 * u64::from(self.settings().down_adverts) + 256 - u64::from(self.service.priority);
        (down * 256 + parts / 2) / parts
    }

    /// Names of the interfaces that it tracks.
    pub(super) fn interfaces(self) -> Vec<&'a String> {
        let names = self.planned.tracked.iter().filter_map(|tracked| match tracked {
            Tracked::Interface(name) => Some(name),
            _ => None,
        });
        names.collect()
    }

    /// Names of the processes that it tracks.
    pub(super) fn processes(self) -> Vec<&'a String> {
        let names = self.planned.tracked.iter().filter_map(|tracked| match tracked {
            Tracked::Process(name) => Some(name),
            _ => None,
        });
        names.collect()
    }

    /// Advertised, or only held, as a line each.
    pub(super) fn addresses(self, advertised: bool) -> Vec<String> {
        let shown = self
            .service
            .addresses
            .iter()
            .filter(|one| one.advertised == advertised);
        shown.map(|one| self.address(one)).collect()
    }

    fn address(self, one: &vrrp_net::AddressStatus) -> String {
        let mut held = self.planned.service.addresses.iter();
        let held = held.find(|held| held.address == one.address);
        let whole = if one.address.is_ipv4() { 32 } else { 128 };
        let mut line = one.address.to_string();
        if one.prefix != whole {
            line += &format!("/{}", one.prefix);
        }
        if let Some(broadcast) = held.and_then(|held| held.broadcast) {
            line += &format!(" brd {broadcast}");
        }
        line += &format!(" dev {}", self.device(&one.interface));
        line += &format!(" scope {}", scope(held.and_then(|held| held.scope)));
        if let Some(label) = held.and_then(|held| held.label.as_deref()) {
            line += &format!(" label {label}");
        }
        if one.address.is_ipv6() {
            line += &lifetime(held.and_then(|held| held.preferred_lifetime), one.prefix == whole);
        }
        let set = matches!(
            one.present,
            vrrp_net::AddressPresence::Ours | vrrp_net::AddressPresence::Foreign
        );
        match (set && one.wanted, self.service.accept_mode) {
            (false, _) => line,
            (true, vrrp_net::AcceptMode::Drops) => line + " set nftable_set",
            (true, _) => line + " set",
        }
    }

    /// `vrrp.51@eth1` for the device with the virtual MAC.
    fn device(self, name: &str) -> String {
        let own = self.service.virtual_mac.as_ref().filter(|own| own.device == name);
        match (own, self.planned.service.interface.as_deref()) {
            (Some(_), Some(below)) => format!("{name}@{below}"),
            _ => name.to_owned(),
        }
    }
}

fn lifetime(asked: Option<u32>, is_host: bool) -> String {
    match asked {
        Some(0) => " deprecated".to_owned(),
        None if is_host => " deprecated".to_owned(),
        Some(seconds) => format!(" preferred_lft {seconds}"),
        None => " preferred_lft forever".to_owned(),
    }
}

/// As `ip` calls them.
fn scope(number: Option<u8>) -> String {
    match number.unwrap_or(0) {
        0 => "global".to_owned(),
        200 => "site".to_owned(),
        253 => "link".to_owned(),
        254 => "host".to_owned(),
        255 => "nowhere".to_owned(),
        other => other.to_string(),
    }
}
