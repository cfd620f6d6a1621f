//! Mail over TLS, with a login.
#![cfg(all(feature = "mail", feature = "tls"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod servers;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use servers::mail::{mail, notices, server, subjects};
use servers::{Lines, listen, news, outcomes, smtp};
use vrrp_notices::{End, Login, MailTls, State};
use zeroize::Zeroizing;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

fn certificate(name: &str) -> (Vec<u8>, Arc<ServerConfig>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (made.cert.der().to_vec(), Arc::new(config))
}

fn secured(stream: TcpStream, config: &Arc<ServerConfig>) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream)
}

fn login() -> Option<Login> {
    Some(Login {
        user: "vrrp".to_owned(),
        password: Zeroizing::new("sesame".to_owned()),
    })
}

/// Takes a login of `vrrp`, `sesame` and mail from nobody else.
fn guarded(line: &str) -> Option<String> {
    if line.starts_with("AUTH") {
        // NUL vrrp NUL sesame.
        let right = line == "AUTH PLAIN AHZycnAAc2VzYW1l";
        return Some(if right { "235 welcome" } else { "535 who" }.to_owned());
    }
    None
}

#[test]
fn a_login_goes_over_tls_from_the_first_octet() {
    let (trusted, config) = certificate("127.0.0.1");
    let heard = Lines::default();
    let lines = Arc::clone(&heard);
    let port = listen(move |number, stream| {
        smtp(secured(stream, &config), number, &|_, line| guarded(line), &lines);
    })
    .port();
    let mut mail = mail(port, &["a@example.com"]);
    (mail.tls, mail.login, mail.trusted) = (MailTls::Wrapped, login(), vec![trusted]);
    mail.limit = Duration::from_secs(5);
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!(outcome.end, End::Arrived, "{outcome:?}");
    assert!(
        heard
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains("AUTH PLAIN"))
    );
}

#[test]
fn a_wrong_password_is_refused_and_not_shown() {
    let (trusted, config) = certificate("127.0.0.1");
    let port = listen(move |number, stream| {
        smtp(
            secured(stream, &config),
            number,
            &|_, line| guarded(line),
            &Lines::default(),
        );
    })
    .port();
    let mut mail = mail(port, &["a@example.com"]);
    (mail.tls, mail.login, mail.trusted) = (MailTls::Wrapped, login(), vec![trusted]);
    mail.login.as_mut().unwrap().password = Zeroizing::new("open".to_owned());
    mail.limit = Duration::from_secs(5);
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!((outcome.end, outcome.tries), (End::Refused, 1), "{outcome:?}");
    assert!(outcome.answer.contains("the login of \"vrrp\"") && !outcome.answer.contains("open"));
}

/// A plain talk up to STARTTLS, then one behind the handshake, which has no greeting.
fn starts_tls(stream: TcpStream, config: &Arc<ServerConfig>, heard: &Lines) {
    let mut plain = stream.try_clone().unwrap();
    plain.write_all(b"220 test\r\n").unwrap();
    let mut octets = [0; 512];
    let _ehlo = plain.read(&mut octets).unwrap();
    plain.write_all(b"250-test\r\n250 STARTTLS\r\n").unwrap();
    let read = plain.read(&mut octets).unwrap();
    assert_eq!(&octets[..read], b"STARTTLS\r\n");
    plain.write_all(b"220 go\r\n").unwrap();
    let mut secure = secured(stream, config);
    let Ok(read) = secure.read(&mut octets) else {
        return;
    };
    assert!(octets[..read].starts_with(b"EHLO"));
    // The answer to it stands where the script has its greeting.
    let script = |_: usize, line: &str| match line {
        "" => Some("250-test\r\n250 AUTH PLAIN".to_owned()),
        line => guarded(line),
    };
    smtp(secure, 0, &script, heard);
}

#[test]
fn a_login_goes_over_starttls() {
    let (trusted, config) = certificate("127.0.0.1");
    let heard = Lines::default();
    let lines = Arc::clone(&heard);
    let port = listen(move |_, stream| starts_tls(stream, &config, &lines)).port();
    let mut mail = mail(port, &["a@example.com"]);
    (mail.tls, mail.login, mail.trusted) = (MailTls::Required, login(), vec![trusted]);
    mail.limit = Duration::from_secs(5);
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!(outcome.end, End::Arrived, "{outcome:?}");
    assert!(subjects(&heard)[0].contains("MASTER"));
}

/// The name is another one, or nobody this machine trusts has signed it.
#[test]
fn a_bad_certificate_gets_no_mail() {
    for (name, trust) in [("other.example.com", true), ("127.0.0.1", false)] {
        let (der, config) = certificate(name);
        let heard = Lines::default();
        let lines = Arc::clone(&heard);
        let port = listen(move |_, stream| starts_tls(stream, &config, &lines)).port();
        let mut mail = mail(port, &["a@example.com"]);
        (mail.tls, mail.login) = (MailTls::Required, login());
        mail.trusted = if trust {
            vec![der]
        } else {
            vec![certificate("127.0.0.1").0]
        };
        mail.patience.retries = 0;
        mail.limit = Duration::from_secs(5);
        let notices = notices(mail);
        notices.tell(&news("VI_1", State::Master));
        let outcome = outcomes(&notices, 1).remove(0);
        assert_eq!(outcome.end, End::GivenUp, "{outcome:?}");
        assert!(
            outcome.answer.contains("STARTTLS") && outcome.answer.contains("certificate"),
            "{}",
            outcome.answer
        );
        assert!(heard.lock().unwrap().is_empty());
    }
}

#[test]
fn required_means_required() {
    let (port, heard) = server(|_, _| None);
    let mut mail = mail(port, &["a@example.com"]);
    mail.tls = MailTls::Required;
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert!(
        outcome.answer.contains("does not offer STARTTLS"),
        "{}",
        outcome.answer
    );
    assert!(subjects(&heard).is_empty());
}

#[test]
fn optional_goes_without_where_nothing_is_offered() {
    let (port, heard) = server(|_, _| None);
    let mut mail = mail(port, &["a@example.com"]);
    mail.tls = MailTls::Optional;
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Master));
    assert_eq!(outcomes(&notices, 1)[0].end, End::Arrived);
    assert_eq!(subjects(&heard).len(), 1);
}

/// Somebody in between puts an answer behind one that is not protected yet: it must not count as one of the protected
/// talk, whether it comes with the answer to STARTTLS or with the one before.
#[test]
fn an_answer_from_before_tls_counts_as_none() {
    for (hello, go) in [
        (
            "250-test\r\n250 STARTTLS\r\n",
            "220 go\r\n250-test\r\n250 AUTH PLAIN\r\n",
        ),
        (
            "250-test\r\n250 STARTTLS\r\n220 go\r\n250-test\r\n250 AUTH PLAIN\r\n",
            "",
        ),
    ] {
        let (trusted, config) = certificate("127.0.0.1");
        let heard = Lines::default();
        let lines = Arc::clone(&heard);
        let port = listen(move |_, stream| {
            let mut plain = stream.try_clone().unwrap();
            plain.write_all(b"220 test\r\n").unwrap();
            let mut octets = [0; 512];
            let _ehlo = plain.read(&mut octets).unwrap();
            plain.write_all(hello.as_bytes()).unwrap();
            if plain.read(&mut octets).is_ok_and(|read| read > 0) {
                plain.write_all(go.as_bytes()).unwrap();
                smtp(secured(stream, &config), 0, &|_, line| guarded(line), &lines);
            }
        })
        .port();
        let mut mail = mail(port, &["a@example.com"]);
        (mail.tls, mail.login, mail.trusted) = (MailTls::Required, login(), vec![trusted]);
        mail.patience.retries = 0;
        mail.limit = Duration::from_secs(5);
        let notices = notices(mail);
        notices.tell(&news("VI_1", State::Master));
        let outcome = outcomes(&notices, 1).remove(0);
        assert!(outcome.answer.contains("before TLS begins"), "{}", outcome.answer);
        assert!(heard.lock().unwrap().is_empty());
    }
}
