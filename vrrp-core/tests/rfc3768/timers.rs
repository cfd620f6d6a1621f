//! Section 6.1: the skew does not depend on the interval.

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{ConfigError, Version, active_down_nanos, skew_nanos};

use crate::subject::{cs, priority, rfc_2};

/// V2-6.1-02: priority, seconds, Skew_Time, Master_Down_Interval in nanoseconds.
#[test]
fn v2_6_1_02_obeys_skew_and_down_interval() {
    let worked = [
        (100, 1, 609_375_000, 3_609_375_000),
        (100, 255, 609_375_000, 765_609_375_000),
        (254, 1, 7_812_500, 3_007_812_500),
        (1, 1, 996_093_750, 3_996_093_750),
        (255, 10, 3_906_250, 30_003_906_250_u64),
    ];
    for (value, seconds, skew, down) in worked {
        let (value, interval) = (priority(value), cs(seconds * 100));
        assert_eq!(skew_nanos(Version::V2, value, interval), skew);
        assert_eq!(active_down_nanos(Version::V2, value, interval, 3), down);
    }
    proves!("V2-6.1-02", Obeys);
}

proptest! {
    /// V2-6.1-02: (256 - P) / 256 seconds, exact, whatever the interval.
    #[test]
    fn v2_6_1_02_refuses_an_interval_factor(value in 1_u8..=255, seconds in 1_u16..=255) {
        let skew = skew_nanos(Version::V2, priority(value), cs(seconds * 100));
        prop_assert_eq!(skew * 256, (256 - u64::from(value)) * 1_000_000_000);
        proves!("V2-6.1-02", Refuses);
    }
}

/// V2-5.3.7-01, DEV-23: whole seconds, 1 to 255.
#[test]
fn v2_5_3_7_01_refuses_part_of_a_second() {
    for seconds in [1, 255] {
        assert!(rfc_2(100, seconds).build().is_ok());
    }
    for centiseconds in [1, 50, 150, 25_450] {
        let mut settings = rfc_2(100, 1);
        settings.interval = cs(centiseconds);
        let refused = ConfigError::Interval {
            version: Version::V2,
            interval: cs(centiseconds),
        };
        assert_eq!(settings.build(), Err(refused));
    }
    proves!("V2-5.3.7-01", Obeys);
    proves!("V2-5.3.7-01", Refuses);
}
