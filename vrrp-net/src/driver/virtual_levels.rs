//! Devices with virtual MACs up and down, and as large as the interface below lets them be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use vrrp_core::InterfaceId;

use super::engine::{Ending, Engine};
use super::virtual_macs::{Found, Wanted};
use crate::netlink::{set_mtu, set_up};

/// Devices taken down in one turn: each costs the kernel some 17 ms, in which no advertisement leaves.
pub(super) const DOWNS: usize = 8;

impl Engine {
    /// Up while the addresses are held, down otherwise (V3-6.4.2-04). Gives what could not be done, and why.
    pub(super) fn level_virtual_macs(
        &mut self,
        wanted: &BTreeMap<InterfaceId, Wanted>,
    ) -> BTreeMap<InterfaceId, String> {
        let holding = self.instances.values().filter(|instance| instance.holds);
        let up: BTreeSet<InterfaceId> = holding
            .flat_map(|instance| instance.virtual_macs.iter().map(|one| one.device))
            .collect();
        let mut asked = Vec::new();
        let mut changes = Vec::new();
        self.virtual_macs.unfinished = false;
        for wanted in wanted.values() {
            let Found::Right(index) = self.find_virtual_mac(wanted) else {
                continue;
            };
            let below = self.devices.index(&self.table, wanted.parent);
            let (Some(link), Some(below)) = (
                self.table.link(index),
                below.and_then(|below| self.table.link(below)),
            ) else {
                continue;
            };
            // The kernel follows downwards by itself, but never up again.
            if link.mtu_octets != below.mtu_octets && below.mtu_octets != 0 {
                changes.push(set_mtu(index, below.mtu_octets));
                asked.push((*wanted, index, Level::Mtu(below.mtu_octets)));
            }
            let up = up.contains(&wanted.device);
            if link.up && !up {
                let Some(left) = self.virtual_macs.downs_left.checked_sub(1) else {
                    self.virtual_macs.unfinished = true;
                    continue;
                };
                self.virtual_macs.downs_left = left;
            }
            if link.up != up {
                changes.push(set_up(index, up));
                asked.push((*wanted, index, Level::Up(up)));
            }
        }
        let results = self.addresses.requests().carry_out(&changes);
        let mut problems = BTreeMap::new();
        for ((wanted, index, level), result) in asked.into_iter().zip(results) {
            match result {
                Ok(()) => {
                    self.table.change_link(index, |link| match level {
                        Level::Mtu(octets) => link.mtu_octets = octets,
                        Level::Up(up) => link.up = up,
                    });
                    self.note_device_state(&wanted);
                }
                // It was told to be down before it is told to be gone.
                Err(error) if error.raw_os_error() == Some(libc::ENODEV) => {}
                Err(error) => {
                    let name = self.devices.name(wanted.device);
                    let problem = format!("{name} cannot be {level}: {error}");
                    let _none = problems.insert(wanted.device, problem);
                }
            }
        }
        problems
    }

    /// A new turn: those that the last one had no time for. At a stop they are about to be removed together.
    pub(super) fn finish_virtual_macs(&mut self) {
        self.virtual_macs.downs_left = DOWNS;
        let unfinished = std::mem::take(&mut self.virtual_macs.unfinished);
        if unfinished && !matches!(self.ending, Ending::Stopping(_)) {
            let wanted = self.wanted_virtual_macs();
            let _told_by_the_next_event = self.level_virtual_macs(&wanted);
        }
    }
}

/// What is asked of a device.
#[derive(Debug, Clone, Copy)]
enum Level {
    Up(bool),
    Mtu(u32),
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up(true) => f.write_str("taken up (has another device its MAC?)"),
            Self::Up(false) => f.write_str("taken down"),
            Self::Mtu(octets) => write!(f, "given the MTU {octets}"),
        }
    }
}
