//! From a socket to the core.

use std::os::fd::AsFd as _;

use vrrp_core::Instant;
use vrrp_core::wire::Received;

use super::channels::Key;
use super::engine::Engine;
use super::oddities::worth_a_line;
use crate::clock;

impl Engine {
    /// Reads a socket to its end, or to the bound of PRJ-TIME-08.
    pub(super) fn drain(&mut self, now: Instant, key: Key) {
        let mut rejected = Vec::new();
        let mut odd = Vec::new();
        let Some(open) = self.channels.get(key) else {
            return;
        };
        let mut left = open.drain_max();
        loop {
            let Some(more) = left.checked_sub(1) else {
                self.unread = true;
                break;
            };
            left = more;
            let arrived = match open.channel.receive(open.fd.as_fd(), &mut self.buffers) {
                Ok(Some(arrived)) => arrived,
                Ok(None) => break,
                Err(error) => {
                    // A raw socket hands over ICMP errors and ENETDOWN here, once each; the next read goes on.
                    tracing::debug!(%error, ?key, "receiving");
                    continue;
                }
            };
            let interface = match key {
                Key::Device(device, _) => Some(device),
                Key::Virtual { parent, .. } => Some(parent),
                // What a bound socket has heard as well is not heard twice.
                Key::Local(_) if self.channels.hears(arrived.index, key) => continue,
                Key::Local(_) => None,
            };
            let Ok(message) = arrived.message else {
                continue;
            };
            let received = Received {
                interface,
                source: arrived.source,
                destination: arrived.destination,
                hop_limit: arrived.hop_limit,
                message,
            };
            // HM-14: read for each packet, for the clock may be set in between.
            let wall = clock::wall();
            let waited = arrived
                .taken_at
                .and_then(|taken_at| clock::waited(taken_at, wall));
            self.packet_wait.note(waited);
            // The core never sees time go back.
            self.told_at = clock::arrival(waited, clock::now()).min(now).max(self.told_at);
            match self
                .router
                .receive_at(self.told_at, Some(wall), &received, &mut self.outbox)
            {
                Err(reject) => rejected.push(reject),
                Ok(accepted) => {
                    let (id, warnings) = (accepted.instance, accepted.warnings);
                    if let Some(instance) = self.instances.get_mut(&id) {
                        instance.note_understood(received.source);
                        instance.heard.note(self.told_at, &received);
                    }
                    odd.extend(worth_a_line(
                        &mut self.router,
                        self.told_at,
                        id,
                        warnings,
                        &received,
                    ));
                }
            }
        }
        for reject in rejected {
            self.tell_rejected(now, key, &reject);
        }
        for odd in odd {
            self.tell_odd(now, key, &odd);
        }
    }
}
