//! Servers of SQL: hung, hostile, and with more rows than are wanted. What real ones say is played in the unit tests.

#![cfg(feature = "sql")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use healthcheck::{Endpoint, Outcome, Probe as _, SqlProbe, SqlServer, SqlSpec};
use support::servers::{Does, Server, dropped, look};
use support::{LONG, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const SHORT: Duration = Duration::from_millis(300);

fn spec(endpoint: Endpoint, server: SqlServer, timeout: Duration) -> SqlSpec {
    let spec = SqlSpec::new(endpoint, timeout, server, "me", "SELECT 1");
    spec.password("hidden").database("shop")
}

/// Asks a server once; its connection is closed afterwards.
async fn ask(server: SqlServer, does: Does, timeout: Duration) -> Outcome {
    let served = Server::new(does).await;
    let outcome = look(&SqlProbe::new(spec(served.endpoint(), server, timeout)).unwrap()).await;
    until("the connection is closed", || served.open() == 0).await;
    outcome
}

#[tokio::test]
async fn a_server_that_is_not_well_is_told_and_nothing_stays_open() {
    use SqlServer::{Mysql, Postgresql};
    const OK: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
    for (server, does, words) in [
        (Mysql, Does::Nothing, "no greeting within 300ms"),
        (Postgresql, Does::Nothing, "no answer to the log-in within 300ms"),
        (
            Postgresql,
            Does::Says(&[b"", OK]),
            "no answer to the request within 300ms",
        ),
        // A notice after the other: it never says that it is ready.
        (
            Postgresql,
            Does::Floods(b"N\0\0\0\x05\0"),
            "octets came without a row",
        ),
        (Mysql, Does::Floods(b"\xff"), "which is no greeting of MySQL"),
        (
            Mysql,
            Does::Drips(b"\x40\0\0\0\x0a8.0.36"),
            "no greeting within 300ms",
        ),
        (Mysql, Does::Resets, "before its greeting"),
        (Postgresql, Does::Resets, "before its answer to the log-in"),
    ] {
        let timeout = if words.contains("within") { SHORT } else { LONG };
        let outcome = ask(server, does, timeout).await;
        assert!(
            !outcome.passed() && outcome.reason.contains(words),
            "{does:?}: {outcome:?}"
        );
    }
    let gone = Endpoint::new("127.0.0.1", 1);
    for server in [Mysql, Postgresql] {
        let outcome = look(&SqlProbe::new(spec(gone.clone(), server, LONG)).unwrap()).await;
        assert!(
            !outcome.passed() && outcome.reason.contains("refused"),
            "{outcome:?}"
        );
        let served = Server::new(Does::Nothing).await;
        let probe = SqlProbe::new(spec(served.endpoint(), server, LONG)).unwrap();
        dropped(&probe, &served).await;
    }
}

#[tokio::test]
async fn rows_without_end_are_not_waited_for() {
    const READY: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
    let endless = Does::Pours(READY, b"D\0\0\0\x07\0\x01x");
    let outcome = ask(SqlServer::Postgresql, endless, LONG).await;
    assert!(
        outcome.passed() && outcome.reason.ends_with("answers with rows"),
        "{outcome:?}"
    );
    let outcome = ask(
        SqlServer::Postgresql,
        Does::Pours(READY, b"T\0\0\0\x06\0\0"),
        LONG,
    )
    .await;
    assert!(
        !outcome.passed() && outcome.reason.contains("octets came without a row"),
        "{outcome:?}"
    );
}

#[test]
fn a_password_is_not_shown() {
    let spec = spec(Endpoint::new("192.0.2.1", 3306), SqlServer::Mysql, LONG);
    let probe = SqlProbe::new(spec.clone()).unwrap();
    assert_eq!(probe.name(), "MySQL with 192.0.2.1:3306");
    let shown = format!("{spec:?} {probe:?}");
    assert!(shown.contains("\"me\"") && !shown.contains("hidden"), "{shown}");
}

/// Sends a message of `PostgreSQL`.
async fn say(stream: &mut TcpStream, kind: u8, body: &[u8]) {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    let message = [&[kind], length.as_slice(), body].concat();
    stream.write_all(&message).await.unwrap();
}

/// What is heard next.
async fn heard(stream: &mut TcpStream) -> Vec<u8> {
    let mut octets = vec![0; 4096];
    let count = stream.read(&mut octets).await.unwrap();
    octets.truncate(count);
    octets
}

/// All checks and the control socket may have this one thread.
#[tokio::test]
async fn while_a_password_is_made_slow_to_guess_others_go_on() {
    const TURNS: u32 = 40_000;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let turns_of_others = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&turns_of_others);
    let other = tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
        }
    });
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        heard(&mut stream).await;
        say(&mut stream, b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0").await;
        let first = String::from_utf8(heard(&mut stream).await).unwrap();
        let nonce = first.split("r=").nth(1).unwrap();
        let challenge = format!("\0\0\0\x0br={nonce}more,s=W22ZaJ0SNY7soEsUEjb6gQ==,i={TURNS}");
        let before = turns_of_others.load(Ordering::SeqCst);
        say(&mut stream, b'R', challenge.as_bytes()).await;
        let answer = heard(&mut stream).await;
        let during = turns_of_others.load(Ordering::SeqCst) - before;
        assert!(String::from_utf8_lossy(&answer).contains(",p="), "{answer:?}");
        during
    };
    let probe = SqlProbe::new(spec(
        Endpoint::new("127.0.0.1", port),
        SqlServer::Postgresql,
        LONG,
    ))
    .unwrap();
    let (during, outcome) = tokio::join!(server, probe.probe());
    other.abort();
    assert!(outcome.reason.contains("closed the connection"), "{outcome:?}");
    assert!(during >= 39, "others had {during} turns");
}

type Change = fn(&mut SqlSpec, String);

#[test]
fn a_text_that_would_end_in_its_middle_is_refused() {
    let good = spec(Endpoint::new("192.0.2.1", 3306), SqlServer::Mysql, LONG);
    let refused = |change: Change, text: String| {
        let mut spec = good.clone();
        change(&mut spec, text);
        SqlProbe::new(spec).unwrap_err()
    };
    let cases: [(&str, Change); 4] = [
        ("login", |spec, text| spec.login = text),
        ("password", |spec, text| spec.password = text),
        ("database", |spec, text| spec.database = Some(text)),
        ("request", |spec, text| spec.request = text),
    ];
    for (name, change) in cases {
        let with_zero = refused(change, "a\0b".to_owned());
        assert_eq!(with_zero, format!("the {name} has an octet of 0 in it"));
        let long = refused(change, "x".repeat(32 * 1024 + 1));
        assert_eq!(long, format!("the {name} has 32769 octets, and 32768 is most"));
    }
}
