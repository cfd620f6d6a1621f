//! `router_advertisements` as the driver takes it; what is not written has the driver's default, which is RFC 4861's.

use std::time::Duration;

use keepalived_conf::{AdvertisedPrefix, Lifetime, RouterAdvertisements};

pub(super) fn router_advertisements(file: &RouterAdvertisements) -> vrrp_net::RouterAdvertisements {
    let default = vrrp_net::RouterAdvertisements::default();
    let seconds = |seconds: u16| Duration::from_secs(u64::from(seconds));
    vrrp_net::RouterAdvertisements {
        interval_max: file
            .interval_s
            .map_or(default.interval_max, |interval| seconds(interval.value)),
        lifetime: file.lifetime_s.map(|lifetime| seconds(lifetime.value)),
        hop_limit: file.hop_limit.map_or(default.hop_limit, |limit| limit.value),
        managed: file.managed,
        other: file.other_config,
        mtu: file.mtu.map(|mtu| u32::from(mtu.value)),
        prefixes: file.prefixes.iter().map(prefix).collect(),
    }
}

fn prefix(file: &AdvertisedPrefix) -> vrrp_net::AdvertisedPrefix {
    let default = vrrp_net::AdvertisedPrefix::new(file.prefix.value);
    let valid = file.valid.map_or(default.valid, |valid| time(valid.value));
    vrrp_net::AdvertisedPrefix {
        on_link: file.on_link,
        autonomous: file.autonomous,
        valid,
        // A shorter validity that is written shortens a preference that is not.
        preferred: file
            .preferred
            .map_or(default.preferred.min(valid), |preferred| time(preferred.value)),
        ..default
    }
}

const fn time(lifetime: Lifetime) -> Duration {
    match lifetime {
        Lifetime::Forever => Duration::MAX,
        Lifetime::For(time) => time,
    }
}
