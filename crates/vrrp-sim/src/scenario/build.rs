//! From a file to a world.

use std::net::IpAddr;
use std::time::Duration;

use toml::Spanned;
use vrrp_core::{
    ConfigError, Family, Health, InterfaceId, Interval, Order, Priority, Profile, Settings, Tracker,
    TrackerId, Version, Vrid, Weight,
};

use super::file::{self, Event, File, What};
use crate::check;
use crate::client::ClientSettings;
use crate::fabric::Way;
use crate::fault::{Fault, NodeId};
use crate::lan;
use crate::world::World;

pub(super) fn world(file: &File, seed: u64, interval: Interval) -> Result<World, ConfigError> {
    let mut world = World::new(seed);
    let usual = way(
        file.network.loss_ppm,
        file.network.duplicate_ppm,
        file.network.delay_us,
        file.network.jitter_us,
    );
    world.fabric_mut().set_usual(usual);
    let mut slowest = interval;
    for (number, node) in (0..).zip(&file.node) {
        let settings = settings(node, interval);
        slowest = slowest.max(settings.interval);
        let members = members(node, &settings);
        let mut built = lan::node(number, settings)?;
        for (primary, settings) in members {
            slowest = slowest.max(settings.interval);
            built
                .others
                .push((settings.interface.unwrap_or(crate::INTERFACE), primary));
            built.routers.push(settings.build()?);
        }
        if built.routers.len() > 1 {
            built.groups = vec![(0..built.routers.len()).collect()];
        }
        built.name.clone_from(node.name.get_ref());
        built.drift_ppm = node.drift_ppm;
        built.address_takes = Duration::from_micros(node.address_takes_us);
        let id = world.add_node(built);
        world.at(Duration::from_millis(node.starts_at_ms), Fault::Start(id));
    }
    world.add_client(lan::client(Duration::from_secs(5)));
    world.add_check(check::AddressesFollowTheState::default());
    world.add_check(check::NothingSentWhileBarred::default());
    add_further_clients(&mut world, file);
    // A hold may roll back, and the last frames are under way; a deaf node is judged by the ways being lossy.
    let hold = Duration::from_nanos(slowest.nanos()) + Duration::from_millis(200);
    if file.node.iter().all(|node| node.group.is_empty()) {
        world.add_check(check::OneActive::after(hold));
    } else {
        // A full wait, a false start that both sides take back, and the wait of the one that lost.
        let rest = Duration::from_nanos(slowest.nanos()) * 12;
        world.add_check(check::GroupsTogether);
        world.add_check(check::OneGroup::after(rest));
    }
    for event in &file.event {
        let fault = fault(file, event);
        let fault = match event.interface {
            Some(interface) => Fault::On(InterfaceId(interface), Box::new(fault)),
            None => fault,
        };
        world.at(Duration::from_millis(event.at_ms), fault);
    }
    Ok(world)
}

/// One for every member of the first node that is on a LAN of its own.
fn add_further_clients(world: &mut World, file: &File) {
    let members = file
        .node
        .first()
        .map_or([].as_slice(), |node| node.group.as_slice());
    for member in members {
        let name = format!("client-{}", member.interface);
        let mut client = ClientSettings::new(&name, member.address, Duration::from_secs(5));
        client.segment = InterfaceId(member.interface);
        world.add_client(client);
    }
}

fn members(node: &file::Node, first: &Settings) -> Vec<(IpAddr, Settings)> {
    let settings = |member: &file::Member| {
        let mut settings = Settings::new(
            first.profile,
            Family::of(&member.address),
            first.vrid,
            InterfaceId(member.interface),
        );
        let given = |value: &Option<Spanned<u8>>| value.as_ref().map(|value| *value.get_ref());
        settings.priority = given(&member.priority)
            .and_then(Priority::new)
            .unwrap_or(first.priority);
        settings.vrid = given(&member.vrid).and_then(Vrid::new).unwrap_or(first.vrid);
        settings.interval = own_interval(member.interval_ms.as_ref()).unwrap_or(first.interval);
        settings.preempt = first.preempt;
        settings.preempt_delay_nanos = first.preempt_delay_nanos;
        settings.hold = first.hold;
        settings.addresses = vec![member.address];
        (member.primary, settings)
    };
    node.group.iter().map(settings).collect()
}

fn own_interval(interval_ms: Option<&Spanned<u32>>) -> Option<Interval> {
    let centiseconds = u16::try_from(interval_ms?.get_ref() / 10).ok()?;
    Interval::from_centiseconds(centiseconds)
}

fn settings(node: &file::Node, interval: Interval) -> Settings {
    let priority = node
        .priority
        .as_ref()
        .and_then(|priority| Priority::new(*priority.get_ref()));
    let own = own_interval(node.interval_ms.as_ref());
    let usual = lan::settings(priority.unwrap_or(Priority::DEFAULT), own.unwrap_or(interval));
    let vrid = node.vrid.as_ref().and_then(|vrid| Vrid::new(*vrid.get_ref()));
    let profile = match node.profile {
        None | Some(file::Profile::Default) => Profile::Default,
        Some(file::Profile::Rfc) => Profile::Rfc,
        Some(file::Profile::Keepalived) => Profile::Keepalived,
    };
    let mut settings = Settings::new(
        profile,
        usual.family,
        vrid.unwrap_or(usual.vrid),
        crate::INTERFACE,
    );
    settings.priority = usual.priority;
    settings.interval = usual.interval;
    settings.addresses = node.address.map_or(usual.addresses, |address| vec![address]);
    settings.preempt_delay_nanos = node.preempt_delay_ms.saturating_mul(1_000_000);
    if let Some(version) = &node.version {
        settings.version = if *version.get_ref() == 2 {
            Version::V2
        } else {
            Version::V3
        };
    }
    if let Some(preempt) = node.preempt {
        settings.preempt = preempt;
    }
    if let Some(hold) = node.hold {
        settings.hold = hold;
    }
    let tracker = |check: &file::Check| Tracker {
        weight: Weight::from_keepalived(check.weight, false),
        initial: Health::Up,
    };
    settings.trackers = node.checks.iter().map(tracker).collect();
    settings
}

fn way(loss_ppm: u32, duplicate_ppm: u32, delay_us: Option<u64>, jitter_us: u64) -> Way {
    let usual = Way::default();
    Way {
        loss_ppm,
        duplicate_ppm,
        delay: delay_us.map_or(usual.delay, Duration::from_micros),
        jitter: Duration::from_micros(jitter_us),
    }
}

/// The names were checked when the file was read.
fn id(file: &File, name: Option<&Spanned<String>>) -> NodeId {
    let number = file
        .node
        .iter()
        .position(|node| Some(node.name.get_ref()) == name.map(Spanned::get_ref));
    NodeId(number.unwrap_or(0))
}

fn fault(file: &File, event: &Event) -> Fault {
    let node = id(file, event.node.as_ref());
    let lasts = Duration::from_millis(event.lasts_ms.unwrap_or(0));
    let way = way(
        event.loss_ppm,
        event.duplicate_ppm,
        event.delay_us,
        event.jitter_us,
    );
    match event.what.get_ref() {
        What::Start => Fault::Start(node),
        What::Stop => Fault::Stop(node),
        What::PowerCut => Fault::PowerCut(node),
        What::Kill => Fault::Kill(node),
        What::Stall => Fault::Stall(node, lasts),
        What::LinkDown => Fault::LinkDown(node),
        What::LinkUp => Fault::LinkUp(node),
        What::SendFails => Fault::SendFails(node, lasts),
        What::AddressesFail => Fault::AddressesFail(node, lasts),
        What::Resign => Fault::Order(node, Order::Resign),
        What::Compete => Fault::Order(node, Order::Compete),
        What::CheckDown => Fault::Health(node, TrackerId(event.check), Health::Down),
        What::CheckUp => Fault::Health(node, TrackerId(event.check), Health::Up),
        What::Partition => {
            let sides = event.sides.iter().flatten();
            let members = (0_u8..)
                .zip(sides)
                .flat_map(|(side, names)| names.iter().map(move |name| (id(file, Some(name)), side)));
            Fault::Partition(members.collect())
        }
        What::Heal => Fault::Heal,
        What::Way => Fault::Way(id(file, event.from.as_ref()), id(file, event.to.as_ref()), way),
        What::Ways => Fault::Ways(way),
    }
}
