//! How long checks take, and how long until they count.

use std::time::Duration;

use super::codes::{
    DEV_TCP, FAST_SCRIPT, PING_TOO_LONG, PUSH_TTL_BELOW_INTERVAL, SLOW_CHECK, TIMEOUT_ABOVE_INTERVAL,
    UNTIMED_SCRIPT,
};
use super::command::base;
use crate::diagnostic::Findings;
use crate::model::{Command, Origin, Push, VrrpScript};

const FAST: Duration = Duration::from_millis(500);
const SLOW: Duration = Duration::from_secs(30);

pub(super) fn script(script: &VrrpScript, out: &mut Findings) {
    timer(script, out);
    match &script.command.value {
        Command::Run { argv } => ping(script, argv, out),
        Command::CanOpen { path } => dev_tcp(script, path, out),
        Command::Hear(push) => heard(script, push, out),
        Command::Ask(_) | Command::Nothing => {}
    }
}

/// Silence is looked for once in an interval.
fn heard(script: &VrrpScript, push: &Push, out: &mut Findings) {
    let (interval, ttl) = (script.interval.value, push.ttl.value);
    if interval <= ttl {
        return;
    }
    let text = format!(
        "a word for {} counts for {ttl:?}, and silence is looked for every {interval:?} only",
        script.name
    );
    let found = PUSH_TTL_BELOW_INTERVAL
        .at(script.interval.span().unwrap_or(script.span), text)
        .effect(
            "vrrpd takes an application that has died for alive until its next look, however short the ttl",
        )
        .help("an interval of at most the ttl");
    out.push(found);
}

fn timer(script: &VrrpScript, out: &mut Findings) {
    let (interval, timeout) = (script.interval.value, script.timeout.value);
    let name = &script.name;
    let place = script.interval.span().unwrap_or(script.span);
    // With PUSH nothing is asked, so nothing takes time.
    let asks = !matches!(script.command.value, Command::Hear(_));
    if asks && script.interval.origin == Origin::Default && script.timeout.span().is_none() {
        let found = UNTIMED_SCRIPT
            .at(script.span, format!("{name} has neither interval nor timeout"))
            .effect("it is run every second and ended after one second, which counts as a failure, as with keepalived")
            .help("write both: interval 2, and a timeout that a slow answer stays below");
        out.push(found);
    }
    if interval < FAST && matches!(script.command.value, Command::Run { .. }) {
        let found = FAST_SCRIPT
            .at(place, format!("{name} is started every {interval:?}"))
            .effect("each run makes a process: a busy machine falls behind, and then the check fails of itself, as with keepalived")
            .help("interval 1 or more");
        out.push(found);
    }
    let whole = interval.saturating_mul(script.fall.value).saturating_add(timeout);
    if whole >= SLOW {
        let found = SLOW_CHECK
            .at(place, format!("a failure of {name} counts after up to {whole:?}"))
            .effect(format!(
                "interval {interval:?} × fall {}, and the last run may take {timeout:?}: so long a dead service keeps the addresses, as with keepalived",
                script.fall.value
            ))
            .help("a smaller interval, fall or timeout");
        out.push(found);
    }
    if asks && timeout > interval {
        let found = TIMEOUT_ABOVE_INTERVAL
            .at(
                script.timeout.span().unwrap_or(place),
                format!("a run of {name} may take {timeout:?}, and the next is due after {interval:?}"),
            )
            .effect("runs that are due while one goes on are left out, so that a check that hangs is slower to fail than its interval says, as with keepalived")
            .help("a timeout of at most the interval");
        out.push(found);
    }
}

/// `ping -c N` waits a second between two packets.
fn ping(script: &VrrpScript, argv: &[String], out: &mut Findings) {
    let program = base(argv.first().map_or("", String::as_str));
    if !matches!(program, "ping" | "ping6") || option(argv, "-w").is_some() {
        return;
    }
    let (Some(count), gap) = (option(argv, "-c"), option(argv, "-i").unwrap_or("1")) else {
        return;
    };
    let (Ok(count), Ok(gap)) = (count.parse::<u32>(), gap.parse::<u32>()) else {
        return;
    };
    let least = Duration::from_secs(u64::from(count.saturating_sub(1)).saturating_mul(u64::from(gap)));
    let timeout = script.timeout.value;
    if least.is_zero() || least < timeout {
        return;
    }
    let text = format!(
        "{}: {count} pings take {least:?}, and the run is ended after {timeout:?}",
        script.name
    );
    let found = PING_TOO_LONG
        .at(script.command.span().unwrap_or(script.span), text)
        .effect("the check fails always, as with keepalived")
        .help("ping -c 1 -W 1 and fall 3, or a longer timeout");
    out.push(found);
}

/// The value of `-c 3` or `-c3`.
fn option<'a>(argv: &'a [String], name: &str) -> Option<&'a str> {
    let at = argv.iter().position(|word| word.starts_with(name))?;
    let word = argv.get(at)?;
    match word.strip_prefix(name) {
        Some("") => argv.get(at.saturating_add(1)).map(String::as_str),
        value => value,
    }
}

fn dev_tcp(script: &VrrpScript, path: &str, out: &mut Findings) {
    if !path.starts_with("/dev/tcp/") && !path.starts_with("/dev/udp/") {
        return;
    }
    let found = DEV_TCP
        .at(
            script.command.span().unwrap_or(script.span),
            format!("{} opens {path}, which only bash understands", script.name),
        )
        .effect("vrrpd connects by itself; keepalived hands it to sh, and where that is not bash (Debian, Ubuntu, Alpine) the check fails always")
        .help("nothing to do here; for keepalived: a script that begins with #!/bin/bash");
    out.push(found);
}
