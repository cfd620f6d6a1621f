//! Named searches: each a group and a budget that are small enough to be exhausted.

use vrrp_core::{
    Config, ConfigError, Health, Interval, Priority, Profile, Settings, Tracker, Version, Weight,
};

use super::{Budget, Setup};
use crate::lan;

/// A search that can be run by its name.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// As on the command line.
    pub name: &'static str,
    /// Who and what.
    pub about: &'static str,
    /// It takes minutes and gigabytes.
    pub large: bool,
    priorities: &'static [u8],
    change: fn(&mut Settings),
    budget: Budget,
}

const NOTHING: Budget = Budget {
    losses: 0,
    delays: 0,
    stalls: 0,
    crashes: 0,
    stops: 0,
    switchovers: 0,
    failures: 0,
};

fn as_it_is(_: &mut Settings) {}

/// Every search, the small ones first; 1 s, the `default` profile and version 3 where it says nothing else.
pub const ALL: [Search; 14] = [
    Search {
        name: "pair-unplanned",
        about: "two routers; 2 losses, a delay and a power cut",
        large: false,
        priorities: &[150, 100],
        change: as_it_is,
        budget: Budget {
            losses: 2,
            delays: 1,
            crashes: 1,
            ..NOTHING
        },
    },
    Search {
        name: "pair-stalled",
        about: "two routers; a loss, a stall of five intervals and a power cut",
        large: false,
        priorities: &[150, 100],
        change: as_it_is,
        budget: Budget {
            losses: 1,
            stalls: 1,
            crashes: 1,
            ..NOTHING
        },
    },
    Search {
        name: "pair-planned",
        about: "two routers; a planned stop, a switchover and a failed check",
        large: false,
        priorities: &[150, 100],
        change: as_it_is,
        budget: Budget {
            stops: 1,
            switchovers: 1,
            failures: 1,
            ..NOTHING
        },
    },
    Search {
        name: "pair-planned-loss",
        about: "two routers; a planned stop and a switchover while 2 advertisements are lost",
        large: false,
        priorities: &[150, 100],
        change: as_it_is,
        budget: Budget {
            losses: 2,
            stops: 1,
            switchovers: 1,
            ..NOTHING
        },
    },
    Search {
        name: "pair-equal",
        about: "two routers of one priority; a loss, a delay and a power cut",
        large: false,
        priorities: &[100, 100],
        change: as_it_is,
        budget: Budget {
            losses: 1,
            delays: 1,
            crashes: 1,
            ..NOTHING
        },
    },
    Search {
        name: "pair-nopreempt",
        about: "two routers that do not preempt; a loss, a power cut and a planned stop",
        large: false,
        priorities: &[150, 100],
        change: |s| s.preempt = false,
        budget: Budget {
            losses: 1,
            crashes: 1,
            stops: 1,
            ..NOTHING
        },
    },
    Search {
        name: "pair-owner",
        about: "the address owner and a Backup; a loss, a power cut and a planned stop",
        large: false,
        priorities: &[255, 100],
        change: as_it_is,
        budget: Budget {
            losses: 1,
            crashes: 1,
            stops: 1,
            ..NOTHING
        },
    },
    Search {
        name: "pair-version-2",
        about: "two routers of version 2; a loss, a power cut and a planned stop",
        large: false,
        priorities: &[150, 100],
        change: |s| s.version = Version::V2,
        budget: Budget {
            losses: 1,
            crashes: 1,
            stops: 1,
            ..NOTHING
        },
    },
    Search {
        name: "pair-rfc",
        about: "two routers to the letter of RFC 9568; a loss, a delay, a power cut and a stop",
        large: false,
        priorities: &[150, 100],
        change: to_the_letter,
        budget: Budget {
            losses: 1,
            delays: 1,
            crashes: 1,
            stops: 1,
            ..NOTHING
        },
    },
    Search {
        name: "trio-unplanned",
        about: "three routers; a loss and a power cut",
        large: false,
        priorities: &[150, 120, 100],
        change: as_it_is,
        budget: Budget {
            losses: 1,
            crashes: 1,
            ..NOTHING
        },
    },
    Search {
        name: "trio-planned",
        about: "three routers; a planned stop and a loss",
        large: false,
        priorities: &[150, 120, 100],
        change: as_it_is,
        budget: Budget {
            losses: 1,
            stops: 1,
            ..NOTHING
        },
    },
    Search {
        name: "trio-mixed",
        about: "three routers; a loss, a power cut and a planned stop",
        large: false,
        priorities: &[150, 120, 100],
        change: as_it_is,
        budget: Budget {
            losses: 1,
            crashes: 1,
            stops: 1,
            ..NOTHING
        },
    },
    Search {
        name: "pair-everything",
        about: "two routers; a loss, a delay, a stall, a power cut and a planned stop",
        large: true,
        priorities: &[150, 100],
        change: as_it_is,
        budget: Budget {
            losses: 1,
            delays: 1,
            stalls: 1,
            crashes: 1,
            stops: 1,
            ..NOTHING
        },
    },
    Search {
        name: "trio-everything",
        about: "three routers; a loss, a delay, a power cut and a planned stop",
        large: true,
        priorities: &[150, 120, 100],
        change: as_it_is,
        budget: Budget {
            losses: 1,
            delays: 1,
            crashes: 1,
            stops: 1,
            ..NOTHING
        },
    },
];

/// What only the profile can switch off is taken from it; everything else stays comparable.
fn to_the_letter(settings: &mut Settings) {
    let family = settings.family;
    let mut letter = Settings::new(
        Profile::Rfc,
        family,
        settings.vrid,
        settings.interface.unwrap_or(crate::INTERFACE),
    );
    letter.priority = settings.priority;
    letter.interval = settings.interval;
    letter.addresses = std::mem::take(&mut settings.addresses);
    letter.trackers = std::mem::take(&mut settings.trackers);
    *settings = letter;
}

impl Search {
    /// The search of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|search| search.name == name)
    }

    /// Its group and budget.
    ///
    /// # Errors
    /// Settings that contradict themselves.
    pub fn setup(&self) -> Result<Setup, ConfigError> {
        let routers = self
            .priorities
            .iter()
            .filter_map(|priority| Priority::new(*priority));
        let routers = routers.map(|priority| {
            let mut settings = lan::settings(priority, Interval::DEFAULT);
            settings.trackers = vec![Tracker {
                weight: Weight::Gate { reverse: false },
                initial: Health::Up,
            }];
            (self.change)(&mut settings);
            settings.build()
        });
        let routers = routers.collect::<Result<Vec<Config>, ConfigError>>()?;
        Ok(Setup::new(routers, self.budget))
    }
}
