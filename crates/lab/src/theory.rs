//! How long the protocol itself needs, by RFC 9568 section 6.1 and RFC 3768 section 6.1.

use std::time::Duration;

/// Skew_Time of a router with this priority: version 3 scales it with the interval, version 2 takes a second.
pub fn skew(version: u8, priority: u8, interval: Duration) -> Duration {
    let unit = if version == 2 {
        Duration::from_secs(1)
    } else {
        interval
    };
    unit * (256 - u32::from(priority)) / 256
}

/// From the last advertisement heard to the takeover: three intervals and the skew.
pub fn active_down(version: u8, priority: u8, interval: Duration) -> Duration {
    interval * 3 + skew(version, priority, interval)
}

#[cfg(test)]
mod tests {
    use super::{active_down, skew};
    use std::time::Duration;

    #[test]
    fn the_tutorials_pair_needs_3_609375_seconds() {
        assert_eq!(
            active_down(2, 100, Duration::from_secs(1)),
            Duration::from_nanos(3_609_375_000)
        );
    }

    #[test]
    fn version_3_scales_the_skew() {
        assert_eq!(
            skew(3, 100, Duration::from_millis(10)),
            Duration::from_nanos(6_093_750)
        );
        assert_eq!(
            active_down(3, 254, Duration::from_millis(100)),
            Duration::from_nanos(300_781_250)
        );
    }
}
