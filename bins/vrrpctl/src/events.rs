//! `vrrpctl events`: what has happened, and what happens.

use std::io::{IsTerminal, Write};
use std::path::Path;

use clap::Args;
use vrrp_control::{Answer, Ask, AskError, Event, EventKind, Events, Since, State};

use crate::colour::Colour;
use crate::{DONE, NO_DAEMON, REFUSED, refused, words};

/// Which events, and how.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Go on: show each event as it happens, until interrupted.
    #[arg(short, long)]
    follow: bool,
    /// Begin with this number. Says how many are gone where it is too old.
    #[arg(long, value_name = "SEQ")]
    from: Option<u64>,
    /// Only those of one instance.
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// One event a line, as JSON; the fields are described in docs/events.md.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(socket: &Path, arguments: &Arguments) -> u8 {
    let since = Since {
        from: arguments.from,
        instance: arguments.instance.clone(),
    };
    if arguments.follow {
        return follow(socket, arguments, since);
    }
    match vrrp_control::ask(socket, Ask::Events(since)) {
        Ok(Answer::Events(events)) => {
            let shown = Shown::new(arguments);
            shown.all(&events, arguments.from).map_or_else(ended, |_| DONE)
        }
        other => refused(socket, other),
    }
}

fn follow(socket: &Path, arguments: &Arguments, since: Since) -> u8 {
    let answers = match vrrp_control::follow(socket, since) {
        Ok(answers) => answers,
        Err(error) => return refused(socket, Err(error)),
    };
    let shown = Shown::new(arguments);
    let mut next = arguments.from.unwrap_or(1);
    for answer in answers {
        let said = match answer {
            Ok(Answer::Events(events)) => {
                next = events.next;
                shown.all(&events, arguments.from)
            }
            Ok(Answer::Event(event)) => {
                next = event.seq.saturating_add(1);
                shown.one(&event)
            }
            // The daemon went while it wrote.
            Err(AskError::Closed { .. } | AskError::Io { .. }) => break,
            other => return refused(socket, other),
        };
        if let Err(error) = said {
            return ended(error);
        }
    }
    eprintln!(
        "vrrpctl: {}: the daemon has closed the connection: it has ended, or this program did not read. To go on: vrrpctl events --follow --from {next}",
        socket.display()
    );
    NO_DAEMON
}

/// A reader that has had enough is no error.
fn ended(error: std::io::Error) -> u8 {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return DONE;
    }
    eprintln!("vrrpctl: standard output: {error}");
    REFUSED
}

/// How events are shown.
#[derive(Debug, Clone, Copy)]
struct Shown {
    json: bool,
    colour: Colour,
}

impl Shown {
    fn new(arguments: &Arguments) -> Self {
        Self {
            json: arguments.json,
            colour: Colour::for_stdout(std::io::stdout().is_terminal()),
        }
    }

    fn all(self, events: &Events, from: Option<u64>) -> std::io::Result<()> {
        if let Some(from) = from.filter(|from| *from > events.next) {
            eprintln!(
                "vrrpctl: the daemon has not come to event {from} yet, its next is {}: it has been started anew since, and counts from 1 (--events-file of vrrpd lets it count on)",
                events.next
            );
        }
        if events.lost > 0 {
            self.one(&gone(events))?;
        }
        events.events.iter().try_for_each(|event| self.one(event))
    }

    fn one(self, event: &Event) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        let line = if self.json {
            event.to_line().map_err(std::io::Error::other)?
        } else {
            self.colour.paint(&(render(event, self.colour) + "\n"))
        };
        out.write_all(line.as_bytes())?;
        out.flush()
    }
}

/// What was asked for and is kept no more, with the number before the first one that is.
fn gone(events: &Events) -> Event {
    let text = format!(
        "{} events are gone: the daemon keeps the last ones only",
        events.lost
    );
    let first = events.events.first();
    Event {
        seq: first.map_or(events.next, |event| event.seq).saturating_sub(1),
        at_unix_ms: first.map_or(0, |event| event.at_unix_ms),
        at_ms: first.map_or(0, |event| event.at_ms),
        times: Some(events.lost),
        ..Event::new(EventKind::Missing, "gone", text)
    }
}

/// One event on one line.
fn render(event: &Event, colour: Colour) -> String {
    let who = event.instance.as_deref().or(event.object.as_deref());
    let who = words::clean(who.unwrap_or("-"));
    let mut what = words::clean(&event.text);
    match (event.kind, event.from, event.to) {
        (EventKind::Transition, Some(from), Some(to)) => what = format!("{from} -> {to}: {what}"),
        (EventKind::Priority | EventKind::Transition, ..) => {}
        (kind, ..) => what = format!("{kind}: {what}"),
    }
    if event.holding {
        what.push_str("; the addresses answer until the successor does");
    }
    if let Some(times) = event
        .times
        .filter(|times| *times > 1 && event.kind != EventKind::Missing)
    {
        what.push_str(&format!(" ({times} times since the last such event)"));
    }
    if let Some(uid) = event.uid {
        what.push_str(&format!(" (by user {uid})"));
    }
    let what = if is_bad(event) { colour.alarm(&what) } else { what };
    format!("{} #{} {who} {what}", moment(event.at_unix_ms), event.seq)
}

/// What somebody should look at.
fn is_bad(event: &Event) -> bool {
    let barred = event.to == Some(State::Initialize) && event.code.starts_with("barred-");
    match event.kind {
        EventKind::Transition => barred,
        EventKind::Check => event.code == "down",
        EventKind::RealServer => event.code == "down",
        EventKind::VirtualServer => event.code == "quorum-lost",
        EventKind::Balancing => matches!(event.code.as_str(), "refused" | "repaired"),
        EventKind::Reload => event.code == "refused",
        EventKind::Address | EventKind::Routing => event.code != "leftover-removed",
        EventKind::Trouble | EventKind::Missing | EventKind::Peer => true,
        _ => false,
    }
}

/// `2026-11-22T03:41:07.123Z`.
pub(crate) fn moment(unix_ms: u64) -> String {
    let (seconds, ms) = (unix_ms / 1000, unix_ms % 1000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, in eras of 400 years: leap days come last.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{ms:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a calendar: the first day, a leap day, the last moment of a year, and a day of a century without leap year.
    #[test]
    fn moments_are_those_of_the_calendar() {
        for (unix_ms, said) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_001, "2000-02-29T00:00:00.001Z"),
            (1_798_761_599_999, "2026-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(moment(unix_ms), said);
        }
    }

    #[test]
    fn one_line_says_who_what_and_why() {
        let event = Event {
            seq: 12,
            instance: Some("VI_1".to_owned()),
            from: Some(State::Backup),
            to: Some(State::Active),
            ..Event::new(EventKind::Transition, "no-response", "192.0.2.2 fell silent")
        };
        assert_eq!(
            render(&event, Colour::Off),
            "1970-01-01T00:00:00.000Z #12 VI_1 Backup -> Active: 192.0.2.2 fell silent"
        );
        let check = Event {
            object: Some("nginx_alive".to_owned()),
            times: Some(3),
            ..Event::new(EventKind::Check, "down", "down: exit status 1\u{1b}[2J")
        };
        assert_eq!(
            render(&check, Colour::Off),
            "1970-01-01T00:00:00.000Z #0 nginx_alive check: down: exit status 1?[2J (3 times since the last such event)"
        );
    }
}
