//! Hears who else announces an address of ours: a rival host, or the successor after a planned stop.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::net::RecvFlags;
use socket2::{Domain, Protocol, SockFilter, Socket, Type};

use crate::sys::link_address;

const ETH_P_ARP: u16 = 0x0806;
/// Ethernet header and ARP for IPv4.
const FRAME_OCTETS: usize = 42;

/// ARP on one interface, gratuitous ones and replies only: what everybody asks for everything stays in the kernel.
#[derive(Debug)]
pub(crate) struct Ear {
    pub(crate) fd: OwnedFd,
    pub(crate) index: u32,
}

/// Who says that an address is his.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) address: Ipv4Addr,
    pub(crate) mac: [u8; 6],
    /// Whom a reply is for; of an announcement nobody.
    pub(crate) to: Option<[u8; 6]>,
}

/// A classic BPF program as (code, jump if true, jump if false, operand): a reply, or a request whose sender and target
/// address are equal.
const CLAIMS: [(u16, u8, u8, u32); 9] = [
    // 0: A = the operation
    (0x28, 0, 0, 20),
    // 1: a reply? to 7
    (0x15, 5, 0, 2),
    // 2: no request? to 8
    (0x15, 0, 5, 1),
    // 3 to 5: X = the target's protocol address, A = the sender's
    (0x20, 0, 0, 38),
    (0x07, 0, 0, 0),
    (0x20, 0, 0, 28),
    // 6: equal? to 7, else to 8
    (0x1d, 0, 1, 0),
    // 7: accept
    (0x06, 0, 0, 0xffff),
    // 8: refuse
    (0x06, 0, 0, 0),
];

impl Ear {
    /// Filter first, protocol last: nothing slips in between.
    pub(crate) fn open(index: u32) -> io::Result<Self> {
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0)))?;
        socket.set_nonblocking(true)?;
        let filter = CLAIMS.map(|(code, yes, no, operand)| SockFilter::new(code, yes, no, operand));
        socket.attach_filter(&filter)?;
        socket.bind(&link_address(index, ETH_P_ARP, [0; 6]))?;
        Ok(Self {
            fd: socket.into(),
            index,
        })
    }

    /// The next claim; `None` when there is none.
    pub(crate) fn hear(&self) -> Option<Claim> {
        let mut frame = [0; 128];
        loop {
            match rustix::net::recv(self.fd.as_fd(), &mut frame, RecvFlags::DONTWAIT) {
                Ok((octets, _)) => {
                    if let Some(claim) = frame.get(..octets).and_then(read) {
                        return Some(claim);
                    }
                }
                Err(rustix::io::Errno::INTR) => {}
                // ENETDOWN comes once when the link goes; whatever it is, there is nothing to hear now.
                Err(_) => return None,
            }
        }
    }
}

pub(crate) fn read(frame: &[u8]) -> Option<Claim> {
    let frame: &[u8; FRAME_OCTETS] = frame.first_chunk()?;
    let [
        ..,
        h0,
        h1,
        h2,
        h3,
        h4,
        h5,
        a0,
        a1,
        a2,
        a3,
        t0,
        t1,
        t2,
        t3,
        t4,
        t5,
        _,
        _,
        _,
        _,
    ] = *frame;
    // Ethernet, IPv4, and their lengths.
    let arp = frame.get(14..20) == Some(&[0, 1, 8, 0, 6, 4]);
    let is_reply = frame.get(20..22) == Some(&[0, 2]);
    let address = Ipv4Addr::new(a0, a1, a2, a3);
    // A probe has no sender address yet (RFC 5227).
    (arp && !address.is_unspecified()).then_some(Claim {
        address,
        mac: [h0, h1, h2, h3, h4, h5],
        to: is_reply.then_some([t0, t1, t2, t3, t4, t5]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 9];

    fn frame(operation: u8, sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
        let mut octets = vec![0xff; 6];
        octets.extend(MAC);
        octets.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, operation]);
        octets.extend(MAC);
        octets.extend(sender);
        octets.extend([0; 6]);
        octets.extend(target);
        octets
    }

    /// Runs the program as the kernel would: loads, jumps and returns are all that it has.
    fn accepts(frame: &[u8]) -> bool {
        let word = |offset: u32| {
            let at = usize::try_from(offset).unwrap();
            u32::from_be_bytes(frame[at..at + 4].try_into().unwrap())
        };
        let half = |offset: u32| word(offset) >> 16;
        let (mut a, mut x, mut at) = (0, 0, 0);
        loop {
            let (code, jt, jf, k) = CLAIMS[at];
            at += 1;
            match code {
                0x20 => a = word(k),
                0x28 => a = half(k),
                0x07 => x = a,
                0x15 => at += usize::from(if a == k { jt } else { jf }),
                0x1d => at += usize::from(if a == x { jt } else { jf }),
                0x06 => return k != 0,
                other => panic!("{other:#x}"),
            }
        }
    }

    /// NET-ARP-08: replies and announcements are claims, questions are not.
    #[test]
    fn net_arp_08_the_filter_passes_claims_only() {
        let (a, b) = ([192, 0, 2, 254], [192, 0, 2, 1]);
        assert!(accepts(&frame(1, a, a)), "gratuitous request");
        assert!(accepts(&frame(2, a, b)), "reply");
        assert!(!accepts(&frame(1, b, a)), "question");
        assert!(!accepts(&frame(1, [0; 4], a)), "probe");
        assert!(!accepts(&frame(3, a, a)), "reverse ARP");
    }

    #[test]
    fn a_claim_is_read() {
        let claim = read(&frame(2, [192, 0, 2, 254], [192, 0, 2, 1])).unwrap();
        assert_eq!((claim.address, claim.mac), (Ipv4Addr::new(192, 0, 2, 254), MAC));
        assert_eq!(claim.to, Some([0; 6]));
        let announced = read(&frame(1, [192, 0, 2, 254], [192, 0, 2, 254])).unwrap();
        assert_eq!(announced.to, None);
        assert_eq!(read(&frame(1, [0; 4], [192, 0, 2, 254])), None);
        assert_eq!(read(&[0; 41]), None);
    }
}
