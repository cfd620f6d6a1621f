//! How a fault befalls the world.

use std::time::Duration;

use vrrp_core::{Input, Instant, InterfaceId};

use super::{Event, World};
use crate::clock;
use crate::fault::{Fault, NodeId};
use crate::frame::{Frame, Port, Target};
use crate::node::INTERFACE;
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
                self.nodes[id.0].1.start(now);
                self.light(id);
            }
            Fault::Stop(id) => self.nodes[id.0].1.input(Input::Stop),
            Fault::PowerCut(id) => {
                self.nodes[id.0].1.power_cut();
                self.light(id);
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
            Fault::LinkDown(id) => self.set_links(id, None, false),
            Fault::LinkUp(id) => self.set_links(id, None, true),
            Fault::On(interface, fault) => self.apply_on(interface, *fault),
            Fault::Order(id, order) => self.nodes[id.0].1.input(Input::Order(order)),
            Fault::Health(id, tracker, health) => {
                self.nodes[id.0].1.input(Input::Track(tracker, health));
            }
            Fault::HealthOf(id, index, tracker, health) => {
                self.nodes[id.0].1.input_of(index, Input::Track(tracker, health));
            }
            Fault::Reconfigure(id, index, config) => self.nodes[id.0].1.configure(index, config),
            Fault::Partition(sides) => {
                for (id, side) in sides {
                    for port in self.ports(id, None) {
                        self.fabric.set_island(port, side);
                    }
                }
            }
            Fault::Heal => {
                for port in (0..self.stations.len()).map(Port) {
                    self.fabric.set_island(port, 0);
                }
            }
            Fault::Way(from, to, way) => {
                for (from, to) in self.ports(from, None).into_iter().zip(self.ports(to, None)) {
                    self.fabric.set_way(from, to, way);
                }
            }
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
                        self.nodes[id.0].1.arrived(INTERFACE, datagram.clone());
                        self.run(id, false);
                    }
                }
            }
        }
    }

    fn disturbed_until(&mut self, at: Instant) {
        self.disturbed_at = self.disturbed_at.max(at);
    }

    fn apply_on(&mut self, interface: InterfaceId, fault: Fault) {
        match fault {
            Fault::LinkDown(id) => self.set_links(id, Some(interface), false),
            Fault::LinkUp(id) => self.set_links(id, Some(interface), true),
            Fault::Partition(sides) => {
                for (id, side) in sides {
                    for port in self.ports(id, Some(interface)) {
                        self.fabric.set_island(port, side);
                    }
                }
            }
            Fault::Heal => {
                for port in (0..self.stations.len()).map(Port) {
                    if self.fabric.segment(port) == Some(interface) {
                        self.fabric.set_island(port, 0);
                    }
                }
            }
            Fault::Way(from, to, way) => {
                let (from, to) = (self.ports(from, Some(interface)), self.ports(to, Some(interface)));
                for (from, to) in from.into_iter().zip(to) {
                    self.fabric.set_way(from, to, way);
                }
            }
            whole => self.apply(whole),
        }
    }

    /// The ports of a node, all of them or that of one interface, in the order of its interfaces.
    fn ports(&self, id: NodeId, only: Option<InterfaceId>) -> Vec<Port> {
        let interfaces = self.node(id).settings.interfaces();
        let chosen = interfaces
            .into_iter()
            .filter(|own| only.is_none_or(|only| only == *own));
        chosen
            .filter_map(|interface| self.port_on(id, interface))
            .collect()
    }

    fn set_links(&mut self, id: NodeId, only: Option<InterfaceId>, up: bool) {
        for interface in self.node(id).settings.interfaces() {
            if only.is_none_or(|only| only == interface) {
                self.nodes[id.0].1.set_link(interface, up);
            }
        }
        self.light(id);
    }

    /// A port is lit while its node has power and its link is not cut.
    fn light(&mut self, id: NodeId) {
        for interface in self.node(id).settings.interfaces() {
            let lit = self.node(id).is_powered() && self.node(id).is_up(interface);
            if let Some(port) = self.port_on(id, interface) {
                self.fabric.set_up(port, lit);
            }
        }
    }
}
