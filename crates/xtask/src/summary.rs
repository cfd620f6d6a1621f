//! What ran, what did not and why, as a table at the end.

use std::fmt::Write as _;
use std::time::Duration;

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed(String),
    Skipped(String),
}

/// A check that said why it could not run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Skip {
    pub(crate) name: String,
    pub(crate) reason: String,
}

/// One heading of the run.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) took: Duration,
    pub(crate) verdict: Verdict,
    pub(crate) skips: Vec<Skip>,
}

/// The whole run.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) steps: Vec<Step>,
}

impl Skip {
    /// `SKIP name: reason`, alone on a line or behind what the test harness printed on it.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let at = line.find("SKIP ")?;
        let before = line.get(..at)?;
        // The harness's dots of passed tests may stand in front.
        let dots = before.chars().all(|c| c == '.' || c.is_whitespace());
        if !(dots || before.ends_with("... ")) {
            return None;
        }
        let (name, reason) = line.get(at + 5..)?.split_once(": ")?;
        let word = !name.is_empty() && !name.contains(char::is_whitespace);
        word.then(|| Self {
            name: name.to_owned(),
            reason: reason.trim().to_owned(),
        })
    }
}

impl Summary {
    pub(crate) fn failed(&self) -> bool {
        self.steps.iter().any(|s| matches!(s.verdict, Verdict::Failed(_)))
    }

    /// Every skip once: of whole steps and of single checks.
    pub(crate) fn skips(&self) -> Vec<Skip> {
        let mut all: Vec<Skip> = self.steps.iter().flat_map(|s| s.skips.iter().cloned()).collect();
        for step in &self.steps {
            if let Verdict::Skipped(reason) = &step.verdict {
                all.push(Skip {
                    name: step.name.to_owned(),
                    reason: reason.clone(),
                });
            }
        }
        all.sort();
        all.dedup();
        all
    }

    pub(crate) fn table(&self) -> String {
        let mut text = String::from("\n  step         result    seconds\n");
        let (mut passed, mut failed) = (0, 0);
        for step in &self.steps {
            let (word, why) = match &step.verdict {
                Verdict::Passed => ("passed", String::new()),
                Verdict::Failed(why) => ("FAILED", format!("  {why}")),
                Verdict::Skipped(_) => ("skipped", String::new()),
            };
            passed += usize::from(step.verdict == Verdict::Passed);
            failed += usize::from(word == "FAILED");
            let _ = writeln!(
                text,
                "  {:<12} {word:<9} {:>7.1}{why}",
                step.name,
                step.took.as_secs_f64()
            );
        }
        let skips = self.skips();
        let _ = writeln!(
            text,
            "\n  {passed} passed, {failed} failed, {} skipped",
            skips.len()
        );
        for skip in &skips {
            let _ = writeln!(text, "  SKIP {}: {}", skip.name, skip.reason);
        }
        text
    }
}

/// Lines that are shown again of a step that failed.
const SHOWN_AGAIN: usize = 120;

/// What a long log says of the failure: each line that tells of one with what follows it, and how the log ends.
///
/// Whoever reads only the end of a run must find the reason there. A test may panic on purpose: of test programs that
/// passed nothing is shown.
pub(crate) fn telling(log: &str) -> Vec<&str> {
    const WORDS: [&str; 4] = ["panicked at", "FAILED", "error: ", "error["];
    const FOLLOWING: usize = 5;
    const ENDING: usize = 15;
    let lines = without_passed_programs(log);
    let ending = lines.len().saturating_sub(ENDING);
    let mut shown_until = 0;
    let mut shown = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if WORDS.iter().any(|word| line.contains(word)) {
            shown_until = at + FOLLOWING;
        }
        if at < shown_until || at >= ending {
            shown.push(*line);
        }
    }
    shown.split_off(shown.len().saturating_sub(SHOWN_AGAIN))
}

fn without_passed_programs(log: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut program_from = 0;
    for line in log.lines() {
        let is_start = line.starts_with("running ") && (line.ends_with(" test") || line.ends_with(" tests"));
        if is_start {
            program_from = kept.len();
        }
        kept.push(line);
        if line.starts_with("test result: ok.") {
            kept.truncate(program_from);
        }
    }
    kept
}

/// The skips that CI does not allow. The file has one `name: reason` a line; the name decides.
pub(crate) fn not_allowed<'a>(skips: &'a [Skip], allowed: &str) -> Vec<&'a Skip> {
    let names: Vec<&str> = allowed
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_once(':').map(|(name, _)| name.trim()))
        .collect();
    skips
        .iter()
        .filter(|skip| !names.contains(&skip.name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Skip, not_allowed, telling};

    #[test]
    fn the_reason_of_a_failure_is_shown_again_and_the_noise_is_not() {
        let noise = "passed\n".repeat(200);
        let log = format!("{noise}thread 'a' panicked at a.rs:1:2:\nleft: 1\nright: 2\n{noise}the end\n");
        let shown = telling(&log);
        assert!(
            shown.contains(&"left: 1") && shown.contains(&"the end"),
            "{shown:?}"
        );
        assert_eq!(shown.len(), 5 + 15);
    }

    #[test]
    fn what_panics_on_purpose_is_not_taken_for_the_failure() {
        let passed = "running 1 test\nthread 'a' panicked at a.rs:1:2:\ntest result: ok. 1 passed\n";
        let failed = "running 2 tests\nthread 'b' panicked at b.rs:1:2:\ntest result: FAILED. 1 passed\n";
        let log = format!("{passed}{failed}{passed}");
        let shown = telling(&log);
        assert_eq!(shown, failed.lines().collect::<Vec<_>>());
    }

    #[test]
    fn a_skip_is_found_alone_and_behind_the_harness() {
        let skip = Skip::parse("SKIP second_user: one mapped uid").expect("a skip");
        assert_eq!(
            (skip.name.as_str(), skip.reason.as_str()),
            ("second_user", "one mapped uid")
        );
        assert!(Skip::parse("test second_user ... SKIP second_user: one mapped uid").is_some());
        assert!(Skip::parse("...SKIP second_user: one mapped uid").is_some());
        assert_eq!(Skip::parse("the log says SKIP x: y"), None);
        assert_eq!(Skip::parse("SKIP two words: y"), None);
    }

    #[test]
    fn only_listed_names_may_be_skipped() {
        let skips = ["realtime", "netem"].map(|name| Skip {
            name: name.to_owned(),
            reason: "absent".to_owned(),
        });
        let refused = not_allowed(&skips, "# comment\nnetem: the kernel has no such queue\n");
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].name, "realtime");
    }
}
