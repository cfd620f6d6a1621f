//! Every word with every kind of argument: our verdict beside that of keepalived 2.2.7, which `golden.txt` keeps.
//!
//! The table is our own: one row for each word in each block, one letter for each of [`cases::ARGUMENTS`]: `c`lean,
//! `w`arns, `f`atal, `.` not tried; the last is for the word twice, with its first clean argument. `KEEPALIVED_SWEEP=write` writes it anew from what a packaged keepalived says
//! (`KEEPALIVED_BIN`, or `target/packages/bin/keepalived`); without it, a part of the table is held against that program
//! where it can be run. `KEEPALIVED_SWEEP=all` compares all of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod beside;
mod cases;
mod known;

use std::collections::{BTreeMap, BTreeSet};

use keepalived_conf::{Facts, Host, MemoryFiles, Program, judge, parse_for};

/// Our verdict on a text, on the machine of `namespace.sh`.
fn ours(text: &str) -> char {
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let facts = Facts {
        interfaces: names(&["lo", "eth0", "eth1", "far1", "far2"]),
        users: names(&["root", "keepalived_script"]),
        groups: names(&["root", "keepalived_script"]),
        programs: BTreeMap::from([("/bin/true".to_owned(), Program::default())]),
    };
    let host = Host {
        config_id: Some("sweep".to_owned()),
        ..Host::default()
    };
    let parsed = parse_for(&host, &MemoryFiles::new([("k.conf", text)]), "k.conf");
    let verdict = judge(&parsed, &facts).verdict.word();
    verdict.chars().next().unwrap()
}

/// The letters of each row.
fn golden() -> BTreeMap<&'static str, &'static str> {
    let lines = include_str!("golden.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).collect()
}

/// The column behind those of the arguments: the word twice.
const TWICE: usize = cases::ARGUMENTS.len();

fn argument(column: usize) -> &'static str {
    cases::ARGUMENTS.get(column).copied().unwrap_or("twice")
}

/// The file of a cell.
fn text(row: &cases::Row, column: usize, letters: &str) -> Option<String> {
    match cases::ARGUMENTS.get(column) {
        Some(argument) => row.text(argument),
        None => row.twice(letters),
    }
}

#[test]
fn our_verdicts_are_keepalived_s_or_explained() {
    let golden = golden();
    let (mut tried, mut wrong) = (0, Vec::new());
    let mut used = BTreeSet::new();
    for row in cases::rows() {
        let Some(letters) = golden.get(row.name.as_str()) else {
            // A word that came into the table behind the sweep.
            wrong.push(format!("{}: not in golden.txt", row.name));
            continue;
        };
        for (column, theirs) in letters.chars().enumerate() {
            let Some(text) = text(&row, column, letters).filter(|_| theirs != '.') else {
                continue;
            };
            tried += 1;
            let own = ours(&text);
            if own == theirs {
                continue;
            }
            match known::reason(&row.name, argument(column)) {
                Some((at, _)) => _ = used.insert(at),
                None => wrong.push(format!(
                    "{} {:?}: {own}, keepalived {theirs}",
                    row.name,
                    argument(column)
                )),
            }
        }
    }
    println!("{tried} files, {} disagree without a reason", wrong.len());
    assert!(wrong.is_empty(), "{}\n{} in all", wrong.join("\n"), wrong.len());
    let idle: Vec<_> = (known::KNOWN.iter().enumerate())
        .filter(|(at, _)| !used.contains(at))
        .collect();
    assert!(idle.is_empty(), "nothing differs there any more: {idle:?}");
}

/// Files that are asked for again each time: every so many-th, for neighbours in the table are alike.
const EVERY: usize = 97;

#[test]
fn the_table_is_what_keepalived_says() {
    let wanted = std::env::var("KEEPALIVED_SWEEP").unwrap_or_default();
    let (rows, golden) = (cases::rows(), golden());
    let letters = |at: usize| golden.get(rows[at].name.as_str()).copied().unwrap_or_default();
    let cells = (0..rows.len()).flat_map(|at| (0..=TWICE).map(move |column| (at, column)));
    let picked = cells
        .enumerate()
        .filter(|(number, _)| !wanted.is_empty() || number % EVERY == 0);
    let files =
        picked.filter_map(|(_, (at, column))| Some(((at, column), text(&rows[at], column, letters(at))?)));
    let said = match beside::verdicts(&files.collect::<Vec<_>>()) {
        Ok(said) => said,
        Err(why) => return println!("SKIP the_table_is_what_keepalived_says: {why}"),
    };
    println!("{} files beside keepalived", said.len());
    if wanted == "write" {
        // What is clean alone is known now, and what is said where it stands twice is asked by that.
        let letters = |at: usize| -> String {
            (0..TWICE)
                .map(|column| said.get(&(at, column)).unwrap_or(&'.'))
                .collect()
        };
        let twice = rows
            .iter()
            .enumerate()
            .filter_map(|(at, row)| Some(((at, TWICE), row.twice(&letters(at))?)));
        let mut all = beside::verdicts(&twice.collect::<Vec<_>>()).unwrap();
        all.extend(&said);
        return beside::write(&rows, &all);
    }
    let differs = |((at, column), own): (&beside::Cell, &char)| {
        let same = letters(*at).chars().nth(*column) == Some(*own);
        (!same).then(|| format!("{} {:?}: {own}", rows[*at].name, argument(*column)))
    };
    let wrong: Vec<_> = said.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
