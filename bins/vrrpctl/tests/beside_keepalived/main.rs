//! The values that are in force by real files, beside those that keepalived prints of them with `-d`, field by field.
//!
//! Files: found through `SHARED` or beside the project. keepalived: `KEEPALIVED_BIN` or `target/packages/bin/keepalived`.
//! Skipped in words where they, or namespaces, are not to be had.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod dump;
mod fields;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const IN_A_NAMESPACE: &str = include_str!("namespace.sh");
/// The list that ends what is printed of VRRP.
const LAST: &str = "------< Interfaces >------";

/// Files and fields that differ, and why; docs/effective.md says it to users.
const KNOWN: [(&str, &str); 7] = [
    // Two instances, or two lines of one, ask for the same address: only one can hold it.
    ("129", "excluded"),
    ("160", "addresses"),
    ("213", "addresses"),
    // An address of the other family stays on the interface itself, though its instance has a virtual MAC.
    ("170", "excluded"),
    // use_ipvlan, with which we do not start an instance.
    ("170", "interface"),
    ("170", "addresses"),
    // A program that is a link is printed by the name of its file.
    ("180", "script"),
];

fn skip(why: &str) {
    println!("SKIP effective_values_beside_keepalive_s: {why}");
}

fn words(list: &Value) -> String {
    let words = list.as_array().cloned().unwrap_or_default();
    words
        .iter()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

/// All that keepalived says until it begins to work; `None`: it cannot be run here.
fn keepalived(program: &Path, file: &Path, oracle: &Value) -> Option<String> {
    let root = is_root();
    let mut command = Command::new("unshare");
    command.args(if root { &["-nmp"][..] } else { &["-Urnmp"][..] });
    command.args(["--fork", "--kill-child", "sh", "-c", IN_A_NAMESPACE, "sh"]);
    command.arg(file).arg(program);
    command.arg(words(&oracle["interfaces"]));
    command.args([
        words(&oracle["equipped"]["scripts"]),
        words(&oracle["equipped"]["users"]),
    ]);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    let mut child = command.spawn().ok()?;
    let mut lines = BufReader::new(child.stdout.take()?).split(b'\n');
    let mut ready = false;
    let mut text = String::new();
    while let Some(Ok(line)) = lines.next() {
        // Octets as keepalived has them, one character for each.
        let line: String = line.iter().map(|octet| char::from(*octet)).collect();
        ready |= line == "READY";
        text.push_str(&line);
        text.push('\n');
        let stays = line.contains("no configuration to run");
        if line.ends_with(LAST) || stays {
            break;
        }
    }
    let _ended = child.kill();
    let _ended = child.wait();
    ready.then_some(text)
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let uids = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    uids.split_whitespace().nth(2) == Some("0")
}

fn effective(file: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(["effective", "--json", "-i", "corpus"])
        .arg(file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}: {}",
        file.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Compares two blocks.
type Fields = fn(&dump::Block, &Value) -> Vec<fields::Pair>;

/// Every field of both, of all blocks that both have.
fn pairs(printed: &dump::Dump, ours: &Value) -> Vec<(String, fields::Pair)> {
    let empty = Vec::new();
    let blocks = |name: &str| ours[name].as_array().unwrap_or(&empty);
    let names = |blocks: &[dump::Block]| {
        blocks
            .iter()
            .map(|block| block.name.clone())
            .collect::<Vec<_>>()
            .join("; ")
    };
    let own = blocks("instances")
        .iter()
        .filter_map(|block| block["name"].as_str())
        .collect::<Vec<_>>()
        .join("; ");
    let mut pairs = vec![(String::new(), ("instances", names(&printed.instances), own))];
    for block in &printed.instances {
        let found: Vec<_> = blocks("instances")
            .iter()
            .filter(|own| own["name"] == block.name)
            .collect();
        if let [own] = found[..] {
            let fields = fields::instance(block, &own["settings"], printed);
            pairs.extend(fields.into_iter().map(|pair| (block.name.clone(), pair)));
        }
    }
    for block in &printed.scripts {
        let own = blocks("scripts").iter().find(|own| own["name"] == block.name);
        let found = own.map_or("", |_| &block.name).to_owned();
        pairs.push((block.name.clone(), ("scripts", block.name.clone(), found)));
        let fields = own
            .map(|own| fields::script(block, &own["settings"]))
            .unwrap_or_default();
        pairs.extend(fields.into_iter().map(|pair| (block.name.clone(), pair)));
    }
    let (file, process): (Fields, Fields) = (fields::track_file, fields::track_process);
    for (name, printed, fields) in [
        ("track_files", &printed.track_files, file),
        ("track_processes", &printed.track_processes, process),
    ] {
        for block in printed {
            // Of two by one name keepalived keeps both, and nothing can track the second.
            let first = printed.iter().find(|other| other.name == block.name);
            let own = blocks(name).iter().find(|own| own["name"] == block.name);
            if let (Some(own), true) = (own, first.is_some_and(|first| std::ptr::eq(first, block))) {
                let found = fields(block, &own["settings"]);
                pairs.extend(found.into_iter().map(|pair| (block.name.clone(), pair)));
            }
        }
    }
    pairs
}

/// Runs of keepalived for one file.
const PRINTS_MAX: usize = 10;

#[test]
fn effective_values_are_those_that_keepalived_prints() {
    let shared =
        std::env::var_os("SHARED").map_or_else(|| PathBuf::from(PROJECT).join("../shared"), PathBuf::from);
    let folder = shared.join("corpus/keepalived");
    let Ok(index) = std::fs::read(folder.join("index.json")) else {
        return skip("no corpus; set SHARED to the folder that holds corpus/");
    };
    let program = std::env::var_os("KEEPALIVED_BIN").map_or_else(
        || PathBuf::from(PROJECT).join("target/packages/bin/keepalived"),
        PathBuf::from,
    );
    let Ok(program) = program.canonicalize() else {
        return skip("no keepalived; `cargo xtask lab` fetches one, or set KEEPALIVED_BIN");
    };
    let index: Value = serde_json::from_slice(&index).unwrap();
    let mut agree: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut files, mut wrong) = (0, Vec::new());
    for entry in index["files"].as_array().unwrap() {
        let oracle = &entry["oracle"];
        if !matches!(oracle["verdict"].as_str(), Some("clean" | "warns")) {
            continue;
        }
        let file = folder
            .join(entry["file"].as_str().unwrap())
            .canonicalize()
            .unwrap();
        let id = entry["id"].as_str().unwrap();
        let ours = effective(&file);
        let unexpected = |(_, (field, theirs, ours)): &(String, fields::Pair)| {
            theirs != ours && !KNOWN.contains(&(id, *field))
        };
        let mut compared = Vec::new();
        // Its processes print into one another's lines now and then: what is a difference is one in every run.
        for _ in 0..PRINTS_MAX {
            let Some(text) = keepalived(&program, &file, oracle) else {
                return skip("keepalived cannot be run in namespaces with an overlay here");
            };
            // A third process prints: it mixes all runs, also one in which it has torn this very line.
            if text.contains("Starting BFD child") {
                compared.clear();
                break;
            }
            // Else there is nothing to run for VRRP, or something of the machine is not there.
            if text.contains(LAST) && text.contains("VRRP Topology") {
                compared = pairs(&dump::read(&text), &ours);
            }
            if !compared.iter().any(unexpected) {
                break;
            }
        }
        files += usize::from(!compared.is_empty());
        wrong.extend(compared.iter().filter(|pair| unexpected(pair)).map(
            |(block, (field, theirs, ours))| {
                format!("{id} {block}: {field}: keepalived {theirs:?}, ours {ours:?}")
            },
        ));
        for (_, (field, theirs, ours)) in compared {
            let counts = agree.entry(field).or_default();
            counts.0 += usize::from(theirs == ours);
            counts.1 += 1;
        }
    }
    for (field, (same, all)) in &agree {
        println!("{field}: {same} of {all}");
    }
    println!("{files} files");
    assert!(files > 100, "only {files} files were compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A text of our own, with every way to write what is tracked.
#[test]
fn tracks_are_those_that_keepalived_prints() {
    let program = std::env::var_os("KEEPALIVED_BIN").map_or_else(
        || PathBuf::from(PROJECT).join("target/packages/bin/keepalived"),
        PathBuf::from,
    );
    let Ok(program) = program.canonicalize() else {
        return skip("no keepalived; `cargo xtask lab` fetches one, or set KEEPALIVED_BIN");
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/beside_keepalived/tracks.conf");
    let machine = serde_json::json!({ "interfaces": ["eth1", "eth2", "eth3"] });
    let ours = effective(&file);
    let mut wrong = Vec::new();
    for _ in 0..PRINTS_MAX {
        let Some(text) = keepalived(&program, &file, &machine) else {
            return skip("keepalived cannot be run in namespaces with an overlay here");
        };
        let compared = pairs(&dump::read(&text), &ours);
        let tracks = compared
            .iter()
            .filter(|(_, (field, ..))| field.starts_with("track_"));
        let listed = tracks.filter(|(_, (_, printed, _))| !printed.is_empty()).count();
        assert!(
            listed >= 8 && compared.len() > 60,
            "{listed} of {}:\n{text}",
            compared.len()
        );
        wrong = compared
            .into_iter()
            .filter(|(_, (_, theirs, ours))| theirs != ours)
            .collect();
        if wrong.is_empty() {
            return;
        }
    }
    panic!("{wrong:#?}");
}
