//! `global_defs`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use serde::Serialize;

use super::{ExtraInterfaces, Fifos, Lvs, ScriptUser, Secret, Sourced, Version};

/// When addresses are announced by gratuitous ARP and unsolicited neighbour advertisements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Announcements {
    /// `garp_master_delay`: time to the second burst, default 5 s; zero is no second burst.
    pub delay: Sourced<Duration>,
    /// `garp_master_repeat`: packets per address and burst, default 5.
    pub repeat: Sourced<u32>,
    /// `garp_master_refresh`: period while active, default zero for none.
    pub refresh: Sourced<Duration>,
    /// `garp_master_refresh_repeat`: packets per address and refresh, default 1.
    pub refresh_repeat: Sourced<u32>,
    /// `garp_lower_prio_delay`: as `delay`, after a lower rival was heard; default `delay`.
    pub lower_prio_delay: Sourced<Duration>,
    /// `garp_lower_prio_repeat`: as `repeat`, after a lower rival was heard; default `repeat`; 0 is none.
    pub lower_prio_repeat: Sourced<u32>,
    /// `garp_extra_if`, `vmac_garp_intvl`; none is never.
    pub extra: Option<Sourced<ExtraInterfaces>>,
}

/// The words about mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// `notification_email`.
    pub to: Vec<Sourced<String>>,
    /// `notification_email_from`.
    pub from: Option<Sourced<String>>,
    /// `smtp_server`: host and port, default port 25.
    pub server: Option<Sourced<(String, u16)>>,
    /// `smtp_connect_timeout`, default 30 s.
    pub connect_timeout: Sourced<Duration>,
    /// `smtp_helo_name`.
    pub helo_name: Option<Sourced<String>>,
    /// `smtp_alert`.
    pub alert: Option<Sourced<bool>>,
    /// `smtp_alert_vrrp`.
    pub alert_vrrp: Option<Sourced<bool>>,
    /// `no_email_faults`.
    pub no_faults: Sourced<bool>,
    /// `smtp_tls`, of our own; default none.
    pub tls: Sourced<MailTls>,
    /// `smtp_login`, of our own.
    pub login: Option<Sourced<MailLogin>>,
}

/// `smtp_tls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailTls {
    /// Plain text, as with keepalived.
    None,
    /// STARTTLS where it is offered.
    Optional,
    /// STARTTLS, or no mail.
    Required,
    /// TLS from the first octet on.
    Wrapped,
    /// Something else is written: no mail is sent.
    Unknown,
}

/// `smtp_login USER file:PATH`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailLogin {
    /// The name.
    pub user: String,
    /// The password, of the file.
    pub password: Secret,
}

/// `global_defs`. Values that instances copy are already copied into them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GlobalDefs {
    /// `router_id`; the host's name if none.
    pub router_id: Option<Sourced<String>>,
    /// The words about mail.
    pub mail: Mail,
    /// The words about named pipes.
    pub fifos: Fifos,
    /// The words about virtual servers.
    pub lvs: Lvs,
    /// `script_user`. If none: `keepalived_script` if there is such a user, else the daemon's own.
    pub script_user: Option<Sourced<ScriptUser>>,
    /// `enable_script_security`.
    pub enable_script_security: Sourced<bool>,
    /// `drop_unusable_scripts`, of our own: a `vrrp_script` that cannot be run is not tracked, as with keepalived.
    pub drop_unusable_scripts: Sourced<bool>,
    /// `dynamic_interfaces`: interfaces may appear later.
    pub dynamic_interfaces: Sourced<bool>,
    /// `dynamic_interfaces allow_if_changes`: they may also change their kind.
    pub allow_if_changes: bool,
    /// `vrrp_version`, default 2.
    pub vrrp_version: Sourced<Version>,
    /// `vrrp_strict`.
    pub vrrp_strict: Sourced<bool>,
    /// `vrrp_skip_check_adv_addr`.
    pub skip_check_adv_addr: Sourced<bool>,
    /// `vrrp_garp_master_*`, `vrrp_garp_lower_prio_*`, `vrrp_min_garp`.
    pub announcements: Announcements,
    /// `vrrp_garp_interval`: least time between two on one interface; none is no limit.
    pub garp_interval: Option<Sourced<Duration>>,
    /// `vrrp_gna_interval`: the same for neighbour advertisements.
    pub gna_interval: Option<Sourced<Duration>>,
    /// `vrrp_down_timer_adverts`, default 3.
    pub down_timer_adverts: Sourced<u8>,
    /// `vrrp_lower_prio_no_advert`.
    pub lower_prio_no_advert: Sourced<bool>,
    /// `vrrp_higher_prio_send_advert`.
    pub higher_prio_send_advert: Sourced<bool>,
    /// `vrrp_owner_ignore_adverts`.
    pub owner_ignore_adverts: Sourced<bool>,
    /// `vrrp_check_unicast_src`.
    pub check_unicast_src: Sourced<bool>,
    /// `vrrp_mcast_group4`, default 224.0.0.18.
    pub mcast_group4: Sourced<Ipv4Addr>,
    /// `vrrp_mcast_group6`, default ff02::12.
    pub mcast_group6: Sourced<Ipv6Addr>,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: Sourced<bool>,
    /// `vrrp_startup_delay`, default zero.
    pub startup_delay: Sourced<Duration>,
    /// `vrrp_delay_after_boot`, default zero.
    pub delay_after_boot: Sourced<Duration>,
    /// `vrrp_priority`: nice value, -20 to 19.
    pub nice: Option<Sourced<i8>>,
    /// `vrrp_rt_priority`: real-time priority, 1 to 99.
    pub rt_priority: Option<Sourced<u8>>,
    /// `vmac_prefix`, default `vrrp`: what the names of devices with a virtual MAC begin with.
    pub vmac_prefix: Option<Sourced<String>>,
    /// `vmac_addr_prefix`: the same for addresses on other interfaces; default `vmac_prefix`.
    pub vmac_addr_prefix: Option<Sourced<String>>,
    /// `nftables NAME`: of the packet filter's table; the daemon's own name if none.
    pub nftables: Option<Sourced<String>>,
    /// `net_namespace`, of the root of the file: the network to work in; the one that the daemon is started in if none.
    pub net_namespace: Option<Sourced<String>>,
    /// `json_version`, 1 or 2, default 1: layout of the JSON dump.
    pub json_version: Sourced<u8>,
    /// `vrrp_no_swap`: locks the daemon into memory.
    pub no_swap: Sourced<bool>,
}
