//! Both sides, the switch and the client of a case.

use super::mode::PRIORITIES;
use super::{Case, Mode, Side, Speaker, VRID};
use crate::probe::{Probe, Replies};
use crate::topology::{Cable, Lab, Switch};
use crate::watch::Sighting;
use crate::{LabError, Stamp, wait};
use std::net::IpAddr;
use std::time::Duration;

/// How often the client asks: several cases share the machine.
const ASK_EVERY: Duration = Duration::from_millis(1);

/// A running case.
#[derive(Debug)]
pub struct Group {
    /// `lb01` and `lb02`.
    pub sides: [Side; 2],
    /// As it was asked for.
    pub case: Case,
    client: Cable,
    switch: Switch,
    lab: Lab,
}

impl Group {
    /// Build it; nothing runs yet.
    ///
    /// # Errors
    /// When the lab cannot be built.
    pub fn new(case: &Case) -> Result<Self, LabError> {
        let lab = Lab::new()?;
        let switch = lab.switch("lan")?;
        let speakers = case.speakers();
        let side = |number: usize| Side::new(&lab, &switch, number, speakers[number], case.mode);
        let sides = [side(0)?, side(1)?];
        let client = lab.node("client")?;
        let client = lab.connect(&client, &switch, "eth0", &["192.0.2.10/24", "2001:db8::10/64"])?;
        Ok(Self {
            sides,
            case: *case,
            client,
            switch,
            lab,
        })
    }

    /// One more machine, `lb03` or what `number` says, in a configuration of its own; nothing runs on it yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn add(&self, number: usize, speaker: Speaker, mode: &'static Mode) -> Result<Side, LabError> {
        Side::new(&self.lab, &self.switch, number.saturating_sub(1), speaker, mode)
    }

    /// The subject's side.
    pub fn subject(&self) -> &Side {
        &self.sides[usize::from(!self.case.subject_first)]
    }

    /// The peer's side.
    pub fn peer(&self) -> &Side {
        &self.sides[usize::from(self.case.subject_first)]
    }

    /// Start both with these priorities and wait until `lb01` alone serves.
    ///
    /// # Errors
    /// [`LabError::Other`] with the logs when that does not happen.
    pub fn start(&mut self) -> Result<(), LabError> {
        for (side, priority) in self.sides.iter_mut().zip(PRIORITIES) {
            side.start(priority)?;
        }
        self.wait_for_holder(0)
    }

    /// A client that keeps asking for the virtual address.
    ///
    /// # Errors
    /// When its socket cannot be opened.
    pub fn probe(&self) -> Result<Probe, LabError> {
        let address: IpAddr = self
            .case
            .mode
            .address
            .parse()
            .map_err(|_| LabError::Other(format!("{} is no address", self.case.mode.address)))?;
        Probe::start(self.client.node(), address, ASK_EVERY)
    }

    /// How long anything that the protocol decides may take at most before the lab gives up.
    pub fn patience(&self) -> Duration {
        self.case.mode.active_down(1) * 3 + Duration::from_secs(10)
    }

    /// Wait until this side's kernel holds the address and the other's does not, and the side has spoken since.
    ///
    /// # Errors
    /// [`LabError::Other`] with the logs when that does not happen.
    pub fn wait_for_holder(&self, side: usize) -> Result<(), LabError> {
        let what = format!("{} on {} alone", self.case.mode.address, self.name(side));
        let since = Stamp::now();
        let holds = |side: usize| self.sides[side].holds().unwrap_or(false);
        self.wait(&what, || {
            holds(side) && !holds(1 - side) && !self.adverts(side, since).is_empty()
        })
    }

    /// The client forgets every hardware address that it has learned.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn client_forgets(&self) -> Result<(), LabError> {
        self.client.node().ip(&["neigh", "flush", "all"]).map(drop)
    }

    /// Wait for a condition, but not for one that cannot come true because a program has ended.
    ///
    /// # Errors
    /// [`LabError::Other`] with the logs when it does not come true.
    pub fn wait(&self, what: &str, condition: impl Fn() -> bool) -> Result<(), LabError> {
        let ended = || self.sides.iter().find_map(Side::ended);
        let outcome = wait::until(what, self.patience(), || {
            if condition() {
                Some(None)
            } else {
                ended().map(Some)
            }
        });
        match outcome {
            Ok(None) => Ok(()),
            Ok(Some(how)) => {
                Err(self.explain(&format!("{what} cannot happen: a program ended by itself, {how}")))
            }
            Err(error) => Err(self.explain(&error.to_string())),
        }
    }

    /// Wait until `side` answers the client.
    ///
    /// # Errors
    /// [`LabError::Other`] with the logs when it does not.
    pub fn wait_for_answer(&self, probe: &Probe, side: usize) -> Result<(), LabError> {
        probe
            .wait_for(self.sides[side].node(), self.patience())
            .map_err(|error| self.explain(&error.to_string()))
    }

    /// For one interval and a half: `side` alone advertises. The wait is the measurement.
    ///
    /// # Errors
    /// [`LabError::Other`] with what was heard instead.
    pub fn sole_active(&self, side: usize) -> Result<(), LabError> {
        let since = Stamp::now();
        std::thread::sleep(self.case.mode.interval() * 3 / 2 + Duration::from_millis(50));
        let heard = self.adverts(side, since);
        let stranger = self.adverts(1 - side, since);
        if heard.is_empty() || !stranger.is_empty() {
            return Err(self.explain(&format!(
                "{} advertised {} times, {} {} times, while the first alone should",
                self.name(side),
                heard.len(),
                self.name(1 - side),
                stranger.len()
            )));
        }
        let holds = |side: usize| self.sides[side].holds();
        if !holds(side)? || holds(1 - side)? {
            return Err(self.explain(&format!("{} does not hold the address alone", self.name(side))));
        }
        Ok(())
    }

    /// Advertisements of one side since `from`.
    pub fn adverts(&self, side: usize, from: Stamp) -> Vec<Sighting> {
        self.sides[side].tap.adverts(VRID, from)
    }

    /// `lb01 (keepalived)`.
    pub fn name(&self, side: usize) -> String {
        let side = &self.sides[side];
        format!("{} ({})", side.node().name(), side.speaker.name())
    }

    /// Add what the programs said.
    pub fn explain(&self, error: &str) -> LabError {
        let mut text = error.to_owned();
        for side in &self.sides {
            let (name, log) = (side.node().name(), side.log());
            text.push_str(&format!("\n--- {} on {name}:\n{log}", side.speaker.name()));
            let sent = side.tap.adverts(VRID, Stamp(0));
            for sighting in sent.iter().rev().take(3).rev() {
                text.push_str(&format!("\n{sighting:?}"));
            }
        }
        LabError::Other(text)
    }
}

/// The longest silence since `from`, and the longest pause of the client itself, both in milliseconds.
pub(super) fn outage_ms(replies: &Replies, from: Stamp) -> (f64, f64) {
    let silence = replies.longest_silence(from);
    let outage = silence.map_or(f64::INFINITY, |s| s.length().as_secs_f64() * 1e3);
    (outage, replies.own_stall.as_secs_f64() * 1e3)
}
