//! What happened, in order, for whoever runs scripts, sends mail and writes a journal.

use std::sync::Arc;

use healthcheck::Because;

/// Something that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A real server has become well or not, or was out until its checks had spoken and they have failed. Of one that is in
    /// before anything is known of it nothing is said but where the configuration wants it (keepalived `rs_init_notifies`):
    /// with [`When::Start`].
    Server {
        /// Of which virtual server.
        virtual_server: Arc<str>,
        /// Which one.
        server: Arc<str>,
        /// Whether it counts for the quorum now. It serves if it does, unless the quorum is lost and another serves.
        up: bool,
        /// Why. [`Because::Drained`] and its like are an operator's word, and not a failure.
        because: Because,
        /// At which time of the program's life.
        when: When,
    },
    /// A real server that is up has another weight.
    Weight {
        /// Of which virtual server.
        virtual_server: Arc<str>,
        /// Which one.
        server: Arc<str>,
        /// Its share now.
        weight: u32,
    },
    /// The quorum was gained or lost.
    Quorum {
        /// Of which virtual server.
        virtual_server: Arc<str>,
        /// Whether enough weight lives.
        gained: bool,
        /// How much lives.
        living_weight: u64,
        /// At which time of the program's life.
        when: When,
    },
    /// The kernel's table has services of this balance at the start: of a program that was killed, or of one that still runs.
    Found {
        /// How many; one at least.
        services: usize,
    },
    /// All checks of a virtual server that has just begun have given a result, and no server is up. Told only where there is a
    /// fallback command, and once more where a reload brings one while none is up: it is no quorum that was lost.
    NoneFound {
        /// Which.
        virtual_server: Arc<str>,
    },
    /// The sorry server has begun or ceased to serve.
    Sorry {
        /// Of which virtual server.
        virtual_server: Arc<str>,
        /// Its name.
        server: Arc<str>,
        /// Whether it serves.
        serves: bool,
    },
    /// A run of a check has failed that wants each failure to be told (`log_all_failures`), whether it decides or not.
    CheckFailed {
        /// Its name.
        check: Arc<str>,
        /// What was found.
        reason: String,
    },
    /// This machine lacks what a check needs to look: descriptors, memory, processes, a port or address to come from. Of
    /// servers whose checks cannot look, what was last known counts. Told once for all checks that lack the same, with the first.
    Lack {
        /// The first check that could not look.
        check: Arc<str>,
        /// What it met.
        reason: String,
    },
    /// All checks can look again.
    LackOver,
    /// The kernel and its table.
    Kernel(KernelEvent),
}

/// At which time of the program's life something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// It begins, or a real server does: what is so from the first moment.
    Start,
    /// It goes on.
    Running,
    /// It ends, and the configuration wants to be told (`omega`).
    Stop,
}

/// What becomes of the wishes in the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelEvent {
    /// The kernel has refused something, or does not answer. It is asked again, after a pause that grows.
    Refused {
        /// What was asked: `add 192.0.2.10:80 to TCP 192.0.2.1:80`.
        asked: String,
        /// Why not.
        reason: String,
    },
    /// Everything is as it is to be again.
    Recovered,
    /// Somebody else has changed what is ours. It is put right.
    ForeignHand {
        /// What is done about it, in words: `edit 192.0.2.10:80 of TCP 192.0.2.1:80`; the first few.
        repairs: Vec<String>,
        /// How many there are.
        count: usize,
    },
    /// The timeouts of connections were set, or put back: what they are to be at the end, for the program that takes this one's
    /// place should it die.
    Timeouts {
        /// As they were before; `None`: they are so.
        before: Option<vrrp_ipvs::Timeouts>,
    },
    /// A daemon of synchronisation was started or stopped.
    Sync {
        /// Which.
        role: vrrp_ipvs::SyncRole,
        /// Whether it runs now.
        runs: bool,
    },
}
