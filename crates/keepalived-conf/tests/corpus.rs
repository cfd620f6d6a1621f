//! Real files from public repositories, which are not part of the project: found through `SHARED` or beside the
//! project, skipped in words where they are not.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use keepalived_conf::{
    Asked, Block, Facts, Host, MemoryFiles, Parsed, Safety, Support, effective, judge, keywords, lint, parse,
    parse_for, print, render,
};
use serde_json::Value;

fn corpus() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var("SHARED").unwrap_or_else(|_| beside.to_owned());
    let folder = PathBuf::from(shared).join("corpus/keepalived");
    if folder.join("index.json").is_file() {
        return Some(folder);
    }
    println!(
        "SKIP keepalived_conf_corpus: nothing at {}; set SHARED to the folder that holds corpus/",
        folder.display()
    );
    None
}

/// Each file with its entry in the index.
fn files() -> Vec<(Value, Parsed, Vec<u8>)> {
    let Some(folder) = corpus() else { return Vec::new() };
    let index: Value = serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
    let entries = index["files"].as_array().unwrap().clone();
    let read = |entry: Value| {
        let bytes = std::fs::read(folder.join(entry["file"].as_str().unwrap())).unwrap();
        let files = MemoryFiles::new([("k.conf", bytes.clone())]);
        let host = Host {
            config_id: Some("corpus".to_owned()),
            ..Host::default()
        };
        (entry, parse_for(&host, &files, "k.conf"), bytes)
    };
    entries.into_iter().map(read).collect()
}

/// Takes every place out of effective values: a printed file has other lines, and says once what was said in several
/// blocks of one name.
fn placeless(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["file", "line", "weight_from", "missing"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(placeless);
        }
        Value::Array(values) => values.iter_mut().for_each(placeless),
        _ => {}
    }
}

/// Where two values differ first, and how.
fn unlike(path: &str, one: &Value, other: &Value) -> Option<String> {
    let deeper = |name: &str, one: &Value, other: &Value| unlike(&format!("{path}/{name}"), one, other);
    match (one, other) {
        (Value::Object(fields), Value::Object(others)) if fields.keys().eq(others.keys()) => {
            (fields.iter()).find_map(|(name, value)| deeper(name, value, &others[name]))
        }
        (Value::Array(values), Value::Array(others)) if values.len() == others.len() => {
            let mut pairs = values.iter().zip(others).enumerate();
            pairs.find_map(|(at, (value, other))| deeper(&at.to_string(), value, other))
        }
        _ => (one != other).then(|| format!("{path}: {one} and {other}")),
    }
}

fn verdict(parsed: &Parsed) -> &'static str {
    judge(parsed, &Facts::assume(&Asked::of(parsed))).verdict.word()
}

#[test]
fn every_file_is_read_and_every_finding_drawn() {
    for (_, parsed, _) in files() {
        for found in &parsed.diagnostics {
            assert!(render(found, &parsed.sources, false).contains(found.code));
        }
    }
}

#[test]
fn printed_files_mean_the_same() {
    let mut differing = Vec::new();
    for (entry, parsed, _) in files() {
        let printed = print(&parsed.tree);
        let again = parse(&MemoryFiles::new([("k.conf", printed.clone())]), "k.conf");
        let name = &entry["file"];
        assert_eq!(
            String::from_utf8_lossy(&print(&again.tree)),
            String::from_utf8_lossy(&printed),
            "{name}"
        );
        let values = |parsed: &Parsed| {
            let mut value = serde_json::to_value(effective(parsed)).unwrap();
            placeless(&mut value);
            value
        };
        let unlike = unlike("", &values(&again), &values(&parsed));
        differing.extend(unlike.map(|how| format!("{name}: {how}")));
    }
    assert_eq!(differing, Vec::<String>::new());
}

/// Every word of each file that the table does not know is one that keepalived does not know either.
#[test]
fn what_decides_service_and_is_not_carried_out_bars() {
    let mut seen = 0;
    for (entry, parsed, bytes) in files() {
        // Words in lines for other nodes are not asked for here.
        let for_others = bytes
            .split(|byte| *byte == b'\n')
            .any(|line| line.trim_ascii().starts_with(b"@"));
        if for_others || !entry["unknown_keywords"].as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        let has = |word: &str| {
            entry["keywords"]
                .as_array()
                .unwrap()
                .iter()
                .any(|known| known == word)
        };
        let barred = |word: &str| {
            let config = &parsed.config;
            let instances = config.instances.iter().flat_map(|instance| &instance.missing);
            let mut all = config.missing.iter().chain(instances);
            all.any(|missing| missing.allow_word == word)
        };
        let refused = keywords()
            .iter()
            .filter(|keyword| matches!(keyword.support, Support::Refused(_)));
        for keyword in refused {
            // Options of lines bar by the word of their list.
            let Safety::Decides { allow_word, .. } = keyword.safety else {
                continue;
            };
            // A block that keepalived does not reach either is no block.
            if has(keyword.name) && entry["oracle"]["verdict"] != "fatal" {
                let nothing_to_bar =
                    keyword.name == "net_namespace_ipvs" && parsed.config.virtual_servers.is_empty();
                assert!(
                    nothing_to_bar || barred(allow_word),
                    "{}: {}",
                    entry["file"],
                    keyword.name
                );
                seen += 1;
            }
        }
    }
    println!("{seen} words that bar");
    assert!(seen > 0 || corpus().is_none());
}

/// A word that only we call unknown is one that the table lacks; one that only keepalived calls unknown is newer than
/// that keepalived, or comes to stand in another block there.
#[test]
fn unknown_words_are_those_of_keepalived() {
    let mut compared = 0;
    let mut alone = Vec::new();
    for (entry, parsed, bytes) in files() {
        let listed = entry["unknown_keywords"].as_array().cloned().unwrap_or_default();
        // Of a fatal file keepalived tells what it came to, and lines for other nodes are read by their own.
        if entry["oracle"]["verdict"] == "fatal" || bytes.contains(&b'@') {
            continue;
        }
        let known: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
        let codes = ["unknown-keyword", "stranded-keyword"];
        let found = parsed
            .diagnostics
            .iter()
            .filter(|found| codes.contains(&found.code));
        for span in found.filter_map(|found| found.span) {
            let word = String::from_utf8_lossy(parsed.sources.slice(span));
            // The index tells so many of a file's messages and no more.
            let told = entry["oracle"]["messages_total"].as_u64()
                == entry["oracle"]["messages"].as_array().map(|all| all.len() as u64);
            if told && !known.contains(&word.trim_matches('"')) {
                alone.push(format!("{}: {word}", entry["file"]));
            }
            compared += 1;
        }
    }
    assert_eq!(alone, Vec::<String>::new(), "unknown to us only");
    println!("{compared} unknown words, all unknown to keepalived too");
}

/// The ids in the first column of the table of differences.
fn listed() -> BTreeSet<String> {
    let text = include_str!("../../../docs/keepalived-verdicts.md");
    let cell = |line: &str| line.strip_prefix("| file ")?.get(..3).map(str::to_owned);
    text.lines().filter_map(cell).collect()
}

/// Our verdict is that of keepalived 2.2.7, where everything that a file names exists, or the page says why not.
#[test]
fn verdicts_are_keepalived_s_or_explained() {
    let files = files();
    if files.is_empty() {
        return;
    }
    let mut differ = BTreeSet::new();
    let (mut of_users, mut agree) = (0usize, 0usize);
    for (entry, parsed, _) in &files {
        let (own, oracle) = (verdict(parsed), entry["oracle"]["verdict"].as_str().unwrap());
        let user = entry["origin"] == "user";
        of_users += usize::from(user);
        agree += usize::from(user && own == oracle);
        if own == oracle {
            continue;
        }
        println!(
            "{} ({}): {own}, keepalived {oracle}",
            entry["file"], entry["origin"]
        );
        differ.insert(entry["id"].as_str().unwrap().to_owned());
        assert!(
            ![own, oracle].contains(&"fatal") || (!user && ![own, oracle].contains(&"clean")),
            "{}: {own}, keepalived {oracle}: neither may be missed",
            entry["file"]
        );
    }
    println!(
        "{agree} of {of_users} verdicts on files of users agree; {} differ in all",
        differ.len()
    );
    assert!(agree * 100 >= of_users * 97, "{agree} of {of_users}");
    assert_eq!(
        differ,
        listed(),
        "docs/keepalived-verdicts.md lists what differs, with the reason"
    );
}

/// How often each rule of the lint speaks in files of users. A warning that many files have is no warning.
#[test]
fn the_lint_is_quiet_enough() {
    let files = files();
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let mut users = 0;
    for (entry, parsed, _) in &files {
        let found = lint::file(parsed, &lint::Machine::default());
        for found in &found {
            assert!(render(found, &parsed.sources, false).contains(found.code));
        }
        if entry["origin"] != "user" {
            continue;
        }
        users += 1;
        let mut codes: Vec<_> = found.iter().map(|found| found.code).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            *counts.entry(code).or_default() += 1;
        }
    }
    println!("{users} files of users");
    for rule in lint::RULES {
        let count = counts.get(rule.code).copied().unwrap_or_default();
        println!("{count:4} {} {}", rule.severity.word(), rule.code);
        let rare = rule.severity == keepalived_conf::Severity::Note || count * 10 <= users;
        assert!(rare, "{} warns in {count} of {users} files", rule.code);
    }
}

/// Each block that keepalived has taken is in the model, or a finding says why not.
#[test]
fn every_virtual_server_is_in_the_model_or_told() {
    let (mut files_seen, mut servers, mut reals, mut checks) = (0, 0, 0, 0);
    for (entry, parsed, _) in files() {
        let words = entry["keywords"].as_array().unwrap();
        if !words.iter().any(|word| word == "virtual_server") {
            continue;
        }
        files_seen += 1;
        let config = &parsed.config;
        let blocks = parsed.tree.nodes.iter().filter(|node| match node {
            keepalived_conf::Node::Item(item) => item
                .body
                .as_ref()
                .is_some_and(|body| body.block == Block::VirtualServer),
            _ => false,
        });
        let told = [
            "virtual-server",
            "virtual-server-twice",
            "virtual-server-families",
        ];
        let left_out = parsed
            .diagnostics
            .iter()
            .filter(|found| told.contains(&found.code));
        let (blocks, left_out) = (blocks.count(), left_out.count());
        assert!(
            blocks <= config.virtual_servers.len() + left_out,
            "{}: {blocks} blocks, {} in the model, {left_out} told",
            entry["file"],
            config.virtual_servers.len()
        );
        servers += config.virtual_servers.len();
        for server in &config.virtual_servers {
            reals += server.servers.len();
            checks += server.servers.iter().map(|real| real.checks.len()).sum::<usize>();
        }
    }
    println!("{files_seen} files: {servers} virtual servers, {reals} real servers, {checks} checks");
}
