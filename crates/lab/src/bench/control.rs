//! What it costs to look: a thousand virtual routers, asked for their status and followed by many, and their
//! advertisements meanwhile.

use super::table::{median_and_max, table};
use super::{Machine, write_json};
use crate::conf::{Config, Instance, Script};
use crate::daemon::{Daemon, Running};
use crate::frame::Seen;
use crate::topology::{Lab, Node};
use crate::watch::{Watch, sent_by};
use crate::{LabError, Stamp, wait};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Clock};

/// What to run.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Rounds; each measures all three.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Virtual routers on each of four interfaces, at 1 s.
    #[arg(long, default_value_t = 250)]
    routers: u8,
    /// How long each is measured.
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// Clients that follow.
    #[arg(long, default_value_t = 100)]
    followers: usize,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

const INTERFACES: u8 = 4;
const INTERVAL_MS: u32 = 1000;
/// Status, or a change that everybody who follows is told, so often.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// Announcements that follow the takeover are not part of the steady state.
const WARM: Duration = Duration::from_secs(7);

/// What is done to the daemon meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Arm {
    /// Nothing.
    Alone,
    /// `vrrpctl status` ten times a second.
    Asked,
    /// Many follow, and ten times a second something happens.
    Followed,
}

const ARMS: [(Arm, &str); 3] = [
    (Arm::Alone, "nobody asks"),
    (Arm::Asked, "status 10 times a second"),
    (Arm::Followed, "followed, 10 events a second"),
];

/// One measured time.
#[derive(Clone, Debug, Serialize)]
pub struct Stretch {
    /// Advertisements seen.
    pub adverts: usize,
    /// How far the gaps were from the interval, in µs: median, 99th in a hundred, worst.
    pub jitter_us: [f64; 3],
    /// How long each `vrrpctl status` took, from its start to its end, in ms.
    pub status_ms: Vec<f64>,
    /// Lines that all who followed got together.
    pub followed_lines: u64,
    /// Processor time of the daemon, in % of one processor.
    pub daemon_cpu_percent: f64,
}

/// A daemon with many virtual routers, and whoever looks on.
#[derive(Debug)]
pub struct Site {
    running: Running,
    node: Node,
    watches: Vec<Watch>,
    _lab: Lab,
}

#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    routers: usize,
    followers: usize,
    arms: Vec<(&'static str, Vec<Stretch>)>,
}

/// Run and print.
///
/// # Errors
/// When the lab cannot be built.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let machine = Machine::this(&[Daemon::Vrrpd])?;
    println!("{}", machine.line());
    let site = Site::start(arguments.routers)?;
    std::thread::sleep(WARM);
    let lasting = Duration::from_secs(arguments.seconds.into());
    let mut arms: Vec<(&str, Vec<Stretch>)> = ARMS.map(|(_, name)| (name, Vec::new())).to_vec();
    for _ in 0..arguments.rounds {
        for ((arm, _), (_, stretches)) in ARMS.iter().zip(&mut arms) {
            stretches.push(site.measure(*arm, arguments.followers, lasting)?);
        }
    }
    let routers = usize::from(arguments.routers) * usize::from(INTERFACES);
    println!(
        "\n{routers} virtual routers at 1 s, {} clients that follow, {} s each; jitter in µs; median / worst of {}\n{}",
        arguments.followers,
        arguments.seconds,
        arguments.rounds,
        table(&rows(&arms))
    );
    let report = Report {
        machine,
        routers,
        followers: arguments.followers,
        arms,
    };
    write_json(&arguments.out, "control", &report)
}

impl Site {
    /// `routers` on each of four interfaces, all Active.
    ///
    /// # Errors
    /// When they do not become so.
    pub fn start(routers: u8) -> Result<Self, LabError> {
        let lab = Lab::new()?;
        let (node, client) = (lab.node("lb01")?, lab.node("client")?);
        let mut watches = Vec::new();
        for number in 0..INTERFACES {
            let switch = lab.switch(&format!("lan{number}"))?;
            let card = format!("eth{number}");
            let _cable = lab.connect(&node, &switch, &card, &[&format!("10.{number}.0.1/16")])?;
            let cable = lab.connect(&client, &switch, &card, &[&format!("10.{number}.0.10/16")])?;
            watches.push(Watch::start(&cable)?);
        }
        let running = Daemon::Vrrpd.start(&node, &configuration(routers), true)?;
        let all = usize::from(routers) * usize::from(INTERFACES);
        wait::until("all are Active", Duration::from_secs(60), || {
            let status = running.status().ok()?;
            let instances = status.get("instances")?.as_array()?;
            let active = instances
                .iter()
                .filter(|one| one.get("state").and_then(|state| state.as_str()) == Some("active"));
            (active.count() == all).then_some(())
        })?;
        Ok(Self {
            running,
            node,
            watches,
            _lab: lab,
        })
    }

    /// One arm.
    ///
    /// # Errors
    /// When vrrpctl fails, or the daemon lets somebody go who reads.
    pub fn measure(&self, arm: Arm, followers: usize, lasting: Duration) -> Result<Stretch, LabError> {
        let followers = if arm == Arm::Followed { followers } else { 0 };
        let crowd = Crowd::start(&self.running, followers)?;
        let (cpu_ns, since, begin) = (self.running.process.usage().cpu_ns, Stamp::now(), Clock::now());
        let mut status_ms = Vec::new();
        let mut turns = 0_u32;
        while begin.elapsed() < lasting {
            match arm {
                Arm::Alone => {}
                Arm::Asked => {
                    let asked = Clock::now();
                    let _table = self.running.status_table()?;
                    status_ms.push(asked.elapsed().as_secs_f64() * 1e3);
                }
                Arm::Followed => {
                    let mode = if turns.is_multiple_of(2) {
                        "dry-run"
                    } else {
                        "normal"
                    };
                    let _said = self.running.ask(&["check-mode", "chk", mode])?;
                }
            }
            turns += 1;
            std::thread::sleep((ASK_EVERY * turns).saturating_sub(begin.elapsed()));
        }
        let used_ns = (self.running.process.usage().cpu_ns - cpu_ns) as f64;
        let daemon_cpu_percent = used_ns / begin.elapsed().as_nanos() as f64 * 1e2;
        let (adverts, jitter_us) = self.jitter_us(since);
        Ok(Stretch {
            adverts,
            jitter_us,
            status_ms,
            followed_lines: crowd.end()?,
            daemon_cpu_percent,
        })
    }

    /// Of all routers together.
    fn jitter_us(&self, since: Stamp) -> (usize, [f64; 3]) {
        let expected_us = f64::from(INTERVAL_MS) * 1e3;
        let (mut adverts, mut off) = (0, Vec::new());
        for watch in &self.watches {
            let mut last = BTreeMap::new();
            for sighting in watch.since(since) {
                let Seen::Advert { vrid, .. } = sighting.seen else {
                    continue;
                };
                if !sent_by(sighting.mac, &self.node) {
                    continue;
                }
                adverts += 1;
                if let Some(before) = last.insert(vrid, sighting.at) {
                    let gap_us = (sighting.at - before).as_secs_f64() * 1e6;
                    off.push((gap_us - expected_us).abs());
                }
            }
        }
        (adverts, [50, 99, 100].map(|percent| rank(&mut off, percent)))
    }
}

/// By nearest rank; not a number where there is none.
fn rank(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() * percent).div_ceil(100).checked_sub(1);
    at.and_then(|at| values.get(at)).copied().unwrap_or(f64::NAN)
}

/// Clients that follow.
struct Crowd {
    lines: Arc<AtomicU64>,
    ending: Arc<AtomicBool>,
    threads: Vec<JoinHandle<std::io::Result<()>>>,
}

impl Crowd {
    /// They begin with what comes next.
    fn start(running: &Running, many: usize) -> Result<Self, LabError> {
        let socket = running.socket();
        let status = running.status()?;
        let next = status
            .pointer("/journal/next")
            .and_then(serde_json::Value::as_u64);
        let ask = format!(
            "{{\"version\":1,\"ask\":{{\"follow\":{{\"from\":{}}}}}}}\n",
            next.unwrap_or(1)
        );
        let (lines, ending) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let io = |error| LabError::io(socket.display().to_string())(error);
        let mut threads = Vec::new();
        for _ in 0..many {
            let mut stream = UnixStream::connect(socket).map_err(io)?;
            stream.write_all(ask.as_bytes()).map_err(io)?;
            stream
                .set_read_timeout(Some(Duration::from_millis(200)))
                .map_err(io)?;
            let (lines, ending) = (Arc::clone(&lines), Arc::clone(&ending));
            threads.push(std::thread::spawn(move || follow(stream, &lines, &ending)));
        }
        Ok(Self {
            lines,
            ending,
            threads,
        })
    }

    fn end(self) -> Result<u64, LabError> {
        self.ending.store(true, Ordering::Relaxed);
        for thread in self.threads {
            let ended = thread
                .join()
                .map_err(|_| LabError::Other("a follower panicked".to_owned()))?;
            ended.map_err(LabError::io("a client that follows"))?;
        }
        Ok(self.lines.load(Ordering::Relaxed))
    }
}

fn follow(mut stream: UnixStream, lines: &AtomicU64, ending: &AtomicBool) -> std::io::Result<()> {
    let mut octets = vec![0; 64 * 1024];
    while !ending.load(Ordering::Relaxed) {
        match stream.read(&mut octets) {
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                let ends = octets.iter().take(read).filter(|octet| **octet == b'\n').count();
                let _before = lines.fetch_add(ends as u64, Ordering::Relaxed);
            }
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn configuration(routers: u8) -> String {
    let mut config = Config::default();
    config.scripts.push(Script {
        name: "chk".to_owned(),
        command: "/bin/true".to_owned(),
        interval_s: 5,
        weight: 1,
        fall: 1,
        rise: 1,
    });
    for interface in 0..INTERFACES {
        for vrid in 1..=routers {
            let address = format!("10.{interface}.100.{vrid}/32");
            let mut instance = Instance::new(&format!("eth{interface}"), vrid, 150, INTERVAL_MS, &address);
            instance.name = format!("VI_{interface}_{vrid}");
            if (interface, vrid) == (0, 1) {
                instance.track_scripts.push("chk".to_owned());
            }
            config.instances.push(instance);
        }
    }
    config.text()
}

fn rows(arms: &[(&str, Vec<Stretch>)]) -> Vec<Vec<String>> {
    let heading = [
        "",
        "adverts",
        "jitter p50",
        "jitter p99",
        "jitter worst",
        "status ms p50",
        "status ms p99",
        "lines followed",
        "daemon CPU %",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for (name, stretches) in arms {
        let column = |f: fn(&Stretch) -> f64| median_and_max(stretches.iter().map(f));
        let mut status_ms: Vec<f64> = stretches
            .iter()
            .flat_map(|s| s.status_ms.iter().copied())
            .collect();
        let mut status = |percent| match rank(&mut status_ms, percent) {
            ms if ms.is_finite() => format!("{ms:.1}"),
            _ => "-".to_owned(),
        };
        rows.push(vec![
            (*name).to_owned(),
            stretches.iter().map(|s| s.adverts).sum::<usize>().to_string(),
            column(|s| s.jitter_us[0]),
            column(|s| s.jitter_us[1]),
            column(|s| s.jitter_us[2]),
            status(50),
            status(99),
            stretches
                .iter()
                .map(|s| s.followed_lines)
                .sum::<u64>()
                .to_string(),
            column(|s| s.daemon_cpu_percent),
        ]);
    }
    rows
}
