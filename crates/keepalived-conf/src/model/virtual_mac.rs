//! `use_vmac`.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Sourced;
use crate::source::Span;

/// An Ethernet address of one station.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.map(|octet| format!("{octet:02x}")).join(":");
        f.write_str(&text)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({self})")
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `use_vmac`: the addresses go on a device with the virtual MAC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UseVmac {
    /// The device's name; if none, the prefix of `vmac_prefix` and the number of the router make one.
    pub name: Option<Sourced<String>>,
    /// Its MAC; that of the protocol if none.
    pub mac: Option<Sourced<Mac>>,
    /// The place of the word.
    pub span: Span,
}

/// What an instance asks for of virtual MACs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vmac {
    /// `use_vmac`.
    pub own: Option<UseVmac>,
    /// `use_vmac_addr`: for addresses on other interfaces too.
    pub addresses: Sourced<bool>,
    /// `vmac_xmit_base`: adverts have the interface's own MAC; implied by unicast.
    pub xmit_base: Sourced<bool>,
}
