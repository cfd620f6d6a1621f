//! One daemon on a link of its own, with a machine that says what a rival would, and a record of all that it sends.

use crate::daemon::{Daemon, Running};
use crate::forge::send_once;
use crate::frame::Seen;
use crate::private::run;
use crate::tap::Tap;
use crate::topology::{Cable, Lab};
use crate::watch::Sighting;
use crate::{LabError, Stamp, wait};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// The virtual router of all cases.
pub const VRID: u8 = 51;

/// Where the rival speaks from: higher than the daemon's 192.0.2.1.
pub const HIGHER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 66);
/// Lower than it.
pub const LOWER: Ipv4Addr = Ipv4Addr::new(192, 0, 1, 66);

/// Longer than anything takes here.
const LIMIT: Duration = Duration::from_secs(20);
/// Announcements that are nearer to each other are one burst.
const BURST: Duration = Duration::from_millis(400);
/// The first burst belongs to the beginning.
const BEGINS: Duration = Duration::from_millis(900);

/// A daemon and all that is around it.
#[derive(Debug)]
pub struct Bench {
    /// Its `eth1`.
    pub cable: Cable,
    /// What it sends there.
    pub tap: Tap,
    /// What it sends on `eth2`.
    pub second: Tap,
    daemon: Daemon,
    far: Cable,
    running: Option<Running>,
}

impl Bench {
    /// With nothing running yet. `name` is unique in the lab.
    ///
    /// # Errors
    /// When the kernel refuses a namespace or a cable.
    pub fn new(lab: &Lab, name: &str, daemon: Daemon) -> Result<Self, LabError> {
        let switch = lab.switch(&format!("s{name}"))?;
        let other = lab.switch(&format!("t{name}"))?;
        let node = lab.node(&format!("n{name}"))?;
        let cable = lab.connect(&node, &switch, "eth1", &["192.0.2.1/24", "2001:db8::1/64"])?;
        let second = lab.connect(&node, &other, "eth2", &["198.51.100.1/24"])?;
        let far = lab.connect(&lab.node(&format!("f{name}"))?, &switch, "eth1", &[])?;
        Ok(Self {
            tap: Tap::start(&cable)?,
            second: Tap::start(&second)?,
            cable,
            daemon,
            far,
            running: None,
        })
    }

    /// Which daemon it is.
    pub fn daemon(&self) -> Daemon {
        self.daemon
    }

    /// A file of this daemon's own.
    pub fn file(&self, name: &str) -> PathBuf {
        self.cable.node().folder().join(name)
    }

    /// Start the daemon; the time just before.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&mut self, config: &str) -> Result<Stamp, LabError> {
        let now = Stamp::now();
        self.running = Some(self.daemon.start(self.cable.node(), config, false)?);
        Ok(now)
    }

    /// Another file while it runs; the time just before.
    ///
    /// # Errors
    /// When it is gone.
    pub fn reload(&self, config: &str) -> Result<Stamp, LabError> {
        let now = Stamp::now();
        match &self.running {
            Some(running) => running.reload(config).map(|()| now),
            None => Err(LabError::Other("nothing runs".to_owned())),
        }
    }

    /// A planned stop, to its end.
    ///
    /// # Errors
    /// When it goes on.
    pub fn stop(&mut self) -> Result<(), LabError> {
        let Some(mut running) = self.running.take() else {
            return Ok(());
        };
        running.stop()?;
        running.process.wait(LIMIT).map(drop)
    }

    /// What it has said.
    pub fn log(&self) -> String {
        self.running
            .as_ref()
            .map_or_else(String::new, |running| running.process.log())
    }

    /// The rival speaks once; the time just before.
    ///
    /// # Errors
    /// When the frame does not leave.
    pub fn rival(&self, priority: u8, interval_cs: u16, source: Ipv4Addr) -> Result<Stamp, LabError> {
        let now = Stamp::now();
        send_once(&self.far, &rival(priority, interval_cs, source))?;
        Ok(now)
    }

    /// The rival speaks every 100 ms until `end`.
    ///
    /// # Errors
    /// As [`Bench::rival`].
    pub fn rival_until(&self, end: Stamp, priority: u8, interval_cs: u16) -> Result<(), LabError> {
        while Stamp::now() < end {
            self.rival(priority, interval_cs, HIGHER)?;
            sleep_until(Stamp::now() + Duration::from_millis(100));
        }
        Ok(())
    }

    /// The first advertisement of a router since `from` that is no goodbye.
    ///
    /// # Errors
    /// When there is none in time, with the daemon's words.
    pub fn promoted_as(&self, vrid: u8, from: Stamp) -> Result<Sighting, LabError> {
        let alive = |seen: &Sighting| !matches!(seen.seen, Seen::Advert { priority: 0, .. });
        let first = || self.tap.adverts(vrid, from).into_iter().find(alive);
        wait::until("an advertisement", LIMIT, first)
            .map_err(|late| LabError::Other(format!("{late}; it said:\n{}", self.log())))
    }

    /// Whether it advertises, or has ended instead.
    ///
    /// # Errors
    /// When it does neither.
    pub fn takes_part(&self, from: Stamp) -> Result<bool, LabError> {
        let ended = || {
            self.running
                .as_ref()
                .and_then(|running| running.process.how_it_ended())
        };
        let advertises = || !self.tap.adverts(VRID, from).is_empty();
        wait::until("an advertisement, or an end", LIMIT, || match advertises() {
            true => Some(true),
            false => ended().map(|_| false),
        })
    }

    /// When the first advertisement since `from` left.
    ///
    /// # Errors
    /// As [`Bench::promoted_as`].
    pub fn promoted(&self, from: Stamp) -> Result<Stamp, LabError> {
        self.promoted_as(VRID, from).map(|seen| seen.at)
    }

    /// Priorities in the order of the advertisements between two times, each once as long as it stays.
    pub fn priorities(&self, vrid: u8, from: Stamp, end: Stamp) -> Vec<u8> {
        let adverts = self.tap.adverts(vrid, from).into_iter();
        let mut all: Vec<u8> = adverts
            .filter(|seen| seen.at < end)
            .filter_map(|seen| match seen.seen {
                Seen::Advert { priority, .. } => Some(priority),
                _ => None,
            })
            .collect();
        all.dedup();
        all
    }

    /// Advertisements between two times.
    pub fn adverts(&self, from: Stamp, end: Stamp) -> usize {
        let adverts = self.tap.adverts(VRID, from).into_iter();
        adverts.filter(|seen| seen.at < end).count()
    }

    /// Whether its kernel holds an address.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn holds(&self, address: &str) -> Result<bool, LabError> {
        self.cable.node().holds(address)
    }

    /// Runs `ip` there.
    ///
    /// # Errors
    /// With what it said.
    pub fn ip(&self, words: &[&str]) -> Result<String, LabError> {
        self.cable.node().ip(words)
    }
}

/// The announcements of one address between two times, in bursts: `5@0 5@5`, five at once and five after five seconds,
/// times to the next half second. A first burst that is late by less than a second is the beginning: how late it is says
/// more of the machine than of the daemon.
pub fn bursts(tap: &Tap, address: &str, from: Stamp, end: Stamp) -> String {
    let mut bursts: Vec<(Stamp, Stamp, usize)> = Vec::new();
    for seen in announced(tap, from, end) {
        if seen.1 != address {
            continue;
        }
        match bursts.last_mut() {
            Some((_, last, count)) if seen.0 < *last + BURST => {
                (*last, *count) = (seen.0, *count + 1);
            }
            _ => bursts.push((seen.0, seen.0, 1)),
        }
    }
    let first = bursts.first().map_or(from, |burst| burst.0);
    let begin = if first < from + BEGINS { first } else { from };
    let told = bursts
        .iter()
        .map(|(first, _, count)| format!("{count}@{}", halves(first.ms_since(begin))));
    told.collect::<Vec<_>>().join(" ")
}

/// Announcements between two times, each with its address.
pub fn announced(tap: &Tap, from: Stamp, end: Stamp) -> Vec<(Stamp, String)> {
    let address = |seen: &Sighting| match seen.seen {
        Seen::GratuitousArp(address) => Some(IpAddr::V4(address)),
        Seen::NeighbourAdvert(address) => Some(IpAddr::V6(address)),
        Seen::Advert { .. } => None,
    };
    let seen = tap.sightings(from).into_iter().filter(|seen| seen.at < end);
    seen.filter_map(|seen| Some((seen.at, address(&seen)?.to_string())))
        .collect()
}

/// Milliseconds in seconds, to the next half: `1`, `1.5`.
pub fn halves(ms: f64) -> String {
    format!("{}", (ms / 500.0).round() / 2.0)
}

/// Waits for a time, which is what these cases are about.
pub fn sleep_until(end: Stamp) {
    std::thread::sleep(end - Stamp::now());
}

/// A version 3 advertisement for 192.0.2.100 with the pseudo-header in its checksum, as keepalived sends it.
fn rival(priority: u8, interval_cs: u16, source: Ipv4Addr) -> Vec<u8> {
    let interval = interval_cs.to_be_bytes();
    let mut vrrp = vec![0x31, VRID, priority, 1, interval[0], interval[1], 0, 0];
    vrrp.extend([192, 0, 2, 100]);
    let mut pseudo = source.octets().to_vec();
    pseudo.extend([224, 0, 0, 18, 0, 112, 0, 12]);
    pseudo.extend(&vrrp);
    vrrp[6..8].copy_from_slice(&crate::forge::checksum(&pseudo).to_be_bytes());
    let mut ip = vec![0x45, 0xc0, 0, 32, 0, 0, 0, 0, 255, 112, 0, 0];
    ip.extend(source.octets());
    ip.extend([224, 0, 0, 18]);
    let sum = crate::forge::checksum(&ip).to_be_bytes();
    ip[10..12].copy_from_slice(&sum);
    let mut frame = vec![0x01, 0, 0x5e, 0, 0, 0x12, 2, 0xff, 0, 0, 0, 1, 0x08, 0];
    frame.extend(ip);
    frame.extend(vrrp);
    frame
}

/// A script that can be run.
///
/// # Errors
/// When it cannot be written.
pub fn script(bench: &Bench, name: &str, body: &str) -> Result<String, LabError> {
    let path = bench.file(name);
    let text = path.display().to_string();
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).map_err(LabError::io(text.clone()))?;
    run("chmod", ["755", text.as_str()])?;
    Ok(text)
}
