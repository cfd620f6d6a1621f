//! Of one check there is one run at a time, whatever its length, its interval, and whatever is done to it meanwhile.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use healthcheck::{Check, Health, Judge, Mode, Outcome, Probe, Rules, Runner};
use proptest::prelude::*;

/// A case takes milliseconds.
const LIMIT: Duration = Duration::from_secs(20);

/// How many runs there are, the most at a time, and all.
#[derive(Default)]
struct Counts {
    now: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

struct Slow {
    lasts: Vec<Duration>,
    counts: Arc<Counts>,
}

/// One run.
struct Going(Arc<Counts>);

impl Going {
    fn new(counts: &Arc<Counts>) -> Self {
        let now = counts.now.fetch_add(1, Ordering::SeqCst) + 1;
        counts.most.fetch_max(now, Ordering::SeqCst);
        counts.all.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(counts))
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Probe for Slow {
    fn name(&self) -> String {
        "slow".to_owned()
    }

    fn limit(&self) -> Duration {
        Duration::from_millis(200)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        let going = Going::new(&self.counts);
        let run = self.counts.all.load(Ordering::SeqCst);
        let lasts = self.lasts[run % self.lasts.len()];
        async move {
            tokio::time::sleep(lasts).await;
            drop(going);
            if lasts.as_millis().is_multiple_of(3) {
                Outcome::fail("", lasts)
            } else {
                Outcome::pass("", lasts)
            }
        }
        .boxed()
    }
}

/// What is done to a check while it runs.
#[derive(Debug, Clone, Copy)]
enum Done {
    Replaced,
    Removed,
    Maintained,
    Waited(u64),
}

fn done() -> impl Strategy<Value = Done> {
    prop_oneof![
        Just(Done::Replaced),
        Just(Done::Removed),
        Just(Done::Maintained),
        (0_u64..400).prop_map(Done::Waited),
        (0_u64..400).prop_map(Done::Waited),
    ]
}

fn check(interval_ms: u64, lasts_ms: &[u64], retry: bool, counts: &Arc<Counts>) -> Check {
    let rules = match retry {
        true => Rules::retrying(2, Duration::from_millis(1)),
        false => Rules::new(2, 2),
    };
    Check {
        name: "slow".into(),
        probe: Box::new(Slow {
            lasts: lasts_ms.iter().copied().map(Duration::from_millis).collect(),
            counts: Arc::clone(counts),
        }),
        judge: Judge::new(rules),
        interval: Duration::from_millis(interval_ms),
    }
}

proptest! {
    // In broken code a case may take the whole limit: it is not tried again and again.
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_time: 5_000, ..ProptestConfig::default() })]

    /// Runs shorter and longer than the interval and than the limit, with retries that are due at once.
    #[test]
    fn probes_never_overlap(
        interval_ms in 1_u64..100,
        lasts_ms in prop::collection::vec(0_u64..300, 1..8),
        retry: bool,
        steps in prop::collection::vec(done(), 1..30),
    ) {
        let counts = Arc::new(Counts::default());
        let (done, ended) = channel();
        let lived = Arc::clone(&counts);
        std::thread::spawn(move || {
            live(interval_ms, &lasts_ms, retry, &steps, &lived);
            let _ = done.send(());
        });
        prop_assert!(ended.recv_timeout(LIMIT).is_ok(), "it does not end");
        prop_assert!(counts.all.load(Ordering::SeqCst) >= 2);
        prop_assert_eq!(counts.most.load(Ordering::SeqCst), 1);
        prop_assert_eq!(counts.now.load(Ordering::SeqCst), 0, "none goes on after the end");
    }
}

/// The life of a runner, in virtual time.
fn live(interval_ms: u64, lasts_ms: &[u64], retry: bool, steps: &[Done], counts: &Arc<Counts>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut runner = Runner::new(|_| {});
        let new = || check(interval_ms, lasts_ms, retry, counts);
        runner.add(new());
        for step in steps {
            match *step {
                Done::Replaced => runner.add(new()),
                Done::Removed => _ = runner.remove("slow"),
                Done::Maintained => _ = runner.set_mode("slow", Mode::Maintenance(Health::Up)),
                Done::Waited(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            }
        }
        runner.add(new());
        tokio::time::sleep(Duration::from_secs(1)).await;
        // Virtual time runs on while nothing else does: what never ends is cut off at once.
        let stopped = tokio::time::timeout(Duration::from_secs(60), runner.stop()).await;
        assert!(stopped.is_ok(), "stop does not end");
    });
}
