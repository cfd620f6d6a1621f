//! One `vrrp_instance` as a service of the driver.

use std::net::IpAddr;
use std::time::Duration;

use keepalived_conf::{Address, Family, Lifetime, Path, Track, Version, VrrpInstance};
use vrrp_core::{
    Announcements, Authentication, Health, InterfaceId, Interval, Ipv4Checksum, Peer, Priority, Profile,
    Settings, Tracker, TrackerId, Vrid, Weight,
};
use vrrp_net::{AnnounceElsewhere, HeldAddress, Service};

use super::auth_hmac::auth_hmac;
use super::router_advertisements::router_advertisements;
use super::virtual_mac::VirtualMacs;
use super::{Lowering, NotStarted, routing};
use crate::plan::{Instance, Tracked};

/// How long one that yields may still answer with the shared MAC: switches are told once more afterwards.
const VIRTUAL_MAC_SETTLES_NANOS: u64 = 10_000_000;

impl Lowering<'_> {
    pub(super) fn instance(
        &self,
        instance: &VrrpInstance,
        virtual_macs: &mut VirtualMacs,
    ) -> Result<Instance, NotStarted> {
        let settings = self.settings(instance)?;
        // The driver puts the interface's number in; which one it is decides nothing here.
        if let Err(contradiction) = settings.clone().build() {
            return Err(self.contradiction(instance, contradiction.to_string()));
        }
        let scripts = instance
            .track_scripts
            .iter()
            .map(|track| Tracked::Check(track.name.clone()));
        let interfaces = instance
            .track_interfaces
            .iter()
            .map(|track| Tracked::Interface(track.name.clone()));
        let files = instance.track_files.iter();
        let files = files.map(|track| Tracked::File(track.name.clone()));
        let processes = instance.track_processes.iter();
        let processes = processes.map(|track| Tracked::Process(track.name.clone()));
        let first_interface = instance.track_scripts.len();
        let track_interfaces = (0_u16..)
            .skip(first_interface)
            .zip(&instance.track_interfaces)
            .map(|(id, track)| (track.name.clone(), TrackerId(id)));
        let groups = routing::groups_of(instance, &self.config.statics);
        let first_group = first_interface.saturating_add(instance.track_interfaces.len());
        let track_statics = (0_u16..)
            .skip(first_group)
            .zip(&groups)
            .map(|(id, group)| (group.clone(), TrackerId(id)));
        let mut service = Service {
            name: instance.name.clone(),
            interface: instance
                .interface
                .as_ref()
                .map(|interface| interface.value.clone()),
            addresses: instance
                .addresses
                .iter()
                .chain(&instance.excluded)
                .map(held)
                .collect(),
            group: self.group_of(instance),
            track_primary: !instance.dont_track_primary.value,
            track_interfaces: track_interfaces.collect(),
            source: source(&instance.path),
            unicast_hop_limit: unicast_hop_limit(&instance.path),
            virtual_mac: None,
            announce_elsewhere: elsewhere(&instance.announcements),
            router_advertisements: instance.router_advertisements.as_ref().map(router_advertisements),
            routes: instance.routes.iter().map(routing::route).collect(),
            rules: instance.rules.iter().map(routing::rule).collect(),
            track_statics: track_statics.collect(),
            settings,
        };
        virtual_macs
            .fit(instance, &mut service)
            .map_err(|reason| self.contradiction(instance, reason))?;
        if let Err(error) = service.check() {
            return Err(self.contradiction(instance, error.to_string()));
        }
        Ok(Instance {
            name: instance.name.clone(),
            place: self.place(instance.span),
            service,
            tracked: scripts
                .chain(interfaces)
                .chain(files)
                .chain(processes)
                .chain(groups.into_iter().map(Tracked::Statics))
                .collect(),
            hooks: self.hooks(&instance.notify, instance.smtp_alert.value),
        })
    }

    fn group_of(&self, instance: &VrrpInstance) -> Option<String> {
        let mut groups = self.config.sync_groups.iter();
        let group = groups.find(|group| group.members.iter().any(|(name, _)| *name == instance.name))?;
        Some(group.name.clone())
    }

    fn contradiction(&self, instance: &VrrpInstance, reason: String) -> NotStarted {
        NotStarted {
            name: instance.name.clone(),
            place: self.place(instance.span),
            reason,
            allow_missing: None,
        }
    }

    fn settings(&self, instance: &VrrpInstance) -> Result<Settings, NotStarted> {
        let wrong = |reason: &str| self.contradiction(instance, reason.to_owned());
        let family = match instance.family.value {
            Family::Ipv4 => vrrp_core::Family::Ipv4,
            Family::Ipv6 => vrrp_core::Family::Ipv6,
        };
        let vrid = Vrid::new(instance.virtual_router_id.value)
            .ok_or_else(|| wrong("virtual_router_id is 1 to 255"))?;
        let interval = Interval::from_centiseconds(instance.advert_int_cs.value);
        let ips = |addresses: &[Address]| addresses.iter().map(Address::ip).collect::<Vec<IpAddr>>();
        let global = &self.config.global;
        let mut settings = Settings::new(Profile::Keepalived, family, vrid, InterfaceId(0));
        if instance.interface.is_none() {
            settings.interface = None;
        }
        settings.version = match instance.version.value {
            Version::V2 => vrrp_core::Version::V2,
            Version::V3 => vrrp_core::Version::V3,
        };
        settings.path = path(&instance.path);
        settings.priority =
            Priority::new(instance.priority.value).ok_or_else(|| wrong("priority is 1 to 255"))?;
        settings.interval = interval.ok_or_else(|| wrong("advert_int is 0.01 to 255 s"))?;
        settings.preempt = instance.preempt.value;
        settings.preempt_delay_nanos = nanos(instance.preempt_delay.value);
        settings.accept = instance.accept.value;
        settings.addresses = ips(&instance.addresses);
        settings.held_only = ips(&instance.excluded);
        if let Some(password) = &instance.authentication {
            settings.authentication = Authentication::Password(password.value.padded());
        }
        let signed = instance.auth_hmac.as_ref().map(auth_hmac).transpose();
        settings.auth_hmac = signed.map_err(|error| wrong(&error.to_string()))?;
        if instance.v3_checksum_as_v2.value {
            settings.ipv4_checksum = Ipv4Checksum::Rfc9568;
        }
        settings.v2_interop = instance.v2_interop.value;
        settings.announcements = announcements(&instance.announcements);
        if instance.vmac.own.is_some() {
            settings.announcements.settle_after_nanos = VIRTUAL_MAC_SETTLES_NANOS;
        }
        settings.down_adverts = instance.down_timer_adverts.value;
        settings.answer_lower = !instance.lower_prio_no_advert.value;
        settings.advert_before_yield = instance.higher_prio_send_advert.value;
        settings.step_back_when_stalled = instance.timer_expired_backup.is_some();
        settings.check_unicast_source = instance.check_unicast_src.value;
        settings.owner_ignores = instance.owner_ignore_adverts.value;
        settings.start_delay_nanos = nanos(global.startup_delay.value);
        settings.trackers = self.trackers(instance);
        Ok(settings)
    }

    /// Scripts first, then interfaces, files and processes, each in the order of the configuration.
    fn trackers(&self, instance: &VrrpInstance) -> Vec<Tracker> {
        let starts_down = |name: &str| {
            let mut scripts = self.config.scripts.iter();
            scripts.any(|script| script.name == name && script.init_fail.value)
        };
        let tracker = |track: &Track, initial| {
            let weight = track.weight.value;
            Tracker {
                weight: Weight::from_keepalived(weight.value, weight.reverse),
                initial,
            }
        };
        let scripts = instance.track_scripts.iter().map(|track| {
            tracker(
                track,
                if starts_down(&track.name) {
                    Health::Down
                } else {
                    Health::Unknown
                },
            )
        });
        let others = instance
            .track_interfaces
            .iter()
            .chain(&instance.track_files)
            .chain(&instance.track_processes)
            .map(|track| tracker(track, Health::Unknown));
        let groups = routing::groups_of(instance, &self.config.statics);
        let groups = groups.iter().map(|_| routing::tracker());
        scripts.chain(others).chain(groups).collect()
    }
}

/// The profile believes any TTL of a unicast peer unless the file limits it.
fn path(path: &Path) -> vrrp_core::Path {
    match path {
        Path::Multicast { group, .. } => vrrp_core::Path::Multicast { group: group.value },
        Path::Unicast { peers, source, .. } => vrrp_core::Path::Unicast {
            local: source.as_ref().map(|source| source.value),
            peers: peers
                .iter()
                .map(|peer| Peer {
                    address: peer.address,
                    hop_limit_min: peer.min_ttl.as_ref().map_or(0, |ttl| ttl.value),
                    hop_limit_max: peer.max_ttl.as_ref().map_or(255, |ttl| ttl.value),
                })
                .collect(),
        },
    }
}

/// The source of multicast; that of unicast is part of the path.
fn source(path: &Path) -> Option<IpAddr> {
    match path {
        Path::Multicast { source, .. } => source.as_ref().map(|source| source.value),
        Path::Unicast { .. } => None,
    }
}

/// The file's `unicast_ttl`; the kernel refuses 0, which leaves the usual one.
fn unicast_hop_limit(path: &Path) -> u8 {
    match path {
        Path::Unicast { ttl: Some(ttl), .. } if ttl.value > 0 => ttl.value,
        Path::Unicast { .. } | Path::Multicast { .. } => 255,
    }
}

pub(super) fn held(address: &Address) -> HeldAddress {
    // With a peer the length is that of the peer's prefix, as `ip address add` has it.
    let net = address
        .peer
        .as_ref()
        .map_or(&address.prefix.value, |peer| &peer.value);
    let mut held = HeldAddress::new(address.ip(), net.prefix_len());
    held.device = address.dev.as_ref().map(|dev| dev.value.clone());
    held.label = address.label.as_ref().map(|label| label.value.clone());
    held.scope = address.scope.as_ref().map(|scope| scope.value.number());
    held.broadcast = address.broadcast.as_ref().map(|broadcast| broadcast.value);
    held.peer = address.peer.as_ref().map(|peer| peer.value.addr());
    held.dad = address.duplicate_detection;
    held.noprefixroute = address.no_prefix_route;
    held.no_track = address.no_track;
    held.preferred_lifetime = address
        .preferred_lifetime
        .as_ref()
        .map(|lifetime| match lifetime.value {
            Lifetime::Forever => u32::MAX,
            Lifetime::For(time) => u32::try_from(time.as_secs()).unwrap_or(u32::MAX),
        });
    held
}

fn elsewhere(file: &keepalived_conf::Announcements) -> Option<AnnounceElsewhere> {
    let extra = file.extra.as_ref()?.value;
    (!extra.every.is_zero()).then_some(AnnounceElsewhere {
        every: extra.every,
        physical_too: extra.all,
    })
}

fn announcements(file: &keepalived_conf::Announcements) -> Announcements {
    let copies = |count: u32| u8::try_from(count).unwrap_or(u8::MAX);
    Announcements {
        at_once: copies(file.repeat.value).max(1),
        later_rounds: u8::from(!file.delay.value.is_zero()),
        later_after_nanos: nanos(file.delay.value),
        later_repeat: copies(file.repeat.value),
        refresh_every_nanos: nanos(file.refresh.value),
        refresh_repeat: copies(file.refresh_repeat.value),
        rival_repeat: copies(file.lower_prio_repeat.value),
        rival_again_nanos: nanos(file.lower_prio_delay.value),
        settle_after_nanos: 0,
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
