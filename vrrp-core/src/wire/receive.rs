//! What arrived -> what is believed of it: steps 4 to 21 of the receive order (RFC 9568 section 7.1, for version 2
//! RFC 3768 section 7.1), first fault found first told.

use core::net::IpAddr;

use super::checksum;
use super::local::{Local, Sender};
use super::packet::{FIXED_OCTETS, Message};
use super::trailer::Trailer;
use super::{Reject, Warning, Warnings, auth};
use crate::config::Version;
use crate::id::{Family, InterfaceId};
use crate::input::Heard;
use crate::time::Interval;

/// A VRRP message as it came from the socket, with what the IP header said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received<'a> {
    /// Where it arrived; finds the router, is not judged.
    pub interface: Option<InterfaceId>,
    /// IP source.
    pub source: IpAddr,
    /// IP destination; `None`, where the socket did not tell, counts as wrong.
    pub destination: Option<IpAddr>,
    /// TTL or Hop Limit; `None`, where the socket did not tell, counts as wrong (V3-7.1-02).
    pub hop_limit: Option<u8>,
    /// From the Version octet to the end of the IP payload.
    pub message: &'a [u8],
}

/// Judges a message by the router it is for, in exactly the order of RFC 9568 section 7.1.
///
/// `local`: the router with this interface, family, VRID and path. Where none has this path but one has the rest,
/// hand over that one, so that the fault is named [`Reject::DestinationNotGroup`]; where none has the VRID, `None`:
/// then what no router could accept is still named first, and anything else is [`Reject::VridUnknown`].
///
/// Changes nothing, allocates nothing, and does not panic whatever the octets. Of a router with `auth_hmac` everything
/// is judged but what needs a clock or a memory: that is [`VirtualRouter::receive_at`](crate::VirtualRouter::receive_at).
///
/// # Errors
/// The first failed check. The packet is to be counted, and otherwise to be as if it had never come (PRJ-RX-09).
///
/// # Examples
/// ```
/// use vrrp_core::wire::{Local, Received, Reject, judge};
/// use vrrp_core::{Family, InterfaceId, Profile, Settings, Vrid};
///
/// let vrid = Vrid::new(51).ok_or("0 is no VRID")?;
/// let mut settings = Settings::new(Profile::Default, Family::Ipv4, vrid, InterfaceId(2));
/// settings.addresses.push("192.0.2.254".parse()?);
/// let config = settings.build()?;
///
/// let local = Local { config: &config, primary: Some("192.0.2.2".parse()?) };
/// let mut received = Received {
///     interface: Some(InterfaceId(2)),
///     source: "192.0.2.1".parse()?,
///     destination: Some(Family::Ipv4.group()),
///     hop_limit: Some(255),
///     message: &[0x31, 51, 150, 1, 0, 100, 0x75, 0x68, 192, 0, 2, 254],
/// };
/// assert_eq!(judge(&received, Some(&local)).map(|heard| heard.priority), Ok(150));
///
/// received.hop_limit = Some(254);
/// assert_eq!(judge(&received, Some(&local)), Err(Reject::IpTtl));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn judge(received: &Received<'_>, local: Option<&Local<'_>>) -> Result<Heard, Reject> {
    judge_with(received, local, |_trailer, _warnings| {
        #[cfg(feature = "hmac")]
        if let Some(config) = local.map(|local| local.config)
            && let Some(ours) = &config.auth_hmac
        {
            return super::hmac::authenticate(received, _trailer, ours, config.interval, None, _warnings);
        }
        Ok(())
    })
}

/// [`judge`] with another answer to the question whether a trailer is to be believed, asked between the checksum and
/// the fields (HM-04).
pub(crate) fn judge_with(
    received: &Received<'_>,
    local: Option<&Local<'_>>,
    authenticate: impl FnOnce(Option<&Trailer>, &mut Warnings) -> Result<(), Reject>,
) -> Result<Heard, Reject> {
    let family = Family::of(&received.source);
    let vrid = Message::peek_vrid(received.message);
    // A router of another family or VRID is not the one addressed, whoever looked it up.
    let local = local.filter(|local| {
        local.config.family == family && vrid.is_none_or(|vrid| vrid == local.config.vrid.get())
    });
    let mut warnings = Warnings::NONE;
    let destination = check_envelope(received, local, &mut warnings)?;
    let (message, trailer) = read(received.message, family, local)?;
    let covered = covered(received.message, family, trailer.is_some());
    let verified = checksum::verify(covered, received.source, destination);
    let believed = match local {
        Some(local) => local.believes(message.version(), family, verified),
        None => verified.plain || verified.pseudo,
    };
    if !believed {
        return Err(Reject::Checksum);
    }
    let local = local.ok_or(Reject::VridUnknown)?;
    authenticate(trailer.as_ref(), &mut warnings)?;
    check_fields(&message, local, &mut warnings)?;
    if let Some((kind, data)) = message.authentication() {
        auth::check(kind, data, &local.config.authentication)?;
    }
    check_owner(&message, local, &mut warnings)?;
    let interval = check_agreement(&message, local, &mut warnings)?;
    Ok(Heard {
        source: received.source,
        priority: message.priority(),
        version: message.version(),
        interval,
        checksum: match (message.version(), family) {
            (Version::V3, Family::Ipv4) => verified.only(),
            (Version::V2, _) | (_, Family::Ipv6) => None,
        },
        warnings,
    })
}

/// Steps 4 to 6: hop limit, destination, source.
fn check_envelope(
    received: &Received<'_>,
    local: Option<&Local<'_>>,
    warnings: &mut Warnings,
) -> Result<IpAddr, Reject> {
    let source = received.source;
    let sender = local.map_or(Sender::Multicast, |local| local.sender(source));
    if !received
        .hop_limit
        .is_some_and(|limit| sender.hop_limits().contains(&limit))
    {
        return Err(Reject::IpTtl);
    }
    let destination = received.destination.ok_or(Reject::DestinationNotGroup)?;
    let family = Family::of(&source);
    let reached = match local {
        Some(local) => local.destination() == Some(destination),
        // A unicast destination is an own address, or the kernel would not have delivered it.
        None => {
            Family::of(&destination) == family
                && (destination == family.group() || !destination.is_multicast())
        }
    };
    if !reached {
        return Err(Reject::DestinationNotGroup);
    }
    if local.is_some_and(|local| local.config.is_authenticated()) && matches!(sender, Sender::Refused) {
        // HM-12, PRJ-RX-01: such a packet is for none of our routers, so nobody computes a digest for it.
        return Err(Reject::DestinationNotGroup);
    }
    if !is_usable(source) {
        return Err(Reject::SourceInvalid);
    }
    let Some(local) = local else {
        return Ok(destination);
    };
    if local.is_own(source) {
        return Err(Reject::SourceSelf);
    }
    match sender {
        Sender::Refused => return Err(Reject::SourceInvalid),
        Sender::Unlisted => *warnings = warnings.with(Warning::PeerNotListed),
        // Unicast peers are named by whatever address reaches them, so only multicast asks for link-local.
        Sender::Multicast if !is_link_local_where_ipv6(source) => {
            if local.is_rfc() {
                return Err(Reject::SourceNotLinkLocal);
            }
            *warnings = warnings.with(Warning::SourceNotLinkLocal);
        }
        Sender::Multicast | Sender::Peer(_) => {}
    }
    Ok(destination)
}

/// PRJ-RX-07: an address that a router can send from.
fn is_usable(source: IpAddr) -> bool {
    let broadcast = match source {
        IpAddr::V4(source) => source.is_broadcast(),
        IpAddr::V6(_) => false,
    };
    !(source.is_unspecified() || source.is_loopback() || source.is_multicast() || broadcast)
}

fn is_link_local_where_ipv6(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// HM-03: in IPv4 the checksum ends with the message, in IPv6, where the kernel may have made it, with the trailer.
pub(super) fn covered(octets: &[u8], family: Family, signed: bool) -> &[u8] {
    match (family, octets.split_last_chunk::<{ Trailer::OCTETS }>()) {
        (Family::Ipv4, Some((message, _))) if signed => message,
        (_, _) => octets,
    }
}

/// Steps 7 to 10. The version is asked for before the type and the exact length (step 8).
fn read<'a>(
    octets: &'a [u8],
    family: Family,
    local: Option<&Local<'_>>,
) -> Result<(Message<'a>, Option<Trailer>), Reject> {
    let version = Message::peek_version(octets).filter(|_| octets.len() >= FIXED_OCTETS);
    if let (Some(local), Some(version)) = (local, version)
        && !local.runs(version)
    {
        return Err(Reject::Version);
    }
    if local.is_some_and(|local| local.config.is_authenticated()) {
        return Message::parse_with_trailer(octets, family);
    }
    Message::parse(octets, family).map(|message| (message, None))
}

/// Steps 13 to 15.
fn check_fields(message: &Message<'_>, local: &Local<'_>, warnings: &mut Warnings) -> Result<(), Reject> {
    if message.version() == Version::V3 {
        // PRJ-ADDR-01: a router without advertised addresses sends count 0 itself, and so does its like. Two of them
        // that did not believe each other would both be Active.
        let none_here = local.config.addresses.is_empty() && !local.is_rfc();
        if message.count() == 0 && !none_here {
            return Err(Reject::CountZero);
        }
        if message.interval_centiseconds() == 0 {
            return Err(Reject::IntervalZero);
        }
    }
    if message
        .addresses()
        .next()
        .is_some_and(|first| !is_link_local_where_ipv6(first))
    {
        if local.is_rfc() {
            return Err(Reject::FirstAddressNotLinkLocal);
        }
        *warnings = warnings.with(Warning::FirstAddressNotLinkLocal);
    }
    Ok(())
}

/// Step 17.
fn check_owner(message: &Message<'_>, local: &Local<'_>, warnings: &mut Warnings) -> Result<(), Reject> {
    if !local.config.priority.is_owner() {
        return Ok(());
    }
    // V2-7.1-06: RFC 3768 discards. V3-7.1-13: two owners that both did so would stay Active for ever.
    let discards = message.version() == Version::V2 && local.is_rfc();
    if discards || local.config.owner_ignores {
        return Err(Reject::OwnerConflict);
    }
    *warnings = warnings.with(Warning::OwnerConflict);
    Ok(())
}

/// Steps 18 to 21: address list and interval as ours. Gives the sender's interval.
fn check_agreement(
    message: &Message<'_>,
    local: &Local<'_>,
    warnings: &mut Warnings,
) -> Result<Interval, Reject> {
    let version_2 = message.version() == Version::V2;
    match Lists::compare(message, &local.config.addresses) {
        Lists::Same => {}
        Lists::OtherOrder => *warnings = warnings.with(Warning::AddressListOrder),
        // V2-7.1-08: RFC 3768 drops, unless the sender is the owner.
        Lists::Differ if version_2 && local.is_rfc() && message.priority() != 255 => {
            return Err(Reject::AddressListMismatch);
        }
        Lists::Differ => *warnings = warnings.with(Warning::AddressListMismatch),
    }
    // Only version 2 can still have 0 here, and nobody's interval is 0.
    let interval =
        Interval::from_centiseconds(message.interval_centiseconds()).ok_or(Reject::IntervalMismatch)?;
    if interval != local.config.interval {
        // PRJ-IOP-02: a version 3 router that listens to version 2 follows the sender's rate.
        if version_2 && local.config.version == Version::V2 {
            return Err(Reject::IntervalMismatch);
        }
        *warnings = warnings.with(Warning::IntervalMismatch);
    }
    Ok(interval)
}

/// A received address list beside ours.
enum Lists {
    Same,
    OtherOrder,
    Differ,
}

impl Lists {
    fn compare(message: &Message<'_>, ours: &[IpAddr]) -> Self {
        if message.addresses().eq(ours.iter().copied()) {
            return Self::Same;
        }
        // Ours holds nothing twice, so a list of the same length with all of ours holds nothing else.
        let all = ours
            .iter()
            .all(|own| message.addresses().any(|theirs| theirs == *own));
        if all && message.addresses().len() == ours.len() {
            Self::OtherOrder
        } else {
            Self::Differ
        }
    }
}
