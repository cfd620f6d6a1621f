//! What is to be done when the process of a router dies by any cause, told beforehand to another process that holds copies of
//! its sockets: the goodbye, already encoded, for whom to listen, and what to remove then.
//!
//! The one who carries it out decides nothing about VRRP: the core is asked for a planned stop on a copy of the router, and
//! what it would have done is written down.

mod channel;
mod executor;
mod heard;
mod testator;

pub use executor::{Equipment, Executor, Parted};
pub use testator::Testator;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};
use vrrp_core::{Family, Vrid};

use crate::address::linux::Line;
use crate::handover::SavedService;

/// `process:descriptor` of the end that the router's process talks by; a child of the child inherits the variable alone.
pub(crate) const VARIABLE: &str = "VRRP_NET_WILL";

/// One message from the router's process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Word {
    /// The process is at work, and answers for what its predecessor has left.
    Begun,
    /// Requests for the kernel go by this descriptor.
    Requests,
    /// Frames leave by this descriptor.
    Frames,
    /// A socket of protocol 112, and its descriptor.
    Socket(SharedSocket),
    /// It is no longer open.
    Closed(u32),
    /// None of the ears that were named is open any more.
    Deaf,
    /// Whoever claims an address on the interface of this index is heard by this descriptor.
    Ear(u32),
    /// What is to be done for one virtual router; replaces the last word about it.
    Will(Box<Will>),
    /// It holds nothing any more.
    Withdrawn(u32),
}

/// What a socket is, as far as sending and hearing depend on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SharedSocket {
    pub(crate) number: u32,
    pub(crate) family: Family,
    pub(crate) index: u32,
    /// Of whole IP packets.
    pub(crate) packets: bool,
}

/// For one virtual router that holds its addresses.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Will {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) family: Family,
    pub(crate) vrid: Vrid,
    /// Its own address on the link.
    pub(crate) source: Option<IpAddr>,
    /// Of unicast: who else may speak for it.
    pub(crate) peers: Vec<IpAddr>,
    /// The goodbye leaves by the first; the successor is heard by all of them.
    pub(crate) sockets: Vec<u32>,
    /// Where frames leave.
    pub(crate) index: u32,
    pub(crate) hop_limit: u8,
    pub(crate) goodbye: Vec<Goodbye>,
    /// The longest that the addresses may stay, from the goodbye on (PRJ-STOP-02).
    pub(crate) hold_nanos: u64,
    /// In a hold already: until then, by CLOCK_BOOTTIME.
    pub(crate) until_nanos: Option<u64>,
    /// Interface and address of all that it holds, where a successor's claim of each can be heard; else none.
    pub(crate) claims: Vec<(u32, Ipv4Addr)>,
    pub(crate) removal: Vec<Removal>,
    pub(crate) held: Vec<Line>,
    /// How it goes on where nobody takes over; `None`: it was about to go.
    pub(crate) later: Option<SavedService>,
}

/// One packet or frame.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Goodbye {
    pub(crate) destination: IpAddr,
    pub(crate) octets: Vec<u8>,
    /// A whole frame: its EtherType and destination.
    pub(crate) frame: Option<(u16, [u8; 6])>,
}

/// One request to the kernel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Removal {
    pub(crate) kind: u16,
    pub(crate) payload: Vec<u8>,
}

// A goodbye of version 2 may hold the password that is on the wire.
impl fmt::Debug for Goodbye {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let destination = &self.destination;
        f.debug_struct("Goodbye")
            .field("destination", destination)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Will {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Will")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
