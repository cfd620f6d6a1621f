//! What an instance tracks.

use super::instance::About;
use crate::diagnostic::Diagnostic;
use crate::model::{Config, Track};
use crate::read::{Draft, DraftTrack};
use crate::source::Span;

/// The interfaces of `track_interface`, without those tracked anyway.
pub(super) fn interfaces(draft: &Draft, out: &mut About<'_>) -> Vec<Track> {
    let own = draft.interface.as_ref().map(|name| name.value.as_str());
    let mut tracks = Vec::new();
    for track in &draft.track_interfaces {
        if own == Some(track.name.as_str()) {
            out.push(own_interface(track, draft.switches.dont_track_primary.is_some()));
            continue;
        }
        if let Some(first) = tracks.iter().find(|other: &&Track| other.name == track.name) {
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
            let text = format!("the weight of {} cannot change priority 255", track.name);
            let found = Diagnostic::warning("weight-of-owner", track.span, text)
                .effect("the script is not tracked, as with keepalived")
                .help("set a priority below 255");
            out.push(found);
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
