//! An instance that did not change notices nothing.

use vrrp_lab::{LabError, Stamp};

use crate::bench::{Bench, Outcome, Stall, file, inside, instance, ip, priority};

const INTERVAL_MS: f64 = 100.0;
/// What a timer and two queues add, without other work on the machine.
const JITTER_MS: f64 = 5.0;

#[test]
fn what_did_not_change_sends_nothing_more_and_misses_nothing() {
    inside(
        "quiet::what_did_not_change_sends_nothing_more_and_misses_nothing",
        unchanged,
    );
}

/// The time between two neighbours is the interval, whatever is reloaded meanwhile: nothing is missed, nothing is sent in
/// between.
pub(crate) fn regular(bench: &Bench, vrid: u8, from: Stamp, stall: &Stall) -> Result<(usize, f64), LabError> {
    let adverts = bench.adverts(vrid, from);
    let gaps: Vec<f64> = adverts
        .windows(2)
        .map(|pair| pair[1].at.ms_since(pair[0].at))
        .collect();
    let worst = gaps
        .iter()
        .map(|gap| (gap - INTERVAL_MS).abs())
        .fold(0.0, f64::max);
    let bound = JITTER_MS + 2.0 * stall.worst_ms();
    assert!(
        worst <= bound.min(INTERVAL_MS / 2.0 - 1.0),
        "{worst} ms off the interval of {INTERVAL_MS} ms (the machine let others wait {} ms): {gaps:?}; log:\n{}",
        stall.worst_ms(),
        bench.daemon.process.log()
    );
    Ok((adverts.len(), worst))
}

fn unchanged() -> Outcome {
    let kept = instance(51, 150, &["192.0.2.51/24"]);
    let other = |priority, addresses: &[&str]| file(&[kept.clone(), instance(52, priority, addresses)]);
    let bench = Bench::active(&other(150, &["192.0.2.52/24"]), &[51, 52])?;
    bench.wait_held("192.0.2.51", true)?;
    bench.wait_held("192.0.2.52", true)?;
    // The last of the five announcements is on its way no more.
    bench.wait_adverts(51, Stamp::now(), 2)?;
    let (from, stall) = (Stamp::now(), Stall::start());
    for turn in 0..10_u8 {
        let (_, line) = bench.reload(&format!("# {turn}\n{}", other(150, &["192.0.2.52/24"])))?;
        assert!(line.contains("the file says the same as before"), "{line}");
    }
    bench.wait_adverts(51, Stamp::now(), 2)?;
    assert_eq!(
        bench.holders.count(from, None),
        0,
        "nothing is asked of the kernel"
    );
    assert_eq!(bench.announced(from), [].into());
    // Only the other one changes: its priority, then its addresses.
    for turn in 0..10_u8 {
        let more: &[&str] = &["192.0.2.52/24", "192.0.2.53/24"];
        let addresses = &more[..1 + usize::from(turn % 4 > 1)];
        let (_, line) = bench.reload(&other(140 + turn, addresses))?;
        assert!(line.ends_with("reloaded: changed: VI_52"), "{line}");
        bench.wait_adverts(51, Stamp::now(), 1)?;
    }
    bench.wait_adverts(51, Stamp::now(), 2)?;
    let adverts = bench.adverts(51, from);
    assert!(adverts.iter().all(|sighting| priority(sighting) == 150));
    assert!(bench.fate("192.0.2.51", from).is_empty());
    assert!(!bench.announced(from).contains(&ip("192.0.2.51")));
    // What changed has changed without a break, too.
    assert!(bench.fate("192.0.2.52", from).is_empty());
    assert_eq!((bench.goodbyes(51, from), bench.goodbyes(52, from)), (0, 0));
    let (count, worst) = regular(&bench, 51, from, &stall)?;
    println!(
        "20 reloads: {count} advertisements, at most {worst:.2} ms off their interval (the machine: {:.2} ms)",
        stall.worst_ms()
    );
    Ok(())
}

#[test]
fn an_instance_comes_and_goes_beside_another_one() {
    inside(
        "quiet::an_instance_comes_and_goes_beside_another_one",
        comes_and_goes,
    );
}

fn comes_and_goes() -> Outcome {
    let kept = instance(51, 150, &["192.0.2.51/24"]);
    let one = file(std::slice::from_ref(&kept));
    let two = file(&[kept, instance(52, 150, &["192.0.2.52/24"])]);
    let bench = Bench::active(&one, &[51])?;
    bench.wait_held("192.0.2.51", true)?;
    bench.wait_adverts(51, Stamp::now(), 2)?;
    let begin = Stamp::now();
    let (from, line) = bench.reload(&two)?;
    assert!(line.ends_with("reloaded: new: VI_52"), "{line}");
    bench.wait_adverts(52, from, 2)?;
    bench.wait_held("192.0.2.52", true)?;
    assert_eq!(bench.fate("192.0.2.52", from), [true]);
    assert_eq!(bench.announced(from), [ip("192.0.2.52")].into());
    let (from, line) = bench.reload(&one)?;
    assert!(line.ends_with("reloaded: gone: VI_52"), "{line}");
    bench.wait_held("192.0.2.52", false)?;
    assert!(bench.goodbyes(52, from) > 0);
    assert_eq!(bench.fate("192.0.2.52", from), [false]);
    bench.wait_adverts(51, Stamp::now(), 2)?;
    assert!(bench.fate("192.0.2.51", begin).is_empty());
    assert!(!bench.announced(begin).contains(&ip("192.0.2.51")));
    assert!(bench.adverts(51, begin).iter().all(|one| priority(one) == 150));
    let last = bench.adverts(52, Stamp(0)).last().copied();
    bench.wait_adverts(51, Stamp::now(), 5)?;
    let after = bench.adverts(52, Stamp(0)).last().copied();
    assert_eq!(after.map(|one| one.at), last.map(|one| one.at), "it is gone");
    Ok(())
}
