//! Scripts that ask for a process, or that stop keepalived: read from their command, and from their text where the
//! machine gives it.

use std::borrow::Cow;

use super::codes::{ASKS_FOR_KEEPALIVED, PROCESS_CHECK, STOPS_KEEPALIVED};
use super::command::{Run, base};
use super::machine::Machine;
use crate::diagnostic::Findings;
use crate::keywords::{Block, Support, find};

/// What a line of commands does to a process by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Asks,
    Stops,
}

pub(super) fn command(run: &Run<'_>, machine: &Machine, out: &mut Findings) {
    let written = run.argv.join(" ");
    let mut lines = vec![(None, Cow::Borrowed(written.as_str()))];
    // `sh /path/script` runs the second word.
    let texts = run
        .argv
        .iter()
        .take(2)
        .filter_map(|path| machine.scripts.get(path));
    for text in texts {
        let numbered = (1u32..).zip(text.split(|byte| *byte == b'\n'));
        lines.extend(numbered.map(|(number, line)| (Some(number), String::from_utf8_lossy(line))));
    }
    let found = lines
        .iter()
        .find_map(|(number, line)| Some((*number, deed_to_keepalived(line)?)));
    if let Some((number, deed)) = found {
        keepalived(run, number, deed, out);
    } else if run.check.is_some()
        && let Some(process) = asked_for(run.argv)
    {
        let text = format!("{} only asks whether {process} runs", run.what);
        let found = PROCESS_CHECK
            .at(run.span, text)
            .effect("each run makes a process that reads all of /proc, and a process that runs need not answer, as with keepalived")
            .help(format!("{}; or ask the service itself for an answer", track_process(process)));
        out.push(found);
    }
}

fn keepalived(run: &Run<'_>, number: Option<u32>, deed: Deed, out: &mut Findings) {
    let place = number.map_or_else(String::new, |number| format!(", line {number},"));
    let (rule, text, effect) = match deed {
        Deed::Stops => (
            STOPS_KEEPALIVED,
            format!("{}{place} stops keepalived by its name", run.what),
            "it finds vrrpd only where that is installed under keepalived's name: else the addresses stay on a node whose service is dead; with keepalived they move, and do not come back by themselves",
        ),
        Deed::Asks => (
            ASKS_FOR_KEEPALIVED,
            format!("{}{place} asks whether keepalived runs", run.what),
            "it finds vrrpd only where that is installed under keepalived's name: else the answer is always no; with keepalived it is always yes, since keepalived itself asks",
        ),
    };
    let help = match deed {
        Deed::Stops => format!(
            "let the check end with 1 and its weight be 0: this node then gives the addresses away by itself; {}",
            track_process("nginx")
        ),
        Deed::Asks => format!("take it out; for the service: {}", track_process("nginx")),
    };
    let mut found = rule.at(run.span, text).effect(effect).help(help);
    found.instance = run.instance.map(str::to_owned);
    out.push(found);
}

/// What to say of `track_process` in a build that may not carry it out.
fn track_process(process: &str) -> String {
    let carried_out = find(Block::Instance, b"track_process")
        .is_some_and(|word| matches!(word.support, Support::Full | Support::Partial(_)));
    if carried_out {
        format!("vrrp_track_process with process {process}, in track_process, sees its end at once")
    } else {
        format!(
            "keepalived has vrrp_track_process with process {process}, which this vrrpd does not carry out yet"
        )
    }
}

/// The process that a check asks for and nothing else: `killall -0 nginx`, `pidof nginx`, `pgrep -x nginx`.
fn asked_for(argv: &[String]) -> Option<&str> {
    let program = base(argv.first()?);
    let rest = argv.get(1..).unwrap_or_default();
    let signal = rest.iter().any(|word| word == "-0");
    if !matches!(
        (program, signal),
        ("killall" | "pkill", true) | ("pidof" | "pgrep", _)
    ) {
        return None;
    }
    rest.iter()
        .map(String::as_str)
        .find(|word| !word.starts_with('-'))
}

/// What a line of a shell does to a process named keepalived.
fn deed_to_keepalived(line: &str) -> Option<Deed> {
    if !line.contains("keepalived") || line.trim_start().starts_with('#') {
        return None;
    }
    line.split([';', '|', '&', '`', '(', ')', '"', '\''])
        .find_map(|part| {
            let words: Vec<&str> = part.split_whitespace().collect();
            // `if`, `!`, `sudo` and the like stand before the program.
            let at = words
                .iter()
                .position(|word| does(base(word)) || is_service(word))?;
            let rest = words.get(at.saturating_add(1)..).unwrap_or_default();
            let program = words.get(at)?;
            if is_service(program) {
                return deed_of(rest.first()?);
            }
            if !rest
                .iter()
                .any(|word| matches!(*word, "keepalived" | "keepalived.service"))
            {
                return None;
            }
            match base(program) {
                "pidof" | "pgrep" | "ps" => Some(Deed::Asks),
                "killall" | "pkill" if rest.contains(&"-0") => Some(Deed::Asks),
                "killall" | "pkill" => Some(Deed::Stops),
                _ => rest.iter().find_map(|word| deed_of(word)),
            }
        })
}

fn does(program: &str) -> bool {
    matches!(
        program,
        "killall" | "pkill" | "pidof" | "pgrep" | "ps" | "systemctl" | "service" | "rc-service"
    )
}

/// `/etc/init.d/keepalived`.
fn is_service(word: &str) -> bool {
    word.ends_with("init.d/keepalived")
}

fn deed_of(word: &str) -> Option<Deed> {
    match word {
        "stop" | "restart" | "kill" | "try-restart" | "condrestart" => Some(Deed::Stops),
        "status" | "is-active" => Some(Deed::Asks),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_shells() {
        for (line, deed) in [
            ("    killall keepalived", Some(Deed::Stops)),
            ("[ $? -eq 0 ] || systemctl stop keepalived", Some(Deed::Stops)),
            ("sudo service keepalived restart", Some(Deed::Stops)),
            ("/etc/init.d/keepalived stop", Some(Deed::Stops)),
            ("/usr/bin/pkill -9 -x keepalived", Some(Deed::Stops)),
            ("if ! killall -0 keepalived; then", Some(Deed::Asks)),
            ("A=`ps -C keepalived --no-header | wc -l`", Some(Deed::Asks)),
            ("pid=$(pidof keepalived)", Some(Deed::Asks)),
            ("systemctl is-active keepalived.service", Some(Deed::Asks)),
            ("# killall keepalived", None),
            ("killall nginx", None),
            ("echo keepalived >> /var/log/keepalived.log", None),
            ("systemctl reload keepalived", None),
            ("cat /etc/keepalived/stop", None),
            ("systemctl start nginx # for keepalived", None),
        ] {
            assert_eq!(deed_to_keepalived(line), deed, "{line}");
        }
    }

    #[test]
    fn what_a_check_asks_for() {
        let argv = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(asked_for(&argv("/usr/bin/killall -0 nginx")), Some("nginx"));
        assert_eq!(asked_for(&argv("pidof nginx")), Some("nginx"));
        assert_eq!(asked_for(&argv("killall -9 nginx")), None);
        assert_eq!(asked_for(&argv("curl http://127.0.0.1/")), None);
    }
}
