//! Any sequence of healths, words, reloads, refusals and foreign hands.

use std::collections::BTreeSet;

use healthcheck::{Because, Health, Placement};
use proptest::collection::vec;
use proptest::prelude::*;
use vrrp_director::{Input, LINGER, VirtualServerStatus};
use vrrp_ipvs::{Destination, Forwarding, Service, ServiceKey, Table};
use vrrp_plan::Command;
use vrrp_plan::balance::{Balance, Follows, Look, RealServer, Sorry, VirtualServer};

use crate::balances::{
    at, balance, check, destination, gate, key, server, service, sorry, virtual_server, which,
};
use crate::world::{World, seconds};

const CHECKS: [&str; 5] = ["check 0", "check 1", "check 2", "check 3", "check 4"];
const SERVERS: [&str; 5] = [
    "198.51.100.1:80",
    "198.51.100.2:80",
    "198.51.100.3:80",
    "198.51.100.3:8080",
    "198.51.100.4:80",
];
/// Two virtual servers may want the second, one after the other.
const SERVICES: [&str; 4] = ["192.0.2.1:80", "192.0.2.2:80", "192.0.2.3:80", "192.0.2.4:80"];
const FOREIGN: &str = "203.0.113.1:80";

fn real(index: usize) -> impl Strategy<Value = RealServer> {
    let follows = (0_usize..CHECKS.len(), any::<bool>()).prop_map(|(check, alpha)| Follows {
        alpha,
        ..gate(CHECKS[check])
    });
    (0_u32..4, any::<bool>(), any::<bool>(), vec(follows, 0..3)).prop_map(
        move |(weight, inhibit, direct, follows)| {
            let mut real = RealServer {
                inhibit,
                follows,
                ..server(SERVERS[index], weight)
            };
            if direct {
                // The port is the service's: two servers may come to one destination.
                real.destination.forwarding = Forwarding::Direct;
            }
            real
        },
    )
}

fn fallback() -> impl Strategy<Value = Option<Sorry>> {
    let some = any::<bool>().prop_map(|inhibit| Sorry {
        inhibit,
        ..sorry("127.0.0.1:80")
    });
    prop::option::of(some)
}

/// The virtual server of this name, with these services.
fn one(name: usize, services: Vec<usize>) -> impl Strategy<Value = VirtualServer> {
    let servers: Vec<_> = (0..SERVERS.len())
        .map(|index| prop::option::of(real(index)))
        .collect();
    (servers, fallback(), 1_u32..4, 0_u32..3, any::<bool>()).prop_map(
        move |(servers, sorry, quorum, hysteresis, begins_as_found)| {
            let mut servers: Vec<RealServer> = servers.into_iter().flatten().collect();
            if servers.is_empty() && sorry.is_none() {
                servers.push(server(SERVERS[0], 1));
            }
            VirtualServer {
                services: services.iter().map(|index| service(SERVICES[*index])).collect(),
                sorry,
                quorum,
                hysteresis,
                begins_as_found,
                ..virtual_server(SERVICES[name], servers)
            }
        },
    )
}

fn any_balance() -> impl Strategy<Value = Balance> {
    let shapes = prop_oneof![
        Just(vec![(0, vec![0])]),
        Just(vec![(0, vec![0, 1]), (2, vec![2])]),
        Just(vec![(0, vec![0]), (2, vec![1, 2])]),
        Just(vec![(3, vec![3, 1]), (0, vec![0])]),
    ];
    let servers = shapes.prop_flat_map(|shape| {
        let each = shape.into_iter().map(|(name, services)| one(name, services));
        each.collect::<Vec<_>>()
    });
    servers.prop_map(|servers| {
        let mut all = balance(servers);
        // Each may set weights. None of them is run.
        all.checks = (CHECKS.into_iter().chain(SERVERS))
            .map(|name| {
                let command = Command {
                    words: vec!["/bin/true".to_owned()],
                    user: None,
                    secure: false,
                };
                let sets_weight = true;
                check(name, Look::Run { command, sets_weight })
            })
            .collect::<Vec<_>>()
            .into();
        all
    })
}

#[derive(Debug, Clone)]
enum Step {
    Check(usize, Health),
    CheckWeight(usize, u32),
    Place(usize, Placement),
    Weigh(usize, Option<u32>),
    Reload(Box<Balance>),
    Pass(u64),
    /// The kernel's thread is busy meanwhile.
    Slow(bool),
    Refuse(Option<usize>),
    RefuseAll(bool),
    Silent(bool),
    Delete(usize, usize),
    Edit(usize, usize, u32),
    DeleteService(usize),
    Intruder(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let health = prop_oneof![3 => Just(Health::Up), 3 => Just(Health::Down), 1 => Just(Health::Unknown)];
    let placement = prop_oneof![
        Just(Placement::Judged),
        Just(Placement::In),
        Just(Placement::Drained),
        Just(Placement::Out)
    ];
    let (servers, services) = (0..SERVERS.len(), 0..SERVICES.len());
    prop_oneof![
        12 => (0..CHECKS.len(), health).prop_map(|(check, health)| Step::Check(check, health)),
        2 => (0..CHECKS.len(), 0_u32..4).prop_map(|(check, weight)| Step::CheckWeight(check, weight)),
        3 => (servers.clone(), placement).prop_map(|(server, placement)| Step::Place(server, placement)),
        2 => (servers.clone(), prop::option::of(0_u32..4)).prop_map(|(server, weight)| Step::Weigh(server, weight)),
        3 => any_balance().prop_map(|balance| Step::Reload(Box::new(balance))),
        4 => (0_u64..6_000).prop_map(Step::Pass),
        2 => any::<bool>().prop_map(Step::Slow),
        2 => prop::option::of(servers.clone()).prop_map(Step::Refuse),
        1 => any::<bool>().prop_map(Step::RefuseAll),
        1 => any::<bool>().prop_map(Step::Silent),
        1 => (services.clone(), servers.clone()).prop_map(|(service, server)| Step::Delete(service, server)),
        1 => (services.clone(), servers, 0_u32..3).prop_map(|(service, server, weight)| Step::Edit(service, server, weight)),
        1 => services.clone().prop_map(Step::DeleteService),
        1 => services.prop_map(Step::Intruder),
    ]
}

fn take(world: &mut World, step: &Step) {
    match step {
        Step::Check(check, health) => world.input(Input::Check {
            name: CHECKS[*check],
            health: *health,
            degraded: false,
        }),
        Step::CheckWeight(check, weight) => world.input(Input::CheckWeight {
            name: CHECKS[*check],
            weight: *weight,
        }),
        Step::Place(server, placement) => world.input(Input::Place(&which(SERVERS[*server]), *placement)),
        Step::Weigh(server, weight) => world.input(Input::Weigh(&which(SERVERS[*server]), *weight)),
        Step::Reload(balance) => world.reload((**balance).clone()),
        Step::Pass(milliseconds) => world.pass(std::time::Duration::from_millis(*milliseconds)),
        Step::Slow(slow) => {
            world.is_slow = *slow;
            if !slow {
                world.turn();
            }
        }
        Step::Refuse(server) => {
            let refused = server.map(|server| at(SERVERS[server]).into());
            world.kernel.inside().refused = refused.into_iter().collect();
        }
        Step::RefuseAll(all) => world.kernel.inside().refuses_all = *all,
        Step::Silent(silent) => world.kernel.inside().is_silent = *silent,
        Step::Delete(service, server) => {
            let (service, server) = (key(SERVICES[*service]), at(SERVERS[*server]).into());
            hand(world, service, |table| {
                table.unset(&service, &server);
            });
        }
        Step::Edit(service, server, weight) => {
            let service = key(SERVICES[*service]);
            let edited = destination(SERVERS[*server], *weight);
            hand(world, service, |table| {
                table.set(&service, edited);
            });
        }
        Step::DeleteService(service) => {
            let service = key(SERVICES[*service]);
            hand(world, service, |table| {
                table.take(&service);
            });
        }
        Step::Intruder(of) => {
            let (service, guest) = (key(SERVICES[*of]), destination("198.51.100.99:80", 5));
            hand(world, service, |table| {
                table.set(&service, guest);
            });
        }
    }
}

fn hand(world: &World, service: ServiceKey, change: impl FnOnce(&mut Table)) {
    world.kernel.by_another_hand(service, change);
}

/// As those who serve stand: looked at from the side of the status, which knows nothing of the table.
fn expected(world: &World, plans: &Balance) -> Table {
    let mut table = Table::new();
    for (plan, status) in plans.servers.iter().zip(world.director.status()) {
        for service in &plan.services {
            let mut each = std::collections::BTreeMap::new();
            for destination in placed(plan, &status, service) {
                let there = each.entry(destination.key).or_insert(destination);
                if there.weight <= destination.weight {
                    *there = destination;
                }
            }
            table.insert(service.clone(), each.into_values()).unwrap();
        }
    }
    table
}

fn placed(plan: &VirtualServer, status: &VirtualServerStatus, service: &Service) -> Vec<Destination> {
    let servers = plan.servers.iter().zip(&status.servers);
    let servers = servers.map(|(server, status)| (server.in_service(&service.key), status.weight));
    let last = plan.sorry.iter().zip(&status.sorry);
    let last = last.map(|(sorry, status)| (sorry.in_service(&service.key), status.weight));
    let all = servers.chain(last);
    all.filter_map(|(destination, weight)| {
        Some(Destination {
            weight: weight?,
            ..destination
        })
    })
    .collect()
}

/// Whoever is well and has a weight, or stands in for them, is in the wanted table.
fn somebody_serves(world: &World, plans: &Balance) -> Result<(), TestCaseError> {
    for (plan, status) in plans.servers.iter().zip(world.director.status()) {
        let has_one = status
            .servers
            .iter()
            .any(|server| server.lives && server.weight > Some(0));
        if !has_one && status.sorry.is_none() {
            continue;
        }
        for service in &plan.services {
            let wanted = world.director.wanted().get(&service.key);
            prop_assert!(
                wanted.is_some_and(vrrp_ipvs::VirtualServer::serves),
                "{} is empty",
                service.key
            );
        }
    }
    Ok(())
}

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    }
}

proptest! {
    #![proptest_config(config())]

    /// Once it is quiet the kernel has what is wanted, and on the way no service was emptied that had somebody to serve.
    #[test]
    fn the_kernel_follows_whatever_happens(first in any_balance(), steps in vec(step(), 1..40)) {
        let mut found = Table::new();
        found.insert(service(FOREIGN), [destination(SERVERS[0], 3)]).unwrap();
        found.insert(service(SERVICES[0]), [destination(SERVERS[0], 1), destination(SERVERS[1], 0)]).unwrap();
        let mut world = World::begin(first.clone(), &found);
        let mut plans = first;
        for step in &steps {
            take(&mut world, step);
            if let Step::Reload(balance) = step {
                plans = (**balance).clone();
            }
            somebody_serves(&world, &plans)?;
            let inside = world.kernel.inside();
            prop_assert!(inside.wrongs.is_empty(), "{:?}", inside.wrongs);
        }
        {
            let mut inside = world.kernel.inside();
            inside.refused = BTreeSet::new();
            (inside.refuses_all, inside.is_silent) = (false, false);
        }
        world.is_slow = false;
        // Longer than the longest pause, and than anybody lingers.
        world.pass(seconds(61) + LINGER);
        let mut wanted = expected(&world, &plans);
        prop_assert_eq!(world.director.wanted(), &wanted);
        prop_assert_eq!(world.director.deadline(), None);
        wanted.insert(service(FOREIGN), [destination(SERVERS[0], 3)]).unwrap();
        // Not ours: named by no balance of this run.
        for name in SERVICES.map(key) {
            let left = world.kernel.table().get(&name).cloned();
            if let Some(left) = left.filter(|_| wanted.get(&name).is_none()) {
                prop_assert!(world.keeper.status().foreign.contains(&name), "{} is left", name);
                wanted.put(left);
            }
        }
        prop_assert_eq!(world.kernel.table(), wanted);
        prop_assert!(world.keeper.status().troubles.is_empty(), "{:?}", world.keeper.status().troubles);
        // And then nothing more is done.
        let commands = world.keeper.status().commands;
        world.reload(plans);
        world.pass(seconds(100));
        prop_assert_eq!(world.keeper.status().commands, commands, "an unchanged reload is no command");
    }

    /// Each server's life and each quorum are told as they change, and that one is down that has waited for its checks.
    #[test]
    fn what_is_told_adds_up(first in any_balance(), steps in vec(step(), 1..40)) {
        let found: Vec<String> = first
            .servers
            .iter()
            .filter(|one| one.begins_as_found)
            .map(|one| one.name.clone())
            .collect();
        let mut world = World::begin(first, &Table::new());
        world.is_slow = true;
        world.told();
        let mut before = lives(&world);
        let mut down = BTreeSet::new();
        for step in steps.iter().filter(|step| !matches!(step, Step::Reload(_) | Step::Slow(_))) {
            take(&mut world, step);
            let now = lives(&world);
            let tells = |(server, is): &(&(String, String), &Stands)| match (before.get(*server), is) {
                (Some(Stands::Awaited), Stands::Failed) => !found.contains(&server.0) && !down.contains(*server),
                (Some(was), is) => (*was == Stands::Lives) != (**is == Stands::Lives),
                (None, _) => true,
            };
            let differing = now.iter().filter(tells).count();
            let told = world.told();
            let servers = told.iter().filter(|event| matches!(event, vrrp_director::Event::Server { .. })).count();
            prop_assert_eq!(servers, differing, "{:?}", told);
            for event in told {
                if let vrrp_director::Event::Server { virtual_server, server, up, .. } = event {
                    let server = (virtual_server.to_string(), server.to_string());
                    if up { down.remove(&server) } else { down.insert(server) };
                }
            }
            before = now;
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Stands {
    Lives,
    Awaited,
    Failed,
    /// By an operator's word, or by his weight.
    Otherwise,
}

fn lives(world: &World) -> std::collections::BTreeMap<(String, String), Stands> {
    let all = world.director.status();
    let each = all.iter().flat_map(|status| {
        status.servers.iter().map(move |server| {
            let stands = match &server.because {
                _ if server.lives => Stands::Lives,
                Because::Unchecked(_) => Stands::Awaited,
                Because::Failed(_) => Stands::Failed,
                _ => Stands::Otherwise,
            };
            ((status.name.to_string(), server.name.to_string()), stands)
        })
    });
    each.collect()
}
