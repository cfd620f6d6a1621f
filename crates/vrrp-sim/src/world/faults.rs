//! How a fault befalls the world.

use std::time::Duration;

use vrrp_core::{Input, Instant};

use super::{Event, World};
use crate::clock;
use crate::fault::{Fault, NodeId};
use crate::frame::{Frame, Port, Target};
use crate::timeline::What;

/// A router that failed bars itself for a minute at most, and is well by the next tick (PRJ-FAIL-01).
const LONGEST_PAUSE: Duration = Duration::from_secs(61);

impl World {
    pub(super) fn befall(&mut self, fault: Fault) {
        if !matches!(fault, Fault::Forged(_)) {
            self.tell(fault.node(), What::Fault(fault.clone()));
            self.disturbed_until(self.now);
        }
        let touched = fault.node();
        self.apply(fault);
        if let Some(id) = touched {
            self.run(id, false);
        }
    }

    fn apply(&mut self, fault: Fault) {
        let now = self.now;
        match fault {
            Fault::Start(id) => {
                let after = self.node(id).settings.leftovers_after;
                self.schedule(clock::after(now, after), Event::Leftovers(id));
                let link_up = self.node(id).link_up();
                self.fabric.set_up(self.port(id), link_up);
                self.nodes[id.0].1.start(now);
            }
            Fault::Stop(id) => self.nodes[id.0].1.input(Input::Stop),
            Fault::PowerCut(id) => {
                self.fabric.set_up(self.port(id), false);
                self.nodes[id.0].1.power_cut();
            }
            Fault::Kill(id) => self.nodes[id.0].1.kill(),
            Fault::Stall(id, lasts) => {
                self.nodes[id.0].1.stall(now, lasts);
                self.disturbed_until(clock::after(now, lasts));
            }
            Fault::SendFails(id, lasts) => {
                self.nodes[id.0].1.mute(now, lasts);
                self.disturbed_until(clock::after(now, lasts + LONGEST_PAUSE));
            }
            Fault::AddressesFail(id, lasts) => {
                self.nodes[id.0].1.refuse_addresses(now, lasts);
                self.disturbed_until(clock::after(now, lasts + LONGEST_PAUSE));
            }
            Fault::LinkDown(id) => self.set_link(id, false),
            Fault::LinkUp(id) => self.set_link(id, true),
            Fault::Order(id, order) => self.nodes[id.0].1.input(Input::Order(order)),
            Fault::Health(id, tracker, health) => {
                self.nodes[id.0].1.input(Input::Track(tracker, health));
            }
            Fault::Reconfigure(id, index, config) => self.nodes[id.0].1.configure(index, config),
            Fault::Partition(sides) => {
                for (id, side) in sides {
                    self.fabric.set_island(self.port(id), side);
                }
            }
            Fault::Heal => {
                for port in (0..self.stations.len()).map(Port) {
                    self.fabric.set_island(port, 0);
                }
            }
            Fault::Way(from, to, way) => self.fabric.set_way(self.port(from), self.port(to), way),
            Fault::Ways(way) => self.fabric.set_usual(way),
            Fault::Looped(looped) => self.fabric.set_looped(looped),
            Fault::Claim(id, address) => {
                let station = self.port(id);
                let claim = Frame::Announcement { address, station };
                self.carry(station, claim, Target::Everyone);
            }
            Fault::Forged(datagram) => {
                for id in (0..self.nodes.len()).map(NodeId) {
                    if self.fabric.is_up(self.port(id)) {
                        self.nodes[id.0].1.arrived(datagram.clone());
                        self.run(id, false);
                    }
                }
            }
        }
    }

    fn disturbed_until(&mut self, at: Instant) {
        self.disturbed_at = self.disturbed_at.max(at);
    }

    fn set_link(&mut self, id: NodeId, up: bool) {
        let lit = up && self.node(id).is_powered();
        self.fabric.set_up(self.port(id), lit);
        self.nodes[id.0].1.set_link(up);
    }
}
