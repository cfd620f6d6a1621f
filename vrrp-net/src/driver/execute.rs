//! What the core wants: advertisements at once, everything else in order behind them.

use std::io;
use std::os::fd::AsFd as _;

use vrrp_core::{Action, Draft, Failure, Input, InstanceId, Instant};

use super::channels::Key;
use super::engine::{Engine, Work};
use crate::clock;
use crate::socket::Way;
use crate::vmac::advert;

/// Failing to send can make the core send again; it does so only a few times.
const ROUNDS: usize = 8;
/// Longer lists come once in a while, and their memory is given back.
pub(super) const KEPT: usize = 512;

impl Engine {
    /// One input for one router.
    pub(super) fn feed(&mut self, now: Instant, id: InstanceId, input: Input) {
        self.will_is_stale(id);
        self.router.handle(now, id, input, &mut self.outbox);
    }

    /// Sends what is to be sent, and queues the rest in order.
    pub(super) fn carry_out(&mut self, now: Instant) {
        for _ in 0..ROUNDS {
            if self.outbox.is_empty() {
                return;
            }
            let mut failed = Vec::new();
            let mut outbox = std::mem::take(&mut self.outbox);
            let actions = outbox.as_slice().len();
            for (id, action) in outbox.drain() {
                if self.changes_the_will(id, &action) {
                    self.will_is_stale(id);
                }
                match action {
                    Action::Send(draft) => {
                        if let Err(error) = self.send(id, draft) {
                            failed.push((id, error));
                        }
                    }
                    Action::HoldAddresses => self.work.push_back((id, Work::Hold)),
                    Action::ReleaseAddresses => self.work.push_back((id, Work::Release)),
                    Action::AnnounceAddresses { copies } => self.work.push_back((id, Work::Announce(copies))),
                    Action::Report(report) => self.work.push_back((id, Work::Report(report))),
                    Action::RouterAdvertisements { on } => self.work.push_back((id, Work::Advertise(on))),
                }
            }
            // The place of the list is kept, unless all routers had something to say; what failures ask for comes after.
            if actions <= KEPT {
                std::mem::swap(&mut self.outbox, &mut outbox);
            }
            for (id, error) in failed {
                self.tell_send_failed(now, id, &error);
                let gone = is_gone(&error);
                self.feed(now, id, Input::Failed(Failure::Send { gone }));
            }
        }
    }

    /// A signature is good until the next one only; what else says the same again changes nothing.
    fn changes_the_will(&self, id: InstanceId, action: &Action) -> bool {
        match action {
            Action::Send(_) => {
                let instance = self.instances.get(&id);
                instance.is_some_and(|instance| instance.service.signs())
            }
            _ => true,
        }
    }

    /// One advertisement, to the group or to every peer. It failed when it left for nobody.
    fn send(&mut self, id: InstanceId, draft: Draft) -> io::Result<()> {
        let Some(instance) = self.instances.get(&id) else {
            return Ok(());
        };
        let gone = || io::Error::from_raw_os_error(libc::ENODEV);
        let key = Key::of(&instance.service, instance.interface).ok_or_else(gone)?;
        let wall = Some(clock::wall());
        let sealed = self.router.seal(id, draft, wall).ok_or_else(gone)?;
        let open = self.channels.get(key).ok_or_else(gone)?;
        let source = sealed
            .source()
            .ok_or_else(|| io::Error::from_raw_os_error(libc::EADDRNOTAVAIL))?;
        let hop_limit = instance.service.unicast_hop_limit;
        let frames = instance.service.sends_from_virtual_mac();
        let mac = instance.service.virtual_mac_address();
        let below = open.channel.index();
        let mut result = Err(io::Error::from(io::ErrorKind::InvalidInput));
        let (mut sent, mut large) = (false, false);
        for destination in sealed.destinations() {
            let Some(octets) = sealed.encode(destination, &mut self.message) else {
                continue;
            };
            let message = self.message.get(..octets).unwrap_or_default();
            let way = Way {
                source,
                destination,
                hop_limit,
            };
            // Larger than the link carries in one piece: the kernel has to take it to pieces.
            let mtu = self.table.link(below).map_or(0, |link| link.mtu_octets);
            let fits = advert::packet_octets(source, message) <= usize::try_from(mtu).unwrap_or(usize::MAX);
            large |= frames && !fits;
            let frame = (frames && fits)
                .then(|| advert::frame(mac, source, destination, self.identification, message))
                .flatten();
            result = match frame {
                Some(frame) => {
                    self.identification = self.identification.wrapping_add(1);
                    self.announcer.send(below, &frame)
                }
                None => open.channel.send(open.fd.as_fd(), way, message),
            };
            sent |= result.is_ok();
        }
        if large {
            self.tell_large(id);
        }
        if sent { Ok(()) } else { result }
    }
}

/// There is no use in trying again: the device is down or gone.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENODEV | libc::ENETDOWN | libc::ENXIO)
    )
}
