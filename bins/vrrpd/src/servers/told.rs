//! What the director tells, told on: log, journal, scripts, named pipes, mail and webhooks.

use std::time::SystemTime;

use healthcheck::Because;
use tracing::{error, info, warn};
use vrrp_control::EventKind;
use vrrp_director::{Event, KernelEvent, When};
use vrrp_notices::{Kind, News, State};
use vrrp_plan::Plan;
use vrrp_plan::balance::{RealServer, VirtualServer};

use super::scripts::{Runs, Word};
use crate::journal::{Journal, draft};
use crate::notices::server_name;
use crate::notify::Notifier;

/// Whoever is told.
pub(super) struct Ears<'a> {
    pub(super) plan: &'a Plan,
    pub(super) journal: &'a Journal,
    pub(super) notifier: &'a mut Notifier,
    pub(super) runs: &'a mut Runs,
}

/// One event. `found`: what the check of that name has found last, in words.
pub(super) fn tell(event: &Event, ears: &mut Ears<'_>, found: impl Fn(&str) -> Option<String>) {
    match event {
        Event::Server {
            virtual_server,
            server,
            up,
            because,
            when,
        } => {
            if let Some((of, server)) = find(ears.plan, virtual_server, server) {
                ears.server(of, server, (*up, *when), because, found);
            }
        }
        Event::Quorum {
            virtual_server,
            gained,
            living_weight,
            when,
        } => {
            if let Some(of) = of_name(ears.plan, virtual_server) {
                ears.quorum(of, *gained, *living_weight, *when);
            }
        }
        Event::NoneFound { virtual_server } => {
            if let Some(of) = of_name(ears.plan, virtual_server) {
                ears.runs.nobody_serves(of);
            }
        }
        Event::Sorry {
            virtual_server,
            server,
            serves,
        } => {
            if let Some(of) = of_name(ears.plan, virtual_server) {
                ears.sorry(of, server, *serves);
            }
        }
        Event::Weight {
            virtual_server,
            server,
            weight,
        } => ears.note(
            EventKind::RealServer,
            "weight",
            format!("{server} of {virtual_server}"),
            &format!("weight {weight} from now on"),
        ),
        Event::CheckFailed { check, reason } => info!("{check}: failed: {reason}"),
        Event::Found { services } => ears.found(*services),
        Event::Lack { check, reason } => ears.lack(check, reason),
        Event::LackOver => ears.lack_over(),
        Event::Kernel(event) => ears.kernel(event),
        _ => {}
    }
}

fn of_name<'a>(plan: &'a Plan, name: &str) -> Option<&'a VirtualServer> {
    plan.balance.server(name)
}

fn find<'a>(plan: &'a Plan, name: &str, server: &str) -> Option<(&'a VirtualServer, &'a RealServer)> {
    let of = of_name(plan, name)?;
    Some((of, of.servers.iter().find(|one| one.name == server)?))
}

/// The words of keepalived's pipes and mails.
const fn up_or_down(up: bool) -> (&'static str, State) {
    if up {
        ("UP", State::Up)
    } else {
        ("DOWN", State::Down)
    }
}

impl Ears<'_> {
    fn note(&self, kind: EventKind, code: &str, object: String, text: &str) {
        self.journal.note(vrrp_control::Event {
            object: Some(object),
            ..draft(kind, code, text)
        });
    }

    fn server(
        &mut self,
        of: &VirtualServer,
        server: &RealServer,
        (up, when): (bool, When),
        because: &Because,
        found: impl Fn(&str) -> Option<String>,
    ) {
        let why = match because {
            Because::Failed(check) => found(check).unwrap_or_else(|| because.to_string()),
            _ if when == When::Stop => "vrrpd is stopping".to_owned(),
            _ => because.to_string(),
        };
        let code = if up { "up" } else { "down" };
        let (name, service) = (&server.name, &of.name);
        let text = format!("{name} of {service} is {code}: {why}");
        let asked = matches!(because, Because::Drained | Because::PlacedIn | Because::PlacedOut);
        if up || asked || when == When::Stop {
            info!(event = "real-server", code, "{text}");
        } else {
            warn!(event = "real-server", code, "{text}");
        }
        self.note(
            EventKind::RealServer,
            code,
            format!("{name} of {service}"),
            &format!("{code}: {why}"),
        );
        let (word, state) = up_or_down(up);
        let line = format!(
            "RS {} {} {word}",
            server.keepalived_name(of),
            of.keepalived_name()
        );
        let reason = match because {
            Because::Failed(_) => format!("CHECK failed on service : {why}"),
            Because::Well | Because::Degraded(_) if up => "CHECK succeeded on service".to_owned(),
            _ => why.clone(),
        };
        let news = news(Kind::RealServer, server_name(of, server), state, reason);
        // Nobody gets a mail for each server that is as it is to be when the program begins.
        self.notifier
            .server(&line, (when != When::Start).then_some(&news));
        let word = if up { Word::NotifyUp } else { Word::NotifyDown };
        self.runs.run(&(of.name.clone(), Some(name.clone())), word);
    }

    fn quorum(&mut self, of: &VirtualServer, gained: bool, living: u64, when: When) {
        let (quorum, hysteresis) = (of.quorum, of.hysteresis);
        let reason = match (gained, when) {
            (true, When::Start) => {
                let needed = u64::from(quorum) + u64::from(hysteresis);
                format!("Starting with quorum up {quorum}+{hysteresis}={needed} <= {living}")
            }
            (true, _) => {
                let needed = u64::from(quorum) + u64::from(hysteresis);
                format!("Gained quorum {quorum}+{hysteresis}={needed} <= {living}")
            }
            (false, _) => {
                let needed = quorum.saturating_sub(hysteresis);
                format!("Lost quorum {quorum}-{hysteresis}={needed} > {living}")
            }
        };
        let name = &of.name;
        let code = if gained { "quorum-gained" } else { "quorum-lost" };
        let many = if gained { "enough" } else { "too few" };
        let text = format!("{many} of its servers live (weight {living}, {quorum} needed)");
        if gained || when == When::Stop {
            info!(event = "virtual-server", code, "{name}: {text}");
        } else {
            warn!(event = "virtual-server", code, "{name}: {text}");
        }
        self.note(EventKind::VirtualServer, code, name.clone(), &text);
        let (word, state) = up_or_down(gained);
        let called = of.keepalived_name();
        let news = news(Kind::VirtualServer, called.clone(), state, reason);
        self.notifier.server(&format!("VS {called} {word}"), Some(&news));
        let word = if gained { Word::QuorumUp } else { Word::QuorumDown };
        self.runs.run(&(name.clone(), None), word);
        match (gained, when) {
            _ if of.sorry.is_some() => {}
            (true, _) => self.runs.somebody_serves(of),
            (false, When::Start | When::Running) => self.runs.nobody_serves(of),
            (false, When::Stop) => {}
        }
    }

    fn sorry(&mut self, of: &VirtualServer, server: &str, serves: bool) {
        let (code, text) = if serves {
            ("sorry-in", format!("{server} serves instead of the real servers"))
        } else {
            (
                "sorry-out",
                format!("{server} serves no longer: the real servers do"),
            )
        };
        warn!(event = "virtual-server", code, "{}: {text}", of.name);
        self.note(EventKind::VirtualServer, code, of.name.clone(), &text);
        if serves {
            self.runs.nobody_serves(of);
        } else if of.sorry.is_some() || of.fallback_command.is_none() {
            // One that a reload takes away leaves nobody; else a quorum is told.
            self.runs.somebody_serves(of);
        }
    }

    fn found(&self, services: usize) {
        let text = format!(
            "{services} of the services of the file were in the kernel's table already, and are taken over as they are: of a vrrpd that \
             was killed, or of another program (keepalived, ldirectord), which must not run beside this one"
        );
        info!(event = "balancing", code = "found", "{text}");
        self.journal.note(draft(EventKind::Balancing, "found", text));
    }

    fn lack(&self, check: &str, reason: &str) {
        let text = format!(
            "this machine lacks what checks need to look: {check}: {reason}. That is no verdict on a server: who serves stays as it is, \
             and it is tried again. See to open files (LimitNOFILE), memory, processes, free ports and the address of bindto here"
        );
        error!(event = "balancing", code = "lack", "{text}");
        self.journal.note(draft(EventKind::Balancing, "lack", text));
    }

    fn lack_over(&self) {
        let text = "all checks of real servers can look again";
        info!(event = "balancing", code = "lack-over", "{text}");
        self.journal.note(draft(EventKind::Balancing, "lack-over", text));
    }

    fn kernel(&self, event: &KernelEvent) {
        let (code, text) = match event {
            KernelEvent::Refused { asked, reason } => {
                let text = format!(
                    "the kernel's table of virtual servers is not as it is to be: {asked}: {reason}; it is asked again"
                );
                error!(event = "balancing", code = "refused", "{text}");
                ("refused", text)
            }
            KernelEvent::Recovered => {
                let text = "the kernel's table of virtual servers is as it is to be again".to_owned();
                info!(event = "balancing", code = "recovered", "{text}");
                ("recovered", text)
            }
            KernelEvent::ForeignHand { repairs, count } => {
                let more = count.saturating_sub(repairs.len());
                let more = if more > 0 {
                    format!(", and {more} more")
                } else {
                    String::new()
                };
                let text = format!(
                    "somebody else has changed the kernel's table of virtual servers; it is put right: {}{more}",
                    repairs.join(", ")
                );
                warn!(event = "balancing", code = "repaired", "{text}");
                ("repaired", text)
            }
            KernelEvent::Sync { role, runs } => {
                let role = match role {
                    vrrp_ipvs::SyncRole::Master => "master",
                    vrrp_ipvs::SyncRole::Backup => "backup",
                };
                let what = if *runs { "runs" } else { "runs no longer" };
                let text = format!("the kernel's synchronisation of connections as {role} {what}");
                info!(event = "balancing", code = "sync", "{text}");
                ("sync", text)
            }
            _ => return,
        };
        self.journal.note(draft(EventKind::Balancing, code, text));
    }
}

fn news(kind: Kind, name: String, state: State, reason: String) -> News {
    News {
        kind,
        name,
        state,
        priority: None,
        reason: Some(reason),
        at: SystemTime::now(),
    }
}

#[cfg(test)]
mod tests {
    use healthcheck::HookLimits;
    use vrrp_control::Since;

    use super::*;

    fn plan() -> Plan {
        let text = "global_defs {\nrouter_id lb1\n}\nvirtual_server 192.0.2.1 80 {\nlb_algo rr\nlb_kind DR\nprotocol TCP\n\
                    quorum 2\nhysteresis 1\nreal_server 192.0.2.10 80 {\n}\nreal_server 192.0.2.11 80 {\n}\n}\n";
        let files = keepalived_conf::MemoryFiles::new([("k.conf", text)]);
        let parsed = keepalived_conf::parse(&files, "k.conf");
        let nothing = std::iter::empty::<&str>().collect();
        let host = vrrp_plan::Host::default();
        vrrp_plan::lower(&parsed.config, &parsed.sources, &nothing, &host).plan
    }

    /// Kind, code, object and text of what the journal has of it.
    fn noted(event: &Event) -> (EventKind, String, Option<String>, String) {
        let (plan, journal) = (plan(), Journal::new(None));
        let mut ears = Ears {
            plan: &plan,
            journal: &journal,
            notifier: &mut Notifier::new(HookLimits::default()),
            runs: &mut Runs::new(HookLimits::default()),
        };
        tell(event, &mut ears, |_| Some("connection refused".to_owned()));
        let mut events = journal.since(&Since::default()).events;
        let event = events.remove(0);
        (event.kind, event.code, event.object, event.text)
    }

    #[test]
    fn a_server_that_goes_is_told_with_what_its_check_has_found() {
        let event = |because, up| Event::Server {
            virtual_server: "TCP 192.0.2.1:80".into(),
            server: "192.0.2.10:80".into(),
            up,
            because,
            when: When::Running,
        };
        let object = Some("192.0.2.10:80 of TCP 192.0.2.1:80".to_owned());
        let down = "down: connection refused".to_owned();
        assert_eq!(
            noted(&event(Because::Failed("x".into()), false)),
            (EventKind::RealServer, "down".to_owned(), object.clone(), down)
        );
        let drained = "down: an operator has drained it".to_owned();
        assert_eq!(
            noted(&event(Because::Drained, false)),
            (EventKind::RealServer, "down".to_owned(), object.clone(), drained)
        );
        let up = "up: its checks pass".to_owned();
        assert_eq!(
            noted(&event(Because::Well, true)),
            (EventKind::RealServer, "up".to_owned(), object, up)
        );
    }

    #[test]
    fn a_quorum_is_told_with_its_numbers() {
        let event = Event::Quorum {
            virtual_server: "TCP 192.0.2.1:80".into(),
            gained: false,
            living_weight: 0,
            when: When::Running,
        };
        let text = "too few of its servers live (weight 0, 2 needed)".to_owned();
        assert_eq!(
            noted(&event),
            (
                EventKind::VirtualServer,
                "quorum-lost".to_owned(),
                Some("TCP 192.0.2.1:80".to_owned()),
                text
            )
        );
    }

    #[test]
    fn what_is_told_of_the_machine_is_of_no_server() {
        let lack = Event::Lack {
            check: "c".into(),
            reason: "Too many open files".to_owned(),
        };
        let (kind, code, _, text) = noted(&lack);
        assert_eq!((kind, code.as_str()), (EventKind::Balancing, "lack"));
        assert!(
            text.contains("c: Too many open files. That is no verdict"),
            "{text}"
        );
        let (kind, code, _, text) = noted(&Event::Found { services: 3 });
        assert_eq!((kind, code.as_str()), (EventKind::Balancing, "found"));
        assert!(text.starts_with("3 of the services"), "{text}");
        let (kind, code, ..) = noted(&Event::LackOver);
        assert_eq!((kind, code.as_str()), (EventKind::Balancing, "lack-over"));
    }

    /// What a fallback command says of these, where there is a fallback and where there is none.
    async fn run_by(events: &[Event], has_fallback: bool) -> Vec<String> {
        let (mut plan, journal) = (plan(), Journal::new(None));
        let one = std::sync::Arc::make_mut(&mut plan.balance.servers[0]);
        one.fallback_command = Some(vrrp_plan::Command {
            words: vec!["/bin/echo".to_owned()],
            user: None,
            secure: false,
        });
        let to: std::net::SocketAddr = "127.0.0.1:80".parse().unwrap();
        one.sorry = has_fallback.then(|| vrrp_plan::balance::Sorry {
            name: to.to_string(),
            place: vrrp_plan::balance::Place::default(),
            destination: vrrp_ipvs::Destination::new(to.into(), vrrp_ipvs::Forwarding::Masquerade, 1),
            inhibit: false,
        });
        let mut runs = Runs::new(HookLimits::default());
        runs.take(super::super::ready(&plan, &mut Vec::new()));
        let mut ears = Ears {
            plan: &plan,
            journal: &journal,
            notifier: &mut Notifier::new(HookLimits::default()),
            runs: &mut runs,
        };
        for event in events {
            tell(event, &mut ears, |_| None);
        }
        let mut queues = runs.finish();
        let queue = queues.remove(0);
        queue.drain(std::time::Duration::from_secs(20)).await;
        queue.results().into_iter().map(|run| run.output).collect()
    }

    /// ldirectord's command: from the first moment on, and whatever becomes of a fallback or of the command at a reload.
    #[tokio::test]
    async fn a_fallback_command_runs_when_nobody_serves_and_when_somebody_does_again() {
        let of = || "TCP 192.0.2.1:80".into();
        let quorum = |gained| Event::Quorum {
            virtual_server: of(),
            gained,
            living_weight: 0,
            when: When::Running,
        };
        let sorry = |serves| Event::Sorry {
            virtual_server: of(),
            server: "127.0.0.1:80".into(),
            serves,
        };
        let none_found = || Event::NoneFound { virtual_server: of() };
        let (start, stop) = ("start 192.0.2.1:80 tcp\n", "stop 192.0.2.1:80 tcp\n");
        let alone = [
            quorum(true),
            none_found(),
            sorry(false),
            none_found(),
            quorum(true),
            quorum(true),
            quorum(false),
        ];
        assert_eq!(run_by(&alone, false).await, [start, stop, start]);
        // The command is new, the fallback has served for long.
        let beside = [none_found(), quorum(true), sorry(false)];
        assert_eq!(run_by(&beside, true).await, [start, stop]);
    }

    #[test]
    fn what_the_kernel_refuses_is_told() {
        let event = Event::Kernel(KernelEvent::Refused {
            asked: "add service TCP 192.0.2.1:80".to_owned(),
            reason: "no such scheduler".to_owned(),
        });
        let (kind, code, _, text) = noted(&event);
        assert_eq!((kind, code.as_str()), (EventKind::Balancing, "refused"));
        assert!(
            text.contains("add service TCP 192.0.2.1:80: no such scheduler"),
            "{text}"
        );
    }
}
