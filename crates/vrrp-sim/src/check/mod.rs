//! Independent observers: each knows one invariant and nothing of how the core keeps it.

mod addresses;
mod barred;
mod groups;
mod holders;
mod merge;
mod one_active;
mod outage;

use std::fmt::Debug;

use crate::world::World;

pub use addresses::AddressesFollowTheState;
pub use barred::NothingSentWhileBarred;
pub use groups::{GroupsTogether, OneGroup};
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
