//! Changes are made: by netlink, and by writing settings.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressScope, CacheInfo,
};
use rtnetlink::packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage};
use rtnetlink::{Error, Handle, LinkUnspec};
use tokio::runtime::Runtime;

use super::found::path;
use super::rules::{LABEL, whole};
use super::step::Step;

/// The kernel answers at once, or loads a module first.
const LIMIT: Duration = Duration::from_secs(20);
const FOR_EVER: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Kernel {
    runtime: Runtime,
    handle: Handle,
}

impl Kernel {
    /// # Errors
    /// Also where this user may change nothing.
    pub(super) fn open() -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let connection = {
            let _inside = runtime.enter();
            rtnetlink::new_connection()
        };
        let (connection, handle, _) = connection.map_err(|error| format!("netlink: {error}"))?;
        runtime.spawn(connection);
        let kernel = Self { runtime, handle };
        kernel.may_change()?;
        Ok(kernel)
    }

    /// Asks for the removal of an address from a device that cannot exist: without the right that fails for lack of it.
    fn may_change(&self) -> Result<(), String> {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        match self.wait(self.handle.address().del(message).execute()) {
            Err(error) if is(&error, libc::EPERM) => Err(
                "addresses and settings of the network cannot be changed without CAP_NET_ADMIN; nothing was changed. Say it as root"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }

    fn wait(&self, request: impl Future<Output = Result<(), Error>>) -> io::Result<()> {
        self.runtime.block_on(async {
            match tokio::time::timeout(LIMIT, request).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(Error::NetlinkError(message))) => Err(message.to_io()),
                Ok(Err(other)) => Err(io::Error::other(other.to_string())),
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
            }
        })
    }

    /// What is done already is well.
    ///
    /// # Errors
    /// In words.
    pub(super) fn carry_out(&mut self, step: &Step) -> Result<(), String> {
        let (result, done_already, cause) = match step {
            Step::Set { name, to, .. } => {
                (std::fs::write(path(name), to), 0, "; is /proc/sys writable here?")
            }
            Step::Make { device } => (
                self.make(device),
                libc::EEXIST,
                "; it needs the module ipip or ip_gre, for IPv6 ip6_tunnel or ip6_gre: modprobe it",
            ),
            Step::Add { address, device } => (self.add(*address, device), libc::EEXIST, ""),
            Step::Delete { address, device } => (self.delete(*address, device), libc::EADDRNOTAVAIL, ""),
            Step::Up { device } => (self.turn(device, true), 0, ""),
            Step::Down { device } => (self.turn(device, false), libc::ENODEV, ""),
            Step::Remove { device } => (self.remove(device), libc::ENODEV, ""),
        };
        match result {
            Err(error) if done_already == 0 || !is(&error, done_already) => Err(format!("{error}{cause}")),
            _ => Ok(()),
        }
    }

    /// Loads the module, which brings the device along; else it is made.
    fn make(&self, device: &str) -> io::Result<()> {
        let kind = match device {
            "ip6tnl0" => InfoKind::Ip6Tnl,
            "gre0" => InfoKind::GreTun,
            "ip6gre0" => InfoKind::GreTun6,
            _ => InfoKind::IpIp,
        };
        let mut message = LinkMessage::default();
        message.attributes.push(LinkAttribute::IfName(device.to_owned()));
        message
            .attributes
            .push(LinkAttribute::LinkInfo(vec![LinkInfo::Kind(kind)]));
        self.wait(self.handle.link().add(message).execute())
    }

    fn add(&self, address: IpAddr, device: &str) -> io::Result<()> {
        let mut request = self.handle.address().add(index(device)?, address, whole(address));
        let message = request.message_mut();
        if address.is_ipv4() {
            // Never chosen as the sender of what this machine says by itself.
            message.header.scope = AddressScope::Host;
            let label = format!("{device}:{LABEL}");
            message.attributes.push(AddressAttribute::Label(label));
        } else {
            // That for IPv6 is said by its being deprecated. Nobody else is asked whether he has it: the director has.
            message.header.flags |= AddressHeaderFlags::Nodad;
            message
                .attributes
                .push(AddressAttribute::Flags(AddressFlags::Nodad));
            let mut time = CacheInfo::default();
            (time.ifa_preferred, time.ifa_valid) = (0, FOR_EVER);
            message.attributes.push(AddressAttribute::CacheInfo(time));
        }
        self.wait(request.execute())
    }

    fn delete(&self, address: IpAddr, device: &str) -> io::Result<()> {
        let mut message = AddressMessage::default();
        message.header.family = match address {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        };
        message.header.index = index(device)?;
        message.header.prefix_len = whole(address);
        message.attributes.push(AddressAttribute::Local(address));
        if address.is_ipv4() {
            let label = format!("{device}:{LABEL}");
            message.attributes.push(AddressAttribute::Label(label));
        }
        self.wait(self.handle.address().del(message).execute())
    }

    fn turn(&self, device: &str, up: bool) -> io::Result<()> {
        let link = LinkUnspec::new_with_index(index(device)?);
        let link = if up { link.up() } else { link.down() };
        self.wait(self.handle.link().change(link.build()).execute())
    }

    /// The kernel keeps a device that came with its module, and says nothing about it.
    fn remove(&self, device: &str) -> io::Result<()> {
        self.wait(self.handle.link().del(index(device)?).execute())
    }
}

fn is(error: &io::Error, errno: i32) -> bool {
    error.raw_os_error() == Some(errno)
}

fn index(device: &str) -> io::Result<u32> {
    nix::net::if_::if_nametoindex(device).map_err(io::Error::from)
}
