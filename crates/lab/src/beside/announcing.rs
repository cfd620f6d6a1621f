//! Gratuitous ARP and unsolicited NA: how many, when, where.

use super::bench::{Bench, HIGHER, announced, bursts, halves, sleep_until};
use super::{Case, Expected, conf, conf_with};
use crate::LabError;
use std::time::Duration;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "bursts_of_a_promotion",
        run: promotion,
        // Repeat 2 at once and after the delay of 1 s; refreshes of 3. The first of them comes one period behind the delay,
        // as with keepalived from 2.3.2 on; 2.2.7 counts from the promotion.
        expected: Expected::Other {
            keepalived: &["2@0 2@1 3@2 3@4 3@6"],
            vrrpd: &["2@0 2@1 3@3 3@5"],
        },
    },
    Case {
        name: "least_announcements",
        run: least,
        expected: Expected::Same(&["1@0"]),
    },
    Case {
        name: "pace_on_an_interface",
        run: pace,
        // Two of each of three, 0.3 s apart: 1.5 s; with 0.25 s it would be 1.25, between two halves. keepalived 2.2.7 forgets
        // all but one copy of what has to wait.
        expected: Expected::Other {
            keepalived: &["4", "1"],
            vrrpd: &["6", "1.5"],
        },
    },
    Case {
        name: "pace_of_a_group",
        run: pace_of_group,
        expected: Expected::Other {
            keepalived: &["2", "0.5"],
            vrrpd: &["3", "1"],
        },
    },
    Case {
        name: "other_interfaces_again_and_again",
        run: extra,
        expected: Expected::Same(&["eth1 1@0", "eth2 1@0 1@1 1@2 1@3"]),
    },
    Case {
        name: "a_lower_rival_is_answered",
        run: lower_rival,
        expected: Expected::Same(&["1 advertisement", "3@0 3@1"]),
    },
    Case {
        name: "a_lower_rival_without_advert",
        run: lower_rival_silent,
        expected: Expected::Same(&["0 advertisements", "3@0 3@1"]),
    },
    Case {
        name: "excluded_addresses_are_announced",
        run: excluded,
        expected: Expected::Same(&["2@0", "2@0", "2@0"]),
    },
    Case {
        name: "an_address_that_a_reload_adds_is_announced",
        run: reload_adds,
        // keepalived has the second burst in later releases.
        expected: Expected::Other {
            keepalived: &["2@0", "gone"],
            vrrpd: &["2@0 2@1", "gone"],
        },
    },
];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn promotion(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let words =
        "garp_master_delay 1\ngarp_master_repeat 2\ngarp_master_refresh 2\ngarp_master_refresh_repeat 3";
    let started = bench.start(&conf("0.1", words))?;
    let from = bench.promoted(started)?;
    let end = from + ms(6500);
    sleep_until(end);
    Ok(vec![bursts(&bench.tap, "192.0.2.100", from, end)])
}

fn least(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let started = bench.start(&conf_with("vrrp_min_garp", "0.1", ""))?;
    let from = bench.promoted(started)?;
    // Without the word five more would come after five seconds.
    let end = from + ms(6000);
    sleep_until(end);
    Ok(vec![bursts(&bench.tap, "192.0.2.100", from, end)])
}

/// How many, and from the first to the last.
fn paced(bench: &mut Bench, config: &str) -> Result<Vec<String>, LabError> {
    let started = bench.start(config)?;
    let from = bench.promoted(started)?;
    let end = from + ms(2500);
    sleep_until(end);
    let all = announced(&bench.tap, from, end);
    let span = all
        .first()
        .zip(all.last())
        .map_or(0.0, |(first, last)| last.0.ms_since(first.0));
    Ok(vec![all.len().to_string(), halves(span)])
}

fn pace(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let words = "garp_master_delay 0\ngarp_master_repeat 2\nvirtual_ipaddress {\n192.0.2.100/24\n192.0.2.101/24\n192.0.2.102/24\n}";
    paced(bench, &conf_with("vrrp_garp_interval 0.3", "0.1", words))
}

fn pace_of_group(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let group = "garp_group {\ngarp_interval 0.5\ninterfaces {\neth1\n}\n}\n";
    let words = "garp_master_delay 0\ngarp_master_repeat 3";
    paced(bench, &format!("{group}{}", conf("0.1", words)))
}

fn extra(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let words = "garp_master_delay 0\ngarp_master_repeat 1\ngarp_extra_if all 1\n\
                 virtual_ipaddress {\n192.0.2.100/24\n192.0.2.101/24 dev eth2\n}";
    let started = bench.start(&conf("0.1", words))?;
    let from = bench.promoted(started)?;
    let end = from + ms(3500);
    sleep_until(end);
    Ok(vec![
        format!("eth1 {}", bursts(&bench.tap, "192.0.2.100", from, end)),
        format!("eth2 {}", bursts(&bench.second, "192.0.2.101", from, end)),
    ])
}

fn rival(bench: &mut Bench, more: &str) -> Result<Vec<String>, LabError> {
    let words = format!(
        "garp_master_delay 0\ngarp_master_repeat 1\ngarp_lower_prio_delay 1\ngarp_lower_prio_repeat 3\n{more}"
    );
    let started = bench.start(&conf("0.8", &words))?;
    let from = bench.promoted(started)?;
    // In the middle between two advertisements.
    sleep_until(from + ms(1200));
    let heard = bench.rival(50, 80, HIGHER)?;
    sleep_until(heard + ms(2500));
    let answers = bench.adverts(heard, heard + ms(250));
    let plural = if answers == 1 { "" } else { "s" };
    Ok(vec![
        format!("{answers} advertisement{plural}"),
        bursts(&bench.tap, "192.0.2.100", heard, heard + ms(2500)),
    ])
}

fn lower_rival(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    rival(bench, "")
}

fn lower_rival_silent(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    rival(bench, "lower_prio_no_advert")
}

fn excluded(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let words = "garp_master_delay 0\ngarp_master_repeat 2\nvirtual_ipaddress_excluded {\n192.0.2.101/24\n2001:db8::101/64\n}";
    let started = bench.start(&conf("0.1", words))?;
    let from = bench.promoted(started)?;
    let end = from + seconds(1);
    sleep_until(end);
    let all = ["192.0.2.100", "192.0.2.101", "2001:db8::101"];
    Ok(all.map(|address| bursts(&bench.tap, address, from, end)).into())
}

fn reload_adds(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let with = |addresses: &str| {
        let words = format!(
            "garp_master_delay 1\ngarp_master_repeat 2\nvirtual_ipaddress {{\n192.0.2.100/24\n{addresses}\n}}"
        );
        conf("0.1", &words)
    };
    let started = bench.start(&with("192.0.2.101/24"))?;
    let from = bench.promoted(started)?;
    sleep_until(from + ms(1500));
    let reloaded = bench.reload(&with("192.0.2.102/24"))?;
    let end = reloaded + ms(3000);
    sleep_until(end);
    let gone = if bench.holds("192.0.2.101")? {
        "held"
    } else {
        "gone"
    };
    // From the first one on: reading the file takes its time.
    let first = announced(&bench.tap, reloaded, end)
        .into_iter()
        .find(|seen| seen.1 == "192.0.2.102");
    let first = first.map_or(reloaded, |seen| seen.0);
    Ok(vec![
        bursts(&bench.tap, "192.0.2.102", first, end),
        gone.to_owned(),
    ])
}
