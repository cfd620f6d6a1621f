//! Skew_Time and Active_Down_Interval.

use vrrp_conformance::proves;
use vrrp_core::{Priority, active_down_nanos, skew_nanos};

use crate::golden::{interval, small, timers, version};

/// V3-6.1-13, V3-6.1-14, V2-6.1-02, PRJ-TIME-01: 21 vectors in whole nanoseconds, rounded down.
#[test]
fn the_21_timer_vectors() {
    assert_eq!(timers().len(), 21);
    for vector in timers() {
        let version = version(&vector["version"]);
        let priority = Priority::new(small(&vector["priority"])).unwrap();
        let interval = interval(&vector["interval_cs"]);
        let skew = skew_nanos(version, priority, interval);
        let down = active_down_nanos(version, priority, interval, 3);
        assert_eq!(Some(skew), vector["skew_nanos"].as_u64(), "{vector}");
        assert_eq!(Some(down), vector["active_down_nanos"].as_u64(), "{vector}");
        assert_eq!(Some(skew / 1_000), vector["yang_skew_us"].as_u64(), "{vector}");
        assert_eq!(
            Some(down / 10_000_000),
            vector["yang_active_down_cs"].as_u64(),
            "{vector}"
        );
    }
    proves!("V3-6.1-13", "V3-6.1-14", "V2-6.1-02", "PRJ-TIME-01", Obeys);
}
