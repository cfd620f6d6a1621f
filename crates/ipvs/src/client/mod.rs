//! The kernel's IPVS, asked by a socket.

mod carry_out;
mod socket;

pub use carry_out::Outcome;

use crate::change::Change;
use crate::daemon::{SyncDaemon, SyncRole};
use crate::destination::DestinationStatus;
use crate::error::{Error, Reason, Refusal};
use crate::fault::Fault;
use crate::key::ServiceKey;
use crate::service::Service;
use crate::settings::{Info, Timeouts};
use crate::statistics::Statistics;
use crate::wire::{
    Answer, Answers, FamilyId, Malformed, Request, decode_daemon, decode_destination, decode_family,
    decode_info, decode_service, decode_timeouts, encode_family_question,
};
use socket::Netlink;

/// Requests in one datagram: their answers fit the smallest receive buffer that a system gives.
const BATCH: usize = 128;

/// The IPVS of the network namespace in which this was opened.
///
/// A call returns when the kernel has done what was asked: netlink answers inside the system call, so there is nothing to
/// wait for, and nothing for an asynchronous runtime to do. A table of many thousand destinations takes the kernel some
/// milliseconds; a loop that cannot spare them gives this to a thread.
///
/// ```no_run
/// use vrrp_ipvs::{Change, Client, Name, Service, ServiceKey};
///
/// let mut ipvs = Client::open()?;
/// let key = ServiceKey::tcp("192.0.2.1:80".parse()?);
/// ipvs.change(&Change::AddService(Service::new(key, Name::new("wlc")?)))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Client {
    netlink: Netlink,
    family: FamilyId,
    sequence: u32,
}

impl Client {
    /// Opens the socket and asks for the number of IPVS, upon which the kernel loads the module if it has it.
    ///
    /// # Errors
    /// [`Error::NoIpvs`]; or the socket fails. Whether IPVS may be used is seen by the first request only.
    pub fn open() -> Result<Self, Error> {
        let failed = |source| Error::Socket {
            doing: "open a socket of generic netlink".to_owned(),
            source,
        };
        let mut client = Self {
            netlink: Netlink::open().map_err(failed)?,
            family: FamilyId(0),
            sequence: 0,
        };
        client.family = client.resolve()?;
        Ok(client)
    }

    fn resolve(&mut self) -> Result<FamilyId, Error> {
        let doing = || "ask for the number of IPVS".to_owned();
        let asked = self.next_sequence();
        self.send(&encode_family_question(asked), &doing)?;
        let mut found = Err(Error::Unanswered { doing: doing() });
        self.read(asked, &doing, |answer| match answer {
            Answer::Entry { payload, .. } => {
                found = decode_family(payload).map_err(|source| Error::Malformed {
                    doing: doing(),
                    source,
                });
                true
            }
            Answer::Verdict { errno, .. } => {
                found = Err(match errno {
                    libc::ENOENT => Error::NoIpvs,
                    _ => Error::Socket {
                        doing: doing(),
                        source: std::io::Error::from_raw_os_error(errno),
                    },
                });
                true
            }
            Answer::Done { .. } | Answer::Overrun => false,
        })?;
        found
    }

    /// Version and size.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn info(&mut self) -> Result<Info, Error> {
        self.one(&Request::Info, decode_info)
    }

    /// All services with their counters, in no order.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn services(&mut self) -> Result<Vec<(Service, Statistics)>, Error> {
        self.many(&Request::Services, decode_service)
    }

    /// One service with its counters.
    ///
    /// # Errors
    /// [`Reason::NoSuchService`]; or the kernel refuses or does not answer.
    pub fn service(&mut self, key: &ServiceKey) -> Result<(Service, Statistics), Error> {
        self.one(&Request::Service(key), decode_service)
    }

    /// The destinations of a service with what goes on there, in no order; none where there is no such service.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn destinations(&mut self, key: &ServiceKey) -> Result<Vec<DestinationStatus>, Error> {
        self.many(&Request::Destinations(key), decode_destination)
    }

    /// One change.
    ///
    /// # Errors
    /// [`Error::Fault`] where it cannot be carried out; or the kernel refuses or does not answer.
    pub fn change(&mut self, change: &Change) -> Result<(), Error> {
        check(change)?;
        self.command(&Request::Change(change))
    }

    /// Many changes, in order, each whatever becomes of those before. A hundred cost one system call to send.
    ///
    /// One result for each change.
    pub fn apply(&mut self, changes: &[Change]) -> Vec<Result<(), Error>> {
        let mut results = Vec::with_capacity(changes.len());
        for batch in changes.chunks(BATCH) {
            results.extend(self.apply_batch(batch));
        }
        results
    }

    fn apply_batch(&mut self, batch: &[Change]) -> Vec<Result<(), Error>> {
        let mut datagram = Vec::new();
        let first = self.sequence.wrapping_add(1);
        // What is not answered is not known to have happened.
        let mut results: Vec<_> = batch
            .iter()
            .map(|change| {
                let sequence = self.next_sequence();
                check(change)?;
                Request::Change(change).encode(self.family, sequence, &mut datagram);
                Err(Error::Unanswered {
                    doing: change.to_string(),
                })
            })
            .collect();
        let unanswered = |result: &Result<(), Error>| matches!(result, Err(Error::Unanswered { .. }));
        let mut open = results.iter().filter(|result| unanswered(result)).count();
        if open == 0 {
            return results;
        }
        self.netlink.drain();
        let failed = self.netlink.send(&datagram).and_then(|()| {
            while open > 0 {
                let Some(received) = self.netlink.receive()? else {
                    return Ok(());
                };
                for answer in Answers::of(received) {
                    let Answer::Verdict {
                        sequence,
                        errno,
                        text,
                        offset_octets,
                    } = answer
                    else {
                        continue;
                    };
                    let place = usize::try_from(sequence.wrapping_sub(first)).unwrap_or(usize::MAX);
                    if let (Some(result), Some(change)) = (results.get_mut(place), batch.get(place)) {
                        *result = verdict(&Request::Change(change), errno, text, offset_octets);
                        open = open.saturating_sub(1);
                    }
                }
            }
            Ok(())
        });
        if let Err(error) = failed {
            for (result, change) in results
                .iter_mut()
                .zip(batch)
                .filter(|(result, _)| unanswered(result))
            {
                let source = std::io::Error::from(error.kind());
                let source = error
                    .raw_os_error()
                    .map_or(source, std::io::Error::from_raw_os_error);
                *result = Err(Error::Socket {
                    doing: change.to_string(),
                    source,
                });
            }
        }
        results
    }

    /// Counters to zero, of one service and its destinations or of all.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn zero(&mut self, service: Option<&ServiceKey>) -> Result<(), Error> {
        self.command(&Request::Zero(service))
    }

    /// Removes every service of the network namespace, whoever made it.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.command(&Request::Flush)
    }

    /// How long connections are kept.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn timeouts(&mut self) -> Result<Timeouts, Error> {
        self.one(&Request::Timeouts, decode_timeouts)
    }

    /// Sets how long connections are kept; 0 leaves one as it is.
    ///
    /// # Errors
    /// The kernel refuses ([`Reason::Invalid`] for more than it can count), or does not answer.
    pub fn set_timeouts(&mut self, timeouts: &Timeouts) -> Result<(), Error> {
        self.command(&Request::SetTimeouts(timeouts))
    }

    /// The synchronisation daemons that run.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn daemons(&mut self) -> Result<Vec<SyncDaemon>, Error> {
        self.many(&Request::Daemons, decode_daemon)
    }

    /// Starts a synchronisation daemon.
    ///
    /// # Errors
    /// [`Reason::DaemonRuns`], [`Reason::NoInterface`]; or the kernel refuses or does not answer.
    pub fn start_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), Error> {
        self.command(&Request::StartDaemon(daemon))
    }

    /// Stops a synchronisation daemon.
    ///
    /// # Errors
    /// [`Reason::NoDaemon`]; or the kernel refuses or does not answer.
    pub fn stop_daemon(&mut self, role: SyncRole) -> Result<(), Error> {
        self.command(&Request::StopDaemon(role))
    }

    /// A request that is answered by a number.
    fn command(&mut self, request: &Request<'_>) -> Result<(), Error> {
        let doing = || request.to_string();
        let asked = self.ask(request)?;
        let mut result = Err(Error::Unanswered { doing: doing() });
        self.read(asked, &doing, |answer| match answer {
            Answer::Verdict {
                errno,
                text,
                offset_octets,
                ..
            } => {
                result = verdict(request, errno, text, offset_octets);
                true
            }
            Answer::Entry { .. } | Answer::Done { .. } | Answer::Overrun => false,
        })?;
        result
    }

    /// A request that is answered by one entry, or refused.
    fn one<T>(
        &mut self,
        request: &Request<'_>,
        decode: impl Fn(&[u8]) -> Result<T, Malformed>,
    ) -> Result<T, Error> {
        let doing = || request.to_string();
        let asked = self.ask(request)?;
        let mut result = Err(Error::Unanswered { doing: doing() });
        self.read(asked, &doing, |answer| match answer {
            Answer::Entry { payload, .. } => {
                result = decode(payload).map_err(|source| Error::Malformed {
                    doing: doing(),
                    source,
                });
                true
            }
            Answer::Verdict {
                errno,
                text,
                offset_octets,
                ..
            } => {
                if let Err(error) = verdict(request, errno, text, offset_octets) {
                    result = Err(error);
                }
                true
            }
            Answer::Done { .. } | Answer::Overrun => false,
        })?;
        result
    }

    /// A request that is answered by any number of entries. One that cannot be read makes the whole unreadable: a table
    /// with a hole would be taken for one from which something is to be removed.
    fn many<T>(
        &mut self,
        request: &Request<'_>,
        decode: impl Fn(&[u8]) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Error> {
        let doing = || request.to_string();
        let asked = self.ask(request)?;
        let mut entries = Vec::new();
        let mut end = Err(Error::Unanswered { doing: doing() });
        let mut broken = None;
        self.read(asked, &doing, |answer| match answer {
            Answer::Entry { payload, .. } => {
                match decode(payload) {
                    Ok(entry) => entries.push(entry),
                    Err(source) => {
                        broken = Some(Error::Malformed {
                            doing: doing(),
                            source,
                        })
                    }
                }
                false
            }
            Answer::Done { errno, .. } => {
                end = verdict(request, errno, None, None);
                true
            }
            Answer::Verdict {
                errno,
                text,
                offset_octets,
                ..
            } => {
                end = verdict(request, errno, text, offset_octets);
                true
            }
            Answer::Overrun => false,
        })?;
        end?;
        broken.map_or(Ok(entries), Err)
    }

    fn ask(&mut self, request: &Request<'_>) -> Result<u32, Error> {
        let sequence = self.next_sequence();
        let mut datagram = Vec::new();
        request.encode(self.family, sequence, &mut datagram);
        self.send(&datagram, &|| request.to_string())?;
        Ok(sequence)
    }

    fn send(&mut self, datagram: &[u8], doing: &impl Fn() -> String) -> Result<(), Error> {
        self.netlink.drain();
        let sent = self.netlink.send(datagram);
        sent.map_err(|source| Error::Socket {
            doing: doing(),
            source,
        })
    }

    /// Gives the answers to one request to `take`, until that says that it was the last or there is none.
    fn read(
        &mut self,
        asked: u32,
        doing: &impl Fn() -> String,
        mut take: impl FnMut(Answer<'_>) -> bool,
    ) -> Result<(), Error> {
        loop {
            let received = self.netlink.receive();
            let datagram = received.map_err(|source| Error::Socket {
                doing: doing(),
                source,
            })?;
            let Some(datagram) = datagram else {
                return Ok(());
            };
            for answer in Answers::of(datagram).filter(|answer| answer.sequence() == Some(asked)) {
                if take(answer) {
                    return Ok(());
                }
            }
        }
    }

    const fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }
}

fn check(change: &Change) -> Result<(), Error> {
    let checked: Result<(), Fault> = match change {
        Change::AddService(service) | Change::EditService(service) => service.check(),
        Change::AddDestination { service, destination }
        | Change::EditDestination { service, destination } => destination.check(service),
        Change::DeleteService(_) | Change::DeleteDestination { .. } => Ok(()),
    };
    checked.map_err(|fault| Error::Fault(Box::new(fault)))
}

fn verdict(
    request: &Request<'_>,
    errno: i32,
    text: Option<String>,
    offset_octets: Option<u32>,
) -> Result<(), Error> {
    if errno == 0 {
        return Ok(());
    }
    Err(Refusal {
        asked: request.to_string(),
        reason: Reason::of(request, errno),
        errno,
        text,
        offset_octets,
    }
    .into())
}
