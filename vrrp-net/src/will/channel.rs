//! Words from one process to another: one message each, a descriptor with some of them. Nobody ever waits.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::sockopt::{
    set_socket_recv_buffer_size, set_socket_recv_buffer_size_force, set_socket_send_buffer_size,
    set_socket_send_buffer_size_force,
};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

use super::Word;

/// The longest word: a router of 255 addresses, its state and its removal.
const WORD_OCTETS: usize = 512 * 1024;
/// Room for words that nobody has read yet.
const WAITING_OCTETS: usize = 4 << 20;

/// Both ends; closed at `exec` unless somebody says otherwise.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (here, there) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    for fd in [&here, &there] {
        // Beyond the system's limit only with CAP_NET_ADMIN; with less room some words wait for their turn.
        if set_socket_send_buffer_size_force(fd, WAITING_OCTETS).is_err() {
            set_socket_send_buffer_size(fd, WAITING_OCTETS)?;
        }
        if set_socket_recv_buffer_size_force(fd, WAITING_OCTETS).is_err() {
            set_socket_recv_buffer_size(fd, WAITING_OCTETS)?;
        }
    }
    Ok((here, there))
}

/// `Ok(false)`: there is no room now.
pub(super) fn say(to: &OwnedFd, word: &Word, with: Option<BorrowedFd<'_>>) -> io::Result<bool> {
    let text = serde_json::to_vec(word)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut more = SendAncillaryBuffer::new(&mut space);
    let descriptors: Vec<BorrowedFd<'_>> = with.into_iter().collect();
    if !descriptors.is_empty() {
        let _room = more.push(SendAncillaryMessage::ScmRights(&descriptors));
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    loop {
        match sendmsg(to.as_fd(), &[IoSlice::new(&text)], &mut more, flags) {
            Ok(_octets) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN | Errno::NOBUFS) => return Ok(false),
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// What came of listening.
pub(super) enum Listened {
    Word(Word, Option<OwnedFd>),
    /// Of another version, or broken.
    NotUnderstood(String),
    Nothing,
    /// The other end is closed.
    Over,
}

/// The next word. `buffer` is kept between calls.
pub(super) fn listen(from: &OwnedFd, buffer: &mut Vec<u8>) -> io::Result<Listened> {
    buffer.resize(WORD_OCTETS, 0);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut more = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = loop {
        match recvmsg(from.as_fd(), &mut [IoSliceMut::new(buffer)], &mut more, flags) {
            Ok(received) => break received,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(Listened::Nothing),
            // Died with words of ours unread.
            Err(Errno::CONNRESET) => return Ok(Listened::Over),
            Err(errno) => return Err(errno.into()),
        }
    };
    let mut descriptor = None;
    for message in more.drain() {
        if let RecvAncillaryMessage::ScmRights(all) = message {
            descriptor = all.into_iter().next().or(descriptor);
        }
    }
    if received.bytes == 0 {
        return Ok(Listened::Over);
    }
    if received.flags.contains(ReturnFlags::TRUNC) {
        return Ok(Listened::NotUnderstood("it is too long".to_owned()));
    }
    let text = buffer.get(..received.bytes).unwrap_or_default();
    Ok(match serde_json::from_slice(text) {
        Ok(word) => Listened::Word(word, descriptor),
        Err(error) => Listened::NotUnderstood(error.to_string()),
    })
}
