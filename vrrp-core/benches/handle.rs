//! What the state machine costs: one advertisement, one tick, and both among many routers.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "criterion's macros write undocumented functions, and a bench stops at what it did not expect"
)]

mod load;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use load::{Many, One};

fn one(c: &mut Criterion) {
    let mut group = c.benchmark_group("one router");
    let mut backup = One::backup();
    group.bench_function("advertisement in Backup, judged and handled", |b| {
        b.iter(|| black_box(backup.receive()));
    });
    group.bench_function("advertisement in Backup, handled", |b| {
        b.iter(|| black_box(backup.hear()))
    });
    let mut active = One::active();
    group.bench_function("tick in Active", |b| b.iter(|| black_box(active.tick())));
    group.finish();
}

fn many(c: &mut Criterion) {
    for count in [255_u16, 1020] {
        let mut group = c.benchmark_group("many routers");
        let mut backup = Many::backup(count);
        group.bench_function(BenchmarkId::new("advertisement in Backup", count), |b| {
            b.iter(|| black_box(backup.receive()));
        });
        let mut active = Many::active(count);
        group.throughput(Throughput::Elements(u64::from(count)));
        group.bench_function(BenchmarkId::new("tick of all in Active", count), |b| {
            b.iter(|| black_box(active.tick()));
        });
        group.finish();
    }
}

criterion_group!(benches, one, many);
criterion_main!(benches);
