//! Commands that are told of state changes: keepalived's `notify`, `notify_master`, `notify_backup`, `notify_fault`,
//! `notify_stop`, in order.
//!
//! keepalived starts them and forgets them: two quick changes overtake each other, a hook that hangs hangs for ever,
//! and nobody learns how it ended. Here every instance has one [`HookQueue`]: one hook at a time in the order of
//! the changes, each with a limit, each with its result kept.

mod arguments;
mod queue;
mod result;
mod worker;

pub use arguments::{NotifyState, notify_arguments, notify_group_arguments};
pub use queue::{Drained, HookLimits, HookQueue};
pub use result::{HookEnd, HookResult, HookStatus};
