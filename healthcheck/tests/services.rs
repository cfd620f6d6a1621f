//! FTP, SIP, RADIUS, LDAP, IMAP: servers of the test that answer as such a server does, and that do not.

#![cfg(feature = "exchange")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

mod support;

use std::time::Duration;

use healthcheck::{
    Endpoint, ExchangeProbe, ExchangeSpec, Expect, FtpProbe, FtpSpec, Heard, Outcome, RadiusProbe,
    RadiusSpec, SipProbe, SipSpec, Transport, hex,
};
use md5::{Digest as _, Md5};
use proptest::prelude::*;
use support::servers::{Does, Server, dropped, look};
use support::{LONG, until};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

const SHORT: Duration = Duration::from_millis(300);

/// How an FTP server of the test differs from a good one.
#[derive(Clone, Copy, PartialEq)]
enum Ftp {
    Good,
    /// Knows PASV only, and names an address of its own choice in it.
    Old,
    WrongPassword,
    NoFile,
}

async fn answer(stream: &mut BufReader<TcpStream>, data: &TcpListener, ftp: Ftp, line: &str) -> bool {
    let port = data.local_addr().unwrap().port();
    let [high, low] = port.to_be_bytes();
    let (word, argument) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
    let said = match word {
        "USER" if argument == "me" => "331 and the password?\r\n".to_owned(),
        "PASS" if argument == "hidden" && ftp != Ftp::WrongPassword => {
            "230-in\r\n 230 not yet\r\n230 in\r\n".to_owned()
        }
        "PASS" => "530 no\r\n".to_owned(),
        "TYPE" => "200 ok\r\n".to_owned(),
        "EPSV" if ftp != Ftp::Old => format!("229 Entering Extended Passive Mode (|||{port}|)\r\n"),
        "PASV" => format!("227 Entering Passive Mode (203,0,113,9,{high},{low}).\r\n"),
        "RETR" if argument == "/welcome.msg" && ftp != Ftp::NoFile => {
            let (mut file, _) = data.accept().await.unwrap();
            stream.write_all(b"150 here it comes\r\n").await.unwrap();
            file.write_all(b"Welcome to the test\n").await.unwrap();
            drop(file);
            "226 done\r\n".to_owned()
        }
        "RETR" => "550 no such file\r\n".to_owned(),
        _ => "500 what?\r\n".to_owned(),
    };
    stream.write_all(said.as_bytes()).await.is_ok()
}

async fn ftp_server(ftp: Ftp) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let data = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220-welcome\r\n220 ftp\r\n").await.unwrap();
            let mut line = String::new();
            while matches!(stream.read_line(&mut line).await, Ok(1..)) {
                if !answer(&mut stream, &data, ftp, &line).await {
                    break;
                }
                line.clear();
            }
        }
    });
    Endpoint::new("127.0.0.1", port)
}

async fn ftp(server: Ftp, pattern: &str) -> Outcome {
    let spec = FtpSpec::new(ftp_server(server).await, LONG, "/welcome.msg").login("me", "hidden");
    look(&FtpProbe::new(spec.finds(pattern).unwrap())).await
}

#[tokio::test]
async fn a_file_is_fetched_and_looked_into() {
    for server in [Ftp::Good, Ftp::Old] {
        let outcome = ftp(server, "^Welcome").await;
        assert!(outcome.passed(), "{outcome:?}");
        assert!(outcome.reason.ends_with("/welcome.msg: 20 octets"), "{outcome:?}");
    }
    let outcome = ftp(Ftp::Good, "Goodbye").await;
    assert!(
        !outcome.passed() && outcome.reason.ends_with("'Goodbye' is not found in /welcome.msg"),
        "{outcome:?}"
    );
    let outcome = ftp(Ftp::WrongPassword, "").await;
    assert!(
        !outcome.passed() && outcome.reason.ends_with("PASS: it says '530 no'"),
        "{outcome:?}"
    );
    let outcome = ftp(Ftp::NoFile, "").await;
    assert!(
        outcome.reason.ends_with("RETR: it says '550 no such file'"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn what_is_no_ftp_is_told_and_nothing_stays_open() {
    for (does, words) in [
        (Does::Says(&[b"421 too many\r\n"]), "it says '421 too many'"),
        (Does::Floods(b"220-"), "its reply does not end"),
        (Does::Resets, "reset"),
        (Does::Nothing, "not done within"),
    ] {
        let server = Server::new(does).await;
        let outcome = look(&FtpProbe::new(FtpSpec::new(server.endpoint(), SHORT, "/x"))).await;
        assert!(
            !outcome.passed() && outcome.reason.contains(words),
            "{does:?}: {outcome:?}"
        );
        until("the connection is closed", || server.open() == 0).await;
    }
    let server = Server::new(Does::Nothing).await;
    dropped(
        &FtpProbe::new(FtpSpec::new(server.endpoint(), LONG, "/x")),
        &server,
    )
    .await;
}

#[test]
fn a_password_is_not_shown() {
    let spec = FtpSpec::new(Endpoint::new("192.0.2.1", 21), LONG, "/x").login("me", "hidden");
    let radius = radius_spec(Endpoint::new("192.0.2.1", 1812), LONG);
    let shown = format!(
        "{spec:?} {radius:?} {:?}",
        RadiusProbe::new(radius.clone()).unwrap()
    );
    assert!(
        shown.contains("me") && !shown.contains("hidden") && !shown.contains("xyzzy"),
        "{shown}"
    );
}

/// Answers each request as it is told; `{call}` stands for its Call-ID.
async fn sip_by_udp(answers: Vec<&'static str>) -> Endpoint {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut heard = [0; 4096];
        while let Ok((count, from)) = socket.recv_from(&mut heard).await {
            let request = std::str::from_utf8(&heard[..count]).unwrap();
            assert!(
                request.starts_with("OPTIONS sip:me@example.org SIP/2.0\r\n"),
                "{request}"
            );
            assert!(
                request.contains(&format!("Via: SIP/2.0/UDP {from};rport;branch=z9hG4bK")),
                "{request}"
            );
            assert!(request.ends_with("\r\n\r\n"), "{request}");
            for answer in &answers {
                let answer = answer.replace("{call}", call_of(request));
                socket.send_to(answer.as_bytes(), from).await.unwrap();
            }
        }
    });
    Endpoint::new("127.0.0.1", port)
}

fn call_of(request: &str) -> &str {
    let line = request.lines().find_map(|line| line.strip_prefix("Call-ID: "));
    line.unwrap()
}

async fn sip(endpoint: Endpoint, transport: Transport, timeout: Duration) -> Outcome {
    let user = "me@example.org".to_owned();
    let spec = SipSpec {
        endpoint,
        timeout,
        transport,
        user,
    };
    look(&SipProbe::new(spec)).await
}

#[tokio::test]
async fn options_of_sip_are_answered_with_200() {
    let udp = |answers, timeout| async move { sip(sip_by_udp(answers).await, Transport::Udp, timeout).await };
    let trying = "SIP/2.0 100 Trying\r\nCall-ID: {call}\r\n\r\n";
    let good = "SIP/2.0 200 OK\r\nCall-ID: {call}\r\n\r\n";
    assert!(udp(vec![good], LONG).await.passed());
    assert!(
        udp(
            vec![trying, "SIP/2.0 200 OK\r\nCall-ID: other\r\n\r\n", good],
            LONG
        )
        .await
        .passed()
    );
    let outcome = udp(
        vec!["SIP/2.0 503 Service Unavailable\r\nCall-ID: {call}\r\n\r\n"],
        LONG,
    )
    .await;
    assert!(
        !outcome.passed() && outcome.reason.contains("'SIP/2.0 503 Service Unavailable'"),
        "{outcome:?}"
    );
    let outcome = udp(vec!["HTTP/1.1 200 OK\r\n\r\n"], LONG).await;
    assert!(
        !outcome.passed() && outcome.reason.contains("which is not SIP"),
        "{outcome:?}"
    );
    let outcome = udp(vec![trying], SHORT).await;
    assert_eq!(outcome.reason, "no answer within 300ms");
}

#[tokio::test]
async fn options_of_sip_go_by_tcp_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::new("127.0.0.1", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            stream.read_line(&mut request).await.unwrap();
        }
        assert!(request.contains("Via: SIP/2.0/TCP "), "{request}");
        let call = call_of(&request);
        let answers = format!("SIP/2.0 100 Trying\r\n\r\nSIP/2.0 200 OK\r\nCall-ID: {call}\r\n\r\n");
        stream.write_all(answers.as_bytes()).await.unwrap();
    });
    let outcome = sip(endpoint, Transport::Tcp, LONG).await;
    assert!(outcome.passed(), "{outcome:?}");
    for (does, words) in [
        (
            Does::Says(&[b"", b"SIP/2.0 404 Not Found\r\nCall-ID: x\r\n\r\n"]),
            "no answer within",
        ),
        (Does::Floods(b"SIP/2.0 200 OK\r\n"), "its answer does not end"),
        (Does::Resets, "reset"),
    ] {
        let server = Server::new(does).await;
        let outcome = sip(server.endpoint(), Transport::Tcp, SHORT).await;
        assert!(
            !outcome.passed() && outcome.reason.contains(words),
            "{does:?}: {outcome:?}"
        );
        until("the connection is closed", || server.open() == 0).await;
    }
}

fn radius_spec(endpoint: Endpoint, timeout: Duration) -> RadiusSpec {
    RadiusSpec {
        endpoint,
        timeout,
        user: "me".to_owned(),
        password: "hidden password of more than sixteen octets".to_owned(),
        secret: "xyzzy5461".to_owned(),
    }
}

/// Lets in who has the password, by this secret; or answers with a code whatever comes.
async fn radius_server(secret: &'static str, code: Option<u8>) -> Endpoint {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut heard = [0; 4096];
        while let Ok((count, from)) = socket.recv_from(&mut heard).await {
            let request = &heard[..count];
            let authenticator = &request[4..20];
            let known =
                password_of(request, secret) == radius_spec(Endpoint::new("", 0), LONG).password.as_bytes();
            let code = code.unwrap_or(if known { 2 } else { 3 });
            let head = [code, request[1], 0, 20];
            let digest = Md5::new()
                .chain_update(head)
                .chain_update(authenticator)
                .chain_update(secret)
                .finalize();
            let answer = [head.as_slice(), &digest].concat();
            socket.send_to(&answer, from).await.unwrap();
        }
    });
    Endpoint::new("127.0.0.1", port)
}

/// RFC 2865 5.2, the other way round.
fn password_of(request: &[u8], secret: &str) -> Vec<u8> {
    let name = usize::from(request[21]);
    let hidden = &request[20 + name + 2..];
    assert_eq!((request[0], request[20 + name], hidden.len() % 16), (1, 2, 0));
    let mut before = request[4..20].to_vec();
    let mut clear = Vec::new();
    for part in hidden.chunks(16) {
        let digest = Md5::new().chain_update(secret).chain_update(&before).finalize();
        clear.extend(part.iter().zip(digest).map(|(octet, key)| octet ^ key));
        before = part.to_vec();
    }
    let end = clear
        .iter()
        .rposition(|octet| *octet != 0)
        .map_or(0, |last| last + 1);
    clear.truncate(end);
    clear
}

#[tokio::test]
async fn a_user_of_radius_gets_in_or_not() {
    let ask = |endpoint, timeout| async move {
        look(&RadiusProbe::new(radius_spec(endpoint, timeout)).unwrap()).await
    };
    let outcome = ask(radius_server("xyzzy5461", None).await, LONG).await;
    assert!(outcome.passed(), "{outcome:?}");
    for (code, words) in [(3, "Access-Reject"), (11, "Access-Challenge"), (5, "code 5")] {
        let outcome = ask(radius_server("xyzzy5461", Some(code)).await, LONG).await;
        assert!(!outcome.passed() && outcome.reason.contains(words), "{outcome:?}");
    }
    // An acceptance by somebody who does not know the secret.
    let outcome = ask(radius_server("another", Some(2)).await, SHORT).await;
    assert_eq!(outcome.reason, "no answer that knows the secret within 300ms");
    let mut long = radius_spec(Endpoint::new("192.0.2.1", 1812), LONG);
    long.password = "x".repeat(129);
    assert!(RadiusProbe::new(long).is_err());
}

fn bind(endpoint: Endpoint, pattern: &str) -> ExchangeSpec {
    ExchangeSpec::new(endpoint, LONG)
        .send(hex("300c020101 6007020103 04008000").unwrap())
        .expect(Expect::ldap(0x61, r"(?s-u)\A\x61.\x0a\x01\x00").unwrap())
        .send("search")
        .expect(Expect::ldap(0x64, pattern).unwrap())
}

#[tokio::test]
async fn a_directory_lets_in_and_has_an_entry() {
    const BOUND: &[u8] = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00";
    const REFUSED: &[u8] = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00";
    /// Of `dc=fr`, without attributes; with a length in the long form.
    const ENTRY: &[u8] = b"\x30\x81\x0e\x02\x01\x02\x64\x09\x04\x05dc=fr\x30\x00";
    /// noSuchObject.
    const NOTHING: &[u8] = b"\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x20\x04\x00\x04\x00";
    let ask = |says: &'static [&'static [u8]], pattern: &'static str| async move {
        let server = Server::new(Does::Says(says)).await;
        look(&ExchangeProbe::new(bind(server.endpoint(), pattern))).await
    };
    let outcome = ask(&[b"", BOUND, ENTRY], "dc=fr").await;
    assert!(outcome.passed(), "{outcome:?}");
    const REFUSES: &[&[u8]] = &[b"", REFUSED];
    for (says, step) in [
        (REFUSES, "step 2"),
        (&[b"", BOUND, NOTHING], "step 4"),
        (&[b"", b"HTTP/1.1 400 Bad Request\r\n"], "step 2"),
    ] {
        let outcome = ask(says, "dc=fr").await;
        assert!(!outcome.passed() && outcome.reason.contains(step), "{outcome:?}");
    }
    let outcome = ask(&[b"", BOUND, NOTHING], "").await;
    assert!(!outcome.passed(), "no entry came: {outcome:?}");
    let outcome = ask(&[b"", BOUND, ENTRY], "dc=de").await;
    assert!(
        !outcome.passed() && outcome.reason.contains("step 4"),
        "{outcome:?}"
    );
}

#[test]
fn a_message_of_ldap_is_waited_for_to_its_end() {
    let entry = b"\x30\x81\x0e\x02\x01\x02\x64\x09\x04\x05dc=fr\x30\x00";
    let expect = Expect::ldap(0x64, "dc=fr").unwrap();
    for end in 0..entry.len() {
        assert_eq!(expect.look(&entry[..end]), Heard::More, "{end}");
    }
    assert_eq!(expect.look(entry), Heard::Expected(entry.len()));
}

#[tokio::test]
async fn imap_answers_with_the_tag_that_was_asked() {
    let spec = |endpoint| {
        ExchangeSpec::new(endpoint, LONG)
            .expect(Expect::line(r"^\* OK").unwrap())
            .send("a1 LOGIN \"me\" \"hidden\"\r\n")
            .expect(Expect::tagged("a1", "^a1 OK").unwrap())
    };
    let ask = |says: &'static [&'static [u8]]| async move {
        let server = Server::new(Does::Says(says)).await;
        look(&ExchangeProbe::new(spec(server.endpoint()))).await
    };
    let good: &[&[u8]] = &[b"* OK hi\r\n", b"* CAPABILITY IMAP4rev1\r\na1 OK in\r\n"];
    assert!(ask(good).await.passed());
    let outcome = ask(&[b"* OK hi\r\n", b"* a1 OK\r\na1 NO [AUTHENTICATIONFAILED]\r\n"]).await;
    assert!(
        !outcome.passed() && outcome.reason.contains("a1 NO"),
        "{outcome:?}"
    );
}

proptest! {
    #[test]
    fn any_octets_are_survived(octets: Vec<u8>, tag: u8) {
        for expect in [Expect::ldap(tag, ".").unwrap(), Expect::tagged("a1", ".").unwrap()] {
            if let Heard::Expected(count) = expect.look(&octets) {
                prop_assert!(count <= octets.len());
            }
        }
    }
}
