//! The checksum (RFC 9568 section 5.2.8).

use core::net::IpAddr;

/// IP protocol number and Next Header of VRRP (RFC 9568 sections 5.1.1.4 and 5.1.2.4).
pub const PROTOCOL: u8 = 112;

/// The two readings of the IPv4 checksum of version 3 (PRJ-CK-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ChecksumForm {
    /// Without pseudo-header (RFC 9568).
    Plain,
    /// With pseudo-header (RFC 5798 as keepalived and FRR read it; always in IPv6).
    Pseudo,
}

/// The forms in which a received checksum is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Without pseudo-header.
    pub plain: bool,
    /// With the pseudo-header of source and destination.
    pub pseudo: bool,
}

impl Verified {
    /// Whether the checksum is right in `form`.
    #[must_use]
    pub const fn holds(self, form: ChecksumForm) -> bool {
        match form {
            ChecksumForm::Plain => self.plain,
            ChecksumForm::Pseudo => self.pseudo,
        }
    }

    /// The one form that verified; `None` for none, and for both, which tells nothing about the sender.
    #[must_use]
    pub const fn only(self) -> Option<ChecksumForm> {
        match (self.plain, self.pseudo) {
            (true, false) => Some(ChecksumForm::Plain),
            (false, true) => Some(ChecksumForm::Pseudo),
            (true, true) | (false, false) => None,
        }
    }
}

/// In which forms the checksum of `message` is right.
///
/// `message` is the whole VRRP message, `destination` the one in the IP header: the group, or the peer (PRJ-CK-02).
/// 0x0000 and 0xffff in the field are the same number (V3-5.2.8-04).
#[must_use]
pub fn verify(message: &[u8], source: IpAddr, destination: IpAddr) -> Verified {
    let plain = Sum::of(message);
    let pseudo = plain.pseudo_header(message.len(), source, destination);
    Verified {
        plain: plain.is_right(),
        pseudo: pseudo.is_right(),
    }
}

/// The checksum to send for `message`, whose checksum field is zero.
pub(super) fn compute(message: &[u8], form: ChecksumForm, source: IpAddr, destination: IpAddr) -> [u8; 2] {
    let plain = Sum::of(message);
    let sum = match form {
        ChecksumForm::Plain => plain,
        ChecksumForm::Pseudo => plain.pseudo_header(message.len(), source, destination),
    };
    (!sum.folded()).to_be_bytes()
}

/// A one's complement sum of 16-bit words, carries not yet folded in.
#[derive(Clone, Copy)]
pub(super) struct Sum(u64);

impl Sum {
    pub(super) fn of(octets: &[u8]) -> Self {
        Self(0).and(octets)
    }

    fn and(self, octets: &[u8]) -> Self {
        let (words, odd) = octets.as_chunks::<2>();
        let sum = words.iter().fold(self.0, |sum, word| {
            sum.wrapping_add(u64::from(u16::from_be_bytes(*word)))
        });
        let last = odd.first().map_or(0, |octet| u64::from(*octet) << 8);
        Self(sum.wrapping_add(last))
    }

    /// IPv4 (PRJ-CK-02): source, destination, 0, 112, 16-bit length. IPv6 (V3-5.2.8-03): source, destination, 32-bit
    /// length, three zeros, 112. Zero octets add nothing and a message is shorter than 2^16, so both sum up alike.
    fn pseudo_header(self, message_octets: usize, source: IpAddr, destination: IpAddr) -> Self {
        let sum = self.address(source).address(destination).0;
        let length = u64::try_from(message_octets).unwrap_or(u64::MAX);
        Self(sum.wrapping_add(length).wrapping_add(u64::from(PROTOCOL)))
    }

    fn address(self, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => self.and(&address.octets()),
            IpAddr::V6(address) => self.and(&address.octets()),
        }
    }

    fn folded(self) -> u16 {
        let mut sum = self.0;
        while let Some(carries) = core::num::NonZeroU64::new(sum >> 16) {
            sum = (sum & 0xffff).wrapping_add(carries.get());
        }
        u16::try_from(sum).unwrap_or(u16::MAX)
    }

    pub(super) fn is_right(self) -> bool {
        self.folded() == 0xffff
    }
}
