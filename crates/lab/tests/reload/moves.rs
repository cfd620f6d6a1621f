//! An address that goes from one instance to another does not leave a node that is Active for both.

use vrrp_lab::Stamp;
use vrrp_lab::conf::Instance;

use crate::bench::{Bench, Outcome, file, inside, instance, ip};

#[test]
fn an_address_that_moves_never_leaves_the_kernel() {
    inside("moves::an_address_that_moves_never_leaves_the_kernel", moves);
}

/// Old and new file, and what moves from where.
fn check(bench: &Bench, old: &[Instance], new: &[Instance], address: &str) -> Outcome {
    let (old, new) = (file(old), file(new));
    let plan = bench.plan(&old, &new)?.expect("it would be carried out");
    assert_eq!(plan["moves"][0]["address"], address, "{plan}");
    assert_eq!(plan["moves"][0]["stays"], true, "{plan}");
    let (from, line) = bench.reload(&new)?;
    assert!(line.contains("reloaded: "), "{line}");
    for vrid in [51, 52] {
        if new.contains(&format!("VI_{vrid} ")) {
            bench.wait_adverts(vrid, Stamp::now(), 3)?;
        } else {
            assert!(bench.goodbyes(vrid, from) > 0);
        }
    }
    assert!(
        bench.fate(address, from).is_empty(),
        "{}",
        bench.daemon.process.log()
    );
    assert!(
        bench.announced(from).contains(&ip(address)),
        "whose it is now is announced"
    );
    bench.wait_held(address, true)
}

fn moves() -> Outcome {
    let pair = |first: &[&str], second: &[&str]| [instance(51, 150, first), instance(52, 150, second)];
    let both = pair(&["192.0.2.51/24", "192.0.2.60/24"], &["192.0.2.52/24"]);
    let moved = pair(&["192.0.2.51/24"], &["192.0.2.52/24", "192.0.2.60/24"]);
    let bench = Bench::active(&file(&both), &[51, 52])?;
    for address in ["192.0.2.51", "192.0.2.52", "192.0.2.60"] {
        bench.wait_held(address, true)?;
    }
    // From the first to the second of the file, and back: whichever is changed first.
    check(&bench, &both, &moved, "192.0.2.60")?;
    check(&bench, &moved, &both, "192.0.2.60")?;
    // The first one goes, and leaves an address to the second; its other one goes with it.
    let heir = [instance(52, 150, &["192.0.2.52/24", "192.0.2.60/24"])];
    check(&bench, &both, &heir, "192.0.2.60")?;
    bench.wait_held("192.0.2.51", false)?;
    bench.wait_held("192.0.2.60", true)
}

#[test]
fn an_address_that_has_to_be_made_anew_is_away_as_the_plan_says() {
    inside(
        "moves::an_address_that_has_to_be_made_anew_is_away_as_the_plan_says",
        made_anew,
    );
}

/// Another prefix length, and an heir that begins with it.
fn made_anew() -> Outcome {
    let pair = |first: &[&str], second: &[&str]| file(&[instance(51, 150, first), instance(52, 150, second)]);
    let mut old = pair(&["192.0.2.51/24", "192.0.2.60/24"], &["192.0.2.52/24"]);
    let bench = Bench::active(&old, &[51, 52])?;
    bench.wait_held("192.0.2.60", true)?;
    let other_form = pair(&["192.0.2.51/24"], &["192.0.2.52/24", "192.0.2.60/28"]);
    let new_heir = file(&[
        instance(51, 150, &["192.0.2.51/24"]),
        instance(52, 150, &["192.0.2.52/24"]),
        instance(53, 150, &["192.0.2.60/28"]),
    ]);
    for new in [other_form, new_heir] {
        let plan = bench.plan(&old, &new)?.expect("it would be carried out");
        assert_eq!(plan["moves"][0]["stays"], false, "{plan}");
        let text = plan.to_string();
        assert!(text.contains("away while it moves: 192.0.2.60"), "{text}");
        let (from, _) = bench.reload(&new)?;
        bench.wait_held("192.0.2.60", true)?;
        assert_eq!(bench.fate("192.0.2.60", from), [false, true]);
        assert!(bench.fate("192.0.2.51", from).is_empty() && bench.fate("192.0.2.52", from).is_empty());
        old = new;
    }
    Ok(())
}
