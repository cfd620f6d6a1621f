//! What one advertisement costs: read and judged, and written.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "criterion's macros write undocumented functions, and a bench stops at what it did not expect"
)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use vrrp_core::wire::{Advertisement, ChecksumForm, IpPacket, Local, Received, Reject, judge};
use vrrp_core::{
    Authentication, Config, Family, Heard, InterfaceId, Interval, Profile, Settings, Version, Vrid,
};

const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const PRIMARY: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

/// Versions and numbers of addresses.
const SIZES: [(Version, u8); 4] = [
    (Version::V3, 1),
    (Version::V3, 20),
    (Version::V3, 255),
    (Version::V2, 1),
];

fn addresses(count: u8) -> Vec<IpAddr> {
    (1..=count).map(|host| IpAddr::from([10, 0, 1, host])).collect()
}

fn config(version: Version, addresses: &[IpAddr]) -> Config {
    let interface = InterfaceId(2);
    let mut settings = Settings::new(Profile::Default, Family::Ipv4, Vrid::new(51).unwrap(), interface);
    settings.version = version;
    settings.addresses = addresses.to_vec();
    settings.build().unwrap()
}

fn advertisement(version: Version, addresses: &[IpAddr]) -> Advertisement<'_> {
    Advertisement {
        version,
        vrid: Vrid::new(51).unwrap(),
        priority: 150,
        interval: Interval::DEFAULT,
        addresses,
        authentication: Authentication::None,
        form: ChecksumForm::Pseudo,
    }
}

/// The message with an IPv4 header in front, as a raw socket hands it over.
fn packet(advertisement: &Advertisement<'_>) -> Vec<u8> {
    let group = Family::Ipv4.group();
    let mut message = vec![0; advertisement.encoded_len(Family::Ipv4)];
    advertisement.encode(SOURCE, group, &mut message).unwrap();
    let total = u16::try_from(message.len()).unwrap().saturating_add(20);
    let mut header = vec![
        0x45, 0xc0, 0, 0, 0, 0, 0, 0, 255, 112, 0, 0, 192, 0, 2, 1, 224, 0, 0, 18,
    ];
    header.splice(2..4, total.to_be_bytes());
    let (words, _) = header.as_chunks::<2>();
    let sum: u32 = words
        .iter()
        .map(|word| u32::from(u16::from_be_bytes(*word)))
        .sum();
    let sum = !u16::try_from((sum & 0xffff).saturating_add(sum >> 16)).unwrap();
    header.splice(10..12, sum.to_be_bytes());
    header.extend(message);
    header
}

/// From the first octet of the IP header to what the state machine gets.
fn believe(octets: &[u8], config: &Config) -> Result<Heard, Reject> {
    let ip = IpPacket::parse(octets)?;
    let received = Received {
        interface: Some(InterfaceId(2)),
        source: ip.source,
        destination: Some(ip.destination),
        hop_limit: Some(ip.hop_limit),
        message: ip.payload,
    };
    let primary = Some(PRIMARY);
    judge(&received, Some(&Local { config, primary }))
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read and judge");
    for (version, count) in SIZES {
        let addresses = addresses(count);
        let config = config(version, &addresses);
        let packet = packet(&advertisement(version, &addresses));
        assert!(believe(&packet, &config).is_ok());
        let id = BenchmarkId::new(format!("version {version}"), format!("{count} addresses"));
        group.bench_with_input(id, &packet, |bencher, packet| {
            bencher.iter(|| believe(black_box(packet), &config))
        });
    }
    // The dearest that can be asked: as long as ours, all the same, all elsewhere.
    let ours = addresses(255);
    let config = config(Version::V3, &ours);
    let theirs: Vec<IpAddr> = ours.iter().rev().copied().collect();
    let packet = packet(&advertisement(Version::V3, &theirs));
    group.bench_function("version 3/255 addresses reversed", |bencher| {
        bencher.iter(|| believe(black_box(&packet), &config).unwrap());
    });
    group.finish();
}

fn write(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write");
    for (version, count) in SIZES {
        let addresses = addresses(count);
        let advertisement = advertisement(version, &addresses);
        let mut buffer = vec![0; advertisement.encoded_len(Family::Ipv4)];
        let id = BenchmarkId::new(format!("version {version}"), format!("{count} addresses"));
        group.bench_function(id, |bencher| {
            bencher.iter(|| black_box(&advertisement).encode(SOURCE, Family::Ipv4.group(), &mut buffer));
        });
    }
    group.finish();
}

criterion_group!(benches, read, write);
criterion_main!(benches);
