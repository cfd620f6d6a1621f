//! Who is to serve with which weight, and why.

use std::fmt;
use std::sync::Arc;

/// Why a server has the weight that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// Its checks pass.
    Well,
    /// They pass, one with a warning.
    Degraded(Arc<str>),
    /// This check is down.
    Failed(Arc<str>),
    /// This check has given no result yet.
    Unchecked(Arc<str>),
    /// What its checks add makes its weight negative.
    WeightBelowZero,
    /// An operator has put it in.
    PlacedIn,
    /// An operator has drained it.
    Drained,
    /// An operator has put it out.
    PlacedOut,
    /// The quorum is lost, and another serves.
    QuorumLost,
    /// The quorum is lost, and it serves though this may not be well.
    LastResort,
    /// It is the last resort, and the quorum is there.
    NotNeeded,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well => f.write_str("its checks pass"),
            Self::Degraded(check) => write!(f, "check '{check}' warns"),
            Self::Failed(check) => write!(f, "check '{check}' is down"),
            Self::Unchecked(check) => write!(f, "check '{check}' has given no result yet"),
            Self::WeightBelowZero => f.write_str("its checks take more than its weight"),
            Self::PlacedIn => f.write_str("an operator has put it in"),
            Self::Drained => f.write_str("an operator has drained it"),
            Self::PlacedOut => f.write_str("an operator has put it out"),
            Self::QuorumLost => f.write_str("the quorum is lost, the last resort serves"),
            Self::LastResort => f.write_str("the quorum is lost"),
            Self::NotNeeded => f.write_str("the last resort is not needed"),
        }
    }
}

/// One server of a [`Snapshot`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The member, or the last resort.
    pub name: Arc<str>,
    /// `None`: it is not in; 0: it is in and gets nothing new.
    pub weight: Option<u32>,
    /// Why.
    pub because: Because,
}

impl Place {
    /// Whether it gets new work.
    #[must_use]
    pub fn serves(&self) -> bool {
        self.weight.is_some_and(|weight| weight > 0)
    }
}

/// What a member is by its checks and by the operator: [`Place`] has what the quorum makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// It counts for the quorum.
    pub lives: bool,
    /// Why.
    pub because: Because,
}

/// The whole of what a pool wants, for a sink that writes all of it at once, and for who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Every member in the order of the configuration, then the last resort.
    pub places: Vec<Place>,
    /// Whether enough members live.
    pub quorum: bool,
    /// The weight of the living members.
    pub living_weight: u64,
}
