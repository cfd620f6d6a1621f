//! for what is a number: keepalived's `track_file`. Rows by hand, and as keepalived 2.2.7 was seen to do.

use vrrp_conformance::proves;
use vrrp_core::{Bar, Health, Priority, Settings, Standing, StateName, Tracker, TrackerId, Weight};

use crate::subject::{Subject, default};

fn tracking(value: u8, weights: &[(i16, bool)]) -> Settings {
    let mut settings = default(value, 100);
    let tracker = |(value, reverse): &(i16, bool)| Tracker {
        weight: Weight::from_keepalived(*value, *reverse),
        initial: Health::Value(0),
    };
    settings.trackers = weights.iter().map(tracker).collect();
    settings
}

/// number times weight, at most 253 for each, and the sum within 1 to 254.
#[test]
fn x_04_obeys_a_number_times_its_weight() {
    for (base, weight, reverse, number, expected) in [
        (100, 1, false, 0, 100),
        (100, 1, false, 20, 120),
        (100, 1, false, -20, 80),
        (100, 2, false, 20, 140),
        (100, -3, false, 20, 40),
        (100, -3, true, 20, 160),
        (100, 1, true, 20, 80),
        (100, 1, false, 153, 253),
        (100, 1, false, 154, 254),
        (100, 1, false, 1_000_000, 254),
        (100, 254, false, 1, 254),
        (100, 1, false, -99, 1),
        (100, 1, false, -253, 1),
        // 254 times 2^31 does not fit into 32 bits.
        (100, 254, false, i32::MAX, 254),
        (100, -254, false, i32::MIN, 254),
        // An owner's never moves.
        (255, 1, false, -20, 255),
    ] {
        let mut router = Subject::new(tracking(base, &[(weight, reverse)]));
        router.health(0, Health::Value(number));
        assert_eq!(
            router.router.priority(),
            Priority::new(expected).unwrap(),
            "{number} times {weight}, reverse {reverse}"
        );
    }
    proves!("X-04", Obeys);
}

/// Each number is cut to 253 before they are added: 100 + 253 - 50, and not 100 + 400 - 50.
#[test]
fn x_04_obeys_each_number_is_cut_by_itself() {
    let mut router = Subject::new(tracking(100, &[(4, false), (1, false)]));
    router.health(0, Health::Value(100));
    router.health(1, Health::Value(-200));
    assert_eq!(router.router.priority().get(), 153);
    proves!("X-04", Obeys);
}

/// a product of -254 or less, or with weight 0 a number that is not 0, bars; with `reverse`, one that is.
#[test]
fn x_05_obeys_a_number_bars() {
    for (weight, reverse, number, bars) in [
        (1, false, -253, false),
        (1, false, -254, true),
        (1, false, i32::MIN, true),
        (1, true, 254, true),
        (1, true, -254, false),
        (254, false, -1, true),
        (-254, false, 1, true),
        (127, false, -2, true),
        (126, false, -2, false),
        (254, false, i32::MIN, true),
        (0, false, 0, false),
        (0, false, 1, true),
        (0, false, -1, true),
        (0, true, 0, true),
        (0, true, 1, false),
    ] {
        let mut settings = tracking(100, &[(1, false), (weight, reverse)]);
        if (weight, reverse) == (0, true) {
            settings.trackers[1].initial = Health::Value(7);
        }
        let mut router = Subject::backup(settings);
        router.health(1, Health::Value(number));
        let barred = router.router.standing() == Standing::Barred(Bar::Tracker(TrackerId(1)));
        assert_eq!(barred, bars, "{number} times {weight}, reverse {reverse}");
        let away = router.state() == StateName::Initialize;
        assert_eq!(away, bars, "{number} times {weight}, reverse {reverse}");
    }
    proves!("X-05", Obeys);
}

/// a number that bars is no addend: 1 times -254 bars and adds nothing, 1 times -253 is added. What shows a priority's
/// parts asks so.
#[test]
fn x_05_obeys_what_bars_adds_nothing() {
    let adds = |weight, number| Weight::from_keepalived(weight, false).contribution(Health::Value(number));
    assert_eq!((adds(-254, 1), adds(-253, 1), adds(1, -300)), (0, -253, 0));
    assert_eq!((adds(1, 252), adds(1, 253), adds(1, 400)), (252, 253, 253));
    proves!("X-05", Obeys);
}

/// it comes back as Backup when its number lets it.
#[test]
fn x_05_obeys_a_number_that_is_good_again() {
    let mut router = Subject::backup(tracking(100, &[(1, false)]));
    router.health(0, Health::Value(-300));
    assert_eq!(router.state(), StateName::Initialize);
    router.health(0, Health::Value(-5));
    assert_eq!(router.state(), StateName::Backup);
    assert_eq!(router.router.priority().get(), 95);
    proves!("X-05", Obeys);
}

/// unknown adds nothing and does not bar; a gate bars until its number is known.
#[test]
fn x_05_obeys_an_unknown_number() {
    let mut settings = tracking(100, &[(50, false), (0, false)]);
    settings.trackers[0].initial = Health::Unknown;
    let router = Subject::new(settings.clone());
    assert_eq!(router.router.priority().get(), 100);
    settings.trackers[1].initial = Health::Unknown;
    let mut router = Subject::new(settings);
    router.start();
    assert_eq!(
        router.router.standing(),
        Standing::Barred(Bar::Tracker(TrackerId(1)))
    );
    router.health(1, Health::Value(0));
    assert_eq!(router.state(), StateName::Backup);
    proves!("X-05", Obeys);
}
