//! Health that decides: pluggable probes, the pure judge that turns their verdicts into
//! [`Health`], and a runner that does both beside the router loop, never on it.
//!
//! ```text
//! Probe ──► Outcome ──► Judge (rise, fall, first) ──► Health ──► Input::Track of vrrp-core: priority, or barred
//!   ▲ every interval, beside the router loop            │
//!   └── Runner ─────────────────────────────────────────┴──► Change to the caller, Status for whoever asks
//! ```
//!
//! What is here: [`ConnectProbe`] (TCP, UDP) and, with feature `script`, [`ScriptProbe`] (keepalived's
//! `vrrp_script`), [`HookQueue`] (its `notify` scripts, in order) and the process runner behind both; [`push`], for an
//! application that says by itself how it is; and behind features of the same names probes for `http`, `tls`, `dns`,
//! `icmp`, `exchange` (SMTP, Redis, SQL greetings, UDP) and `sql` (a log-in, a request, a row). [`Pool`] decides which of several servers serve.
//! With feature `watch`: [`FileWatch`] (keepalived's `track_file`) and [`ProcessWatch`] (its `vrrp_track_process`), which
//! the kernel tells of changes instead of being asked at an interval.
//! What is not: interfaces. A link is an event and not a question, so `track_interface` is fed by the link watch of
//! `vrrp-net` straight into the router. Weights and `reverse` are [`vrrp_core::Weight`].
//!
//! # A probe of one's own
//!
//! ```
//! use std::time::{Duration, Instant};
//!
//! use futures::{FutureExt, future::BoxFuture};
//! use healthcheck::{Check, Health, Judge, Outcome, Probe, Rules, Runner};
//!
//! /// Well while its queue is short.
//! struct QueueLength(fn() -> usize);
//!
//! impl Probe for QueueLength {
//!     fn name(&self) -> String {
//!         "length of the work queue".into()
//!     }
//!     fn limit(&self) -> Duration {
//!         Duration::from_millis(100)
//!     }
//!     fn probe(&self) -> BoxFuture<'_, Outcome> {
//!         async {
//!             let started = Instant::now();
//!             match self.0() {
//!                 length @ 0..=100 => Outcome::pass(format!("{length} waiting"), started.elapsed()),
//!                 length => Outcome::fail(format!("{length} waiting, 100 allowed"), started.elapsed()),
//!             }
//!         }
//!         .boxed()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let (changes, mut changed) = tokio::sync::mpsc::unbounded_channel();
//! let mut runner = Runner::new(move |change| {
//!     // With vrrp-net: handle.set_health(instance, tracker, change.health)
//!     let _ = changes.send(change);
//! });
//! runner.add(Check {
//!     name: "queue".into(),
//!     probe: Box::new(QueueLength(|| 250)),
//!     judge: Judge::new(Rules::new(2, 3)),
//!     interval: Duration::from_secs(1),
//! });
//! let change = changed.recv().await.unwrap();
//! assert_eq!((&*change.name, change.health), ("queue", Health::Down));
//! assert_eq!(change.outcome.reason, "250 waiting, 100 allowed");
//! assert_eq!(runner.status("queue").unwrap().runs, 1);
//! runner.stop().await;
//! # }
//! ```

mod absent;
mod aside;
mod connect;
#[cfg(feature = "dns")]
mod dns;
mod endpoint;
#[cfg(feature = "exchange")]
mod exchange;
#[cfg(feature = "watch")]
mod file;
#[cfg(any(feature = "exchange", feature = "http"))]
mod hex;
#[cfg(feature = "script")]
mod hooks;
#[cfg(feature = "http")]
mod http;
mod judge;
mod lack;
mod output;
#[cfg(feature = "icmp")]
mod ping;
mod pool;
mod probe;
#[cfg(feature = "script")]
mod process;
mod push;
mod runner;
#[cfg(feature = "watch")]
mod running;
#[cfg(feature = "script")]
mod script;
#[cfg(feature = "sql")]
mod sql;
#[cfg(feature = "script")]
mod sys;
#[cfg(feature = "tls")]
mod tls;

pub use absent::AbsentProbe;
pub use connect::{ConnectProbe, Target, Transport};
#[cfg(feature = "dns")]
pub use dns::{DnsProbe, DnsSpec, DnsSpecError};
pub use endpoint::Endpoint;
#[cfg(feature = "exchange")]
pub use exchange::{
    ExchangeProbe, ExchangeSpec, Expect, FtpProbe, FtpSpec, Heard, RadiusProbe, RadiusSpec, Reply, SipProbe,
    SipSpec, Step, UdpProbe, UdpSpec,
};
#[cfg(feature = "watch")]
pub use file::{FileSpec, FileStatus, FileWatch, Init, Number, Oddity, number};
#[cfg(any(feature = "exchange", feature = "http"))]
pub use hex::{HexError, HexPattern, hex};
#[cfg(feature = "script")]
pub use hooks::{
    Drained, HookEnd, HookLimits, HookQueue, HookResult, HookStatus, NotifyState, notify_arguments,
    notify_group_arguments,
};
#[cfg(feature = "http")]
pub use http::{
    BodyRule, Fetched, HttpProbe, HttpSpec, HttpUrl, HttpVersion, StubLimits, StubStatus, digest_md5,
    digest_sha256,
};
pub use judge::{Judge, Mode, Rules};
pub use lack::look_from_here;
pub use output::OUTPUT_BYTES_MAX;
#[cfg(feature = "icmp")]
pub use ping::{PingProbe, PingSpec};
pub use pool::{
    Because, Follows, LastResort, Member, Place, Placement, Pool, PoolAction, PoolConfig, PoolError,
    PoolHandle, PoolInput, Sink, SinkError, Snapshot, Standing, drive,
};
#[cfg(feature = "sink")]
pub use pool::{FileSink, as_json, as_nginx_upstream};
pub use probe::{Outcome, Probe, Verdict};
#[cfg(feature = "script")]
pub use process::{
    Command, End, Finished, Insecure, Limits, Remains, RunAs, SEARCH_PATH, Unusable, UserError,
    check_path_security, run, run_until,
};
pub use push::{PushHandle, PushProbe, push};
pub use runner::{Change, Check, Runner, Status};
#[cfg(feature = "watch")]
pub use running::{
    Identity, Parameters, Pattern, ProcessSpec, ProcessStatus, ProcessWatch, Quorum, QuorumJudge, Source,
};
#[cfg(feature = "script")]
pub use script::{Form, FormError, ScriptProbe, ScriptSpec};
#[cfg(feature = "sql")]
pub use sql::{SqlProbe, SqlServer, SqlSpec};
#[cfg(feature = "script")]
pub use sys::close_inherited_on_exec;
#[cfg(feature = "tls")]
pub use tls::{ClientIdentity, TlsProbe, TlsSpec};
pub use vrrp_core::Health;

/// The examples of the README are tests too.
#[cfg(all(doctest, feature = "script"))]
#[doc = include_str!("../README.md")]
struct Readme;
