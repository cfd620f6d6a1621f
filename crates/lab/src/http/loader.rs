//! Load at a fixed rate, whatever becomes of it: every request is asked at its time, and a lost one is told with its reason.
//!
//! A client that waits for one answer before it asks again asks less while the service is away, and so makes an outage look
//! small. Here new connections are opened at a fixed rate, and each of the kept ones asks at its own beat.

use super::asking::{Asker, Loss};
use crate::topology::Node;
use crate::{LabError, Stamp};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Style;

/// What is asked, and how patiently.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Time between two requests that open a connection of their own; `None` for none.
    pub fresh_every: Option<Duration>,
    /// Connections that are kept.
    pub kept: u32,
    /// Time between two requests over one of them.
    pub kept_every: Duration,
    /// A request without its whole answer by then is lost.
    pub patience: Duration,
}

/// One request and what became of it.
#[derive(Clone, Debug)]
pub struct Page {
    /// How its connection is used.
    pub style: Style,
    /// When it was asked.
    pub asked: Stamp,
    /// When it was answered or lost.
    pub ended: Stamp,
    /// The body's first line, or why there is none.
    pub outcome: Result<String, Loss>,
}

/// Requests of one style, counted.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Tally {
    /// Asked for.
    pub asked: u32,
    /// Lost, by reason.
    pub lost: BTreeMap<&'static str, u32>,
    /// The slowest answer that came, in ms.
    pub slowest_ms: f64,
}

/// Load that runs until [`Loader::finish`].
#[derive(Debug)]
pub struct Loader {
    stop: Arc<AtomicBool>,
    pages: Pages,
    thread: Option<JoinHandle<()>>,
}

type Pages = Arc<Mutex<Vec<Page>>>;

impl Load {
    /// New connections alone, 250 a second, given up after 300 ms: to see when a service goes and comes.
    pub const GLANCE: Self = Self {
        fresh_every: Some(Duration::from_millis(4)),
        kept: 0,
        kept_every: Duration::from_secs(1),
        patience: Duration::from_millis(300),
    };

    /// 200 new connections a second, and 40 kept ones that ask five times a second; two seconds of patience.
    pub const CROWD: Self = Self {
        fresh_every: Some(Duration::from_millis(5)),
        kept: 40,
        kept_every: Duration::from_millis(200),
        patience: Duration::from_secs(2),
    };
}

impl Tally {
    /// The requests of one style that were asked at or after `from`.
    pub fn of(pages: &[Page], style: Style, from: Stamp) -> Self {
        let mut tally = Self::default();
        for page in pages.iter().filter(|p| p.style == style && p.asked >= from) {
            tally.asked += 1;
            match &page.outcome {
                Ok(_) => tally.slowest_ms = tally.slowest_ms.max(page.ended.ms_since(page.asked)),
                Err(loss) => *tally.lost.entry(loss.name()).or_default() += 1,
            }
        }
        tally
    }

    /// Lost for any reason.
    pub fn lost_in_all(&self) -> u32 {
        self.lost.values().sum()
    }

    /// Lost for this reason.
    pub fn lost_by(&self, loss: Loss) -> u32 {
        self.lost.get(loss.name()).copied().unwrap_or(0)
    }

    /// `12 (9 refused, 3 reset)`.
    pub fn words(&self) -> String {
        if self.lost.is_empty() {
            return "0".to_owned();
        }
        let reasons: Vec<String> = self.lost.iter().map(|(name, n)| format!("{n} {name}")).collect();
        format!("{} ({})", self.lost_in_all(), reasons.join(", "))
    }
}

impl Loader {
    /// Ask `http://ADDRESS/` from `client`.
    ///
    /// # Errors
    /// When the client's namespace cannot be entered.
    pub fn start(client: &Node, address: IpAddr, load: Load) -> Result<Self, LabError> {
        // Thousands of connections to one address: what has ended long ago must not use up the ports.
        client.set("net/ipv4/tcp_tw_reuse", "1")?;
        let stop = Arc::new(AtomicBool::new(false));
        let pages = Pages::default();
        let path = format!("/run/netns/{}", client.name());
        let namespace = std::fs::File::open(&path).map_err(LabError::io(path))?;
        let thread = std::thread::spawn({
            let (stop, pages) = (Arc::clone(&stop), Arc::clone(&pages));
            move || {
                if nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).is_ok() {
                    ask(SocketAddr::new(address, 80), load, &stop, &pages);
                }
            }
        });
        Ok(Self {
            stop,
            pages,
            thread: Some(thread),
        })
    }

    /// What has ended so far, in the order in which it ended.
    pub fn pages(&self) -> Vec<Page> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first answer of `server`, by the first line of its page, that came at or after `since`.
    pub fn first_of(&self, server: &str, since: Stamp) -> Option<Stamp> {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let by = |page: &&Page| page.ended >= since && page.outcome.as_deref() == Ok(server);
        pages.iter().find(by).map(|page| page.ended)
    }

    /// Ask nothing more, wait for what is open and hand over all of it.
    pub fn finish(mut self) -> Vec<Page> {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.pages()
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The time from the first lost request that was asked at or after `since` to the next answer, in ms; 0 where none was lost.
pub fn outage_ms(pages: &[Page], since: Stamp) -> f64 {
    // A request that was on its way when it happened belongs to it.
    let lost = pages.iter().filter(|p| p.outcome.is_err() && p.ended >= since);
    let Some(first) = lost.map(|p| p.asked).min() else {
        return 0.0;
    };
    let last_lost = pages.iter().filter(|p| p.outcome.is_err()).map(|p| p.asked).max();
    let answered = pages
        .iter()
        .filter(|p| p.outcome.is_ok() && Some(p.asked) >= last_lost);
    answered
        .map(|p| p.ended)
        .min()
        .map_or(f64::INFINITY, |back| back.ms_since(first))
}

fn ask(address: SocketAddr, load: Load, stop: &Arc<AtomicBool>, pages: &Pages) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    runtime.block_on(async {
        let mut askers = tokio::task::JoinSet::new();
        for number in 0..load.kept {
            let (stop, pages) = (Arc::clone(stop), Arc::clone(pages));
            askers.spawn(async move {
                // Spread over the beat.
                tokio::time::sleep(load.kept_every * number / load.kept).await;
                keep_asking(address, load, &stop, &pages).await;
            });
        }
        if let Some(every) = load.fresh_every {
            let mut beat = interval(every);
            beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
            while !stop.load(Ordering::Relaxed) {
                beat.tick().await;
                let pages = Arc::clone(pages);
                askers.spawn(async move {
                    request(&mut Asker::new(address), Style::Fresh, load.patience, &pages).await;
                });
                while askers.try_join_next().is_some() {}
            }
        }
        while askers.join_next().await.is_some() {}
    });
}

async fn keep_asking(address: SocketAddr, load: Load, stop: &AtomicBool, pages: &Pages) {
    let mut asker = Asker::new(address);
    let mut beat = interval(load.kept_every);
    // Those that missed theirs must not go on in step with each other.
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while !stop.load(Ordering::Relaxed) {
        beat.tick().await;
        request(&mut asker, Style::Kept, load.patience, pages).await;
    }
}

async fn request(asker: &mut Asker, style: Style, patience: Duration, pages: &Pages) {
    let asked = Stamp::now();
    let outcome = match timeout(patience, asker.page()).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Loss::Late),
    };
    if outcome.is_err() {
        asker.hang_up();
    }
    let page = Page {
        style,
        asked,
        ended: Stamp::now(),
        outcome,
    };
    pages.lock().unwrap_or_else(PoisonError::into_inner).push(page);
}

#[cfg(test)]
mod tests {
    use super::{Page, Tally, outage_ms};
    use crate::Stamp;
    use crate::http::{Loss, Style};

    fn page(asked_ms: u64, ended_ms: u64, outcome: Result<&str, Loss>) -> Page {
        Page {
            style: Style::Fresh,
            asked: Stamp(asked_ms * 1_000_000),
            ended: Stamp(ended_ms * 1_000_000),
            outcome: outcome.map(str::to_owned),
        }
    }

    #[test]
    fn an_outage_lasts_from_the_first_lost_request_to_the_next_answer() {
        let pages = [
            page(0, 1, Ok("lb01")),
            page(10, 11, Err(Loss::Refused)),
            page(20, 320, Err(Loss::Late)),
            page(30, 331, Ok("lb02")),
            page(40, 333, Ok("lb02")),
        ];
        assert_eq!(outage_ms(&pages, Stamp(5_000_000)), 321.0);
        assert_eq!(outage_ms(&pages[..1], Stamp(0)), 0.0);
        assert_eq!(outage_ms(&pages[..3], Stamp(0)), f64::INFINITY);
    }

    #[test]
    fn the_lost_are_counted_by_reason() {
        let mut pages = vec![
            page(0, 9, Ok("lb01")),
            page(1, 2, Err(Loss::Refused)),
            page(2, 3, Err(Loss::Refused)),
            page(3, 5, Err(Loss::Reset)),
        ];
        pages[3].style = Style::Kept;
        let tally = Tally::of(&pages, Style::Fresh, Stamp(0));
        assert_eq!((tally.asked, tally.words().as_str()), (3, "2 (2 refused)"));
        assert_eq!(tally.slowest_ms, 9.0);
        assert_eq!(Tally::of(&pages, Style::Kept, Stamp(4_000_000)).asked, 0);
    }
}
