//! Many addresses, many routers: what is measured is printed, what must be right is asserted.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use vrrp_conformance::proves;
use vrrp_core::StateName;
use vrrp_net::{HeldAddress, Service};

use crate::adverts::service;
use crate::lab::{Advert, Capture, Frame, LIMIT, Node, Program, ip, isolated, switch, wait_for};

const SECOND: Duration = Duration::from_secs(1);

/// `count` IPv4 addresses; an advertisement has room for 255, the rest is held without being advertised.
fn with(count: u32) -> Service {
    let mut service = service(51);
    for number in 0..count {
        let address = Ipv4Addr::from(0x0a00_0001 + number).into();
        service.addresses.push(HeldAddress::host(address));
        let settings = &mut service.settings;
        if number < 255 {
            settings.addresses.push(address);
        } else {
            settings.held_only.push(address);
        }
    }
    service
}

/// V3-8.1.2-05: the advertisement leaves first, then the addresses are made, then they are announced, each once a round;
/// with 1, 20 and 1,020 of them.
#[test]
fn v3_8_1_2_05_first_the_advertisement_then_the_addresses_then_the_announcements() {
    isolated(
        "many::v3_8_1_2_05_first_the_advertisement_then_the_addresses_then_the_announcements",
        || {
            switch();
            let node = Node::new(1);
            for count in [1, 20, 1020] {
                let wire = Capture::on("port1");
                let running = node.start(vec![with(count)]);
                running.wait_state(StateName::Active);
                let wanted = usize::try_from(count).unwrap();
                // Everything that was announced, and when; what a busy ear has missed comes again in the next round.
                let announced = || {
                    let mut times: BTreeMap<Ipv4Addr, Vec<Instant>> = BTreeMap::new();
                    for frame in wire.frames() {
                        if let Some((address, _)) = frame.gratuitous_arp() {
                            times.entry(address).or_default().push(frame.at);
                        }
                    }
                    times
                };
                let times = wait_for("every announcement", LIMIT, || {
                    Some(announced()).filter(|times| times.len() == wanted)
                });
                let apart =
                    |times: &Vec<Instant>| times.windows(2).all(|pair| pair[1] - pair[0] > SECOND / 2);
                assert!(times.values().all(apart), "each once a round");
                let advert = wire.wait("the first advertisement", Advert::parse);
                let first = times.values().map(|times| times[0]).min().unwrap();
                assert!(advert.at <= first);
                let last = times.values().map(|times| times[0]).max().unwrap();
                println!(
                    "{count} addresses: first announcement {:?} after the advertisement, last {:?}",
                    first - advert.at,
                    last - advert.at
                );
                let statuses = running.service("VI_1").addresses;
                assert_eq!(statuses.len(), wanted);
                assert!(
                    statuses
                        .iter()
                        .all(|status| status.present == vrrp_net::AddressPresence::Ours)
                );
                let began = Instant::now();
                running.handle.stop_now().unwrap();
                wait_for("them to go", LIMIT, || {
                    (!node.ip("-o addr").contains(" 10.")).then_some(())
                });
                println!("{count} addresses: gone {:?} after the order", began.elapsed());
                running.ended();
            }
        },
    );
}

/// NET-ND-06: 90 IPv6 addresses are announced a millisecond apart.
#[test]
fn net_nd_06_ninety_ipv6_addresses() {
    isolated("many::net_nd_06_ninety_ipv6_addresses", || {
        switch();
        let node = Node::new(1);
        let wire = Capture::on("port1");
        let mut six = Service::new_ipv6("VI_6", "eth1", 51)
            .unwrap()
            .interval_centiseconds(10)
            .unwrap();
        for number in 1..=90 {
            six = six.address(&format!("fe80::51:{number:x}/64")).unwrap();
        }
        let running = node.start(vec![six]);
        running.wait_state(StateName::Active);
        let advertised = || {
            let frames = wire.frames();
            let of_it = |frame: &Frame| {
                frame
                    .neighbor_advertisement()
                    .is_some_and(|(target, _, _)| target.to_string().contains("51:"))
            };
            frames.into_iter().filter(of_it).collect::<Vec<_>>()
        };
        wait_for("90 announcements", LIMIT, || {
            (advertised().len() >= 90).then_some(())
        });
        let frames = advertised();
        let took = frames[89].at - frames[0].at;
        println!("90 announcements within {took:?}");
        // 89 pauses of 1 ms; the capture itself may see the first ones late. Without pauses it is a few ms.
        assert!(took >= Duration::from_millis(60), "{took:?}");
        running.stop();
        proves!("NET-ND-06", Obeys);
    });
}

/// 1,020 routers, 255 on each of four interfaces: all become Active, none flaps, all fail over and back at a planned stop.
#[test]
fn a_thousand_routers_start_and_fail_over() {
    isolated("many::a_thousand_routers_start_and_fail_over", || {
        switch();
        let (one, two) = (Node::bare(1), Node::bare(2));
        for node in [&one, &two] {
            for number in 1..=4 {
                let (inner, outer) = (format!("eth{number}"), format!("port{}{number}", node.number));
                if node.number == 1 {
                    ip(&format!("link add br{number} type bridge mcast_snooping 0"));
                    ip(&format!("link set br{number} up"));
                }
                node.wire(
                    &inner,
                    &outer,
                    &format!("02:00:00:00:{number:02x}:{:02x}", node.number),
                );
                ip(&format!("link set {outer} master br{number}"));
                node.ip(&format!("addr add 192.0.{number}.{}/24 dev {inner}", node.number));
            }
        }
        let words = |priority: u8| format!("eth1,eth2,eth3,eth4 1-255 {priority} 100 10.0.0.1");
        let first = Program::router(&one, &words(150));
        wait_for("1,020 Active", LIMIT, || {
            (first.count(r#""to":"Active""#) == 1020).then_some(())
        });
        let second = Program::router(&two, &words(100));
        wait_for("1,020 Backups", LIMIT, || {
            (second.count(r#""to":"Backup""#) == 1020).then_some(())
        });
        let held = |node: &Node| node.ip("-o addr").matches(" 10.0.").count();
        assert_eq!((held(&one), held(&two)), (1020, 0));
        // Longer than Active_Down_Interval, 3.6 s: whoever was not heard in time would show.
        wait_for("five rounds", LIMIT, || {
            second.signal(nix::sys::signal::Signal::SIGUSR1);
            let lines = second.lines();
            let status = lines.iter().rev().find(|line| line.contains(r#""loop_lag""#))?;
            let rounds = status.split(r#""advertisement_rcvd":"#).skip(1);
            let least = rounds
                .filter_map(|rest| rest.split(',').next()?.parse::<u64>().ok())
                .min()?;
            (least >= 5).then_some(())
        });
        assert_eq!(second.count(r#""to":"Active""#), 0, "none took over");
        assert_eq!(first.count(r#""to":"Backup""#), 1020, "none flapped");

        let began = Instant::now();
        first.signal(nix::sys::signal::Signal::SIGTERM);
        wait_for("1,020 successors", LIMIT, || {
            (second.count(r#""to":"Active""#) == 1020).then_some(())
        });
        println!(
            "1,020 routers taken over within {:?} of the order to stop",
            began.elapsed()
        );
        wait_for("the others to let go", LIMIT, || (held(&one) == 0).then_some(()));
        assert_eq!(held(&two), 1020);
        second.stop();
        assert_eq!(held(&two), 0);
    });
}
