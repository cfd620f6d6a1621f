//! keepalived's `auth_hmac`: keys and how strictly they are asked for (draft-cassen-vrrp-auth-hmac, keepalived 2.4.2 on).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use super::ConfigError;
use crate::time::Interval;

/// Octets of a key.
const KEY_OCTETS: core::ops::RangeInclusive<usize> = 32..=64;
/// Range of `time_window` in seconds.
const WINDOW_SECONDS: core::ops::RangeInclusive<u16> = 1..=300;
/// The smallest window that follows from an interval, in seconds.
const DEFAULT_WINDOW_SECONDS_MIN: u16 = 5;

/// Signed advertisements: HMAC-SHA256 cut to 128 bits in a trailer of 28 octets.
///
/// All routers of a group share the keys. To begin, or to change a key, without a gap: give every router the new key,
/// then make it the active one everywhere, then take the old one away. To begin at all: every router
/// [`HmacMode::ReceiveOnly`], then every router [`HmacMode::Permissive`], then every router [`HmacMode::Enforce`].
///
/// # Examples
/// Two routers that share a key. What the first seals the second believes once, and no tampered copy of it:
/// ```
/// use vrrp_core::wire::{Received, Reject};
/// use vrrp_core::{
///     Action, AuthHmac, Family, HmacKey, Input, Instant, InterfaceId, Link, Profile, Settings, VirtualRouter, Vrid,
///     WallClock,
/// };
///
/// let key = HmacKey::new(1, b"thirty-two octets, from a secret")?;
/// let mut settings = Settings::new(Profile::Default, Family::Ipv4, Vrid::new(51).ok_or("0")?, InterfaceId(2));
/// settings.addresses.push("192.0.2.254".parse()?);
/// settings.auth_hmac = Some(AuthHmac::new(vec![key], 1));
/// let config = settings.build()?;
///
/// let now = Instant::from_nanos(0);
/// let mut router = |primary: &str| -> Result<VirtualRouter, std::net::AddrParseError> {
///     let mut router = VirtualRouter::new(config.clone());
///     let primary = Some(primary.parse()?);
///     router.handle(now, Input::Link(Link { up: true, primary }));
///     router.handle(now, Input::Start);
///     Ok(router)
/// };
/// let (mut active, mut backup) = (router("192.0.2.1")?, router("192.0.2.2")?);
///
/// let due = active.deadline().ok_or("no deadline")?.at;
/// let first = active.handle(due, Input::Tick).into_iter().next();
/// let Some(Action::Send(draft)) = first else { return Err("an advertisement comes first".into()) };
/// // The time of day, of both nodes.
/// let wall = Some(WallClock { seconds: 1_795_230_725, nanos: 0 });
/// let mut buffer = [0; 64];
/// let length = active.seal(draft, wall).encode(Family::Ipv4.group(), &mut buffer).ok_or("too small")?;
/// assert_eq!(length, 12 + 28);
///
/// let packet = |message| Received {
///     interface: Some(InterfaceId(2)),
///     source: "192.0.2.1".parse().unwrap(),
///     destination: Some(Family::Ipv4.group()),
///     hop_limit: Some(255),
///     message,
/// };
/// let mut tampered = buffer;
/// tampered[39] ^= 1;
/// assert_eq!(backup.receive_at(due, wall, &packet(&tampered[..length])), Err(Reject::HmacMismatch));
/// assert_eq!(backup.receive_at(due, wall, &packet(&buffer[..12])), Err(Reject::HmacMissing));
/// assert!(backup.receive_at(due, wall, &packet(&buffer[..length])).is_ok());
/// assert_eq!(backup.receive_at(due, wall, &packet(&buffer[..length])), Err(Reject::HmacReplay));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthHmac {
    /// Every key that is believed (keepalived `key`), at least one.
    pub keys: Vec<HmacKey>,
    /// Id of the one that signs (keepalived `active_key`), which has to be among them in every mode.
    pub active_key: u8,
    /// Who signs and who has to (keepalived `mode`).
    pub mode: HmacMode,
    /// What makes a recorded packet worthless (keepalived `anti_replay`).
    pub anti_replay: AntiReplay,
    /// How far the sender's clock may be off, 1 to 300 s (keepalived `time_window`); `None`: three times the
    /// advertisement interval in whole seconds, at least 5 and at most 300. Whole seconds are compared.
    pub window_seconds: Option<u16>,
}

/// Who signs and who has to; keepalived's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum HmacMode {
    /// Signs, and believes nothing unsigned.
    #[default]
    Enforce,
    /// Signs, and believes unsigned advertisements too. A bad signature is not believed.
    Permissive,
    /// Does not sign; believes as [`HmacMode::Permissive`] does.
    ReceiveOnly,
}

/// What makes a recorded packet worthless; keepalived's names and default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AntiReplay {
    /// The sender's clock is near ours, and its sequence grows. Needs clocks that agree.
    #[default]
    Time,
    /// Its sequence grows. A recorded packet is good once more after a restart of the receiver, and a sender whose clock
    /// was set back is not believed until it has caught up.
    Monotonic,
}

/// A shared key of 32 to 64 octets with its id. Never printed, and wiped when dropped (HM-13); wipe the place that it
/// was read into as well.
#[derive(Clone, PartialEq, Eq)]
pub struct HmacKey {
    id: u8,
    octets: Box<[u8]>,
}

impl HmacKey {
    /// `id` 1 to 255, `octets` 32 to 64.
    ///
    /// # Errors
    /// [`ConfigError::HmacKeyId`] or [`ConfigError::HmacKeyLength`].
    pub fn new(id: u8, octets: &[u8]) -> Result<Self, ConfigError> {
        if id == 0 {
            return Err(ConfigError::HmacKeyId);
        }
        if !KEY_OCTETS.contains(&octets.len()) {
            return Err(ConfigError::HmacKeyLength {
                id,
                found: octets.len(),
            });
        }
        Ok(Self {
            id,
            octets: octets.into(),
        })
    }

    /// 1 to 255, as on the wire.
    #[must_use]
    pub const fn id(&self) -> u8 {
        self.id
    }

    pub(crate) const fn octets(&self) -> &[u8] {
        &self.octets
    }
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKey({}, redacted)", self.id)
    }
}

impl AuthHmac {
    /// keepalived's defaults: enforce, time, a window that follows from the interval.
    #[must_use]
    pub fn new(keys: Vec<HmacKey>, active_key: u8) -> Self {
        Self {
            keys,
            active_key,
            mode: HmacMode::default(),
            anti_replay: AntiReplay::default(),
            window_seconds: None,
        }
    }

    /// The window in force at `interval`, in seconds.
    #[must_use]
    pub fn window_seconds_at(&self, interval: Interval) -> u16 {
        self.window_seconds.unwrap_or_else(|| {
            let seconds = interval.centiseconds() / 100;
            let (least, most) = (DEFAULT_WINDOW_SECONDS_MIN, *WINDOW_SECONDS.end());
            seconds.saturating_mul(3).clamp(least, most)
        })
    }

    pub(crate) fn key(&self, id: u8) -> Option<&HmacKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    pub(crate) const fn signs(&self) -> bool {
        !matches!(self.mode, HmacMode::ReceiveOnly)
    }

    /// HM-11: nothing of this may end in a router that runs unsigned.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (index, key) in self.keys.iter().enumerate() {
            if self.keys.iter().take(index).any(|earlier| earlier.id == key.id) {
                return Err(ConfigError::HmacKeyTwice { id: key.id });
            }
        }
        if self.key(self.active_key).is_none() {
            return Err(ConfigError::HmacActiveKey { id: self.active_key });
        }
        if self
            .window_seconds
            .is_some_and(|seconds| !WINDOW_SECONDS.contains(&seconds))
        {
            return Err(ConfigError::OutOfRange {
                setting: "auth_hmac.window_seconds",
            });
        }
        Ok(())
    }
}
