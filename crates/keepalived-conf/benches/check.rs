//! What `vrrpctl check` costs for 1 MB of configuration with 1,000 instances: without a fault, and with one in each.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "criterion's macros write undocumented functions, and a bench stops at what it did not expect"
)]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use keepalived_conf::{
    Asked, Facts, Host, MemoryFiles, Parsed, Renderer, Verdict, judge, lint, parse_for, print,
};

const INSTANCES: usize = 1_000;
/// Comments fill the file up to this, as they do in files of users.
const BYTES: usize = 1_000_000;

fn text(fault: &str) -> String {
    let mut text = "global_defs {\n  router_id lb01\n  enable_script_security\n  script_user root\n}\n\
                    vrrp_script web {\n  script \"/usr/bin/curl -sf http://127.0.0.1/\"\n  interval 2\n  timeout 1\n  weight -20\n}\n"
        .to_owned();
    for number in 0..INSTANCES {
        let (interface, vrid) = (number / 250, number % 250 + 1);
        let (high, low) = (number / 256, number % 256);
        let instance = format!(
            "vrrp_instance VI_{number} {{\n  state BACKUP\n  interface eth{interface}\n  virtual_router_id {vrid}\n  \
             priority 150{fault}\n  advert_int 1\n  authentication {{\n    auth_type PASS\n    auth_pass k{number}\n  }}\n  \
             virtual_ipaddress {{\n    10.{high}.{low}.1/24 dev eth{interface} label eth{interface}:{vrid}\n    10.{high}.{low}.2/24\n    \
             10.{high}.{low}.3/24\n    10.{high}.{low}.4/24\n  }}\n  track_script {{\n    web\n  }}\n  \
             notify_master \"/etc/keepalived/notify.sh MASTER {number}\"\n  notify_backup \"/etc/keepalived/notify.sh BACKUP {number}\"\n}}\n"
        );
        text.push_str(&instance);
        let wanted = (BYTES / INSTANCES) * (number + 1);
        while text.len() < wanted {
            let _never_fails = writeln!(
                text,
                "# what the service behind VI_{number} needs, and who is to be asked"
            );
        }
    }
    text
}

fn parsed(files: &MemoryFiles) -> Parsed {
    parse_for(&Host::default(), files, "k.conf")
}

/// Everything that `vrrpctl check` does between reading the file and writing the answer.
fn check(files: &MemoryFiles) -> (Verdict, usize) {
    let parsed = parsed(files);
    let facts = Facts::assume(&Asked::of(&parsed));
    let judged = judge(&parsed, &facts);
    let lint = lint::file(&parsed, &lint::Machine::default());
    let mut renderer = Renderer::new(&parsed.sources, false);
    let all = judged.diagnostics.iter().chain(&lint);
    let drawn: usize = all.map(|found| renderer.render(found).len()).sum();
    (judged.verdict, drawn)
}

fn benches(criterion: &mut Criterion) {
    let files = |fault: &str| MemoryFiles::new([("k.conf", text(fault))]);
    let (good, bad) = (files(""), files("0"));
    let size = u64::try_from(text("").len()).unwrap();
    assert!(size >= 1_000_000);
    assert_eq!(parsed(&good).config.instances.len(), INSTANCES);
    assert_eq!(check(&good).0, Verdict::Clean);
    assert_eq!(check(&bad).0, Verdict::Warns);
    let mut group = criterion.benchmark_group("1 MB, 1000 instances");
    group.throughput(Throughput::Bytes(size)).sample_size(20);
    group.bench_function("check", |bencher| bencher.iter(|| check(black_box(&good))));
    group.bench_function("check, a fault in each", |bencher| {
        bencher.iter(|| check(black_box(&bad)))
    });
    group.bench_function("parse", |bencher| bencher.iter(|| parsed(black_box(&good))));
    let tree = parsed(&good).tree;
    group.bench_function("print", |bencher| bencher.iter(|| print(black_box(&tree))));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
