//! What scripts are told.

use super::bench::{Bench, HIGHER, script, sleep_until};
use super::{Case, Expected, conf};
use crate::{LabError, Stamp, wait};
use std::path::Path;
use std::time::Duration;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "notify_gets_four_arguments",
        run: life,
        expected: Expected::Same(&[
            "INSTANCE VI_1 BACKUP 150",
            "INSTANCE VI_1 MASTER 150",
            "INSTANCE VI_1 STOP 150",
        ]),
    },
    Case {
        name: "a_removed_instance_tells_fault",
        run: removed,
        expected: Expected::Same(&["INSTANCE VI_2 FAULT 150"]),
    },
    Case {
        name: "a_removed_instance_tells_deleted",
        run: deleted,
        expected: Expected::Same(&["INSTANCE VI_2 DELETED 150", "own"]),
    },
    Case {
        name: "a_lower_rival_is_told",
        run: lower,
        expected: Expected::Same(&["lower"]),
    },
];

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(super) fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

pub(super) fn until_lines(path: &Path, count: usize) -> Vec<String> {
    let enough = || (lines(path).len() >= count).then_some(());
    let _late = wait::until("the scripts", Duration::from_secs(10), enough);
    lines(path)
}

/// A script that writes its arguments down, or `word` where it gets none.
pub(super) fn notify(bench: &Bench, name: &str, word: &str) -> Result<String, LabError> {
    let told = bench.file("told");
    let body = format!(
        "if [ $# = 0 ]; then echo {word}; else echo \"$*\"; fi >> {}",
        told.display()
    );
    script(bench, name, &body)
}

fn life(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let all = notify(bench, "all", "none")?;
    let started = bench.start(&conf("0.1", &format!("notify {all}")))?;
    bench.promoted(started)?;
    let told = bench.file("told");
    until_lines(&told, 2);
    bench.stop()?;
    Ok(until_lines(&told, 3))
}

/// Two instances, of which a reload leaves one.
fn loses(bench: &mut Bench, more: &str) -> Result<Vec<String>, LabError> {
    let all = notify(bench, "all", "none")?;
    let second = format!(
        "vrrp_instance VI_2 {{\nstate BACKUP\ninterface eth1\nvirtual_router_id 52\npriority 150\nversion 3\nadvert_int 0.1\n\
         virtual_ipaddress {{\n192.0.2.101/24\n}}\nnotify {all}\n{more}\n}}\n"
    );
    let one = conf("0.1", "");
    let started = bench.start(&format!("{one}{second}"))?;
    bench.promoted_as(52, started)?;
    let told = bench.file("told");
    until_lines(&told, 2);
    let reloaded = bench.reload(&one)?;
    until_lines(&told, 3);
    // Whatever else it has to say.
    sleep_until(reloaded + ms(2500));
    let mut rest: Vec<String> = lines(&told).into_iter().skip(2).collect();
    rest.sort();
    Ok(rest)
}

fn removed(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    loses(bench, "")
}

fn deleted(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let own = notify(bench, "own", "own")?;
    loses(bench, &format!("notify_deleted {own}"))
}

fn lower(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let lower = notify(bench, "lower", "lower")?;
    let started = bench.start(&conf("0.4", &format!("notify_master_rx_lower_pri {lower}")))?;
    let from = bench.promoted(started)?;
    sleep_until(from + ms(1000));
    bench.rival(50, 40, HIGHER)?;
    let told = bench.file("told");
    until_lines(&told, 1);
    sleep_until(Stamp::now() + ms(500));
    Ok(lines(&told))
}
