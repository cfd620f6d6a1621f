//! How the kernel's side stands, for who asks.

use vrrp_ipvs::{ServiceKey, SyncDaemon, Timeouts};

/// The kernel's side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KernelStatus {
    /// What keeps the table from being as wanted, in words; empty: nothing.
    pub troubles: Vec<String>,
    /// Services in the kernel's table that are nobody's here, as they were last read; they are left alone.
    pub foreign: Vec<ServiceKey>,
    /// How long connections were kept before ours were set; `None`: nothing was set.
    pub timeouts_before: Option<Timeouts>,
    /// Daemons of synchronisation that run, as they were last read.
    pub daemons: Vec<SyncDaemon>,
    /// Commands that the kernel has carried out.
    pub commands: u64,
    /// Times that its table was read.
    pub readings: u64,
    /// Entries that somebody else had changed and that were put right.
    pub repairs: u64,
}
