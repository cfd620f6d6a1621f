//! How long an instance is held back: what `vrrp_startup_delay` leaves of itself since the daemon's start, and
//! `vrrp_delay_after_boot` since the machine's.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use vrrp_net::Service;
use vrrp_plan::Node;

/// Holds a service back that begins `up` after the daemon did: at the start for the whole delay, and one that a reload
/// brings for what is left of it.
pub(crate) fn hold_back(service: &mut Service, node: &Node, up: Duration, since_boot: Duration) {
    let whole = Duration::from_nanos(service.settings.start_delay_nanos);
    let left = left(whole, up, node.delay_after_boot, since_boot);
    service.settings.start_delay_nanos = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX);
}

/// The one of the two that ends later.
fn left(after_start: Duration, up: Duration, after_boot: Duration, since_boot: Duration) -> Duration {
    (after_start.saturating_sub(up)).max(after_boot.saturating_sub(since_boot))
}

/// How long the machine has been up, suspended times included.
pub(crate) fn since_boot() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Duration, left, since_boot};

    #[test]
    fn the_longer_of_both_and_what_is_left_of_it() {
        let rows = [
            // After start, up for, after boot, booted since: left.
            (30, 0, 0, 500, 30),
            (30, 10, 0, 500, 20),
            (30, 40, 0, 500, 0),
            (0, 0, 60, 45, 15),
            (30, 0, 60, 45, 30),
            (10, 0, 60, 45, 15),
            (10, 0, 60, 61, 10),
        ];
        let seconds = Duration::from_secs;
        for (start, up, boot, since, expected) in rows {
            assert_eq!(
                left(seconds(start), seconds(up), seconds(boot), seconds(since)),
                seconds(expected),
                "{start} {up} {boot} {since}"
            );
        }
        assert!(since_boot() > Duration::ZERO);
    }
}
