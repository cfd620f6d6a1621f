//! One node whose every frame and every address is seen.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use vrrp_lab::conf::{Config, Instance};
use vrrp_lab::daemon::{Daemon, Running};
use vrrp_lab::frame::Seen;
use vrrp_lab::holders::{Change, Holders};
use vrrp_lab::private::run;
pub(crate) use vrrp_lab::private::test_with_ours as inside;
use vrrp_lab::program::find_own;
use vrrp_lab::tap::Tap;
use vrrp_lab::topology::{Cable, Lab, Node, Switch};
use vrrp_lab::wait::until;
use vrrp_lab::watch::Sighting;
use vrrp_lab::{LabError, Stamp};

pub(crate) type Outcome = Result<(), LabError>;

/// Longer than anything here takes on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// A router of version 3 that announces its addresses once: a second burst seconds later would look like one of a reload.
pub(crate) fn instance(vrid: u8, priority: u8, addresses: &[&str]) -> Instance {
    let mut one = Instance::new("eth1", vrid, priority, 100, "");
    one.addresses = addresses.iter().map(|&address| address.to_owned()).collect();
    one.extra = vec!["garp_master_delay 0".to_owned()];
    one
}

/// A file with these instances, in this order.
pub(crate) fn file(instances: &[Instance]) -> String {
    Config {
        instances: instances.to_vec(),
        ..Config::default()
    }
    .text()
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// One daemon.
pub(crate) struct Bench {
    pub(crate) node: Node,
    pub(crate) tap: Tap,
    pub(crate) other_tap: Tap,
    pub(crate) holders: Holders,
    pub(crate) daemon: Running,
    pub(crate) switch: Switch,
    _cables: [Cable; 2],
    // The last to go.
    pub(crate) lab: Lab,
}

impl Bench {
    /// A node with `eth1` and `eth2` on one switch, and its daemon.
    pub(crate) fn start(config: &str) -> Result<Self, LabError> {
        let lab = Lab::new()?;
        let switch = lab.switch("lan")?;
        let node = lab.node("lb01")?;
        let first = lab.connect(&node, &switch, "eth1", &["192.0.2.1/24"])?;
        let second = lab.connect(&node, &switch, "eth2", &["198.51.100.1/24"])?;
        let (tap, other_tap) = (Tap::start(&first)?, Tap::start(&second)?);
        let holders = Holders::start(&[&node])?;
        let daemon = Daemon::Vrrpd.start(&node, config, false)?;
        Ok(Self {
            node,
            tap,
            other_tap,
            holders,
            daemon,
            switch,
            _cables: [first, second],
            lab,
        })
    }

    /// As [`Bench::start`], and waits until each of these virtual routers has advertised thrice.
    pub(crate) fn active(config: &str, vrids: &[u8]) -> Result<Self, LabError> {
        let bench = Self::start(config)?;
        for vrid in vrids {
            bench.wait_adverts(*vrid, Stamp(0), 3)?;
        }
        Ok(bench)
    }

    /// Advertisements of a virtual router by either interface.
    pub(crate) fn adverts(&self, vrid: u8, from: Stamp) -> Vec<Sighting> {
        let mut all = self.tap.adverts(vrid, from);
        all.extend(self.other_tap.adverts(vrid, from));
        all.sort_by_key(|sighting| sighting.at);
        all
    }

    pub(crate) fn wait_adverts(&self, vrid: u8, from: Stamp, count: usize) -> Outcome {
        let seen = || {
            let mut all = self.adverts(vrid, from);
            all.retain(|sighting| priority(sighting) != 0);
            (all.len() >= count).then_some(())
        };
        until(&format!("{count} advertisements of {vrid}"), LIMIT, seen).map_err(|error| self.told(&error))
    }

    pub(crate) fn wait_held(&self, address: &str, held: bool) -> Outcome {
        let so = || (self.node.holds(address).ok()? == held).then_some(());
        until(&format!("{address} held: {held}"), LIMIT, so).map_err(|error| self.told(&error))
    }

    /// Replaces the file, and waits until the daemon has answered. Gives the moment before, and the line of its log.
    pub(crate) fn reload(&self, config: &str) -> Result<(Stamp, String), LabError> {
        let from = Stamp::now();
        let path = self.node.folder().join("vrrpd.conf");
        std::fs::write(&path, config).map_err(LabError::io("the file"))?;
        Ok((from, self.hang_up()?))
    }

    /// As [`Bench::reload`], with the file as it is.
    pub(crate) fn hang_up(&self) -> Result<String, LabError> {
        let answers = || {
            let log = self.daemon.process.log();
            let mine = log.lines().filter(|line| line.contains("reloaded"));
            mine.map(str::to_owned).collect::<Vec<_>>()
        };
        let before = answers().len();
        self.daemon.process.signal(Signal::SIGHUP)?;
        until("the answer to SIGHUP", LIMIT, || answers().get(before).cloned())
            .map_err(|error| self.told(&error))
    }

    /// What `vrrpctl plan` says of a reload from one file to another, in the node's network; none: it would be refused.
    pub(crate) fn plan(&self, old: &str, new: &str) -> Result<Option<serde_json::Value>, LabError> {
        let files = [("old.conf", old), ("new.conf", new)].map(|(name, text)| {
            let path = self.node.folder().join(name);
            std::fs::write(&path, text).map(|()| path.display().to_string())
        });
        let [old, new] = files.map(|path| path.map_err(LabError::io("files for a plan")));
        let program = find_own("vrrpctl", "VRRPCTL_BIN")?.display().to_string();
        let words = ["plan".to_owned(), "--json".to_owned(), old?, new?];
        match self.node.within(|| run(&program, &words))? {
            Ok(text) => Ok(serde_json::from_str(&text).ok()),
            Err(_refused) => Ok(None),
        }
    }

    /// What happened to the kernel's copy of an address since `from`: come, or gone.
    pub(crate) fn fate(&self, address: &str, from: Stamp) -> Vec<bool> {
        let changes = self.holders.changes(ip(address), from);
        changes.iter().map(|Change { held, .. }| *held).collect()
    }

    /// Addresses that were announced since `from`.
    pub(crate) fn announced(&self, from: Stamp) -> BTreeSet<IpAddr> {
        let all = [self.tap.sightings(from), self.other_tap.sightings(from)].concat();
        let said = all.iter().filter_map(|sighting| match sighting.seen {
            Seen::GratuitousArp(address) => Some(IpAddr::V4(address)),
            Seen::NeighbourAdvert(address) => Some(IpAddr::V6(address)),
            Seen::Advert { .. } => None,
        });
        said.collect()
    }

    pub(crate) fn goodbyes(&self, vrid: u8, from: Stamp) -> usize {
        let all = self.adverts(vrid, from);
        all.iter().filter(|sighting| priority(sighting) == 0).count()
    }

    /// An error with the daemon's log behind it.
    pub(crate) fn told(&self, error: &LabError) -> LabError {
        LabError::Other(format!("{error}; log:\n{}", self.daemon.process.log()))
    }
}

pub(crate) fn priority(sighting: &Sighting) -> u8 {
    match sighting.seen {
        Seen::Advert { priority, .. } => priority,
        _ => unreachable!("asked of advertisements"),
    }
}

/// How long this machine lets a thread wait that is due: what the daemon suffers, too.
pub(crate) struct Stall {
    worst_nanos: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stall {
    pub(crate) fn start() -> Self {
        let (worst_nanos, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let thread = std::thread::spawn({
            let (worst, over) = (Arc::clone(&worst_nanos), Arc::clone(&over));
            move || {
                const STEP: Duration = Duration::from_millis(1);
                while !over.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    std::thread::sleep(STEP);
                    let late = began.elapsed().saturating_sub(STEP).as_nanos();
                    let _ = worst.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
                }
            }
        });
        Self {
            worst_nanos,
            over,
            thread: Some(thread),
        }
    }

    pub(crate) fn worst_ms(&self) -> f64 {
        Duration::from_nanos(self.worst_nanos.load(Ordering::Relaxed)).as_secs_f64() * 1e3
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
