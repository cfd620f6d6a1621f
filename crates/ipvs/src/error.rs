//! What can go wrong between a program and the kernel's IPVS.

use crate::change::Change;
use crate::fault::Fault;
use crate::wire::{Malformed, Request};
use std::{fmt, io};

/// Why something could not be had of the kernel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The kernel has no IPVS, and could not load it.
    #[error(
        "the kernel has no IPVS: the module ip_vs is neither loaded nor built in, and could not be loaded. \
         `modprobe ip_vs` says why; a container needs it loaded on its host"
    )]
    NoIpvs,
    /// The kernel has refused.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// It was not sent, for it cannot be carried out.
    #[error("not asked of the kernel: {0}")]
    Fault(#[from] Box<Fault>),
    /// The socket has failed, or answers were lost (ENOBUFS): whether it was carried out is to be asked.
    #[error("{doing}: {source}")]
    Socket {
        /// In words.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
    /// The kernel has not answered at all.
    #[error("{doing}: the kernel has not answered; what it has done is to be asked")]
    Unanswered {
        /// In words.
        doing: String,
    },
    /// The kernel's answer cannot be read.
    #[error("{doing}: {source}")]
    Malformed {
        /// In words.
        doing: String,
        /// What is wrong with it.
        source: Malformed,
    },
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl Error {
    /// Why the kernel has refused, if it has.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Refused(refusal) => Some(refusal.reason),
            Self::NoIpvs
            | Self::Fault(_)
            | Self::Socket { .. }
            | Self::Unanswered { .. }
            | Self::Malformed { .. } => None,
        }
    }
}

/// A request that the kernel has refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked, in words.
    pub asked: String,
    /// What that means.
    pub reason: Reason,
    /// As in errno(3).
    pub errno: i32,
    /// The kernel's own words, where it has any.
    pub text: Option<String>,
    /// Where in the request the kernel stumbled, in octets from its begin.
    pub offset_octets: Option<u32>,
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason;
        write!(f, "{}: {reason}", self.asked)?;
        if matches!(reason, Reason::Other | Reason::Invalid) {
            write!(f, " ({})", io::Error::from_raw_os_error(self.errno))?;
        }
        match &self.text {
            Some(text) => write!(f, "; the kernel says `{text}`"),
            None => Ok(()),
        }
    }
}

/// What a refusal means. The kernel uses few numbers for many things: which one it is depends on what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// `CAP_NET_ADMIN` is missing, also for looking; in Linux 6.1 that of a user namespace is not enough.
    NotPermitted,
    /// The service is there already.
    ServiceExists,
    /// There is no such service.
    NoSuchService,
    /// The destination is there already.
    DestinationExists,
    /// The service has no such destination.
    NoSuchDestination,
    /// The kernel has no such scheduler or persistence engine, and could not load it.
    NoSuchScheduler,
    /// A weight or a limit out of range.
    OutOfRange,
    /// A protocol that is not balanced, or an address family that the kernel was built without.
    NotSupported,
    /// A daemon with this role runs already.
    DaemonRuns,
    /// No daemon with this role runs.
    NoDaemon,
    /// There is no such interface.
    NoInterface,
    /// The kernel has no memory left.
    NoMemory,
    /// EINVAL: values that do not go together.
    Invalid,
    /// Another number.
    Other,
}

impl Reason {
    /// What a number means as the answer to this request.
    #[must_use]
    pub fn of(request: &Request<'_>, errno: i32) -> Self {
        match errno {
            libc::EPERM | libc::EACCES => Self::NotPermitted,
            libc::ENOMEM | libc::ENOBUFS => Self::NoMemory,
            libc::ERANGE => Self::OutOfRange,
            libc::EPROTONOSUPPORT | libc::EAFNOSUPPORT | libc::EOPNOTSUPP => Self::NotSupported,
            libc::EINVAL => Self::Invalid,
            libc::EEXIST => match request {
                Request::Change(Change::AddDestination { .. }) => Self::DestinationExists,
                Request::StartDaemon(_) => Self::DaemonRuns,
                _ => Self::ServiceExists,
            },
            libc::ESRCH => match request {
                Request::StopDaemon(_) => Self::NoDaemon,
                _ => Self::NoSuchService,
            },
            libc::ENOENT => match request {
                Request::Change(Change::AddService(_) | Change::EditService(_)) => Self::NoSuchScheduler,
                Request::Change(Change::EditDestination { .. } | Change::DeleteDestination { .. }) => {
                    Self::NoSuchDestination
                }
                _ => Self::Other,
            },
            libc::ENODEV => Self::NoInterface,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPermitted => "not permitted: it takes CAP_NET_ADMIN, and in Linux 6.1 that of the machine, not of a user namespace",
            Self::ServiceExists => "the service is there already",
            Self::NoSuchService => "there is no such service",
            Self::DestinationExists => "the destination is there already",
            Self::NoSuchDestination => "the service has no such destination",
            Self::NoSuchScheduler => {
                "the kernel has no such scheduler or persistence engine (modules ip_vs_NAME and ip_vs_pe_NAME)"
            }
            Self::OutOfRange => "a weight or a limit is out of range",
            Self::NotSupported => "the kernel does not balance this protocol or address family",
            Self::DaemonRuns => "a sync daemon with this role runs already",
            Self::NoDaemon => "no sync daemon with this role runs",
            Self::NoInterface => "there is no such interface",
            Self::NoMemory => "the kernel has no memory for it",
            Self::Invalid => "the kernel finds values that do not go together",
            Self::Other => "the kernel refuses",
        })
    }
}
