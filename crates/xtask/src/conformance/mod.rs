//! `cargo xtask conformance`: which tests prove which requirement, and the page that says so.

mod evidence;
mod judge;
mod page;

pub(crate) use evidence::{clear, finish, folder};

use crate::project::Project;
use crate::sequence;
use crate::summary::{Skip, Verdict};
use clap::Args;
use evidence::Evidence;
use judge::{Judged, complaints, judge};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use vrrp_conformance::{COMPLETE, Polarity, Proof, rows};

/// What may be asked for.
#[derive(Args, Debug)]
pub(crate) struct ConformanceArguments {
    /// Run no test: take what the last run of `cargo xtask test` or of this command recorded.
    #[arg(long)]
    last: bool,
    /// Of the last run, as JSON and nothing else; docs/rfc9568.md stays as it is.
    #[arg(long)]
    json: bool,
    /// Of the last run: complain as `cargo xtask test` does, and write nothing.
    #[arg(long)]
    check: bool,
    /// Fetch nothing: what is missing is skipped by name.
    #[arg(long)]
    no_install: bool,
}

/// The name of the step, and of its skip.
pub(crate) const STEP: &str = "conformance";

/// The proofs to judge by: those of this run, and those of the page whose tests were skipped here.
struct Proofs {
    all: BTreeSet<Proof>,
    not_run_here: Vec<Proof>,
    /// What the page says now.
    page: String,
    path: PathBuf,
}

pub(crate) fn run(arguments: &ConformanceArguments) -> Result<u8, String> {
    let project = Project::read()?;
    if arguments.check {
        let mut skips = Vec::new();
        let verdict = check(&project, &mut skips);
        for skip in skips {
            println!("SKIP {}: {}", skip.name, skip.reason);
        }
        return Ok(u8::from(verdict.is_err()));
    }
    let of_the_last_run = arguments.last || arguments.json;
    if !of_the_last_run && !sequence::prove(&project, !arguments.no_install)? {
        return Ok(1);
    }
    let proofs = gather(&project)?;
    let judged = judge(rows(), &proofs.all);
    if arguments.json {
        // Whoever reads only the beginning may hang up.
        let _gone = writeln!(std::io::stdout(), "{}", json(&judged)?);
        return Ok(0);
    }
    print(&judged);
    for proof in &proofs.not_run_here {
        println!(
            "not run here, taken from {}: {} {}",
            proofs.path.display(),
            proof.id,
            proof.test
        );
    }
    let complaints = complaints(&judged, COMPLETE);
    for complaint in &complaints {
        println!("{complaint}");
    }
    let page = page::write(&judged);
    if page != proofs.page {
        std::fs::write(&proofs.path, page).map_err(|e| format!("{}: {e}", proofs.path.display()))?;
        println!("written: {}", proofs.path.display());
    }
    Ok(u8::from(!complaints.is_empty()))
}

/// What the page says is proven.
pub(crate) fn of_the_page(root: &Path) -> BTreeSet<Proof> {
    page::read(&std::fs::read_to_string(root.join(PAGE)).unwrap_or_default())
}

const PAGE: &str = "docs/rfc9568.md";

fn gather(project: &Project) -> Result<Proofs, String> {
    let path = project.root.join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let evidence = Evidence::read(&project.target)?;
    let not_run_here: Vec<Proof> = page::read(&page)
        .into_iter()
        .filter(|proof| !evidence.proofs.contains(proof) && evidence.was_skipped(&proof.test))
        .collect();
    let mut all = evidence.proofs;
    all.extend(not_run_here.iter().cloned());
    Ok(Proofs {
        all,
        not_run_here,
        page,
        path,
    })
}

/// The step of `cargo xtask test`: changes nothing, complains.
pub(crate) fn check(project: &Project, skips: &mut Vec<Skip>) -> Result<(), Verdict> {
    let proofs = gather(project).map_err(Verdict::Failed)?;
    let judged = judge(rows(), &proofs.all);
    for line in page::counts(&judged).lines() {
        println!("   {line}");
    }
    let mut complaints = complaints(&judged, COMPLETE);
    if page::write(&judged) != proofs.page {
        complaints.push(format!(
            "{} is stale: `cargo xtask conformance --last` writes it",
            proofs.path.display()
        ));
    }
    if !proofs.not_run_here.is_empty() {
        let tests: BTreeSet<&str> = proofs.not_run_here.iter().map(|p| p.test.as_str()).collect();
        skips.push(Skip {
            name: STEP.to_owned(),
            reason: format!(
                "{} proofs were taken from the page, since their tests were skipped here: {}",
                proofs.not_run_here.len(),
                tests.into_iter().collect::<Vec<_>>().join(", ")
            ),
        });
    }
    for complaint in &complaints {
        println!("   {complaint}");
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(Verdict::Failed(format!("{} complaints", complaints.len())))
    }
}

fn print(judged: &[Judged]) {
    for one in judged {
        println!(
            "{:<20} {:<10} {:<13} {}",
            one.row.id,
            one.row.level,
            one.row.layer,
            page::standing(one.standing)
        );
        for (word, tests) in [("obeys", &one.obeys), ("refuses", &one.refuses)] {
            for test in tests {
                println!("    {word:<8} {test}");
            }
        }
    }
    println!("\n{}", page::counts(judged));
}

/// One object a proof: id, polarity, test; for a row without any: id, and why.
fn json(judged: &[Judged]) -> Result<String, String> {
    let mut lines = Vec::new();
    for one in judged {
        for (polarity, tests) in [(Polarity::Obeys, &one.obeys), (Polarity::Refuses, &one.refuses)] {
            for test in tests {
                let polarity = format!("{polarity:?}");
                lines.push(serde_json::json!({ "id": one.row.id, "polarity": polarity, "test": test }));
            }
        }
        let (key, why) = match one.standing {
            judge::Standing::Proven | judge::Standing::Listed => continue,
            judge::Standing::Missing => ("missing", ""),
            judge::Standing::Open(why) => ("open", why),
            judge::Standing::Excused(why) => ("excuse", why),
        };
        lines.push(serde_json::json!({ "id": one.row.id, key: why }));
    }
    serde_json::to_string_pretty(&lines).map_err(|e| e.to_string())
}
