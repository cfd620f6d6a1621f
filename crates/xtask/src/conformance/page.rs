//! `docs/rfc9568.md`: written from the proofs, and read again where tests could not run.

use super::judge::{Judged, Standing};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use vrrp_conformance::{Polarity, Proof};

const BETWEEN: &str = "<br>";

pub(crate) fn write(judged: &[Judged]) -> String {
    let mut page = String::from(HEAD);
    page.push_str(&counts(judged));
    let mut part = "";
    for one in judged {
        if one.row.part != part {
            part = one.row.part;
            let _ = write!(
                page,
                "\n## {part}\n\n| Id | Source | Level | Layer | Requirement | Standing | Obeys | Refuses |\n\
                 |---|---|---|---|---|---|---|---|\n"
            );
        }
        let row = &one.row;
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            row.source,
            row.level,
            row.layer,
            row.requirement,
            standing(one.standing),
            tests(&one.obeys),
            tests(&one.refuses)
        );
    }
    page
}

const HEAD: &str = "# Conformance

Written by `cargo xtask conformance` from what tests recorded while they ran and passed; CI fails where it is stale. The rows
are those of [requirements.md](../crates/conformance/requirements.md), which explains levels and layers. **Obeys**: the test
saw what is required. **Refuses**: it tried the opposite, and that was refused or did not happen. MUST rows need both.
`open` rows are not built or not tested yet; `excused` ones never will be.

";

pub(crate) fn standing(standing: Standing) -> String {
    match standing {
        Standing::Proven => "proven".to_owned(),
        Standing::Missing => "MISSING".to_owned(),
        Standing::Open(why) => format!("open: {why}"),
        Standing::Excused(why) => format!("excused: {why}"),
        Standing::Listed => String::new(),
    }
}

/// Owed rows by their first layer.
pub(crate) fn counts(judged: &[Judged]) -> String {
    let mut table = String::from(
        "| Layer | Rows | Proven | Excused | Open | of these with one side of two |\n|---|---|---|---|---|---|\n",
    );
    let mut total = [0_usize; 5];
    for layer in ["wire", "state", "net", "config", "mgmt"] {
        let of_it: Vec<&Judged> = judged
            .iter()
            .filter(|one| {
                one.row.is_owed() && one.row.layer.split(", ").find(|l| LAYERS.contains(l)) == Some(layer)
            })
            .collect();
        let count = |what: fn(&Judged) -> bool| of_it.iter().filter(|one| what(one)).count();
        let line = [
            of_it.len(),
            count(|one| one.standing == Standing::Proven),
            count(|one| matches!(one.standing, Standing::Excused(_))),
            count(|one| matches!(one.standing, Standing::Open(_) | Standing::Missing)),
            count(Judged::is_half),
        ];
        for (sum, number) in total.iter_mut().zip(line) {
            *sum += number;
        }
        let _ = writeln!(table, "| {layer} | {} |", line.map(|n| n.to_string()).join(" | "));
    }
    let _ = writeln!(table, "| all | {} |", total.map(|n| n.to_string()).join(" | "));
    table
}

const LAYERS: [&str; 5] = ["wire", "state", "net", "config", "mgmt"];

fn tests(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(BETWEEN)
}

/// The proofs that a page names.
pub(crate) fn read(page: &str) -> BTreeSet<Proof> {
    let mut proofs = BTreeSet::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        // The bar at either end makes an empty cell.
        let [_, id, _, _, _, _, _, obeys, refuses, _] = cells[..] else {
            continue;
        };
        for (polarity, cell) in [(Polarity::Obeys, obeys), (Polarity::Refuses, refuses)] {
            let names = cell.split(BETWEEN).filter_map(|quoted| {
                let name = quoted.strip_prefix('`')?.strip_suffix('`')?;
                Some(Proof {
                    id: id.to_owned(),
                    polarity,
                    test: name.to_owned(),
                })
            });
            proofs.extend(names);
        }
    }
    proofs
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::conformance::judge::judge;
    use std::collections::BTreeSet;
    use vrrp_conformance::{Polarity, Proof, rows};

    #[test]
    fn the_page_gives_back_its_proofs() {
        let proof = |id: &str, polarity, test: &str| Proof {
            id: id.to_owned(),
            polarity,
            test: test.to_owned(),
        };
        let proofs = BTreeSet::from([
            proof("T-B-05", Polarity::Obeys, "vrrp-core rfc9568::a"),
            proof("T-B-05", Polarity::Obeys, "vrrp-core rfc9568::b"),
            proof("T-B-05", Polarity::Refuses, "vrrp-core rfc9568::c"),
            proof("V3-7.1-01", Polarity::Refuses, "vrrp-net namespaces::d"),
        ]);
        assert_eq!(read(&write(&judge(rows(), &proofs))), proofs);
    }
}
