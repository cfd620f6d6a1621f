//! Many virtual routers on one pair: what an advertisement costs, and whether all of them move.

use super::table::table;
use super::{Machine, Subjects, write_json};
use crate::conf::{Config, Instance};
use crate::daemon::{Daemon, Running};
use crate::frame::Seen;
use crate::holders::Holders;
use crate::topology::{Cable, Lab, Node};
use crate::usage::Usage;
use crate::watch::{Watch, sent_by};
use crate::{LabError, Stamp, theory, wait};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Whom to measure.
    #[arg(long, value_enum, default_value = "both")]
    daemon: Subjects,
    /// How long the CPU is measured.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Only the fleet whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

/// How many routers, and how fast.
#[derive(Clone, Copy, Debug)]
struct Size {
    name: &'static str,
    interfaces: u8,
    routers_each: u8,
    interval_ms: u32,
}

const SIZES: [Size; 3] = [
    Size {
        name: "1 at 1 s",
        interfaces: 1,
        routers_each: 1,
        interval_ms: 1000,
    },
    Size {
        name: "255 at 100 ms",
        interfaces: 1,
        routers_each: 255,
        interval_ms: 100,
    },
    Size {
        name: "1020 at 1 s",
        interfaces: 4,
        routers_each: 255,
        interval_ms: 1000,
    },
];

/// One fleet's life.
#[derive(Clone, Debug, Serialize)]
struct Lived {
    daemon: &'static str,
    fleet: &'static str,
    /// From the start of both daemons to the last address on the better node.
    start_to_last_address_ms: f64,
    /// Advertisements seen in the measured time.
    adverts: usize,
    /// What there should have been.
    adverts_expected: usize,
    /// CPU of the Active for each advertisement sent.
    active_us_per_advert: f64,
    /// CPU of the Backup for each advertisement heard.
    backup_us_per_advert: f64,
    /// Memory of the Active's daemon.
    active_pss_kib: u64,
    /// Memory of the Backup's daemon.
    backup_pss_kib: u64,
    /// Addresses that moved although nothing had happened.
    flaps: usize,
    /// From the power cut to the last address on the other node.
    failover_to_last_address_ms: f64,
    /// The same beyond three intervals and the skew, counted from the cut: below zero is normal.
    failover_beyond_theory_ms: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    fleets: Vec<Lived>,
}

/// Two nodes with several cables.
struct Fleet {
    nodes: [Node; 2],
    cables: [Vec<Cable>; 2],
    configs: [String; 2],
    running: [Option<Running>; 2],
    watches: Vec<Watch>,
    holders: Holders,
    size: Size,
    daemon: Daemon,
    _lab: Lab,
}

const PRIORITIES: [u8; 2] = [150, 100];

/// Run and print.
///
/// # Errors
/// When the lab cannot be built.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let daemons = arguments.daemon.list();
    let mut report = Report {
        machine: Machine::this(&daemons)?,
        fleets: Vec::new(),
    };
    println!("{}", report.machine.line());
    for size in SIZES.into_iter().filter(|s| s.name.contains(&arguments.only)) {
        for &daemon in &daemons {
            let mut fleet = Fleet::new(size, daemon)?;
            match fleet.live(Duration::from_secs(arguments.seconds.into())) {
                Ok(lived) => report.fleets.push(lived),
                Err(error) => println!("  {} {}: {error}", daemon.name(), size.name),
            }
        }
    }
    println!(
        "\nadverts are counted for {} s\n{}",
        arguments.seconds,
        table(&rows(&report.fleets))
    );
    write_json(&arguments.out, "fleet", &report)
}

impl Size {
    fn routers(self) -> usize {
        usize::from(self.interfaces) * usize::from(self.routers_each)
    }

    fn interval(self) -> Duration {
        Duration::from_millis(self.interval_ms.into())
    }
}

impl Fleet {
    fn new(size: Size, daemon: Daemon) -> Result<Self, LabError> {
        let lab = Lab::new()?;
        let nodes = [lab.node("lb01")?, lab.node("lb02")?];
        let client = lab.node("client")?;
        let mut cables = [Vec::new(), Vec::new()];
        let mut watches = Vec::new();
        for number in 0..size.interfaces {
            let switch = lab.switch(&format!("lan{number}"))?;
            for (at, node) in nodes.iter().enumerate() {
                let own = format!("10.{number}.0.{}/16", at + 1);
                cables[at].push(lab.connect(node, &switch, &format!("eth{number}"), &[&own])?);
            }
            let own = format!("10.{number}.0.10/16");
            watches.push(Watch::start(&lab.connect(
                &client,
                &switch,
                &format!("eth{number}"),
                &[&own],
            )?)?);
        }
        let holders = Holders::start(&[&nodes[0], &nodes[1]])?;
        let configs = PRIORITIES.map(|priority| configuration(size, priority));
        Ok(Self {
            nodes,
            cables,
            configs,
            running: [None, None],
            watches,
            holders,
            size,
            daemon,
            _lab: lab,
        })
    }

    fn live(&mut self, measured: Duration) -> Result<Lived, LabError> {
        let start = Stamp::now();
        for at in 0..2 {
            self.running[at] = Some(self.daemon.start(&self.nodes[at], &self.configs[at], true)?);
        }
        let ready = self.wait_for_all(0, start)?;
        // Announcements that follow the takeover are not part of the steady state.
        std::thread::sleep(Duration::from_secs(7));
        let before = self.usage();
        let since = Stamp::now();
        std::thread::sleep(measured);
        let after = self.usage();
        let adverts = self.adverts(since);
        let flaps = self.holders.count(since, None);
        let cut = Stamp::now();
        for cable in &self.cables[0] {
            cable.close()?;
        }
        if let Some(mut running) = self.running[0].take() {
            running.process.kill_hard()?;
        }
        let moved = self.wait_for_all(1, cut)?;
        let expected = measured.as_nanos() * self.size.routers() as u128 / self.size.interval().as_nanos();
        let each_us = |at: usize| (after[at].cpu_ns - before[at].cpu_ns) as f64 / 1e3 / adverts as f64;
        let theory_ms = theory::active_down(3, PRIORITIES[1], self.size.interval()).as_secs_f64() * 1e3;
        Ok(Lived {
            daemon: self.daemon.name(),
            fleet: self.size.name,
            start_to_last_address_ms: ready.ms_since(start),
            adverts,
            adverts_expected: usize::try_from(expected).unwrap_or(usize::MAX),
            active_us_per_advert: each_us(0),
            backup_us_per_advert: each_us(1),
            active_pss_kib: after[0].pss_kib,
            backup_pss_kib: after[1].pss_kib,
            flaps,
            failover_to_last_address_ms: moved.ms_since(cut),
            failover_beyond_theory_ms: moved.ms_since(cut) - theory_ms,
        })
    }

    /// When the last of the addresses came to this node.
    fn wait_for_all(&self, at: usize, since: Stamp) -> Result<Stamp, LabError> {
        let what = format!("{} addresses on {}", self.size.routers(), self.nodes[at].name());
        let limit = Duration::from_secs(60);
        let number = self.nodes[at].number();
        let came = wait::until(&what, limit, || {
            (self.holders.count(since, Some(number)) >= self.size.routers()).then_some(())
        });
        came.map_err(|error| {
            let there = self.holders.count(since, Some(number));
            LabError::Other(format!("{error}: {there} came"))
        })?;
        Ok(self.holders.last(since, number).unwrap_or(since))
    }

    fn usage(&self) -> [Usage; 2] {
        [0, 1].map(|at: usize| {
            self.running[at]
                .as_ref()
                .map(|r| r.process.usage())
                .unwrap_or_default()
        })
    }

    fn adverts(&self, since: Stamp) -> usize {
        let of_active = |s: &crate::watch::Sighting| {
            sent_by(s.mac, &self.nodes[0]) && matches!(s.seen, Seen::Advert { .. })
        };
        self.watches
            .iter()
            .map(|w| w.since(since).iter().filter(|s| of_active(s)).count())
            .sum()
    }
}

fn configuration(size: Size, priority: u8) -> String {
    let mut config = Config::default();
    for interface in 0..size.interfaces {
        for vrid in 1..=size.routers_each {
            let address = format!("10.{interface}.100.{vrid}/32");
            let mut instance = Instance::new(
                &format!("eth{interface}"),
                vrid,
                priority,
                size.interval_ms,
                &address,
            );
            instance.name = format!("VI_{interface}_{vrid}");
            config.instances.push(instance);
        }
    }
    config.text()
}

fn rows(fleets: &[Lived]) -> Vec<Vec<String>> {
    let heading = [
        "fleet",
        "daemon",
        "start ms",
        "adverts",
        "expected",
        "Active µs/advert",
        "Backup µs/advert",
        "PSS MB A/B",
        "flaps",
        "failover ms",
        "beyond theory ms",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for l in fleets {
        rows.push(vec![
            l.fleet.to_owned(),
            l.daemon.to_owned(),
            format!("{:.0}", l.start_to_last_address_ms),
            l.adverts.to_string(),
            l.adverts_expected.to_string(),
            format!("{:.1}", l.active_us_per_advert),
            format!("{:.1}", l.backup_us_per_advert),
            format!(
                "{:.1}/{:.1}",
                l.active_pss_kib as f64 / 1024.0,
                l.backup_pss_kib as f64 / 1024.0
            ),
            l.flaps.to_string(),
            format!("{:.0}", l.failover_to_last_address_ms),
            format!("{:.1}", l.failover_beyond_theory_ms),
        ]);
    }
    rows
}
