//! Two sides of a partition find each other again: one holder is left, and every neighbour knows which.

use std::time::Duration;

use vrrp_core::{Family, Interval, Priority};
use vrrp_sim::{ClientSettings, Fault, Random, check, lan};

/// The longest outage of a client on the loser's side, with or without a last advertisement of the loser.
struct Merge {
    last_word: bool,
    healed_at: Duration,
    family: Family,
}

impl Merge {
    /// Two to four routers of different priorities, in two sides that clients are on one of.
    fn run(&self, random: &mut Random) -> Result<Duration, vrrp_sim::Violation> {
        let nodes = random.between(2, 4);
        let mut routers = Vec::new();
        for number in 0..nodes {
            let priority = u8::try_from(random.between(1, 60) + number * 60).unwrap();
            let interval = Interval::from_centiseconds(*random.one_of(&[10, 50, 100]).unwrap()).unwrap();
            let priority = Priority::new(priority).unwrap();
            let mut settings = lan::settings_in(self.family, priority, interval);
            settings.advert_before_yield = self.last_word;
            routers.push(settings);
        }
        let (mut world, ids) = lan::lan(random.below(1000), routers).unwrap();
        let best = *ids.last().unwrap();
        let address = match self.family {
            Family::Ipv4 => lan::VIRTUAL,
            Family::Ipv6 => lan::VIRTUAL_6,
        };
        // Clients stay with side 0, on which the best is not.
        let client = world.add_client(ClientSettings::new("client", address, Duration::from_secs(16)));
        let sides = ids.iter().map(|id| (*id, u8::from(*id == best)));
        world.at(Duration::from_secs(10), Fault::Partition(sides.collect()));
        world.at(self.healed_at, Fault::Heal);
        if self.last_word {
            world.add_check(check::WinnerAnnounces::within(Duration::from_millis(5)));
        }
        world.run_until(Duration::from_secs(40))?;
        Ok(world.client(client).longest_outage())
    }
}

/// whoever is heard first, the winner announces again, and clients on the loser's side lose next to nothing.
#[test]
fn x_11_after_any_merge_the_winner_announces_again() {
    let mut random = Random::new(9568);
    for number in 0..200_u64 {
        let merge = Merge {
            last_word: true,
            healed_at: Duration::from_secs(20) + Duration::from_millis(random.below(1000)),
            family: if number % 2 == 0 {
                Family::Ipv4
            } else {
                Family::Ipv6
            },
        };
        let outage = merge
            .run(&mut random)
            .unwrap_or_else(|violation| panic!("{number}: {violation}"));
        assert!(outage <= Duration::from_millis(2), "{number}: {outage:?}");
    }
}

/// Why it matters: without the loser's last word a winner that is heard first announces nothing, and neighbours of the loser
/// go on asking it until their caches forget.
#[test]
fn without_the_losers_last_word_its_neighbours_wait_for_their_caches() {
    let mut random = Random::new(9568);
    let mut longest = Duration::ZERO;
    for _ in 0..50 {
        let merge = Merge {
            last_word: false,
            healed_at: Duration::from_secs(20) + Duration::from_millis(random.below(1000)),
            family: Family::Ipv4,
        };
        longest = longest.max(merge.run(&mut random).unwrap());
    }
    assert!(longest >= Duration::from_secs(5), "{longest:?}");
}

/// The check is one: it finds what it is for.
#[test]
fn the_check_finds_a_winner_that_keeps_silent() {
    let mut found = 0;
    for seed in 0..20_u64 {
        let settings = [150, 100].map(|priority| {
            let mut settings = lan::settings(Priority::new(priority).unwrap(), Interval::DEFAULT);
            settings.advert_before_yield = false;
            settings
        });
        let (mut world, ids) = lan::lan(seed, settings.to_vec()).unwrap();
        world.add_check(check::WinnerAnnounces::within(Duration::from_millis(5)));
        world.at(
            Duration::from_secs(10),
            Fault::Partition(vec![(ids[0], 0), (ids[1], 1)]),
        );
        world.at(
            Duration::from_secs(20) + Duration::from_millis(seed * 50),
            Fault::Heal,
        );
        found += u32::from(world.run_until(Duration::from_secs(30)).is_err());
    }
    assert!((1..20).contains(&found), "{found}");
}
