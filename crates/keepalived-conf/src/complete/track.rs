//! What an instance tracks.

use super::instance::About;
use crate::diagnostic::{Diagnostic, Findings};
use crate::model::{Config, Sourced, Track, VrrpInstance, Weight};
use crate::read::{Above, Draft, DraftTrack};
use crate::source::Span;

/// The interfaces of `track_interface`, each once and without the instance's own.
pub(super) fn interfaces(draft: &Draft, out: &mut About<'_>) -> Vec<Track> {
    let own = draft.interface.as_ref().map(|name| name.value.as_str());
    let mut tracks: Vec<Track> = Vec::new();
    for track in &draft.track_interfaces {
        if own == Some(track.name.as_str()) {
            out.push(own_interface(track, draft.switches.dont_track_primary.is_some()));
            continue;
        }
        if let Some(first) = tracks.iter().find(|other| other.name == track.name) {
            out.push(twice(track, first));
            continue;
        }
        let weight = track.resolve(DraftTrack::NO_WEIGHT);
        tracks.push(Track {
            name: track.name.clone(),
            span: track.span,
            weight,
        });
    }
    tracks
}

/// The interface of the instance itself: keepalived passes over the line, whether it tracks that interface or not.
fn own_interface(track: &DraftTrack, dont_track: bool) -> Diagnostic {
    let (text, effect, help) = if dont_track {
        (
            format!(
                "{} is the interface of the instance, and dont_track_primary is set",
                track.name
            ),
            "the line has no effect, and the interface is not tracked, as with keepalived",
            "remove the line; or dont_track_primary, if the link is to count",
        )
    } else {
        (
            format!("{} is tracked anyway", track.name),
            "the line has no effect, as with keepalived",
            "remove it",
        )
    };
    Diagnostic::warning("track-own-interface", track.span, text)
        .effect(effect)
        .help(help)
}

/// What stands in a list already.
pub(super) fn twice(track: &DraftTrack, first: &Track) -> Diagnostic {
    let text = format!("{} is tracked already", track.name);
    Diagnostic::error("tracked-twice", track.span, text)
        .effect("the first line counts, as for keepalived")
        .label(first.span, "the first one")
        .help("remove one of them")
}

/// The scripts of `track_script` that exist, each with its weight.
pub(super) fn scripts(draft: &mut Draft, config: &Config, priority: u8, out: &mut About<'_>) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for track in &draft.track_scripts {
        let position = config.scripts.iter().position(|script| script.name == track.name);
        let above = position.filter(|position| *position < draft.scripts_above);
        let Some(script) = above.and_then(|position| config.scripts.get(position)) else {
            let below = position.and_then(|position| config.scripts.get(position));
            out.push(unknown(track, below.map(|script| script.span)));
            continue;
        };
        if let Some(first) = tracks.iter().find(|other| other.name == track.name) {
            out.push(twice(track, first));
            continue;
        }
        let weight = track.resolve(script.weight.inherited("weight"));
        if priority == 255 && weight.value.value != 0 {
            out.push(weight_of_owner(&track.name, track.span));
            continue;
        }
        draft.missing.extend(script.missing.iter().cloned());
        tracks.push(Track {
            name: track.name.clone(),
            span: track.span,
            weight,
        });
    }
    tracks
}

/// The files of `track_file` that are defined, each with its weight.
pub(super) fn files(draft: &Draft, config: &Config, priority: u8, out: &mut About<'_>) -> Vec<Track> {
    let mut push = |found| out.push(found);
    let mut tracks = defined(
        &draft.track_files,
        &Kind::files(config, draft.tracks_above),
        &mut push,
    );
    if priority == 255 {
        without_numbers(&mut tracks, "an owner's priority does not move", &mut push);
    }
    tracks
}

/// The processes of `track_process` that are defined, each with its weight.
pub(super) fn processes(draft: &Draft, config: &Config, out: &mut About<'_>) -> Vec<Track> {
    let kind = Kind::processes(config, draft.tracks_above);
    defined(&draft.track_processes, &kind, |found| out.push(found))
}

/// What a list can name: those that stand above it first.
pub(super) struct Kind<'a> {
    block: &'static str,
    defined: Vec<(&'a str, Span, Sourced<Weight>)>,
    above: usize,
}

impl<'a> Kind<'a> {
    pub(super) fn files(config: &'a Config, above: Above) -> Self {
        let files = config.track_files.iter();
        Self {
            block: "track_file",
            defined: files
                .map(|one| (one.name.as_str(), one.span, one.weight))
                .collect(),
            above: above.files,
        }
    }

    pub(super) fn processes(config: &'a Config, above: Above) -> Self {
        let processes = config.track_processes.iter();
        Self {
            block: "vrrp_track_process",
            defined: processes
                .map(|one| (one.name.as_str(), one.span, one.weight))
                .collect(),
            above: above.processes,
        }
    }
}

/// Those of a list that are defined above it, each once.
pub(super) fn defined(
    drafts: &[DraftTrack],
    kind: &Kind<'_>,
    mut push: impl FnMut(Diagnostic),
) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for track in drafts {
        let position = kind.defined.iter().position(|(name, _, _)| *name == track.name);
        let known = position.and_then(|position| Some((position, kind.defined.get(position)?)));
        let Some((_, (_, _, weight))) = known.filter(|(position, _)| *position < kind.above) else {
            let text = format!("there is no {} {} so far", kind.block, track.name);
            let found = Diagnostic::error("unknown-track", track.span, text)
                .effect("it is not tracked, as with keepalived");
            push(match known {
                Some((_, (_, span, _))) => found
                    .label(*span, "it stands below")
                    .help("move the definition up"),
                None => found.help("define it, or correct the name"),
            });
            continue;
        };
        if let Some(first) = tracks.iter().find(|other| other.name == track.name) {
            push(twice(track, first));
            continue;
        }
        tracks.push(Track {
            name: track.name.clone(),
            span: track.span,
            weight: track.resolve(weight.inherited("weight")),
        });
    }
    tracks
}

/// keepalived, where the priority must not move: a file whose weight is 1, which is the default, is a gate; with any
/// other weight it is not tracked.
pub(super) fn without_numbers(tracks: &mut Vec<Track>, because: &str, mut push: impl FnMut(Diagnostic)) {
    tracks.retain_mut(|track| {
        let weight = track.weight.value;
        if weight.value == 0 {
            return true;
        }
        let gate = weight.value == 1;
        let text = format!("{} has a weight, and {because}", track.name);
        let found = Diagnostic::warning("weight-without-effect", track.span, text);
        push(if gate {
            found
                .effect("its weight is 0, as with keepalived: a number that is not 0 bars the instance")
                .help("write weight 0")
        } else {
            found
                .effect("it is not tracked, as with keepalived")
                .help("write weight 0: then a number that is not 0 bars the instance")
        });
        track.weight = Sourced::implied(Weight { value: 0, ..weight }, "the priority does not move");
        gate
    });
}

/// An owner's priority does not move: what has a weight is not tracked. A sync group has taken its members' weights away
/// before.
pub(super) fn interfaces_of_owner(instance: &mut VrrpInstance, findings: &mut Findings) {
    let name = &instance.name;
    instance.track_interfaces.retain(|track| {
        let weighted = track.weight.value.value != 0;
        if weighted {
            findings.push(weight_of_owner(&track.name, track.span).about(name));
        }
        !weighted
    });
}

fn weight_of_owner(name: &str, span: Span) -> Diagnostic {
    let text = format!("the weight of {name} cannot change priority 255");
    Diagnostic::warning("weight-of-owner", span, text)
        .effect("it is not tracked, as with keepalived")
        .help("set a priority below 255")
}

/// keepalived knows the scripts that stand above the instance.
fn unknown(track: &DraftTrack, below: Option<Span>) -> Diagnostic {
    let found = Diagnostic::error(
        "unknown-script",
        track.span,
        format!("there is no vrrp_script {} so far", track.name),
    )
    .effect("the instance runs without this check, as with keepalived");
    match below {
        Some(span) => found
            .label(span, "it stands below")
            .help("move the script above the instance"),
        None => found.help("define the script, or correct the name"),
    }
}
