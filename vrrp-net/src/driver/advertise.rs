//! Carries out Router Advertisements: which routers send them now, and who is heard asking.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use vrrp_core::{InstanceId, Instant};

use super::engine::Engine;
use crate::address::keeper::Place;
use crate::advertise::RouterAdvertisements;
use crate::advertise::ear::Ear;
use crate::advertise::packet::{advertisement, digest};
use crate::advertise::schedule::Schedule;
use crate::status::HostsTold;

/// One router that advertises itself: it is Active.
#[derive(Debug)]
struct Advertiser {
    schedule: Schedule,
    /// Where the link-local address is that it advertises from.
    place: Place,
    ear: Option<Ear>,
    /// That the kernel took.
    sent: u64,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Advertisers {
    active: BTreeMap<InstanceId, Advertiser>,
    generation: u64,
    /// Not everything that was heard has been read.
    pub(super) unread: bool,
}

impl Advertisers {
    pub(super) fn ears(&self) -> impl Iterator<Item = &Ear> {
        self.active
            .values()
            .filter_map(|advertiser| advertiser.ear.as_ref())
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let active = self.active.values();
        active
            .filter_map(|advertiser| advertiser.schedule.deadline())
            .min()
    }
}

impl Engine {
    /// What the core wants, after the addresses are there (V3-8.2.2-05). Leaving Active sends nothing (NET-RA-04): the
    /// successor goes on under the same address, and hosts shall not forget it.
    pub(super) fn advertise(&mut self, now: Instant, id: InstanceId, on: bool) {
        let before = self.advertisers.active.remove(&id).is_some();
        let begun = on && self.begin_advertising(now, id);
        if before || begun {
            self.advertisers.generation = self.advertisers.generation.wrapping_add(1);
            self.sysctls_stale = true;
        }
    }

    fn begin_advertising(&mut self, now: Instant, id: InstanceId) -> bool {
        let Some(instance) = self.instances.get(&id).filter(|instance| instance.holds) else {
            return false;
        };
        let Some((plan, place)) = instance.service.router_advertisements.as_ref().zip(
            // Checked: there is one.
            instance.places.iter().find(|place| link_local(**place).is_some()),
        ) else {
            return false;
        };
        let own = u64::from(instance.service.settings.vrid.get()) ^ u64::from(std::process::id()) << 8;
        let mut schedule = Schedule::new(own, plan.interval_min(), plan.interval_max);
        schedule.begin(now);
        tracing::info!(
            service = instance.service.name, address = %place.address, lifetime = plan.lifetime().as_secs(),
            digest = format!("{:08x}", digest(plan)),
            "advertising itself to hosts as their router; the digest is the same where another router of the group says the same"
        );
        self.warn_of_no_forwarding(&instance.service.name, plan);
        let place = *place;
        let _none = self.advertisers.active.insert(
            id,
            Advertiser {
                schedule,
                place,
                ear: None,
                sent: 0,
            },
        );
        self.fit_advertisers();
        true
    }

    fn warn_of_no_forwarding(&self, service: &str, plan: &RouterAdvertisements) {
        let forwards = std::fs::read_to_string("/proc/sys/net/ipv6/conf/all/forwarding");
        if !plan.lifetime().is_zero() && forwards.is_ok_and(|text| text.trim() == "0") {
            tracing::warn!(
                service,
                "hosts are told to send everything here, and this node forwards no IPv6: sysctl -w net.ipv6.conf.all.forwarding=1, \
                 or a lifetime of 0"
            );
        }
    }

    /// Another configuration of a router that runs: told at once where it says something else now.
    pub(super) fn readvertise(
        &mut self,
        now: Instant,
        id: InstanceId,
        before: Option<&RouterAdvertisements>,
    ) {
        let instance = self.instances.get(&id);
        let after = instance.and_then(|instance| instance.service.router_advertisements.as_ref());
        let place = self
            .advertisers
            .active
            .get(&id)
            .map(|advertiser| advertiser.place);
        let gone =
            place.is_some_and(|place| instance.is_none_or(|instance| !instance.places.contains(&place)));
        if after != before || gone {
            let on = self.is_active(id);
            self.advertise(now, id, on);
        }
    }

    /// An ear on every link that is advertised to, as links come and go.
    pub(super) fn fit_advertisers(&mut self) {
        let mut changed = false;
        for advertiser in self.advertisers.active.values_mut() {
            let device = advertiser.place.device;
            let index = self.devices.index(&self.table, device);
            if advertiser.ear.as_ref().map(|ear| ear.index) == index {
                continue;
            }
            changed = true;
            let name = self.devices.name(device);
            advertiser.ear = index.and_then(|index| match Ear::open(name, index) {
                Ok(ear) => Some(ear),
                Err(error) => {
                    tracing::warn!(%error, interface = name, "hosts that ask for a router are not heard; they are told at intervals all the same");
                    None
                }
            });
        }
        if changed {
            self.advertisers.generation = self.advertisers.generation.wrapping_add(1);
        }
    }

    /// Hosts that ask.
    pub(super) fn hear_solicitations(&mut self, now: Instant) {
        self.advertisers.unread = false;
        for advertiser in self.advertisers.active.values_mut() {
            if let Some(ear) = &advertiser.ear {
                let (asked, more) = ear.hear(&mut self.buffers);
                self.advertisers.unread |= more;
                if asked {
                    advertiser.schedule.asked(now);
                }
            }
        }
    }

    /// Sends what is due.
    pub(super) fn advertise_due(&mut self, now: Instant) {
        let mut due = Vec::new();
        for (id, advertiser) in &mut self.advertisers.active {
            if advertiser.schedule.due(now) {
                due.push((*id, advertiser.place));
            }
        }
        for (id, place) in due {
            if self.send_advertisement(id, place)
                && let Some(advertiser) = self.advertisers.active.get_mut(&id)
            {
                advertiser.sent = advertiser.sent.wrapping_add(1);
            }
        }
    }

    pub(super) fn hosts_told(&self, id: InstanceId) -> Option<HostsTold> {
        let advertiser = self.advertisers.active.get(&id)?;
        let plan = self.instances.get(&id)?.service.router_advertisements.as_ref()?;
        Some(HostsTold {
            lifetime: plan.lifetime(),
            digest: digest(plan),
            sent: advertiser.sent,
        })
    }

    /// Whether it left.
    fn send_advertisement(&self, id: InstanceId, place: Place) -> bool {
        let index = self.devices.index(&self.table, place.device);
        let link = index.and_then(|index| self.table.link(index));
        let plan = self
            .instances
            .get(&id)
            .and_then(|instance| instance.service.router_advertisements.as_ref());
        let (Some(link), Some(plan), Some(source)) = (link, plan, link_local(place)) else {
            return false;
        };
        let Some(frame) = link.mac.and_then(|mac| advertisement(plan, source, mac)) else {
            return false;
        };
        let sent = self.announcer.send(link.index, &frame);
        if let Err(error) = &sent {
            tracing::debug!(%error, interface = link.name, "a Router Advertisement was not sent");
        }
        sent.is_ok()
    }
}

fn link_local(place: Place) -> Option<Ipv6Addr> {
    match place.address {
        std::net::IpAddr::V6(address) => address.is_unicast_link_local().then_some(address),
        std::net::IpAddr::V4(_) => None,
    }
}
