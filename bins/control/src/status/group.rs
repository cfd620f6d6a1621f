//! One sync group.

use serde::{Deserialize, Serialize};

use super::instance::{Hook, KeepalivedState, State};
use super::notice::Notice;

/// Instances that are Active together or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name in the file.
    pub name: String,
    /// State of the group as one service, in the words of the RFC.
    pub state: State,
    /// The same in keepalived's words.
    pub keepalived_state: KeepalivedState,
    /// Its instances, by VRID, IPv4 before IPv6.
    pub members: Vec<String>,
    /// The instances that keep all others from taking part.
    pub at_fault: Vec<String>,
    /// Its notify scripts that have run, the oldest first.
    pub hooks: Vec<Hook>,
    /// Mail and webhooks, one for each target that was told anything.
    #[serde(default)]
    pub notices: Vec<Notice>,
}
