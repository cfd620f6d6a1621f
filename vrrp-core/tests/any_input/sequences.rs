//! Random sequences, extreme times included.

use proptest::prelude::*;
use vrrp_conformance::proves;
use vrrp_core::{
    Action, Actions, Bar, Input, Instant, Report, Settings, Standing, State, StateName, VirtualRouter, Wake,
};

use crate::inputs::{any_input, any_settings};

/// What holds after every step, whatever it was.
pub(crate) fn check(router: &VirtualRouter, now: Instant, actions: &Actions, told: &str) {
    let name = router.state_name();
    let held = actions.iter().fold(None, |last, action| match action {
        Action::HoldAddresses => Some(true),
        Action::ReleaseAddresses => Some(false),
        _ => last,
    });
    // Levels: what was said last about the addresses is what the state says.
    assert!(
        held.is_none_or(|held| held == router.holds()),
        "addresses against the state: {told}"
    );
    assert!(
        name != StateName::Active || router.holds(),
        "Active without addresses: {told}"
    );
    assert!(
        name != StateName::Backup || !router.holds(),
        "Backup with addresses: {told}"
    );
    let barred = matches!(router.standing(), Standing::Barred(_));
    assert!(
        name == StateName::Initialize || !barred,
        "{name} though barred: {told}"
    );
    let idle = matches!(router.state(), State::Initialize { hold: None });
    assert!(!idle || barred, "Initialize though nothing bars: {told}");
    let last_transition = actions.iter().filter_map(|action| match action {
        Action::Report(Report::Transition(transition)) => Some(transition.to),
        _ => None,
    });
    assert!(
        last_transition.last().is_none_or(|to| to == name),
        "the last report against the state: {told}"
    );
    announced_in_order(actions, told);
    sent_rightly(router, actions, told);
    deadline_fits(router, now, told);
}

/// V3-8.1.2-05: never announced before it is held.
fn announced_in_order(actions: &Actions, told: &str) {
    let mut released = false;
    for action in actions.iter() {
        match action {
            Action::ReleaseAddresses => released = true,
            Action::HoldAddresses => released = false,
            Action::AnnounceAddresses { copies } => {
                assert!(
                    !released && *copies > 0,
                    "announced after `Disown`, or not at all: {told}"
                );
            }
            _ => {}
        }
    }
}

/// Priority 0 is sent on the way out of Active and in Initialize (its retries), everything else by an Active. A step that
/// goes through several states may do what any of them may.
fn sent_rightly(router: &VirtualRouter, actions: &Actions, told: &str) {
    let through = |name: StateName| {
        let left =
            |action: &Action| matches!(action, Action::Report(Report::Transition(t)) if t.from == name);
        router.state_name() == name || actions.iter().any(left)
    };
    for action in actions.iter() {
        if let Action::Send(draft) = action {
            let name = if draft.priority == 0 {
                StateName::Initialize
            } else {
                StateName::Active
            };
            assert!(through(name), "sent priority {}: {told}", draft.priority);
        }
    }
}

/// PRJ-FSM-03: the deadline is that of the state, or of something beside it; Initialize has no protocol timer.
fn deadline_fits(router: &VirtualRouter, now: Instant, told: &str) {
    let Some(deadline) = router.deadline() else {
        assert!(
            matches!(router.state(), State::Initialize { hold: None }),
            "no deadline: {told}"
        );
        return;
    };
    assert!(deadline.earliest <= deadline.at, "{told}");
    let fits = match (deadline.wakes, router.state()) {
        (Wake::TakeOver, State::Backup { .. }) | (Wake::Advertise | Wake::Announce, State::Active { .. }) => {
            true
        }
        (Wake::EndHold, State::Initialize { hold }) => hold.is_some(),
        (Wake::TakeOver | Wake::Advertise | Wake::Announce | Wake::EndHold, _) => false,
        (Wake::Start, _) => matches!(router.standing(), Standing::Barred(Bar::StartDelay)),
        (_, _) => true,
    };
    assert!(
        fits,
        "{:?} in {:?} at {now}: {told}",
        deadline.wakes,
        router.state()
    );
}

/// Time goes on by little, by as much as the deadline, by much, or to the end of time.
#[derive(Debug, Clone, Copy)]
enum Pass {
    Nothing,
    By(u64),
    ToTheDeadline,
    ToTheEnd,
}

fn pass() -> impl Strategy<Value = Pass> {
    prop_oneof![
        3 => Just(Pass::Nothing),
        4 => (0_u64..5_000_000_000).prop_map(Pass::By),
        6 => Just(Pass::ToTheDeadline),
        1 => any::<u64>().prop_map(Pass::By),
        1 => Just(Pass::ToTheEnd),
    ]
}

fn pass_time(now: Instant, pass: Pass, router: &VirtualRouter) -> Instant {
    match pass {
        Pass::Nothing => now,
        Pass::By(nanos) => now.plus_nanos(nanos),
        Pass::ToTheDeadline => router.deadline().map_or(now, |deadline| deadline.at.max(now)),
        Pass::ToTheEnd => Instant::from_nanos(u64::MAX),
    }
}

fn run(settings: Settings, begin: u64, steps: &[(Pass, Input)], reconfigured: &[Settings]) -> Vec<Actions> {
    let mut router = VirtualRouter::new(settings.build().unwrap());
    let mut now = Instant::from_nanos(begin);
    let mut all = Vec::new();
    for (number, (pass, input)) in steps.iter().enumerate() {
        now = pass_time(now, *pass, &router);
        let actions = router.handle(now, *input);
        check(
            &router,
            now,
            &actions,
            &format!("step {number}, {input:?}: {actions:?}"),
        );
        all.push(actions);
        if let Some(settings) = reconfigured.get(number) {
            let config = settings.clone().build().unwrap();
            if let Ok(actions) = router.reconfigure(now, config) {
                check(
                    &router,
                    now,
                    &actions,
                    &format!("reconfigured at step {number}: {actions:?}"),
                );
                all.push(actions);
            }
        }
        let draft = vrrp_core::Draft {
            priority: 1,
            version: router.config().version,
        };
        let group = router.config().family.group();
        let _length = router.seal(draft, None).encode(group, &mut [0; 300]);
    }
    all
}

fn begin() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        any::<u64>(),
        Just(u64::MAX),
        Just(u64::MAX - 1_000_000_000)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1500),
        failure_persistence: Some(Box::new(proptest::test_runner::FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    /// No panic, at most `Actions::MAX` actions (asserted in the core), and every invariant of `check`.
    #[test]
    fn any_sequence_keeps_the_invariants(
        settings in any_settings(), begin in begin(), steps in prop::collection::vec((pass(), any_input()), 1..60)
    ) {
        run(settings, begin, &steps, &[]);
        proves!("PRJ-FSM-03", "V3-6.2-01", "V3-6.2-02", Obeys);
        proves!("V3-6.4.2-06", "V3-6.4.3-08", Refuses);
    }

    /// The same with the configuration replaced after every step, where the core lets it.
    #[test]
    fn any_sequence_with_reconfigurations_keeps_the_invariants(
        settings in any_settings(), begin in begin(), steps in prop::collection::vec((pass(), any_input()), 1..30),
        values in prop::collection::vec((1_u8..=255, 1_u16..=4095, 0_usize..4), 30)
    ) {
        let others = values.iter().map(|(value, interval, extra)| {
            let mut other = settings.clone();
            other.priority = crate::subject::priority(*value);
            other.preempt |= other.priority.is_owner();
            other.step_back_when_stalled &= !other.preempt;
            if other.version == vrrp_core::Version::V3 {
                other.interval = crate::subject::cs(*interval);
            }
            let extra = if settings.profile == vrrp_core::Profile::Rfc { 0 } else { *extra };
            for host in 0..extra {
                other.held_only.push(crate::subject::ip(&format!("203.0.113.{host}")));
            }
            other
        });
        run(settings.clone(), begin, &steps, &others.collect::<Vec<_>>());
    }

    /// PRJ-FSM-04: the same inputs at the same times give the same actions.
    #[test]
    fn prj_fsm_04_the_same_inputs_give_the_same_actions(
        settings in any_settings(), steps in prop::collection::vec((pass(), any_input()), 1..40)
    ) {
        prop_assert_eq!(run(settings.clone(), 0, &steps, &[]), run(settings, 0, &steps, &[]));
        proves!("PRJ-FSM-04", Obeys);
    }
}
