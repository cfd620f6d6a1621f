//! Links that are made, changed and removed.

use rtnetlink::packet_core::Emitable as _;
use rtnetlink::packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, LinkAttribute, LinkFlags, LinkMessage, MacVlanMode,
};
use rtnetlink::{LinkMacVlan, LinkUnspec};

use super::Change;

/// So many requests make one.
pub(crate) const MACVLAN_REQUESTS: usize = 3;

/// A number that nobody would choose for a group of links of his own; the process id comes in below.
const GROUP_BASE: u32 = 0x7652_0000;

/// A macvlan that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Macvlan<'a> {
    pub(crate) name: &'a str,
    /// Index of the link that it is made on.
    pub(crate) parent: u32,
    pub(crate) mac: [u8; 6],
    pub(crate) alias: &'a str,
}

impl Macvlan<'_> {
    /// Makes it in private mode, down, with its alias; what fails last matters least. In one datagram the kernel is not
    /// interrupted between them: no crash leaves a device without its alias.
    pub(crate) fn make(&self) -> [Change; MACVLAN_REQUESTS] {
        let message = LinkMacVlan::new(self.name, self.parent, MacVlanMode::Private)
            .address(self.mac.to_vec())
            .build();
        let create = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        let alias = vec![LinkAttribute::IfAlias(self.alias.to_owned())];
        // V3-7.4-01, V3-7.4-02: no address of its own, for it would be made of the virtual MAC.
        let no_address = AfSpecInet6::AddrGenMode(In6AddrGenMode::None);
        let inet6 = vec![LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![
            no_address,
        ])])];
        [
            change(libc::RTM_NEWLINK, create, &message),
            self.by_name(alias),
            self.by_name(inet6),
        ]
    }

    fn by_name(&self, mut attributes: Vec<LinkAttribute>) -> Change {
        let mut message = LinkUnspec::new_with_name(self.name).build();
        message.attributes.append(&mut attributes);
        change(libc::RTM_SETLINK, 0, &message)
    }
}

/// Takes a link up or down.
pub(crate) fn set_up(index: u32, up: bool) -> Change {
    let mut message = LinkUnspec::new_with_index(index).build();
    message.header.change_mask = LinkFlags::Up;
    message.header.flags = if up { LinkFlags::Up } else { LinkFlags::empty() };
    change(libc::RTM_SETLINK, 0, &message)
}

/// Another MTU.
pub(crate) fn set_mtu(index: u32, octets: u32) -> Change {
    let mut message = LinkUnspec::new_with_index(index).build();
    message.attributes.push(LinkAttribute::Mtu(octets));
    change(libc::RTM_SETLINK, 0, &message)
}

/// Removes links; the last answer is that of the removal. One by one each costs the kernel some 17 ms, in which it answers
/// nobody; as a group of their own they cost that once.
pub(crate) fn delete(indexes: &[u32]) -> Vec<Change> {
    if let [index] = indexes {
        let message = LinkUnspec::new_with_index(*index).build();
        return vec![change(libc::RTM_DELLINK, 0, &message)];
    }
    let group = GROUP_BASE | (std::process::id() & 0xffff);
    let into_group = |index: &u32| {
        let mut message = LinkUnspec::new_with_index(*index).build();
        message.attributes.push(LinkAttribute::Group(group));
        change(libc::RTM_SETLINK, 0, &message)
    };
    let mut changes: Vec<Change> = indexes.iter().map(into_group).collect();
    let mut all = LinkMessage::default();
    all.attributes.push(LinkAttribute::Group(group));
    changes.push(change(libc::RTM_DELLINK, 0, &all));
    changes
}

fn change(kind: u16, flags: i32, message: &LinkMessage) -> Change {
    let mut payload = vec![0; message.buffer_len()];
    message.emit(&mut payload);
    Change::raw(kind, flags, payload)
}
