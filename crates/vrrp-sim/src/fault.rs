//! What can go wrong, and what operators do: each a value with units.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp_core::{Config, Health, InterfaceId, Order, TrackerId};
use vrrp_recording::words::millis;

use crate::fabric::Way;
use crate::frame::Datagram;

/// A node of the world, in the order of adding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// One thing that happens to the world.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The program is started; on a node without power the node is switched on first. A program that is about to end
    /// stays (PRJ-STOP-03).
    Start(NodeId),
    /// The program is asked to end (SIGTERM); a second time ends the hold.
    Stop(NodeId),
    /// The node is dead at once: its kernel has no address any more, its port is dark.
    PowerCut(NodeId),
    /// The program dies (kill -9); the kernel keeps what it held.
    Kill(NodeId),
    /// The program does not run for a while (SIGSTOP); packets wait in its socket.
    Stall(NodeId, Duration),
    /// Sending fails for a while, though the link has a carrier: a full queue, a filter (PRJ-FAIL-01).
    SendFails(NodeId, Duration),
    /// The kernel takes no address for a while (PRJ-FAIL-01).
    AddressesFail(NodeId, Duration),
    /// The link loses its carrier, and the program is told.
    LinkDown(NodeId),
    /// The link has a carrier again, and the program is told.
    LinkUp(NodeId),
    /// An operator's order to every router of the node.
    Order(NodeId, Order),
    /// The health of a tracked object changes, for every router of the node.
    Health(NodeId, TrackerId, Health),
    /// The health of a tracked object of one router of the node, counted from 0.
    HealthOf(NodeId, usize, TrackerId, Health),
    /// A router of the node, counted from 0, is configured anew.
    Reconfigure(NodeId, usize, Box<Config>),
    /// Nodes of different numbers no longer hear each other; clients stay with number 0.
    Partition(Vec<(NodeId, u8)>),
    /// Everyone hears everyone again.
    Heal,
    /// One direction between two nodes changes.
    Way(NodeId, NodeId, Way),
    /// Every way that was not set by itself changes.
    Ways(Way),
    /// The LAN is looped, or no longer.
    Looped(bool),
    /// The node says by gratuitous ARP or unsolicited NA that an address is its own, whether or not it is: another
    /// program, a host with the same address (NET-ARP-08).
    Claim(NodeId, IpAddr),
    /// The same, of one interface only: of [`Fault::LinkDown`], [`Fault::LinkUp`], [`Fault::Partition`], [`Fault::Heal`] and
    /// [`Fault::Way`], which otherwise are for every interface of the node.
    On(InterfaceId, Box<Self>),
    /// A packet that no router of this world has sent reaches everyone.
    Forged(Arc<Datagram>),
}

impl Fault {
    /// The node it concerns.
    #[must_use]
    pub const fn node(&self) -> Option<NodeId> {
        match self {
            Self::Start(node)
            | Self::Stop(node)
            | Self::PowerCut(node)
            | Self::Kill(node)
            | Self::Stall(node, _)
            | Self::SendFails(node, _)
            | Self::AddressesFail(node, _)
            | Self::LinkDown(node)
            | Self::LinkUp(node)
            | Self::Order(node, _)
            | Self::Health(node, ..)
            | Self::HealthOf(node, ..)
            | Self::Reconfigure(node, ..)
            | Self::Claim(node, _) => Some(*node),
            Self::On(_, fault) => fault.node(),
            Self::Partition(_)
            | Self::Heal
            | Self::Way(..)
            | Self::Ways(_)
            | Self::Looped(_)
            | Self::Forged(_) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(_) => f.write_str("start"),
            Self::Stop(_) => f.write_str("planned stop"),
            Self::PowerCut(_) => f.write_str("power cut"),
            Self::Kill(_) => f.write_str("kill -9 of the program"),
            Self::Stall(_, lasts) => write!(f, "stalled for {} ms", millis(*lasts)),
            Self::SendFails(_, lasts) => write!(f, "sending fails for {} ms", millis(*lasts)),
            Self::AddressesFail(_, lasts) => {
                write!(f, "its kernel takes no address for {} ms", millis(*lasts))
            }
            Self::LinkDown(_) => f.write_str("link down"),
            Self::LinkUp(_) => f.write_str("link up"),
            Self::Order(_, Order::Resign) => f.write_str("switchover"),
            Self::Order(_, Order::Compete) => f.write_str("switchover undone"),
            Self::HealthOf(_, router, id, health) => {
                write!(f, "check {} of router {router} is {health:?}", id.0)
            }
            Self::Health(_, id, health) => write!(f, "check {} is {health:?}", id.0),
            Self::Reconfigure(_, index, config) => {
                write!(
                    f,
                    "router {index} reconfigured: priority {}, interval {}, {} addresses",
                    config.priority,
                    config.interval,
                    config.addresses.len()
                )
            }
            Self::Partition(sides) => {
                f.write_str("partition:")?;
                sides
                    .iter()
                    .try_for_each(|(node, side)| write!(f, " node {} on side {side}", node.0))
            }
            Self::On(interface, fault) => write!(f, "interface {}: {fault}", interface.0),
            Self::Heal => f.write_str("the partition is healed"),
            Self::Way(from, to, way) => {
                write!(f, "from node {} to node {}: {}", from.0, to.0, WayWords(way))
            }
            Self::Ways(way) => write!(f, "everywhere: {}", WayWords(way)),
            Self::Looped(true) => f.write_str("the LAN is looped"),
            Self::Looped(false) => f.write_str("the LAN is no longer looped"),
            Self::Claim(_, address) => write!(f, "claims {address}"),
            Self::Forged(datagram) => {
                write!(
                    f,
                    "forged packet from {}, {} octets",
                    datagram.source,
                    datagram.message.len()
                )
            }
        }
    }
}

struct WayWords<'a>(&'a Way);

impl fmt::Display for WayWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of a million frames lost, {} twice, {} ms delay, {} ms jitter",
            self.0.loss_ppm,
            self.0.duplicate_ppm,
            millis(self.0.delay),
            millis(self.0.jitter)
        )
    }
}
