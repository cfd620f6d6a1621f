//! Addresses and who hears about them.

use crate::model::{Address, Lifetime, Path, RouteScope, Sourced, VrrpInstance};

use super::place::Places;
use super::value::{Setting, Unit, Value, unset};
use super::{Came, Entry};

impl Places<'_> {
    /// `device`: where an address without `dev` goes.
    pub(super) fn addresses(
        self,
        keyword: &'static str,
        addresses: &[Address],
        device: Option<&Sourced<String>>,
    ) -> Entry {
        let one = |address: &Address| Setting {
            keyword,
            unit: Unit::None,
            value: Value::Fields(fields(address, device)),
            came: self.line(address.span),
        };
        Entry::Many {
            keyword,
            settings: addresses.iter().map(one).collect(),
        }
    }

    pub(super) fn path(self, instance: &VrrpInstance) -> Vec<Entry> {
        let own = "the interface's own address";
        match &instance.path {
            Path::Multicast { group, source } => vec![
                Entry::One(self.value("mcast_group", group)),
                Entry::One(self.or("mcast_src_ip", source.as_ref(), own)),
            ],
            Path::Unicast { peers, source, ttl } => {
                let peer = |peer: &crate::model::Peer| {
                    let mut fields = vec![("address", Value::Text(peer.address.to_string()))];
                    let limit = |name, ttl: &Option<Sourced<u8>>| {
                        let ttl = ttl.as_ref()?;
                        Some((name, Value::Number(ttl.value.into())))
                    };
                    fields.extend(limit("min_ttl", &peer.min_ttl));
                    fields.extend(limit("max_ttl", &peer.max_ttl));
                    Setting {
                        keyword: "unicast_peer",
                        unit: Unit::None,
                        value: Value::Fields(fields),
                        came: self.line(peer.span),
                    }
                };
                vec![
                    Entry::One(self.or("unicast_src_ip", source.as_ref(), own)),
                    Entry::Many {
                        keyword: "unicast_peer",
                        settings: peers.iter().map(peer).collect(),
                    },
                    Entry::One(self.or("unicast_ttl", ttl.as_ref(), "the kernel's")),
                ]
            }
        }
    }

    pub(super) fn virtual_mac(self, instance: &VrrpInstance) -> Vec<Entry> {
        let vmac = &instance.vmac;
        let own = vmac.own.as_ref().map_or_else(
            || unset("use_vmac", Unit::None, "none"),
            |own| {
                let name = own
                    .name
                    .as_ref()
                    .map_or(Value::Unset("made of vmac_prefix"), |name| {
                        Value::Text(name.value.clone())
                    });
                let mac = own
                    .mac
                    .as_ref()
                    .map_or(Value::Unset("that of the protocol"), |mac| {
                        Value::Text(mac.value.to_string())
                    });
                Setting {
                    keyword: "use_vmac",
                    unit: Unit::None,
                    value: Value::Fields(vec![("device", name), ("mac", mac)]),
                    came: self.line(own.span),
                }
            },
        );
        vec![
            Entry::One(own),
            Entry::One(self.value("use_vmac_addr", &vmac.addresses)),
            Entry::One(self.value("vmac_xmit_base", &vmac.xmit_base)),
        ]
    }

    /// None where there is no such block.
    pub(super) fn router_advertisements(self, instance: &VrrpInstance) -> Vec<Entry> {
        let Some(told) = &instance.router_advertisements else {
            return Vec::new();
        };
        let default = "by the other values";
        let mut fields = Vec::new();
        let mut put = |name, value: Option<i64>| {
            fields.push((name, value.map_or(Value::Unset(default), Value::Number)));
        };
        put("interval_s", told.interval_s.as_ref().map(|set| set.value.into()));
        put("lifetime_s", told.lifetime_s.as_ref().map(|set| set.value.into()));
        put("hop_limit", told.hop_limit.as_ref().map(|set| set.value.into()));
        put("mtu", told.mtu.as_ref().map(|set| set.value.into()));
        fields.push(("managed", Value::Flag(told.managed)));
        fields.push(("other_config", Value::Flag(told.other_config)));
        let block = Setting {
            keyword: "router_advertisements",
            unit: Unit::None,
            value: Value::Fields(fields),
            came: Came::Line(self.of(instance.span)),
        };
        let prefix = |prefix: &crate::model::AdvertisedPrefix| {
            let mut fields = vec![("prefix", Value::Text(prefix.prefix.value.to_string()))];
            let time = |name, time: &Option<Sourced<Lifetime>>| Some((name, lifetime(time.as_ref()?.value)));
            fields.extend(time("valid", &prefix.valid));
            fields.extend(time("preferred", &prefix.preferred));
            fields.push(("off_link", Value::Flag(!prefix.on_link)));
            fields.push(("no_autonomous", Value::Flag(!prefix.autonomous)));
            self.with("prefix", Unit::None, &prefix.prefix, Value::Fields(fields))
        };
        vec![
            Entry::One(block),
            Entry::Many {
                keyword: "router_advertisements_prefix",
                settings: told.prefixes.iter().map(prefix).collect(),
            },
        ]
    }
}

/// A time in seconds, or `forever`.
fn lifetime(lifetime: Lifetime) -> Value {
    match lifetime {
        Lifetime::Forever => Value::from("forever"),
        Lifetime::For(time) => Value::Number(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)),
    }
}

fn scope(scope: RouteScope) -> String {
    match scope {
        RouteScope::Global => "global".to_owned(),
        RouteScope::Site => "site".to_owned(),
        RouteScope::Link => "link".to_owned(),
        RouteScope::Host => "host".to_owned(),
        RouteScope::Nowhere => "nowhere".to_owned(),
        RouteScope::Number(number) => number.to_string(),
    }
}

fn fields(address: &Address, device: Option<&Sourced<String>>) -> Vec<(&'static str, Value)> {
    let mut fields = vec![("address", Value::Text(address.prefix.value.to_string()))];
    let mut put = |name, text: Option<String>| {
        if let Some(text) = text {
            fields.push((name, Value::Text(text)));
        }
    };
    let device = address.dev.as_ref().or(device);
    put("dev", device.map(|dev| dev.value.clone()));
    put("peer", address.peer.as_ref().map(|peer| peer.value.to_string()));
    put("brd", address.broadcast.as_ref().map(|brd| brd.value.to_string()));
    put("label", address.label.as_ref().map(|label| label.value.clone()));
    put("scope", address.scope.as_ref().map(|set| scope(set.value)));
    if let Some(preferred) = &address.preferred_lifetime {
        fields.push(("preferred_lft", lifetime(preferred.value)));
    }
    let switches = [
        ("dad", address.duplicate_detection),
        ("home", address.home),
        ("mngtmpaddr", address.manage_temporary),
        ("noprefixroute", address.no_prefix_route),
        ("autojoin", address.auto_join),
        ("no_track", address.no_track),
    ];
    fields.extend(switches.map(|(name, on)| (name, Value::Flag(on))));
    if let Some(group) = &address.track_group {
        fields.push(("track_group", Value::Text(group.value.clone())));
    }
    if let Some(use_vmac) = &address.use_vmac {
        fields.push(("use_vmac", Value::Flag(use_vmac.value)));
    }
    fields
}
