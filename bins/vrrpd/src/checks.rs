//! The checks of the plan on the runner.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use healthcheck::{Check, Judge, Probe, Rules, Runner};
use tokio::time::timeout;
use vrrp_plan::What;

use crate::node::{Node, lock};
use crate::{modes, scripts};

/// What checks look at, by name; of those that an application tells nothing.
pub(crate) type Probes = BTreeMap<String, Box<dyn Probe>>;

/// Makes them. Looks users up, which may take its time: beside every loop that somebody waits for.
pub(crate) fn probes<'a>(checks: impl IntoIterator<Item = &'a vrrp_plan::Check>) -> Probes {
    let asks = |check: &&vrrp_plan::Check| !matches!(check.what, What::Hear(_));
    let asking = checks.into_iter().filter(asks);
    asking
        .map(|check| (check.name.clone(), scripts::probe(check)))
        .collect()
}

/// As [`begin`], with probes that are made beside this loop.
pub(crate) async fn begin_when_made(node: &Node, checks: Vec<vrrp_plan::Check>) {
    let making = tokio::task::spawn_blocking({
        let checks = checks.clone();
        move || probes(&checks)
    });
    // It panicked: each of them fails, with a reason.
    let probes = making.await.unwrap_or_default();
    begin(node, &checks, probes);
}

/// Starts checks, each with its first run at once. One that runs already goes on from what it has found.
pub(crate) fn begin<'a>(
    node: &Node,
    checks: impl IntoIterator<Item = &'a vrrp_plan::Check>,
    mut probes: Probes,
) {
    for check in checks {
        let rules = Rules::new(check.rise, check.fall);
        let rules = if check.initially_down {
            rules.init_fail()
        } else {
            rules
        };
        let mode = modes::told(modes::in_force(&lock(&node.modes), check));
        let probe = probe(node, check, probes.remove(&check.name));
        let mut runner = lock(&node.runner);
        runner.add(Check {
            name: Arc::from(check.name.as_str()),
            probe,
            judge: Judge::new(rules),
            interval: check.interval,
        });
        runner.set_mode(&check.name, mode);
    }
}

fn probe(node: &Node, check: &vrrp_plan::Check, made: Option<Box<dyn Probe>>) -> Box<dyn Probe> {
    let mut pushes = lock(&node.pushes);
    if let What::Hear(push) = &check.what {
        let probe = pushes.probe(check, push);
        return probe.unwrap_or_else(|reason| scripts::impossible(check, reason));
    }
    pushes.forget(&check.name);
    drop(pushes);
    made.unwrap_or_else(|| scripts::impossible(check, "a fault of the program; please report it".to_owned()))
}

/// Ends checks, and kills what they run.
pub(crate) fn end(node: &Node, names: &[String]) {
    for name in names {
        lock(&node.runner).remove(name);
        lock(&node.pushes).forget(name);
        modes::forget(node, name);
    }
}

/// Waits until each of `checks` has given a result, at most `limit`; answers with those that have none, and nothing else
/// that says how they are.
pub(crate) async fn first_results(
    runner: &Mutex<Runner>,
    checks: &[vrrp_plan::Check],
    limit: Duration,
) -> Vec<String> {
    let watched: Vec<_> = checks
        .iter()
        .filter_map(|check| lock(runner).watch(&check.name))
        .collect();
    let each = watched.into_iter().map(|mut watched| async move {
        // An error: the check has been ended meanwhile.
        let _ = watched.wait_for(|status| status.runs > 0).await;
    });
    if timeout(limit, futures::future::join_all(each)).await.is_ok() {
        return Vec::new();
    }
    let runner = lock(runner);
    let unknown = checks
        .iter()
        .filter(|check| runner.health(&check.name) == vrrp_core::Health::Unknown);
    unknown.map(|check| check.name.clone()).collect()
}
