//! What befalls the nginx of the Active node, and what a client notices of it.

use std::time::Duration;

use super::{Nginx, Page};
use crate::http::{Browser, Requests, Style};
use crate::pair::{Pair, VRID};
use crate::{LabError, Stamp, wait};

/// What happens to nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfortune {
    /// kill -9.
    Killed,
    /// It hangs (SIGSTOP).
    Hangs,
    /// Its page is an error 500.
    Broken,
    /// Its page does not come.
    Slow,
    /// The web server behind it is gone: 502.
    Forsaken,
}

/// What was noticed.
#[derive(Clone, Copy, Debug)]
pub struct Noticed {
    /// From the misfortune to the first advertisement of the other node.
    pub decided_ms: f64,
    /// The longest time between two pages, over a new connection each.
    pub without_page_ms: f64,
    /// Pages that failed, over a new connection each and over a kept one.
    pub failed: [u32; 2],
    /// How long both kernels held the address.
    pub two_holders_ms: f64,
}

impl Misfortune {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Killed,
        Self::Hangs,
        Self::Broken,
        Self::Slow,
        Self::Forsaken,
    ];

    /// Let it befall the nginx of the better node, wait until the other one serves, make it good again and wait until the
    /// better one serves again.
    ///
    /// # Errors
    /// When the address does not follow the service.
    pub fn befall(self, pair: &Pair, nginx: &mut Nginx) -> Result<Noticed, LabError> {
        let client = pair.client.node();
        let fresh = Browser::start(client, pair.address(), Style::Fresh)?;
        let kept = Browser::start(client, pair.address(), Style::Kept)?;
        std::thread::sleep(Duration::from_millis(200));
        let since = Stamp::now();
        match self {
            Self::Killed => nginx.kill()?,
            Self::Hangs => nginx.freeze()?,
            Self::Broken => nginx.turn(Page::Broken)?,
            Self::Slow => nginx.turn(Page::Waiting)?,
            Self::Forsaken => nginx.turn(Page::Forsaken)?,
        }
        let moved = wait::until(
            "an advertisement of the other node",
            pair.options.patience(),
            || pair.watch.adverts(&pair.other.node, VRID, since).first().copied(),
        );
        let moved = moved.map_err(|error| pair.explain(&error.to_string()))?;
        pair.wait_for_other()?;
        // What breaks late is to be seen.
        std::thread::sleep(Duration::from_millis(500));
        let noticed = noticed(pair, since, moved.at, [fresh.finish(), kept.finish()]);
        match self {
            Self::Killed => nginx.start_again()?,
            Self::Hangs => nginx.thaw()?,
            Self::Broken | Self::Slow | Self::Forsaken => nginx.turn(Page::Well)?,
        }
        pair.wait_for_better()?;
        Ok(noticed)
    }
}

fn noticed(pair: &Pair, since: Stamp, moved: Stamp, [fresh, kept]: [Requests; 2]) -> Noticed {
    let changes = pair.holders.changes(pair.address(), since);
    let better = pair.better.node.number();
    let both = crate::holders::two_holders(&changes, &[better], since, Stamp::now());
    Noticed {
        decided_ms: moved.ms_since(since),
        without_page_ms: fresh.longest_without.as_secs_f64() * 1e3,
        failed: [fresh.failed, kept.failed],
        two_holders_ms: both.as_secs_f64() * 1e3,
    }
}
