//! What survives a program that re-executes itself: everything but the configuration.

use alloc::boxed::Box;
use core::net::IpAddr;

use crate::announce::Announcing;
use crate::config::Config;
use crate::counters::Counters;
use crate::input::Link;
use crate::leaves::Past;
use crate::machine::{State, Triggered, Versions};
use crate::member::Member;
use crate::priority::Rank;
use crate::sending::{Pause, Resignation, Sending};
#[cfg(feature = "hmac")]
use crate::sequences::Sequences;
use crate::time::Instant;
use crate::tracking::{Health, TrackerId};
use crate::virtual_router::VirtualRouter;
use crate::wire::ChecksumForm;

/// The running state of one router. Its times are those of the clock that was handed in, so it is good only where
/// that clock goes on: the same machine since the same boot. What an earlier version did not have yet begins anew; what
/// a later one has beside is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    state: State,
    link: Link,
    counters: Counters,
    announcing: Announcing,
    triggered: Triggered,
    silent_answers: Triggered,
    sending: Sending,
    resignation: Option<Resignation>,
    last_active: Option<Rank>,
    version_3_heard: Option<(IpAddr, Instant)>,
    healths: alloc::vec::Vec<Health>,
    pause: Pause,
    started: bool,
    started_before: bool,
    start_at: Option<Instant>,
    resigned: bool,
    form: Option<(ChecksumForm, IpAddr)>,
    forms_mixed: bool,
    same_priority: Option<IpAddr>,
    same_priority_told: Triggered,
    took_over_at: Option<Instant>,
    #[cfg_attr(feature = "serde", serde(default))]
    advertised_at: Instant,
    #[cfg_attr(feature = "serde", serde(default))]
    versions: Versions,
    #[cfg_attr(feature = "serde", serde(default))]
    past: Past,
    #[cfg_attr(feature = "serde", serde(default))]
    member: Option<Member>,
    #[cfg(feature = "hmac")]
    #[cfg_attr(feature = "serde", serde(default))]
    sequences: Sequences,
}

impl VirtualRouter {
    /// The running state, to be given to [`VirtualRouter::restore`] by the successor of this program.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let ids = 0_u16..;
        Snapshot {
            state: self.state,
            link: self.link,
            counters: self.counters,
            announcing: self.announcing,
            triggered: self.triggered,
            silent_answers: self.silent_answers,
            sending: self.sending,
            resignation: self.resignation,
            last_active: self.last_active,
            version_3_heard: self.version_3_heard,
            healths: ids.map_while(|id| self.tracking.get(TrackerId(id))).collect(),
            pause: self.pause,
            started: self.started,
            started_before: self.started_before,
            start_at: self.start_at,
            resigned: self.resigned,
            form: self.form,
            forms_mixed: self.forms_mixed,
            same_priority: self.same_priority,
            same_priority_told: self.same_priority_told,
            took_over_at: self.took_over_at,
            advertised_at: self.advertised_at,
            versions: self.versions.as_deref().copied().unwrap_or_default(),
            past: self.past,
            member: self.member.as_deref().copied(),
            #[cfg(feature = "hmac")]
            sequences: self.sequences.clone(),
        }
    }

    /// Goes on where [`VirtualRouter::snapshot`] was taken, with the configuration of that time: a new one is applied
    /// by [`VirtualRouter::reconfigure`] afterwards, so that what it changes is carried out.
    #[must_use]
    pub fn restore(config: Config, snapshot: Snapshot) -> Self {
        let mut router = Self::new(config);
        if snapshot.healths.len() == router.config.trackers.len() {
            for (id, health) in (0_u16..).zip(&snapshot.healths) {
                let _changed = router.tracking.set(TrackerId(id), *health);
            }
        }
        router.state = snapshot.state;
        router.link = snapshot.link;
        router.counters = snapshot.counters;
        router.announcing = snapshot.announcing;
        router.triggered = snapshot.triggered;
        router.silent_answers = snapshot.silent_answers;
        router.sending = snapshot.sending;
        router.resignation = snapshot.resignation;
        router.last_active = snapshot.last_active;
        router.version_3_heard = snapshot.version_3_heard;
        router.pause = snapshot.pause;
        router.started = snapshot.started;
        router.started_before = snapshot.started_before;
        router.start_at = snapshot.start_at;
        router.resigned = snapshot.resigned;
        router.form = snapshot.form;
        router.forms_mixed = snapshot.forms_mixed;
        router.same_priority = snapshot.same_priority;
        router.same_priority_told = snapshot.same_priority_told;
        router.took_over_at = snapshot.took_over_at;
        router.advertised_at = snapshot.advertised_at;
        router.versions = (snapshot.versions != Versions::default()).then(|| Box::new(snapshot.versions));
        router.past = snapshot.past;
        router.member = snapshot.member.map(Box::new);
        #[cfg(feature = "hmac")]
        router.sequences.restore(snapshot.sequences);
        router
    }
}
