//! What the kernel says about links and addresses, read attribute by attribute: one that is unknown or odd costs
//! nothing but itself, where decoding whole messages loses the message (a lost `DelLink` is a lost interface).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rtnetlink::packet_core::{NetlinkBuffer, NlasIterator};

const RTM_NEWLINK: u16 = libc::RTM_NEWLINK;
const RTM_DELLINK: u16 = libc::RTM_DELLINK;
const RTM_NEWADDR: u16 = libc::RTM_NEWADDR;
const RTM_DELADDR: u16 = libc::RTM_DELADDR;

const LINK_HEADER_OCTETS: usize = 16;
const ADDRESS_HEADER_OCTETS: usize = 8;
/// `IFA_FLAGS` and `IFA_PROTO` of linux/if_addr.h; libc has no IFA_PROTO.
const IFA_PROTO: u16 = 11;
/// Of linux/if_link.h.
const IFLA_MACVLAN_MODE: u16 = 1;
const MACVLAN_MODE_PRIVATE: u32 = 1;

/// A link as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LinkInfo {
    pub(crate) index: u32,
    pub(crate) name: String,
    /// Administratively up.
    pub(crate) up: bool,
    /// Administratively up, with a carrier and an operational state that lets traffic pass.
    pub(crate) running: bool,
    /// `None` where frames have no such address.
    pub(crate) mac: Option<[u8; 6]>,
    /// Neighbours are not asked for addresses (IFF_NOARP, point to point): announcing is pointless.
    pub(crate) no_arp: bool,
    pub(crate) mtu_octets: u32,
    /// The link that it is made on.
    pub(crate) parent: Option<u32>,
    /// What somebody has written on it (`ip link set X alias TEXT`).
    pub(crate) alias: Option<String>,
    /// A macvlan in private mode.
    pub(crate) is_private_macvlan: bool,
}

/// An address as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressInfo {
    pub(crate) index: u32,
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
    pub(crate) scope: u8,
    pub(crate) flags: u32,
    /// `IFA_PROTO`: who made it.
    pub(crate) tag: Option<u8>,
    /// The message it came in, by which it can be made again.
    pub(crate) message: Box<[u8]>,
}

impl AddressInfo {
    const fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// Goes when its primary goes, unless the kernel is told to promote it.
    pub(crate) const fn is_secondary(&self) -> bool {
        // In IPv6 the same bit means a temporary address; those are no source for a router either.
        self.has(libc::IFA_F_SECONDARY)
    }

    /// Cannot be used as a source yet, or ever.
    pub(crate) const fn is_unusable(&self) -> bool {
        (self.has(libc::IFA_F_TENTATIVE) && !self.has(libc::IFA_F_OPTIMISTIC))
            || self.has(libc::IFA_F_DADFAILED)
    }
}

/// One event, or one entry of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    NewLink(LinkInfo),
    DelLink {
        index: u32,
    },
    NewAddress(AddressInfo),
    DelAddress(AddressInfo),
    /// A request's answer: 0, or a negative errno.
    Answer {
        sequence: u32,
        code: i32,
    },
    /// A dump is complete; `interrupted`: it is not consistent.
    Done {
        sequence: u32,
        interrupted: bool,
    },
    /// Events were lost.
    Overrun,
}

/// Calls `take` for every message of a datagram that means something here.
pub(crate) fn each_message(datagram: &[u8], mut take: impl FnMut(Message)) {
    let mut rest = datagram;
    while let Ok(frame) = NetlinkBuffer::new_checked(rest) {
        let octets = usize::try_from(frame.length()).unwrap_or(usize::MAX);
        if let Some(message) = read(&frame) {
            take(message);
        }
        let aligned = octets.saturating_add(3) & !3;
        rest = rest.get(aligned..).unwrap_or_default();
    }
}

fn read(frame: &NetlinkBuffer<&[u8]>) -> Option<Message> {
    let payload = frame.payload();
    let sequence = frame.sequence_number();
    let interrupted = frame.flags() & libc::NLM_F_DUMP_INTR as u16 != 0;
    match frame.message_type() {
        RTM_NEWLINK => read_link(payload).map(Message::NewLink),
        RTM_DELLINK => read_link(payload).map(|link| Message::DelLink { index: link.index }),
        RTM_NEWADDR => read_address(payload).map(Message::NewAddress),
        RTM_DELADDR => read_address(payload).map(Message::DelAddress),
        kind if i32::from(kind) == libc::NLMSG_ERROR => {
            let code = i32::from_ne_bytes(*payload.first_chunk::<4>()?);
            Some(Message::Answer { sequence, code })
        }
        kind if i32::from(kind) == libc::NLMSG_DONE => Some(Message::Done {
            sequence,
            interrupted,
        }),
        kind if i32::from(kind) == libc::NLMSG_OVERRUN => Some(Message::Overrun),
        _ => None,
    }
}

fn read_link(payload: &[u8]) -> Option<LinkInfo> {
    let (header, attributes) = payload.split_at_checked(LINK_HEADER_OCTETS)?;
    let [family, _, _, _, i0, i1, i2, i3, f0, f1, f2, f3, ..] = *header else {
        return None;
    };
    // A bridge tells of its ports in the same group under its own family: a port that leaves looks like a DelLink.
    if i32::from(family) != libc::AF_UNSPEC {
        return None;
    }
    let flags = u32::from_ne_bytes([f0, f1, f2, f3]) as i32;
    let needed = libc::IFF_UP | libc::IFF_RUNNING | libc::IFF_LOWER_UP;
    let mut link = LinkInfo {
        index: u32::from_ne_bytes([i0, i1, i2, i3]),
        up: flags & libc::IFF_UP != 0,
        running: flags & needed == needed,
        no_arp: flags & (libc::IFF_NOARP | libc::IFF_POINTOPOINT | libc::IFF_LOOPBACK) != 0,
        ..LinkInfo::default()
    };
    for attribute in NlasIterator::new(attributes).map_while(Result::ok) {
        let value = attribute.value();
        match attribute.kind() {
            libc::IFLA_IFNAME => link.name = read_name(value)?,
            libc::IFLA_ADDRESS => link.mac = value.try_into().ok(),
            libc::IFLA_MTU => link.mtu_octets = read_u32(value).unwrap_or(0),
            libc::IFLA_LINK => link.parent = read_u32(value).filter(|index| *index != 0),
            libc::IFLA_IFALIAS => link.alias = read_name(value),
            libc::IFLA_LINKINFO => link.is_private_macvlan = is_private_macvlan(value),
            _ => {}
        }
    }
    Some(link)
}

fn is_private_macvlan(nested: &[u8]) -> bool {
    let (mut macvlan, mut private) = (false, false);
    for attribute in NlasIterator::new(nested).map_while(Result::ok) {
        match attribute.kind() {
            libc::IFLA_INFO_KIND => macvlan = read_name(attribute.value()).as_deref() == Some("macvlan"),
            libc::IFLA_INFO_DATA => {
                let mode = NlasIterator::new(attribute.value())
                    .map_while(Result::ok)
                    .find(|data| data.kind() == IFLA_MACVLAN_MODE);
                private = mode.and_then(|mode| read_u32(mode.value())) == Some(MACVLAN_MODE_PRIVATE);
            }
            _ => {}
        }
    }
    macvlan && private
}

fn read_u32(value: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(*value.first_chunk::<4>()?))
}

fn read_name(value: &[u8]) -> Option<String> {
    let text = value.split(|octet| *octet == 0).next()?;
    // Names are octets; one that is not UTF-8 cannot be in a configuration either.
    Some(String::from_utf8_lossy(text).into_owned())
}

fn read_address(payload: &[u8]) -> Option<AddressInfo> {
    let (header, attributes) = payload.split_at_checked(ADDRESS_HEADER_OCTETS)?;
    let [_, prefix, flags, scope, i0, i1, i2, i3] = *header else {
        return None;
    };
    let mut flags = u32::from(flags);
    let (mut address, mut local, mut tag) = (None, None, None);
    for attribute in NlasIterator::new(attributes).map_while(Result::ok) {
        let value = attribute.value();
        match attribute.kind() {
            libc::IFA_ADDRESS => address = read_ip(value),
            libc::IFA_LOCAL => local = read_ip(value),
            libc::IFA_FLAGS => flags = u32::from_ne_bytes(*value.first_chunk::<4>()?),
            IFA_PROTO => tag = value.first().copied(),
            _ => {}
        }
    }
    Some(AddressInfo {
        index: u32::from_ne_bytes([i0, i1, i2, i3]),
        // With a peer, IFA_ADDRESS is the peer's.
        address: local.or(address)?,
        prefix,
        scope,
        flags,
        tag,
        message: payload.into(),
    })
}

fn read_ip(value: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(value) {
        return Some(IpAddr::V4(Ipv4Addr::from(octets)));
    }
    let octets = <[u8; 16]>::try_from(value).ok()?;
    Some(IpAddr::V6(Ipv6Addr::from(octets)))
}
