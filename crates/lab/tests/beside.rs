//! The behaviours of docs/behaviour.md that are seen from outside: the same file and the same events for vrrpd and for
//! keepalived, and what both do.

use std::sync::Mutex;
use vrrp_lab::beside::{Case, cases};
use vrrp_lab::daemon::Daemon;
use vrrp_lab::private;
use vrrp_lab::skip::skip;
use vrrp_lab::topology::Lab;

const AGAIN_MAX: usize = 2;

/// All at the same time: most of it is waiting. Whoever fails, as on a machine that was busy elsewhere, is measured again.
#[test]
fn behaviours_beside_keepalived() {
    let name = "behaviours_beside_keepalived";
    for daemon in [Daemon::Vrrpd, Daemon::Keepalived] {
        if let Err(missing) = daemon.program() {
            skip(name, &missing.to_string());
            return;
        }
    }
    private::test_beside(name, true, || {
        let only = std::env::var("VRRP_BESIDE").unwrap_or_default();
        let all: Vec<Case> = cases()
            .into_iter()
            .filter(|case| case.name.contains(&only))
            .collect();
        let all: Vec<(Case, Daemon)> = all
            .iter()
            .flat_map(|case| [(*case, Daemon::Vrrpd), (*case, Daemon::Keepalived)])
            .collect();
        let mut failed = run(&all)?;
        for _ in 0..AGAIN_MAX {
            if failed.is_empty() {
                break;
            }
            let again: Vec<(Case, Daemon)> = failed
                .into_iter()
                .map(|(case, daemon, seen)| {
                    println!("  measured again: {seen}");
                    (case, daemon)
                })
                .collect();
            failed = run(&again)?;
        }
        let words: Vec<String> = failed.into_iter().map(|(_, _, seen)| seen).collect();
        assert!(words.is_empty(), "{}", words.join("\n"));
        println!("  {} behaviours, each of vrrpd and of keepalived", all.len() / 2);
        Ok(())
    });
}

fn run(cases: &[(Case, Daemon)]) -> Result<Vec<(Case, Daemon, String)>, vrrp_lab::LabError> {
    let lab = Lab::new()?;
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (number, (case, daemon)) in cases.iter().enumerate() {
            let (lab, failed) = (&lab, &failed);
            scope.spawn(move || {
                if let Err(seen) = case.check(lab, number, *daemon) {
                    let mut failed = failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    failed.push((*case, *daemon, seen.to_string()));
                }
            });
        }
    });
    Ok(failed.into_inner().unwrap_or_default())
}
