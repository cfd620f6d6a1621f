//! Accept_Mode by packet filter (RFC 9568 sections 6.1 and 8.3.1): what arrives for the address of a router that neither
//! owns it nor has Accept_Mode is dropped, neighbour discovery excepted.
//!
//! Not deltas but a level, as with addresses: what is to be dropped is said as a whole, and the kernel changes from one
//! table to the next in one transaction. The rules are there before the address is, and as long as the service is
//! configured: where the address is not on this node they match nothing, so that a take-over has one thing less to do, and
//! one thing less that can fail in the moment when it matters.
//!
//! The table belongs to a netlink socket (Linux 5.12). `nft flush ruleset` of a firewall that is reloaded leaves it alone,
//! nobody else can change it, and the kernel removes it with the socket, however this process ends. A program that replaces
//! itself takes the socket along.

#[cfg(feature = "accept")]
mod kernel;
mod mode;
#[cfg(feature = "accept")]
mod table;

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

pub use mode::AcceptMode;
use serde::{Deserialize, Serialize};

/// What arrives for this address is dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) address: IpAddr,
    /// A link-local address is one on its link only.
    pub(crate) interface: Option<String>,
}

impl Target {
    pub(crate) fn new(address: IpAddr, interface: &str) -> Self {
        let on_its_link = match address {
            IpAddr::V4(_) => false,
            IpAddr::V6(address) => address.is_unicast_link_local(),
        };
        Self {
            address,
            interface: on_its_link.then(|| interface.to_owned()),
        }
    }
}

/// What a successor needs to go on with the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedFilter {
    name: String,
    in_force: BTreeSet<Target>,
}

/// The table of this driver, and the socket that owns it.
#[derive(Debug)]
pub(crate) struct Filter {
    #[cfg_attr(
        not(feature = "accept"),
        expect(dead_code, reason = "nothing is asked of the kernel")
    )]
    asked: String,
    owner: Option<OwnedFd>,
    /// The table that there is.
    name: Option<String>,
    in_force: BTreeSet<Target>,
    #[cfg(feature = "accept")]
    sequence: u32,
}

impl Filter {
    /// Nothing is asked of the kernel before there is something to drop. `name`: of the table.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            asked: name.to_owned(),
            owner: None,
            name: None,
            in_force: BTreeSet::new(),
            #[cfg(feature = "accept")]
            sequence: 0,
        }
    }

    /// Goes on with a predecessor's table.
    pub(crate) fn adopt(&mut self, saved: SavedFilter, owner: OwnedFd) {
        self.name = Some(saved.name);
        self.in_force = saved.in_force;
        self.owner = Some(owner);
    }

    /// For a successor; without it the table goes with this driver.
    pub(crate) fn give_out(&mut self) -> Option<(SavedFilter, OwnedFd)> {
        let name = self.name.take()?;
        let owner = self.owner.take()?;
        let in_force = std::mem::take(&mut self.in_force);
        Some((SavedFilter { name, in_force }, owner))
    }

    /// What is dropped now.
    pub(crate) const fn in_force(&self) -> &BTreeSet<Target> {
        &self.in_force
    }

    /// Without the feature nothing is dropped, and nobody may believe that it were.
    #[cfg(not(feature = "accept"))]
    pub(crate) fn settle(&mut self, wanted: &BTreeSet<Target>) -> Result<(), FilterError> {
        if wanted.is_empty() {
            Ok(())
        } else {
            Err(FilterError::NotBuilt)
        }
    }
}

/// Why packets to virtual addresses cannot be dropped (Accept_Mode false). Nothing has been changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// The kernel has no nf_tables, or none that lets a table be owned.
    #[error(
        "this kernel cannot drop packets to virtual addresses as asked (no_accept, vrrp_strict; Accept_Mode false): it needs \
         nf_tables with the inet family, and Linux 5.12 or later ({0}). Load the module nf_tables, or let the addresses \
         be served (accept)"
    )]
    Unsupported(io::Error),
    /// The kernel refuses any change of its packet filter.
    #[error(
        "CAP_NET_ADMIN is missing, which dropping packets to virtual addresses (no_accept, vrrp_strict) needs"
    )]
    Capability,
    /// Tables of others have the name and all that were tried in its place.
    #[error(
        "the packet filter tables inet {name} and inet {name}-2 to inet {name}-8 belong to others; remove those that \
         nobody needs, or choose another name (nftables NAME)"
    )]
    NameTaken {
        /// The name that was asked for.
        name: String,
    },
    /// This program was built without the feature `accept`.
    #[error(
        "dropping packets to virtual addresses (no_accept, vrrp_strict; Accept_Mode false) was not built into this program; \
         let the addresses be served (accept)"
    )]
    NotBuilt,
    /// Anything else.
    #[error("the kernel refuses to drop packets to virtual addresses (no_accept, vrrp_strict): {0}")]
    Kernel(io::Error),
}
