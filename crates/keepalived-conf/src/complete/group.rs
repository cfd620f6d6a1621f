//! Sync groups: their members, and what these track because of the group.

use super::track::{self, Kind, twice};
use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{Config, Sourced, SyncGroup, Track, VrrpInstance, Weight};
use crate::read::{DraftGroup, DraftTrack};

/// Leaves out members that do not exist or have a group already, and hands what the group tracks to those that do.
pub(super) fn complete(drafts: Vec<DraftGroup>, config: &mut Config, findings: &mut Findings) {
    for mut draft in drafts {
        if !members(&mut draft.group, config, findings) {
            continue;
        }
        draft.group.smtp_alert = super::mail::alert(draft.smtp_alert, &config.global.mail);
        let scripts = scripts(&draft, config, findings);
        let interfaces = interfaces(&draft, findings);
        let above = draft.tracks_above;
        let mut push = |found| findings.push(found);
        let files = track::defined(&draft.track_files, &Kind::files(config, above), &mut push);
        let kind = Kind::processes(config, above);
        let processes = track::defined(&draft.track_processes, &kind, &mut push);
        for instance in &mut config.instances {
            if draft
                .group
                .members
                .iter()
                .all(|(member, _)| *member != instance.name)
            {
                continue;
            }
            if !draft.group.tracking_weight {
                without_weights(&draft.group, instance, findings);
            }
            add(&mut instance.track_scripts, &scripts);
            let name = instance.name.clone();
            replace(&mut instance.track_files, &files, &name, findings);
            replace(&mut instance.track_processes, &processes, &name, findings);
            let others = of_member(&interfaces, instance, findings);
            add(&mut instance.track_interfaces, &others);
            for missing in &draft.missing {
                instance.missing.push(missing.clone());
            }
        }
        config.sync_groups.push(draft.group);
    }
}

/// Whether anything is left of the group.
fn members(group: &mut SyncGroup, config: &Config, findings: &mut Findings) -> bool {
    let name = group.name.clone();
    if group.members.is_empty() {
        let found = Diagnostic::error(
            "empty-group",
            group.span,
            format!("sync group {name} has no members"),
        );
        let found = found.effect("the group is left out, as keepalived does");
        findings.push(found.help("add: group { … }"));
        return false;
    }
    let mut kept: Vec<String> = Vec::new();
    group.members.retain(|(member, span)| {
        let known = config.instances.iter().any(|instance| instance.name == *member);
        let elsewhere = config
            .sync_groups
            .iter()
            .find(|other| other.members.iter().any(|(taken, _)| taken == member));
        if !known {
            let found = Diagnostic::error("unknown-member", *span, format!("there is no instance {member}"))
                .effect("the member is left out, as keepalived does")
                .help("define the instance, or correct the name");
            findings.push(found);
        } else if let Some(other) = elsewhere {
            let text = format!("{member} is in sync group {} already", other.name);
            let found = Diagnostic::error("member-of-two", *span, text)
                .effect("it stays in that one only, as with keepalived")
                .label(other.span, "the first one")
                .help("name it in one group");
            findings.push(found);
        }
        let keeps = known && elsewhere.is_none() && !kept.contains(member);
        kept.push(member.clone());
        keeps
    });
    let left = group.members.len();
    if left < 2 {
        let text = format!("sync group {name} has {left} members that exist");
        let found = Diagnostic::warning("small-group", group.span, text).effect(if left == 0 {
            "the group is left out, as keepalived does"
        } else {
            "a group of one changes nothing"
        });
        findings.push(found.help("add members, or remove the group"));
    }
    left > 0
}

/// The scripts of the group's `track_script`; they may stand anywhere in the file.
fn scripts(draft: &DraftGroup, config: &Config, findings: &mut Findings) -> Vec<Track> {
    let mut tracks = Vec::new();
    for track in &draft.track_scripts {
        let Some(script) = config.scripts.iter().find(|script| script.name == track.name) else {
            let text = format!("there is no vrrp_script {}", track.name);
            let found = Diagnostic::error("unknown-script", track.span, text)
                .effect("the group runs without this check, as with keepalived")
                .help("define the script, or correct the name");
            findings.push(found);
            continue;
        };
        tracks.push(Track {
            name: track.name.clone(),
            span: track.span,
            weight: track.resolve(script.weight.inherited("weight")),
        });
    }
    tracks
}

/// keepalived: what only one member tracks with a weight would let members differ in priority, and is not tracked.
fn without_weights(group: &SyncGroup, instance: &mut VrrpInstance, findings: &mut Findings) {
    let mut drop = |track: &Track| {
        let weighted = track.weight.value.value != 0;
        if weighted {
            let text = format!(
                "{} has a weight, and {} is in sync group {}",
                track.name, instance.name, group.name
            );
            let mut found = Diagnostic::warning("weight-in-group", track.span, text)
                .effect("it is not tracked, as with keepalived")
                .help("track it in the group, or write sync_group_tracking_weight into the group");
            found.instance = Some(instance.name.clone());
            findings.push(found);
        }
        !weighted
    };
    instance.track_scripts.retain(&mut drop);
    let name = instance.name.clone();
    let mut push = |mut found: Diagnostic| {
        found.instance = Some(name.clone());
        findings.push(found);
    };
    for track in &mut instance.track_interfaces {
        let weight = track.weight.value;
        if weight.value != 0 {
            let text = format!(
                "{} has a weight, and {name} is in sync group {}",
                track.name, group.name
            );
            push(
                Diagnostic::warning("weight-in-group", track.span, text)
                    .effect("its weight is 0, as with keepalived: while it is bad the whole group is barred")
                    .help("track it in the group, or write sync_group_tracking_weight into the group"),
            );
            track.weight = Sourced::implied(Weight { value: 0, ..weight }, "the sync group");
        }
    }
    let because = format!("{name} is in sync group {}", group.name);
    track::without_numbers(&mut instance.track_files, &because, &mut push);
}

/// A line of the group counts before that of a member.
fn replace(tracks: &mut Vec<Track>, of_group: &[Track], instance: &str, findings: &mut Findings) {
    tracks.retain(|own| {
        let Some(same) = of_group.iter().find(|track| track.name == own.name) else {
            return true;
        };
        let text = format!("{} is tracked by {instance} and by its sync group", own.name);
        let mut found = Diagnostic::warning("tracked-twice", own.span, text)
            .effect("the line of the group counts, as for keepalived")
            .label(same.span, "that of the group")
            .help("take it out of the instance");
        found.instance = Some(instance.to_owned());
        findings.push(found);
        false
    });
    tracks.extend(of_group.iter().cloned());
}

/// The interfaces of the group's `track_interface`, each once.
fn interfaces(draft: &DraftGroup, findings: &mut Findings) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for track in &draft.track_interfaces {
        if let Some(first) = tracks.iter().find(|other| other.name == track.name) {
            findings.push(twice(track, first));
            continue;
        }
        tracks.push(Track {
            name: track.name.clone(),
            span: track.span,
            weight: track.resolve(DraftTrack::NO_WEIGHT),
        });
    }
    tracks
}

/// What of these the member does not track itself. Its own interface it tracks, unless dont_track_primary.
fn of_member(interfaces: &[Track], instance: &VrrpInstance, findings: &mut Findings) -> Vec<Track> {
    let mut others = Vec::new();
    for track in interfaces {
        let primary = instance
            .interface
            .as_ref()
            .is_some_and(|own| own.value == track.name);
        let own = instance
            .track_interfaces
            .iter()
            .find(|own| own.name == track.name);
        let anyway = primary && !instance.dont_track_primary.value;
        if !anyway && own.is_none() {
            others.push(track.clone());
            continue;
        }
        let text = format!("{} tracks {} itself", instance.name, track.name);
        let mut found = Diagnostic::warning("tracked-twice", track.span, text)
            .effect("the instance's own tracking counts, as with keepalived")
            .help("remove one of them")
            .about(&instance.name);
        if let Some(own) = own {
            found = found.label(own.span, "the line of the instance");
        }
        findings.push(found);
    }
    others
}

/// A line of the member's own counts before that of its group.
fn add(tracks: &mut Vec<Track>, of_group: &[Track]) {
    for track in of_group {
        if tracks.iter().all(|own| own.name != track.name) {
            tracks.push(track.clone());
        }
    }
}
