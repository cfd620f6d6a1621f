//! What the proofs say of each row, and what is wrong with the table or the page.

use std::collections::BTreeSet;
use vrrp_conformance::{Polarity, Proof, Row, Unproven};

/// At most one owed row in so many may be excused.
const EXCUSED_ONE_IN: usize = 10;

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// By as many sides as its level asks for.
    Proven,
    /// A MUST row with one side only, or a row with none, and the table says nothing of it.
    Missing,
    Open(&'static str),
    Excused(&'static str),
    /// Nothing is owed.
    Listed,
}

/// A row with its tests.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) row: Row,
    pub(crate) obeys: Vec<String>,
    pub(crate) refuses: Vec<String>,
    pub(crate) standing: Standing,
}

impl Judged {
    /// Whether the tests suffice, whatever the table says.
    fn is_proven(&self) -> bool {
        let (obeys, refuses) = (!self.obeys.is_empty(), !self.refuses.is_empty());
        if self.row.needs_both() {
            obeys && refuses
        } else {
            obeys || refuses
        }
    }

    /// For a row that has only one of the sides it needs.
    pub(crate) fn is_half(&self) -> bool {
        self.row.needs_both() && !self.is_proven() && !(self.obeys.is_empty() && self.refuses.is_empty())
    }
}

pub(crate) fn judge(rows: &[Row], proofs: &BTreeSet<Proof>) -> Vec<Judged> {
    let tests = |id: &str, polarity: Polarity| {
        let of_it = proofs.iter().filter(|p| p.id == id && p.polarity == polarity);
        of_it.map(|p| p.test.clone()).collect::<Vec<_>>()
    };
    let judged = rows.iter().map(|row| {
        let mut judged = Judged {
            row: *row,
            obeys: tests(row.id, Polarity::Obeys),
            refuses: tests(row.id, Polarity::Refuses),
            standing: Standing::Listed,
        };
        judged.standing = match row.unproven {
            _ if !row.is_owed() => Standing::Listed,
            Unproven::Open(why) => Standing::Open(why),
            Unproven::Excused(why) => Standing::Excused(why),
            Unproven::No if judged.is_proven() => Standing::Proven,
            Unproven::No => Standing::Missing,
        };
        judged
    });
    judged.collect()
}

/// What CI refuses, one a line.
pub(crate) fn complaints(judged: &[Judged], complete: bool) -> Vec<String> {
    let mut complaints = Vec::new();
    for one in judged {
        let id = one.row.id;
        match one.standing {
            Standing::Missing if one.obeys.is_empty() && one.refuses.is_empty() => {
                complaints.push(format!(
                    "{id}: no test proves it, and the table has no word on why"
                ));
            }
            Standing::Missing if one.obeys.is_empty() => {
                complaints.push(format!("{id} is a {} and no test obeys it", one.row.level));
            }
            Standing::Missing => {
                complaints.push(format!(
                    "{id} is a {} and no test refuses its opposite",
                    one.row.level
                ));
            }
            Standing::Excused(_) if one.is_proven() => {
                complaints.push(format!(
                    "{id} is excused and proven: take the excuse out of the table"
                ));
            }
            Standing::Open(_) if one.is_proven() => {
                complaints.push(format!("{id} is open and proven: take `open` out of the table"));
            }
            Standing::Open(_) if complete => {
                complaints.push(format!("{id} is open, and the table is said to be complete"));
            }
            Standing::Proven | Standing::Open(_) | Standing::Excused(_) | Standing::Listed => {}
        }
    }
    let owed = judged.iter().filter(|one| one.row.is_owed()).count();
    let excused = judged
        .iter()
        .filter(|one| matches!(one.standing, Standing::Excused(_)))
        .count();
    if excused * EXCUSED_ONE_IN > owed {
        complaints.push(format!(
            "{excused} of {owed} rows are excused, at most one in {EXCUSED_ONE_IN}"
        ));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::{Standing, complaints, judge};
    use std::collections::BTreeSet;
    use vrrp_conformance::{Polarity, Proof, parse};

    const TABLE: &str = "\
| M-1 | - | MUST | state | x | |
| M-2 | - | MUST NOT | net | x | open: not built |
| D-1 | - | def | wire | x | |
| D-2 | - | prj | config | x | excused: no |
| L-1 | - | MUST | doc | x | |";

    fn judged(proven: &[(&str, Polarity)]) -> (Vec<Standing>, Vec<String>) {
        let proofs: BTreeSet<Proof> = proven
            .iter()
            .map(|(id, polarity)| Proof {
                id: (*id).to_owned(),
                polarity: *polarity,
                test: "a b".to_owned(),
            })
            .collect();
        let judged = judge(&parse(TABLE).expect("a table"), &proofs);
        let mut complaints = complaints(&judged, false);
        // One excuse in four rows is too many here, always.
        assert!(complaints.pop().is_some_and(|c| c.starts_with("1 of 4")));
        (judged.iter().map(|one| one.standing).collect(), complaints)
    }

    #[test]
    fn a_must_needs_both_sides_and_a_definition_one() {
        use Polarity::{Obeys, Refuses};
        let (standings, complaints) = judged(&[("M-1", Obeys), ("M-1", Refuses), ("D-1", Refuses)]);
        assert_eq!(standings[0], Standing::Proven);
        assert_eq!(standings[2], Standing::Proven);
        assert_eq!(standings[4], Standing::Listed);
        assert!(complaints.is_empty(), "{complaints:?}");
        let (standings, complaints) = judged(&[("M-1", Obeys)]);
        assert_eq!(standings[0], Standing::Missing);
        assert!(complaints[0].contains("no test refuses"), "{complaints:?}");
        assert!(complaints[1].starts_with("D-1: no test"), "{complaints:?}");
    }

    /// Once the table is said to be complete, a row that is open is a fault.
    #[test]
    fn a_complete_table_has_no_open_row() {
        let judged = judge(&parse(TABLE).expect("a table"), &BTreeSet::new());
        let open = |complete| {
            let complaints = complaints(&judged, complete);
            complaints.iter().filter(|c| c.starts_with("M-2 is open")).count()
        };
        assert_eq!((open(false), open(true)), (0, 1));
    }

    #[test]
    fn what_is_proven_is_neither_open_nor_excused() {
        use Polarity::{Obeys, Refuses};
        let both = [
            ("M-1", Obeys),
            ("M-1", Refuses),
            ("M-2", Obeys),
            ("D-1", Obeys),
            ("D-2", Obeys),
        ];
        assert_eq!(
            judged(&both).1,
            ["D-2 is excused and proven: take the excuse out of the table"]
        );
        let open = [&both[..], &[("M-2", Refuses)]].concat();
        assert!(judged(&open).1[0].starts_with("M-2 is open and proven"));
    }
}
