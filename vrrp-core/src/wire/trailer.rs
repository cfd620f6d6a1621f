//! The trailer of keepalived's `auth_hmac` behind a message: its octets, not its meaning (HM-01).

/// The trailer as it is on the wire, with every field unjudged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// Extension type; 1 is HMAC-SHA256 cut to 128 bits, the only one.
    pub kind: u8,
    /// Key id, 1 to 255.
    pub key_id: u8,
    /// 0.
    pub reserved: u16,
    /// Seconds since 1970 modulo 2^32, then 1/65536 s, then a counter, as one number.
    pub sequence: u64,
    /// The leftmost 16 octets of the HMAC. Never compare it by `==` where it decides: the time that takes tells.
    pub tag: [u8; 16],
}

impl Trailer {
    /// Always 28.
    pub const OCTETS: usize = 28;

    /// Reads what stands behind a message.
    #[must_use]
    pub const fn from_octets(octets: &[u8; Self::OCTETS]) -> Self {
        let [kind, key_id, r0, r1, s0, s1, s2, s3, s4, s5, s6, s7, tag @ ..] = *octets;
        Self {
            kind,
            key_id,
            reserved: u16::from_be_bytes([r0, r1]),
            sequence: u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            tag,
        }
    }

    /// What is to stand behind a message.
    #[must_use]
    pub fn to_octets(self) -> [u8; Self::OCTETS] {
        let mut octets = [0; Self::OCTETS];
        let (head, tag) = octets.split_at_mut(12);
        head.copy_from_slice(&self.head());
        tag.copy_from_slice(&self.tag);
        octets
    }

    /// The 12 octets in front of the tag, which it covers.
    pub(crate) const fn head(&self) -> [u8; 12] {
        let [r0, r1] = self.reserved.to_be_bytes();
        let [s0, s1, s2, s3, s4, s5, s6, s7] = self.sequence.to_be_bytes();
        [self.kind, self.key_id, r0, r1, s0, s1, s2, s3, s4, s5, s6, s7]
    }

    /// Seconds since 1970 modulo 2^32.
    #[must_use]
    pub const fn seconds(&self) -> u32 {
        let [s0, s1, s2, s3, ..] = self.sequence.to_be_bytes();
        u32::from_be_bytes([s0, s1, s2, s3])
    }
}
