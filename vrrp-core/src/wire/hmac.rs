//! Signing and verifying as keepalived 2.4.2 and later do it (`auth_hmac`, HM-02 to HM-05).

use core::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::receive::Received;
use super::trailer::Trailer;
use super::{Reject, Warning, Warnings};
use crate::config::{AntiReplay, AuthHmac, HmacKey, HmacMode};
use crate::id::Family;
use crate::sequences::{Sequences, seconds_apart};
use crate::time::{Interval, WallClock};

/// HMAC-SHA256 cut to 128 bits.
const KIND: u8 = 1;
/// Octets of a message in front of its checksum, which the tag reads as zero.
const BEFORE_CHECKSUM: usize = 6;

/// What a receiver knows besides its configuration; a judgement without it asks for neither window nor replay.
#[derive(Debug)]
pub(crate) struct Memory<'a> {
    /// The time of day; `None`, where the caller has none, counts as far off.
    pub(crate) wall: Option<WallClock>,
    pub(crate) sequences: &'a mut Sequences,
}

/// Whose advertisement it is, as the tag sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signer {
    pub(crate) source: IpAddr,
    pub(crate) version: u8,
    pub(crate) vrid: u8,
}

/// HM-04: type and reserved, window, key, tag, replay; the mark of the sender moves only behind all of them.
pub(crate) fn authenticate(
    received: &Received<'_>,
    trailer: Option<&Trailer>,
    ours: &AuthHmac,
    interval: Interval,
    memory: Option<Memory<'_>>,
    warnings: &mut Warnings,
) -> Result<(), Reject> {
    let Some(trailer) = trailer else {
        if ours.mode == HmacMode::Enforce {
            return Err(Reject::HmacMissing);
        }
        *warnings = warnings.with(Warning::HmacMissing);
        return Ok(());
    };
    if trailer.kind != KIND || trailer.reserved != 0 {
        return Err(Reject::HmacMalformed);
    }
    let window = u32::from(ours.window_seconds_at(interval));
    let timed = ours.anti_replay == AntiReplay::Time;
    let wall = memory.as_ref().map(|memory| memory.wall);
    // HM-05: a flood of old captures costs no digest.
    let off_seconds = match wall.filter(|_| timed) {
        Some(wall) => {
            let wall = wall.ok_or(Reject::HmacStale)?;
            Some(seconds_apart(trailer.seconds(), wall.seconds_modulo()).unsigned_abs())
        }
        None => None,
    };
    if off_seconds.is_some_and(|seconds| seconds > window) {
        return Err(Reject::HmacStale);
    }
    let key = ours.key(trailer.key_id).ok_or(Reject::HmacUnknownKey)?;
    if !is_right(received, trailer, key) {
        return Err(Reject::HmacMismatch);
    }
    if let Some(memory) = memory {
        let clock = memory.wall.filter(|_| timed);
        let forget = clock.map(|wall| (wall.seconds_modulo(), window));
        if !memory.sequences.accept(received.source, trailer.sequence, forget) {
            return Err(Reject::HmacReplay);
        }
    }
    if off_seconds.is_some_and(|seconds| seconds.saturating_mul(2) > window) {
        *warnings = warnings.with(Warning::HmacClock);
    }
    Ok(())
}

/// The one digest that a packet costs, compared in constant time.
fn is_right(received: &Received<'_>, trailer: &Trailer, key: &HmacKey) -> bool {
    let Some((message, _)) = received.message.split_last_chunk::<{ Trailer::OCTETS }>() else {
        return false;
    };
    let Some((before, [_, _, after @ ..])) = message.split_at_checked(BEFORE_CHECKSUM) else {
        return false;
    };
    let [version_and_kind, vrid, ..] = *before else {
        return false;
    };
    let signer = Signer {
        source: received.source,
        version: version_and_kind >> 4,
        vrid,
    };
    let right = digest(key, signer, &trailer.head(), |add| {
        add(before);
        add(&[0, 0]);
        add(after);
    })
    .map(|mac| mac.verify_truncated_left(&trailer.tag).is_ok());
    right == Some(true)
}

/// A trailer with its tag; `message` hands over the octets of the message in pieces, its checksum as zero.
pub(crate) fn sign(
    key: &HmacKey,
    signer: Signer,
    sequence: u64,
    message: impl FnOnce(&mut dyn FnMut(&[u8])),
) -> Option<Trailer> {
    let unsigned = Trailer {
        kind: KIND,
        key_id: key.id(),
        reserved: 0,
        sequence,
        tag: [0; 16],
    };
    let whole = digest(key, signer, &unsigned.head(), message)?
        .finalize()
        .into_bytes();
    let (tag, _) = whole.split_first_chunk()?;
    Some(Trailer {
        tag: *tag,
        ..unsigned
    })
}

/// A pseudo-header of 20 octets, the message, the trailer with a tag of zeros.
fn digest(
    key: &HmacKey,
    signer: Signer,
    head: &[u8; 12],
    message: impl FnOnce(&mut dyn FnMut(&[u8])),
) -> Option<Hmac<Sha256>> {
    #[cfg(test)]
    tests::DIGESTS.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
    // HMAC takes keys of any length; there is no error to tell.
    let mut mac = Hmac::<Sha256>::new_from_slice(key.octets()).ok()?;
    let family = match Family::of(&signer.source) {
        Family::Ipv4 => 4,
        Family::Ipv6 => 6,
    };
    mac.update(&[family, signer.version, signer.vrid, 0]);
    match signer.source {
        IpAddr::V4(address) => {
            mac.update(&address.octets());
            mac.update(&[0; 12]);
        }
        IpAddr::V6(address) => mac.update(&address.octets()),
    }
    message(&mut |octets| mac.update(octets));
    mac.update(head);
    mac.update(&[0; 16]);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::net::{IpAddr, Ipv4Addr};
    use core::sync::atomic::{AtomicU32, Ordering};

    use vrrp_conformance::proves;

    use super::*;
    use crate::{
        Draft, Input, Instant, InterfaceId, Link, Outbox, Profile, Router, Settings, Version, VirtualRouter,
        Vrid,
    };

    /// How many were computed; no other unit test computes any.
    pub(super) static DIGESTS: AtomicU32 = AtomicU32::new(0);

    const NOW: Instant = Instant::from_nanos(0);
    const WALL: WallClock = WallClock {
        seconds: 1_795_230_725,
        nanos: 0,
    };
    const SENDER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn settings() -> Settings {
        let vrid = Vrid::new(7).unwrap();
        let mut settings = Settings::new(Profile::Default, Family::Ipv4, vrid, InterfaceId(1));
        settings.addresses = alloc::vec![IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1))];
        let key = HmacKey::new(1, &[7; 32]).unwrap();
        settings.auth_hmac = Some(AuthHmac::new(alloc::vec![key], 1));
        settings
    }

    fn message() -> Vec<u8> {
        let mut sender = VirtualRouter::new(settings().build().unwrap());
        let link = Link {
            up: true,
            primary: Some(SENDER),
        };
        let _none = sender.handle(NOW, Input::Link(link));
        let draft = Draft {
            priority: 200,
            version: Version::V3,
        };
        let mut buffer = [0; 64];
        let sealed = sender.seal(draft, Some(WALL));
        let length = sealed.encode(Family::Ipv4.group(), &mut buffer).unwrap();
        buffer[..length].to_vec()
    }

    /// HM-05: what each kind of packet costs, the explanation of what differs included.
    #[test]
    fn hm_05_obeys_a_packet_costs_one_digest_at_most() {
        let good = message();
        let changed = |place: usize| {
            let mut changed = good.clone();
            changed[place] ^= 0x40;
            changed
        };
        let mut node = Router::new();
        let _id = node.add(settings().build().unwrap()).unwrap();
        let mut cost_of = |message: &[u8]| {
            let received = Received {
                interface: Some(InterfaceId(1)),
                source: SENDER,
                destination: Some(Family::Ipv4.group()),
                hop_limit: Some(255),
                message,
            };
            let before = DIGESTS.load(Ordering::Relaxed);
            let heard = node.receive_at(NOW, Some(WALL), &received, &mut Outbox::new());
            let cost = DIGESTS.load(Ordering::Relaxed) - before;
            (heard.map_err(|rejected| rejected.reject).err(), cost)
        };
        assert_eq!(cost_of(&good[..12]), (Some(Reject::HmacMissing), 0));
        assert_eq!(cost_of(&good[..39]), (Some(Reject::LengthSurplus), 0));
        assert_eq!(cost_of(&changed(7)), (Some(Reject::Checksum), 0));
        assert_eq!(cost_of(&changed(12)), (Some(Reject::HmacMalformed), 0));
        assert_eq!(cost_of(&changed(14)), (Some(Reject::HmacMalformed), 0));
        assert_eq!(cost_of(&changed(18)), (Some(Reject::HmacStale), 0));
        assert_eq!(cost_of(&changed(13)), (Some(Reject::HmacUnknownKey), 0));
        assert_eq!(cost_of(&changed(39)), (Some(Reject::HmacMismatch), 1));
        assert_eq!(cost_of(&good), (None, 1));
        assert_eq!(cost_of(&good), (Some(Reject::HmacReplay), 1));
        proves!("HM-05", Obeys);
    }
}
