//! The control socket: taking it, and answering on it.

mod server;
mod socket;

pub(crate) use server::{Answers, serve};
pub(crate) use socket::{Socket, SocketError};
