//! One machine of a case with the implementation that runs on it.

use super::{Mode, Speaker, VRID};
use crate::LabError;
use crate::daemon::Running;
use crate::echo::Echo;
use crate::frr::{self, Frr};
use crate::process::Process;
use crate::tap::Tap;
use crate::topology::{Cable, Lab, Node, Switch};
use std::time::Duration;

/// `lb01` or `lb02`.
#[derive(Debug)]
pub struct Side {
    /// Which implementation.
    pub speaker: Speaker,
    /// Its cable.
    pub cable: Cable,
    /// What it sends.
    pub tap: Tap,
    mode: &'static Mode,
    side: usize,
    running: Option<Program>,
    stopping: bool,
    _echo: Echo,
}

#[derive(Debug)]
enum Program {
    Daemon(Running),
    Frr(Frr),
}

impl Side {
    pub(super) fn new(
        lab: &Lab,
        switch: &Switch,
        side: usize,
        speaker: Speaker,
        mode: &'static Mode,
    ) -> Result<Self, LabError> {
        let number = side + 1;
        let node = lab.node(&format!("lb0{number}"))?;
        let addresses = [format!("192.0.2.{number}/24"), format!("2001:db8::{number}/64")];
        let addresses = [addresses[0].as_str(), addresses[1].as_str()];
        let cable = lab.connect(&node, switch, &format!("eth{number}"), &addresses)?;
        Ok(Self {
            speaker,
            tap: Tap::start(&cable)?,
            mode,
            side,
            running: None,
            stopping: false,
            _echo: Echo::start(&node)?,
            cable,
        })
    }

    /// The machine.
    pub fn node(&self) -> &Node {
        self.cable.node()
    }

    /// Start the implementation with this priority.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(&mut self, priority: u8) -> Result<(), LabError> {
        self.stopping = false;
        self.running = Some(match self.speaker.daemon() {
            Some(daemon) => {
                let text = self.mode.conf(self.side, self.speaker, priority);
                Program::Daemon(daemon.start(self.node(), &text, false)?)
            }
            None => Program::Frr(Frr::start(&self.cable, &self.mode.router(self.side, priority))?),
        });
        Ok(())
    }

    /// Change the priority while it runs: by reload, FRR at its terminal.
    ///
    /// # Errors
    /// When it does not run.
    pub fn set_priority(&self, priority: u8) -> Result<(), LabError> {
        match self.running()? {
            Program::Daemon(running) => running.reload(&self.mode.conf(self.side, self.speaker, priority)),
            Program::Frr(frr) => frr.set_priority(priority),
        }
    }

    /// Power cut: the port closes and every process dies at once.
    ///
    /// # Errors
    /// When the port or a process resists.
    pub fn crash(&mut self) -> Result<(), LabError> {
        self.cable.close()?;
        match self.running.take() {
            Some(Program::Daemon(mut running)) => running.process.kill_hard(),
            Some(Program::Frr(mut frr)) => frr.kill(),
            None => Ok(()),
        }
    }

    /// The machine boots: nothing is left of what its kernel held, the port opens, the implementation starts.
    ///
    /// # Errors
    /// When one of these fails.
    pub fn boot(&mut self, priority: u8) -> Result<(), LabError> {
        for address in [self.mode.address, "fe80::55"] {
            if self.node().holds(address)? {
                let length = if address.contains(':') { 64 } else { 24 };
                let device = self.cable.interface();
                // On a device of its own it goes with the device.
                let _ = self
                    .node()
                    .ip(&["address", "del", &format!("{address}/{length}"), "dev", device]);
            }
        }
        let _ = self.node().ip(&["link", "delete", &format!("vrrp.{VRID}")]);
        frr::remove_device(self.node());
        self.cable.open()?;
        self.start(priority)
    }

    /// Ask it to stop; returns at once where that is possible.
    ///
    /// # Errors
    /// When it does not run.
    pub fn ask_to_stop(&mut self) -> Result<(), LabError> {
        self.stopping = true;
        match self.running_mut()? {
            Program::Daemon(running) => running.stop(),
            Program::Frr(frr) => frr.stop(),
        }
    }

    /// Wait for the end that was asked for.
    ///
    /// # Errors
    /// [`LabError::TooLate`] when it goes on.
    pub fn wait_for_end(&mut self) -> Result<(), LabError> {
        if let Some(Program::Daemon(mut running)) = self.running.take() {
            running.process.wait(Duration::from_secs(10))?;
        }
        Ok(())
    }

    /// Whether its kernel answers for the virtual address; a machine without power answers nobody.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn holds(&self) -> Result<bool, LabError> {
        if self.running.is_none() {
            return Ok(false);
        }
        if self.speaker == Speaker::Frr {
            return frr::device_is_up(self.node());
        }
        self.node().holds(self.mode.address)
    }

    /// What is left behind on a machine on which nothing runs any more.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn left_behind(&self) -> Result<Option<String>, LabError> {
        if self.speaker == Speaker::Frr {
            // The operator made its device, and it is the operator's to remove.
            return Ok(None);
        }
        if self.node().holds(self.mode.address)? {
            return Ok(Some(self.mode.address.to_owned()));
        }
        let links = self.node().ip(&["-oneline", "link", "show"])?;
        let device = links.split_whitespace().find(|word| word.starts_with("vrrp"));
        Ok(device.map(str::to_owned))
    }

    /// How it ended, where it ended by itself.
    pub fn ended(&self) -> Option<String> {
        if self.stopping {
            return None;
        }
        self.processes().into_iter().find_map(Process::how_it_ended)
    }

    /// What it has said.
    pub fn log(&self) -> String {
        let name = match self.speaker {
            Speaker::Frr => "frr-vrrpd",
            other => other.name(),
        };
        let path = self.node().folder().join(format!("{name}.log"));
        String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
    }

    fn processes(&self) -> Vec<&Process> {
        match &self.running {
            Some(Program::Daemon(running)) => vec![&running.process],
            Some(Program::Frr(frr)) => frr.processes.iter().collect(),
            None => Vec::new(),
        }
    }

    fn running(&self) -> Result<&Program, LabError> {
        let missing = || LabError::Other(format!("nothing runs on {}", self.node().name()));
        self.running.as_ref().ok_or_else(missing)
    }

    fn running_mut(&mut self) -> Result<&mut Program, LabError> {
        let name = self.cable.node().name().to_owned();
        let missing = || LabError::Other(format!("nothing runs on {name}"));
        self.running.as_mut().ok_or_else(missing)
    }
}
