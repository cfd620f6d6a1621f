//! Health and weight of tracked objects -> standing: eligible with a priority, or barred with a reason.
//!
//! Pure. Rules: X-04 (weights are summed), X-05 (weight 0 is a gate).

use alloc::boxed::Box;

use crate::priority::Priority;

/// What is known of one tracked object: a script, an interface, a push from the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Health {
    /// No result yet. A weight contributes nothing; a gate bars until the first result.
    #[default]
    Unknown,
    /// The object is well.
    Up,
    /// The object has failed.
    Down,
    /// The object is a number (keepalived `track_file`): a weight is its factor, a gate bars while it is not 0.
    Value(i32),
}

/// The most that one number adds (keepalived: more is cut to it).
const VALUE_ADDS_MAX: i32 = 253;
/// A number whose product with its weight is this or less bars the router (keepalived FAULT).
const VALUE_BARS_FROM: i32 = -254;

/// What a tracked object's health does to the router that tracks it (keepalived `weight N [reverse]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Weight {
    /// Weight 0: while the object is down the router is barred (keepalived FAULT).
    Gate {
        /// Bar while the object is up instead.
        reverse: bool,
    },
    /// Positive: added while the object is up. Negative: added while it is down. An object that is a number adds
    /// its product with the weight, 253 at most; one of -254 or less bars the router.
    Adjust {
        /// -254 to 254, not 0.
        value: i16,
        /// Swap the meaning of up and down.
        reverse: bool,
    },
}

impl Weight {
    /// keepalived's number: 0 is a gate, anything else is added.
    #[must_use]
    pub const fn from_keepalived(value: i16, reverse: bool) -> Self {
        if value == 0 {
            Self::Gate { reverse }
        } else {
            Self::Adjust { value, reverse }
        }
    }

    /// Whether the value is one that a priority can use: -254 to 254.
    pub(crate) const fn is_in_range(self) -> bool {
        match self {
            Self::Gate { .. } => true,
            Self::Adjust { value, .. } => value != 0 && value >= -254 && value <= 254,
        }
    }

    /// What an object of this health adds to the priority.
    #[must_use]
    pub const fn contribution(self, health: Health) -> i32 {
        let Self::Adjust { value, reverse } = self else {
            return 0;
        };
        let counts = match (health, reverse) {
            (Health::Value(number), _) => {
                let product = product(number, value, reverse);
                return match product {
                    ..=VALUE_BARS_FROM => 0,
                    VALUE_ADDS_MAX.. => VALUE_ADDS_MAX,
                    _ => product,
                };
            }
            (Health::Unknown, _) => false,
            (Health::Up, false) | (Health::Down, true) => value > 0,
            (Health::Down, false) | (Health::Up, true) => value < 0,
        };
        if counts { value as i32 } else { 0 }
    }

    /// Whether an object of this health bars the router.
    #[must_use]
    pub const fn bars(self, health: Health) -> bool {
        match (self, health) {
            (Self::Adjust { value, reverse }, Health::Value(number)) => {
                product(number, value, reverse) <= VALUE_BARS_FROM
            }
            (Self::Adjust { .. }, _) => false,
            (Self::Gate { .. }, Health::Unknown) => true,
            (Self::Gate { reverse }, Health::Up) => reverse,
            (Self::Gate { reverse }, Health::Down) => !reverse,
            (Self::Gate { reverse }, Health::Value(number)) => (number != 0) != reverse,
        }
    }
}

/// A number times its weight.
const fn product(number: i32, weight: i16, reverse: bool) -> i32 {
    let product = number.saturating_mul(weight as i32);
    if reverse {
        0_i32.saturating_sub(product)
    } else {
        product
    }
}

/// Index of a tracked object in [`Settings::trackers`](crate::Settings::trackers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TrackerId(pub u16);

/// One tracked object as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tracker {
    /// What its health does.
    pub weight: Weight,
    /// Health before the first result.
    pub initial: Health,
}

/// Why a router may not take part; each names what has to change (T-I-03, X-05, X-06, PRJ-FAIL-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Bar {
    /// `Input::Start` has not come, or `Input::Stop` has.
    NotStarted,
    /// The start delay runs.
    StartDelay,
    /// The interface is down or gone.
    LinkDown,
    /// The interface has no address to send from (CHG-06).
    NoPrimaryAddress,
    /// Nothing to advertise (T-I-03, PRJ-CHG-05).
    NoVirtualAddress,
    /// A gate is closed: the object is down, or has given no result yet.
    Tracker(TrackerId),
    /// Advertisements could not be sent; tried again after a pause.
    SendFailed,
    /// No address could be held; tried again after a pause.
    HoldFailed,
    /// Another member of the sync group is barred.
    Group {
        /// The others were stopped as planned, or not started yet: nothing has failed.
        stopped: bool,
    },
}

/// What a router is entitled to at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Standing {
    /// May compete with this priority.
    Eligible(Priority),
    /// May not; the first reason found.
    Barred(Bar),
}

/// Healths of all tracked objects of one router; fixed in size once configured.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Tracking {
    healths: Box<[Health]>,
}

impl Tracking {
    pub(crate) fn new(trackers: &[Tracker]) -> Self {
        Self {
            healths: trackers.iter().map(|tracker| tracker.initial).collect(),
        }
    }

    /// Whether anything changed. An unknown id changes nothing.
    pub(crate) fn set(&mut self, id: TrackerId, health: Health) -> bool {
        match self.healths.get_mut(usize::from(id.0)) {
            Some(place) if *place != health => {
                *place = health;
                true
            }
            Some(_) | None => false,
        }
    }

    pub(crate) fn get(&self, id: TrackerId) -> Option<Health> {
        self.healths.get(usize::from(id.0)).copied()
    }

    /// The first closed gate.
    pub(crate) fn closed_gate(&self, trackers: &[Tracker]) -> Option<TrackerId> {
        let pairs = trackers.iter().zip(self.healths.iter());
        (0_u16..)
            .zip(pairs)
            .find(|(_, (tracker, health))| tracker.weight.bars(**health))
            .map(|(id, _)| TrackerId(id))
    }

    /// the sum in a wide integer.
    pub(crate) fn sum(&self, trackers: &[Tracker]) -> i32 {
        let pairs = trackers.iter().zip(self.healths.iter());
        pairs.fold(0, |sum, (tracker, health)| {
            sum.saturating_add(tracker.weight.contribution(*health))
        })
    }
}
