//! What is chosen for the node as a whole.

use std::path::PathBuf;
use std::time::Duration;

/// Options of a [`Driver`](crate::Driver).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The address protocol number (`IFA_PROTO`, `ip -d address` of iproute2 6.3 and later shows it) that marks the
    /// addresses that are ours; by default 112, the number of VRRP itself. `None`, and kernels before 5.18: no mark, what
    /// was held is known from the journal only. Another program may use the same mark: it alone removes nothing that
    /// this one is not asked for.
    pub tag: Option<u8>,
    /// The route protocol number (`rtm_protocol`, `ip route show` names it by `/etc/iproute2/rt_protos`) that marks routes and
    /// rules that are ours; by default 112 as well.
    pub route_tag: u8,
    /// A directory for what a crash would leave behind, such as `/run/vrrpd`, one for each driver: the addresses that are
    /// held, so that the next start also removes those that it is not asked for any more (PRJ-ADDR-02), and the kernel
    /// settings that were changed (NET-ARP-09). It is made with mode 0700; one that is a link, not ours or writable by others is
    /// not used, which a warning tells, and nothing else fails. A thread writes there; the loop never does. `None`: such
    /// addresses and settings stay; where addresses carry no mark, all.
    pub journal: Option<PathBuf>,
    /// Time between gratuitous ARP packets for different addresses on one interface (keepalived `garp_interval`); 0.
    pub arp_gap: Duration,
    /// The same for unsolicited Neighbor Advertisements (keepalived `gna_interval`); 1 ms (NET-ND-06).
    pub neighbor_gap: Duration,
    /// Interfaces with gaps of their own (keepalived `garp_group`). An interface that stands in several has those of the first.
    pub paces: Vec<Pace>,
    /// Name of the packet filter's table (`nft list table inet NAME`), which is there while a service neither owns its
    /// addresses nor has Accept_Mode (keepalived `nftables`); `vrrpd`. Where others have a table of that name it is left
    /// alone, and `NAME-2` to `NAME-8` are tried.
    pub filter_table: String,
    /// How often links and addresses are compared with what the events have told; 5 s.
    pub audit_every: Duration,
}

/// Gaps between announcements on some interfaces (keepalived `garp_group`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// By name. They share the gaps: what leaves on one of them keeps the others waiting.
    pub interfaces: Vec<String>,
    /// Between gratuitous ARP packets.
    pub arp_gap: Duration,
    /// Between unsolicited Neighbor Advertisements.
    pub neighbor_gap: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tag: Some(112),
            route_tag: 112,
            journal: None,
            arp_gap: Duration::ZERO,
            neighbor_gap: Duration::from_millis(1),
            paces: Vec::new(),
            filter_table: "vrrpd".to_owned(),
            audit_every: Duration::from_secs(5),
        }
    }
}

/// IFA_PROTO came with Linux 5.18; an older kernel would ignore the mark.
pub(crate) fn kernel_keeps_tags() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release
        .split(|letter: char| !letter.is_ascii_digit())
        .map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (5, 18),
        _ => false,
    }
}
