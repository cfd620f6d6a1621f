//! Named situations: what operators ask about first, each with what theory says of the client's outage.

use std::time::Duration;

use vrrp_core::{ConfigError, Health, Interval, Order, Priority, Settings, Tracker, TrackerId, Weight};

use crate::check;
use crate::fabric::Way;
use crate::fault::{Fault, NodeId};
use crate::lan;
use crate::world::{Violation, World};

/// A situation that can be run by its name.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// As on the command line.
    pub name: &'static str,
    /// What happens.
    pub about: &'static str,
    /// What the client has to lose, and why.
    pub theory: &'static str,
    /// The longest outage by that theory, measured in whole requests of 1 ms, in milliseconds.
    pub outage_ms_max: u64,
    priorities: &'static [u8],
    change: fn(&mut Settings),
    faults: fn(&[NodeId]) -> Vec<(u64, Fault)>,
}

/// Virtual time that every scenario lasts, in seconds.
const LASTS_SECONDS: u64 = 40;

fn nothing(_: &mut Settings) {}

/// Every scenario: nodes a, b, … with priorities 150 and 100 at 1 s where it says nothing else.
pub const ALL: [Scenario; 14] = [
    Scenario {
        name: "power-cut",
        about: "the Active loses its power and comes back",
        theory: "3 intervals + skew of priority 100 = 3609.375 ms after its last advertisement; the return costs nothing",
        outage_ms_max: 3_610,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| vec![(10_000, Fault::PowerCut(n[0])), (25_000, Fault::Start(n[0]))],
    },
    Scenario {
        name: "link-down",
        about: "the Active's link loses its carrier and gets it back",
        theory: "as a power cut: no goodbye can leave",
        outage_ms_max: 3_610,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| vec![(10_000, Fault::LinkDown(n[0])), (25_000, Fault::LinkUp(n[0]))],
    },
    Scenario {
        name: "planned-stop",
        about: "the Active is stopped as planned",
        theory: "0: the addresses answer until the successor does (PRJ-STOP-01)",
        outage_ms_max: 0,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| vec![(10_000, Fault::Stop(n[0]))],
    },
    Scenario {
        name: "planned-stop-rfc",
        about: "the same by the letter of RFC 9568: the addresses are gone before the successor is told",
        theory: "the skew of priority 100: 609.375 ms",
        outage_ms_max: 611,
        priorities: &[150, 100],
        change: |s| s.hold = false,
        faults: |n| vec![(10_000, Fault::Stop(n[0]))],
    },
    Scenario {
        name: "preempt",
        about: "a better node comes late and takes over",
        theory: "0: the worse one lets go only when the better one answers",
        outage_ms_max: 0,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| vec![(0, Fault::Kill(n[0])), (20_000, Fault::Start(n[0]))],
    },
    Scenario {
        name: "nopreempt",
        about: "the same without preemption: nothing moves",
        theory: "0",
        outage_ms_max: 0,
        priorities: &[150, 100],
        change: |s| s.preempt = false,
        faults: |n| vec![(0, Fault::Kill(n[0])), (20_000, Fault::Start(n[0]))],
    },
    Scenario {
        name: "partition",
        about: "the nodes no longer hear each other; the client stays with the Active; then all is well again",
        theory: "0: after the merge the winner announces again",
        outage_ms_max: 0,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| vec![(10_000, Fault::Partition(vec![(n[1], 1)])), (25_000, Fault::Heal)],
    },
    Scenario {
        name: "stall",
        about: "the Backup's program does not run for 6 s: its deadline passes with advertisements in its socket",
        theory: "0: packets are read before a deadline is acted upon (PRJ-TIME-04)",
        outage_ms_max: 0,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| vec![(10_000, Fault::Stall(n[1], Duration::from_secs(6)))],
    },
    Scenario {
        name: "stalled-active",
        about: "the Active's program does not run for 6 s; its kernel goes on answering",
        theory: "0, but for what is under way when the second holder lets go: two hold it for a while, and both answer",
        outage_ms_max: 1,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| vec![(10_000, Fault::Stall(n[0], Duration::from_secs(6)))],
    },
    Scenario {
        name: "crash-restart",
        about: "the Active's program is killed, its kernel keeps the address; it is started again",
        theory: "0: the kernel answers until the successor announces; the leftover goes after the restart",
        outage_ms_max: 0,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| vec![(10_000, Fault::Kill(n[0])), (20_000, Fault::Start(n[0]))],
    },
    Scenario {
        name: "failed-check",
        about: "a check of weight 0 fails on the Active and recovers",
        theory: "0: what is barred for health still answers until the successor does",
        outage_ms_max: 0,
        priorities: &[150, 100],
        change: |s| {
            s.trackers = vec![Tracker {
                weight: Weight::Gate { reverse: false },
                initial: Health::Up,
            }];
        },
        faults: |n| {
            let check = |health| Fault::Health(n[0], TrackerId(0), health);
            vec![(10_000, check(Health::Down)), (25_000, check(Health::Up))]
        },
    },
    Scenario {
        name: "switchover",
        about: "an operator moves the address to the other node and back",
        theory: "0",
        outage_ms_max: 0,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| {
            vec![
                (10_000, Fault::Order(n[0], Order::Resign)),
                (25_000, Fault::Order(n[0], Order::Compete)),
            ]
        },
    },
    Scenario {
        name: "roll-back",
        about: "an operator moves the address, but nobody takes over",
        theory: "0: the address never leaves",
        outage_ms_max: 0,
        priorities: &[150, 100],
        change: nothing,
        faults: |n| {
            vec![
                (9_000, Fault::PowerCut(n[1])),
                (10_000, Fault::Order(n[0], Order::Resign)),
            ]
        },
    },
    Scenario {
        name: "loss",
        about: "the Active's frames to the two Backups are lost, 200 of 1000",
        theory: "0: three advertisements in a row have to be lost, and then two answer for a moment",
        outage_ms_max: 0,
        priorities: &[200, 150, 100],
        change: nothing,
        faults: |n| {
            let way = Way {
                loss_ppm: 200_000,
                ..Way::default()
            };
            vec![
                (10_000, Fault::Way(n[0], n[1], way)),
                (10_000, Fault::Way(n[0], n[2], way)),
            ]
        },
    },
];

impl Scenario {
    /// The scenario of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|scenario| scenario.name == name)
    }

    /// Its world at the beginning, watched by every check that holds in it.
    ///
    /// # Errors
    /// Settings that contradict themselves.
    pub fn world(&self, seed: u64, interval: Interval) -> Result<World, ConfigError> {
        let routers = self
            .priorities
            .iter()
            .filter_map(|priority| Priority::new(*priority));
        let routers = routers.map(|priority| {
            let mut settings = lan::settings(priority, interval);
            (self.change)(&mut settings);
            settings
        });
        let (mut world, nodes) = lan::lan(seed, routers.collect())?;
        world.add_client(lan::client(Duration::from_secs(5)));
        world.add_check(check::AddressesFollowTheState::default());
        world.add_check(check::NothingSentWhileBarred::default());
        // A hold may roll back, and the last frames are under way.
        world.add_check(check::OneActive::after(Duration::from_millis(1_200)));
        for (at_ms, fault) in (self.faults)(&nodes) {
            world.at(Duration::from_millis(at_ms), fault);
        }
        Ok(world)
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// The first broken invariant.
    pub fn run(&self, world: &mut World) -> Result<(), Violation> {
        world.run_until(Duration::from_secs(LASTS_SECONDS))
    }
}
