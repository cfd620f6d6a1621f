//! Independent observers: each knows one invariant and nothing of how the core keeps it.

mod addresses;
mod advert;
mod announced;
mod barred;
mod election;
mod goodbye;
mod groups;
mod handed_over;
mod history;
mod hold;
mod holders;
mod merge;
mod one_active;
mod outage;
mod pace;
mod take_over;
#[cfg(test)]
mod tests;
mod words;

use std::fmt::Debug;

use crate::world::World;

pub use addresses::AddressesFollowTheState;
pub use announced::TheNewActiveAnnounces;
pub use barred::NothingSentWhileBarred;
pub use election::{TheActiveIsLeftAlone, TheBestIsFirst, TheBetterStays};
pub use goodbye::AGoodbyeSpeaksForAll;
pub use groups::{GroupsTogether, OneGroup};
pub use handed_over::HandedOver;
pub use hold::HoldsAsPlanned;
pub use holders::NoTwoHolders;
pub use merge::WinnerAnnounces;
pub use one_active::OneActive;
pub use outage::OutageAtMost;
pub use pace::{NoBurst, TheStalledStepBack};
pub use take_over::TakesOverInTime;
pub use words::{ANewPriorityIsSaidAtOnce, EachVersionIsSaid, TheOwnerIsActiveAtOnce, ThePriorityIsAsTold};

/// Looks at the world after every event.
pub trait Check: Debug {
    /// Its name, as a violation shows it.
    fn name(&self) -> &'static str;

    /// `Some` with what is wrong.
    fn look(&mut self, world: &World) -> Option<String>;
}
