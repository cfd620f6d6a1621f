//! `vrrp_instance`.

use std::net::IpAddr;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::{
    Address, Announcements, AuthHmac, Missing, Notify, Route, RouterAdvertisements, Rule, Sourced, Track,
    Vmac,
};
use crate::source::Span;

/// Version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum Version {
    /// VRRPv2, RFC 3768.
    #[serde(rename = "2")]
    V2,
    /// VRRPv3, RFC 9568.
    #[serde(rename = "3")]
    V3,
}

/// Family of an instance's advertised addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum Family {
    /// IPv4.
    #[serde(rename = "ipv4")]
    Ipv4,
    /// IPv6.
    #[serde(rename = "ipv6")]
    Ipv6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }
}

/// `state`: a hint. The priority decides; only an owner takes over at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum InitialState {
    /// `MASTER`.
    Master,
    /// `BACKUP`.
    Backup,
}

/// `auth_pass`: 1 to 8 bytes. Never printed and never serialized; ask for [`AuthPass::bytes`].
///
/// ```
/// use keepalived_conf::{MemoryFiles, parse};
/// let text = "vrrp_instance web {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress { 192.0.2.1 }\n \
///             authentication {\n  auth_type PASS\n  auth_pass sesame\n }\n}\n";
/// let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
/// let password = &parsed.config.instances[0].authentication.as_ref().unwrap().value;
/// assert_eq!(password.bytes(), b"sesame");
/// assert_eq!(serde_json::to_string(password).unwrap(), r#"{"length":6}"#);
/// assert_eq!(format!("{password:?}"), "AuthPass(6 bytes)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AuthPass(Vec<u8>);

impl AuthPass {
    /// The first 8 bytes; none if empty.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let kept = bytes.get(..8).unwrap_or(bytes);
        (!kept.is_empty()).then(|| Self(kept.to_vec()))
    }

    /// The bytes as written, 1 to 8.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it stands in a packet: padded with zeros.
    #[must_use]
    pub fn padded(&self) -> [u8; 8] {
        let mut out = [0; 8];
        out.iter_mut().zip(&self.0).for_each(|(to, from)| *to = *from);
        out
    }
}

impl std::fmt::Debug for AuthPass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuthPass({} bytes)", self.0.len())
    }
}

/// The length.
impl Serialize for AuthPass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("AuthPass", 1)?;
        out.serialize_field("length", &self.0.len())?;
        out.end()
    }
}

/// One line of `unicast_peer`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// `min_ttl`: least TTL an advert of it may have.
    pub min_ttl: Option<Sourced<u8>>,
    /// `max_ttl`: greatest TTL an advert of it may have.
    pub max_ttl: Option<Sourced<u8>>,
    /// The address's place.
    pub span: Span,
}

/// `old_unicast_checksum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OldUnicastChecksum {
    /// Without argument: sums are those of releases up to 1.3.6.
    Always,
    /// `never`: an old peer is not looked for.
    Never,
}

/// How adverts travel.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Path {
    /// To a group.
    Multicast {
        /// The group.
        group: Sourced<IpAddr>,
        /// `mcast_src_ip`; the interface's own address if none.
        source: Option<Sourced<IpAddr>>,
    },
    /// To each peer.
    Unicast {
        /// The peers; never empty, unless `unicast_fault_no_peer` keeps the instance barred.
        peers: Vec<Peer>,
        /// `unicast_src_ip`; the interface's own address if none.
        source: Option<Sourced<IpAddr>>,
        /// `unicast_ttl`: TTL of adverts, default 255; none for IPv6 where the kernel's default holds.
        ttl: Option<Sourced<u8>>,
    },
}

/// `vrrp_instance`, whole: every default is filled in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct VrrpInstance {
    /// Its name.
    pub name: String,
    /// The header of its block.
    pub span: Span,
    /// `interface`; none only for unicast with a source address.
    pub interface: Option<Sourced<String>>,
    /// `virtual_router_id`, 1 to 255.
    pub virtual_router_id: Sourced<u8>,
    /// Family of the advertised addresses.
    pub family: Sourced<Family>,
    /// `version`.
    pub version: Sourced<Version>,
    /// `state`.
    pub state: Sourced<InitialState>,
    /// `priority`, 1 to 255; default 100, or 255 with `state MASTER`.
    pub priority: Sourced<u8>,
    /// `advert_int` in hundredths of a second, default 100. Version 2: whole seconds up to 255 s. Version 3: at most
    /// 4095.
    pub advert_int_cs: Sourced<u16>,
    /// `auth_pass` with `auth_type PASS`; version 2 only.
    pub authentication: Option<Sourced<AuthPass>>,
    /// `auth_hmac`; never beside a password.
    pub auth_hmac: Option<AuthHmac>,
    /// `virtual_ipaddress`: of one family.
    pub addresses: Vec<Address>,
    /// `virtual_ipaddress_excluded`, and what does not fit into an advert.
    pub excluded: Vec<Address>,
    /// `virtual_routes`.
    pub routes: Vec<Route>,
    /// `virtual_rules`.
    pub rules: Vec<Rule>,
    /// `no_virtual_ipaddress`: no addresses are wanted.
    pub no_virtual_ipaddress: bool,
    /// Multicast or unicast, and with whom.
    pub path: Path,
    /// `unicast_fault_no_peer`: barred while there is no peer.
    pub unicast_fault_no_peer: Sourced<bool>,
    /// `check_unicast_src`: only listed peers are heard.
    pub check_unicast_src: Sourced<bool>,
    /// `track_src_ip`: barred while the source address is absent.
    pub track_src_ip: Sourced<bool>,
    /// `preempt`, `nopreempt`; default true.
    pub preempt: Sourced<bool>,
    /// `preempt_delay`, default zero.
    pub preempt_delay: Sourced<Duration>,
    /// `router_advertisements`, a block of our own.
    pub router_advertisements: Option<RouterAdvertisements>,
    /// `accept`, `no_accept`; default true, false with strict unless owner.
    pub accept: Sourced<bool>,
    /// `strict_mode`.
    pub strict: Sourced<bool>,
    /// `skip_check_adv_addr`.
    pub skip_check_adv_addr: Sourced<bool>,
    /// `down_timer_adverts`, default 3.
    pub down_timer_adverts: Sourced<u8>,
    /// `lower_prio_no_advert`.
    pub lower_prio_no_advert: Sourced<bool>,
    /// `higher_prio_send_advert`.
    pub higher_prio_send_advert: Sourced<bool>,
    /// `owner_ignore_adverts`.
    pub owner_ignore_adverts: Sourced<bool>,
    /// `timer_expired_backup`, with the greatest priority of the other nodes if it is written; only with `nopreempt`.
    pub timer_expired_backup: Option<Sourced<Option<u8>>>,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: Sourced<bool>,
    /// `v2_interop`, which is ours: version 2 is sent and heard beside version 3.
    pub v2_interop: Sourced<bool>,
    /// `old_unicast_checksum`.
    pub old_unicast_checksum: Option<Sourced<OldUnicastChecksum>>,
    /// `garp_*`.
    pub announcements: Announcements,
    /// `dont_track_primary`: the link of `interface` does not bar the instance.
    pub dont_track_primary: Sourced<bool>,
    /// `track_interface`.
    pub track_interfaces: Vec<Track>,
    /// `track_script`: only scripts that exist.
    pub track_scripts: Vec<Track>,
    /// `track_file`: only files that are defined.
    pub track_files: Vec<Track>,
    /// `track_process`: only processes that are defined.
    pub track_processes: Vec<Track>,
    /// `notify*`.
    pub notify: Notify,
    /// `smtp_alert`, default `smtp_alert_vrrp`, `smtp_alert`, off.
    pub smtp_alert: Sourced<bool>,
    /// Virtual MACs.
    pub vmac: Vmac,
    /// What bars this instance.
    pub missing: Vec<Missing>,
}

impl VrrpInstance {
    /// Priority 255: this node owns the addresses.
    #[must_use]
    pub const fn is_owner(&self) -> bool {
        self.priority.value == 255
    }
}
