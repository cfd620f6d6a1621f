//! Section 6.1: Skew_Time and Active_Down_Interval.

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{Interval, Priority, Version, active_down_nanos, skew_nanos};

use crate::subject::{cs, priority};

/// Priority, interval in centiseconds, Skew_Time and Active_Down_Interval in nanoseconds.
const WORKED: [(u8, u16, u64, u64); 10] = [
    (100, 100, 609_375_000, 3_609_375_000),
    (254, 100, 7_812_500, 3_007_812_500),
    (1, 100, 996_093_750, 3_996_093_750),
    (255, 100, 3_906_250, 3_003_906_250),
    (100, 1, 6_093_750, 36_093_750),
    (254, 1, 78_125, 30_078_125),
    // 1 cs / 256 = 39 062.5 ns, rounded down.
    (255, 1, 39_062, 30_039_062),
    (231, 10, 9_765_625, 309_765_625),
    // 255 * 40 950 ms / 256 = 40 790.039 062 5 ms, rounded down.
    (1, 4095, 40_790_039_062, 163_640_039_062),
    // A version 2 Active at 255 s (section 8.4.2): 156/256 of it.
    (100, 25_500, 155_390_625_000, 920_390_625_000),
];

/// V3-6.1-07, V3-6.1-08, V3-6.1-13, V3-6.1-14, PRJ-TIME-01.
#[test]
fn v3_6_1_13_obeys_skew_time_and_active_down_interval() {
    for (value, interval_cs, skew, down) in WORKED {
        let (value, interval) = (priority(value), cs(interval_cs));
        assert_eq!(
            skew_nanos(Version::V3, value, interval),
            skew,
            "skew of {value} at {interval}"
        );
        assert_eq!(
            active_down_nanos(Version::V3, value, interval, 3),
            down,
            "down of {value} at {interval}"
        );
    }
    proves!("V3-6.1-07", "V3-6.1-08", "V3-6.1-13", "V3-6.1-14", Obeys);
    proves!("PRJ-TIME-01", Obeys);
}

/// PRJ-TIME-02: in whole centiseconds every priority from 231 up would have no skew at 10 cs, and a goodbye would make
/// all of them Active at once.
#[test]
fn v3_6_1_13_refuses_whole_centiseconds() {
    let skews = (231..=254).map(|value| skew_nanos(Version::V3, priority(value), cs(10)));
    let skews = skews.collect::<Vec<_>>();
    assert!(skews.iter().all(|skew| *skew > 0));
    assert!(skews.windows(2).all(|pair| pair[0] > pair[1]));
    // In whole centiseconds: 25 * 10 / 256 = 0.
    assert!(skews.iter().all(|skew| skew / 10_000_000 == 0));
    proves!("PRJ-TIME-02", Obeys);
    proves!("V3-6.1-13", "PRJ-TIME-01", Refuses);
}

proptest! {
    /// PRJ-TIME-01: exact, against rational arithmetic in 128 bits; never in floating point, so also monotone.
    #[test]
    fn prj_time_01_obeys_exact_arithmetic(value in 1_u8..=255, interval_cs in 1_u16..=25_500) {
        let (value, interval) = (priority(value), cs(interval_cs));
        let skew = u128::from(256 - u16::from(value.get())) * u128::from(interval_cs) * 10_000_000 / 256;
        prop_assert_eq!(u128::from(skew_nanos(Version::V3, value, interval)), skew);
        let down = u128::from(interval_cs) * 30_000_000 + skew;
        prop_assert_eq!(u128::from(active_down_nanos(Version::V3, value, interval, 3)), down);
        proves!("V3-6.1-13", "V3-6.1-14", "PRJ-TIME-01", Obeys);
    }

    /// A better priority waits less, a slower Active is waited for longer.
    #[test]
    fn prj_time_01_obeys_monotony(value in 1_u8..=254, interval_cs in 1_u16..=25_499) {
        let better = skew_nanos(Version::V3, priority(value + 1), cs(interval_cs));
        let own = skew_nanos(Version::V3, priority(value), cs(interval_cs));
        let slower = skew_nanos(Version::V3, priority(value), cs(interval_cs + 1));
        prop_assert!(better < own && own < slower);
        proves!("PRJ-TIME-01", Obeys);
    }
}

/// V3-6.1-05, V3-6.1-06: what can be configured, and what can be learned.
#[test]
fn v3_6_1_05_obeys_the_bounds_of_an_interval() {
    assert!(Interval::from_centiseconds(0).is_none());
    assert!(cs(1).fits_version_3());
    assert!(cs(4095).fits_version_3());
    assert!(!cs(4096).fits_version_3());
    assert_eq!(Interval::from_seconds(255), Some(cs(25_500)));
    assert!(Interval::from_centiseconds(25_501).is_none());
    assert_eq!(Interval::DEFAULT, cs(100));
    assert_eq!(Priority::DEFAULT, priority(100));
    proves!("V3-6.1-05", "V3-6.1-06", Obeys);
}
