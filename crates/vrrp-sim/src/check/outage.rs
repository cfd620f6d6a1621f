//! No client is without an answer for longer than a limit.

use std::time::Duration;

use super::Check;
use crate::world::World;

/// The limit for every client, over the whole life of the world; zero: not one request may fail.
#[derive(Debug)]
pub struct OutageAtMost {
    limit: Duration,
}

impl OutageAtMost {
    /// At most `limit`.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl Check for OutageAtMost {
    fn name(&self) -> &'static str {
        "clients are served"
    }

    fn look(&mut self, world: &World) -> Option<String> {
        for client in world.clients() {
            let Some(outage) = client.outages().last() else {
                continue;
            };
            let lasted = client.lasted(outage);
            if lasted > self.limit {
                let name = &client.settings().name;
                return Some(format!(
                    "{name} has had no answer from {} s on, for {lasted:?}",
                    outage.from
                ));
            }
        }
        None
    }
}
