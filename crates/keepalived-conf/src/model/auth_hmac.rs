//! `auth_hmac`.

use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use zeroize::Zeroizing;

use super::Sourced;
use crate::source::Span;

/// `auth_hmac`: signed advertisements, in either version. Its keys have ids of their own, and the active one is among
/// them: an instance with a block that says otherwise, or holds anything wrong, is dropped.
///
/// ```
/// use keepalived_conf::{HmacMode, MemoryFiles, parse};
/// let text = "vrrp_instance web {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress { 192.0.2.1 }\n \
///             auth_hmac {\n  key 1 file:/etc/vrrp.key\n  active_key 1\n }\n}\n";
/// let files = MemoryFiles::new([("k.conf", text), ("/etc/vrrp.key", "thirty-two octets, from a secret\n")]);
/// let parsed = parse(&files, "k.conf");
/// let signed = parsed.config.instances[0].auth_hmac.as_ref().unwrap();
/// assert_eq!((signed.keys[0].octets().len(), signed.mode.value), (32, HmacMode::Enforce));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuthHmac {
    /// The header of its block; of the first one, if there are several.
    pub span: Span,
    /// `key`, at least one.
    pub keys: Vec<HmacKey>,
    /// `active_key`: the id of the one that signs.
    pub active_key: Sourced<u8>,
    /// `mode`, default enforce; strict mode leaves nothing else.
    pub mode: Sourced<HmacMode>,
    /// `anti_replay`, default time.
    pub anti_replay: Sourced<AntiReplay>,
    /// `time_window` in seconds, 1 to 300; none: three times the advertisement interval in whole seconds, at least 5 and
    /// at most 300.
    pub time_window_seconds: Option<Sourced<u16>>,
}

/// One `key`: never printed, never serialized, and wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct HmacKey {
    /// 1 to 255, as it stands in packets.
    pub id: u8,
    /// The place of its line.
    pub span: Span,
    octets: Zeroizing<Vec<u8>>,
}

impl HmacKey {
    /// Octets of a key.
    pub(crate) const OCTETS: std::ops::RangeInclusive<usize> = 32..=64;

    pub(crate) const fn new(id: u8, span: Span, octets: Zeroizing<Vec<u8>>) -> Self {
        Self { id, span, octets }
    }

    /// The key itself, 32 to 64 octets. Wipe what it is copied to.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }
}

impl std::fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HmacKey({}, {} octets)", self.id, self.octets.len())
    }
}

/// The id, the place and the length.
impl Serialize for HmacKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("HmacKey", 3)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("span", &self.span)?;
        out.serialize_field("length", &self.octets.len())?;
        out.end()
    }
}

/// `mode`: who signs, and what unsigned advertisements are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HmacMode {
    /// Signs, and believes nothing unsigned.
    Enforce,
    /// Signs, and believes unsigned advertisements too.
    Permissive,
    /// Does not sign; believes as permissive does.
    ReceiveOnly,
}

/// `anti_replay`: what makes a recorded advertisement worthless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AntiReplay {
    /// The sender's clock is near ours, and its sequence grows.
    Time,
    /// Its sequence grows.
    Monotonic,
}
