//! Any inputs to any members in any order: what holds for all of them after every call.

#[path = "../any_input/inputs.rs"]
#[allow(dead_code, reason = "shared with the tests of one router")]
mod inputs;

use std::collections::BTreeMap;

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{
    Action, GroupId, Health, Input, InstanceId, Instant, Link, Outbox, Router, Settings, Standing, StateName,
    TrackerId,
};

use crate::node::member;
use crate::subject::{OWN, ip};
use inputs::{any_input, any_settings};

struct World {
    router: Router,
    ids: Vec<InstanceId>,
    group: GroupId,
    now: Instant,
    out: Outbox,
    held: BTreeMap<InstanceId, bool>,
}

fn world(members: &[Settings]) -> World {
    let (mut router, mut out) = (Router::new(), Outbox::new());
    let now = Instant::from_nanos(1);
    let mut ids = Vec::new();
    for (number, settings) in members.iter().enumerate() {
        let config = member(number, settings.clone()).build().unwrap();
        ids.push(router.add(config).unwrap());
    }
    let group = router.group(now, &ids, &mut out);
    for id in &ids {
        let primary = Some(ip(OWN));
        router.handle(now, *id, Input::Link(Link { up: true, primary }), &mut out);
    }
    for id in &ids {
        router.handle(now, *id, Input::Start, &mut out);
    }
    World {
        router,
        ids,
        group,
        now,
        out,
        held: BTreeMap::new(),
    }
}

impl World {
    /// The last word about the addresses is what the state says, for every member after every call.
    fn addresses_follow(&mut self, told: &str) {
        for (id, action) in self.out.drain() {
            match action {
                Action::HoldAddresses => self.held.insert(id, true),
                Action::ReleaseAddresses => self.held.insert(id, false),
                _ => None,
            };
        }
        for id in &self.ids {
            let held = self.held.get(id).copied().unwrap_or(false);
            assert_eq!(self.router.get(*id).unwrap().holds(), held, "{told}");
        }
    }

    fn states(&self) -> Vec<StateName> {
        let state = |id: &InstanceId| self.router.get(*id).unwrap().state_name();
        self.ids.iter().map(state).collect()
    }

    /// All Active or none; all barred or none; and no deadline is left that nothing comes of.
    fn together(&self, told: &str) {
        let states = self.states();
        let active = states.iter().filter(|state| **state == StateName::Active);
        let active = active.count();
        assert!(active == 0 || active == states.len(), "{states:?}: {told}");
        let barred =
            |id: &InstanceId| matches!(self.router.get(*id).unwrap().standing(), Standing::Barred(_));
        let barred = self.ids.iter().filter(|id| barred(id)).count();
        assert!(barred == 0 || barred == states.len(), "{states:?}: {told}");
        assert_eq!(
            self.router.group_state(self.group) == Some(StateName::Active),
            active > 0,
            "{told}"
        );
        if let Some((_, deadline)) = self.router.deadline() {
            assert!(
                deadline.at > self.now || !told.contains("Tick"),
                "{deadline:?}: {told}"
            );
        }
    }
}

/// Never back from Active by itself: the end of the test jumps over hours.
fn patient(mut settings: Settings) -> Settings {
    settings.step_back_when_stalled = false;
    settings
}

fn any_steps() -> impl Strategy<Value = Vec<(usize, Input, u8, u64)>> {
    let step = (0_usize..4, any_input(), 0_u8..6, 0_u64..4_000_000_000);
    proptest::collection::vec(step, 1..60)
}

fn passes(world: &mut World, how: u8, nanos: u64) {
    let next = world.router.deadline().map(|(_, deadline)| deadline.at);
    world.now = match (how, next) {
        (0 | 1, Some(at)) => at.max(world.now),
        (2, _) => world.now.plus_nanos(nanos),
        (3, _) => world.now.plus_nanos(nanos / 1000),
        _ => world.now,
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn x_08_any_inputs_leave_a_group_together(
        members in proptest::collection::vec(any_settings(), 1..5),
        steps in any_steps(),
    ) {
        let mut world = world(&members);
        world.addresses_follow("start");
        for (number, input, how, nanos) in steps {
            passes(&mut world, how, nanos);
            let told = format!("{number} {input:?} at {}", world.now);
            if input == Input::Tick {
                world.router.tick(world.now, &mut world.out);
            } else {
                let id = world.ids[number % world.ids.len()];
                world.router.handle(world.now, id, input, &mut world.out);
            }
            world.addresses_follow(&told);
            world.together(&told);
        }
        proves!("X-08", Obeys);
    }

    /// With members that come and go: no panic, nothing held that should not be, and in the end all together.
    #[test]
    fn x_08_any_changes_of_members(
        members in proptest::collection::vec(any_settings(), 2..5),
        steps in any_steps(),
        groups in proptest::collection::vec(any::<[bool; 4]>(), 60),
    ) {
        let mut world = world(&members.into_iter().map(patient).collect::<Vec<_>>());
        for ((number, input, how, nanos), chosen) in steps.into_iter().zip(groups) {
            passes(&mut world, how, nanos);
            let told = format!("{number} {input:?} {chosen:?} at {}", world.now);
            if how == 5 {
                let ids = world.ids.iter().zip(chosen).filter(|(_, on)| *on);
                let ids = ids.map(|(id, _)| *id).collect::<Vec<_>>();
                world.router.regroup(world.now, world.group, &ids, &mut world.out);
            } else if input == Input::Tick {
                world.router.tick(world.now, &mut world.out);
            } else {
                let id = world.ids[number % world.ids.len()];
                world.router.handle(world.now, id, input, &mut world.out);
            }
            world.addresses_follow(&told);
        }
        // What a new member may have been waiting for comes, and everything that is due is done.
        let ids = world.ids.clone();
        world.router.regroup(world.now, world.group, &ids, &mut world.out);
        for id in ids {
            world.router.handle(world.now, id, Input::Start, &mut world.out);
            for tracker in 0..4 {
                let up = Input::Track(TrackerId(tracker), Health::Up);
                world.router.handle(world.now, id, up, &mut world.out);
            }
        }
        for _ in 0..20 {
            world.now = world.now.plus_nanos(70_000_000_000_000);
            world.router.tick(world.now, &mut world.out);
            world.addresses_follow("afterwards");
        }
        world.together("afterwards");
    }
}
