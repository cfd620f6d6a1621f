//! Plain numbers with the names of RFC 8347 and RFC 6527, and one per reject.

use crate::wire::{ChecksumForm, Reject, Warning};

/// Number of [`Reject`] kinds.
const REJECTS: usize = Reject::ALL.len();

/// One count per [`Reject`].
///
/// Serialized as a map from [`Reject::id`] to the count, all of them: a version with more reasons, or fewer, reads it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rejects([u64; REJECTS]);

impl Rejects {
    /// How many packets were discarded for this reason.
    #[must_use]
    pub fn get(&self, reject: Reject) -> u64 {
        self.0.get(reject as usize).copied().unwrap_or(0)
    }

    /// Every reason with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Reject, u64)> {
        Reject::ALL.into_iter().map(|reject| (reject, self.get(reject)))
    }

    pub(crate) fn count(&mut self, reject: Reject) {
        if let Some(count) = self.0.get_mut(reject as usize) {
            *count = count.wrapping_add(1);
        }
    }

    /// What the snapshots of earlier versions have: a list by the order of that time.
    #[cfg(feature = "serde")]
    fn of_list(counts: &[u64]) -> Self {
        // Before the reasons of signed advertisements came into the middle.
        const WITHOUT_HMAC: usize = 23;
        let known = |reject: &Reject| counts.len() != WITHOUT_HMAC || !reject.id().starts_with("hmac-");
        let mut rejects = Self::default();
        if counts.len() == WITHOUT_HMAC || counts.len() == REJECTS {
            for (reject, count) in Reject::ALL.into_iter().filter(known).zip(counts) {
                rejects.set(reject, *count);
            }
        }
        rejects
    }

    #[cfg(feature = "serde")]
    fn set(&mut self, reject: Reject, count: u64) {
        if let Some(place) = self.0.get_mut(reject as usize) {
            *place = count;
        }
    }

    fn sum(&self, rejects: &[Reject]) -> u64 {
        rejects
            .iter()
            .fold(0, |sum, reject| sum.wrapping_add(self.get(*reject)))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Rejects {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(reject, count)| (reject.id(), count)))
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Rejects {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counts;

        impl<'de> serde::de::Visitor<'de> for Counts {
            type Value = Rejects;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("a count for each reason")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Rejects, A::Error> {
                let mut rejects = Rejects::default();
                while let Some((id, count)) = map.next_entry::<alloc::string::String, u64>()? {
                    if let Some(reject) = Reject::ALL.into_iter().find(|reject| reject.id() == id) {
                        rejects.set(reject, count);
                    }
                }
                Ok(rejects)
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Rejects, A::Error> {
                let mut counts = alloc::vec::Vec::new();
                while let Some(count) = list.next_element()? {
                    counts.push(count);
                }
                Ok(Rejects::of_list(&counts))
            }
        }

        deserializer.deserialize_any(Counts)
    }
}

/// What one virtual router counted since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default)
)]
pub struct Counters {
    /// `master-transitions`: entries to Active (MIB-09).
    pub master_transitions: u64,
    /// Entries to Backup from Active.
    pub yielded: u64,
    /// `advertisement-rcvd`: accepted advertisements (MIB-10).
    pub advertisement_rcvd: u64,
    /// `advertisement-sent`: sealed for sending; `send_errors` of them did not leave.
    pub advertisement_sent: u64,
    /// `priority-zero-pkts-rcvd` (MIB-14).
    pub priority_zero_pkts_rcvd: u64,
    /// `priority-zero-pkts-sent` (MIB-14).
    pub priority_zero_pkts_sent: u64,
    /// Discarded packets by reason.
    pub rejected: Rejects,
    /// Accepted though the interval differs (step 20).
    pub interval_warnings: u64,
    /// Accepted though the address list differs (steps 15, 18 and 21, not order alone).
    pub address_list_warnings: u64,
    /// Accepted with the same addresses in another order.
    pub address_list_order: u64,
    /// Accepted by the address owner.
    pub owner_conflicts: u64,
    /// Accepted version 2 advertisements.
    pub v2_received: u64,
    /// Accepted version 3 advertisements.
    pub v3_received: u64,
    /// Accepted with the plain IPv4 checksum of RFC 9568 only.
    pub checksum_form_plain: u64,
    /// Accepted with the IPv4 pseudo-header only.
    pub checksum_form_pseudo: u64,
    /// Accepted unsigned though this router has keys (HM-10): while this grows, it is too early for `enforce`.
    pub hmac_missing: u64,
    /// Accepted though the sender's clock differs from ours by more than half the window (HM-13).
    pub hmac_clock: u64,
    /// Answers to weaker routers that the limit held back (PRJ-FSM-01).
    pub triggered_suppressed: u64,
    /// Advertisements that did not leave.
    pub send_errors: u64,
    /// Rounds of announcements asked for.
    pub announcement_rounds: u64,
    /// Advertisements later than half an interval (V3-2.5-01).
    pub late_adverts: u64,
    /// Took over and yielded within one Active_Down_Interval (V3-2.5-01).
    pub bounces: u64,
}

impl Counters {
    /// `interval-errors` (MIB-11): steps 14, 19 and 20.
    #[must_use]
    pub fn interval_errors(&self) -> u64 {
        self.rejected
            .sum(&[Reject::IntervalZero, Reject::IntervalMismatch])
            .wrapping_add(self.interval_warnings)
    }

    /// `ip-ttl-errors` of this router (MIB-12): step 4.
    #[must_use]
    pub fn ip_ttl_errors(&self) -> u64 {
        self.rejected.get(Reject::IpTtl)
    }

    /// `invalid-type-pkts-rcvd` (MIB-15): step 9.
    #[must_use]
    pub fn invalid_type_pkts_rcvd(&self) -> u64 {
        self.rejected.get(Reject::Type)
    }

    /// `address-list-errors` (MIB-16): steps 13, 15, 18 and 21.
    #[must_use]
    pub fn address_list_errors(&self) -> u64 {
        self.rejected
            .sum(&[
                Reject::CountZero,
                Reject::FirstAddressNotLinkLocal,
                Reject::AddressListMismatch,
            ])
            .wrapping_add(self.address_list_warnings)
    }

    /// `packet-length-errors` (MIB-17): steps 7 and 10.
    #[must_use]
    pub fn packet_length_errors(&self) -> u64 {
        self.rejected.sum(&[Reject::LengthShort, Reject::LengthSurplus])
    }

    pub(crate) fn count_heard(&mut self, heard: &crate::input::Heard) {
        fn one(place: &mut u64) {
            *place = place.wrapping_add(1);
        }
        one(&mut self.advertisement_rcvd);
        if heard.priority == 0 {
            one(&mut self.priority_zero_pkts_rcvd);
        }
        one(match heard.version {
            crate::config::Version::V2 => &mut self.v2_received,
            crate::config::Version::V3 => &mut self.v3_received,
        });
        match heard.checksum {
            Some(ChecksumForm::Plain) => one(&mut self.checksum_form_plain),
            Some(ChecksumForm::Pseudo) => one(&mut self.checksum_form_pseudo),
            None => {}
        }
        for warning in heard.warnings.iter() {
            match warning {
                Warning::IntervalMismatch => one(&mut self.interval_warnings),
                Warning::AddressListMismatch | Warning::FirstAddressNotLinkLocal => {
                    one(&mut self.address_list_warnings);
                }
                Warning::AddressListOrder => one(&mut self.address_list_order),
                Warning::OwnerConflict => one(&mut self.owner_conflicts),
                Warning::HmacMissing => one(&mut self.hmac_missing),
                Warning::HmacClock => one(&mut self.hmac_clock),
                Warning::SourceNotLinkLocal | Warning::PeerNotListed => {}
            }
        }
    }
}

/// What belongs to no single router (RFC 8347 `/vrrp/statistics`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GlobalCounters {
    /// Discarded packets by reason, whether or not they named a router of ours.
    pub rejected: Rejects,
}
