//! V3-6.4.2-06, V3-6.4.3-08: every state with every input, before and after its timer has run out.

use vrrp_conformance::proves;
use vrrp_core::{Actions, Health, Input, Order, Settings, State, StateName, Tracker, Weight};

use crate::inputs::every_input;
use crate::subject::{MILLI, SECOND, Subject, default};

fn tracked(value: u8) -> Settings {
    let mut settings = default(value, 100);
    settings.v2_interop = true;
    settings.preempt_delay_nanos = 2 * SECOND;
    let gate = Tracker {
        weight: Weight::Gate { reverse: false },
        initial: Health::Up,
    };
    let adjust = Tracker {
        weight: Weight::from_keepalived(-40, false),
        initial: Health::Up,
    };
    settings.trackers = vec![gate, adjust];
    settings
}

/// A way into every state, holds of both kinds with and without a successor among them.
fn states(value: u8) -> Vec<(&'static str, Subject)> {
    let active = || Subject::active(tracked(value));
    let holding = |begin: fn(&mut Subject), heard: bool| {
        let mut router = active();
        begin(&mut router);
        if heard {
            router.hear(50);
        }
        router
    };
    let stop: fn(&mut Subject) = |router| {
        router.stop();
    };
    let resign: fn(&mut Subject) = |router| {
        router.order(Order::Resign);
    };
    let mut followed = Subject::new(tracked(value));
    followed.start();
    if value != 255 {
        followed.hear(254);
    }
    let mut barred = Subject::new(tracked(value));
    barred.start();
    barred.link(false);
    let mut paused = active();
    paused.does(Input::Failed(vrrp_core::Failure::Hold));
    vec![
        ("new", Subject::unplugged(tracked(value))),
        ("barred", barred),
        ("paused", paused),
        ("backup", followed),
        ("active", active()),
        ("stopping", holding(stop, false)),
        ("stopping with a successor", holding(stop, true)),
        ("resigning", holding(resign, false)),
        ("resigning with a successor", holding(resign, true)),
    ]
}

#[test]
fn every_state_with_every_input_keeps_the_invariants() {
    let mut pairs = 0;
    for value in [1, 100, 254, 255] {
        let names = states(value)
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>();
        for (place, name) in names.iter().enumerate() {
            for input in every_input(value) {
                for wait in [0, 20 * MILLI, 2 * SECOND, 100 * SECOND] {
                    let (_, mut router) = states(value).swap_remove(place);
                    router.wait(wait);
                    let actions = router.router.handle(router.now, input);
                    pairs += 1;
                    let told = format!("priority {value}, {name}, {wait} ns, {input:?}: {actions:?}");
                    assert!(actions.len() < Actions::MAX, "{told}");
                    crate::sequences::check(&router.router, router.now, &actions, &told);
                }
            }
        }
    }
    assert!(pairs > 7000, "{pairs}");
    proves!("PRJ-FSM-03", Obeys);
    proves!("V3-6.4.2-06", "V3-6.4.3-08", "V3-8.1.2-05", Refuses);
}

/// The way into each state above leads there.
#[test]
fn the_states_are_what_they_are_called() {
    for (name, router) in states(100) {
        let holds = router.router.holds();
        let expected = match name {
            "backup" => (StateName::Backup, false),
            "active" => (StateName::Active, true),
            name => (StateName::Initialize, name.contains("ing")),
        };
        assert_eq!((router.state(), holds), expected, "{name}");
        let successor = match router.router.state() {
            State::Initialize { hold } => hold.and_then(|hold| hold.successor),
            State::Backup { .. } | State::Active { .. } => None,
        };
        assert_eq!(successor.is_some(), name.contains("successor"), "{name}");
    }
}
