//! Mail and webhooks of a running daemon, received by servers in its namespace.
#![cfg(all(feature = "mail", feature = "webhook"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use node::{LIMIT, Node, instance, is_root};
use vrrp_control::Notice;

type Lines = Arc<Mutex<Vec<String>>>;

/// A server on a port of the node's namespace; `None`, and said why, where this user cannot go there.
fn serve(node: &Node, port: u16, one: fn(TcpStream, &Lines)) -> Option<Lines> {
    if !is_root() {
        eprintln!("SKIPPED: only root enters the namespace of the daemon");
        return None;
    }
    // Once it answers, it is inside.
    node.until("it answers", |_| true);
    let namespace = std::fs::File::open(format!("/proc/{}/ns/net", node.pid())).unwrap();
    let heard = Lines::default();
    let kept = Arc::clone(&heard);
    let (ready, listens) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        ready.send(()).unwrap();
        for stream in listener.incoming() {
            one(stream.unwrap(), &kept);
        }
    });
    listens.recv_timeout(LIMIT).unwrap();
    Some(heard)
}

/// Takes any mail; keeps its lines.
fn smtp(stream: TcpStream, heard: &Lines) {
    talk(BufReader::new(stream), heard);
}

fn talk<S: Read + Write>(mut reader: BufReader<S>, heard: &Lines) {
    let say = |reader: &mut BufReader<S>, text: &[u8]| {
        let stream = reader.get_mut();
        stream.write_all(text).and_then(|()| stream.flush()).is_ok()
    };
    if !say(&mut reader, b"220 test\r\n") {
        return;
    }
    let mut in_data = false;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        let text = std::mem::take(&mut line).trim_end().to_owned();
        heard.lock().unwrap().push(text.clone());
        let answer: &[u8] = match text.as_str() {
            "." => b"250 queued\r\n",
            _ if in_data => continue,
            "DATA" => b"354 go\r\n",
            hello if hello.starts_with("EHLO") => b"250-test\r\n250 AUTH PLAIN\r\n",
            login if login.starts_with("AUTH") => b"235 welcome\r\n",
            _ => b"250 ok\r\n",
        };
        in_data = text == "DATA";
        if !say(&mut reader, answer) || text == "QUIT" {
            return;
        }
    }
}

/// Takes any call; keeps its body, and the header that says who called.
fn http(stream: TcpStream, heard: &Lines) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        let text = std::mem::take(&mut line).trim_end().to_owned();
        if let Some(octets) = text.strip_prefix("content-length: ") {
            length = octets.parse().unwrap();
        }
        if text.starts_with("authorization") {
            heard.lock().unwrap().push(text);
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_ok() {
        heard.lock().unwrap().push(String::from_utf8(body).unwrap());
        let _ = reader.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
    }
}

fn subjects(heard: &Lines) -> Vec<String> {
    let heard = heard.lock().unwrap();
    let subjects = heard.iter().filter_map(|line| line.strip_prefix("Subject: "));
    subjects.map(str::to_owned).collect()
}

fn config(more: &str) -> String {
    let told = instance("VI_1", 51, "192.0.2.100/24", "    smtp_alert\n");
    let silent = instance("VI_2", 52, "192.0.2.101/24", "");
    format!(
        "global_defs {{\n    router_id lb1\n    notification_email {{\n        ops@example.com\n    }}\n    \
         notification_email_from kv@example.com\n    smtp_server 127.0.0.1 2525\n    smtp_connect_timeout 2\n}}\n\
         {more}{told}{silent}"
    )
}

fn webhook(node: &str) -> String {
    format!(
        "vrrp_webhook pager {{\n    url http://127.0.0.1:8088/secret/path\n    authorization file:{node}\n    only {{\n        VI_1\n    }}\n}}\n"
    )
}

fn of<'a>(notices: &'a [Notice], target: &str) -> Option<&'a Notice> {
    notices.iter().find(|notice| notice.target == target)
}

/// Two calls, of which the second says all of it; its epoch.
fn called(calls: &Lines) -> u64 {
    let heard = calls.lock().unwrap().clone();
    assert_eq!(heard[0], "authorization: Bearer sesame");
    let bodies: Vec<serde_json::Value> = heard
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert_eq!(bodies.len(), 2);
    let last = &bodies[1];
    assert_eq!(
        (
            &last["node"],
            &last["name"],
            &last["state"],
            &last["previous"],
            &last["priority"]
        ),
        (
            &"lb1".into(),
            &"VI_1".into(),
            &"MASTER".into(),
            &"BACKUP".into(),
            &150.into()
        )
    );
    assert!(bodies[0]["epoch"].as_u64() < last["epoch"].as_u64());
    last["epoch"].as_u64().unwrap()
}

/// The first mail finds no server yet and is tried again; who has no `smtp_alert` tells nobody; the last words of a stop
/// arrive.
#[test]
fn a_daemon_tells_by_mail_and_webhook_and_says_goodbye() {
    let secrets = node::folder();
    let token = secrets.join("token");
    std::fs::write(&token, "Bearer sesame\n").unwrap();
    let Some(mut node) = Node::start(&config(&webhook(&token.display().to_string())), &[]) else {
        return;
    };
    node.until_state("VI_1", "MASTER");
    let Some(mails) = serve(&node, 2525, smtp) else {
        return;
    };
    let calls = serve(&node, 8088, http).unwrap();
    let status = node.until("both are told", |status| {
        let notices = &status.instances[0].notices;
        let arrived =
            |target| of(notices, target).is_some_and(|one| one.results.len() == 2 && one.waiting == 0);
        arrived("mail") && arrived("webhook pager")
    });
    let expected =
        ["BACKUP", "MASTER"].map(|state| format!("[lb1] VRRP Instance VI_1 - Entering {state} state"));
    assert_eq!(subjects(&mails), expected);
    let told = &status.instances[0].notices;
    let (mail, hook) = (of(told, "mail").unwrap(), of(told, "webhook pager").unwrap());
    assert!(
        mail.results
            .iter()
            .chain(&hook.results)
            .all(|result| result.arrived),
        "{told:?}"
    );
    assert_eq!(
        (mail.to.as_str(), hook.to.as_str()),
        ("ops@example.com", "http://127.0.0.1:8088")
    );
    assert!(status.instances[1].notices.is_empty(), "VI_2 tells nobody");
    let epoch = called(&calls);
    let shown = serde_json::to_string(&status).unwrap() + &node.log();
    assert!(
        !shown.contains("sesame") && !shown.contains("secret/path"),
        "{shown}"
    );

    node.signal("-TERM");
    assert_eq!(node.wait(), 0);
    assert_eq!(
        subjects(&mails).last().unwrap(),
        "[lb1] VRRP Instance VI_1 - Stopping"
    );
    let heard = calls.lock().unwrap();
    assert!(heard.last().unwrap().contains("\"STOP\""), "{heard:?}");
    let bound = std::fs::read_to_string(node.folder.join("control.sock.epoch")).unwrap();
    assert!(bound.trim().parse::<u64>().unwrap() > epoch);
}

/// Another recipient, and an instance that goes: the old ones hear of its end, the new ones of what follows.
#[test]
fn a_reload_aims_anew_and_who_goes_says_so_to_those_who_were_told() {
    let Some(node) = Node::start(
        &config("").replace("    smtp_alert\n", "    smtp_alert\n    notify_deleted\n"),
        &[],
    ) else {
        return;
    };
    let Some(mails) = serve(&node, 2525, smtp) else {
        return;
    };
    node.until("the mails are there", |status| {
        of(&status.instances[0].notices, "mail").is_some_and(|mail| mail.results.len() == 2)
    });
    let other = config("")
        .replace("ops@", "dev@")
        .replace("VI_1", "VI_3")
        .replace("_router_id 51", "_router_id 53");
    let reload = node.reload(&other);
    assert!(
        reload.applied && reload.message.contains("mail changed"),
        "{}",
        reload.message
    );
    node.until("the mails are there", |status| {
        let three = status.instances.iter().find(|one| one.name == "VI_3");
        three.is_some_and(|three| of(&three.notices, "mail").is_some_and(|mail| mail.results.len() == 2))
    });
    let end = std::time::Instant::now() + LIMIT;
    while subjects(&mails).len() < 5 && std::time::Instant::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let told = subjects(&mails);
    assert!(
        told.contains(&"[lb1] VRRP Instance VI_1 - Deleted".to_owned()),
        "{told:?}"
    );
    assert!(
        told.contains(&"[lb1] VRRP Instance VI_3 - Entering MASTER state".to_owned()),
        "{told:?}"
    );
    let heard = mails.lock().unwrap();
    assert!(
        heard.contains(&"RCPT TO:<dev@example.com>".to_owned()),
        "{heard:?}"
    );
}

/// A server with a certificate of its own on a port of the node's namespace.
#[cfg(feature = "tls")]
fn smtp_over_tls(stream: TcpStream, heard: &Lines) {
    let config = CONFIG.get().unwrap();
    let session = rustls::ServerConnection::new(Arc::clone(config)).unwrap();
    talk(BufReader::new(rustls::StreamOwned::new(session, stream)), heard);
}

#[cfg(feature = "tls")]
static CONFIG: std::sync::OnceLock<Arc<rustls::ServerConfig>> = std::sync::OnceLock::new();

/// `smtp_tls wrapped` and `smtp_login`, against a certificate that `SSL_CERT_FILE` names; one of two recipients is none.
#[cfg(feature = "tls")]
#[test]
fn mail_goes_over_tls_with_a_login_and_a_bad_recipient_costs_only_himself() {
    let secrets = node::folder();
    let (password, roots) = (secrets.join("password"), secrets.join("roots.pem"));
    std::fs::write(&password, "sesame\n").unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&roots, made.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    CONFIG.set(Arc::new(config)).unwrap();
    let tls = format!(
        "    smtp_tls wrapped\n    smtp_login vrrp file:{}\n    smtp_connect_timeout 2\n",
        password.display()
    );
    let text = config_with(&tls);
    let Some(node) = Node::start_in(&[("SSL_CERT_FILE", roots.as_os_str())], &text, &[]) else {
        return;
    };
    let Some(mails) = serve(&node, 2525, smtp_over_tls) else {
        return;
    };
    let status = node.until("both are there", |status| {
        of(&status.instances[0].notices, "mail").is_some_and(|mail| mail.results.len() == 2)
    });
    let mail = of(&status.instances[0].notices, "mail").unwrap();
    assert!(mail.results.iter().all(|result| result.arrived), "{mail:?}");
    assert_eq!(subjects(&mails).len(), 2);
    let heard = mails.lock().unwrap().join("\n");
    // NUL vrrp NUL sesame.
    assert!(heard.contains("AUTH PLAIN AHZycnAAc2VzYW1l"), "{heard}");
    assert!(heard.contains("RCPT TO:<ops@example.com>"), "{heard}");
    let warned = status.daemon.warnings.join("\n");
    assert!(
        warned.contains(
            "\"a b@example.com\" is no mail address; write USER@HOST, without blanks. No mail is sent there"
        ),
        "{warned}"
    );
    assert!(warned.contains("has mode 0644: every user"), "{warned}");
}

#[cfg(feature = "tls")]
fn config_with(tls: &str) -> String {
    config("")
        .replace("    smtp_connect_timeout 2\n", tls)
        .replace("        ops@", "        \"a b@example.com\"\n        ops@")
}
