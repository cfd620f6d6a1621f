//! Many reloads at once come to what the last file says.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use vrrp_lab::Stamp;

use crate::bench::{Bench, Outcome, file, inside, instance, priority};

#[test]
fn fifty_reloads_in_a_second_end_with_the_last_file() {
    inside("storm::fifty_reloads_in_a_second_end_with_the_last_file", storm);
}

fn storm() -> Outcome {
    let kept = instance(51, 150, &["192.0.2.51/24"]);
    let text = |turn: u8| {
        let addresses: &[&str] = if turn.is_multiple_of(2) {
            &["192.0.2.52/24"]
        } else {
            &["192.0.2.52/24", "192.0.2.53/24"]
        };
        let mut all = vec![kept.clone(), instance(52, 100 + turn, addresses)];
        if turn.is_multiple_of(3) {
            all.push(instance(53, 100, &["192.0.2.54/24"]));
        }
        // Now and then one that is refused.
        let more = if turn % 7 == 3 {
            "bfd_instance B {\n    neighbor_ip 192.0.2.9\n}\n"
        } else {
            ""
        };
        file(&all) + more
    };
    let bench = Bench::active(&text(0), &[51, 52])?;
    bench.wait_held("192.0.2.51", true)?;
    bench.wait_adverts(51, Stamp::now(), 2)?;
    let path = bench.node.folder().join("vrrpd.conf");
    let (from, begin) = (Stamp::now(), Instant::now());
    for turn in 1..=50_u8 {
        // Fifty in a second, not in a blow.
        std::thread::sleep((Duration::from_millis(20) * u32::from(turn)).saturating_sub(begin.elapsed()));
        std::fs::write(&path, text(turn)).expect("the file");
        bench.daemon.process.signal(Signal::SIGHUP)?;
    }
    // 50 is even, no multiple of 3, and not refused.
    let last = || (bench.adverts(52, from).last().map(priority) == Some(150)).then_some(());
    vrrp_lab::wait::until("the last file's priority", crate::bench::LIMIT, last)
        .map_err(|error| bench.told(&error))?;
    bench.wait_held("192.0.2.52", true)?;
    bench.wait_held("192.0.2.53", false)?;
    bench.wait_held("192.0.2.54", false)?;
    // Nothing comes after it.
    let settled = Stamp::now();
    bench.wait_adverts(51, settled, 5)?;
    assert_eq!(bench.adverts(53, settled).len(), 0);
    assert!(bench.adverts(52, settled).iter().all(|one| priority(one) == 150));
    // Who stands in every file alike has seen none of it.
    assert!(bench.fate("192.0.2.51", from).is_empty());
    assert!(bench.fate("192.0.2.52", from).is_empty());
    assert!(bench.adverts(51, from).iter().all(|one| priority(one) == 150));
    let answers = bench.daemon.process.log().matches("reloaded").count();
    println!("50 signals, {answers} reloads");
    Ok(())
}
