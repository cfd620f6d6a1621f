//! Named searches of sync groups.

use vrrp_core::ConfigError;

use super::{GroupBudget, GroupSetup};

/// A search that can be run by its name.
#[derive(Debug, Clone, Copy)]
pub struct GroupSearch {
    /// As on the command line.
    pub name: &'static str,
    /// Who and what.
    pub about: &'static str,
    priorities: &'static [[u8; 2]],
    budget: GroupBudget,
}

const NOTHING: GroupBudget = GroupBudget {
    losses: 0,
    cuts: 0,
    partitions: 0,
    crashes: 0,
    stops: 0,
    switchovers: 0,
};
const LINK: GroupBudget = GroupBudget {
    cuts: 1,
    losses: 1,
    ..NOTHING
};
const PARTED: GroupBudget = GroupBudget {
    partitions: 1,
    losses: 1,
    ..NOTHING
};
const PLANNED: GroupBudget = GroupBudget {
    stops: 1,
    switchovers: 1,
    ..NOTHING
};
const CRASH: GroupBudget = GroupBudget {
    crashes: 1,
    losses: 1,
    ..NOTHING
};
const TWO_LINKS: GroupBudget = GroupBudget { cuts: 2, ..NOTHING };

const USUAL: &[[u8; 2]] = &[[150, 150], [100, 100]];
const EQUAL: &[[u8; 2]] = &[[100, 100], [100, 100]];
/// Each of the two is the better one on one LAN.
const CONTRARY: &[[u8; 2]] = &[[150, 50], [100, 100]];
/// Equal nodes whose elections contradict each other.
const THREE: &[[u8; 2]] = &[[100, 100], [100, 100], [100, 100]];

const fn search(
    name: &'static str,
    about: &'static str,
    priorities: &'static [[u8; 2]],
    budget: GroupBudget,
) -> GroupSearch {
    GroupSearch {
        name,
        about,
        priorities,
        budget,
    }
}

/// Every search: nodes with a member on each of two LANs, all running at the beginning.
pub const ALL: [GroupSearch; 15] = [
    search(
        "groups-usual-link",
        "two gateways; a link down and a loss",
        USUAL,
        LINK,
    ),
    search(
        "groups-usual-parted",
        "two gateways; a LAN in two parts and a loss",
        USUAL,
        PARTED,
    ),
    search(
        "groups-usual-planned",
        "two gateways; a planned stop and a switchover",
        USUAL,
        PLANNED,
    ),
    search(
        "groups-usual-crash",
        "two gateways; a power cut and a loss",
        USUAL,
        CRASH,
    ),
    search(
        "groups-usual-links",
        "two gateways; two links down",
        USUAL,
        TWO_LINKS,
    ),
    search(
        "groups-usual-both",
        "two gateways; both LANs in two parts",
        USUAL,
        GroupBudget {
            partitions: 2,
            ..NOTHING
        },
    ),
    search(
        "groups-equal-link",
        "two equal gateways; a link down and a loss",
        EQUAL,
        LINK,
    ),
    search(
        "groups-equal-parted",
        "two equal gateways; a LAN in two parts and a loss",
        EQUAL,
        PARTED,
    ),
    search(
        "groups-equal-planned",
        "two equal gateways; a planned stop and a switchover",
        EQUAL,
        PLANNED,
    ),
    search(
        "groups-equal-links",
        "two equal gateways; two links down",
        EQUAL,
        TWO_LINKS,
    ),
    search(
        "groups-contrary-link",
        "each the better one on one LAN; a link down and a loss",
        CONTRARY,
        LINK,
    ),
    search(
        "groups-contrary-parted",
        "each the better one on one LAN; a LAN in two parts and a loss",
        CONTRARY,
        PARTED,
    ),
    search(
        "groups-contrary-planned",
        "each the better one on one LAN; a planned stop and a switchover",
        CONTRARY,
        PLANNED,
    ),
    search(
        "groups-three-parted",
        "three equal gateways; a LAN in two parts",
        THREE,
        GroupBudget {
            partitions: 1,
            ..NOTHING
        },
    ),
    search(
        "groups-three-crash",
        "three equal gateways; a power cut",
        THREE,
        GroupBudget {
            crashes: 1,
            ..NOTHING
        },
    ),
];

impl GroupSearch {
    /// The search of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|search| search.name == name)
    }

    /// Its nodes and budget.
    ///
    /// # Errors
    /// Settings that contradict themselves.
    pub fn setup(&self) -> Result<GroupSetup, ConfigError> {
        GroupSetup::new(self.priorities, true, self.budget)
    }
}
