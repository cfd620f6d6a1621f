//! Behaviours beside keepalived: the same file and the same events for both, each on a link of its own, and what is on the
//! wire and in the kernel compared.

mod announcing;
pub mod bench;
mod electing;
mod holding;
mod mailbox;
mod pipes;
mod telling;

use crate::LabError;
use crate::daemon::Daemon;
use crate::topology::Lab;
use bench::Bench;

/// What is to be seen.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// Of both, by keepalived's description and by hand.
    Same(&'static [&'static str]),
    /// Ours is another rule, on purpose.
    Other {
        /// Of keepalived.
        keepalived: &'static [&'static str],
        /// Of vrrpd.
        vrrpd: &'static [&'static str],
    },
}

/// One behaviour.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// In the table of behaviours, and in the output.
    pub name: &'static str,
    run: fn(&mut Bench) -> Result<Vec<String>, LabError>,
    expected: Expected,
}

/// All of them.
pub fn cases() -> Vec<Case> {
    [
        announcing::CASES,
        electing::CASES,
        holding::CASES,
        pipes::CASES,
        telling::CASES,
    ]
    .concat()
}

impl Case {
    /// What this daemon does where the other one is not looked at.
    ///
    /// # Errors
    /// With what was seen instead.
    pub fn check(&self, lab: &Lab, number: usize, daemon: Daemon) -> Result<(), LabError> {
        let letter = daemon.name().get(..1).unwrap_or_default();
        let mut bench = Bench::new(lab, &format!("{letter}{number}"), daemon)?;
        let seen = (self.run)(&mut bench)?;
        let expected = match (self.expected, daemon) {
            (Expected::Same(both), _) => both,
            (Expected::Other { keepalived, .. }, Daemon::Keepalived) => keepalived,
            (Expected::Other { vrrpd, .. }, Daemon::Vrrpd) => vrrpd,
        };
        if seen == expected {
            return Ok(());
        }
        Err(LabError::OutOfBounds(format!(
            "{}: {}: expected {expected:?}, seen {seen:?}; it said:\n{}",
            self.name,
            daemon.name(),
            bench.log()
        )))
    }
}

/// An instance of version 3 that becomes Active in a little more than three intervals.
fn conf(interval: &str, more: &str) -> String {
    conf_with("", interval, more)
}

/// [`conf`] with lines of `global_defs`, and with blocks behind it where the lines close it.
fn conf_with(globals: &str, interval: &str, more: &str) -> String {
    let addresses = if more.contains("virtual_ipaddress {") {
        ""
    } else {
        "virtual_ipaddress {\n192.0.2.100/24\n}\n"
    };
    let state = if more.contains("state ") {
        ""
    } else {
        "state BACKUP\n"
    };
    let priority = if more.contains("priority ") || more.contains("state MASTER # alone") {
        ""
    } else {
        "priority 150\n"
    };
    format!(
        "global_defs {{\nrouter_id lab\nscript_user root\n{globals}\n}}\nvrrp_instance VI_1 {{\n{state}interface eth1\n\
         virtual_router_id 51\n{priority}version 3\nadvert_int {interval}\n{addresses}{more}\n}}\n"
    )
}
