//! `vrrpctl effective`: what is in force by a file, and where each value came from.

mod ldirectord;

use std::fmt::Write as _;

use clap::Args;
use keepalived_conf::{
    Diagnostic, DiskFiles, Effective, Entry, Left, Parsed, Section, Setting, Severity, SourceMap, effective,
};
use serde::Serialize;

use crate::words::clean;
use crate::{REFUSED, pretty, print};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A configuration in keepalived's language; a quoted pattern such as '/etc/keepalived/*.conf' means all files it matches.
    file: String,
    /// The file is an ldirectord.cf (docs/ldirectord.md). Names of hosts are looked up.
    #[arg(long, conflicts_with = "config_id")]
    ldirectord: bool,
    /// Which `@ID` lines of the configuration are meant; by default the host's name up to its first dot.
    #[arg(short = 'i', long = "config-id", value_name = "ID")]
    config_id: Option<String>,
    /// Everything as JSON; field names end in their unit.
    #[arg(long)]
    json: bool,
}

/// Reads a configuration as vrrpd on this machine would.
pub(crate) fn read(file: &str, config_id: Option<&str>) -> Parsed {
    let host_name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let short_name = host_name.trim().split('.').next().unwrap_or_default();
    let host = keepalived_conf::Host {
        config_id: Some(config_id.unwrap_or(short_name).to_owned()),
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    };
    keepalived_conf::parse_for(&host, &DiskFiles, file)
}

pub(crate) fn run(arguments: &Arguments) -> u8 {
    if arguments.ldirectord {
        return ldirectord::run(&arguments.file, arguments.json);
    }
    let parsed = read(&arguments.file, arguments.config_id.as_deref());
    if let Some(refused) = refused(&parsed.diagnostics, &parsed.sources) {
        return refused;
    }
    let effective = effective(&parsed);
    if arguments.json {
        as_json(&effective)
    } else {
        print(&text(&effective))
    }
}

/// Of a file of which nothing would be in force.
fn refused(diagnostics: &[Diagnostic], sources: &SourceMap) -> Option<u8> {
    let mut found = diagnostics.iter();
    let fatal = found.find(|found| found.severity == Severity::Fatal && found.code != "missing")?;
    let line = keepalived_conf::line(fatal, sources);
    eprintln!("vrrpctl: nothing would be in force: {line}");
    Some(REFUSED)
}

fn as_json(effective: &impl Serialize) -> u8 {
    match pretty(effective) {
        Ok(text) => print(&text),
        Err(error) => {
            eprintln!("vrrpctl: cannot write it as JSON: {error}");
            REFUSED
        }
    }
}

fn text(effective: &Effective) -> String {
    let blocks = std::iter::once(&effective.global)
        .chain(&effective.scripts)
        .chain(&effective.track_files)
        .chain(&effective.track_processes)
        .chain(&effective.sync_groups)
        .chain(&effective.garp_groups)
        .chain(&effective.webhooks)
        .chain(&effective.statics)
        .chain(&effective.instances)
        .chain(&effective.virtual_servers);
    shown(
        blocks,
        [
            ("Not in force, by an error", &effective.dropped),
            ("Not carried out, bars vrrpd", &effective.missing),
        ],
    )
}

/// Blocks, and what is missing among them, by titles.
fn shown<'e, const N: usize>(
    blocks: impl Iterator<Item = &'e Section>,
    missing: [(&str, &[Left]); N],
) -> String {
    let mut text = blocks.map(section).collect::<Vec<_>>().join("\n");
    for (title, all) in missing {
        if !all.is_empty() {
            let _ = write!(text, "\n{title}:\n{}", left(all));
        }
    }
    text
}

fn left(all: &[Left]) -> String {
    let one = |left: &Left| format!("  {} ({}): {}\n", clean(&left.name), left.place, clean(&left.why));
    all.iter().map(one).collect()
}

/// Columns that a value may take before the place no longer stands under that of its neighbours.
const VALUE_COLUMNS_MAX: usize = 40;

fn section(section: &Section) -> String {
    let name = section
        .name
        .as_ref()
        .map_or_else(String::new, |name| format!(" {}", clean(name)));
    let place = section
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!("  ({place})"));
    let mut out = format!("{}{name}{place}\n", section.block);
    let rows: Vec<(&str, String, String)> = section.settings.iter().flat_map(rows).collect();
    let width = |of: fn(&(&str, String, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let keyword = width(|row| row.0.len());
    let value = width(|row| match row.1.chars().count() {
        long if long > VALUE_COLUMNS_MAX => 0,
        fits => fits,
    });
    for (name, shown, came) in &rows {
        let _ = writeln!(out, "  {name:<keyword$}  {shown:<value$}  {came}");
    }
    if !section.missing.is_empty() {
        let _ = write!(
            out,
            "  does not start, because not carried out:\n{}",
            left(&section.missing)
        );
    }
    out
}

fn rows(entry: &Entry) -> Vec<(&'static str, String, String)> {
    let row = |setting: &Setting| (setting.keyword, clean(&setting.shown()), setting.came.to_string());
    match entry {
        Entry::One(setting) => vec![row(setting)],
        Entry::Many { keyword, settings } if settings.is_empty() => {
            vec![(keyword, "(none)".to_owned(), "default".to_owned())]
        }
        Entry::Many { settings, .. } => settings.iter().map(row).collect(),
    }
}
