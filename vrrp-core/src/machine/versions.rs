//! Which versions the Active sends, for the end of an upgrade (V3-8.4.2-06).

use core::net::IpAddr;

use crate::action::{Actions, Report};
use crate::config::Version;
use crate::input::Heard;
use crate::machine::Triggered;
use crate::machine::active::TOLD_WINDOW;
use crate::time::Instant;
use crate::virtual_router::VirtualRouter;

/// As many as make Active_Down_Interval: one copy may be lost, three in a row were not sent.
const WITHOUT_COPY_MAX: u8 = 3;

/// What was heard of one Active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Versions {
    source: Option<IpAddr>,
    without_copy: u8,
    told: bool,
    #[cfg_attr(feature = "serde", serde(default))]
    lately: Triggered,
}

impl VirtualRouter {
    /// Version 3 comes first of a pair (V3-8.4.2-03), so the copy of one is missing when the next is there.
    pub(crate) fn note_version(&mut self, now: Instant, heard: &Heard, out: &mut Actions) {
        let is_active = self.last_active.is_some_and(|rank| rank.address == heard.source);
        if !self.config.v2_interop || !is_active || heard.priority == 0 {
            return;
        }
        let seen = self.versions.get_or_insert_default();
        if seen.source != Some(heard.source) {
            **seen = Versions {
                source: Some(heard.source),
                lately: seen.lately,
                ..Versions::default()
            };
        }
        seen.without_copy = match heard.version {
            Version::V2 => 0,
            Version::V3 => seen.without_copy.saturating_add(1),
        };
        if seen.without_copy > WITHOUT_COPY_MAX && !seen.told && seen.lately.allow(now, TOLD_WINDOW) {
            seen.told = true;
            out.report(Report::OnlyVersion3 { source: heard.source });
        }
    }
}
