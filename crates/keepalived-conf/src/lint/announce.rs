//! Gratuitous ARP and neighbour advertisements.

use std::collections::BTreeMap;
use std::time::Duration;

use super::codes::{NO_REPAIR, NO_SECOND_BURST, SLOW_ANNOUNCEMENTS};
use crate::diagnostic::Findings;
use crate::model::{Config, Family, Sourced, VrrpInstance};

const LONG: Duration = Duration::from_secs(10);

pub(super) fn instance(instance: &VrrpInstance, out: &mut Findings) {
    let timing = &instance.announcements;
    if timing.delay.value.is_zero() && timing.refresh.value.is_zero() {
        let found = NO_SECOND_BURST
            .at(
                timing.delay.span().unwrap_or(instance.span),
                format!("{} announces its addresses once, and never again", instance.name),
            )
            .effect("a switch or a neighbour that misses these packets sends to the failed node until its own memory runs out, as with keepalived")
            .help("leave garp_master_delay at 5, or add garp_master_refresh 60")
            .about(&instance.name);
        out.push(found);
    }
    // Strict mode leaves no choice, and says so itself.
    let quiet = Some(instance.lower_prio_no_advert)
        .filter(|quiet| quiet.value)
        .and_then(|quiet| quiet.span());
    let silent = Some(timing.lower_prio_repeat)
        .filter(|repeat| repeat.value == 0)
        .and_then(|repeat| repeat.span());
    let Some(span) = quiet.or(silent).filter(|_| timing.refresh.value.is_zero()) else {
        return;
    };
    let found = NO_REPAIR
        .at(span, format!("{} does not announce again when it hears a lower rival", instance.name))
        .effect("after two nodes were active at a time neighbours may keep the address of the one that gave up, and nobody corrects them, as with keepalived")
        .help("take lower_prio_no_advert and garp_lower_prio_repeat 0 away, or add garp_master_refresh 60")
        .about(&instance.name);
    out.push(found);
}

/// Whose packets wait for each other: those of an interface, or of a pacing group.
type Road<'a> = (Option<usize>, &'a str);

/// What `vrrp_garp_interval`, `vrrp_gna_interval` and `garp_group` make of all packets that wait for each other.
pub(super) fn interfaces(config: &Config, out: &mut Findings) {
    for (family, word) in [
        (Family::Ipv4, "vrrp_garp_interval"),
        (Family::Ipv6, "vrrp_gna_interval"),
    ] {
        let mut packets: BTreeMap<Road<'_>, (u32, Option<Sourced<Duration>>)> = BTreeMap::new();
        for instance in &config.instances {
            let own = instance.interface.as_ref().map_or("", |name| &name.value);
            for address in instance.addresses.iter().chain(&instance.excluded) {
                if Family::of(address.ip()) != family {
                    continue;
                }
                let device = address.dev.as_ref().map_or(own, |dev| &dev.value);
                let (road, gap) = pace(config, family, device);
                let (count, _) = packets.entry(road).or_insert((0, gap));
                *count = count.saturating_add(instance.announcements.repeat.value);
            }
        }
        let whole = |(count, gap): &(u32, Option<Sourced<Duration>>)| {
            gap.map_or(Duration::ZERO, |gap| gap.value.saturating_mul(*count))
        };
        let Some(((_, device), (count, Some(gap)))) = packets.iter().max_by_key(|(_, road)| whole(road))
        else {
            continue;
        };
        let whole = whole(&(*count, Some(*gap)));
        let Some(span) = gap.span().filter(|_| whole > LONG) else {
            continue;
        };
        let found = SLOW_ANNOUNCEMENTS
            .at(span, format!("a burst of {count} packets on {device} takes {whole:?}"))
            .effect("addresses that are announced last are unreachable so long after a takeover, as with keepalived")
            .help(format!("a smaller {word}: 0.001 is a thousand a second"));
        out.push(found);
    }
}

/// The first group that names the interface counts, and leaves nothing to the limits of all.
fn pace<'a>(config: &'a Config, family: Family, device: &'a str) -> (Road<'a>, Option<Sourced<Duration>>) {
    let sets = config
        .garp_groups
        .iter()
        .flat_map(|group| group.paced.iter().map(move |names| (group, names)));
    let mut sets = sets.enumerate();
    let of = |names: &[Sourced<String>]| names.iter().any(|name| name.value == device);
    let found = sets.find(|(_, (_, names))| of(names));
    let (road, [four, six]) = match found {
        Some((place, (group, names))) => {
            let first = names.first().map_or(device, |name| name.value.as_str());
            ((Some(place), first), [group.garp_interval, group.gna_interval])
        }
        None => (
            (None, device),
            [config.global.garp_interval, config.global.gna_interval],
        ),
    };
    (road, if family == Family::Ipv4 { four } else { six })
}
