//! One change of the machine.

use std::net::IpAddr;

use super::memory::Memory;
use super::rules::whole;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Make { device: String },
    Set { name: String, from: String, to: String },
    Add { address: IpAddr, device: String },
    Up { device: String },
    Delete { address: IpAddr, device: String },
    Down { device: String },
    Remove { device: String },
}

/// Changes, what is remembered when they have been made, and what is worth a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) memory: Memory,
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<String>,
}

impl Step {
    /// The name of it in JSON.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Make { .. } => "make",
            Self::Set { .. } => "set",
            Self::Add { .. } => "add",
            Self::Up { .. } => "up",
            Self::Delete { .. } => "delete",
            Self::Down { .. } => "down",
            Self::Remove { .. } => "remove",
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Make { device } => write!(f, "make {device}"),
            Self::Set { name, from, to } => write!(f, "set {name} from {from} to {to}"),
            Self::Add { address, device } => write!(f, "add {address}/{} to {device}", whole(*address)),
            Self::Up { device } => write!(f, "take {device} up"),
            Self::Delete { address, device } => {
                write!(f, "delete {address}/{} from {device}", whole(*address))
            }
            Self::Down { device } => write!(f, "take {device} down"),
            Self::Remove { device } => write!(f, "remove {device}"),
        }
    }
}
