//! Mail and webhooks: from the plan to who is told.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use healthcheck::NotifyState;
use vrrp_control::{Notice, NoticeTarget, Noticed};
use vrrp_notices::{
    Courier, Epochs, Kind, LaneStatus, News, Notices, Outcome, State, TargetStatus, Targets, Wants,
};
use vrrp_plan::balance::{RealServer, VirtualServer};
use vrrp_plan::{Mail, Plan, Webhook};

use crate::arguments::Arguments;
use crate::node::{ms, unix_ms};
use crate::notify::notice::{self, What};
use crate::privileges;

/// The name of the target that mail is.
const MAIL: &str = "mail";

/// Tells nobody yet. Who does has no capability: everything that needs one was read with the file (tokens, passwords).
pub(crate) fn new(arguments: &Arguments, plan: &Plan) -> Notices {
    Notices::new(Epochs::open(epochs_file(arguments, plan))).confined(privileges::give_up_all)
}

/// In the folder that systemd keeps for the daemon (`StateDirectory=`), else beside the control socket. Named after the
/// socket, of which there is one for each daemon.
fn epochs_file(arguments: &Arguments, plan: &Plan) -> Option<PathBuf> {
    let socket = (!arguments.no_control).then(|| arguments.control(plan));
    let named = |socket: Option<&PathBuf>| {
        let path = socket.map_or("vrrpd".to_owned(), |socket| socket.display().to_string());
        format!("{}.epoch", path.trim_matches('/').replace('/', "-"))
    };
    let folders = std::env::var_os("STATE_DIRECTORY").filter(|folders| !folders.is_empty());
    // Several folders are separated by colons.
    let first = folders.and_then(|folders| std::env::split_paths(&folders).next());
    match (first, socket) {
        (Some(folder), socket) => Some(folder.join(named(socket.as_ref()))),
        (None, Some(socket)) => {
            let mut path = socket.into_os_string();
            path.push(".epoch");
            Some(PathBuf::from(path))
        }
        (None, None) => None,
    }
}

/// What mail and webhooks tell of it: changes of state.
pub(crate) fn news(notice: &notice::Notice) -> Option<News> {
    let What::State(state) = notice.what else {
        return None;
    };
    Some(News {
        kind: match notice.kind {
            notice::Kind::Instance => Kind::Instance,
            notice::Kind::Group => Kind::Group,
        },
        name: notice.name.clone(),
        state: match state {
            NotifyState::Master => State::Master,
            NotifyState::Backup => State::Backup,
            NotifyState::Fault => State::Fault,
            NotifyState::Stop => State::Stop,
            NotifyState::Deleted => State::Deleted,
        },
        // A group's is 0 in keepalived's lines.
        priority: (notice.priority > 0).then_some(notice.priority),
        reason: None,
        at: notice.at,
    })
}

/// From now on these are told, of what the plan has.
pub(crate) fn aim(notices: &Notices, plan: &Plan, targets: Targets) {
    if let Err(error) = notices.aim(targets) {
        tracing::error!("no thread for mail and webhooks ({error}): nobody is told by them");
    }
    // Asked for only where something of a server waits: there may be tens of thousands.
    let servers = LazyCell::new(|| servers(plan, false));
    notices.keep(|kind, name| match kind {
        Kind::Instance => plan.instances.iter().any(|one| one.name == name),
        Kind::Group => plan.groups.iter().any(|one| one.name == name),
        Kind::VirtualServer | Kind::RealServer => servers.contains(&(kind, name.to_owned())),
    });
}

/// What mail and webhooks call virtual and real servers; with `mail` those of which mail is sent.
fn servers(plan: &Plan, mail: bool) -> BTreeSet<(Kind, String)> {
    let mut names = BTreeSet::new();
    for one in &plan.balance.servers {
        if one.mail || !mail {
            names.insert((Kind::VirtualServer, one.keepalived_name()));
        }
        let wanted = one.servers.iter().filter(|server| server.mail || !mail);
        names.extend(wanted.map(|server| (Kind::RealServer, server_name(one, server))));
    }
    names
}

/// As in keepalived's mails.
pub(crate) fn server_name(of: &VirtualServer, server: &RealServer) -> String {
    let name = server.keepalived_name(of);
    format!("{name} of virtual server {}", of.keepalived_name())
}

/// What of mail and webhooks cannot be carried out, each with its place.
pub(crate) fn wrong(plan: &Plan) -> Vec<String> {
    couriers(plan).1
}

/// Who is told, and what cannot be carried out, each with its place. May look up who this process is: beside every loop.
pub(crate) fn couriers(plan: &Plan) -> (Targets, Vec<String>) {
    let mut targets = Targets::default();
    let mut wrong = Vec::new();
    if let Some(mail) = &plan.mail {
        match mailer(mail, plan, &mut wrong) {
            Ok(courier) => targets.add(MAIL, courier, mail_wants(mail, plan)),
            Err(why) => wrong.push(format!("{}: no mail is sent: {why}", mail.place)),
        }
    }
    for hook in &plan.webhooks {
        match caller(hook, plan) {
            Ok(courier) => targets.add(format!("webhook {}", hook.name), courier, hook_wants(hook, plan)),
            Err(why) => wrong.push(format!(
                "{}: nobody is told by vrrp_webhook {}: {why}",
                hook.place, hook.name
            )),
        }
    }
    (targets, wrong)
}

fn mail_wants(mail: &Mail, plan: &Plan) -> Wants {
    let instances = plan.instances.iter().filter(|one| one.hooks.mail);
    let groups = plan.groups.iter().filter(|one| one.hooks.mail);
    let instances = instances.map(|one| (Kind::Instance, one.name.clone()));
    Wants {
        only: Some(
            instances
                .chain(groups.map(|one| (Kind::Group, one.name.clone())))
                .chain(servers(plan, true))
                .collect(),
        ),
        faults: mail.faults,
    }
}

fn hook_wants(hook: &Webhook, plan: &Plan) -> Wants {
    if hook.only.is_empty() {
        return Wants::all();
    }
    let wanted = |name: &String| hook.only.contains(name);
    let instances = plan
        .instances
        .iter()
        .map(|one| (Kind::Instance, one.name.clone()));
    let groups = plan.groups.iter().map(|one| (Kind::Group, one.name.clone()));
    let only: BTreeSet<_> = (instances.chain(groups))
        .filter(|(_, name)| wanted(name))
        .collect();
    Wants {
        only: Some(only),
        ..Wants::all()
    }
}

pub(crate) type Made = Result<std::sync::Arc<dyn Courier>, String>;

/// Whom nobody can write to costs only himself.
#[cfg(feature = "mail")]
pub(crate) fn mailer(mail: &Mail, plan: &Plan, wrong: &mut Vec<String>) -> Made {
    use keepalived_conf::MailTls as Asked;
    use vrrp_notices::{Login, MailTls};
    let from = mail.from.clone().unwrap_or_else(user);
    let (host, port) = &mail.server;
    let words = |error: vrrp_notices::MailError| error.to_string();
    let mut to = mail.to.clone();
    to.retain(|to| match vrrp_notices::Mail::check_address(to, &mail.helo) {
        Ok(()) => true,
        Err(error) => {
            let place = &mail.place;
            wrong.push(format!(
                "{place}: notification_email: {error}. No mail is sent there"
            ));
            false
        }
    });
    vrrp_notices::Mail::check_address(&from, &mail.helo)
        .map_err(|error| format!("notification_email_from: {error}"))?;
    if to.is_empty() && !mail.to.is_empty() {
        return Err("none of its recipients can be written to".to_owned());
    }
    let mut made = vrrp_notices::Mail::new(&from, &to, host, &mail.helo).map_err(words)?;
    made.router_id.clone_from(&plan.node.router_id);
    made.port = *port;
    made.limit = mail.timeout;
    made.tls = match mail.tls {
        Asked::None => MailTls::None,
        Asked::Optional => MailTls::Optional,
        Asked::Required => MailTls::Required,
        Asked::Wrapped => MailTls::Wrapped,
        Asked::Unknown => return Err("smtp_tls is none that is known".to_owned()),
    };
    made.login = mail.login.as_ref().map(|(user, password)| Login {
        user: user.clone(),
        password: password.reveal().clone(),
    });
    made.check().map_err(words)?;
    Ok(std::sync::Arc::new(made))
}

/// The daemon's own; its number where it has no name.
#[cfg(feature = "mail")]
fn user() -> String {
    let uid = nix::unistd::geteuid();
    let known = nix::unistd::User::from_uid(uid).ok().flatten();
    known.map_or_else(|| uid.to_string(), |user| user.name)
}

#[cfg(not(feature = "mail"))]
pub(crate) fn mailer(_mail: &Mail, _plan: &Plan, _wrong: &mut Vec<String>) -> Made {
    Err("mail needs a vrrpd that was built with its feature mail".to_owned())
}

#[cfg(feature = "webhook")]
fn caller(hook: &Webhook, plan: &Plan) -> Made {
    let words = |error: vrrp_notices::WebhookError| error.to_string();
    let made = vrrp_notices::Webhook::new(hook.url.reveal(), &plan.node.router_id).map_err(words)?;
    let mut made = match &hook.authorization {
        Some(secret) => made.authorized(secret.reveal()).map_err(words)?,
        None => made,
    };
    made.timeout = hook.timeout;
    made.patience = vrrp_notices::Webhook::patience_of(hook.retries);
    Ok(std::sync::Arc::new(made))
}

#[cfg(not(feature = "webhook"))]
fn caller(_hook: &Webhook, _plan: &Plan) -> Made {
    Err("it needs a vrrpd that was built with its feature webhook".to_owned())
}

/// What became of what was told of one instance or group.
pub(crate) fn status(notices: &Notices, kind: Kind, name: &str) -> Vec<Notice> {
    let one = |lane: LaneStatus| Notice {
        target: lane.target,
        to: lane.to,
        waiting: u64::try_from(lane.waiting).unwrap_or(u64::MAX),
        waiting_state: lane.first.map(|state| state.to_string()),
        trouble: lane.trouble,
        next_in_ms: lane.next_in.map(ms),
        results: lane.outcomes.into_iter().map(noticed).collect(),
    };
    notices.status(kind, name).into_iter().map(one).collect()
}

/// How each target fares.
pub(crate) fn targets(notices: &Notices) -> Vec<NoticeTarget> {
    let one = |target: TargetStatus| NoticeTarget {
        target: target.target,
        to: target.to,
        waiting: u64::try_from(target.waiting).unwrap_or(u64::MAX),
        arrived: target.totals.arrived,
        failed: target.totals.failed,
    };
    notices.targets().into_iter().map(one).collect()
}

fn noticed(outcome: Outcome) -> Noticed {
    Noticed {
        state: outcome.state.to_string(),
        at_unix_ms: unix_ms(outcome.at),
        epoch: outcome.epoch,
        end: outcome.end.to_string(),
        arrived: outcome.end == vrrp_notices::End::Arrived,
        ended_unix_ms: unix_ms(outcome.ended),
        took_ms: ms(outcome.took),
        tries: outcome.tries,
        answer: outcome.answer,
    }
}
