//! An instance is the virtual router that it is: with another name it goes on, and nobody notices.

use std::collections::BTreeSet;

use vrrp_lab::Stamp;
use vrrp_lab::conf::Instance;

use crate::bench::{Bench, Outcome, Stall, file, inside, instance, ip, priority};
use crate::quiet::regular;

fn called(name: &str, vrid: u8, addresses: &[&str]) -> Instance {
    Instance {
        name: name.to_owned(),
        ..instance(vrid, 150, addresses)
    }
}

#[test]
fn prj_key_01_other_names_send_nothing_more_and_miss_nothing() {
    inside(
        "renames::prj_key_01_other_names_send_nothing_more_and_miss_nothing",
        other_names,
    );
}

fn other_names() -> Outcome {
    let two = |one: &str, two: &str| {
        file(&[
            called(one, 51, &["192.0.2.51/24"]),
            called(two, 52, &["192.0.2.52/24"]),
        ])
    };
    let bench = Bench::active(&two("one", "two"), &[51, 52])?;
    bench.wait_held("192.0.2.51", true)?;
    bench.wait_held("192.0.2.52", true)?;
    bench.wait_adverts(51, Stamp::now(), 2)?;
    let (from, stall) = (Stamp::now(), Stall::start());
    let names = [
        ("web", "two"),
        ("two", "web"),
        ("web", "two"),
        ("one", "three"),
        ("three", "one"),
    ];
    let mut before = ("one", "two");
    for now in names {
        let (old, new) = (two(before.0, before.1), two(now.0, now.1));
        let plan = bench.plan(&old, &new)?.expect("it would be carried out");
        for (instance, was) in [(0, before.0), (1, before.1)] {
            assert_eq!(plan["instances"][instance]["what"], "unchanged", "{plan}");
            let said = plan["instances"][instance]["renamed_from"].as_str();
            assert!(said.is_none_or(|said| said == was), "{plan}");
        }
        let (_, line) = bench.reload(&new)?;
        assert!(
            line.contains("reloaded: renamed: ") && !line.contains(';'),
            "{line}"
        );
        before = now;
    }
    bench.wait_adverts(51, Stamp::now(), 2)?;
    bench.wait_adverts(52, Stamp::now(), 2)?;
    assert_eq!(
        bench.holders.count(from, None),
        0,
        "nothing is asked of the kernel"
    );
    assert_eq!(bench.announced(from), BTreeSet::new());
    for vrid in [51, 52] {
        assert!(bench.adverts(vrid, from).iter().all(|one| priority(one) == 150));
        let (count, worst) = regular(&bench, vrid, from, &stall)?;
        println!("{vrid}: 5 reloads: {count} advertisements, at most {worst:.2} ms off their interval");
    }
    Ok(())
}

#[test]
fn an_address_goes_from_one_to_another_that_is_renamed() {
    inside(
        "renames::an_address_goes_from_one_to_another_that_is_renamed",
        with_a_move,
    );
}

/// Names, an address and the one that is left out, all in one reload.
fn with_a_move() -> Outcome {
    let old = file(&[
        called("one", 51, &["192.0.2.51/24", "192.0.2.60/24"]),
        called("two", 52, &["192.0.2.52/24"]),
        called("gone", 53, &["192.0.2.53/24"]),
    ]);
    let new = file(&[
        called("two", 51, &["192.0.2.51/24"]),
        called("gone", 52, &["192.0.2.52/24", "192.0.2.60/24"]),
    ]);
    let bench = Bench::active(&old, &[51, 52, 53])?;
    for address in ["192.0.2.51", "192.0.2.52", "192.0.2.53", "192.0.2.60"] {
        bench.wait_held(address, true)?;
    }
    let plan = bench.plan(&old, &new)?.expect("it would be carried out");
    assert_eq!(plan["moves"][0]["address"], "192.0.2.60", "{plan}");
    assert_eq!(
        (&plan["moves"][0]["from"], &plan["moves"][0]["to"]),
        (&"one".into(), &"gone".into()),
        "{plan}"
    );
    assert_eq!(plan["moves"][0]["stays"], true, "{plan}");
    let (from, line) = bench.reload(&new)?;
    for part in ["one to two", "two to gone", "; gone: gone"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    bench.wait_adverts(51, from, 3)?;
    bench.wait_adverts(52, from, 3)?;
    bench.wait_held("192.0.2.53", false)?;
    for address in ["192.0.2.51", "192.0.2.52", "192.0.2.60"] {
        assert!(
            bench.fate(address, from).is_empty(),
            "{address}: {}",
            bench.daemon.process.log()
        );
        bench.wait_held(address, true)?;
    }
    assert_eq!((bench.goodbyes(51, from), bench.goodbyes(52, from)), (0, 0));
    assert!(bench.goodbyes(53, from) > 0);
    assert!(bench.announced(from).contains(&ip("192.0.2.60")));
    Ok(())
}
