//! What the last run of the tests left behind: its proofs, and what it skipped.

use crate::summary::Skip;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vrrp_conformance::{Proof, RECORDS};

/// Proofs of one run, and the checks that it had to leave out.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) proofs: BTreeSet<Proof>,
    pub(crate) skips: Vec<Skip>,
}

/// The folder into which tests record.
pub(crate) fn folder(target: &Path) -> PathBuf {
    target.join("conformance")
}

/// Forget the last run: what is not recorded again is not proven.
pub(crate) fn clear(target: &Path) -> Result<(), String> {
    let folder = folder(target);
    let said = |e: std::io::Error| format!("{}: {e}", folder.display());
    std::fs::create_dir_all(&folder).map_err(said)?;
    for name in [RECORDS, FINISHED] {
        match std::fs::remove_file(folder.join(name)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(said(e)),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Holds the skips of a run whose tests passed; absent otherwise.
const FINISHED: &str = "finished";

/// All tests passed, but for these skips.
pub(crate) fn finish(target: &Path, skips: &[Skip]) -> Result<(), String> {
    let path = folder(target).join(FINISHED);
    let lines: String = skips
        .iter()
        .map(|skip| format!("SKIP {}: {}\n", skip.name, skip.reason))
        .collect();
    std::fs::write(&path, lines).map_err(|e| format!("{}: {e}", path.display()))
}

impl Evidence {
    /// Of the last run in which all tests passed.
    pub(crate) fn read(target: &Path) -> Result<Self, String> {
        let folder = folder(target);
        let finished = std::fs::read_to_string(folder.join(FINISHED)).map_err(|_| {
            "no run of the tests has finished: `cargo xtask conformance` or `cargo xtask test` makes one"
                .to_owned()
        })?;
        let path = folder.join(RECORDS);
        let records = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut proofs = BTreeSet::new();
        for line in records.lines() {
            let proof =
                Proof::read(line).ok_or_else(|| format!("{}: `{line}` is no record", path.display()))?;
            proofs.insert(proof);
        }
        Ok(Self {
            proofs,
            skips: finished.lines().filter_map(Skip::parse).collect(),
        })
    }

    /// Whether a test that left no record here was skipped, by its own name or with all of its kind.
    pub(crate) fn was_skipped(&self, test: &str) -> bool {
        let last = |path: &str| path.rsplit("::").next().unwrap_or_default().to_owned();
        let (package, path) = test.split_once(' ').unwrap_or(("", test));
        self.skips.iter().any(|skip| match skip.name.as_str() {
            "namespaces" => package == "vrrp-lab",
            "vrrpd_in_a_namespace" => package == "vrrpd",
            name => last(name) == last(path),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Evidence, clear, finish, folder};
    use crate::summary::Skip;

    fn skip(name: &str) -> Skip {
        Skip {
            name: name.to_owned(),
            reason: "why".to_owned(),
        }
    }

    #[test]
    fn a_skip_explains_its_own_tests_only() {
        let evidence = Evidence {
            skips: vec![skip("two::address_moves"), skip("vrrpd_in_a_namespace")],
            ..Evidence::default()
        };
        assert!(evidence.was_skipped("vrrp-net namespaces::two::address_moves"));
        assert!(evidence.was_skipped("vrrpd running::anything"));
        assert!(!evidence.was_skipped("vrrp-net namespaces::two::address_stays"));
        assert!(!evidence.was_skipped("vrrp-lab failover::address"));
    }

    #[test]
    fn only_a_finished_run_is_read() {
        let temporary = tempfile::tempdir().expect("a folder");
        let target = temporary.path().to_owned();
        clear(&target).expect("cleared");
        let record = "T-B-05\tObeys\tvrrp-core x::y\n";
        std::fs::write(folder(&target).join(vrrp_conformance::RECORDS), record).expect("written");
        assert!(Evidence::read(&target).is_err());
        finish(&target, &[skip("fuzz")]).expect("finished");
        let evidence = Evidence::read(&target).expect("evidence");
        assert_eq!(evidence.proofs.len(), 1);
        assert_eq!(evidence.skips, [skip("fuzz")]);
        clear(&target).expect("cleared");
        assert!(Evidence::read(&target).is_err());
    }
}
