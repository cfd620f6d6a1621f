//! Has the kernel change from one table to the next.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;

use nix::sys::socket::{setsockopt, sockopt::SndBufForce};
use rustix::net::{SendFlags, send};

use super::table::{Step, makes_the_table, transaction};
use super::{Filter, FilterError, Target};
use crate::netlink::{DATAGRAM_OCTETS, Message, each_message, frame, open_netfilter, receive};

/// Tables of this name that others have: so many are passed by.
const NAMES: u32 = 8;
/// A transaction is one datagram: some 64 octets for each address.
const SEND_OCTETS: usize = 8 << 20;

/// What became of a transaction.
#[derive(Debug)]
enum Outcome {
    Done,
    /// Others have a table of this name.
    NameTaken,
}

impl Filter {
    /// Drops exactly what is wanted. On an error everything is as it was before.
    pub(crate) fn settle(&mut self, wanted: &BTreeSet<Target>) -> Result<(), FilterError> {
        if *wanted == self.in_force {
            return Ok(());
        }
        let candidates = match &self.name {
            Some(name) => vec![name.clone()],
            None => names(&self.asked),
        };
        for name in candidates {
            let there = self.name.is_some();
            match self.change(&transaction(&name, there, wanted))? {
                Outcome::NameTaken => {
                    tracing::info!(
                        table = name,
                        "a packet filter table of this name belongs to others"
                    );
                }
                Outcome::Done => {
                    tracing::info!(
                        table = name,
                        addresses = wanted.len(),
                        "packets to virtual addresses that this node does not serve are dropped: nft list table inet {name}"
                    );
                    self.name = (!wanted.is_empty()).then_some(name);
                    self.in_force.clone_from(wanted);
                    return Ok(());
                }
            }
        }
        Err(FilterError::NameTaken {
            name: self.asked.clone(),
        })
    }

    /// One transaction: all of it, or nothing.
    fn change(&mut self, steps: &[Step]) -> Result<Outcome, FilterError> {
        let owner = match self.owner.take() {
            Some(owner) => owner,
            None => open()?,
        };
        let first = self.sequence.wrapping_add(1);
        let mut datagram = Vec::new();
        for step in steps {
            self.sequence = self.sequence.wrapping_add(1);
            let flags = libc::NLM_F_REQUEST | step.flags;
            frame(&mut datagram, step.kind, flags, self.sequence, &step.payload);
        }
        let result = exchange(&owner, &datagram, first, steps);
        self.owner = Some(owner);
        result
    }
}

/// The kernel carries the transaction out within `send`, and has queued every answer when that returns.
fn exchange(owner: &OwnedFd, datagram: &[u8], first: u32, steps: &[Step]) -> Result<Outcome, FilterError> {
    let sent = send(owner, datagram, SendFlags::empty());
    let _octets = sent.map_err(|errno| FilterError::Kernel(errno.into()))?;
    let mut buffer = vec![0; DATAGRAM_OCTETS];
    let mut answered = 0;
    let mut failed: Option<(u32, i32)> = None;
    while let Some(answer) = receive(owner, &mut buffer).map_err(FilterError::Kernel)? {
        each_message(answer, |message| {
            if let Message::Answer { sequence, code } = message {
                answered += 1;
                if code != 0 && failed.is_none() {
                    failed = Some((sequence, code));
                }
            }
        });
    }
    let asked = steps
        .iter()
        .filter(|step| step.flags & libc::NLM_F_ACK != 0)
        .count();
    match failed {
        Some((sequence, code)) => {
            let place = usize::try_from(sequence.wrapping_sub(first)).unwrap_or(usize::MAX);
            let step = steps.get(place);
            let errno = code.saturating_neg();
            // EPERM: it has an owner, and that is not this socket.
            match (step.is_some_and(makes_the_table), errno) {
                (true, libc::EEXIST | libc::EPERM) => Ok(Outcome::NameTaken),
                // A flag that older kernels do not know.
                (true, libc::EINVAL) => Err(FilterError::Unsupported(io::Error::from_raw_os_error(errno))),
                _ => Err(meaning(errno)),
            }
        }
        // What is not answered is not known to have happened.
        None if answered < asked => Err(FilterError::Kernel(io::Error::from_raw_os_error(libc::ENOBUFS))),
        None => Ok(Outcome::Done),
    }
}

fn open() -> Result<OwnedFd, FilterError> {
    let owner = open_netfilter().map_err(|error| meaning(error.raw_os_error().unwrap_or(0)))?;
    // Beyond the system's limit only with CAP_NET_ADMIN; the usual room is enough for thousands of addresses.
    if let Err(errno) = setsockopt(&owner, SndBufForce, &SEND_OCTETS) {
        tracing::debug!(%errno, "the packet filter's socket keeps its usual room");
    }
    Ok(owner)
}

/// What a refusal means.
fn meaning(errno: i32) -> FilterError {
    let error = io::Error::from_raw_os_error(errno);
    match errno {
        libc::EPERM => FilterError::Capability,
        libc::EOPNOTSUPP | libc::EPROTONOSUPPORT | libc::ENOENT | libc::EAFNOSUPPORT => {
            FilterError::Unsupported(error)
        }
        _ => FilterError::Kernel(error),
    }
}

/// The name, and what to try where others have it.
fn names(asked: &str) -> Vec<String> {
    let more = (2..=NAMES).map(|number| format!("{asked}-{number}"));
    [asked.to_owned()].into_iter().chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel says where it has no nf_tables, no inet family, or no owners of tables, and what an operator reads.
    #[test]
    fn a_kernel_that_cannot_is_named_as_such() {
        for errno in [
            libc::EOPNOTSUPP,
            libc::EPROTONOSUPPORT,
            libc::ENOENT,
            libc::EAFNOSUPPORT,
        ] {
            let error = meaning(errno);
            assert!(matches!(error, FilterError::Unsupported(_)), "{error}");
            let text = error.to_string();
            assert!(
                text.contains("nf_tables") && text.contains("Linux 5.12"),
                "{text}"
            );
        }
        assert!(matches!(meaning(libc::EPERM), FilterError::Capability));
        assert!(matches!(meaning(libc::ENOMEM), FilterError::Kernel(_)));
    }

    #[test]
    fn eight_names_are_tried() {
        let names = names("edge");
        assert_eq!(
            (names.len(), names[0].as_str(), names[7].as_str()),
            (8, "edge", "edge-8")
        );
    }
}
