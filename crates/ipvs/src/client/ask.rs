//! One request and its answers.

use super::Client;
use crate::error::{Error, Reason, Refusal};
use crate::wire::{Answer, Answers, FamilyId, Malformed, Request, decode_family, encode_family_question};

impl Client {
    pub(super) fn resolve(&mut self) -> Result<FamilyId, Error> {
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

    /// A request that is answered by a number.
    pub(super) fn command(&mut self, request: &Request<'_>) -> Result<(), Error> {
        self.once_more(|client| client.command_once(request))
    }

    /// Where the module was taken out and loaded again IPVS has another number, and the old one is not there (ENOENT, which
    /// means other things too): then it is asked for again, and so is the request. [`Error::NoIpvs`] where it is gone.
    fn once_more<T>(&mut self, ask: impl Fn(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        match ask(self) {
            Err(error) if is_not_there(&error) && self.renew()? => ask(self),
            result => result,
        }
    }

    /// Whether IPVS has another number now.
    pub(super) fn renew(&mut self) -> Result<bool, Error> {
        let before = self.family;
        self.family = self.resolve()?;
        Ok(before != self.family)
    }

    fn command_once(&mut self, request: &Request<'_>) -> Result<(), Error> {
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
    pub(super) fn one<T>(
        &mut self,
        request: &Request<'_>,
        decode: impl Fn(&[u8]) -> Result<T, Malformed>,
    ) -> Result<T, Error> {
        self.once_more(|client| client.one_once(request, &decode))
    }

    fn one_once<T>(
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
    pub(super) fn many<T>(
        &mut self,
        request: &Request<'_>,
        decode: impl Fn(&[u8]) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Error> {
        self.once_more(|client| client.many_once(request, &decode))
    }

    fn many_once<T>(
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

    pub(super) const fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }
}

pub(super) fn is_not_there(error: &Error) -> bool {
    matches!(error, Error::Refused(refusal) if refusal.errno == libc::ENOENT)
}

pub(super) fn verdict(
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
