//! `vrrp_sync_group`.

use super::{Above, DraftTrack, Reader};
use crate::model::{Missing, Notify, Sourced, SyncGroup};
use crate::tree::Item;

/// A group, and what all its members are to track.
pub(crate) struct DraftGroup {
    pub(crate) group: SyncGroup,
    pub(crate) track_interfaces: Vec<DraftTrack>,
    pub(crate) track_scripts: Vec<DraftTrack>,
    pub(crate) track_files: Vec<DraftTrack>,
    pub(crate) track_processes: Vec<DraftTrack>,
    pub(crate) smtp_alert: Option<Sourced<bool>>,
    pub(crate) tracks_above: Above,
    /// Words in it that are not carried out, and on which its members depend.
    pub(crate) missing: Vec<Missing>,
}

impl Reader<'_> {
    pub(super) fn group(&mut self, block: &Item, name: String) -> DraftGroup {
        let mut draft = DraftGroup {
            group: SyncGroup {
                name,
                span: block.span,
                members: Vec::new(),
                tracking_weight: false,
                notify: Notify::default(),
                smtp_alert: Sourced::default(false),
            },
            smtp_alert: None,
            track_interfaces: Vec::new(),
            track_scripts: Vec::new(),
            track_files: Vec::new(),
            track_processes: Vec::new(),
            tracks_above: Above::default(),
            missing: Vec::new(),
        };
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("group") => {
                    let words = item.items().flat_map(|line| &line.words);
                    let members = words.map(|word| (word.text(), word.span));
                    draft.group.members.extend(members);
                }
                Some("sync_group_tracking_weight") => draft.group.tracking_weight = true,
                Some("smtp_alert") => draft.smtp_alert = self.switch(item).or(draft.smtp_alert),
                Some("track_interface") => draft.track_interfaces.extend(self.tracks(item)),
                Some("track_script") => draft.track_scripts.extend(self.tracks(item)),
                Some("track_file") => draft.track_files.extend(self.tracked_numbers(item)),
                Some("track_process") => draft.track_processes.extend(self.tracked_numbers(item)),
                _ => {
                    let _known = self.notify(item, &mut draft.group.notify);
                }
            }
        }
        draft
    }
}
