//! A group of two versions is for the time of an upgrade; who forgets it is reminded (RFC 9568 section 8.4.1).

use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;
use vrrp_plan::Plan;

/// What the start says, and every reload, is said again so often.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// When the next reminder is due.
#[derive(Debug)]
pub(crate) struct Reminder {
    at: Instant,
}

impl Reminder {
    /// The start says it by itself.
    pub(crate) fn from(now: Instant) -> Self {
        Self { at: now + EVERY }
    }

    /// When to call [`Self::remind`].
    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    /// Says it for the instances of now, and waits another day.
    pub(crate) fn remind(&mut self, now: Instant, plan: &Plan) {
        self.at = now + EVERY;
        for name in speaking_both(plan) {
            warn!(
                instance = name,
                "{name}: v2_interop is still on: every advertisement is sent in version 3 and in version 2. It is for the time of an upgrade; remove it as soon as no node needs version 2"
            );
        }
    }
}

/// Instances that speak both versions.
fn speaking_both(plan: &Plan) -> impl Iterator<Item = &str> {
    let both = plan
        .instances
        .iter()
        .filter(|one| one.service.settings.v2_interop);
    both.map(|one| one.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_conf::{MemoryFiles, parse};
    use vrrp_conformance::proves;
    use vrrp_plan::{Allowed, Host, lower};

    fn plan(text: &str) -> Plan {
        let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
        lower(
            &parsed.config,
            &parsed.sources,
            &Allowed::default(),
            &Host::default(),
        )
        .plan
    }

    /// V3-8.4.1-01: a day after the start, and a day after that, for the instances that speak both versions.
    #[test]
    fn v3_8_4_1_01_obeys_once_a_day() {
        let one = |name: &str, vrid: u8, more: &str| {
            format!(
                "vrrp_instance {name} {{\ninterface eth1\nvirtual_router_id {vrid}\nversion 3\nvirtual_ipaddress {{\n192.0.2.{vrid}\n}}\n{more}\n}}\n"
            )
        };
        let plan = plan(&(one("A", 1, "v2_interop") + &one("B", 2, "") + &one("C", 3, "v2_interop off")));
        assert_eq!(speaking_both(&plan).collect::<Vec<_>>(), ["A"]);
        let start = Instant::now();
        let mut reminder = Reminder::from(start);
        let day = Duration::from_secs(86_400);
        for days in 1..4 {
            assert_eq!(reminder.at(), start + day * days);
            reminder.remind(reminder.at(), &plan);
        }
        proves!("V3-8.4.1-01", Obeys);
    }
}
