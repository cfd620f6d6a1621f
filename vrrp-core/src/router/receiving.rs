//! Packets: who is meant, whether they are believed, and what may be logged of them.

use core::cmp::Reverse;
use core::net::IpAddr;

use super::{Outbox, Router, index};
use crate::id::{Family, InstanceId, Path, Vrid};
use crate::input::Input;
use crate::log_limit::{News, Suppressed};
use crate::time::{Instant, WallClock};
use crate::wire::{Difference, Local, Message, Received, Reject, Warning, Warnings, explain, judge};
use crate::witness::Seen;

/// A packet that was believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The router it was for.
    pub instance: InstanceId,
    /// What was odd about it all the same; ask [`Router::odd`] whether that is worth a line.
    pub warnings: Warnings,
}

/// A packet that was believed although it is odd, and of which a line may be logged now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odd {
    /// In which way the sender differs from our router, where there is more to say than the warning does.
    pub difference: Option<Difference>,
    /// The number of those alike that were not logged since the last line (PRJ-LOG-01).
    pub log: Suppressed,
}

/// A discarded packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected {
    /// Why.
    pub reject: Reject,
    /// The router it named, where it named one of ours.
    pub instance: Option<InstanceId>,
    /// Who sent it.
    pub source: IpAddr,
    /// In which way the sender differs from our router: evidence that a peer lives.
    pub difference: Option<Difference>,
    /// A line may be logged now, with the number of those that were not (PRJ-LOG-01).
    pub log: Option<Suppressed>,
}

impl Router {
    /// A packet of protocol 112 arrived: finds its router, judges it, counts it, and lets the router act.
    ///
    /// # Errors
    /// [`Rejected`] with the reason; nothing but counters and the log limit has changed (PRJ-RX-09).
    pub fn receive(
        &mut self,
        now: Instant,
        packet: &Received<'_>,
        out: &mut Outbox,
    ) -> Result<Accepted, Rejected> {
        self.receive_at(now, None, packet, out)
    }

    /// As [`receive`](Self::receive), with the time of day, which routers with `auth_hmac` need (HM-14).
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn receive_at(
        &mut self,
        now: Instant,
        wall: Option<WallClock>,
        packet: &Received<'_>,
        out: &mut Outbox,
    ) -> Result<Accepted, Rejected> {
        let believed = self.take(now, wall, packet, out);
        match &believed {
            Ok(_) => self.show_all_if_asked(now),
            Err(rejected) => self.show(Seen::Discarded { now, rejected }),
        }
        believed
    }

    fn take(
        &mut self,
        now: Instant,
        wall: Option<WallClock>,
        packet: &Received<'_>,
        out: &mut Outbox,
    ) -> Result<Accepted, Rejected> {
        let Some(id) = self.addressee(packet) else {
            let reject = judge(packet, None).err().unwrap_or(Reject::VridUnknown);
            self.counters.rejected.count(reject);
            let log = self
                .limits
                .get_mut(&packet.interface)
                .and_then(|limit| limit.allow(now, News::Rejected(reject)));
            return Err(Rejected {
                reject,
                instance: None,
                source: packet.source,
                difference: None,
                log,
            });
        };
        let Some(slot) = self.slots.get_mut(index(id)).and_then(Option::as_mut) else {
            return Err(Rejected {
                reject: Reject::VridUnknown,
                instance: None,
                source: packet.source,
                difference: None,
                log: None,
            });
        };
        match slot.router.believe(wall, packet) {
            Ok(heard) => {
                let before = slot.router.last_active();
                slot.step(now, Input::Heard(heard), self.witness.as_ref(), out);
                if before.map(|rank| rank.address) != slot.router.last_active().map(|rank| rank.address) {
                    // PRJ-LOG-01: an accepted packet of a new Active makes old news worth telling again.
                    slot.limit.reset(now);
                }
                self.refresh(id);
                self.settle_group_of(now, id, out);
                Ok(Accepted {
                    instance: id,
                    warnings: heard.warnings,
                })
            }
            Err(reject) => {
                self.counters.rejected.count(reject);
                let local = Local {
                    config: slot.router.config(),
                    primary: slot.router.link().primary,
                };
                let difference = explain(packet, &local, reject, wall);
                let log = slot.limit.allow(now, News::Rejected(reject));
                Err(Rejected {
                    reject,
                    instance: Some(id),
                    source: packet.source,
                    difference,
                    log,
                })
            }
        }
    }

    /// Of `packet`, which router `id` has just believed with this `warning`: whether a line may be logged, and what it can
    /// say. The first of each kind at once, then one a minute (PRJ-LOG-01).
    pub fn odd(
        &mut self,
        now: Instant,
        id: InstanceId,
        warning: Warning,
        packet: &Received<'_>,
    ) -> Option<Odd> {
        let slot = self.slots.get_mut(index(id))?.as_mut()?;
        let log = slot.limit.allow(now, News::Odd(warning))?;
        let local = Local {
            config: slot.router.config(),
            primary: slot.router.link().primary,
        };
        let alike = match warning {
            Warning::IntervalMismatch => Some(Reject::IntervalMismatch),
            Warning::AddressListMismatch => Some(Reject::AddressListMismatch),
            Warning::HmacMissing => Some(Reject::HmacMissing),
            Warning::SourceNotLinkLocal
            | Warning::FirstAddressNotLinkLocal
            | Warning::OwnerConflict
            | Warning::AddressListOrder
            | Warning::PeerNotListed
            | Warning::HmacClock => None,
        };
        let difference = alike.and_then(|reject| explain(packet, &local, reject, None));
        Some(Odd { difference, log })
    }

    /// The router that a packet names: interface, family and VRID, and among several of one VRID the path.
    fn addressee(&self, packet: &Received<'_>) -> Option<InstanceId> {
        let vrid = Vrid::new(Message::peek_vrid(packet.message)?)?;
        let family = Family::of(&packet.source);
        let on_link = self.places.get(&(packet.interface, family, vrid.get()));
        let anywhere = self
            .places
            .get(&(None, family, vrid.get()))
            .filter(|_| packet.interface.is_some());
        let candidates = on_link.into_iter().chain(anywhere).flatten();
        let best = candidates.copied().enumerate().max_by_key(|(order, id)| {
            // The first of equals: what fits nowhere is judged, and refused, by the oldest.
            (self.nearness(*id, packet), Reverse(*order))
        });
        best.map(|(_, id)| id)
    }

    /// How well a packet fits a router's path; an unlisted sender may still be meant for a unicast router.
    fn nearness(&self, id: InstanceId, packet: &Received<'_>) -> u8 {
        let Some(router) = self.get(id) else {
            return 0;
        };
        match &router.config().path {
            Path::Multicast { group } if Some(*group) == packet.destination => 3,
            Path::Multicast { .. } => 0,
            Path::Unicast { local, peers } => {
                let own = local.or(router.link().primary);
                let reached = own.is_some() && own == packet.destination;
                let listed = peers.iter().any(|peer| peer.address == packet.source);
                let lax = !router.config().check_unicast_source && !router.config().is_authenticated();
                let believed = listed || lax;
                // Listed before merely tolerated before refused.
                u8::from(reached)
                    .saturating_add(u8::from(reached && believed))
                    .saturating_add(u8::from(reached && listed))
            }
        }
    }
}
