//! Looking on: what a recording is made of.

use alloc::sync::Arc;
use core::fmt;

use crate::action::Actions;
use crate::group::GroupId;
use crate::id::InstanceId;
use crate::input::Input;
use crate::router::{Rejected, Router};
use crate::time::Instant;
use crate::virtual_router::VirtualRouter;

/// Sees every step of every router of a [`Router`](crate::Router), after it was made: what is needed to make it again
/// elsewhere, from the same configuration with the same inputs at the same times.
///
/// It is called in the middle of the caller's loop and must neither wait nor fail. Without one, a step costs one
/// comparison more.
///
/// # Examples
/// ```
/// use std::sync::{Arc, Mutex};
/// use vrrp_core::{
///     Family, Input, Instant, InterfaceId, Outbox, Profile, Router, Seen, Settings, StateName, Vrid, Witness,
/// };
///
/// #[derive(Debug, Default)]
/// struct States(Mutex<Vec<StateName>>);
///
/// impl Witness for States {
///     fn see(&self, seen: Seen<'_>) {
///         if let Seen::Step { router, .. } = seen {
///             self.0.lock().unwrap().push(router.state_name());
///         }
///     }
/// }
///
/// let mut settings = Settings::new(Profile::Default, Family::Ipv4, Vrid::new(51).ok_or("0")?, InterfaceId(2));
/// settings.addresses.push("192.0.2.254".parse()?);
/// let states = Arc::new(States::default());
/// let mut router = Router::new();
/// router.set_witness(Some(states.clone()));
/// let id = router.add(settings.build()?)?;
/// router.introduce(id, "VI_1");
/// router.handle(Instant::from_nanos(0), id, Input::Start, &mut Outbox::new());
/// assert_eq!(*states.0.lock().unwrap(), [StateName::Initialize]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Witness: fmt::Debug + Send + Sync {
    /// One thing has happened.
    fn see(&self, seen: Seen<'_>);

    /// Whether it has lost sight, and wants to see every router and group once more ([`Seen::Still`], [`Seen::Grouped`]).
    /// Asked after every step.
    fn asks(&self, _now: Instant) -> bool {
        false
    }
}

/// What a [`Witness`] sees. `router` is as it was left.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Seen<'a> {
    /// It looks on at another [`Router`] than before, or begins to.
    Begins,
    /// A router is there: whoever owns it has said its name ([`Router::introduce`](crate::Router::introduce)). What it
    /// was asked before that, nobody has seen.
    Here {
        /// Which.
        id: InstanceId,
        /// What its owner calls it.
        name: &'a str,
        /// With everything that it knows so far.
        router: &'a VirtualRouter,
    },
    /// An input was handled.
    Step {
        /// When.
        now: Instant,
        /// Which router.
        id: InstanceId,
        /// What happened to it; a packet that was believed is [`Input::Heard`].
        input: Input,
        /// What it asked for.
        actions: &'a Actions,
        /// After it.
        router: &'a VirtualRouter,
    },
    /// It was configured anew; an equal configuration is seen too.
    Reconfigured {
        /// When.
        now: Instant,
        /// Which router.
        id: InstanceId,
        /// What it asked for.
        actions: &'a Actions,
        /// With the new configuration.
        router: &'a VirtualRouter,
    },
    /// A router is as this, which was introduced before; see [`Witness::asks`].
    Still {
        /// Which.
        id: InstanceId,
        /// With everything that it knows.
        router: &'a VirtualRouter,
    },
    /// The members of a sync group are these from now on. What follows from that comes after it, as [`Seen::Ordered`].
    Grouped {
        /// When.
        now: Instant,
        /// Which group.
        group: GroupId,
        /// All of them; none: the group is gone.
        members: &'a [InstanceId],
    },
    /// A router was taken out of its group.
    Ungrouped {
        /// When.
        now: Instant,
        /// Which router.
        id: InstanceId,
    },
    /// What happened to another member of its sync group, or to the group, has made it do something. It follows from what
    /// was seen before.
    Ordered {
        /// When.
        now: Instant,
        /// Which router.
        id: InstanceId,
        /// What it asked for.
        actions: &'a Actions,
        /// After it.
        router: &'a VirtualRouter,
    },
    /// A packet was discarded, which changes nothing but counters (PRJ-RX-09).
    Discarded {
        /// When.
        now: Instant,
        /// Why, and whose it was.
        rejected: &'a Rejected,
    },
    /// The router was taken out.
    Gone {
        /// Which.
        id: InstanceId,
    },
}

impl Router {
    /// Lets somebody look on from now on, or nobody. [`introduce`](Self::introduce) every router that is there, and each
    /// that comes later; the groups are shown by themselves.
    pub fn set_witness(&mut self, witness: Option<Arc<dyn Witness>>) {
        self.witness = witness;
        if let Some(witness) = &self.witness {
            witness.see(Seen::Begins);
        }
    }

    /// Tells the witness, where there is one, what a router is called and how it is.
    pub fn introduce(&self, id: InstanceId, name: &str) {
        if let (Some(witness), Some(router)) = (&self.witness, self.get(id)) {
            witness.see(Seen::Here { id, name, router });
        }
    }

    /// Tells the witness, where there is one, of every sync group that was made before it came; once the members are
    /// introduced.
    pub fn introduce_groups(&self, now: Instant) {
        for group in self.groups() {
            let members = self.members(group);
            self.show(Seen::Grouped { now, group, members });
        }
    }

    pub(crate) fn show(&self, seen: Seen<'_>) {
        if let Some(witness) = &self.witness {
            witness.see(seen);
        }
    }

    /// What a router was made to do by its group.
    pub(crate) fn show_ordered(&self, now: Instant, id: InstanceId, actions: &Actions) {
        if let (Some(witness), Some(router)) = (&self.witness, self.get(id)) {
            witness.see(Seen::Ordered {
                now,
                id,
                actions,
                router,
            });
        }
    }

    /// Between two calls, where nothing is half done.
    pub(crate) fn show_all_if_asked(&self, now: Instant) {
        let Some(witness) = self.witness.as_ref().filter(|witness| witness.asks(now)) else {
            return;
        };
        for (id, router) in self.iter() {
            witness.see(Seen::Still { id, router });
        }
        self.introduce_groups(now);
    }
}
