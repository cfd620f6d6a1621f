//! A node's own clock: as fast as the world's but for its drift.

use vrrp_core::Instant;

const MILLION: i128 = 1_000_000;

/// What the node's clock shows at this time of the world, rounded down.
pub(super) fn local_time(world: Instant, drift_ppm: i32) -> Instant {
    let nanos = i128::from(world.as_nanos()) * rate(drift_ppm);
    instant(nanos.div_euclid(MILLION))
}

/// The first time of the world at which the node's clock shows `local` or more.
pub(super) fn world_time(local: Instant, drift_ppm: i32) -> Instant {
    let rate = rate(drift_ppm);
    let nanos = i128::from(local.as_nanos()) * MILLION;
    instant((nanos + rate - 1).div_euclid(rate))
}

fn rate(drift_ppm: i32) -> i128 {
    (MILLION + i128::from(drift_ppm)).max(1)
}

fn instant(nanos: i128) -> Instant {
    Instant::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_asked_for_the_first_moment_at_which_the_clock_shows_it() {
        for drift_ppm in [-200_000, -100, -1, 0, 1, 100, 200_000] {
            for local in [
                0,
                1,
                999_999,
                1_000_000,
                1_000_001,
                3_609_375_000,
                86_400_000_000_000,
            ] {
                let local = Instant::from_nanos(local);
                let world = world_time(local, drift_ppm);
                assert!(local_time(world, drift_ppm) >= local, "{local} {drift_ppm}");
                let before = world.minus_nanos(1);
                assert!(
                    before == world || local_time(before, drift_ppm) < local,
                    "{local} {drift_ppm}"
                );
            }
        }
    }
}
