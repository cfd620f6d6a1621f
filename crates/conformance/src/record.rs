//! Records of proofs: one line each, appended by the tests of many processes to one file.

use crate::row::rows;
use std::collections::BTreeSet;
use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;

/// The variable that names the folder into which proofs are recorded.
pub const FOLDER: &str = "VRRP_PROOFS";
/// The file in that folder.
pub const RECORDS: &str = "records";

/// Which side of a requirement a test shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Polarity {
    /// What is required was seen.
    Obeys,
    /// The opposite was tried, and was refused or did not happen.
    Refuses,
}

/// One line of the records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proof {
    /// Of the requirement.
    pub id: String,
    /// Which side of it.
    pub polarity: Polarity,
    /// Package and path of the test: `vrrp-core rfc9568::backup::t_b_05_obeys`.
    pub test: String,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{:?}\t{}", self.id, self.polarity, self.test)
    }
}

impl Proof {
    /// Reads what [`fmt::Display`] wrote.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let mut cells = line.split('\t');
        let (id, polarity, test) = (cells.next()?, cells.next()?, cells.next()?);
        let polarity = match polarity {
            "Obeys" => Polarity::Obeys,
            "Refuses" => Polarity::Refuses,
            _ => return None,
        };
        cells.next().is_none().then(|| Self {
            id: id.to_owned(),
            polarity,
            test: test.to_owned(),
        })
    }
}

/// For [`proves!`](crate::proves): the path of a function.
#[must_use]
pub fn name_of<T>(_: T) -> &'static str {
    std::any::type_name::<T>()
}

/// For [`proves!`](crate::proves), where `here` is the path of a function inside the test.
///
/// # Panics
/// For an id that the table does not have, and when a record cannot be written: a proof that is lost is no proof.
pub fn prove(package: &str, here: &str, ids: &[&str], polarity: Polarity) {
    for id in ids {
        assert!(
            rows().iter().any(|row| row.id == *id),
            "proves!: {id} is no id of crates/conformance/requirements.md"
        );
    }
    // A guard's destructor may come by here while its test fails.
    if std::thread::panicking() {
        return;
    }
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    for id in ids {
        let proof = Proof {
            id: (*id).to_owned(),
            polarity,
            test: format!("{package} {}", test_of(here)),
        };
        if is_new(&proof) {
            let written = append(Path::new(&folder), &proof);
            assert!(
                written.is_ok(),
                "proves!: {id} could not be recorded in {}: {written:?}",
                Path::new(&folder).display()
            );
        }
    }
}

/// `a::b::test::here` and `a::b::test::{{closure}}::here` give `a::b::test`.
fn test_of(here: &str) -> &str {
    let outside = here.split("::{{closure}}").next().unwrap_or(here);
    outside.strip_suffix("::here").unwrap_or(outside)
}

/// A property reaches the line once per case.
fn is_new(proof: &Proof) -> bool {
    static SEEN: Mutex<BTreeSet<Proof>> = Mutex::new(BTreeSet::new());
    let mut seen = SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    seen.insert(proof.clone())
}

/// One write of a short line to a file opened for appending: lines of other processes stay whole.
fn append(folder: &Path, proof: &Proof) -> std::io::Result<()> {
    let mut file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join(RECORDS))?;
    file.write_all(format!("{proof}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Polarity, Proof, append, name_of, test_of};

    #[test]
    fn the_test_is_named_from_inside_a_closure_too() {
        fn here() {}
        assert!(test_of(name_of(here)).ends_with("tests::the_test_is_named_from_inside_a_closure_too"));
        assert_eq!(test_of("a::b::{{closure}}::{{closure}}::here"), "a::b");
    }

    #[test]
    fn a_record_reads_as_written() {
        let proof = Proof {
            id: "T-B-05".to_owned(),
            polarity: Polarity::Refuses,
            test: "vrrp-core rfc9568::x".to_owned(),
        };
        assert_eq!(Proof::read(&proof.to_string()), Some(proof));
        for line in ["", "T-B-05\tObeys", "T-B-05\tMaybe\tx", "T-B-05\tObeys\tx\ty"] {
            assert_eq!(Proof::read(line), None, "{line}");
        }
    }

    #[test]
    #[should_panic(expected = "T-B-99 is no id")]
    fn an_unknown_id_fails_the_test() {
        crate::proves!("T-B-05", "T-B-99", Obeys);
    }

    #[test]
    fn lines_of_many_writers_stay_whole() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = temporary.path().to_owned();
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let folder = folder.clone();
                std::thread::spawn(move || {
                    let test = format!("package crate::module::a_test_with_a_long_name_of_writer_{writer}");
                    let (id, polarity) = ("T-B-05".to_owned(), Polarity::Obeys);
                    let proof = Proof { id, polarity, test };
                    for _ in 0..200 {
                        append(&folder, &proof).expect("written");
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().expect("no panic");
        }
        let text = std::fs::read_to_string(folder.join(super::RECORDS)).expect("records");
        assert_eq!(text.lines().filter_map(Proof::read).count(), 1600);
        assert_eq!(text.lines().count(), 1600);
    }
}
