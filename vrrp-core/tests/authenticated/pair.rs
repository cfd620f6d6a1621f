//! HM-14: two routers and their wall clocks: however one of them steps, one Active remains.

use vrrp_conformance::proves;
use vrrp_core::{Action, Family, Input, Instant, InterfaceId, Outbox, Router, StateName, WallClock};
use vrrp_core::{InstanceId, Link, wire::Received};

use crate::golden::{primary, settings};

const START: u64 = 1_795_230_725;
const SECOND: u64 = 1_000_000_000;

struct Side {
    router: Router,
    id: InstanceId,
    name: &'static str,
    /// Seconds that its wall clock is off.
    off: i64,
    out: Outbox,
}

impl Side {
    fn new(name: &'static str) -> Self {
        let mut router = Router::new();
        let id = router.add(settings(name).build().unwrap()).unwrap();
        let mut out = Outbox::new();
        let now = Instant::from_nanos(0);
        let primary = Some(primary(name));
        router.handle(now, id, Input::Link(Link { up: true, primary }), &mut out);
        router.handle(now, id, Input::Start, &mut out);
        Self {
            router,
            id,
            name,
            off: 0,
            out,
        }
    }

    fn wall(&self, now: Instant) -> WallClock {
        let seconds = START + now.as_nanos() / SECOND;
        WallClock {
            seconds: seconds.checked_add_signed(self.off).unwrap(),
            nanos: (now.as_nanos() % SECOND) as u32,
        }
    }

    fn active(&self) -> bool {
        self.router.get(self.id).unwrap().state_name() == StateName::Active
    }

    /// What it sends now.
    fn sent(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let wall = self.wall(now);
        let mut sent = Vec::new();
        for (id, action) in self.out.drain() {
            if let Action::Send(draft) = action {
                let sealed = self.router.seal(id, draft, Some(wall)).unwrap();
                let mut buffer = [0; 64];
                let length = sealed.encode(Family::Ipv4.group(), &mut buffer).unwrap();
                sent.push(buffer[..length].to_vec());
            }
        }
        sent
    }

    fn hear(&mut self, now: Instant, from: &str, message: &[u8]) {
        let received = Received {
            interface: Some(InterfaceId(2)),
            source: primary(from),
            destination: Some(Family::Ipv4.group()),
            hop_limit: Some(255),
            message,
        };
        let wall = self.wall(now);
        let _rejected = self.router.receive_at(now, Some(wall), &received, &mut self.out);
    }
}

/// Hundredths of a second, from `from` to `to`; packets take no time.
fn run(sides: &mut [Side; 2], from: u64, to: u64) {
    for step in from * 100..to * 100 {
        let now = Instant::from_nanos(step * SECOND / 100);
        for turn in [0, 1] {
            let [a, b] = sides.each_mut();
            let (sender, receiver) = if turn == 0 { (a, b) } else { (b, a) };
            sender.router.tick(now, &mut sender.out);
            // Until nobody answers any more.
            for _ in 0..4 {
                for message in sender.sent(now) {
                    receiver.hear(now, sender.name, &message);
                }
                for message in receiver.sent(now) {
                    sender.hear(now, receiver.name, &message);
                }
            }
        }
    }
}

fn pair() -> [Side; 2] {
    let mut sides = [Side::new("v3-ip4-node-a"), Side::new("v3-ip4-node-b")];
    run(&mut sides, 0, 10);
    assert_eq!(sides.each_ref().map(Side::active), [true, false]);
    sides
}

/// HM-14, HM-06, HM-08: a step of an hour that is taken back: one Active at the end.
#[test]
fn hm_14_obeys_one_active_after_a_clock_step_is_corrected() {
    for node in [0, 1] {
        for step in [3600, -3600] {
            let mut sides = pair();
            sides[node].off = step;
            run(&mut sides, 10, 30);
            // Neither believes the other: both Active, and both say why.
            assert_eq!(sides.each_ref().map(Side::active), [true, true], "{node} {step}");
            let stale = sides[1].router.get(sides[1].id).unwrap().counters();
            assert!(stale.rejected.get(vrrp_core::wire::Reject::HmacStale) > 10);
            sides[node].off = 0;
            run(&mut sides, 30, 40);
            assert_eq!(sides.each_ref().map(Side::active), [true, false], "{node} {step}");
        }
    }
    proves!("HM-14", Obeys);
}

/// HM-14: timers stay on the monotonic clock: a step inside the window moves nothing.
#[test]
fn hm_14_obeys_a_small_step_moves_no_timer() {
    // Set back by 4 s it counts on from what it sent last, so the first two are less than half a window off.
    for (step, warned) in [(4, 10), (-4, 8)] {
        let mut sides = pair();
        let before = sides[1]
            .router
            .get(sides[1].id)
            .unwrap()
            .counters()
            .advertisement_rcvd;
        sides[0].off = step;
        run(&mut sides, 10, 20);
        assert_eq!(sides.each_ref().map(Side::active), [true, false]);
        let counters = sides[1].router.get(sides[1].id).unwrap().counters();
        assert_eq!(counters.advertisement_rcvd - before, 10, "{step}");
        assert_eq!(counters.hmac_clock, warned, "{step}");
    }
    proves!("HM-14", Obeys);
}
