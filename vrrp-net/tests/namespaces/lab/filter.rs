//! The packet filter's tables, read and made octet by octet: no code of the crate under test.

use std::os::fd::OwnedFd;

use rustix::net::netlink::NETFILTER;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

const NEWTABLE: u16 = 0x0a00;
const GETTABLE: u16 = 0x0a01;
const DELTABLE: u16 = 0x0a02;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const INET: u8 = 1;

fn open() -> OwnedFd {
    socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(NETFILTER),
    )
    .unwrap()
}

fn message(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + payload.len()).unwrap();
    let mut octets = length.to_ne_bytes().to_vec();
    octets.extend(kind.to_ne_bytes());
    octets.extend(flags.to_ne_bytes());
    octets.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    octets.extend(payload);
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

/// The names of all tables in the calling namespace, of every family.
pub(crate) fn tables() -> Vec<String> {
    let socket = open();
    // NLM_F_REQUEST and NLM_F_DUMP; the family is "any".
    let asked = message(GETTABLE, 0x301, &[0, 0, 0, 0]);
    send(&socket, &asked, SendFlags::empty()).unwrap();
    let mut names = Vec::new();
    loop {
        let mut buffer = vec![0; 65_536];
        let (length, _) = recv(&socket, &mut buffer, RecvFlags::empty()).unwrap();
        let mut rest = &buffer[..length];
        while rest.len() >= 16 {
            let length = usize::try_from(u32::from_ne_bytes(rest[..4].try_into().unwrap())).unwrap();
            match u16::from_ne_bytes([rest[4], rest[5]]) {
                // NLMSG_DONE
                3 => return names,
                NEWTABLE => {
                    // The name is the first attribute; its zero is not part of it.
                    let octets = usize::from(u16::from_ne_bytes([rest[20], rest[21]]));
                    assert_eq!(rest[22..24], [1, 0], "NFTA_TABLE_NAME");
                    names.push(String::from_utf8(rest[24..20 + octets - 1].to_vec()).unwrap());
                }
                other => panic!("message {other:#x} in a list of tables"),
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

/// NLM_F_REQUEST and NLM_F_ACK.
const ASKED: u16 = 0x5;

/// A transaction of one message.
fn commit(kind: u16, flags: u16, payload: &[u8]) {
    let socket = open();
    let subsystem = [0, 0, 0, 10];
    let mut batch = message(BATCH_BEGIN, 1, &subsystem);
    batch.extend(message(kind, ASKED | flags, payload));
    batch.extend(message(BATCH_END, 1, &subsystem));
    send(&socket, &batch, SendFlags::empty()).unwrap();
    let mut answer = [0; 256];
    let (length, _) = recv(&socket, &mut answer, RecvFlags::empty()).unwrap();
    // NLMSG_ERROR, and no error.
    assert_eq!(answer[4..6], [2, 0]);
    assert_eq!(answer[16..20], [0; 4], "{:?}", &answer[..length]);
}

/// `nft flush ruleset`, with which the service of most distributions begins to load its rules anew.
pub(crate) fn flush_tables() {
    commit(DELTABLE, 0, &[0, 0, 0, 0]);
}

/// Makes a table of this name, as an administrator would.
pub(crate) fn foreign_table(name: &str) {
    let mut payload = vec![INET, 0, 0, 0];
    let octets = u16::try_from(4 + name.len() + 1).unwrap();
    payload.extend(octets.to_ne_bytes());
    payload.extend([1, 0]);
    payload.extend(name.as_bytes());
    payload.push(0);
    // NLM_F_EXCL and NLM_F_CREATE.
    commit(NEWTABLE, 0x600, &payload);
    assert!(tables().contains(&name.to_owned()));
}
