//! When the runs of many checks begin, in virtual time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{Check, Judge, Outcome, Probe, Rules, Runner};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_thousand_checks_do_not_fire_together() {
    let mut runner = Runner::new(|_| {});
    let log = Arc::new(Mutex::new(Vec::new()));
    for number in 0..1000 {
        let log = Arc::clone(&log);
        runner.add(Check {
            name: format!("c{number}").into(),
            probe: Box::new(Noted(log)),
            judge: Judge::new(Rules::default()),
            interval: SECOND,
        });
    }
    let began = Instant::now();
    sleep(3 * SECOND).await;
    let mut per_ms = vec![0_u32; 3000];
    for start in log.lock().unwrap().iter() {
        let ms = usize::try_from((*start - began).as_millis()).unwrap();
        if ms < 3000 {
            per_ms[ms] += 1;
        }
    }
    assert_eq!(per_ms[0], 1000, "a node must know quickly");
    let steady = &per_ms[1000..];
    assert!(steady.iter().sum::<u32>() > 1900);
    assert!(
        steady.iter().all(|count| *count <= 4),
        "{:?}",
        steady.iter().max()
    );
}

/// Notes when it is asked.
struct Noted(Arc<Mutex<Vec<Instant>>>);

impl Probe for Noted {
    fn name(&self) -> String {
        "noted".to_owned()
    }

    fn limit(&self) -> Duration {
        SECOND
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        self.0.lock().unwrap().push(Instant::now());
        async { Outcome::pass("", Duration::ZERO) }.boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_spreads_the_first_runs() {
    let mut runner = Runner::new(|_| {});
    let log = Arc::new(Mutex::new(Vec::new()));
    let began = Instant::now();
    for number in 0..100 {
        runner.add(Check {
            name: format!("c{number}").into(),
            probe: Box::new(Noted(Arc::clone(&log))),
            judge: Judge::new(Rules::default().warmup(10 * SECOND)),
            interval: 10 * SECOND,
        });
    }
    sleep(Duration::from_millis(10_010)).await;
    let mut first: Vec<Duration> = log.lock().unwrap().iter().map(|at| *at - began).collect();
    first.sort();
    first.truncate(100);
    let gap = first.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(
        first.len() == 100 && gap < SECOND / 2,
        "{} began, {gap:?} between two",
        first.len()
    );
}
