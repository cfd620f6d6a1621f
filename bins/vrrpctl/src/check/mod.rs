//! `vrrpctl check`: what keepalived and vrrpd make of files, and what to do about it. Asks no daemon, changes nothing.

mod answer;
pub(crate) mod host;
mod ldirectord;
mod nodes;
mod text;

use std::io::IsTerminal;

use clap::Args;
use keepalived_conf::{Asked, DiskFiles, Facts, Judged, Parsed, judge, lint, parse_for};

use crate::{REFUSED, print};

/// For `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes, those of keepalived -t; of several files the gravest, in the order 4, 6, 5, 0:
   0  keepalived would report nothing
   2  wrong arguments
   4  a file cannot be read, or keepalived would not start with it
   5  keepalived would report something and run
   6  keepalived would report that the security of scripts is not asked for, which hides 5
With --ldirectord: 0 at most notes; 4 a file cannot be read, or something in it is not carried out; 5 a warning";

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// keepalived.conf files. Several are those of the nodes that share addresses.
    #[arg(required_unless_present = "ldirectord", value_name = "FILE")]
    files: Vec<String>,
    /// Check ldirectord.cf files instead (docs/ldirectord.md). Names of hosts are looked up.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["files", "assume_present", "verbose", "config_id"])]
    ldirectord: Vec<String>,
    /// Everything as JSON (docs/check.md).
    #[arg(long)]
    json: bool,
    /// Take it that every interface, user, group and script that a file names exists, whatever this machine has.
    #[arg(long)]
    assume_present: bool,
    /// Also what could be said of nearly every file (notes such as yields-unsaid, docs/lint.md).
    #[arg(short, long)]
    verbose: bool,
    /// The node for which lines with `@ID` are read; the host's name up to the first dot if not given.
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,
}

/// One file, read and judged.
struct Checked {
    file: String,
    parsed: Parsed,
    judged: Judged,
}

/// Gives the exit code.
pub(crate) fn run(arguments: &Arguments) -> u8 {
    if !arguments.ldirectord.is_empty() {
        return ldirectord::run(&arguments.ldirectord, arguments.json);
    }
    let host = host::node(arguments.config_id.as_deref());
    let checked: Vec<Checked> = arguments
        .files
        .iter()
        .map(|file| check(file, &host, arguments))
        .collect();
    let exit = gravest(&checked);
    let together = nodes::compare(&checked);
    let text = if arguments.json {
        match answer::json(&checked, together.as_ref(), exit) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("vrrpctl: cannot write the answer as JSON: {error}");
                return REFUSED;
            }
        }
    } else {
        text::all(&checked, together.as_ref(), std::io::stdout().is_terminal())
    };
    match print(&text) {
        crate::DONE => exit,
        failed => failed,
    }
}

fn check(file: &str, host: &keepalived_conf::Host, arguments: &Arguments) -> Checked {
    let assume_present = arguments.assume_present;
    let parsed = parse_for(host, &DiskFiles, file);
    let asked = Asked::of(&parsed);
    let facts = if assume_present {
        Facts::assume(&asked)
    } else {
        let network = parsed.config.global.net_namespace.as_ref();
        host::facts(&asked, network.map(|network| network.value.as_str()))
    };
    let mut judged = judge(&parsed, &facts);
    // What cannot be used is to be corrected first.
    if !parsed.is_refused() {
        let machine = if assume_present {
            lint::Machine::default()
        } else {
            lint::Machine::read(&parsed.config, &DiskFiles)
        };
        judged.diagnostics.extend(lint::file(&parsed, &machine));
        if arguments.verbose {
            judged.diagnostics.extend(lint::advice(&parsed));
        }
    }
    Checked {
        file: file.to_owned(),
        parsed,
        judged,
    }
}

/// The exit code of several files.
fn gravest(checked: &[Checked]) -> u8 {
    const GRAVEST_FIRST: [u8; 3] = [4, 6, 5];
    let ends = |code: &u8| checked.iter().any(|one| one.judged.exit == *code);
    GRAVEST_FIRST.into_iter().find(ends).unwrap_or(0)
}
