//! From a keepalived.conf to what its node is to do.

use std::collections::BTreeSet;

use keepalived_conf::{DiskFiles, Host, Severity};
use vrrp_core::{Health, Settings};
use vrrp_plan::{Allowed, Check, Instance, Tracked, lower};

use super::Node;

/// Reads one; what was found on the way goes to standard error. `None`: nothing of it can be simulated.
pub(super) fn read(name: &str, file: &str, allow_missing: &[String]) -> Result<Node, String> {
    // `@ID` lines are meant for the node of this name, as with `vrrpd --config-id`.
    let host = Host {
        config_id: Some(name.to_owned()),
        environment: Vec::new().into_iter().collect(),
    };
    let parsed = keepalived_conf::parse_for(&host, &DiskFiles, file);
    let mut left_out = Vec::new();
    for found in &parsed.diagnostics {
        let text = keepalived_conf::line(found, &parsed.sources);
        match found.severity {
            Severity::Fatal => return Err(text),
            // Told below, where the instance is left out for it.
            _ if found.code == "missing" => {}
            severity if severity < Severity::Note => left_out.push(text),
            _ => {}
        }
    }
    let allowed: Allowed = allow_missing.iter().map(String::as_str).collect();
    let lowered = lower(
        &parsed.config,
        &parsed.sources,
        &allowed,
        &vrrp_plan::Host::default(),
    );
    for missing in lowered.refused.iter().chain(&lowered.not_started) {
        let whose = if missing.name.is_empty() {
            "the daemon"
        } else {
            &missing.name
        };
        let hint = missing.allow_missing.as_ref().map_or_else(String::new, |word| {
            format!("; to simulate it without that: --allow-missing {word}")
        });
        left_out.push(format!(
            "{}: {whose} would not start: {}{hint}",
            missing.place, missing.reason
        ));
    }
    left_out.extend(lowered.allowed);
    if !lowered.refused.is_empty() || lowered.plan.instances.is_empty() {
        return Err(format!(
            "{file}: no vrrp_instance of it can be simulated\n  {}",
            left_out.join("\n  ")
        ));
    }
    let mut node = Node {
        name: name.to_owned(),
        file: file.to_owned(),
        instances: lowered.plan.instances,
        checks: lowered.plan.checks,
        left_out,
    };
    node.left_out.extend(beyond(&node.instances));
    for group in lowered
        .plan
        .groups
        .iter()
        .filter(|group| group.hooks.named().next().is_some())
    {
        let what = format!(
            "{}: {}: not simulated: notify: no script is run",
            group.place, group.name
        );
        node.left_out.push(what);
    }
    Ok(node)
}

/// What the configuration asks for and no simulated node has.
fn beyond(instances: &[Instance]) -> BTreeSet<String> {
    let mut beyond = BTreeSet::new();
    for instance in instances {
        let mut tell = |what: &str| {
            beyond.insert(format!(
                "{}: {}: not simulated: {what}",
                instance.place, instance.name
            ));
        };
        let service = &instance.service;
        if service.virtual_mac.is_some() {
            tell("use_vmac; clients learn the address by announcements, as without");
        }
        if service.accept_mode().drops() {
            tell("no_accept; the client is answered, where a real node would only forward");
        }
        if service.router_advertisements.is_some() {
            tell("Router Advertisements; hosts keep their router");
        }
        if service.settings.auth_hmac.is_some() {
            tell("auth_hmac; advertisements are believed as if every node had the same keys");
        }
        for tracked in &instance.tracked {
            match tracked {
                Tracked::File(name) => tell(&format!("track_file {name}; its number is 0 all the time")),
                Tracked::Process(name) => tell(&format!("track_process {name}; it runs all the time")),
                Tracked::Check(_) | Tracked::Interface(_) | Tracked::Statics(_) => {}
            }
        }
        let hooks: Vec<&str> = instance.hooks.named().map(|(word, _)| word).collect();
        if !hooks.is_empty() {
            tell(&format!("{}: no script is run", hooks.join(", ")));
        }
        let elsewhere: BTreeSet<&str> = (service.addresses.iter())
            .filter_map(|held| held.device.as_deref())
            .filter(|device| Some(*device) != service.interface.as_deref())
            .collect();
        for device in elsewhere {
            tell(&format!(
                "addresses on {device}; their client is asked on the instance's own network"
            ));
        }
    }
    beyond
}

/// The settings of an instance as the simulated core gets them. Checks, links and processes are well all the time but for
/// what the story says, and the number of every file is 0.
pub(super) fn settings(instance: &Instance) -> Settings {
    let mut settings = instance.service.settings.clone();
    settings.auth_hmac = None;
    for (tracker, tracked) in settings.trackers.iter_mut().zip(&instance.tracked) {
        tracker.initial = match tracked {
            Tracked::File(_) => Health::Value(0),
            Tracked::Check(_) | Tracked::Interface(_) | Tracked::Process(_) | Tracked::Statics(_) => {
                Health::Up
            }
        };
    }
    settings
}

/// How long it takes until a check is known to fail (or to succeed), at most.
pub(super) fn known_after(check: &Check, fails: bool) -> std::time::Duration {
    let times = if fails { check.fall } else { check.rise };
    check.interval * times.max(1)
}

/// What a tracker of an instance follows, in words.
pub(super) fn tracked(instance: &Instance, id: vrrp_core::TrackerId) -> String {
    match instance.tracked(id) {
        Some(Tracked::Check(name)) => format!("check {name}"),
        Some(Tracked::Interface(name)) => format!("interface {name}"),
        Some(Tracked::Statics(name)) => format!("track_group {name}"),
        Some(Tracked::File(name)) => format!("file {name}"),
        Some(Tracked::Process(name)) => format!("process {name}"),
        None => format!("check {}", id.0),
    }
}
