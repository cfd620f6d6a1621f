//! Echo requests to this machine, and to nobody.

#![cfg(feature = "icmp")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::time::Duration;

use healthcheck::{PingProbe, PingSpec, Probe as _};

const LONG: Duration = Duration::from_secs(20);

/// Whether this process may ping at all; says so when not.
fn may_not(reason: &str, test: &str) -> bool {
    let may_not = reason.contains("no socket to ping with");
    if may_not {
        println!("SKIP {test}: {reason}");
    }
    may_not
}

#[tokio::test]
async fn this_machine_answers() {
    for host in ["127.0.0.1", "localhost", "::1"] {
        let outcome = PingProbe::new(PingSpec::new(host, LONG)).probe().await;
        if may_not(&outcome.reason, "this_machine_answers") {
            return;
        }
        if host == "::1" && outcome.reason.contains("assign") {
            println!("SKIP this_machine_answers: no IPv6 loopback");
            continue;
        }
        assert!(outcome.passed(), "{host}: {outcome:?}");
        assert!(outcome.reason.contains("answers in"), "{outcome:?}");
    }
}

/// A link-local address means nothing without its interface.
#[tokio::test]
async fn a_link_local_address_is_reached_through_its_interface() {
    let test = "a_link_local_address_is_reached_through_its_interface";
    let known = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    let local = known.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let octets = u128::from_str_radix(words.first()?, 16).ok()?;
        let address = std::net::Ipv6Addr::from_bits(octets);
        let scoped = format!("{address}%{}", words.last()?);
        address.is_unicast_link_local().then_some(scoped)
    });
    let Some(host) = local else {
        println!("SKIP {test}: no interface has a link-local address");
        return;
    };
    let outcome = PingProbe::new(PingSpec::new(&host, LONG)).probe().await;
    if !may_not(&outcome.reason, test) {
        assert!(outcome.passed(), "{host}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_way_is_the_one_that_is_wanted() {
    let spec = |source: &str, interface: Option<&str>| PingSpec {
        source: Some(source.parse().unwrap()),
        interface: interface.map(str::to_owned),
        payload_bytes: 1000,
        ..PingSpec::new("127.0.0.1", LONG)
    };
    let outcome = PingProbe::new(spec("127.0.0.2", Some("lo"))).probe().await;
    if may_not(&outcome.reason, "the_way_is_the_one_that_is_wanted") {
        return;
    }
    assert!(outcome.passed(), "{outcome:?}");
    assert!(!PingProbe::new(spec("192.0.2.1", None)).probe().await.passed());
    let outcome = PingProbe::new(spec("127.0.0.1", Some("no-such-if")))
        .probe()
        .await;
    assert!(!outcome.passed(), "{outcome:?}");
    let outcome = PingProbe::new(spec("::1", None)).probe().await;
    assert_eq!(outcome.reason, "'127.0.0.1' has no address of IPv6");
}

#[tokio::test]
async fn who_does_not_answer_is_a_fail_in_time() {
    // Sent into the loopback it comes to nobody: this machine does not have the address (RFC 5737).
    let timeout = Duration::from_millis(300);
    let spec = PingSpec {
        interface: Some("lo".to_owned()),
        ..PingSpec::new("192.0.2.1", timeout)
    };
    let outcome = PingProbe::new(spec).probe().await;
    if may_not(&outcome.reason, "who_does_not_answer_is_a_fail_in_time") {
        return;
    }
    assert!(!outcome.passed(), "{outcome:?}");
    assert!(outcome.took < LONG, "{outcome:?}");
    let spec = PingSpec::new("no-such-host.invalid", Duration::from_secs(2));
    let outcome = PingProbe::new(spec).probe().await;
    let told = outcome.reason.contains("cannot be looked up") || outcome.reason.contains("no answer within");
    assert!(told && !outcome.passed(), "{outcome:?}");
}
