//! The gap between announcements is that of the file in force, from the reload on that brings it.

use vrrp_lab::frame::Seen;
use vrrp_lab::{LabError, Stamp};

use crate::bench::{Bench, LIMIT, Outcome, file, inside, instance};

const GAP_MS: f64 = 150.0;

#[test]
fn another_gap_between_announcements_is_taken_over() {
    inside(
        "pace::another_gap_between_announcements_is_taken_over",
        another_gap,
    );
}

/// Times of the first announcements since `from`.
fn announced(bench: &Bench, from: Stamp, count: usize) -> Result<Vec<Stamp>, LabError> {
    let seen = || {
        let all = bench.tap.sightings(from).into_iter();
        let arp = all.filter(|one| matches!(one.seen, Seen::GratuitousArp(_)));
        let times: Vec<Stamp> = arp.map(|one| one.at).take(count).collect();
        (times.len() == count).then_some(times)
    };
    vrrp_lab::wait::until("announcements", LIMIT, seen).map_err(|error| bench.told(&error))
}

fn gaps(times: &[Stamp]) -> Vec<f64> {
    times.windows(2).map(|pair| pair[1].ms_since(pair[0])).collect()
}

fn another_gap() -> Outcome {
    let with = |words: &str, addresses: &[&str]| {
        format!(
            "global_defs {{\n{words}\n}}\n{}",
            file(&[instance(51, 150, addresses)])
        )
    };
    let (one, three) = (
        ["192.0.2.51/24"],
        ["192.0.2.51/24", "192.0.2.52/24", "192.0.2.53/24"],
    );
    let bench = Bench::active(&with("", &one), &[51])?;
    announced(&bench, Stamp(0), 1)?;
    let (from, line) = bench.reload(&with("vrrp_garp_interval 0.15", &three))?;
    assert!(line.contains("settings: vrrp_garp_interval"), "{line}");
    let slow = gaps(&announced(&bench, from, 4)?);
    assert!(slow.iter().all(|gap| *gap > GAP_MS - 10.0), "{slow:?}");
    // One that has its own, and back to none.
    let group = "}\ngarp_group {\n garp_interval 0.15\n interface eth1";
    for (words, is_slow) in [(group, true), ("", false)] {
        bench.reload(&with("vrrp_garp_interval 0.15", &one))?;
        bench.wait_held("192.0.2.53", false)?;
        let (from, _) = bench.reload(&with(words, &three))?;
        let gaps = gaps(&announced(&bench, from, 4)?);
        assert_eq!(
            gaps.iter().all(|gap| *gap > GAP_MS - 10.0),
            is_slow,
            "{words}: {gaps:?}"
        );
    }
    Ok(())
}
