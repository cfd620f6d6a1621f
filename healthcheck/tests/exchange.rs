//! Conversations with servers of the test: as they should be, and as they should not.

#![cfg(feature = "exchange")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::time::Duration;

use healthcheck::{
    Check, Endpoint, ExchangeProbe, ExchangeSpec, Expect, Health, Heard, HexPattern, Judge, Outcome, Reply,
    Rules, Runner, UdpProbe, UdpSpec, Verdict, hex, push,
};
use healthcheck::{Probe as _, Step};
use proptest::prelude::*;
use regex::bytes::Regex;
use support::servers::{Does, Server, dropped, look};
use support::{LONG, until};
use tokio::net::UdpSocket;

const SHORT: Duration = Duration::from_millis(300);

async fn with(does: Does, timeout: Duration, spec: impl Fn(Endpoint, Duration) -> ExchangeSpec) -> Outcome {
    let server = Server::new(does).await;
    let outcome = look(&ExchangeProbe::new(spec(server.endpoint(), timeout))).await;
    until("the connection is closed", || server.open() == 0).await;
    outcome
}

fn smtp(endpoint: Endpoint, timeout: Duration) -> ExchangeSpec {
    ExchangeSpec::smtp(endpoint, timeout, "lb01.example")
}

fn redis(endpoint: Endpoint, timeout: Duration) -> ExchangeSpec {
    ExchangeSpec::redis(endpoint, timeout).unwrap()
}

#[tokio::test]
async fn a_mail_server_greets_and_knows_us() {
    let well: &[&[u8]] = &[
        b"220-mail.example\r\n220 ready\r\n",
        b"250-mail.example\r\n250-SIZE 1000\r\n250 HELP\r\n",
        b"221 bye\r\n",
    ];
    let outcome = with(Does::Says(well), LONG, smtp).await;
    assert!(outcome.passed(), "{outcome:?}");
    let refuses: &[&[u8]] = &[b"554 no service here\r\n"];
    let outcome = with(Does::Says(refuses), LONG, smtp).await;
    assert!(
        !outcome.passed() && outcome.reason.contains("step 1: it says '554 no service here'"),
        "{outcome:?}"
    );
    let halfway: &[&[u8]] = &[b"220 ready\r\n", b"421 shutting down\r\n"];
    let outcome = with(Does::Says(halfway), LONG, smtp).await;
    assert!(outcome.reason.contains("step 3: it says '421"), "{outcome:?}");
}

#[tokio::test]
async fn redis_answers_its_ping() {
    let says = |answer: &'static [&'static [u8]]| with(Does::Says(answer), LONG, redis);
    assert!(says(&[b"", b"+PONG\r\n"]).await.passed());
    assert!(
        says(&[b"", b"-NOAUTH Authentication required.\r\n"])
            .await
            .passed()
    );
    let outcome = says(&[b"", b"-LOADING Redis is loading the dataset in memory\r\n"]).await;
    assert!(outcome.reason.contains("'-LOADING"), "{outcome:?}");
}

#[tokio::test]
async fn sql_servers_are_known_by_their_first_words() {
    // Greeting of protocol 10: length 74, sequence 0, version, thread, salt, flags.
    const MYSQL: &[u8] =
        b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0\
        abcdefghijkl\0caching_sha2_password\0";
    assert_eq!(MYSQL.len(), 4 + 74);
    let outcome = with(Does::Says(&[MYSQL]), LONG, ExchangeSpec::mysql).await;
    assert!(outcome.passed(), "{outcome:?}");
    let full: &[&[u8]] = &[b"\x17\0\0\0\xff\x10\x04Too many connections"];
    let outcome = with(Does::Says(full), LONG, ExchangeSpec::mysql).await;
    assert!(
        outcome.reason.contains("error 1040: Too many connections"),
        "{outcome:?}"
    );
    for answer in [&[b"" as &[u8], b"S"], &[b"", b"N"]] {
        let does = Does::Says(Box::leak(Box::new(answer.to_vec())));
        assert!(with(does, LONG, ExchangeSpec::postgresql).await.passed());
    }
    let outcome = with(
        Does::Says(&[b"", b"HTTP/1.1 400 Bad Request\r\n"]),
        LONG,
        ExchangeSpec::postgresql,
    )
    .await;
    assert!(outcome.reason.contains("'HTTP/1.1 400"), "{outcome:?}");
}

#[tokio::test]
async fn who_never_answers_resets_floods_or_drips_is_a_fail_in_time() {
    let outcome = with(Does::Nothing, SHORT, smtp).await;
    assert_eq!(outcome.reason, "not done within 300ms");
    let outcome = with(Does::Drips(b"220-"), SHORT, smtp).await;
    assert_eq!(outcome.reason, "not done within 300ms");
    assert!(
        outcome.output.starts_with("220-"),
        "what was heard is kept: {outcome:?}"
    );
    let outcome = with(Does::Resets, LONG, redis).await;
    assert!(
        outcome.reason.contains("reset") || outcome.reason.contains("Broken pipe"),
        "{outcome:?}"
    );
    let outcome = with(Does::Floods(b"+"), LONG, redis).await;
    assert!(
        outcome
            .reason
            .contains("65536 octets came without what is expected"),
        "{outcome:?}"
    );
    assert!(outcome.took < LONG);
    let closes: &[&[u8]] = &[b"22"];
    let begins = |endpoint, timeout| {
        ExchangeSpec::new(endpoint, timeout)
            .expect(Expect::Begins(b"220".to_vec()))
            .expect(Expect::Finds(Regex::new("ready").unwrap()))
    };
    let outcome = with(Does::Says(closes), SHORT, begins).await;
    assert!(!outcome.passed());
    assert!(with(Does::Says(&[b"220 now ready"]), LONG, begins).await.passed());
    let refused = ExchangeProbe::new(redis(Endpoint::new("127.0.0.1", 1), LONG));
    assert!(look(&refused).await.reason.contains("refused"));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_told() {
    let probe = ExchangeProbe::new(redis(
        Endpoint::new("no-such-host.invalid", 6379),
        Duration::from_secs(2),
    ));
    let outcome = look(&probe).await;
    // A machine whose resolver does not answer runs into the timeout.
    let told = outcome
        .reason
        .contains("'no-such-host.invalid' cannot be looked up")
        || outcome.reason.contains("not done within 2s");
    assert!(told && !outcome.passed(), "{outcome:?}");
}

#[tokio::test]
async fn a_run_that_is_dropped_closes_its_connection() {
    let server = Server::new(Does::Nothing).await;
    dropped(&ExchangeProbe::new(smtp(server.endpoint(), LONG)), &server).await;
}

#[tokio::test]
async fn the_source_address_is_the_one_that_is_wanted() {
    let server = Server::new(Does::Says(&[b"220 x\r\n"])).await;
    let steps = |endpoint| ExchangeSpec::new(endpoint, LONG).expect(Expect::Smtp(220));
    let from = server.endpoint().from_address("127.0.0.2".parse().unwrap());
    assert!(look(&ExchangeProbe::new(steps(from))).await.passed());
    let other = server.endpoint().from_address("192.0.2.1".parse().unwrap());
    let outcome = look(&ExchangeProbe::new(steps(other))).await;
    assert!(outcome.reason.contains("assign"), "not ours: {outcome:?}");
    let family = server.endpoint().from_address("::1".parse().unwrap());
    let outcome = look(&ExchangeProbe::new(steps(family))).await;
    assert!(outcome.reason.contains("has no address of IPv6"), "{outcome:?}");
    let interface = server.endpoint().through("no-such-if");
    assert!(!look(&ExchangeProbe::new(steps(interface))).await.passed());
}

/// A UDP server that answers with this.
async fn echo(answer: Option<&'static [u8]>) -> Endpoint {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut heard = [0; 2048];
        while let Ok((_, from)) = socket.recv_from(&mut heard).await {
            if let Some(answer) = answer {
                let _ = socket.send_to(answer, from).await;
            }
        }
    });
    Endpoint::new("127.0.0.1", port)
}

fn like(pattern: &str, bytes_min: usize, bytes_max: usize) -> Reply {
    Reply::Like {
        pattern: HexPattern::new(pattern).unwrap(),
        bytes_min,
        bytes_max,
    }
}

async fn datagram(endpoint: Endpoint, reply: Reply, timeout: Duration) -> Outcome {
    let payload = hex("0c 01").unwrap();
    look(&UdpProbe::new(UdpSpec {
        endpoint,
        timeout,
        payload,
        reply,
    }))
    .await
}

#[tokio::test]
async fn a_datagram_and_its_reply() {
    let answers = || echo(Some(&[0xca, 0xfe, 0x07]));
    assert!(datagram(answers().await, Reply::Any, LONG).await.passed());
    assert!(
        datagram(answers().await, like("ca fe 0X", 0, 255), LONG)
            .await
            .passed()
    );
    // keepalived: a shorter reply that matches so far passes unless the length says otherwise.
    assert!(
        datagram(answers().await, like("ca fe 07 ff", 0, 255), LONG)
            .await
            .passed()
    );
    let outcome = datagram(answers().await, like("ca fe 07 ff", 4, 255), LONG).await;
    assert!(
        outcome.reason.contains("3 octets came back, 4 to 255 allowed"),
        "{outcome:?}"
    );
    let outcome = datagram(answers().await, like("", 0, 2), LONG).await;
    assert!(!outcome.passed());
    let outcome = datagram(answers().await, like("ca fe 1X", 0, 255), LONG).await;
    assert!(outcome.reason.contains("ca fe 07"), "{outcome:?}");
}

#[tokio::test]
async fn without_a_reply_only_an_error_is_a_fail() {
    let outcome = datagram(echo(None).await, Reply::NotNeeded, SHORT).await;
    assert!(outcome.passed() && outcome.took >= SHORT, "{outcome:?}");
    let outcome = datagram(echo(None).await, Reply::Any, SHORT).await;
    assert_eq!(outcome.reason, "no reply within 300ms");
    // Nobody listens: the kernel says so by ICMP.
    let port = UdpSocket::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let outcome = datagram(Endpoint::new("127.0.0.1", port), Reply::NotNeeded, LONG).await;
    assert!(
        !outcome.passed() && outcome.reason.contains("refused"),
        "{outcome:?}"
    );
}

#[test]
fn octets_are_read_as_they_are_written() {
    assert_eq!(hex("CA fe00").unwrap(), [0xca, 0xfe, 0]);
    assert!(hex("").unwrap().is_empty());
    for bad in ["c", "0X", "zz", "0c1"] {
        assert!(hex(bad).unwrap_err().to_string().contains(bad));
    }
    assert!(HexPattern::new("X").is_err());
}

#[tokio::test(start_paused = true)]
async fn an_application_that_has_said_nothing_for_too_long_has_failed() {
    let (handle, probe) = push(Duration::from_secs(10));
    assert!(!probe.probe().await.passed());
    handle.pass("well");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(probe.probe().await.passed());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let outcome = probe.probe().await;
    assert_eq!(outcome.reason, "nothing heard for 11.0s, 10s allowed");
    handle.clone().say(Verdict::Degraded, "slow\x1b[2J");
    let outcome = probe.probe().await;
    assert_eq!(
        (outcome.verdict, outcome.reason.as_str()),
        (Verdict::Degraded, "slow?[2J")
    );
    handle.fail("out of disk");
    assert!(!probe.probe().await.passed());
}

/// With an interval of an hour: another word is judged at once, twice between two runs at most; the same word is no news; and
/// waiting for the first is no lateness.
#[tokio::test(start_paused = true)]
async fn what_an_application_says_is_judged_at_once() {
    let second = Duration::from_secs(1);
    let (handle, probe) = push(10 * second);
    let probe = probe.patient();
    let mut runner = Runner::new(|_| {});
    runner.add(Check {
        name: "app".into(),
        probe: Box::new(probe),
        judge: Judge::new(Rules::new(1, 2)),
        interval: second,
    });
    let runs = |runner: &Runner| {
        let status = runner.status("app").unwrap();
        (status.runs, status.failures, status.skipped)
    };
    tokio::time::sleep(second * 21 / 4).await;
    assert_eq!(runs(&runner), (0, 0, 0));
    handle.pass("well");
    tokio::time::sleep(second / 100).await;
    assert_eq!(runs(&runner), (1, 0, 0));
    handle.pass("still well");
    tokio::time::sleep(second / 100).await;
    assert_eq!(runs(&runner), (1, 0, 0), "no news");
    tokio::time::sleep(second * 2).await;
    let before = runs(&runner).0;
    handle.fail("out of disk");
    tokio::time::sleep(second / 100).await;
    assert_eq!(runs(&runner), (before + 1, 1, 0));
    assert_eq!(runner.health("app"), Health::Up, "fall counts intervals");
    for _ in 0..20 {
        handle.pass("");
        tokio::time::sleep(second / 100).await;
        handle.fail("out of disk");
        tokio::time::sleep(second / 100).await;
    }
    assert_eq!(runs(&runner), (before + 1, 1, 0), "one between two regular runs");
    tokio::time::sleep(second * 5 / 8).await;
    assert_eq!(runs(&runner), (before + 2, 2, 0), "an interval later");
    assert_eq!(runner.health("app"), Health::Down);
}

fn expects() -> [Expect; 6] {
    [
        Expect::Begins(b"220".to_vec()),
        Expect::Finds(Regex::new("a.c").unwrap()),
        Expect::Line(Regex::new("^ok").unwrap()),
        Expect::Smtp(250),
        Expect::MySqlGreeting,
        Expect::PostgresAnswer,
    ]
}

proptest! {
    /// Whatever comes, in whatever pieces: no panic, no octets that were not there, and who has decided stays with it.
    #[test]
    fn any_bytes_are_judged(
        bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), "(250[- ]|220|ok|abc|\r\n|S|\n){0,20}".prop_map(String::into_bytes)],
    ) {
        for expect in expects() {
            let mut decided = None;
            for length in 0..=bytes.len() {
                match expect.look(&bytes[..length]) {
                    Heard::More => prop_assert!(decided.is_none(), "{:?} forgets", expect),
                    Heard::Expected(octets) => {
                        prop_assert!(octets <= length);
                        prop_assert!(decided.is_none_or(|decided| decided));
                        decided = Some(true);
                    }
                    Heard::Wrong(_) => {
                        prop_assert!(decided.is_none_or(|decided| !decided), "{:?} changes its mind", expect);
                        decided = Some(false);
                    }
                }
            }
        }
    }
}

#[test]
fn steps_can_be_written_one_by_one() {
    let spec = ExchangeSpec::new(Endpoint::new("::1", 7), LONG).send("hi");
    assert!(matches!(&spec.steps[..], [Step::Send(octets)] if octets == b"hi"));
    assert_eq!(ExchangeProbe::new(spec).name(), "send and expect with [::1]:7");
}
