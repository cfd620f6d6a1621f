//! What a signed advertisement costs (HM-05): signed, believed, and discarded before and after the digest.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "criterion's macros write undocumented functions, and a bench stops at what it did not expect"
)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use criterion::{Criterion, criterion_group, criterion_main};
use vrrp_core::wire::{Received, Reject};
use vrrp_core::{
    AuthHmac, Draft, Family, HmacKey, Input, Instant, InterfaceId, Link, Profile, Settings, Version,
    VirtualRouter, Vrid, WallClock,
};

const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const NOW: Instant = Instant::from_nanos(0);
const WALL: WallClock = WallClock {
    seconds: 1_795_230_725,
    nanos: 0,
};
const DRAFT: Draft = Draft {
    priority: 150,
    version: Version::V3,
};

fn router() -> VirtualRouter {
    let vrid = Vrid::new(51).unwrap();
    let mut settings = Settings::new(Profile::Default, Family::Ipv4, vrid, InterfaceId(2));
    settings.addresses = vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 254))];
    settings.auth_hmac = Some(AuthHmac::new(vec![HmacKey::new(1, &[7; 32]).unwrap()], 1));
    VirtualRouter::new(settings.build().unwrap())
}

fn sender() -> VirtualRouter {
    let mut router = router();
    let primary = Some(SOURCE);
    router.handle(NOW, Input::Link(Link { up: true, primary }));
    router
}

fn signed() -> Vec<u8> {
    let mut buffer = vec![0; 40];
    let mut router = sender();
    let sealed = router.seal(DRAFT, Some(WALL));
    assert_eq!(sealed.encode(Family::Ipv4.group(), &mut buffer), Some(40));
    buffer
}

fn hear(router: &mut VirtualRouter, message: &[u8]) -> Option<Reject> {
    let received = Received {
        interface: Some(InterfaceId(2)),
        source: SOURCE,
        destination: Some(Family::Ipv4.group()),
        hop_limit: Some(255),
        message,
    };
    router.receive_at(NOW, Some(WALL), &received).err()
}

fn costs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("signed");
    let good = signed();
    let with = |place: usize| {
        let mut changed = good.clone();
        if let Some(octet) = changed.get_mut(place) {
            *octet ^= 0x40;
        }
        changed
    };
    let cases = [
        ("stale, no digest", with(18), Reject::HmacStale),
        ("wrong tag", with(39), Reject::HmacMismatch),
        ("heard before", good.clone(), Reject::HmacReplay),
    ];
    for (name, message, reject) in cases {
        let mut router = router();
        assert_eq!(hear(&mut router, &good), None);
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert_eq!(hear(&mut router, black_box(&message)), Some(reject)));
        });
    }
    let mut router = sender();
    let mut buffer = [0; 40];
    group.bench_function("sign", |bencher| {
        bencher.iter(|| {
            let sealed = router.seal(black_box(DRAFT), Some(WALL));
            sealed.encode(Family::Ipv4.group(), &mut buffer)
        });
    });
    group.finish();
}

criterion_group!(benches, costs);
criterion_main!(benches);
