//! `emailalert`: mail about the real servers of a virtual server, to recipients of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use vrrp_notices::{Kind, Targets, Wants};
use vrrp_plan::ldirectord::{Alert, Duties};
use vrrp_plan::{Mail, Plan};

use crate::notices::{mailer, server_name};

const SMTP: u16 = 25;
const TIMEOUT: Duration = Duration::from_secs(30);

/// Adds who is told by it. The answer: what cannot be carried out.
pub(super) fn add(duties: &Duties, plan: &Plan, place: &str, targets: &mut Targets) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut done: Vec<&Alert> = Vec::new();
    for alert in duties.alerts.values() {
        if done.contains(&alert) {
            continue;
        }
        done.push(alert);
        // The states of the daemon's own life are told by its log.
        if !alert.states.running {
            continue;
        }
        let alike = |name: &str| duties.alerts.get(name) == Some(alert);
        let servers = plan.balance.servers.iter().filter(|one| alike(&one.name));
        let names: BTreeSet<_> = servers
            .flat_map(|of| {
                of.servers
                    .iter()
                    .map(move |server| (Kind::RealServer, server_name(of, server)))
            })
            .collect();
        match mailer(&mail(alert, place), plan, &mut wrong) {
            Ok(courier) => {
                let wants = Wants {
                    only: Some(names),
                    faults: true,
                };
                targets.add(format!("emailalert {}", alert.to.join(" ")), courier, wants);
            }
            Err(why) => wrong.push(format!("{place}: emailalert: no mail is sent: {why}")),
        }
    }
    wrong
}

fn mail(alert: &Alert, place: &str) -> Mail {
    let server = alert.smtp.clone().unwrap_or_else(|| "127.0.0.1".to_owned());
    let host_name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Mail {
        place: place.to_owned(),
        to: alert.to.clone(),
        from: alert.from.clone(),
        server: (server, SMTP),
        timeout: TIMEOUT,
        helo: host_name.trim().to_owned(),
        faults: true,
        tls: keepalived_conf::MailTls::None,
        login: None,
    }
}
