//! What decides the future of a router, as a hash: two routers that will act alike have one fingerprint.
//!
//! An exhaustive search needs it to know where it has been before. Times count from now, what is long past counts as
//! never, and counters do not count.

use core::hash::{Hash, Hasher};

use crate::machine::{Hold, State};
use crate::time::Instant;
use crate::virtual_router::VirtualRouter;

/// A version 3 router heard so long ago is forgotten: four of the longest intervals that version 3 can say
/// (V3-8.4.2-05).
const REMEMBERED_NANOS: u64 = 4 * 40_950_000_000;

impl VirtualRouter {
    /// Feeds everything that decides what this router will do from `now` on into `hasher`.
    ///
    /// Equal for two routers with the same configuration that will answer the same inputs, given after the same time,
    /// with the same actions (reports that change nothing and are told once, of equal priorities, bounces and versions, left out). The configuration itself is
    /// not part of it.
    pub fn fingerprint(&self, now: Instant, hasher: &mut impl Hasher) {
        let Self {
            config,
            state,
            link,
            counters: _,
            announcing,
            triggered,
            silent_answers,
            sending,
            resignation,
            last_active,
            version_3_heard,
            same_priority: _,
            same_priority_told: _,
            tracking,
            pause,
            started,
            started_before,
            start_at,
            resigned,
            form,
            forms_mixed,
            took_over_at: _,
            advertised_at: _,
            versions: _,
            past: _,
            member,
            #[cfg(feature = "hmac")]
            sequences,
        } = self;
        hash_state(state, now, hasher);
        link.hash(hasher);
        announcing.remaining(now).hash(hasher);
        triggered.remaining(now, config.interval).hash(hasher);
        silent_answers.remaining(now, config.interval).hash(hasher);
        sending.hash(hasher);
        resignation
            .filter(|resignation| resignation.matters(now))
            .map(|resignation| resignation.remaining(now))
            .hash(hasher);
        last_active.hash(hasher);
        version_3_heard
            .map(|(source, at)| (source, now.nanos_since(at)))
            .filter(|(_, age)| *age <= REMEMBERED_NANOS)
            .hash(hasher);
        tracking.hash(hasher);
        self.advertised_lately(now).hash(hasher);
        pause.remaining(now).hash(hasher);
        (started, started_before, resigned).hash(hasher);
        start_at.map(|at| until(at, now)).hash(hasher);
        (form, forms_mixed).hash(hasher);
        if let Some(member) = member.as_deref() {
            let not_before = until(member.not_before, now);
            let routs = [member.rout, member.group_rout]
                .map(|rout| (until(rout.until, now), until(rout.free_at, now)));
            // One that is over is like none.
            routs
                .map(|(lasts, frees)| (lasts, if lasts > 0 { frees } else { 0 }))
                .hash(hasher);
            let defeat = (not_before, member.defeat_nanos, member.group_defeat_nanos);
            (member.attitude, defeat, member.barred).hash(hasher);
            (member.joining, member.hurried, member.beaten).hash(hasher);
        }
        #[cfg(feature = "hmac")]
        sequences.hash(hasher);
    }
}

/// Nanoseconds from now to a deadline; one that has passed is due, however long ago.
const fn until(at: Instant, now: Instant) -> u64 {
    at.nanos_since(now)
}

/// A deadline that has passed is late by something, and X-13 and PRJ-TIME-05 look at how much.
fn from_now(at: Instant, now: Instant) -> (u64, u64) {
    (at.nanos_since(now), now.nanos_since(at))
}

fn hash_state(state: &State, now: Instant, hasher: &mut impl Hasher) {
    match *state {
        State::Initialize { hold } => {
            0_u8.hash(hasher);
            hold.map(
                |Hold {
                     kind,
                     ends_at,
                     successor,
                     answered,
                 }| (kind, until(ends_at, now), successor, answered),
            )
            .hash(hasher);
        }
        State::Backup {
            active_interval,
            active_down_at,
            preempt_at,
            hurried,
            last,
        } => {
            1_u8.hash(hasher);
            let preempt = preempt_at.map(|at| until(at, now));
            (
                active_interval,
                until(active_down_at, now),
                preempt,
                hurried,
                last,
            )
                .hash(hasher);
        }
        State::Active { advertise_at } => {
            2_u8.hash(hasher);
            from_now(advertise_at, now).hash(hasher);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Profile, Settings};
    use crate::id::{Family, InterfaceId, Vrid};
    use crate::input::{Input, Link};
    use core::net::{IpAddr, Ipv4Addr};

    /// FNV-1a: a hasher that needs no std.
    #[derive(Default)]
    struct Fnv(u64);

    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            self.0
        }

        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }

    fn router(started_at: u64) -> VirtualRouter {
        let mut settings = Settings::new(
            Profile::Default,
            Family::Ipv4,
            Vrid::new(7).unwrap(),
            InterfaceId(1),
        );
        settings.addresses = alloc::vec![IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1))];
        let mut router = VirtualRouter::new(settings.build().unwrap());
        let link = Link {
            up: true,
            primary: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
        };
        let now = Instant::from_nanos(started_at);
        let _actions = router.handle(now, Input::Link(link));
        let _actions = router.handle(now, Input::Start);
        router
    }

    fn of(router: &VirtualRouter, now: u64) -> u64 {
        let mut hasher = Fnv::default();
        router.fingerprint(Instant::from_nanos(now), &mut hasher);
        hasher.finish()
    }

    #[test]
    fn the_same_past_shifted_in_time_has_the_same_fingerprint_and_another_past_another() {
        // Both more than an interval after the beginning of time, where no window for answers has begun yet.
        let (early, late) = (router(2_000_000_000), router(95_000_000_000));
        assert_eq!(of(&early, 2_000_001_000), of(&late, 95_000_001_000));
        let sooner = of(&late, 95_000_001_001);
        assert_ne!(of(&early, 2_000_001_000), sooner, "its timer fires sooner");
    }

    #[test]
    fn an_active_router_comes_round_to_the_same_fingerprint_every_interval() {
        let mut router = router(0);
        let mut seen = alloc::vec::Vec::new();
        for _ in 0..12 {
            let at = router.deadline().unwrap().at;
            let _actions = router.handle(at, Input::Tick);
            seen.push(of(&router, at.as_nanos()));
        }
        // Becoming Active and the later rounds of announcements come first; then every period is alike.
        assert_eq!(seen[9], seen[10]);
        assert_eq!(seen[10], seen[11]);
        assert_ne!(seen[0], seen[11]);
    }
}
