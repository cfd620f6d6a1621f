//! `vrrpctl replay`: what the routers of a recording were told, decided once more, step by step.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use vrrp_core::{Action, StateName};
use vrrp_recording::{Decision, Event, Replay, Replayed, Stimulus, View, words};

use crate::words::{clean, list};
use crate::{DONE, REFUSED};

/// The longest line of a recording is some tens of thousands of octets; anything larger was not written by us.
const LINE_OCTETS_MAX: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Written by `vrrpd --record` or `vrrp-sim run --record`; `-` is standard input.
    file: PathBuf,
    /// Only compare: end with code 1 at the first decision that is not as recorded, or line that cannot be read.
    #[arg(long)]
    check: bool,
    /// Only one instance.
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Only what changed a state, a priority or a hold, or is otherwise worth a report.
    #[arg(long, conflicts_with = "check")]
    changes: bool,
}

/// Gives the exit code.
pub(crate) fn run(arguments: &Arguments) -> u8 {
    let name = arguments.file.display().to_string();
    let mut lines = match open(&arguments.file) {
        Ok(reader) => Lines::new(reader),
        Err(error) => {
            eprintln!("vrrpctl: {name}: {error}");
            return REFUSED;
        }
    };
    let mut count = Count::default();
    let mut out = io::BufWriter::new(io::stdout().lock());
    for replayed in Replay::new(&mut lines) {
        let replayed = match replayed {
            Ok(replayed) => replayed,
            Err(wrong) => {
                let _shown = out.flush();
                eprintln!("vrrpctl: {name}:{}: {}", wrong.line, clean(&wrong.found));
                return REFUSED;
            }
        };
        if let Some(difference) = count.take(&replayed)
            && arguments.check
        {
            let _shown = out.flush();
            eprintln!("vrrpctl: {name}:{}: {difference}", replayed.line);
            return REFUSED;
        }
        if !arguments.check
            && wanted(&replayed.event, arguments)
            && let Err(error) = show(&mut out, &replayed)
        {
            return ended(&error);
        }
    }
    let _shown = out.flush();
    if let Some(problem) = &lines.problem {
        eprintln!("vrrpctl: {name}:{}: {problem}", lines.number);
        return REFUSED;
    }
    if count.sessions == 0 {
        eprintln!("vrrpctl: {name}: there is nothing in it");
        return REFUSED;
    }
    if lines.cut {
        count.cut += 1;
    }
    match writeln!(out, "{}", count.words()).and_then(|()| out.flush()) {
        Ok(()) if count.different == 0 => DONE,
        Ok(()) => REFUSED,
        Err(error) => ended(&error),
    }
}

/// A reader that has had enough is no error.
fn ended(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return DONE;
    }
    eprintln!("vrrpctl: standard output: {error}");
    REFUSED
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(File::open(path)?))
}

/// Whole lines; the last one may have been cut off.
struct Lines {
    reader: BufReader<Box<dyn Read>>,
    number: usize,
    cut: bool,
    problem: Option<String>,
}

impl Lines {
    fn new(reader: Box<dyn Read>) -> Self {
        Self {
            reader: BufReader::new(reader),
            number: 0,
            cut: false,
            problem: None,
        }
    }

    fn read(&mut self) -> Result<Option<String>, String> {
        let mut octets = Vec::new();
        let mut limited = self.reader.by_ref().take(LINE_OCTETS_MAX);
        limited
            .read_until(b'\n', &mut octets)
            .map_err(|error| error.to_string())?;
        if octets.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if octets.last() != Some(&b'\n') {
            if octets.len() as u64 == LINE_OCTETS_MAX {
                return Err(format!(
                    "a line of more than {LINE_OCTETS_MAX} octets: this is no recording"
                ));
            }
            self.cut = true;
            return Ok(None);
        }
        let text = String::from_utf8(octets).map_err(|_| "this is no text".to_owned())?;
        Ok(Some(text))
    }
}

impl Iterator for &mut Lines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.cut || self.problem.is_some() {
            return None;
        }
        self.read().unwrap_or_else(|problem| {
            self.problem = Some(problem);
            None
        })
    }
}

/// What was seen, for the last line.
#[derive(Debug, Default)]
struct Count {
    sessions: usize,
    decisions: usize,
    routers: BTreeSet<String>,
    different: usize,
    unrecorded: usize,
    lost: u64,
    unknown: usize,
    cut: usize,
}

impl Count {
    /// In which way a decision is not as recorded.
    fn take(&mut self, replayed: &Replayed) -> Option<String> {
        match &replayed.event {
            Event::Begins { .. } => self.sessions += 1,
            Event::Decision(decision) => {
                self.decisions += 1;
                if !self.routers.contains(&decision.name) {
                    self.routers.insert(decision.name.clone());
                }
                let Some(recorded) = &decision.recorded else {
                    self.unrecorded += 1;
                    return None;
                };
                if !decision.is_as_recorded() {
                    self.different += 1;
                    let now = now(decision);
                    return Some(format!(
                        "{}: {}: not as recorded\n  recorded: {}\n  now:      {now}",
                        clean(&decision.name),
                        stimulus(&decision.stimulus),
                        clean(recorded),
                    ));
                }
            }
            Event::Lost { lines } => self.lost += lines,
            Event::Unknown { .. } => self.unknown += 1,
            Event::Cut => self.cut += 1,
            Event::Router { .. }
            | Event::Discarded { .. }
            | Event::Gone { .. }
            | Event::Group { .. }
            | Event::Ungrouped { .. } => {}
        }
        None
    }

    fn words(&self) -> String {
        let mut text = format!("{} decisions of {} routers: ", self.decisions, self.routers.len());
        let same = self.decisions - self.different - self.unrecorded;
        if self.different > 0 {
            text.push_str(&format!("{} NOT as recorded, {same} as recorded", self.different));
        } else {
            text.push_str(&format!("{same} as recorded, none different"));
        }
        if self.unrecorded > 0 {
            text.push_str(&format!("; {} had nothing to compare with", self.unrecorded));
        }
        if self.lost > 0 {
            let (lost, unknown) = (self.lost, self.unknown);
            text.push_str(&format!(
                "; at least {lost} lines are missing, {unknown} more could not be decided again for that"
            ));
        }
        if self.cut > 0 {
            text.push_str(&format!("; {} lines were cut off and left out", self.cut));
        }
        text
    }
}

fn wanted(event: &Event, arguments: &Arguments) -> bool {
    let whose = match event {
        Event::Begins { .. } | Event::Lost { .. } | Event::Cut | Event::Group { .. } => None,
        Event::Router { name, .. }
        | Event::Gone { name }
        | Event::Ungrouped { name }
        | Event::Unknown { name, .. } => Some(name),
        Event::Decision(decision) => Some(&decision.name),
        Event::Discarded { name, .. } => name.as_ref(),
    };
    let ours = match (&arguments.instance, whose) {
        (Some(asked), Some(name)) => asked == name,
        _ => true,
    };
    let tells = match event {
        Event::Decision(decision) => {
            let mut actions = decision.decided.actions.iter();
            !decision.is_as_recorded() || actions.any(|action| matches!(action, Action::Report(_)))
        }
        Event::Unknown { .. } => false,
        _ => true,
    };
    ours && (tells || !arguments.changes)
}

fn show(out: &mut impl Write, replayed: &Replayed) -> io::Result<()> {
    let (line, at) = (replayed.line, replayed.at);
    match &replayed.event {
        Event::Begins { details } => writeln!(out, "recording of {}", clean(details)),
        Event::Router {
            name,
            router,
            known_before,
        } => {
            let config = router.config();
            let how = if *known_before { "goes on" } else { "is new" };
            write!(out, "{line:>6}  {at}  {}  {how}: ", clean(name))?;
            writeln!(
                out,
                "VRID {}, {}, version {}, priority {}, interval {}; {}",
                config.vrid,
                config.family,
                config.version,
                config.priority,
                config.interval,
                state(&View::of(router))
            )
        }
        Event::Decision(decision) => show_decision(out, replayed, decision),
        Event::Discarded {
            name,
            source,
            reason,
            alike,
        } => {
            let name = name.as_deref().unwrap_or("-");
            let (name, reason) = (clean(name), clean(reason));
            writeln!(
                out,
                "{line:>6}  {at}  {name}  a packet of {source} is discarded: {reason} ({alike} more alike before)"
            )
        }
        Event::Group { group, members } => {
            let members: Vec<String> = members.iter().map(|name| clean(name)).collect();
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            writeln!(out, "{line:>6}  {at}  -  sync group {group}: {}", list(&members))
        }
        Event::Ungrouped { name } => writeln!(out, "{line:>6}  {at}  {}  leaves its sync group", clean(name)),
        Event::Gone { name } => writeln!(out, "{line:>6}  {at}  {}  is taken out", clean(name)),
        Event::Lost { lines } => writeln!(out, "{line:>6}  {at}  -  {lines} lines are missing here"),
        Event::Unknown { name, stimulus: what } => {
            let (name, what) = (clean(name), stimulus(what));
            writeln!(
                out,
                "{line:>6}  {at}  {name}  {what}: how it was is not known, lines before are missing"
            )
        }
        Event::Cut => writeln!(out, "{line:>6}  {at}  -  this line was cut off"),
    }
}

fn show_decision(out: &mut impl Write, replayed: &Replayed, decision: &Decision) -> io::Result<()> {
    let (before, after) = (&decision.before, &decision.decided.view);
    writeln!(
        out,
        "{:>6}  {}  {}  {}",
        replayed.line,
        replayed.at,
        clean(&decision.name),
        occasion(decision)
    )?;
    if state(before) == state(after) {
        writeln!(out, "        {}", state(after))?;
    } else {
        writeln!(out, "        {}  =>  {}", state(before), state(after))?;
    }
    for action in decision.decided.actions.iter() {
        writeln!(out, "        - {}", doing(action))?;
    }
    if let Some(deadline) = after.deadline {
        writeln!(
            out,
            "        next: {} at {}",
            words::wake(deadline.wakes),
            deadline.at
        )?;
    }
    match &decision.recorded {
        Some(recorded) if !decision.is_as_recorded() => writeln!(
            out,
            "        ! NOT AS RECORDED\n        ! recorded: {}\n        ! now:      {}",
            clean(recorded),
            now(decision)
        ),
        _ => Ok(()),
    }
}

/// What is decided now, where that is something else than was recorded.
fn now(decision: &Decision) -> String {
    let mut text = match (decision.happens, &decision.stimulus) {
        (true, _) => decision.decided.to_string(),
        (false, Stimulus::Ordered) => "its group orders nothing".to_owned(),
        (false, _) => "nothing is due".to_owned(),
    };
    for line in &decision.unrecorded {
        text.push_str(&format!("\n  before it: {}", clean(line)));
    }
    text
}

/// What happened; of a tick also what had become due.
fn occasion(decision: &Decision) -> String {
    let text = stimulus(&decision.stimulus);
    match (&decision.stimulus, decision.before.deadline) {
        (Stimulus::Input(vrrp_core::Input::Tick), Some(deadline)) => {
            format!(
                "{text}: due was to {} at {}",
                words::wake(deadline.wakes),
                deadline.at
            )
        }
        _ => text,
    }
}

fn stimulus(stimulus: &Stimulus) -> String {
    match stimulus {
        Stimulus::Input(input) => words::input(input),
        Stimulus::Ordered => "its sync group moves it".to_owned(),
        Stimulus::Reconfigured(settings) => format!(
            "it is configured anew: priority {}, interval {}, {} addresses",
            settings.priority,
            settings.interval,
            settings.addresses.len() + settings.held_only.len()
        ),
    }
}

fn state(view: &View) -> String {
    let name = view.state.name();
    match (name, view.bar) {
        (StateName::Initialize, Some(bar)) => format!("{name} ({})", words::bar(bar)),
        _ => format!("{name}, priority {}", view.priority),
    }
}

fn doing(action: &Action) -> String {
    match action {
        Action::Send(draft) => format!(
            "advertises priority {}, version {}",
            draft.priority, draft.version
        ),
        Action::HoldAddresses => "holds the addresses".to_owned(),
        Action::ReleaseAddresses => "lets the addresses go".to_owned(),
        Action::AnnounceAddresses { copies } => format!("announces them, {copies} times each"),
        Action::RouterAdvertisements { on: true } => "sends Router Advertisements".to_owned(),
        Action::RouterAdvertisements { on: false } => "sends no Router Advertisements any more".to_owned(),
        Action::Report(report) => words::report(report),
    }
}
