//! The checks of the plan on the runner.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use healthcheck::{Check, Judge, Rules, Runner};
use tokio::time::timeout;

use crate::node::lock;
use crate::scripts;

/// Starts checks, each with its first run at once. One that runs already goes on from what it has found. Looks users up:
/// not for the router loop.
pub(crate) fn begin<'a>(runner: &Mutex<Runner>, checks: impl IntoIterator<Item = &'a vrrp_plan::Check>) {
    for check in checks {
        let rules = Rules::new(check.rise, check.fall);
        let rules = if check.initially_down {
            rules.init_fail()
        } else {
            rules
        };
        lock(runner).add(Check {
            name: Arc::from(check.name.as_str()),
            probe: scripts::probe(check),
            judge: Judge::new(rules),
            interval: check.interval,
        });
    }
}

/// Ends checks, and kills what they run.
pub(crate) fn end(runner: &Mutex<Runner>, names: &[String]) {
    let mut runner = lock(runner);
    for name in names {
        runner.remove(name);
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
