//! The plan's commands for this machine: users looked up, forms read.

use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{Outcome, Probe};
use vrrp_plan::Check;
pub(crate) use vrrp_plan::{Wrong, hook, try_check, try_hook};

/// What a check looks at. Asks the user database. One that cannot be made is a probe that fails with the reason: a check that vanished would
/// let a dead service keep the address.
pub(crate) fn probe(check: &Check) -> Box<dyn Probe> {
    match vrrp_plan::probe(check) {
        Ok(probe) => probe,
        Err(reason) => impossible(check, reason),
    }
}

pub(crate) fn impossible(check: &Check, reason: String) -> Box<dyn Probe> {
    let name = check.what.name();
    Box::new(Impossible { name, reason })
}

/// Fails every time, with the reason.
struct Impossible {
    name: String,
    reason: String,
}

impl Probe for Impossible {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        let started = Instant::now();
        async move { Outcome::fail(self.reason.clone(), started.elapsed()) }.boxed()
    }
}
