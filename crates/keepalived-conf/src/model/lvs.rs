//! What `global_defs` and the top of the file say of virtual servers as a whole.

use std::net::IpAddr;

use serde::Serialize;

use super::{FifoAndScript, Sourced};

/// The words of `global_defs` about virtual servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lvs {
    /// `lvs_sync_daemon`.
    pub sync_daemon: Option<Sourced<LvsSync>>,
    /// `lvs_timeouts`, in seconds; 0 leaves the kernel's.
    pub timeouts: Option<Sourced<LvsTimeouts>>,
    /// `lvs_flush`.
    pub flush: Sourced<bool>,
    /// `lvs_flush_on_stop`.
    pub flush_on_stop: Option<Sourced<FlushOnStop>>,
    /// `lvs_notify_fifo`, `lvs_notify_fifo_script`.
    pub fifo: FifoAndScript,
    /// `smtp_alert_checker`.
    pub smtp_alert: Option<Sourced<bool>>,
    /// `no_checker_emails`.
    pub no_emails: Sourced<bool>,
    /// `checker_log_all_failures`.
    pub log_all_failures: Sourced<bool>,
    /// `rs_init_notifies`.
    pub init_notifies: Sourced<bool>,
    /// `ssl_get_verify`, of our own: what a `SSL_GET` of a real server does where it has no `verify`. Default on.
    pub ssl_get_verify: Option<Sourced<bool>>,
}

impl Default for Lvs {
    fn default() -> Self {
        let off = Sourced::default(false);
        Self {
            sync_daemon: None,
            timeouts: None,
            flush: off,
            flush_on_stop: None,
            fifo: FifoAndScript::default(),
            smtp_alert: None,
            no_emails: off,
            log_all_failures: off,
            init_notifies: off,
            ssl_get_verify: None,
        }
    }
}

/// `lvs_sync_daemon`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LvsSync {
    /// Interface of the multicast.
    pub interface: String,
    /// `inst`: the instance whose state it follows; none: both directions run.
    pub instance: Option<String>,
    /// `id`; the instance's virtual_router_id if none, 0 without an instance.
    pub id: Option<u8>,
    /// `maxlen`: octets of a datagram at most.
    pub maxlen: Option<u16>,
    /// `port`.
    pub port: Option<u16>,
    /// `ttl`.
    pub ttl: Option<u8>,
    /// `group`.
    pub group: Option<IpAddr>,
}

/// `lvs_timeouts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LvsTimeouts {
    /// `tcp`.
    pub tcp_s: u32,
    /// `tcpfin`.
    pub tcpfin_s: u32,
    /// `udp`.
    pub udp_s: u32,
}

/// `lvs_flush_on_stop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum FlushOnStop {
    /// Everything that the kernel balances.
    #[serde(rename = "all")]
    All,
    /// `VS`: our virtual servers.
    #[serde(rename = "VS")]
    Ours,
}

/// `SSL`: what `SSL_GET` of real servers shows and trusts. A path is used as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ssl {
    /// `ca`: a file of authorities that are trusted beside those of the machine.
    pub ca: Option<Sourced<String>>,
    /// `certificate`: a file with the client's own.
    pub certificate: Option<Sourced<String>>,
    /// `key`: the file with its key.
    pub key: Option<Sourced<String>>,
}
