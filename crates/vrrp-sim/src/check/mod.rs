//! Independent observers: each knows one invariant and nothing of how the core keeps it.

mod addresses;
mod announced;
mod barred;
mod election;
mod groups;
mod handed_over;
mod history;
mod holders;
mod merge;
mod one_active;
mod outage;

use std::fmt::Debug;

use crate::world::World;

pub use addresses::AddressesFollowTheState;
pub use announced::TheNewActiveAnnounces;
pub use barred::NothingSentWhileBarred;
pub use election::{TheActiveIsLeftAlone, TheBestIsFirst, TheBetterStays};
pub use groups::{GroupsTogether, OneGroup};
pub use handed_over::HandedOver;
pub use holders::NoTwoHolders;
pub use merge::WinnerAnnounces;
pub use one_active::OneActive;
pub use outage::OutageAtMost;

/// Looks at the world after every event.
pub trait Check: Debug {
    /// Its name, as a violation shows it.
    fn name(&self) -> &'static str;

    /// `Some` with what is wrong.
    fn look(&mut self, world: &World) -> Option<String>;
}
