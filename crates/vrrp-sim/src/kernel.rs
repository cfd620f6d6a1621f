//! A node's kernel as far as addresses go: what it holds, in which order it is changed, and how long that takes.

use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use vrrp_core::Instant;

use crate::clock;

/// One job for the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Let the address be present.
    Add(IpAddr),
    /// Let it be absent.
    Remove(IpAddr),
    /// Announce it, where it is present.
    Announce(IpAddr),
}

/// Addresses outlive the program that asked for them, but not the power.
#[derive(Debug, Clone, Default)]
pub struct Kernel {
    present: BTreeSet<IpAddr>,
    /// What will be present when every job is done.
    planned: BTreeSet<IpAddr>,
    jobs: VecDeque<(Instant, Job)>,
    free_at: Instant,
}

impl Kernel {
    /// Whether the kernel answers for this address.
    #[must_use]
    pub fn has(&self, address: &IpAddr) -> bool {
        self.present.contains(address)
    }

    /// What the kernel answers for.
    #[must_use]
    pub const fn present(&self) -> &BTreeSet<IpAddr> {
        &self.present
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Queues a job that takes `takes`; adding what is there already, or removing what is not, takes no time.
    pub(crate) fn ask(&mut self, now: Instant, job: Job, takes: Duration) {
        if let Job::Remove(address) = job {
            // What is about to go must not be announced any more.
            self.jobs.retain(|(_, job)| *job != Job::Announce(address));
        }
        let changes = match job {
            Job::Add(address) => self.planned.insert(address),
            Job::Remove(address) => self.planned.remove(&address),
            Job::Announce(_) => false,
        };
        let begins = self.free_at.max(now);
        self.free_at = if changes {
            clock::after(begins, takes)
        } else {
            begins
        };
        self.jobs.push_back((self.free_at, job));
    }

    /// Who asked is gone, and with it what was not done yet.
    pub(crate) fn forget_jobs(&mut self) {
        self.jobs.clear();
        self.planned = self.present.clone();
        self.free_at = Instant::default();
    }

    /// When the next job is done.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.jobs.front().map(|(at, _)| *at)
    }

    /// The next job that is done by `now` and changed or announced something.
    pub(crate) fn done(&mut self, now: Instant) -> Option<Job> {
        while self.next_at().is_some_and(|at| at <= now) {
            let (_, job) = self.jobs.pop_front()?;
            let told = match job {
                Job::Add(address) => self.present.insert(address),
                Job::Remove(address) => self.present.remove(&address),
                Job::Announce(address) => self.present.contains(&address),
            };
            if told {
                return Some(job);
            }
        }
        None
    }
}
