//! Sync groups, from the driver.

use healthcheck::HookStatus;
use vrrp_control::{Group, KeepalivedState, Notice};
use vrrp_core::StateName;
use vrrp_net::GroupStatus;

use super::instances::hook;
use crate::words;

pub(super) fn group(status: &GroupStatus, hooks: Option<HookStatus>, notices: Vec<Notice>) -> Group {
    let hooks = hooks.unwrap_or_default();
    Group {
        name: status.name.clone(),
        state: words::state(status.state),
        keepalived_state: match status.state {
            StateName::Active => KeepalivedState::Master,
            StateName::Backup => KeepalivedState::Backup,
            StateName::Initialize if status.at_fault.is_empty() => KeepalivedState::Init,
            StateName::Initialize => KeepalivedState::Fault,
        },
        members: status.members.clone(),
        at_fault: status.at_fault.clone(),
        hooks: hooks.results.into_iter().map(hook).collect(),
        notices,
    }
}
