//! Requests that are answered before the call returns.

use std::io;
use std::os::fd::OwnedFd;

use rtnetlink::packet_core::{Emitable, NetlinkHeader, NlasIterator};
use rtnetlink::packet_route::address::AddressMessage;
use rustix::net::{SendFlags, send};

use super::frame::{AddressInfo, Message, each_message};
use super::{DATAGRAM_OCTETS, open, receive};

const HEADER_OCTETS: usize = 16;
/// Of linux/rtnetlink.h; libc does not have it.
const RTEXT_FILTER_SKIP_STATS: u32 = 1 << 3;
const ADDRESS_HEADER_OCTETS: usize = 8;
/// Requests in one datagram: their answers fit the receive buffer many times over.
const BATCH: usize = 128;
/// A dump that others keep interrupting is taken as it is; the next reconciliation sees the rest.
const DUMP_TRIES: usize = 4;

/// One change of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    kind: u16,
    flags: i32,
    payload: Vec<u8>,
}

impl Change {
    fn new(kind: u16, flags: i32, payload: Vec<u8>) -> Self {
        Self { kind, flags, payload }
    }

    /// Any other request.
    pub(crate) const fn raw(kind: u16, flags: i32, payload: Vec<u8>) -> Self {
        Self { kind, flags, payload }
    }

    fn payload_of(message: &AddressMessage) -> Vec<u8> {
        let mut payload = vec![0; message.buffer_len()];
        message.emit(&mut payload);
        payload
    }

    /// Makes an address that must not be there yet: EEXIST says that it was.
    pub(crate) fn add(message: &AddressMessage) -> Self {
        Self::add_again(Self::payload_of(message))
    }

    /// Makes an address by the message in which the kernel described it.
    pub(crate) fn add_again(payload: Vec<u8>) -> Self {
        Self::new(libc::RTM_NEWADDR, libc::NLM_F_CREATE | libc::NLM_F_EXCL, payload)
    }

    /// Removes an address.
    pub(crate) fn delete(message: &AddressMessage) -> Self {
        Self::new(libc::RTM_DELADDR, 0, Self::payload_of(message))
    }

    /// Removes exactly the address that the kernel described, and no other entry of the same number.
    ///
    /// Not by its whole message: the label would have to match, and it follows the interface when that is renamed.
    pub(crate) fn delete_again(info: &AddressInfo) -> Self {
        let (header, attributes) = info
            .message
            .split_at_checked(ADDRESS_HEADER_OCTETS)
            .unwrap_or_default();
        let mut payload = header.to_vec();
        for attribute in NlasIterator::new(attributes).map_while(Result::ok) {
            if matches!(attribute.kind(), libc::IFA_LOCAL | libc::IFA_ADDRESS) {
                payload.extend_from_slice(&attribute.length().to_ne_bytes());
                payload.extend_from_slice(&attribute.kind().to_ne_bytes());
                payload.extend_from_slice(attribute.value());
                payload.resize(payload.len().next_multiple_of(4), 0);
            }
        }
        Self::new(libc::RTM_DELADDR, 0, payload)
    }

    /// Which message it is.
    pub(crate) const fn kind(&self) -> u16 {
        self.kind
    }

    /// The body of the message.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }
}

/// What to dump.
#[derive(Debug, Clone, Copy)]
enum Table {
    Links,
    Addresses,
}

/// The socket that changes addresses and asks for what there is.
#[derive(Debug)]
pub(crate) struct Requests {
    fd: OwnedFd,
    sequence: u32,
    received: Vec<u8>,
}

impl Requests {
    pub(crate) fn open() -> io::Result<Self> {
        Ok(Self::over(open(0)?))
    }

    /// By a socket that was opened before, by whom and where it may be, and that nobody else asks by.
    pub(crate) fn over(fd: OwnedFd) -> Self {
        Self {
            fd,
            sequence: 0,
            received: vec![0; DATAGRAM_OCTETS],
        }
    }

    /// The socket alone.
    pub(crate) fn into_fd(self) -> OwnedFd {
        self.fd
    }

    /// Whether addresses may be changed: asks for the removal of an address from a link that cannot exist, which fails
    /// for lack of permission before it fails for lack of the link.
    pub(crate) fn may_change_addresses(&mut self) -> io::Result<bool> {
        let mut message = AddressMessage::default();
        message.header.family = rtnetlink::packet_route::AddressFamily::Inet;
        let result = self.carry_out(&[Change::delete(&message)]).pop();
        match result {
            Some(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => Ok(false),
            Some(_) => Ok(true),
            None => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        }
    }

    /// Carries out all of them, in order, whatever becomes of each.
    pub(crate) fn carry_out(&mut self, changes: &[Change]) -> Vec<io::Result<()>> {
        let mut results = Vec::with_capacity(changes.len());
        for batch in changes.chunks(BATCH) {
            self.carry_out_batch(batch, &mut results);
        }
        results
    }

    fn carry_out_batch(&mut self, batch: &[Change], results: &mut Vec<io::Result<()>>) {
        let first = self.sequence.wrapping_add(1);
        let mut datagram = Vec::with_capacity(batch.len() * 96);
        for change in batch {
            self.sequence = self.sequence.wrapping_add(1);
            let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK | change.flags;
            frame(&mut datagram, change.kind, flags, self.sequence, &change.payload);
        }
        let from = results.len();
        if let Err(error) = send(&self.fd, &datagram, SendFlags::empty()) {
            results.extend(batch.iter().map(|_| Err(io::Error::from(error))));
            return;
        }
        // What is not answered is not known to have happened.
        results.extend(
            batch
                .iter()
                .map(|_| Err(io::Error::from_raw_os_error(libc::ENOBUFS))),
        );
        let mut open = batch.len();
        while open > 0 {
            let Ok(Some(datagram)) = receive(&self.fd, &mut self.received) else {
                return;
            };
            each_message(datagram, |message| {
                if let Message::Answer { sequence, code } = message {
                    let place = usize::try_from(sequence.wrapping_sub(first)).unwrap_or(usize::MAX);
                    if let Some(result) = results.get_mut(from.saturating_add(place)) {
                        *result = match code {
                            0 => Ok(()),
                            code => Err(io::Error::from_raw_os_error(code.saturating_neg())),
                        };
                        open = open.saturating_sub(1);
                    }
                }
            });
        }
    }

    /// Calls `take` for every link. An inconsistent dump is repeated: `begin` is called before each try.
    pub(crate) fn links(&mut self, sink: &mut impl Sink) -> io::Result<()> {
        self.dump(Table::Links, sink)
    }

    /// The same for every address of both families.
    pub(crate) fn addresses(&mut self, sink: &mut impl Sink) -> io::Result<()> {
        self.dump(Table::Addresses, sink)
    }

    fn dump(&mut self, table: Table, sink: &mut impl Sink) -> io::Result<()> {
        for _ in 0..DUMP_TRIES {
            sink.begin();
            if self.dump_once(table, sink)? {
                break;
            }
        }
        Ok(())
    }

    /// Whether the dump is consistent.
    fn dump_once(&mut self, table: Table, sink: &mut impl Sink) -> io::Result<bool> {
        self.sequence = self.sequence.wrapping_add(1);
        let asked = self.sequence;
        // ifinfomsg and ifaddrmsg of all zeroes: every family, every link.
        let (kind, payload): (u16, &[u8]) = match table {
            Table::Links => (libc::RTM_GETLINK, &every_link()),
            Table::Addresses => (libc::RTM_GETADDR, &[0; 8]),
        };
        let mut datagram = Vec::new();
        let flags = libc::NLM_F_REQUEST | libc::NLM_F_DUMP;
        frame(&mut datagram, kind, flags, asked, payload);
        let _sent = send(&self.fd, &datagram, SendFlags::empty())?;
        let mut consistent = true;
        let mut over = None;
        while over.is_none() {
            let Some(datagram) = receive(&self.fd, &mut self.received)? else {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            };
            each_message(datagram, |message| match message {
                Message::Done {
                    sequence,
                    interrupted,
                } if sequence == asked => {
                    consistent &= !interrupted;
                    over = Some(0);
                }
                Message::Answer { sequence, code } if sequence == asked => over = Some(code),
                Message::Done { .. } | Message::Answer { .. } | Message::Overrun => {}
                entry => sink.take(entry),
            });
        }
        match over {
            Some(code) if code != 0 => Err(io::Error::from_raw_os_error(code.saturating_neg())),
            _ => Ok(consistent),
        }
    }
}

/// An ifinfomsg for every link, and the wish to be spared the statistics: adding them up over all processors is most of
/// what a dump costs the kernel.
fn every_link() -> [u8; 24] {
    let [m0, m1, m2, m3] = RTEXT_FILTER_SKIP_STATS.to_ne_bytes();
    let [t0, t1] = libc::IFLA_EXT_MASK.to_ne_bytes();
    let [l0, l1] = 8_u16.to_ne_bytes();
    let mut message = [0; 24];
    let (_header, attribute) = message.split_at_mut(16);
    attribute.copy_from_slice(&[l0, l1, t0, t1, m0, m1, m2, m3]);
    message
}

/// Takes the entries of a dump as they come.
pub(crate) trait Sink {
    /// A dump begins, or begins again because it was disturbed.
    fn begin(&mut self);
    /// One entry.
    fn take(&mut self, entry: Message);
}

/// Appends one message.
pub(crate) fn frame(datagram: &mut Vec<u8>, kind: u16, flags: i32, sequence: u32, payload: &[u8]) {
    let mut header = NetlinkHeader::default();
    header.length = u32::try_from(HEADER_OCTETS.saturating_add(payload.len())).unwrap_or(u32::MAX);
    header.message_type = kind;
    header.flags = u16::try_from(flags).unwrap_or(0);
    header.sequence_number = sequence;
    let mut octets = [0; HEADER_OCTETS];
    header.emit(&mut octets);
    datagram.extend_from_slice(&octets);
    datagram.extend_from_slice(payload);
    datagram.resize(datagram.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::every_link;

    /// By hand after linux/rtnetlink.h and linux/if_link.h: an ifinfomsg of zeroes, IFLA_EXT_MASK (29) of 4 octets, bit 3.
    #[test]
    fn the_dump_of_links_leaves_out_the_statistics() {
        let mut octets = [0; 24];
        octets[16..].copy_from_slice(&if cfg!(target_endian = "big") {
            [0, 8, 0, 29, 0, 0, 0, 8]
        } else {
            [8, 0, 29, 0, 8, 0, 0, 0]
        });
        assert_eq!(every_link(), octets);
    }
}
