//! The control socket: taking it, and answering on it.

mod door;
mod followers;
mod keep;
mod peer;
mod permits;
mod places;
mod server;
mod socket;

pub(crate) use door::keep_door;
pub(crate) use keep::keep;
pub(crate) use peer::Peer;
#[cfg(test)]
pub(crate) use permits::May;
pub(crate) use permits::{NoSuchGroup, Permits};
pub(crate) use server::Answers;
use server::{Serves, serve};
#[cfg(feature = "metrics")]
pub(crate) use socket::{Identity, bind, identity};
pub(crate) use socket::{Socket, SocketError, journal_folder};
