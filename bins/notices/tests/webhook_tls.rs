//! Webhooks over TLS, against servers with certificates of their own.
#![cfg(all(feature = "webhook", feature = "tls"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod servers;

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use servers::{HASTY, Lines, listen, news, outcomes};
use vrrp_notices::{End, Epochs, Notices, Outcome, State, Targets, Wants, Webhook};
use zeroize::Zeroizing;

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

/// Takes any call; keeps its lines, the body last.
fn serve(config: Arc<ServerConfig>) -> (u16, Lines) {
    let heard = Lines::default();
    let kept = Arc::clone(&heard);
    let address = listen(move |_, stream| {
        let session = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut reader = BufReader::new(StreamOwned::new(session, stream));
        let mut line = String::new();
        let mut length = 0;
        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
            let text = std::mem::take(&mut line).trim_end().to_owned();
            if let Some(octets) = text.strip_prefix("content-length: ") {
                length = octets.parse().unwrap();
            }
            kept.lock().unwrap().push(text);
        }
        let mut body = vec![0; length];
        if length > 0 && reader.read_exact(&mut body).is_ok() {
            kept.lock().unwrap().push(String::from_utf8(body).unwrap());
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nthanks";
            reader.get_mut().write_all(answer).unwrap();
            reader.get_mut().flush().unwrap();
        }
    });
    (address.port(), heard)
}

fn told(port: u16, trusted: Vec<Vec<u8>>) -> Outcome {
    let mut hook = Webhook::new(&format!("https://127.0.0.1:{port}/vrrp"), "lb1")
        .unwrap()
        .authorized(&Zeroizing::new("Bearer sesame".to_owned()))
        .unwrap();
    hook.timeout = Duration::from_secs(5);
    hook.patience = HASTY;
    hook.patience.retries = 1;
    hook.trusted = trusted;
    let notices = Notices::new(Epochs::open(None));
    let mut targets = Targets::default();
    targets.add("webhook pager", Arc::new(hook), Wants::all());
    notices.aim(targets).unwrap();
    notices.tell(&news("VI_1", State::Master));
    outcomes(&notices, 1).remove(0)
}

#[test]
fn a_call_arrives_with_its_secret_where_the_certificate_is_trusted() {
    let (trusted, config) = certificate("127.0.0.1");
    let (port, heard) = serve(config);
    let outcome = told(port, vec![trusted]);
    assert_eq!(
        (outcome.end, outcome.answer.as_str()),
        (End::Arrived, "status 200: thanks"),
        "{outcome:?}"
    );
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0], "POST /vrrp HTTP/1.1");
    assert!(
        heard.contains(&"authorization: Bearer sesame".to_owned()),
        "{heard:?}"
    );
    assert!(heard.last().unwrap().contains("\"MASTER\""), "{heard:?}");
}

/// Of another name, or signed by itself and not trusted: nothing of the call leaves, and it may be better later.
#[test]
fn a_certificate_that_is_not_the_right_one_gets_no_call() {
    for (name, is_trusted) in [("other.example.com", true), ("127.0.0.1", false)] {
        let (own, config) = certificate(name);
        let (port, heard) = serve(config);
        let trusted = if is_trusted {
            own
        } else {
            certificate("127.0.0.1").0
        };
        let outcome = told(port, vec![trusted]);
        assert_eq!((outcome.end, outcome.tries), (End::GivenUp, 2), "{outcome:?}");
        let said = &outcome.answer;
        assert!(
            said.contains("no TLS with 127.0.0.1") && said.contains("certificate"),
            "{said}"
        );
        assert_eq!(
            said.matches("invalid peer certificate").count(),
            1,
            "once: {said}"
        );
        assert!(heard.lock().unwrap().is_empty(), "{name}");
    }
}
