//! Many changes at once.

use super::Client;
use super::ask::{is_not_there, verdict};
use crate::change::Change;
use crate::error::Error;
use crate::fault::Fault;
use crate::wire::{Answer, Answers, Request};

/// Requests in one datagram: their answers fit the smallest receive buffer that a system gives.
const BATCH: usize = 128;

impl Client {
    /// Many changes, in order, each whatever becomes of those before. A hundred cost one system call to send.
    ///
    /// One result for each change.
    pub fn apply(&mut self, changes: &[Change]) -> Vec<Result<(), Error>> {
        let mut results = Vec::with_capacity(changes.len());
        for batch in changes.chunks(BATCH) {
            let mut answers = self.apply_batch(batch);
            // Not one of them has found anything: the number may be an old one.
            let lost = |result: &Result<(), Error>| result.as_ref().is_err_and(is_not_there);
            if answers.iter().all(lost) {
                match self.renew() {
                    Ok(true) => answers = self.apply_batch(batch),
                    Err(Error::NoIpvs) => answers = batch.iter().map(|_| Err(Error::NoIpvs)).collect(),
                    Ok(false) | Err(_) => {}
                }
            }
            results.extend(answers);
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
}

pub(super) fn check(change: &Change) -> Result<(), Error> {
    let checked: Result<(), Fault> = match change {
        Change::AddService(service) | Change::EditService(service) => service.check(),
        Change::AddDestination { service, destination }
        | Change::EditDestination { service, destination } => destination.check(service),
        Change::DeleteService(_) | Change::DeleteDestination { .. } => Ok(()),
    };
    checked.map_err(|fault| Error::Fault(Box::new(fault)))
}
