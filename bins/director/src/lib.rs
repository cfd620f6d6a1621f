#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod checks;
mod clock;
mod decide;
mod desk;
mod event;
mod handle;
mod kernel;
mod looks;

pub use checks::CheckStatus;
pub use decide::{
    BalanceError, Director, Input, LINGER, NoSuchServer, ServerName, ServerStatus, Step, VirtualServerStatus,
    Which, Word, check,
};
pub use event::{Event, KernelEvent, When};
pub use handle::{Handle, Options, Snapshot, StartError, start};
pub use kernel::{AUDIT_EVERY, Counters, Keeper, Kernel, KernelStatus, Rates, ServiceCounters, Settings};
