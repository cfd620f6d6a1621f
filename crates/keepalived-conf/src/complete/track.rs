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
        let primary = own == Some(track.name.as_str());
        if primary && draft.switches.dont_track_primary.is_none() {
            let found = Diagnostic::warning(
                "track-own-interface",
                track.span,
                format!("{} is tracked anyway", track.name),
            )
            .effect("the line has no effect, as with keepalived")
            .help("remove it");
            out.push(found);
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
            let found = Diagnostic::error(
                "tracked-twice",
                track.span,
                format!("{} is tracked already", track.name),
            )
            .effect("the first line counts, as for keepalived")
            .label(first.span, "the first one");
            out.push(found.help("remove one of them"));
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
