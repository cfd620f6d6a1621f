//! The control socket: taking it, and answering on it.

mod keep;
mod server;
mod socket;

pub(crate) use keep::keep;
pub(crate) use server::{Answers, serve};
pub(crate) use socket::{Socket, SocketError, journal_folder};
