//! The lines of the log about routers and groups.

use tracing::{debug, info, warn};
use vrrp_control::KeepalivedState;
use vrrp_core::{Cause, Report, StateName, Transition};
use vrrp_net::GroupStatus;

use crate::names::Named;
use crate::words;

/// Kind and code of the event that a line is about: they stand beside it in the journal of systemd (docs/service.md).
#[derive(Debug, Default)]
pub(super) struct About {
    event: Option<String>,
    code: Option<String>,
}

impl About {
    pub(super) fn of(noted: Option<&vrrp_control::Event>) -> Self {
        Self {
            event: noted.map(|noted| noted.kind.to_string()),
            code: noted.map(|noted| noted.code.clone()),
        }
    }

    pub(super) fn event(&self) -> Option<&str> {
        self.event.as_deref()
    }

    pub(super) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

/// What is told whenever it happens.
pub(super) fn line(service: &str, report: &Report, about: &About) {
    match report {
        Report::Priority { from, to } => info!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: priority {from} -> {to}"
        ),
        Report::HoldEnded {
            successor: Some(successor),
        } => {
            info!(
                instance = service,
                event = about.event(),
                code = about.code(),
                "{service}: {successor} has taken over; the addresses are given up"
            );
        }
        Report::HoldEnded { successor: None } => {
            info!(
                instance = service,
                event = about.event(),
                code = about.code(),
                "{service}: nobody took over in time; the addresses are given up"
            );
        }
        Report::HoldTooLong => warn!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: the addresses go at once: at this advertisement interval the successor may need longer than the 5 s they could be kept for"
        ),
        Report::OnlyVersion3 { source } => warn!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: {source} is active and speaks version 3 only: nodes of version 2 do not hear it, and one of them may take the addresses as well; let it send both versions, or bring every node to version 3"
        ),
        Report::ChecksumFormsMixed { source } => warn!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: {source} uses another form of the IPv4 checksum than the router heard before: set v3_checksum_as_v2 alike on all nodes"
        ),
        Report::SamePriority { source } => warn!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: {source} has the same priority; give every node its own, else the higher address decides"
        ),
        Report::HeldBack => info!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: would be MASTER now and is held back: other members of its sync group are not ready for it"
        ),
        Report::FailedFor { retry_after_seconds } => warn!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: steps back after a failure and tries again in {retry_after_seconds} s"
        ),
        other => debug!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: {other:?}"
        ),
    }
}

pub(super) fn group_line(group: &GroupStatus, about: &About) {
    let (name, members) = (&group.name, group.members.join(", "));
    match group.state {
        StateName::Active => info!(
            group = name,
            event = about.event(),
            code = about.code(),
            "sync group {name}: MASTER ({members})"
        ),
        StateName::Backup => info!(
            group = name,
            event = about.event(),
            code = about.code(),
            "sync group {name}: BACKUP ({members})"
        ),
        StateName::Initialize if group.at_fault.is_empty() => {
            debug!(
                group = name,
                event = about.event(),
                code = about.code(),
                "sync group {name}: takes no part"
            );
        }
        StateName::Initialize => warn!(
            group = name,
            event = about.event(),
            code = about.code(),
            "sync group {name}: FAULT, by {}; {members} stand back together",
            group.at_fault.join(", ")
        ),
    }
}

pub(super) fn state_line(service: &str, transition: &Transition, names: &Named<'_>, about: &About) {
    let why = words::cause(transition.cause, None, names);
    let holding = if transition.holding {
        "; the addresses answer until the successor does"
    } else {
        ""
    };
    match (transition.to, transition.cause) {
        // MIB-19, YANG-09: the notification of a new Active, one for every entry.
        (StateName::Active, _) => {
            let reason = transition.new_master_reason().unwrap_or_default();
            info!(
                instance = service,
                new_state = KeepalivedState::Master.to_string(),
                event = about.event(),
                code = about.code(),
                new_master_reason = reason.name(),
                "{service}: MASTER: {why}"
            );
        }
        (StateName::Backup, _) => info!(
            instance = service,
            new_state = KeepalivedState::Backup.to_string(),
            event = about.event(),
            code = about.code(),
            "{service}: BACKUP: {why}"
        ),
        (StateName::Initialize, Cause::Barred(_)) => {
            warn!(
                instance = service,
                new_state = KeepalivedState::Fault.to_string(),
                event = about.event(),
                code = about.code(),
                "{service}: FAULT: {why}{holding}"
            )
        }
        (StateName::Initialize, _) => info!(
            instance = service,
            event = about.event(),
            code = about.code(),
            "{service}: stands back: {why}{holding}"
        ),
    }
}
