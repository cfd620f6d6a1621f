//! Who is Active, from when on, and with which priority.

use super::bench::{Bench, HIGHER, LOWER, VRID, halves, script, sleep_until};
use super::{Case, Expected, conf, conf_with};
use crate::frame::Seen;
use crate::{LabError, Stamp};
use std::time::Duration;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "state_master_is_a_hint",
        run: hint,
        expected: Expected::Same(&["priority 150", "after three intervals"]),
    },
    Case {
        name: "state_master_alone_is_an_owner",
        run: owner,
        expected: Expected::Same(&["priority 255", "at once"]),
    },
    Case {
        name: "a_higher_rival",
        run: higher,
        // It learns 0.4 s and waits three of these and the skew of 0.17 s.
        expected: Expected::Same(&["0 advertisements", "gone", "again after 1.5 s"]),
    },
    Case {
        name: "a_higher_rival_is_told",
        run: higher_told,
        expected: Expected::Same(&["1 advertisement", "gone", "again after 1.5 s"]),
    },
    Case {
        name: "an_equal_rival_with_the_lower_address",
        run: equal_lower,
        expected: Expected::Same(&["1 advertisement", "held"]),
    },
    Case {
        name: "an_equal_rival_with_the_higher_address",
        run: equal_higher,
        expected: Expected::Same(&["0 advertisements", "gone"]),
    },
    Case {
        name: "nopreempt_leaves_the_lower_in_peace",
        run: nopreempt,
        expected: Expected::Same(&["silent", "then Active"]),
    },
    Case {
        name: "preempt_delay_from_the_first_lower_one",
        run: preempt_delay,
        // 2 s in which it is accepted, then Active_Down_Interval of 3.41 s.
        expected: Expected::Same(&["5.5 s after it"]),
    },
    Case {
        name: "weights_add_up_and_are_clamped",
        run: weights,
        expected: Expected::Same(&["140", "254", "1"]),
    },
    Case {
        name: "a_start_delay",
        run: start_delay,
        expected: Expected::Same(&["later than 2 s"]),
    },
];

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Priority and time of the first advertisement, from the start of the daemon.
fn first(bench: &mut Bench, config: &str) -> Result<(u8, Duration), LabError> {
    let started = bench.start(config)?;
    let first = bench.promoted_as(VRID, started)?;
    match first.seen {
        Seen::Advert { priority, .. } => Ok((priority, first.at - started)),
        _ => Err(LabError::Other("no advertisement".to_owned())),
    }
}

fn hint(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let (priority, after) = first(bench, &conf("1", "state MASTER"))?;
    let when = if after > ms(3400) {
        "after three intervals"
    } else {
        "at once"
    };
    Ok(vec![format!("priority {priority}"), when.to_owned()])
}

fn owner(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let (priority, after) = first(bench, &conf("1", "state MASTER # alone"))?;
    let when = if after < ms(3000) {
        "at once"
    } else {
        "after three intervals"
    };
    Ok(vec![format!("priority {priority}"), when.to_owned()])
}

fn plural(adverts: usize) -> String {
    let plural = if adverts == 1 { "" } else { "s" };
    format!("{adverts} advertisement{plural}")
}

fn held(bench: &Bench) -> Result<String, LabError> {
    let held = bench.holds("192.0.2.100")?;
    Ok(if held { "held" } else { "gone" }.to_owned())
}

/// A rival of this rank in the middle between two advertisements: what is said at once, and what is held then.
fn met(
    bench: &mut Bench,
    more: &str,
    priority: u8,
    source: std::net::Ipv4Addr,
) -> Result<(Stamp, Vec<String>), LabError> {
    let started = bench.start(&conf("0.4", more))?;
    let from = bench.promoted(started)?;
    sleep_until(from + ms(1000));
    let heard = bench.rival(priority, 40, source)?;
    sleep_until(heard + ms(500));
    let at_once = bench.adverts(heard, heard + ms(150));
    let seen = vec![plural(at_once), held(bench)?];
    Ok((heard, seen))
}

fn yields(bench: &mut Bench, more: &str) -> Result<Vec<String>, LabError> {
    let (heard, mut seen) = met(bench, more, 200, HIGHER)?;
    let again = bench.promoted(heard + ms(300))?;
    seen.push(format!("again after {} s", halves(again.ms_since(heard))));
    Ok(seen)
}

fn higher(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    yields(bench, "")
}

fn higher_told(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    yields(bench, "higher_prio_send_advert")
}

fn equal_lower(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    met(bench, "", 150, LOWER).map(|met| met.1)
}

fn equal_higher(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    met(bench, "", 150, HIGHER).map(|met| met.1)
}

fn nopreempt(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let started = Stamp::now();
    bench.rival(50, 40, HIGHER)?;
    bench.start(&conf("0.4", "nopreempt"))?;
    let end = started + ms(4500);
    bench.rival_until(end, 50, 40)?;
    let silent = bench.adverts(started, end) == 0;
    bench.promoted(end)?;
    let seen = if silent { "silent" } else { "not silent" };
    Ok(vec![seen.to_owned(), "then Active".to_owned()])
}

fn preempt_delay(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let started = bench.start(&conf("1", "preempt_delay 2"))?;
    // It listens by now, and nobody was heard for less than Active_Down_Interval.
    sleep_until(started + ms(2000));
    let heard = Stamp::now();
    let mut next = heard;
    while bench.adverts(heard, next) == 0 && next < heard + ms(9000) {
        bench.rival(50, 100, HIGHER)?;
        next = next + ms(100);
        sleep_until(next);
    }
    let first = bench.promoted(heard)?;
    Ok(vec![format!("{} s after it", halves(first.ms_since(heard)))])
}

fn weights(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let good = script(bench, "good", "exit 0")?;
    let bad = script(bench, "bad", "exit 1")?;
    let check = |name: &str, path: &str| {
        format!("vrrp_script {name} {{\nscript \"{path}\"\ninterval 1\nweight 10\n}}\n")
    };
    let instance = |vrid: u8, tracks: &str| {
        format!(
            "vrrp_instance VI_{vrid} {{\nstate BACKUP\ninterface eth1\nvirtual_router_id {vrid}\npriority 150\nversion 3\n\
             advert_int 0.2\nvirtual_ipaddress {{\n192.0.2.{vrid}/24\n}}\ntrack_script {{\n{tracks}\n}}\n}}\n"
        )
    };
    // 150 + 20 - 30: of the other two, the sense of which is turned round, nothing counts.
    let sum = "g1 weight 20\nb1 weight -30\ng2 weight 10 reverse\nb2 weight -10 reverse";
    let mut text = "global_defs {\nrouter_id lab\nscript_user root\n}\n".to_owned();
    for (name, path) in [("g1", &good), ("g2", &good), ("b1", &bad), ("b2", &bad)] {
        text.push_str(&check(name, path));
    }
    text.push_str(&instance(61, sum));
    text.push_str(&instance(62, "g1 weight 120"));
    text.push_str(&instance(63, "b1 weight -200"));
    let started = bench.start(&text)?;
    let vrids = [61, 62, 63];
    for vrid in vrids {
        bench.promoted_as(vrid, started)?;
    }
    let from = Stamp::now() + ms(2500);
    sleep_until(from + ms(500));
    let now = |vrid| {
        let all = bench.priorities(vrid, from, from + ms(500));
        all.iter().map(u8::to_string).collect::<Vec<_>>().join(" ")
    };
    Ok(vrids.map(now).into())
}

fn start_delay(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let (_, after) = first(bench, &conf_with("vrrp_startup_delay 2", "0.1", ""))?;
    let later = if after > ms(2340) { "later" } else { "sooner" };
    Ok(vec![format!("{later} than 2 s")])
}
