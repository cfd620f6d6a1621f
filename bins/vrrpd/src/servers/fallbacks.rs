//! ldirectord's `fallbackcommand`: whom it was told `start`, and so has to be told `stop`.

use std::collections::BTreeMap;

use healthcheck::Command;
use vrrp_ipvs::{Protocol, ServiceKey};
use vrrp_plan::balance::VirtualServer;

/// The command, and the words for each service.
#[derive(Debug)]
struct Started {
    command: Command,
    services: Vec<[String; 2]>,
}

impl Started {
    fn told<'a>(&'a self, word: &'static str) -> impl Iterator<Item = Command> + use<'a> {
        let services = self.services.iter();
        services.map(move |[at, protocol]| self.command.clone().arg(word).arg(at).arg(protocol))
    }
}

/// By the names of virtual servers. Two starts in a row are one, and nothing stops that was not started.
#[derive(Debug, Default)]
pub(super) struct Fallbacks {
    started: BTreeMap<String, Started>,
    /// Since somebody has asked.
    are_other: bool,
}

impl Fallbacks {
    pub(super) fn names(&self) -> Vec<String> {
        self.started.keys().cloned().collect()
    }

    /// Whether other ones have been started since this was asked last.
    pub(super) fn are_other(&mut self) -> bool {
        std::mem::take(&mut self.are_other)
    }

    /// No real server serves. The answer: what is to be run.
    pub(super) fn start(&mut self, of: &VirtualServer, command: Option<&Command>) -> Vec<Command> {
        let Some(command) = command.filter(|_| !self.started.contains_key(&of.name)) else {
            return Vec::new();
        };
        let started = Started {
            command: command.clone(),
            services: of.services.iter().map(|service| words(&service.key)).collect(),
        };
        let run = started.told("start").collect();
        self.started.insert(of.name.clone(), started);
        self.are_other = true;
        run
    }

    /// One serves again.
    pub(super) fn stop(&mut self, name: &str) -> Vec<Command> {
        let started = self.started.remove(name);
        self.are_other |= started.is_some();
        started.map_or_else(Vec::new, |started| started.told("stop").collect())
    }

    /// Other commands from now on: one that is no more, or another now, is told `stop` as it was; another one `start`. The answer: what
    /// is to be run, and for whom.
    pub(super) fn take<'a>(
        &mut self,
        command: impl Fn(&str) -> Option<&'a Command>,
    ) -> Vec<(String, Vec<Command>)> {
        let mut run = Vec::new();
        let names: Vec<String> = self.started.keys().cloned().collect();
        for name in names {
            let new = command(&name);
            let Some(started) = self
                .started
                .get_mut(&name)
                .filter(|one| Some(&one.command) != new)
            else {
                continue;
            };
            let mut told: Vec<Command> = started.told("stop").collect();
            match new {
                Some(new) => {
                    started.command = new.clone();
                    told.extend(started.told("start"));
                }
                None => {
                    self.started.remove(&name);
                    self.are_other = true;
                }
            }
            run.push((name, told));
        }
        run
    }
}

/// As ldirectord gives them to its command.
fn words(key: &ServiceKey) -> [String; 2] {
    let (at, protocol) = match key {
        ServiceKey::Address {
            protocol,
            address,
            port,
        } => {
            let at = std::net::SocketAddr::new(*address, *port).to_string();
            let protocol = match protocol {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
                Protocol::Sctp => "sctp",
            };
            (at, protocol)
        }
        ServiceKey::Mark { mark, .. } => (mark.to_string(), "fwm"),
    };
    [at, protocol.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "TCP 192.0.2.1:80";

    fn virtual_server() -> VirtualServer {
        let text = "virtual_server 192.0.2.1 80 {\nlb_algo rr\nlb_kind DR\nprotocol TCP\nreal_server 192.0.2.10 80 {\n}\n}\n";
        let files = keepalived_conf::MemoryFiles::new([("k.conf", text)]);
        let parsed = keepalived_conf::parse(&files, "k.conf");
        let nothing = std::iter::empty::<&str>().collect();
        let host = vrrp_plan::Host::default();
        let lowered = vrrp_plan::lower(&parsed.config, &parsed.sources, &nothing, &host);
        VirtualServer::clone(&lowered.plan.balance.servers[0])
    }

    fn shown(run: Vec<Command>) -> Vec<String> {
        run.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_was_started_is_stopped_once_and_nothing_else() {
        let (of, tell) = (virtual_server(), Command::new(["/bin/tell"]));
        let mut fallbacks = Fallbacks::default();
        assert_eq!(shown(fallbacks.stop(NAME)), [""; 0]);
        let start = ["/bin/tell start 192.0.2.1:80 tcp"];
        assert!(!fallbacks.are_other());
        assert_eq!(shown(fallbacks.start(&of, Some(&tell))), start);
        assert!(fallbacks.are_other() && !fallbacks.are_other());
        assert_eq!(shown(fallbacks.start(&of, Some(&tell))), [""; 0]);
        assert!(!fallbacks.are_other());
        assert_eq!(shown(fallbacks.stop(NAME)), ["/bin/tell stop 192.0.2.1:80 tcp"]);
        assert!(fallbacks.are_other());
        assert_eq!(shown(fallbacks.stop(NAME)), [""; 0]);
        assert!(!fallbacks.are_other());
        assert_eq!(shown(fallbacks.start(&of, None)), [""; 0]);
        assert_eq!(shown(fallbacks.stop(NAME)), [""; 0], "none was started");
    }

    #[test]
    fn a_reload_stops_the_old_command_and_starts_the_new_one() {
        let (of, old, new) = (
            virtual_server(),
            Command::new(["/bin/old"]),
            Command::new(["/bin/new"]),
        );
        let mut fallbacks = Fallbacks::default();
        fallbacks.start(&of, Some(&old));
        assert!(fallbacks.take(|_| Some(&old)).is_empty());
        let mut run = fallbacks.take(|_| Some(&new));
        let (name, run) = run.remove(0);
        assert_eq!(name, NAME);
        assert_eq!(
            shown(run),
            [
                "/bin/old stop 192.0.2.1:80 tcp",
                "/bin/new start 192.0.2.1:80 tcp"
            ]
        );
        fallbacks.are_other();
        let mut run = fallbacks.take(|_| None);
        assert!(
            fallbacks.are_other(),
            "the next process must not stop it once more"
        );
        assert_eq!(shown(run.remove(0).1), ["/bin/new stop 192.0.2.1:80 tcp"]);
        assert!(fallbacks.take(|_| None).is_empty());
        assert_eq!(shown(fallbacks.stop(NAME)), [""; 0]);
    }
}
