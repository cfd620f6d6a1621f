//! What keepalived prints of its configuration with `-d`, line by line.

use std::collections::BTreeMap;

/// One instance or script.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) name: String,
    values: BTreeMap<String, String>,
    lists: BTreeMap<String, Vec<String>>,
}

impl Block {
    /// `NAME = VALUE`; empty where it is not printed.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// The lines below `NAME :`.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }
}

/// All of one file.
#[derive(Debug, Default)]
pub(crate) struct Dump {
    pub(crate) instances: Vec<Block>,
    pub(crate) scripts: Vec<Block>,
    pub(crate) groups: Vec<Block>,
    pub(crate) track_files: Vec<Block>,
    pub(crate) track_processes: Vec<Block>,
    /// What was said beside it.
    pub(crate) said: String,
}

/// `Sat Nov 21 15:07:58 2026: ` stands before each line.
fn undated(line: &str) -> &str {
    match line.get(24..26) {
        Some(": ") => &line[26..],
        _ => line,
    }
}

pub(crate) fn read(text: &str) -> Dump {
    let mut dump = Dump::default();
    let mut section = "";
    let mut list = String::new();
    for line in text.lines().map(undated) {
        if let Some(title) = line.strip_prefix("------< ") {
            section = title.trim_end_matches(['>', '-', ' ']);
            continue;
        }
        let (blocks, head) = match section {
            "VRRP Topology" => (&mut dump.instances, " VRRP Instance = "),
            "VRRP Scripts" => (&mut dump.scripts, " VRRP Script = "),
            "VRRP Sync groups" => (&mut dump.groups, " VRRP Sync Group = "),
            "VRRP Track files" => (&mut dump.track_files, " Track file = "),
            "VRRP Track processes" => (&mut dump.track_processes, " VRRP Track process = "),
            _ => {
                dump.said.push_str(line);
                dump.said.push('\n');
                continue;
            }
        };
        if let Some(name) = line.strip_prefix(head) {
            let name = name.split(',').next().unwrap_or_default();
            blocks.push(Block {
                name: name.to_owned(),
                ..Block::default()
            });
            continue;
        }
        let Some(block) = blocks.last_mut() else { continue };
        if let Some(item) = line.strip_prefix("     ") {
            block
                .lists
                .entry(list.clone())
                .or_default()
                .push(item.trim().to_owned());
        } else if let Some((name, value)) = line.strip_prefix("   ").and_then(|line| line.split_once(" = ")) {
            block.values.insert(name.to_owned(), value.to_owned());
        } else if let Some(title) = line.trim_end().strip_suffix(':') {
            list = title.trim().split(" (").next().unwrap_or_default().to_owned();
        } else if !line.starts_with("   ") && !line.is_empty() {
            // A message of another process between two lines.
            dump.said.push_str(line);
            dump.said.push('\n');
        }
    }
    dump
}
