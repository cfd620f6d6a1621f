//! for any objects: standing is monotone in each tracked object, knows no order, and is clamped.

use proptest::prelude::*;
use vrrp_core::{Bar, Health, Settings, Standing, Tracker, Weight};

use crate::subject::{Subject, default};

/// Tracked objects: weight, `reverse`, health.
type Objects = Vec<(i16, bool, Health)>;

fn health() -> impl Strategy<Value = Health> {
    prop_oneof![
        Just(Health::Unknown),
        Just(Health::Up),
        Just(Health::Down),
        (-300_i32..300).prop_map(Health::Value),
        any::<i32>().prop_map(Health::Value),
    ]
}

fn objects() -> impl Strategy<Value = Objects> {
    let weight = prop_oneof![Just(0_i16), -254_i16..=254, -30_i16..=30];
    prop::collection::vec((weight, any::<bool>(), health()), 0..8)
}

/// A router in Backup that knows this of its objects, learnt one by one from `first` on.
fn standing(base: u8, objects: &Objects, first: usize) -> Standing {
    let mut settings: Settings = default(base, 100);
    let tracker = |(weight, reverse, _): &(i16, bool, Health)| Tracker {
        weight: Weight::from_keepalived(*weight, *reverse),
        initial: Health::Up,
    };
    settings.trackers = objects.iter().map(tracker).collect();
    let mut subject = Subject::new(settings);
    let order = (0..objects.len()).map(|place| (place + first) % objects.len());
    for id in order {
        subject.health(u16::try_from(id).unwrap(), objects[id].2);
    }
    subject.start();
    subject.router.standing()
}

/// How much a standing is worth: barred is less than any priority.
fn worth(standing: Standing) -> u8 {
    match standing {
        Standing::Barred(_) => 0,
        Standing::Eligible(priority) => priority.get(),
    }
}

/// By hand, from: the sum of all in a wide number, then clamped; a gate or a number too low bars.
fn expected(base: u8, objects: &Objects) -> u8 {
    let mut sum = i64::from(base);
    for (weight, reverse, health) in objects {
        let weight = i64::from(*weight);
        let sign = if *reverse { -1 } else { 1 };
        match (weight, health) {
            (0, Health::Unknown) => return 0,
            (0, Health::Up) if *reverse => return 0,
            (0, Health::Down) if !*reverse => return 0,
            (0, Health::Value(number)) if (*number != 0) != *reverse => return 0,
            (0, _) | (_, Health::Unknown) => {}
            (_, Health::Value(number)) => {
                let product = i64::from(*number) * weight * sign;
                if product <= -254 {
                    return 0;
                }
                sum += product.min(253);
            }
            (_, Health::Up | Health::Down) => {
                let good = (*health == Health::Up) != *reverse;
                if good == (weight > 0) {
                    sum += weight;
                }
            }
        }
    }
    if base == 255 {
        return 255;
    }
    u8::try_from(sum.clamp(1, 254)).unwrap()
}

proptest! {
    /// the priority is the clamped sum, in whatever order the objects stand and their healths come.
    #[test]
    fn x_04_obeys_any_objects_are_summed_in_any_order_and_clamped(
        base in 1_u8..=255,
        objects in objects(),
        turn in 0_usize..8,
        first in 0_usize..8,
    ) {
        let found = standing(base, &objects, 0);
        prop_assert_eq!(worth(found), expected(base, &objects), "{} {:?}", base, objects);
        let mut turned = objects.clone();
        if !turned.is_empty() {
            let turn = turn % turned.len();
            turned.rotate_left(turn);
        }
        prop_assert_eq!(worth(standing(base, &turned, first)), worth(found));
        if let Standing::Eligible(priority) = found {
            prop_assert!(priority.get() >= 1 && (priority.get() == 255) == (base == 255));
        } else {
            prop_assert!(matches!(found, Standing::Barred(Bar::Tracker(_))));
        }
    }

    /// where one object gets better, and nothing else changes, the router never stands worse.
    #[test]
    fn x_04_obeys_standing_is_monotone_in_each_object(
        base in 1_u8..=254,
        objects in objects(),
        at in any::<prop::sample::Index>(),
        lower in -300_i32..300,
        higher in 0_i32..300,
    ) {
        prop_assume!(!objects.is_empty());
        let at = at.index(objects.len());
        let with = |health| {
            let mut objects = objects.clone();
            objects[at].2 = health;
            worth(standing(base, &objects, 0))
        };
        let (weight, reverse, _) = objects[at];
        let better = |worse, better| {
            let (worse, better) = if reverse { (better, worse) } else { (worse, better) };
            with(worse) <= with(better)
        };
        prop_assert!(better(Health::Down, Health::Up), "{:?}", objects);
        // A number may rise with a weight above 0, fall with one below, and must be 0 for a gate.
        if weight != 0 {
            let (low, high) = (Health::Value(lower), Health::Value(lower.saturating_add(higher)));
            let (low, high) = if weight > 0 { (low, high) } else { (high, low) };
            prop_assert!(better(low, high), "{:?} {:?} {:?}", low, high, objects);
        }
    }
}
