//! A UDP echo that says which node answered. It answers from the address that was asked, as any server behind a
//! virtual address does.

use crate::LabError;
use crate::topology::Node;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt, sockopt,
};
use std::io::{IoSlice, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The port that every node answers on.
pub const PORT: u16 = 7007;

/// What a question consists of: its number.
pub const QUESTION: usize = 8;

/// A running echo; it ends when dropped.
#[derive(Debug)]
pub struct Echo {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Echo {
    /// Answer on every address of both families that the node has or will have.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(node: &Node) -> Result<Self, LabError> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for address in ["0.0.0.0", "::"] {
            let socket = node.within(|| open(address))??;
            let (stop, number) = (Arc::clone(&stop), node.number());
            threads.push(std::thread::spawn(move || serve(&socket, number, &stop)));
        }
        Ok(Self { stop, threads })
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn open(address: &str) -> Result<UdpSocket, LabError> {
    let what = |step: &str| format!("echo on {address}: {step}");
    let six = address == "::";
    let domain = if six {
        socket2::Domain::IPV6
    } else {
        socket2::Domain::IPV4
    };
    let socket =
        socket2::Socket::new(domain, socket2::Type::DGRAM, None).map_err(LabError::io(what("open")))?;
    if six {
        socket.set_only_v6(true).map_err(LabError::io(what("v6 only")))?;
        setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)
            .map_err(LabError::errno(what("packet info")))?;
    } else {
        setsockopt(&socket, sockopt::Ipv4PacketInfo, &true).map_err(LabError::errno(what("packet info")))?;
    }
    let ip: std::net::IpAddr = address.parse().map_err(|_| LabError::Other(what("address")))?;
    socket
        .bind(&std::net::SocketAddr::new(ip, PORT).into())
        .map_err(LabError::io(what("bind")))?;
    socket
        .set_read_timeout(Some(Duration::from_millis(50)))
        .map_err(LabError::io(what("timeout")))?;
    Ok(socket.into())
}

fn serve(socket: &UdpSocket, number: u8, stop: &AtomicBool) {
    let mut control = nix::cmsg_space!(libc::in_pktinfo, libc::in6_pktinfo);
    while !stop.load(Ordering::Relaxed) {
        let _ = answer(socket, number, &mut control);
    }
}

/// One question, one answer: the question and our number.
fn answer(socket: &UdpSocket, number: u8, control: &mut [u8]) -> Option<()> {
    let descriptor = socket.as_raw_fd();
    let mut question = [0u8; QUESTION];
    let mut slices = [IoSliceMut::new(&mut question)];
    let message =
        recvmsg::<SockaddrStorage>(descriptor, &mut slices, Some(control), MsgFlags::empty()).ok()?;
    (message.bytes == QUESTION).then_some(())?;
    let asker = message.address?;
    let asked = message.cmsgs().ok()?.next()?;
    let mut reply = [number; QUESTION + 1];
    reply[..QUESTION].copy_from_slice(&question);
    let slices = [IoSlice::new(&reply)];
    match asked {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            let from = libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: info.ipi_addr,
                ipi_addr: info.ipi_addr,
            };
            let control = [ControlMessage::Ipv4PacketInfo(&from)];
            sendmsg(descriptor, &slices, &control, MsgFlags::empty(), Some(&asker)).ok()?;
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            let control = [ControlMessage::Ipv6PacketInfo(&info)];
            sendmsg(descriptor, &slices, &control, MsgFlags::empty(), Some(&asker)).ok()?;
        }
        _ => return None,
    }
    Some(())
}
