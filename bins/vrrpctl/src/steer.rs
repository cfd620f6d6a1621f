//! `vrrpctl switchover`, `maintenance`, `priority` and `reload`: what an operator changes in a daemon that runs.

use std::path::Path;
use std::time::Duration;

use clap::{Args, ValueEnum};
use vrrp_control::{Answer, Ask, MaintenanceSet, Moved, Shift, ask_within};

use crate::{DONE, REFUSED, pretty, print, refused, words};

/// A hand-over is over within 5 s.
const HANDING_OVER: Duration = Duration::from_secs(15);
/// Hooks, and first results of checks, have limits of their own in the daemon.
const WITH_HOOKS: Duration = Duration::from_secs(900);
const USAGE: u8 = 2;
/// The file is in force, and the kernel has not done all of it.
const INCOMPLETE: u8 = 4;

/// What to hand over.
#[derive(Debug, Args)]
pub(crate) struct Switchover {
    /// One instance, and the others of its sync group; without it all that are Active here.
    instance: Option<String>,
    /// Compete with the own priority again, instead.
    #[arg(long)]
    undo: bool,
    /// Run notify_before_stop of each first, and wait for its end.
    #[arg(long, conflicts_with = "undo")]
    drain: bool,
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
}

/// Whether the node is in maintenance.
#[derive(Debug, Args)]
pub(crate) struct Maintenance {
    /// From now on.
    state: OnOff,
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnOff {
    /// Everything is given away.
    On,
    /// It competes as the file says.
    Off,
}

/// How to move a priority.
#[derive(Debug, Args)]
pub(crate) struct Priority {
    /// The instance.
    instance: String,
    /// +N or -N from that of the file, =N for N itself, off for that of the file.
    #[arg(value_name = "+N|-N|=N|off", value_parser = shift, allow_hyphen_values = true)]
    shift: Shift,
    /// For a time only: for 90s, for 10m, for 2h, for 1d.
    #[arg(num_args = 2, value_names = ["for", "TIME"])]
    until: Option<Vec<String>>,
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
}

/// How the answer shall look.
#[derive(Debug, Args)]
pub(crate) struct Reload {
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
}

fn shift(text: &str) -> Result<Shift, String> {
    let wrong = || {
        Err(format!(
            "{text:?} is no move of a priority: write +10 or -10 to move it, =120 to set it, off to end that"
        ))
    };
    if text == "off" {
        return Ok(Shift::Off);
    }
    if let Some(number) = text.strip_prefix('=') {
        return number.parse().map(Shift::To).or_else(|_| wrong());
    }
    match text
        .strip_prefix(['+', '-'])
        .and_then(|digits| digits.chars().next())
    {
        Some('0'..='9') => text.parse().map(Shift::By).or_else(|_| wrong()),
        _ => wrong(),
    }
}

/// `for 10m`.
fn span_ms(said: &[String]) -> Result<u64, String> {
    let [word, time] = said else {
        return Err("write for and a time, as in for 10m".to_owned());
    };
    if word != "for" {
        return Err(format!(
            "{word:?} is not understood: write for and a time, as in for 10m"
        ));
    }
    let digits = time.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit_ms = match time.get(digits.len()..) {
        Some("s") => 1000,
        Some("m" | "min") => 60_000,
        Some("h") => 3_600_000,
        Some("d") => 86_400_000,
        _ => 0_u64,
    };
    let number: Option<u64> = digits.parse().ok();
    let ms = number
        .and_then(|number| number.checked_mul(unit_ms))
        .filter(|ms| *ms > 0);
    ms.ok_or_else(|| format!("{time:?} is no time: write 90s, 10m, 2h or 1d"))
}

pub(crate) fn switchover(socket: &Path, arguments: &Switchover) -> u8 {
    let limit = if arguments.drain { WITH_HOOKS } else { HANDING_OVER };
    let ask = Ask::Switchover {
        instance: arguments.instance.clone(),
        undo: arguments.undo,
        drain: arguments.drain,
    };
    match ask_within(socket, ask, limit) {
        Ok(Answer::Switchover(moved)) if arguments.json => json(&moved, all_done(&moved)),
        Ok(Answer::Switchover(moved)) => told(&moved),
        other => refused(socket, other),
    }
}

pub(crate) fn maintenance(socket: &Path, arguments: &Maintenance) -> u8 {
    let on = arguments.state == OnOff::On;
    // A drain that is under way is waited for.
    match ask_within(socket, Ask::Maintenance { on }, WITH_HOOKS) {
        Ok(Answer::Maintenance(set)) if arguments.json => json(&set, is_so(&set)),
        Ok(Answer::Maintenance(set)) => {
            let so = match (set.on, set.before) {
                (true, false) => {
                    "this node is in maintenance: it takes over only where no other router is alive, until `vrrpctl maintenance off`; that outlives a reload and a new start of vrrpd, not a boot"
                }
                (true, true) => {
                    "this node was in maintenance already, and is; what it still had was offered once more"
                }
                (false, true) => "this node is in maintenance no longer",
                (false, false) => "this node was not in maintenance",
            };
            if let Some(problem) = &set.problem {
                eprintln!("vrrpctl: {}", words::clean(problem));
            }
            let printed = print(&format!("{so}\n"));
            told(&set.instances).max(printed).max(is_so(&set))
        }
        other => refused(socket, other),
    }
}

pub(crate) fn priority(socket: &Path, arguments: &Priority) -> u8 {
    let for_ms = match arguments.until.as_deref().map(span_ms).transpose() {
        Ok(for_ms) => for_ms,
        Err(wrong) => {
            eprintln!("vrrpctl: {wrong}");
            return USAGE;
        }
    };
    let ask = Ask::Priority {
        instance: arguments.instance.clone(),
        shift: arguments.shift,
        for_ms,
    };
    match vrrp_control::ask(socket, ask) {
        Ok(Answer::Priority(moved)) if arguments.json => json(&moved, DONE),
        Ok(Answer::Priority(moved)) => print(&format!("{}\n", words::clean(&moved.message))),
        other => refused(socket, other),
    }
}

pub(crate) fn reload(socket: &Path, arguments: &Reload) -> u8 {
    match ask_within(socket, Ask::Reload, WITH_HOOKS) {
        Ok(Answer::Reload(reload)) => {
            let code = match (reload.applied, &reload.incomplete) {
                (true, None) => DONE,
                (true, Some(_)) => INCOMPLETE,
                (false, _) => REFUSED,
            };
            if arguments.json {
                return json(&reload, code);
            }
            // The words of the log, which may have several lines.
            let message: Vec<String> = reload.message.lines().map(words::clean).collect();
            let message = message.join("\n");
            if reload.applied {
                print(&format!("reloaded: {message}\n")).max(code)
            } else {
                eprintln!("vrrpctl: not reloaded, nothing has changed: {message}");
                REFUSED
            }
        }
        other => refused(socket, other),
    }
}

fn all_done(moved: &[Moved]) -> u8 {
    if moved.iter().all(|one| one.outcome.is_done()) {
        DONE
    } else {
        REFUSED
    }
}

/// Whether it is as was asked for.
fn is_so(set: &MaintenanceSet) -> u8 {
    let kept = if set.problem.is_some() { REFUSED } else { DONE };
    all_done(&set.instances).max(kept)
}

fn told(moved: &[Moved]) -> u8 {
    let (done, not): (Vec<_>, Vec<_>) = moved.iter().partition(|one| one.outcome.is_done());
    let done: Vec<String> = done.iter().map(|one| words::clean(&one.message) + "\n").collect();
    let printed = print(&done.concat());
    for one in not {
        eprintln!("vrrpctl: {}", words::clean(&one.message));
    }
    all_done(moved).max(printed)
}

fn json<T: serde::Serialize>(answer: &T, code: u8) -> u8 {
    match pretty(answer) {
        Ok(text) => print(&text).max(code),
        Err(error) => {
            eprintln!("vrrpctl: cannot write the answer as JSON: {error}");
            REFUSED
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_has_a_sign_or_an_equals_sign() {
        assert_eq!(shift("+10"), Ok(Shift::By(10)));
        assert_eq!(shift("-10"), Ok(Shift::By(-10)));
        assert_eq!(shift("=120"), Ok(Shift::To(120)));
        assert_eq!(shift("off"), Ok(Shift::Off));
        for wrong in [
            "10",
            "",
            "=",
            "=256",
            "=-1",
            "+",
            "++1",
            "+-1",
            "on",
            "+99999999999",
        ] {
            assert!(shift(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_has_a_unit() {
        let ms = |word: &str, time: &str| span_ms(&[word.to_owned(), time.to_owned()]).ok();
        assert_eq!(ms("for", "90s"), Some(90_000));
        assert_eq!(ms("for", "10m"), Some(600_000));
        assert_eq!(ms("for", "10min"), Some(600_000));
        assert_eq!(ms("for", "2h"), Some(7_200_000));
        assert_eq!(ms("for", "1d"), Some(86_400_000));
        for (word, time) in [
            ("until", "10m"),
            ("for", "10"),
            ("for", "m"),
            ("for", "0s"),
            ("for", "-1s"),
            ("for", "10ms"),
            ("for", "99999999999999999999d"),
            ("for", "999999999999999999d"),
            ("for", "1ü"),
        ] {
            assert_eq!(ms(word, time), None, "{word} {time}");
        }
    }

    #[test]
    fn the_command_line_takes_moves_as_one_types_them() {
        use clap::Parser;
        for words in [
            &["VI_1", "-10"][..],
            &["VI_1", "+10", "for", "10m"],
            &["VI_1", "-10", "for", "10m", "--json"],
            &["VI_1", "=120"],
            &["VI_1", "off"],
        ] {
            let all = ["vrrpctl", "priority"].iter().chain(words);
            let parsed = crate::Arguments::try_parse_from(all);
            assert!(parsed.is_ok(), "{words:?}: {parsed:?}");
        }
        let all = ["vrrpctl", "priority", "VI_1", "10"];
        assert!(crate::Arguments::try_parse_from(all).is_err());
    }
}
