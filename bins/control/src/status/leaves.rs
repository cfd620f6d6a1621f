//! One virtual router by the names of RFC 8347, and of RFC 6527 where RFC 8347 has none.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// For whoever feeds a management system: the leaves of `vrrp-instance` in their units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Leaves {
    /// `initialize`, `backup`, `master`.
    pub state: String,
    /// It owns the addresses: priority 255.
    pub is_owner: bool,
    /// As configured, 1 to 255.
    pub priority: u8,
    /// After tracking.
    pub effective_priority: u8,
    /// Advertisement_Interval in centiseconds.
    pub advertise_interval_centi_sec: u16,
    /// Who was accepted last; this router itself while it is Active.
    pub last_adv_source: Option<IpAddr>,
    /// The address that it sends from (vrrpv3OperationsPrimaryIpAddr).
    pub primary_ip_address: Option<IpAddr>,
    /// Of the virtual router, whether or not frames are sent from it (vrrpv3OperationsVirtualMacAddr).
    pub virtual_mac_address: String,
    /// Advertised addresses (vrrpv3OperationsAddrCount).
    pub address_count: u16,
    /// Preempt_Mode.
    pub preempt: bool,
    /// Accept_Mode, which RFC 6527 knows for IPv6 alone.
    pub accept_mode: bool,
    /// When Initialize was left; `None` in it.
    pub up_unix_ms: Option<u64>,
    /// Active_Down_Interval in centiseconds, rounded down.
    pub master_down_interval: u32,
    /// Skew_Time in microseconds, rounded down.
    pub skew_time: u32,
    /// `vrrp-event-...`: what changed it last.
    pub last_event: String,
    /// `not-master`, `priority`, `preempted`, `no-response`: why it became Active last.
    pub new_master_reason: String,
}
