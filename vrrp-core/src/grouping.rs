//! The sync groups of a [`Router`]: who is in which, and orders given until none is left (X-08).

use alloc::vec::Vec;

use crate::action::{Actions, StateName};
use crate::group::{GroupId, GroupOrder, Stance, Verdict};
use crate::id::InstanceId;
use crate::member::GroupTimes;
use crate::rout::Rout;
use crate::router::{Outbox, Router};
use crate::time::Instant;
use crate::virtual_router::VirtualRouter;
use crate::witness::Seen;

/// Freed, asked, taken over, one yields at once, all yield: more rounds than a step can need. The property tests drive
/// every step against it.
const ROUNDS_MAX: u8 = 8;

/// Members in the order that every node agrees on: by VRID, then family.
#[derive(Debug, Clone, Default)]
pub(crate) struct SyncGroup {
    members: Vec<InstanceId>,
    /// A member has acted in the present tick.
    pub(crate) due: bool,
}

impl Router {
    /// Makes one service of several virtual routers (keepalived `vrrp_sync_group`): they are Active together or not at
    /// all. IPv4 and IPv6 of one service are two members. A router belongs to one group: it leaves its former one.
    ///
    /// Ids that are not there are left out. See [`Router::regroup`] for members that run already.
    ///
    /// # Examples
    /// ```
    /// use vrrp_core::{Family, Instant, InterfaceId, Outbox, Profile, Router, Settings, StateName, Vrid};
    ///
    /// let mut router = Router::new();
    /// let mut ids = Vec::new();
    /// for (family, address) in [(Family::Ipv4, "198.51.100.1"), (Family::Ipv6, "fe80::1:51")] {
    ///     let vrid = Vrid::new(51).ok_or("a VRID")?;
    ///     let mut settings = Settings::new(Profile::Default, family, vrid, InterfaceId(1));
    ///     settings.addresses.push(address.parse()?);
    ///     ids.push(router.add(settings.build()?)?);
    /// }
    /// let mut out = Outbox::new();
    /// let group = router.group(Instant::from_nanos(0), &ids, &mut out);
    /// assert_eq!(router.group_state(group), Some(StateName::Initialize));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn group(&mut self, now: Instant, members: &[InstanceId], out: &mut Outbox) -> GroupId {
        let number = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        self.groups.push(SyncGroup::default());
        let group = GroupId(number);
        self.regroup(now, group, members, out);
        group
    }

    /// Replaces the members of a group; with none it is gone.
    ///
    /// A new member of a group that is Active catches up within one interval and its Skew_Time, and does not make the
    /// others yield meanwhile, also not by a tracked object whose first result is missing. If it hears an Active the
    /// group follows that one. Take a router out before it is stopped for good: a stopped member stops its group.
    pub fn regroup(&mut self, now: Instant, group: GroupId, members: &[InstanceId], out: &mut Outbox) {
        let Some(known) = self.groups.get(group.place()) else {
            return;
        };
        self.show(Seen::Grouped { now, group, members });
        let gone = known.members.iter().copied().filter(|id| !members.contains(id));
        for id in gone.collect::<Vec<_>>() {
            self.leave(now, id, out);
        }
        let mut joined = Vec::new();
        for id in members {
            let Some(former) = self.get(*id).map(VirtualRouter::group) else {
                continue;
            };
            let listed = former.filter(|former| self.members(*former).contains(id));
            if listed.is_some_and(|former| former != group) {
                self.leave(now, *id, out);
            }
            // One that was restored knows its group, and no list has it yet: it goes on where it was.
            if former.is_none() || listed.is_some_and(|former| former != group) {
                joined.push(*id);
            }
            if let Some(known) = self.groups.get_mut(group.place())
                && !known.members.contains(id)
            {
                known.members.push(*id);
            }
        }
        for id in &joined {
            if let Some(router) = self.router_mut(*id) {
                router.join(group);
            }
        }
        let late = self.verdict(now, group).any_active();
        for id in joined {
            if let Some(member) = self
                .router_mut(id)
                .and_then(|router| router.member.as_deref_mut())
            {
                member.joining = late;
            }
        }
        self.number(group);
        self.settle_group(now, group, out);
    }

    /// The members of a group in the order that every node agrees on: by VRID, IPv4 before IPv6. Empty where there is no
    /// such group.
    #[must_use]
    pub fn members(&self, group: GroupId) -> &[InstanceId] {
        self.groups
            .get(group.place())
            .map_or([].as_slice(), |known| known.members.as_slice())
    }

    /// Every group that has members.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> {
        let known = (0_u32..).map(GroupId).zip(&self.groups);
        known
            .filter(|(_, known)| !known.members.is_empty())
            .map(|(group, _)| group)
    }

    /// The state of a group as one service; `None` where there is no such group.
    ///
    /// Active: a member is, and the others are or are about to be. Initialize: one is barred or stopped, hence all are.
    #[must_use]
    pub fn group_state(&self, group: GroupId) -> Option<StateName> {
        let members = self.members(group).iter().filter_map(|id| self.get(*id));
        let mut state = None;
        for router in members {
            let joining = router.member.as_deref().is_some_and(|member| member.joining);
            if router.bar().is_some() && !joining {
                return Some(StateName::Initialize);
            }
            let active = router.state_name() == StateName::Active || state == Some(StateName::Active);
            state = Some(if active {
                StateName::Active
            } else {
                StateName::Backup
            });
        }
        state
    }

    /// After every step of a member, within the same call.
    pub(crate) fn settle_group_of(&mut self, now: Instant, id: InstanceId, out: &mut Outbox) {
        if let Some(group) = self.get(id).and_then(VirtualRouter::group) {
            self.settle_group(now, group, out);
        }
    }

    /// After a tick, which may have been for several members.
    pub(crate) fn settle_groups_due(&mut self, now: Instant, out: &mut Outbox) {
        for group in (0_u32..).map(GroupId).take(self.groups.len()) {
            let known = self.groups.get_mut(group.place());
            if known.is_some_and(|known| core::mem::take(&mut known.due)) {
                self.settle_group(now, group, out);
            }
        }
    }

    fn settle_group(&mut self, now: Instant, group: GroupId, out: &mut Outbox) {
        self.pass_on_news(now, group, out);
        for round in 0..=ROUNDS_MAX {
            let verdict = self.verdict(now, group);
            let mut ordered = false;
            for place in 0..self.members(group).len() {
                let Some((id, order)) = self.order_for(now, group, place, &verdict) else {
                    continue;
                };
                self.obey(now, id, order, out);
                ordered = true;
            }
            if !ordered {
                break;
            }
            debug_assert!(round < ROUNDS_MAX, "a group that does not come to rest");
        }
        for place in 0..self.members(group).len() {
            let Some(id) = self.members(group).get(place).copied() else {
                continue;
            };
            if let Some(router) = self.router_mut(id) {
                let actions = router.tell_held_back();
                if !actions.is_empty() {
                    self.show_ordered(now, id, &actions);
                    out.extend(id, actions);
                }
            }
        }
    }

    /// A goodbye and a rival concern the other members too.
    fn pass_on_news(&mut self, now: Instant, group: GroupId, out: &mut Outbox) {
        for place in 0..self.members(group).len() {
            let Some(from) = self.members(group).get(place).copied() else {
                continue;
            };
            let Some(member) = self
                .router_mut(from)
                .and_then(|router| router.member.as_deref_mut())
            else {
                continue;
            };
            let goodbye = core::mem::take(&mut member.goodbye_heard).then_some(GroupOrder::Hurry);
            let rival = core::mem::take(&mut member.rival_met).then_some(GroupOrder::Announce);
            for order in [goodbye, rival].into_iter().flatten() {
                for other in 0..self.members(group).len() {
                    let id = self.members(group).get(other).copied();
                    if let Some(id) = id.filter(|id| *id != from) {
                        self.obey(now, id, order, out);
                    }
                }
            }
        }
    }

    fn obey(&mut self, now: Instant, id: InstanceId, order: GroupOrder, out: &mut Outbox) {
        if let Some(router) = self.router_mut(id) {
            let actions = router.obey(now, order);
            self.show_ordered(now, id, &actions);
            out.extend(id, actions);
            self.refresh(id);
        }
    }

    fn verdict(&mut self, now: Instant, group: GroupId) -> Verdict {
        for place in 0..self.members(group).len() {
            let id = self.members(group).get(place).copied();
            if let Some(router) = id.and_then(|id| self.router_mut(id)) {
                router.note_whether_joined(now);
            }
        }
        self.share_defeat(group);
        let members = self.members(group).iter().filter_map(|id| self.get(*id));
        Verdict::of(members.map(|router| router.stance(now)))
    }

    fn share_defeat(&mut self, group: GroupId) {
        let members = self.members(group).iter().filter_map(|id| self.get(*id));
        let members = members.filter_map(|router| router.member.as_deref());
        let none = (0, Rout::default(), true);
        let (most, latest, all_beaten) = members.fold(none, |(most, latest, all_beaten), member| {
            (
                most.max(member.defeat_nanos),
                latest.max(member.rout),
                all_beaten && member.beaten,
            )
        });
        let rout = if all_beaten { Rout::default() } else { latest };
        for place in 0..self.members(group).len() {
            let id = self.members(group).get(place).copied();
            let router = id.and_then(|id| self.router_mut(id));
            if let Some(member) = router.and_then(|router| router.member.as_deref_mut()) {
                (member.group_defeat_nanos, member.group_rout) = (most, rout);
            }
        }
    }

    fn order_for(
        &self,
        now: Instant,
        group: GroupId,
        place: usize,
        verdict: &Verdict,
    ) -> Option<(InstanceId, GroupOrder)> {
        let id = *self.members(group).get(place)?;
        let router = self.get(id)?;
        let told = router.member.as_deref()?.barred;
        Some((id, verdict.order(router.stance(now), told)?))
    }

    /// Takes a restored router out of a group that is not there any more; [`Router::regroup`] does it for others.
    pub fn leave_group(&mut self, now: Instant, id: InstanceId, out: &mut Outbox) {
        if self.get(id).is_some_and(|router| router.group().is_some()) {
            self.show(Seen::Ungrouped { now, id });
            self.leave(now, id, out);
        }
    }

    fn leave(&mut self, now: Instant, id: InstanceId, out: &mut Outbox) {
        let former = self.detach(id);
        if let Some(router) = self.router_mut(id) {
            let mut actions = Actions::none();
            router.leave_group(now, &mut actions);
            self.show_ordered(now, id, &actions);
            out.extend(id, actions);
            self.refresh(id);
        }
        if let Some(former) = former {
            self.number(former);
            self.settle_group(now, former, out);
        }
    }

    /// Out of the list of its group; returns which that was.
    pub(crate) fn detach(&mut self, id: InstanceId) -> Option<GroupId> {
        let group = self.get(id)?.group()?;
        if let Some(known) = self.groups.get_mut(group.place()) {
            known.members.retain(|other| *other != id);
        }
        Some(group)
    }

    /// Order, places and times; after any change of members or of what they are configured to be.
    pub(crate) fn number(&mut self, group: GroupId) {
        let mut members = self.members(group).to_vec();
        members.sort_by_key(|id| {
            self.get(*id)
                .map(|router| (router.config().vrid, router.config().family))
        });
        let mut times = GroupTimes::default();
        for (place, id) in members.iter().enumerate() {
            if let Some(router) = self.get(*id) {
                times = times.with(router.config(), place == 0);
            }
        }
        let of = u32::try_from(members.len()).unwrap_or(u32::MAX);
        for (place, id) in (0_u32..).zip(&members) {
            let member = self
                .router_mut(*id)
                .and_then(|router| router.member.as_deref_mut());
            if let Some(member) = member {
                (member.group, member.place, member.of, member.times) = (group, place, of, times);
            }
        }
        if let Some(known) = self.groups.get_mut(group.place()) {
            known.members = members;
        }
    }
}

impl VirtualRouter {
    /// A member that came late counts as every other as soon as it is known what it can do.
    fn note_whether_joined(&mut self, now: Instant) {
        let decided = self.stance(now) != Stance::Joining;
        if let Some(member) = self.member.as_deref_mut() {
            member.joining &= !decided;
        }
    }
}
