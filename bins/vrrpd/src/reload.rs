//! SIGHUP, or a client that asks for it: the new file is understood as a whole before anything is touched.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use healthcheck::HookQueue;
use tracing::{error, info, warn};
use vrrp_control::EventKind;
use vrrp_core::{Health, TrackerId};
use vrrp_net::{RequestError, Service};
use vrrp_plan::{Difference, Kept, Plan, Tracked, difference};

use crate::arguments::Arguments;
use crate::journal::draft;
use crate::load::{self, Loaded};
use crate::node::{Node, lock};
use crate::notify::notice::Kind;
use crate::{checks, kernel, servers, start, start_delay, steer, tracks};

/// The first results of new checks are waited for, but not for ever: an unknown health would bar an instance that runs.
const FIRST_RESULTS_WITHIN: Duration = Duration::from_secs(10);

/// Why nothing is taken over during a stop.
const STOPPING: &str = "vrrpd is stopping";

/// Reads the file again, for the reason that the log has. Answers with the queues of instances that went, whose last scripts are still to run.
pub(crate) async fn reload(node: Arc<Node>, arguments: Arc<Arguments>, why: String) -> Vec<HookQueue> {
    info!("{why}: reading {} again", arguments.files());
    let (old, faults, traps) = {
        let state = lock(&node.state);
        (
            Arc::clone(&state.plan),
            Arc::clone(&state.faults),
            Arc::clone(&state.traps),
        )
    };
    let read = tokio::task::spawn_blocking({
        let old = Arc::clone(&old);
        move || load::again(&arguments, &old, &faults, &traps)
    });
    let outcome = match read.await {
        Ok(Ok(loaded)) => take(&node, &old, loaded).await,
        Ok(Err(refused)) => Err(refused),
        Err(panicked) => Err(format!("reading it failed: {panicked}")),
    };
    let (applied, message, incomplete, queues) = match outcome {
        Ok((message, incomplete, queues)) => {
            info!(event = "reload", code = "done", "reloaded: {message}");
            (true, message, incomplete, queues)
        }
        Err(message) => {
            error!(
                event = "reload",
                code = "refused",
                "not reloaded, nothing has changed: {message}"
            );
            (false, message, None, Vec::new())
        }
    };
    // It may be the last that is left of tens of thousands of real servers.
    drop(tokio::task::spawn_blocking(move || drop(old)));
    node.surplus.give_back_when_quiet();
    let code = if applied { "done" } else { "refused" };
    node.journal.note(draft(EventKind::Reload, code, message.clone()));
    lock(&node.state).last_reload = Some(vrrp_control::Reload {
        at_unix_ms: crate::node::unix_ms(SystemTime::now()),
        applied,
        message,
        incomplete,
    });
    queues
}

/// What has changed, what the kernel has not done of it, and scripts that are still to run.
type Taken = (String, Option<String>, Vec<HookQueue>);

async fn take(node: &Arc<Node>, old: &Plan, mut loaded: Loaded) -> Result<Taken, String> {
    let difference = difference(old, &loaded.plan);
    // What is told to be kept is told until it is no longer so.
    loaded.plan = loaded.plan.taken_over(old);
    lock(&node.pushes).meet(std::mem::take(&mut loaded.speakers));
    let fresh = difference.checks_added.iter().chain(&difference.checks_changed);
    checks::begin_when_made(node, fresh.cloned().collect()).await;
    tracks::take(&node.tracks, &difference);
    let unknown = checks::first_results(&node.runner, &difference.checks_added, FIRST_RESULTS_WITHIN).await;
    if !unknown.is_empty() {
        warn!(
            "no result within {} s: {}; what runs goes on as if it were up until it has one",
            FIRST_RESULTS_WITHIN.as_secs(),
            unknown.join(", ")
        );
    }
    let mut ran = Vec::new();
    if !is_stopping(node) {
        ran = before_they_go(node, old, &difference).await;
    }
    if is_stopping(node) {
        undo(node, old, &difference).await;
        return Err(STOPPING.to_owned());
    }
    let steady = node.steer.steady.lock().await;
    let services = services(node, &loaded.plan, &difference, &unknown);
    // Before the addresses that a reload brings are announced.
    set_pace(node, &loaded.plan, &difference);
    let mut renaming = node.renames.begin(&difference.renamed);
    if difference.touches_services()
        && let Err(refused) = node
            .handle
            .apply_all(services.clone(), loaded.plan.statics.clone())
            .await
    {
        set_pace(node, old, &difference);
        undo(node, old, &difference).await;
        if matches!(refused, RequestError::Stopping) {
            return Err(STOPPING.to_owned());
        }
        tell_ran_for_nothing(&ran);
        return Err(refused.to_string());
    }
    tell_kept(&difference);
    if let Some(names) = renaming.heard().await {
        lock(&node.notifier).rename(&names);
        lock(&node.steer.said).rename(&names);
    }
    checks::end(node, &difference.checks_removed);
    tracks::end(&node.tracks, &difference);
    let mut message = describe(&difference) + &told_left_out(loaded.left_out);
    lock(&node.state).applied = services;
    let queues = node.take(loaded);
    let mut incomplete = None;
    if !difference.virtual_servers.is_empty() || difference.balancing || node.servers.owes() {
        incomplete = servers::take(node).await;
        message.extend(incomplete.iter().map(|why| format!("; but {why}")));
    }
    drop(renaming);
    drop(steady);
    steer::hold_to_what_was_said(node).await;
    let plan = node.plan();
    if difference.touches_services() {
        kernel::warn_of_settings(&plan);
    }
    tell_again(node, &plan, &difference);
    Ok((message, incomplete, queues))
}

/// What was found between the reading of the healths and now, and for trackers that follow another check now.
fn tell_again(node: &Node, plan: &Plan, difference: &Difference) {
    let again = difference
        .changed
        .iter()
        .chain(&difference.added)
        .chain(&difference.follow_others);
    for name in again {
        if let Some(instance) = plan.instances.iter().find(|instance| instance.name == *name) {
            node.tell_healths_of(instance);
            start::warn_of_absence(instance);
        }
    }
}

fn is_stopping(node: &Node) -> bool {
    lock(&node.state).stopping
}

/// `notify_before_stop` of instances that the reload takes away, and of groups all of whose members go. The answer: whose
/// has run.
async fn before_they_go(node: &Node, old: &Plan, difference: &Difference) -> Vec<String> {
    let goes = |name: &str| difference.removed.iter().any(|removed| removed == name);
    let before = lock(&node.notifier).before_stop(|kind, name| match kind {
        Kind::Instance => goes(name),
        Kind::Group => {
            let all = old.instances.iter();
            let mut members = all.filter(|one| one.service.group.as_deref() == Some(name));
            members.all(|member| goes(&member.name))
        }
    });
    if !before.names.is_empty() {
        info!(
            "notify_before_stop of {} runs before the reload takes them away",
            before.names.join(", ")
        );
        before.over.await;
    }
    before.names
}

/// What they were made ready for does not happen.
fn tell_ran_for_nothing(names: &[String]) {
    if !names.is_empty() {
        warn!(
            "notify_before_stop of {} has run, but the reload was refused: they stay as they are, notify_stop does not run; undo what the script has done",
            names.join(", ")
        );
    }
}

/// What a reload does not take over.
fn tell_kept(difference: &Difference) {
    for Kept { word, place } in &difference.needs_restart {
        match place {
            Some(place) => {
                warn!(
                    "{place}: {word} has changed; a running vrrpd keeps the old value until it is started anew"
                );
            }
            None => warn!(
                "{word} is no longer in the file; a running vrrpd keeps the old value until it is started anew"
            ),
        }
    }
}

fn set_pace(node: &Node, plan: &Plan, difference: &Difference) {
    let paced = ["vrrp_garp_interval", "vrrp_gna_interval", "garp_group"];
    if difference.node.iter().any(|word| paced.contains(word)) {
        let vrrp_plan::Node {
            arp_gap,
            neighbor_gap,
            paces,
            ..
        } = &plan.node;
        // Gone: the loop of the daemon learns it from the thread's end.
        let _ = node.handle.set_pace(*arp_gap, *neighbor_gap, paces.clone());
    }
}

/// The services of the new plan: word for word what the driver has where an instance did not change, and with what is
/// known of its checks where it did, so that nobody is barred by ignorance.
fn services(node: &Node, plan: &Plan, difference: &Difference, unknown: &[String]) -> Vec<Service> {
    let applied = lock(&node.state).applied.clone();
    let one = |instance: &vrrp_plan::Instance| {
        let touched =
            difference.changed.contains(&instance.name) || difference.added.contains(&instance.name);
        let old_name = difference.old_name(&instance.name);
        let before = applied.iter().find(|service| service.name == old_name);
        let runs = before.is_some();
        let before = before.filter(|_| !touched).map(|service| Service {
            name: instance.name.clone(),
            ..service.clone()
        });
        let mut service = before.unwrap_or_else(|| {
            let mut service = instance.service.clone();
            let (up, since_boot) = (node.began.0.elapsed(), start_delay::since_boot());
            start_delay::hold_back(&mut service, &plan.node, up, since_boot);
            for (id, tracker) in (0_u16..).zip(&mut service.settings.trackers) {
                let object = instance.tracked(TrackerId(id));
                match object.and_then(|object| node.health(object)) {
                    None => {}
                    Some(Health::Unknown) => {
                        let late = matches!(object, Some(Tracked::Check(name)) if unknown.contains(name));
                        if runs && late {
                            tracker.initial = Health::Up;
                        }
                    }
                    Some(known) => tracker.initial = known,
                }
            }
            service
        });
        service.settings.priority = instance.service.settings.priority;
        let said = lock(&node.steer.said);
        said.dress(old_name, &mut service);
        if !runs {
            said.hold_back(&mut service);
        }
        drop(said);
        service
    };
    plan.instances.iter().map(one).collect()
}

async fn undo(node: &Node, old: &Plan, difference: &Difference) {
    let added: Vec<String> = difference
        .checks_added
        .iter()
        .map(|check| check.name.clone())
        .collect();
    checks::end(node, &added);
    let changed =
        |check: &&vrrp_plan::Check| difference.checks_changed.iter().any(|new| new.name == check.name);
    checks::begin_when_made(node, old.checks.iter().filter(changed).cloned().collect()).await;
    tracks::undo(&node.tracks, old, difference);
}

fn describe(difference: &Difference) -> String {
    if difference.is_empty() {
        return "the file says the same as before".to_owned();
    }
    let checks = |list: &[vrrp_plan::Check]| list.iter().map(|check| check.name.clone()).collect::<Vec<_>>();
    let files = difference.files_added.iter().map(|file| file.name.clone());
    let processes = difference.processes_added.iter();
    let processes = processes.map(|process| process.name.clone());
    let kept = difference.needs_restart.iter();
    let kept = kept.map(|kept| {
        let place = kept.place.as_ref();
        place.map_or_else(
            || kept.word.to_owned(),
            |place| format!("{} ({place})", kept.word),
        )
    });
    let kept: Vec<String> = kept.collect();
    let renamed = difference.renamed.iter();
    let renamed = renamed.map(|(before, after)| format!("{before} to {after}"));
    let servers = &difference.virtual_servers;
    let parts = [
        ("renamed", renamed.collect()),
        ("new", difference.added.clone()),
        ("changed", difference.changed.clone()),
        ("gone", difference.removed.clone()),
        ("other notify scripts or mail", difference.hooks.clone()),
        ("sync groups", difference.groups.clone()),
        ("other checks tracked", difference.follow_others.clone()),
        ("checks new", checks(&difference.checks_added)),
        ("checks changed", checks(&difference.checks_changed)),
        ("checks gone", difference.checks_removed.clone()),
        (
            "settings",
            difference.node.iter().map(ToString::to_string).collect(),
        ),
        ("files new or changed", files.collect()),
        ("files gone", difference.files_removed.clone()),
        ("processes new or changed", processes.collect()),
        ("processes gone", difference.processes_removed.clone()),
        ("webhooks", difference.webhooks.clone()),
        ("virtual servers new", some(&servers.new)),
        ("virtual servers changed", some(&servers.changed)),
        ("virtual servers gone", some(&servers.gone)),
        ("as before until a new start", kept),
    ];
    let statics = difference.statics.then(|| "static entries changed".to_owned());
    let mail = difference.mail.then(|| "mail changed".to_owned());
    let balancing = difference.balancing;
    let balancing = balancing.then(|| "checks or settings of virtual servers changed".to_owned());
    let said = parts.into_iter().filter(|(_, names)| !names.is_empty());
    said.map(|(what, names)| format!("{what}: {}", names.join(", ")))
        .chain(statics)
        .chain(mail)
        .chain(balancing)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Of what is left out nothing is compared.
fn told_left_out(count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    let word = servers::ALLOW;
    format!("; virtual servers of the file that are left out, as --allow-missing {word} allows: {count}")
}

/// Of many the first, and how many more.
fn some(names: &[String]) -> Vec<String> {
    const SHOWN_MAX: usize = 10;
    let mut some: Vec<String> = names.iter().take(SHOWN_MAX).cloned().collect();
    let more = names.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        some.push(format!("and {more} more"));
    }
    some
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_says_which_virtual_servers_come_go_and_change() {
        let names = |range: std::ops::Range<u32>| range.map(|n| format!("TCP 192.0.2.{n}:80")).collect();
        let mut difference = Difference::default();
        difference.virtual_servers.new = names(1..2);
        difference.virtual_servers.changed = names(2..4);
        difference.virtual_servers.gone = names(10..30);
        assert_eq!(told_left_out(0), "");
        assert!(told_left_out(3).ends_with("--allow-missing lvs allows: 3"));
        let said = describe(&difference);
        assert!(
            said.starts_with(
                "virtual servers new: TCP 192.0.2.1:80; virtual servers changed: TCP 192.0.2.2:80, TCP 192.0.2.3:80; \
                 virtual servers gone: TCP 192.0.2.10:80, "
            ),
            "{said}"
        );
        assert!(said.ends_with("TCP 192.0.2.19:80, and 10 more"), "{said}");
    }
}
