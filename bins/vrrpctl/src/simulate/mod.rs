//! `vrrpctl simulate`: users' own configurations in the simulated world. Asks no daemon, touches no network.

mod conf;
mod network;
mod story;
mod svg;
mod world;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use vrrp_plan::{Check, Instance};
use vrrp_sim::scenario::Situation;

use crate::words::{clean, list};
use crate::{REFUSED, print};
use network::Networks;
use story::Story;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What happens: a situation as `--list` names it, or a file in TOML.
    #[arg(required_unless_present = "list")]
    scenario: Option<String>,
    /// A node and its keepalived.conf; its name is also what `@NAME` lines of the file are meant for. Once for each node.
    #[arg(long = "node", value_name = "NAME=FILE", value_parser = node, required_unless_present = "list")]
    nodes: Vec<(String, String)>,
    /// List the situations.
    #[arg(long)]
    list: bool,
    /// Everything as JSON.
    #[arg(long)]
    json: bool,
    /// Draw it, too.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Decides what is lost where frames can be lost.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulate although WORD of a configuration cannot be carried out, as with vrrpd. May be given several times.
    #[arg(long, value_name = "WORD")]
    allow_missing: Vec<String>,
    /// Write what a node was told and decided, for `vrrpctl replay`. May be given several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = node)]
    record: Vec<(String, String)>,
}

fn node(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() && !name.starts_with('@') => {
            Ok((name.to_owned(), file.to_owned()))
        }
        _ => Err("it is NAME=FILE".to_owned()),
    }
}

/// A node as its file wants it.
#[derive(Debug)]
struct Node {
    name: String,
    file: String,
    instances: Vec<Instance>,
    checks: Vec<Check>,
    /// What of the file is not in the simulation, each with its place.
    left_out: Vec<String>,
}

/// Gives the exit code.
pub(crate) fn run(arguments: &Arguments) -> u8 {
    if arguments.list {
        let lines = Situation::all().map(|one| format!("{:<14}{}\n", one.name, one.about));
        return print(&lines.collect::<String>());
    }
    match simulate(arguments) {
        Ok(text) => print(&text),
        Err(problem) => {
            eprintln!("vrrpctl: {problem}");
            REFUSED
        }
    }
}

fn simulate(arguments: &Arguments) -> Result<String, String> {
    let situation = situation(arguments.scenario.as_deref().unwrap_or_default())?;
    let mut nodes: Vec<Node> = Vec::new();
    for (name, file) in &arguments.nodes {
        if nodes.iter().any(|node| node.name == *name) {
            return Err(format!("two nodes are called {name}"));
        }
        nodes.push(conf::read(name, file, &arguments.allow_missing)?);
    }
    let networks = Networks::find(&nodes);
    let mut world = world::quiet(&nodes, &networks, arguments.seed, &situation)?;
    for (at, fault) in world::faults(&nodes, &networks, &situation)? {
        world.at(at, fault);
    }
    let mut recordings = Vec::new();
    for (name, file) in &arguments.record {
        let known = world.nodes().find(|(_, node)| node.settings().name == *name);
        let (id, _) = known.ok_or_else(|| format!("--record: there is no node {name}"))?;
        recordings.push((file, world.record(id)));
    }
    world
        .run_until(situation.lasts)
        .map_err(|violation| violation.to_string())?;
    for (file, transcript) in recordings {
        std::fs::write(file, transcript.text()).map_err(|error| format!("{file}: {error}"))?;
    }
    let story = story::tell(&world, &nodes, &networks);
    let title = format!("{}: {}", situation.name, situation.about);
    if let Some(file) = &arguments.svg {
        let drawn = svg::draw(&title, &nodes, &story);
        std::fs::write(file, drawn).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    if arguments.json {
        return json(&situation, &nodes, &networks, &story);
    }
    Ok(text(&title, &situation, &nodes, &networks, &story))
}

fn situation(name: &str) -> Result<Situation, String> {
    if let Some(known) = Situation::named(name) {
        return Ok(known);
    }
    if !name.contains(['/', '.']) {
        let names: Vec<String> = Situation::all().map(|one| one.name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return Err(format!(
            "no situation is called {name}; there are {}; or name a file",
            list(&names)
        ));
    }
    let text = std::fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?;
    Situation::parse(name, &text).map_err(|error| error.to_string())
}

/// Everything, for programs.
#[derive(Serialize)]
struct Answer<'a> {
    situation: &'a str,
    about: &'a str,
    nodes: Vec<Described<'a>>,
    assumed: &'a [String],
    not_simulated: Vec<&'a str>,
    #[serde(flatten)]
    story: &'a Story,
}

#[derive(Serialize)]
struct Described<'a> {
    name: &'a str,
    file: &'a str,
    instances: Vec<&'a str>,
}

fn json(situation: &Situation, nodes: &[Node], networks: &Networks, story: &Story) -> Result<String, String> {
    let described = nodes.iter().map(|node| Described {
        name: &node.name,
        file: &node.file,
        instances: node
            .instances
            .iter()
            .map(|instance| instance.name.as_str())
            .collect(),
    });
    let answer = Answer {
        situation: &situation.name,
        about: &situation.about,
        nodes: described.collect(),
        assumed: &networks.assumed,
        not_simulated: left_out(nodes),
        story,
    };
    crate::pretty(&answer).map_err(|error| error.to_string())
}

fn left_out(nodes: &[Node]) -> Vec<&str> {
    nodes
        .iter()
        .flat_map(|node| node.left_out.iter().map(String::as_str))
        .collect()
}

fn text(title: &str, situation: &Situation, nodes: &[Node], networks: &Networks, story: &Story) -> String {
    let mut out = preface(title, nodes, networks);
    out.push('\n');
    let names = story.events.iter().map(|event| event.who.chars().count());
    let width = names.max().unwrap_or(0);
    for event in story.events.iter().filter(|event| !story.is_noise(event)) {
        let instance = event.instance.as_ref();
        let instance = instance.map_or_else(String::new, |name| format!("{}: ", clean(name)));
        let mark = if event.fault { "!" } else { " " };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:>10.3} s {mark} {:<width$}  {instance}{}",
            event.at_ms / 1000.0,
            clean(&event.who),
            clean(&event.what)
        );
    }
    out.push('\n');
    out.push_str(&outcome(story));
    for hint in &story.hints {
        let _ = writeln!(out, "hint: {hint}");
    }
    if !situation.theory.is_empty() {
        let _ = writeln!(out, "the scenario expects: {}", clean(&situation.theory));
    }
    out
}

/// Who takes part, and what was assumed or left out.
fn preface(title: &str, nodes: &[Node], networks: &Networks) -> String {
    let mut out = format!("{}\n", clean(title));
    for node in nodes {
        for instance in &node.instances {
            let s = &instance.service.settings;
            let _ = writeln!(
                out,
                "  {} {}: VRID {}, {}, version {}, priority {}, advertises every {}{}{}",
                node.name,
                clean(&instance.name),
                s.vrid,
                s.family,
                s.version,
                s.priority,
                s.interval,
                if s.preempt { "" } else { ", nopreempt" },
                instance
                    .service
                    .group
                    .as_ref()
                    .map_or_else(String::new, |group| format!(", in sync group {}", clean(group)))
            );
        }
    }
    for node in nodes {
        for check in &node.checks {
            let (down, up) = (conf::known_after(check, true), conf::known_after(check, false));
            let _ = writeln!(
                out,
                "  {}: check {} is up at first; a failure is known after {} ms at most, a success after {} ms",
                node.name,
                clean(&check.name),
                down.as_millis(),
                up.as_millis()
            );
        }
    }
    for assumed in &networks.assumed {
        let _ = writeln!(out, "  assumed: {}", clean(assumed));
    }
    for line in left_out(nodes) {
        let _ = writeln!(out, "  NOTE {}", clean(line));
    }
    out
}

/// What each client lost, beside the protocol's theory.
fn outcome(story: &Story) -> String {
    let mut out = String::new();
    for served in &story.addresses {
        let times = match served.outages_ms.len() {
            0 | 1 => String::new(),
            times => format!("{times} times, "),
        };
        let _ = writeln!(
            out,
            "{}: without an answer {times}{:.1} ms at the longest",
            served.address, served.longest_outage_ms
        );
        for theory in &served.theory {
            let _ = writeln!(
                out,
                "    {} takes over {:.1} ms after the last advertisement of an Active that falls silent ({}), {:.1} ms after a goodbye",
                theory.node, theory.silent_ms, theory.terms, theory.goodbye_ms
            );
        }
    }
    out
}
