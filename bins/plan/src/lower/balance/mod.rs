//! Virtual servers of keepalived.conf into the shape that both languages share.

mod check;
mod service;

use std::sync::Arc;

use keepalived_conf::{
    FlushOnStop, Forwarding, LvsSync, NotifyScript, RealServer, SorryServer, Sourced, Span, TunnelChecksum,
    VirtualServer,
};
use vrrp_core::Weight;
use vrrp_ipvs::{Checksum, Destination, DestinationKey, Name, SyncDaemon, SyncRole, Timeouts, Tunnel};

use super::Lowering;
use crate::balance::{self, AtStop, Balance, Follows, Place, ServerCheck, Sorry, Sync};
use crate::plan::Command;

impl Lowering<'_> {
    pub(super) fn balance(&self) -> Balance {
        let lvs = &self.config.global.lvs;
        let mut balance = Balance {
            timeouts: lvs.timeouts.map(|set| Timeouts {
                tcp_seconds: set.value.tcp_s,
                tcp_fin_seconds: set.value.tcpfin_s,
                udp_seconds: set.value.udp_s,
            }),
            sync: lvs.sync_daemon.as_ref().and_then(|sync| self.sync(sync)),
            flush_at_start: lvs.flush.value,
            at_stop: match lvs.flush_on_stop.map(|set| set.value) {
                Some(FlushOnStop::All) => AtStop::Flush,
                Some(FlushOnStop::Ours) | None => AtStop::TakeOut,
            },
            ..Balance::default()
        };
        let reals = self.config.virtual_servers.iter().flat_map(|one| &one.servers);
        let mut checks = Vec::with_capacity(reals.map(|real| real.checks.len()).sum());
        for server in &self.config.virtual_servers {
            let lowered = self.virtual_server(server, &mut checks);
            balance.servers.extend(lowered.map(Arc::new));
        }
        balance.checks = Arc::new(checks);
        balance
    }

    fn place_of(&self, span: Span) -> Place {
        Place(self.place(span))
    }

    /// None where the kernel cannot be asked for it: the file was refused for that before.
    fn virtual_server(
        &self,
        server: &VirtualServer,
        checks: &mut Vec<ServerCheck>,
    ) -> Option<balance::VirtualServer> {
        let services = service::services(server);
        if services.is_empty() {
            return None;
        }
        let servers = server
            .servers
            .iter()
            .map(|real| self.real_server(server, real, checks));
        let servers = servers.collect();
        Some(balance::VirtualServer {
            name: server.name.clone(),
            place: self.place_of(server.span),
            group: server.group.clone(),
            services,
            servers,
            sorry: server.sorry.as_ref().map(|sorry| self.sorry(sorry)),
            quorum: server.quorum.value,
            hysteresis: server.hysteresis.value,
            quorum_up: self.hook(server.quorum_up.as_ref()),
            quorum_down: self.hook(server.quorum_down.as_ref()),
            fallback_command: None,
            omega: server.omega.value,
            ha_suspend: server.ha_suspend.value,
            mail: server.smtp_alert.value,
            begins_as_found: false,
            tells_first: self.config.global.lvs.init_notifies.value,
        })
    }

    fn real_server(
        &self,
        server: &VirtualServer,
        real: &RealServer,
        checks: &mut Vec<ServerCheck>,
    ) -> balance::RealServer {
        let name = named(real.ip, real.port);
        // Names of servers are unique: only its own checks can have the same.
        let own = checks.len();
        let follows = real.checks.iter().filter_map(|check| {
            let before = checks.get(own..).unwrap_or_default();
            let lowered = self.server_check(&format!("{} {name}", server.name), check, before)?;
            let follows = Follows {
                check: lowered.name.clone(),
                weight: self.weight(check).unwrap_or(Weight::Gate { reverse: false }),
                alpha: check.alpha.value,
            };
            checks.push(lowered);
            Some(follows)
        });
        let mut follows: Vec<Follows> = follows.collect();
        follows.shrink_to_fit();
        balance::RealServer {
            place: self.place_of(real.span),
            destination: Destination {
                upper_connections: real.uthreshold.value,
                lower_connections: real.lthreshold.value,
                ..Destination::new(
                    DestinationKey {
                        address: real.ip,
                        port: real.port,
                    },
                    forwarding(real.forwarding.value),
                    real.weight.value,
                )
            },
            inhibit: real.inhibit_on_failure.value,
            follows,
            notify_up: self.hook(real.notify_up.as_ref()),
            notify_down: self.hook(real.notify_down.as_ref()),
            mail: real.smtp_alert.value,
            name,
        }
    }

    fn sorry(&self, sorry: &SorryServer) -> Sorry {
        let key = DestinationKey {
            address: sorry.ip,
            port: sorry.port,
        };
        Sorry {
            name: named(sorry.ip, sorry.port),
            place: self.place_of(sorry.span),
            destination: Destination::new(key, forwarding(sorry.forwarding.value), 1),
            inhibit: sorry.inhibit.value,
        }
    }

    fn hook(&self, script: Option<&Sourced<NotifyScript>>) -> Option<Command> {
        let script = &script?.value;
        Some(self.command(script.argv.clone(), script.user.as_ref()))
    }

    fn sync(&self, sync: &Sourced<LvsSync>) -> Option<Sync> {
        let LvsSync {
            interface,
            instance,
            id,
            maxlen,
            port,
            ttl,
            group,
        } = &sync.value;
        let followed = instance
            .as_ref()
            .and_then(|name| self.config.instances.iter().find(|one| one.name == *name));
        // keepalived: the number of the instance, so that a pair has the same.
        let id = id
            .or_else(|| Some(followed?.virtual_router_id.value))
            .unwrap_or(0);
        Some(Sync {
            daemon: SyncDaemon {
                datagram_octets: maxlen.and_then(std::num::NonZeroU16::new),
                group: *group,
                port: port.and_then(std::num::NonZeroU16::new),
                ttl: ttl.and_then(std::num::NonZeroU8::new),
                ..SyncDaemon::new(SyncRole::Master, Name::new(interface).ok()?, id)
            },
            place: sync
                .span()
                .map_or_else(Place::default, |span| self.place_of(span)),
            instance: instance.clone(),
        })
    }
}

/// `192.0.2.10:80`, `192.0.2.10` where nobody says a port.
fn named(ip: std::net::IpAddr, port: u16) -> String {
    if port == 0 {
        return ip.to_string();
    }
    std::net::SocketAddr::new(ip, port).to_string()
}

fn forwarding(method: Forwarding) -> vrrp_ipvs::Forwarding {
    let sum = |checksum| match checksum {
        TunnelChecksum::Absent => Checksum::Absent,
        TunnelChecksum::Full => Checksum::Full,
        TunnelChecksum::Remote => Checksum::Remote,
    };
    vrrp_ipvs::Forwarding::Tunnel(match method {
        Forwarding::Nat => return vrrp_ipvs::Forwarding::Masquerade,
        Forwarding::Direct => return vrrp_ipvs::Forwarding::Direct,
        Forwarding::Ipip => Tunnel::Ipip,
        Forwarding::Gue { port, checksum } => Tunnel::Gue {
            port,
            checksum: sum(checksum),
        },
        Forwarding::Gre { checksum } => Tunnel::Gre {
            checksum: sum(checksum),
        },
    })
}
