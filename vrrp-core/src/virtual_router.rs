//! One virtual router: `handle`, `deadline`, `reconfigure` and getters; what the states do is in `machine`.

use alloc::boxed::Box;
use core::net::IpAddr;

use crate::action::{Actions, Cause, Draft, Report, StateName};
use crate::announce::Announcing;
use crate::config::{Config, Ipv4Checksum};
use crate::counters::Counters;
use crate::input::{Failure, Heard, Input, Link, Order};
use crate::leaves::Past;
use crate::machine::{Hold, HoldKind, State, Triggered, Versions};
use crate::member::Member;
use crate::priority::Rank;
use crate::seal::Sealed;
use crate::sending::{Pause, Resignation, Sending};
#[cfg(feature = "hmac")]
use crate::sequences::Sequences;
use crate::time::{Deadline, Instant, Wake, WallClock};
use crate::tracking::{Bar, Health, TrackerId, Tracking};
use crate::wire::{ChecksumForm, Received, Reject};

/// The most that a timer may be early to share a wake-up (PRJ-SLACK-01).
const SLACK_NANOS_MAX: u64 = 1_000_000;

/// One virtual router: a state machine with three verbs, [`handle`](Self::handle), [`deadline`](Self::deadline) and
/// getters. It never reads a clock, never allocates once it is made, and cannot fail.
#[derive(Debug, Clone)]
pub struct VirtualRouter {
    pub(crate) config: Config,
    pub(crate) state: State,
    pub(crate) link: Link,
    pub(crate) counters: Counters,
    pub(crate) announcing: Announcing,
    pub(crate) triggered: Triggered,
    pub(crate) silent_answers: Triggered,
    pub(crate) sending: Sending,
    pub(crate) resignation: Option<Resignation>,
    pub(crate) last_active: Option<Rank>,
    pub(crate) version_3_heard: Option<(IpAddr, Instant)>,
    pub(crate) same_priority: Option<IpAddr>,
    pub(crate) same_priority_told: Triggered,
    pub(crate) tracking: Tracking,
    pub(crate) pause: Pause,
    pub(crate) started: bool,
    pub(crate) started_before: bool,
    pub(crate) start_at: Option<Instant>,
    pub(crate) resigned: bool,
    pub(crate) form: Option<(ChecksumForm, IpAddr)>,
    pub(crate) forms_mixed: bool,
    pub(crate) took_over_at: Option<Instant>,
    /// When the last advertisement above priority 0 left; means nothing to one that was never Active.
    pub(crate) advertised_at: Instant,
    /// Made where the two versions are spoken, when an Active is heard.
    pub(crate) versions: Option<Box<Versions>>,
    pub(crate) past: Past,
    pub(crate) member: Option<Box<Member>>,
    #[cfg(feature = "hmac")]
    pub(crate) sequences: Sequences,
}

impl VirtualRouter {
    /// A router in Initialize: it waits for [`Input::Link`] and [`Input::Start`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        let tracking = Tracking::new(&config.trackers);
        #[cfg(feature = "hmac")]
        let sequences = Sequences::of(&config);
        Self {
            config,
            state: State::Initialize { hold: None },
            link: Link::default(),
            counters: Counters::default(),
            announcing: Announcing::default(),
            triggered: Triggered::default(),
            silent_answers: Triggered::default(),
            sending: Sending::default(),
            resignation: None,
            last_active: None,
            version_3_heard: None,
            same_priority: None,
            same_priority_told: Triggered::default(),
            tracking,
            pause: Pause::default(),
            started: false,
            started_before: false,
            start_at: None,
            resigned: false,
            form: None,
            forms_mixed: false,
            took_over_at: None,
            advertised_at: Instant::default(),
            versions: None,
            past: Past::default(),
            member: None,
            #[cfg(feature = "hmac")]
            sequences,
        }
    }

    /// Something happened at `now`: what is to be done, in order.
    ///
    /// Times must not go backwards. Hand in all packets that have arrived before a [`Input::Tick`] (PRJ-TIME-04).
    pub fn handle(&mut self, now: Instant, input: Input) -> Actions {
        let mut out = Actions::none();
        match input {
            Input::Start => self.on_start(now, &mut out),
            Input::Stop => self.on_stop(now, &mut out),
            Input::Tick => self.on_tick(now, &mut out),
            Input::Heard(heard) => self.on_heard(now, &heard, &mut out),
            Input::Link(link) => self.on_link(now, link, &mut out),
            Input::Track(id, health) => self.on_track(now, id, health, &mut out),
            Input::Order(order) => self.on_order(now, order, &mut out),
            Input::Failed(failure) => self.on_failed(now, failure, &mut out),
            Input::Recovered => {
                self.pause.clear();
                self.settle(now, Cause::Started, &mut out);
            }
            Input::SuccessorAnswers => self.successor_answers(now),
        }
        out
    }

    /// A packet arrived: judged in the order of RFC 9568 section 7.1, counted, and handed to the machine.
    ///
    /// # Errors
    /// Why it was discarded. A discarded packet changes nothing but a counter (PRJ-RX-09).
    pub fn receive(&mut self, now: Instant, received: &Received<'_>) -> Result<Actions, Reject> {
        self.receive_at(now, None, received)
    }

    /// As [`receive`](Self::receive), with the time of day, which a router with `auth_hmac` needs (HM-14): without it
    /// every signed packet is [`Reject::HmacStale`], unless the router was asked to do without a window.
    ///
    /// # Errors
    /// As [`receive`](Self::receive). Of a discarded packet with a right tag the sequence is remembered (HM-07).
    pub fn receive_at(
        &mut self,
        now: Instant,
        wall: Option<WallClock>,
        received: &Received<'_>,
    ) -> Result<Actions, Reject> {
        let heard = self.believe(wall, received)?;
        Ok(self.handle(now, Input::Heard(heard)))
    }

    /// The judgement of [`receive_at`](Self::receive_at), counted; what was believed is still to be handled.
    pub(crate) fn believe(
        &mut self,
        wall: Option<WallClock>,
        received: &Received<'_>,
    ) -> Result<Heard, Reject> {
        self.judge_at(wall, received)
            .inspect_err(|reject| self.counters.rejected.count(*reject))
    }

    fn on_start(&mut self, now: Instant, out: &mut Actions) {
        if !self.started {
            self.started = true;
            let delay = self.config.start_delay_nanos;
            // X-19 is for the start of the node: a later start, also one that takes back a stop, waits for nothing.
            self.start_at = (delay > 0 && !self.started_before).then(|| now.plus_nanos(delay));
            self.started_before = true;
        }
        self.settle(now, Cause::Started, out);
    }

    fn on_stop(&mut self, now: Instant, out: &mut Actions) {
        let again = !self.started;
        self.started = false;
        self.start_at = None;
        if again {
            // PRJ-STOP-04: a second stop request ends the hold at once.
            self.drop_hold(out);
        }
        self.settle(now, Cause::Started, out);
    }

    fn on_tick(&mut self, now: Instant, out: &mut Actions) {
        if self.start_at.is_some_and(|at| now >= at) {
            self.start_at = None;
            self.settle(now, Cause::Started, out);
        }
        if self.pause.over(now) {
            self.settle(now, Cause::Started, out);
        }
        self.resend_goodbye(now, out);
        match self.state {
            State::Initialize { hold } => {
                if hold.is_some_and(|hold| now >= hold.ends_at) {
                    self.finish_hold(now, out);
                }
            }
            State::Backup { .. } => self.backup_tick(now, out),
            State::Active { .. } => {
                self.active_tick(now, out);
                let until = now.plus_nanos(self.slack_nanos());
                let copies = self.announcing.due(until, &self.config.settings().announcements);
                self.announce(copies, out);
            }
        }
    }

    fn on_heard(&mut self, now: Instant, heard: &Heard, out: &mut Actions) {
        if let State::Initialize { hold } = self.state {
            if hold.is_some() {
                self.counters.count_heard(heard);
                self.heard_in_hold(now, heard);
            }
            // T-I-04: otherwise discarded silently, not counted as received.
            return;
        }
        self.counters.count_heard(heard);
        self.learn_form(heard, out);
        match self.state {
            State::Backup { .. } => {
                self.backup_heard(now, heard);
                self.note_version(now, heard, out);
            }
            State::Active { .. } => self.active_heard(now, heard, out),
            State::Initialize { .. } => {}
        }
    }

    /// PRJ-CK-01: the form of the last accepted advertisement; PRJ-CK-03: two routers that disagree are told once.
    fn learn_form(&mut self, heard: &Heard, out: &mut Actions) {
        let Some(form) = heard.checksum else {
            return;
        };
        let other = self
            .form
            .is_some_and(|(before, source)| before != form && source != heard.source);
        if other && !self.forms_mixed {
            self.forms_mixed = true;
            out.report(Report::ChecksumFormsMixed { source: heard.source });
        }
        self.form = Some((form, heard.source));
    }

    fn on_link(&mut self, now: Instant, link: Link, out: &mut Actions) {
        // PRJ-CHG-06: a new primary address is used by the next advertisement.
        self.link = link;
        self.settle(now, Cause::Started, out);
    }

    fn on_track(&mut self, now: Instant, id: TrackerId, health: Health, out: &mut Actions) {
        let before = self.before();
        if self.tracking.set(id, health) {
            self.priority_may_have_changed(now, before, out);
            self.settle(now, Cause::Started, out);
            self.active_says_priority(now, before, out);
        }
    }

    fn on_order(&mut self, now: Instant, order: Order, out: &mut Actions) {
        match (order, self.state) {
            (Order::Resign, State::Active { .. }) => {
                let hold = self.new_hold(now, HoldKind::Switchover, out);
                let at_once = hold.is_none();
                self.become_initialize(now, Cause::Resigned, hold, out);
                if at_once {
                    self.set_resigned(true, out);
                    self.settle(now, Cause::Resigned, out);
                }
            }
            (Order::Compete, State::Initialize { hold: Some(hold) }) if hold.kind == HoldKind::Switchover => {
                let untaken = !hold.taken_over();
                if untaken && self.member.is_none() {
                    self.roll_back(now, out);
                } else {
                    // Somebody has taken over: it ends as a stop does, and the own priority competes again.
                    self.state = State::Initialize {
                        hold: Some(Hold {
                            kind: HoldKind::Stop,
                            ..hold
                        }),
                    };
                    // A stop that was taken back in the middle of it has left its priority behind.
                    self.set_resigned(false, out);
                    if untaken {
                        self.asks_group();
                    }
                }
            }
            (Order::Resign | Order::Compete, _) => {
                let before = self.before();
                self.resigned = order == Order::Resign;
                self.priority_may_have_changed(now, before, out);
            }
        }
    }

    fn on_failed(&mut self, now: Instant, failure: Failure, out: &mut Actions) {
        let bar = match failure {
            Failure::Send { gone } => {
                self.counters.send_errors = self.counters.send_errors.wrapping_add(1);
                if let (Some(resignation), false) = (&mut self.resignation, gone) {
                    resignation.failed(now);
                }
                if !self.sending.failed() && !gone {
                    return;
                }
                Bar::SendFailed
            }
            Failure::Hold => Bar::HoldFailed,
        };
        match self.state {
            State::Active { .. } => {
                let retry_after_seconds = self.pause.begin(now, bar);
                out.report(Report::FailedFor { retry_after_seconds });
                self.settle(now, Cause::Started, out);
            }
            State::Initialize { hold } => {
                if let (Failure::Hold, Some(hold)) = (failure, hold) {
                    self.drop_hold(out);
                    if hold.kind == HoldKind::Switchover {
                        // Without addresses there is nothing to roll back to.
                        self.set_resigned(true, out);
                    }
                    let retry_after_seconds = self.pause.begin(now, bar);
                    out.report(Report::FailedFor { retry_after_seconds });
                    self.settle(now, Cause::Started, out);
                }
            }
            State::Backup { .. } => {}
        }
    }

    /// PRJ-FAIL-01: priority 0 is retried up to 3 times within 10 ms; `again`: said twice in any case.
    pub(crate) fn begin_resignation(&mut self, now: Instant, again: bool) {
        let once = Resignation::new(now);
        self.resignation = Some(if again { once.repeated() } else { once });
    }

    fn resend_goodbye(&mut self, now: Instant, out: &mut Actions) {
        let due = self.resignation.as_mut().is_some_and(|r| r.due(now));
        if due && matches!(self.state, State::Initialize { .. }) {
            self.send(0, out);
        }
    }

    /// PRJ-SLACK-01: min(1 ms, I/100).
    pub(crate) fn slack_nanos(&self) -> u64 {
        if self.config.slack {
            SLACK_NANOS_MAX.min(self.config.interval.nanos() / 100)
        } else {
            0
        }
    }

    /// When to call [`handle`](Self::handle) with [`Input::Tick`], and what for; `None` while nothing runs.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        let slack = self.slack_nanos();
        let sharp = |at: Option<Instant>, wakes| {
            at.map(|at| Deadline {
                earliest: at,
                at,
                wakes,
            })
        };
        let early = |at: Option<Instant>, wakes| {
            at.map(|at| Deadline {
                earliest: at.minus_nanos(slack),
                at,
                wakes,
            })
        };
        let of_state = match self.state {
            State::Initialize { hold } => sharp(hold.map(|hold| hold.ends_at), Wake::EndHold),
            State::Backup { active_down_at, .. } => sharp(Some(active_down_at), Wake::TakeOver),
            State::Active { advertise_at } => early(Some(advertise_at), Wake::Advertise),
        };
        let goodbye = self.resignation.and_then(|resignation| resignation.again_at);
        // Asked after every input: no list of what is seldom there.
        let mut next = of_state;
        let mut consider = |deadline: Option<Deadline>| {
            if let Some(deadline) = deadline
                && next.is_none_or(|next| deadline.at < next.at)
            {
                next = Some(deadline);
            }
        };
        consider(early(self.announcing.deadline(), Wake::Announce));
        consider(sharp(self.start_at, Wake::Start));
        consider(sharp(self.pause.deadline(), Wake::RetryAfterFailure));
        consider(sharp(goodbye, Wake::ResendResignation));
        next
    }

    /// Fixes one advertisement; call it once per [`Action::Send`](crate::Action::Send), then encode per destination.
    ///
    /// `wall` is for signatures that need the time of day; a router without `auth_hmac` needs none.
    pub fn seal(&mut self, draft: Draft, wall: Option<WallClock>) -> Sealed<'_> {
        self.counters.advertisement_sent = self.counters.advertisement_sent.wrapping_add(1);
        if draft.priority == 0 {
            self.counters.priority_zero_pkts_sent = self.counters.priority_zero_pkts_sent.wrapping_add(1);
        }
        let form = match self.config.ipv4_checksum {
            Ipv4Checksum::Rfc9568 => ChecksumForm::Plain,
            Ipv4Checksum::PseudoHeader => ChecksumForm::Pseudo,
            Ipv4Checksum::Auto => self.form.map_or(ChecksumForm::Pseudo, |(form, _)| form),
        };
        let signature = self.sign(draft, form, wall);
        Sealed {
            config: &self.config,
            draft,
            source: self.link.primary,
            form,
            signature,
        }
    }

    /// The state with its deadlines.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The state without its contents.
    #[must_use]
    pub const fn state_name(&self) -> StateName {
        self.state.name()
    }

    /// Whether the addresses are to be present: exactly while Active or in hold (PRJ-STOP-01).
    #[must_use]
    pub const fn holds(&self) -> bool {
        matches!(
            self.state,
            State::Active { .. } | State::Initialize { hold: Some(_) }
        )
    }

    /// What it was asked to be.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What it counted.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The interface as last told.
    #[must_use]
    pub const fn link(&self) -> Link {
        self.link
    }

    /// Health of a tracked object; `None` for an id that was not configured.
    #[must_use]
    pub fn health(&self, id: TrackerId) -> Option<Health> {
        self.tracking.get(id)
    }

    /// The router last accepted as Active, this one not included.
    #[must_use]
    pub const fn last_active(&self) -> Option<Rank> {
        self.last_active
    }

    /// Whether an [`Order::Resign`] is in effect.
    #[must_use]
    pub const fn resigned(&self) -> bool {
        self.resigned
    }
}
