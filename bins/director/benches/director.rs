//! What one check's news, a reload and the first table cost with 37,205 real servers, the table of which keepalived's release notes
//! speak: in a thousand virtual servers, and in one.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a benchmark"
)]

#[path = "../tests/model/balances.rs"]
mod balances;
#[path = "../tests/model/mod.rs"]
mod model;

use std::net::Ipv4Addr;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use healthcheck::Health;
use vrrp_core::Instant;
use vrrp_director::{Director, Input, Keeper};
use vrrp_ipvs::Table;
use vrrp_plan::balance::{Balance, Look};

use crate::balances::{check, server, virtual_server};
use crate::model::Model;

const REAL_SERVERS: u32 = 37_205;

/// Each server with a check of its own, in so many virtual servers.
fn of(virtual_servers: u32, weight_of_the_first: u32) -> Balance {
    let name = |server| format!("{}:80", Ipv4Addr::from(0x0a01_0000 + server));
    let each = (0..virtual_servers).map(|number| {
        let servers = (0..REAL_SERVERS).filter(|server| server % virtual_servers == number);
        let servers = servers.map(|index| {
            let weight = if index == number { weight_of_the_first } else { 1 };
            server(&name(index), weight)
        });
        let address = Ipv4Addr::from(0x0a00_0000 + number);
        virtual_server(&format!("{address}:80"), servers.collect())
    });
    let checks = (0..REAL_SERVERS).map(|server| check(&name(server), Look::Always(true)));
    Balance {
        servers: each.map(Arc::new).collect(),
        checks: checks.collect::<Vec<_>>().into(),
        ..Balance::default()
    }
}

fn started(balance: Balance) -> (Director, Keeper<Model>) {
    let now = Instant::default();
    let mut director = Director::new(balance).expect("a balance");
    director.handle(now, Input::Start(&Table::new()));
    let mut keeper = Keeper::new(now, Model::default(), Table::new());
    keeper.turn(now, &director.take_steps(), None);
    (director, keeper)
}

fn flip(director: &mut Director, keeper: &mut Keeper<Model>, up: bool) {
    let health = if up { Health::Up } else { Health::Down };
    let input = Input::Check {
        name: "10.1.0.7:80",
        health,
        degraded: false,
    };
    let now = Instant::default();
    director.handle(now, input);
    keeper.turn(now, &director.take_steps(), None);
}

fn costs(criterion: &mut Criterion) {
    for count in [1_000, 1] {
        let title = |what: &str| format!("37205 real servers in {count} virtual, {what}");
        let (balance, other) = (of(count, 1), of(count, 2));
        let (mut director, mut keeper) = started(balance.clone());
        criterion.bench_function(&title("one goes and comes back"), |bencher| {
            bencher.iter(|| {
                flip(&mut director, &mut keeper, false);
                flip(&mut director, &mut keeper, true);
            });
        });
        let mut group = criterion.benchmark_group(title("whole"));
        group.sample_size(10);
        group.bench_function("start", |bencher| {
            bencher.iter_batched(|| balance.clone(), started, BatchSize::PerIteration);
        });
        group.bench_function("reload, unchanged", |bencher| {
            let again = || balance.clone();
            bencher.iter_batched(
                again,
                |balance| director.reload(Instant::default(), balance),
                BatchSize::PerIteration,
            );
        });
        let mut turn = 0;
        group.bench_function("reload, every virtual server changed", |bencher| {
            let next = || {
                turn += 1;
                if turn % 2 == 0 {
                    balance.clone()
                } else {
                    other.clone()
                }
            };
            bencher.iter_batched(
                next,
                |balance| {
                    director.reload(Instant::default(), balance).expect("a balance");
                    keeper.turn(Instant::default(), &director.take_steps(), None)
                },
                BatchSize::PerIteration,
            );
        });
        group.bench_function("status", |bencher| bencher.iter(|| director.status().len()));
        group.finish();
    }
}

criterion_group!(benches, costs);
criterion_main!(benches);
