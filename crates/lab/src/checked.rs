//! A node whose daemon runs many checks, and what that does to its advertisements and to the machine.

use crate::conf::{Config, Instance, Script};
use crate::daemon::{Daemon, Running};
use crate::nginx::Nginx;
use crate::sys::tick_ns;
use crate::topology::{Cable, Lab, Node};
use crate::tree::Tree;
use crate::watch::{Sighting, Watch};
use crate::{LabError, Stamp, wait};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

const VRID: u8 = 55;
const ADDRESS: &str = "192.0.2.100";

/// Checks at an interval of 1 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// None.
    None,
    /// So many `vrrp_check`s of an nginx on the same node: half of them TCP_CHECK, half HTTP_GET.
    BuiltIn(u32),
    /// So many `vrrp_script`s that start `true`.
    Scripts(u32),
}

/// A node with a daemon's configuration and an nginx that its checks ask, a switch, and a peer that listens.
#[derive(Debug)]
pub struct Site {
    node: Node,
    peer: Cable,
    watch: Watch,
    nginx: Nginx,
}

/// One stretch of time, measured.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Stretch {
    /// Advertisements that the peer saw.
    pub adverts: usize,
    /// How far two advertisements were from one interval apart, by the peer's kernel: nearest ranks of 50, 99 and 100 %, in µs.
    pub jitter_us: Option<[f64; 3]>,
    /// Processor time of the daemon and all it started, as a share of one processor, in %.
    pub daemon_cpu_percent: f64,
    /// Memory of the daemon, in MiB.
    pub daemon_rss_mib: f64,
    /// Runs of checks in that time; `None` of keepalived, which does not tell.
    pub checks_run: Option<u64>,
    /// Processor time of the nginx that was asked, as a share of one processor, in %.
    pub server_cpu_percent: f64,
    /// Everything that the machine did, as a share of one processor, in %.
    pub machine_cpu_percent: f64,
}

/// A daemon that runs with its checks.
#[derive(Debug)]
pub struct Live<'a> {
    site: &'a Site,
    running: Running,
}

impl Checks {
    fn add_to(self, config: &mut Config) -> Result<(), LabError> {
        let (many, prefix) = match self {
            Self::None => return Ok(()),
            Self::BuiltIn(many) => (many, "check"),
            Self::Scripts(many) => (many, "script"),
        };
        let nothing = match self {
            Self::Scripts(_) => crate::program::find("true")?,
            _ => PathBuf::new(),
        };
        for number in 0..many {
            let name = format!("{prefix}{number}");
            match self {
                Self::Scripts(_) => config.scripts.push(Script {
                    name: name.clone(),
                    command: nothing.display().to_string(),
                    interval_s: 1,
                    weight: 0,
                    fall: 3,
                    rise: 1,
                }),
                _ => config.blocks.push(built_in(&name, number)),
            }
            for instance in &mut config.instances {
                instance.track_scripts.push(name.clone());
            }
        }
        Ok(())
    }
}

fn built_in(name: &str, number: u32) -> String {
    let mut text = format!("vrrp_check {name} {{\n    interval 1\n    fall 3\n");
    let checker = if number.is_multiple_of(2) {
        "TCP_CHECK {\n        connect_ip 127.0.0.1\n        connect_port 80\n        connect_timeout 0.9\n    }"
    } else {
        "HTTP_GET {\n        connect_port 80\n        connect_timeout 0.9\n        url {\n            path /\n\
         \x20           status_code 200\n        }\n    }"
    };
    let _ = writeln!(text, "    {checker}\n}}");
    text
}

impl Site {
    /// Build it as the `number`th one of `lab`.
    ///
    /// # Errors
    /// When nginx is missing or the lab cannot be built.
    pub fn new(lab: &Lab, number: usize) -> Result<Self, LabError> {
        let switch = lab.switch(&format!("lan{number}"))?;
        let node = lab.node(&format!("s{number}-node"))?;
        lab.connect(&node, &switch, "eth0", &["192.0.2.1/24"])?;
        let peer = lab.node(&format!("s{number}-peer"))?;
        let peer = lab.connect(&peer, &switch, "eth0", &["192.0.2.10/24"])?;
        Ok(Self {
            watch: Watch::start(&peer)?,
            nginx: Nginx::start(&node)?,
            node,
            peer,
        })
    }

    /// Start a daemon with these checks and wait until it has the address: every check has passed.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with its log.
    pub fn start(&self, daemon: Daemon, checks: Checks, interval_ms: u32) -> Result<Live<'_>, LabError> {
        self.start_with(daemon, checks, interval_ms, &[])
    }

    /// The same with further lines in `global_defs`.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with its log.
    pub fn start_with(
        &self,
        daemon: Daemon,
        checks: Checks,
        interval_ms: u32,
        globals: &[&str],
    ) -> Result<Live<'_>, LabError> {
        let mut instance = Instance::new("eth0", VRID, 254, interval_ms, &format!("{ADDRESS}/24"));
        instance.track_scripts.clear();
        let mut config = Config::of(instance);
        config
            .globals
            .extend(globals.iter().map(|line| (*line).to_owned()));
        checks.add_to(&mut config)?;
        let running = daemon.start(&self.node, &config.text(), true)?;
        let what = format!("{} with {checks:?} is Active", daemon.name());
        let since = Stamp::now();
        let active = || (!self.watch.adverts(&self.node, VRID, since).is_empty()).then_some(());
        wait::until(&what, Duration::from_secs(20), active)
            .map_err(|e| LabError::Other(format!("{e}\n{}", running.process.log())))?;
        Ok(Live { site: self, running })
    }

    /// The cable of the one that listens.
    pub fn peer(&self) -> &Cable {
        &self.peer
    }
}

impl Live<'_> {
    /// Measure for this long, together with the nginx of the site whose checks run: often this one's own.
    ///
    /// # Errors
    /// When the daemon has ended by itself.
    pub fn measure(&self, asked: &Site, interval_ms: u32, lasting: Duration) -> Result<Stretch, LabError> {
        let server = asked.nginx.process().id();
        let look = || {
            (
                Tree::of(self.running.process.id()),
                Tree::of(server),
                machine_cpu_ns(),
            )
        };
        let ran = self.checks_run();
        let (before, since) = (look(), Stamp::now());
        std::thread::sleep(lasting);
        let (after, until) = (look(), Stamp::now());
        if let Some(how) = self.running.process.how_it_ended() {
            let log = self.running.process.log();
            return Err(LabError::Other(format!("the daemon has ended, {how}\n{log}")));
        }
        let mut adverts = self.site.watch.adverts(&self.site.node, VRID, since);
        adverts.retain(|s| s.at <= until);
        let wall_ns = (until - since).as_nanos() as f64;
        let percent = |from: u64, to: u64| to.saturating_sub(from) as f64 / wall_ns * 100.0;
        Ok(Stretch {
            adverts: adverts.len(),
            jitter_us: jitter_us(&adverts, interval_ms),
            daemon_cpu_percent: percent(before.0.cpu_ns, after.0.cpu_ns),
            daemon_rss_mib: after.0.rss_kib as f64 / 1024.0,
            checks_run: self.checks_run().zip(ran).map(|(now, then)| now - then),
            server_cpu_percent: percent(before.1.cpu_ns, after.1.cpu_ns),
            machine_cpu_percent: percent(before.2, after.2),
        })
    }
}

impl Live<'_> {
    /// Runs of all checks so far.
    fn checks_run(&self) -> Option<u64> {
        (self.running.daemon == Daemon::Vrrpd).then_some(())?;
        let status = self.running.status().ok()?;
        let checks = status["checks"].as_array()?;
        Some(checks.iter().filter_map(|check| check["runs"].as_u64()).sum())
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        let _ = self.running.process.kill_hard();
        // The next daemon finds the node as a boot leaves it.
        let _ = self.site.node.ip(&["address", "flush", "dev", "eth0"]);
        let _ = self
            .site
            .node
            .ip(&["address", "add", "192.0.2.1/24", "dev", "eth0"]);
    }
}

/// By nearest rank: the median, the 99th in a hundred, and the worst.
fn jitter_us(adverts: &[Sighting], interval_ms: u32) -> Option<[f64; 3]> {
    let expected_us = f64::from(interval_ms) * 1e3;
    let gap_us = |pair: &[Sighting]| (pair[1].at - pair[0].at).as_secs_f64() * 1e6;
    let mut off: Vec<f64> = adverts
        .windows(2)
        .map(|pair| (gap_us(pair) - expected_us).abs())
        .collect();
    off.sort_by(f64::total_cmp);
    let rank = |percent: usize| {
        off.get((off.len() * percent).div_ceil(100).checked_sub(1)?)
            .copied()
    };
    Some([rank(50)?, rank(99)?, rank(100)?])
}

/// Time that any processor was not idle so far, of all of them together (proc_stat(5)).
fn machine_cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|w| w.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq steal
    let busy: u64 = [0, 1, 2, 5, 6, 7]
        .into_iter()
        .filter_map(|at: usize| ticks.get(at))
        .sum();
    busy * tick_ns()
}

#[cfg(test)]
mod tests {
    use super::jitter_us;
    use crate::Stamp;
    use crate::frame::Seen;
    use crate::watch::Sighting;
    use std::net::IpAddr;
    use std::time::Duration;

    /// 200 gaps of 10 ms, of which two are 3 and 5 ms off: the 198th of 200 is still exact, the worst is 5 ms.
    #[test]
    fn jitter_is_told_by_rank() {
        let mut at_us = 0;
        let adverts: Vec<Sighting> = (0..=200_u64)
            .map(|number| {
                at_us += match number {
                    0 => 0,
                    50 => 13_000,
                    90 => 5_000,
                    _ => 10_000,
                };
                Sighting {
                    at: Stamp(at_us * 1000),
                    mac: [2, 0, 0, 0, 1, 1],
                    seen: Seen::Advert {
                        version: 3,
                        vrid: 55,
                        priority: 254,
                        interval: Duration::from_millis(10),
                        source: IpAddr::from([192, 0, 2, 1]),
                    },
                }
            })
            .collect();
        assert_eq!(jitter_us(&adverts, 10), Some([0.0, 0.0, 5000.0]));
        assert_eq!(jitter_us(&adverts[..1], 10), None);
    }
}
