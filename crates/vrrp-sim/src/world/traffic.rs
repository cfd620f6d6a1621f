//! Frames on their way, and who does what with them.

use vrrp_core::InterfaceId;

use super::{Event, Station, World};
use crate::client::{ClientId, Learned};
use crate::clock;
use crate::fault::NodeId;
use crate::frame::{Frame, Port, Target};
use crate::timeline::{Line, What};

impl World {
    pub(super) fn carry(&mut self, from: Port, frame: Frame, target: Target) {
        for (at, to) in self.fabric.carry(self.now, from, target) {
            let frame = frame.clone();
            self.schedule(at, Event::Arrives { from, to, frame });
        }
    }

    pub(super) fn arrive(&mut self, from: Port, to: Port, frame: &Frame) {
        // What is under way when a link goes down is lost.
        if !self.fabric.is_up(to) {
            return;
        }
        match self.stations[to.0] {
            Station::Node(id, interface) => self.node_hears((id, interface), (from, to), frame),
            Station::Client(id) => {
                let now = self.now;
                let answer = self.clients[id.0].1.hears(now, from, frame);
                if let Some((frame, target)) = answer {
                    self.carry(to, frame, target);
                }
            }
        }
    }

    fn node_hears(
        &mut self,
        (id, interface): (NodeId, InterfaceId),
        (from, station): (Port, Port),
        frame: &Frame,
    ) {
        let (_, node) = &mut self.nodes[id.0];
        match frame {
            // Unicast that is for another node, and goes no further here.
            Frame::Advert(datagram) if !node.settings().is_reached(datagram.destination) => {}
            Frame::Advert(datagram) => {
                node.arrived(interface, datagram.clone());
                self.run(id, false);
            }
            Frame::Announcement { address, .. } => {
                node.announced(*address);
                self.run(id, false);
            }
            Frame::WhoHas { address } if node.kernel().has(address) => {
                let address = *address;
                self.carry(station, Frame::IsAt { address, station }, Target::One(from));
            }
            Frame::Request { address, number } if node.kernel().has(address) => {
                let number = *number;
                self.carry(station, Frame::Reply { number }, Target::One(from));
            }
            Frame::WhoHas { .. } | Frame::Request { .. } | Frame::IsAt { .. } | Frame::Reply { .. } => {}
        }
    }

    pub(super) fn ask(&mut self, id: ClientId) {
        let now = self.now;
        let (port, client) = &mut self.clients[id.0];
        let port = *port;
        let (frame, target) = client.ask(now);
        let learned = client.learn(now);
        let again = clock::after(now, client.settings.every);
        let (name, address) = (client.settings.name.clone(), client.settings.target);
        self.schedule(again, Event::Asks(id));
        self.carry(port, frame, target);
        for learned in learned {
            let (at, what) = match learned {
                Learned::Answers(at, port) => (at, What::AnsweredBy(self.name_at(port))),
                Learned::Over(outage, at) => {
                    let lasted = outage.until.map(|until| until.since(outage.from));
                    (at, What::NoAnswer { address, lasted })
                }
            };
            self.timeline.add(Line {
                at,
                who: name.clone(),
                what,
            });
        }
    }

    fn name_at(&self, port: Port) -> String {
        match self.stations.get(port.0) {
            Some(Station::Node(id, _)) => self.node(*id).settings.name.clone(),
            Some(Station::Client(id)) => self.client(*id).settings.name.clone(),
            None => String::new(),
        }
    }
}
