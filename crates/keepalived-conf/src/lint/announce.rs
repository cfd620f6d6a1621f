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

/// What `vrrp_garp_interval` and `vrrp_gna_interval` make of all packets of one interface.
pub(super) fn interfaces(config: &Config, out: &mut Findings) {
    let gaps: [(Family, Option<Sourced<Duration>>, &str); 2] = [
        (Family::Ipv4, config.global.garp_interval, "vrrp_garp_interval"),
        (Family::Ipv6, config.global.gna_interval, "vrrp_gna_interval"),
    ];
    for (family, gap, word) in gaps {
        let Some(gap) = gap else { continue };
        let mut packets: BTreeMap<&str, u32> = BTreeMap::new();
        for instance in &config.instances {
            let own = instance.interface.as_ref().map_or("", |name| &name.value);
            for address in instance.addresses.iter().chain(&instance.excluded) {
                if Family::of(address.ip()) != family {
                    continue;
                }
                let device = address.dev.as_ref().map_or(own, |dev| &dev.value);
                let count = packets.entry(device).or_default();
                *count = count.saturating_add(instance.announcements.repeat.value);
            }
        }
        let Some((device, count)) = packets.into_iter().max_by_key(|(_, count)| *count) else {
            continue;
        };
        let whole = gap.value.saturating_mul(count);
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
