//! Which of several servers serve: members with their checks, weights, a quorum, a last resort. Pure; [`drive`] and the
//! sinks do.

mod config;
mod drive;
mod machine;
mod member;
#[cfg(feature = "sink")]
mod sinks;
mod wanted;

pub use config::{Follows, LastResort, Member, PoolConfig, PoolError};
pub use drive::{PoolHandle, Sink, SinkError, drive};
pub use machine::{Pool, PoolAction, PoolInput};
pub use member::Placement;
#[cfg(feature = "sink")]
pub use sinks::{FileSink, as_json, as_nginx_upstream};
pub use wanted::{Because, Place, Snapshot, Standing};
