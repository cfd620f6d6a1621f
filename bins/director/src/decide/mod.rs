//! The deciding value: what is known in, the wanted table and what is to be told out. No clock, no I/O.

mod cluster;
mod director;
mod fault;
mod heirs;
mod input;
mod reload;
mod status;
mod steps;
mod telling;
mod wanted;
mod words;

pub use director::Director;
pub use fault::{BalanceError, check};
pub use input::{Input, NoSuchServer, Which};
pub use status::{ServerStatus, VirtualServerStatus};
pub use steps::Step;
pub use wanted::LINGER;
pub use words::{ServerName, Word};
