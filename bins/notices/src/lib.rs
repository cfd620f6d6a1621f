//! Tells people and programs that an instance, a sync group or a server has changed its state: by mail, and by a webhook.
//!
//! Nothing here is on the way of a failover. [`Notices::tell`] never waits: it puts a copy of the [`News`] into one queue
//! for each target and each instance, and a thread of its own carries them out.
//!
//! - **In order.** What one target is told of one instance arrives in the order in which it happened: the next is begun
//!   when the one before has arrived, was refused, or was given up.
//! - **Within limits.** Each try, the number of tries, the time between them and the length of the queue have a bound;
//!   of a queue that is full the oldest is given up.
//! - **With results.** How each one ended is kept ([`Notices::status`]).
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use vrrp_notices::{Epochs, Kind, News, Notices, State, Targets};
//!
//! let notices = Notices::new(Epochs::open(None));
//! notices.aim(Targets::default()).unwrap();
//! notices.tell(&News {
//!     kind: Kind::Instance,
//!     name: "VI_1".to_owned(),
//!     state: State::Master,
//!     priority: Some(150),
//!     reason: None,
//!     at: SystemTime::now(),
//! });
//! assert!(notices.status(Kind::Instance, "VI_1").is_empty(), "nobody is to be told");
//! ```

mod courier;
mod desk;
mod epoch;
mod lane;
#[cfg(feature = "mail")]
mod mail;
mod news;
mod patience;
mod result;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "webhook")]
mod webhook;
mod work;

pub use courier::{Attempt, Courier, Reached};
pub use desk::{Notices, Targets, Wants};
pub use epoch::Epochs;
pub use lane::Job;
#[cfg(feature = "mail")]
pub use mail::{Login, Mail, MailError, MailTls};
pub use news::{Kind, News, State};
pub use patience::Patience;
pub use result::{End, LaneStatus, Outcome, TargetStatus, Totals};
#[cfg(feature = "webhook")]
pub use webhook::{Webhook, WebhookError};
