//! What the kernel holds, and what bars a router.

use super::bench::{Bench, HIGHER, VRID, script, sleep_until};
use super::telling::{lines as lines_of, notify, until_lines};
use super::{Case, Expected, conf};
use crate::LabError;
use crate::wait;
use std::time::Duration;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "addresses_as_they_are_made",
        run: made,
        expected: Expected::Same(&[
            "eth1 192.0.2.100/24 scope global secondary eth1:1",
            "eth1 192.0.2.101/32 scope link eth1",
            "eth1 192.0.2.102/24 brd 192.0.2.255 scope global secondary eth1",
            "eth1 192.0.2.103/32 scope global eth1",
            "eth1 2001:db8::8/128 scope global nodad deprecated",
            "eth1 2001:db8::9/64 scope global nodad",
            "eth2 198.51.100.9/24 scope global secondary eth2",
        ]),
    },
    Case {
        name: "a_link_that_goes",
        run: link,
        expected: Expected::Same(&["gone", "silent", "held again"]),
    },
    Case {
        name: "a_check_without_weight",
        run: gate,
        expected: Expected::Same(&["150 0", "silent", "gone", "150"]),
    },
    Case {
        name: "unicast_peers_are_heard_alone",
        run: unicast,
        expected: Expected::Same(&["to 192.0.2.66", "held"]),
    },
    Case {
        name: "no_peers_are_multicast",
        run: no_peers,
        expected: Expected::Same(&["to 224.0.0.18"]),
    },
    Case {
        name: "one_number_twice_on_an_interface",
        run: twice,
        // keepalived's own test only reports it.
        expected: Expected::Other {
            keepalived: &["does not start"],
            vrrpd: &["first held", "second gone"],
        },
    },
    Case {
        name: "an_address_that_others_delete",
        run: deleted,
        // keepalived gives way, and is elected anew where nobody else is; here nothing but the address moves.
        expected: Expected::Other {
            keepalived: &["INSTANCE VI_1 BACKUP 150", "INSTANCE VI_1 MASTER 150", "held"],
            vrrpd: &["held"],
        },
    },
];

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn held(bench: &Bench, address: &str) -> Result<String, LabError> {
    let held = bench.holds(address)?;
    Ok(if held { "held" } else { "gone" }.to_owned())
}

/// `ip` without numbers, life times and marks.
fn lines(text: &str) -> Vec<String> {
    let virtual_one = |line: &&str| {
        let own = ["192.0.2.1/24", "2001:db8::1/64", "198.51.100.1/24", "fe80:"];
        !line.contains(" lo ") && own.iter().all(|address| !line.contains(address))
    };
    let mut lines: Vec<String> = text
        .lines()
        .filter(virtual_one)
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let kept = words.iter().enumerate().filter(|(place, word)| {
                let value_of = |name: &str| *place > 0 && words.get(place - 1) == Some(&name);
                let left_out = ["inet", "inet6", "proto", "valid_lft", "preferred_lft", "\\"];
                *place > 0
                    && !left_out.contains(*word)
                    && !value_of("proto")
                    && !value_of("valid_lft")
                    && !value_of("preferred_lft")
            });
            let kept = kept.map(|(_, word)| word.trim_end_matches('\\'));
            kept.collect::<Vec<_>>().join(" ")
        })
        .collect();
    lines.sort();
    lines
}

fn made(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let words = "virtual_ipaddress {\n192.0.2.100/24 label eth1:1\n192.0.2.101/32 scope link\n192.0.2.102/24 brd +\n192.0.2.103\n\
                 198.51.100.9/24 dev eth2\n}\nvirtual_ipaddress_excluded {\n2001:db8::9/64\n2001:db8::8\n}";
    let started = bench.start(&conf("0.1", words))?;
    let from = bench.promoted(started)?;
    sleep_until(from + ms(700));
    Ok(lines(&bench.ip(&["-oneline", "address", "show"])?))
}

fn link(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let started = bench.start(&conf("0.1", ""))?;
    let from = bench.promoted(started)?;
    sleep_until(from + ms(500));
    bench.cable.unplug()?;
    let pulled = crate::Stamp::now();
    sleep_until(pulled + ms(1000));
    let gone = held(bench, "192.0.2.100")?;
    let silent = bench.adverts(pulled + ms(200), pulled + ms(1000)) == 0;
    bench.cable.plug()?;
    let held = || bench.holds("192.0.2.100").ok().filter(|held| *held);
    wait::until("the address", Duration::from_secs(10), held)?;
    let silent = if silent { "silent" } else { "not silent" };
    Ok(vec![gone, silent.to_owned(), "held again".to_owned()])
}

fn gate(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let flag = bench.file("flag");
    std::fs::write(&flag, "").map_err(LabError::io("flag"))?;
    let check = script(bench, "check", &format!("test -e {}", flag.display()))?;
    let block = format!("vrrp_script check {{\nscript \"{check}\"\ninterval 1\n}}\n");
    let text = conf("0.1", "track_script {\ncheck\n}");
    let started = bench.start(&format!("{block}{text}"))?;
    let from = bench.promoted(started)?;
    sleep_until(from + ms(500));
    std::fs::remove_file(&flag).map_err(LabError::io("flag"))?;
    let removed = crate::Stamp::now();
    // A run is due within a second; a planned stop of ours holds the addresses for a successor, half a second here.
    sleep_until(removed + ms(3500));
    let told = bench.priorities(VRID, removed, removed + ms(3500));
    let words: Vec<String> = told.iter().map(u8::to_string).collect();
    let silent = bench.adverts(removed + ms(2500), removed + ms(3500)) == 0;
    let gone = held(bench, "192.0.2.100")?;
    std::fs::write(&flag, "").map_err(LabError::io("flag"))?;
    let back = crate::Stamp::now();
    bench.promoted(back)?;
    sleep_until(crate::Stamp::now() + ms(300));
    let after = bench.priorities(VRID, back, crate::Stamp::now());
    let after: Vec<String> = after.iter().map(u8::to_string).collect();
    let silent = if silent { "silent" } else { "not silent" };
    Ok(vec![words.join(" "), silent.to_owned(), gone, after.join(" ")])
}

/// Where its advertisements go.
fn destination(bench: &Bench, from: crate::Stamp) -> Result<String, LabError> {
    let advert = || {
        let frames = bench.tap.frames(from);
        let frame = frames.iter().find(|frame| frame.octets.get(23) == Some(&112))?;
        let place: [u8; 4] = frame.octets.get(30..34)?.try_into().ok()?;
        Some(std::net::Ipv4Addr::from(place))
    };
    let to = wait::until("an advertisement", Duration::from_secs(10), advert)?;
    Ok(format!("to {to}"))
}

fn unicast(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    // Nobody answers for the peer's address: its MAC has to be known.
    let neighbour = [
        "neighbour",
        "add",
        "192.0.2.66",
        "lladdr",
        "02:ff:00:00:00:01",
        "dev",
        "eth1",
    ];
    bench.ip(&neighbour)?;
    let started = bench.start(&conf(
        "0.2",
        "unicast_src_ip 192.0.2.1\nunicast_peer {\n192.0.2.66\n}",
    ))?;
    let to = destination(bench, started)?;
    // To the group, as good as it gets.
    let heard = bench.rival(200, 20, HIGHER)?;
    sleep_until(heard + ms(400));
    Ok(vec![to, held(bench, "192.0.2.100")?])
}

fn no_peers(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let started = bench.start(&conf("0.2", "unicast_peer {\n}"))?;
    Ok(vec![destination(bench, started)?])
}

fn twice(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let second = "vrrp_instance VI_2 {\nstate BACKUP\ninterface eth1\nvirtual_router_id 51\npriority 150\nversion 3\nadvert_int 0.1\n\
                  virtual_ipaddress {\n192.0.2.101/24\n}\n}\n";
    let started = bench.start(&format!("{}{second}", conf("0.1", "")))?;
    if !bench.takes_part(started)? {
        return Ok(vec!["does not start".to_owned()]);
    }
    sleep_until(crate::Stamp::now() + ms(1000));
    Ok(vec![
        format!("first {}", held(bench, "192.0.2.100")?),
        format!("second {}", held(bench, "192.0.2.101")?),
    ])
}

fn deleted(bench: &mut Bench) -> Result<Vec<String>, LabError> {
    let all = notify(bench, "all", "none")?;
    let started = bench.start(&conf("0.2", &format!("notify {all}")))?;
    let told = bench.file("told");
    bench.promoted(started)?;
    until_lines(&told, 2);
    bench.ip(&["address", "del", "192.0.2.100/24", "dev", "eth1"])?;
    sleep_until(crate::Stamp::now() + ms(2000));
    let mut seen: Vec<String> = lines_of(&told).into_iter().skip(2).collect();
    seen.push(held(bench, "192.0.2.100")?);
    Ok(seen)
}
