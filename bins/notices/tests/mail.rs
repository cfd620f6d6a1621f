//! Mail, against servers that answer as they like.
#![cfg(feature = "mail")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod servers;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use servers::mail::{mail, notices, server, subjects};
use servers::{lane, listen, news, outcomes, until};
use vrrp_notices::{End, Epochs, Kind, Login, Notices, State, Targets, Wants};
use zeroize::Zeroizing;

#[test]
fn mails_of_an_instance_arrive_in_order() {
    let (port, heard) = server(|_, _| None);
    let notices = notices(mail(port, &["a@example.com", "b@example.com"]));
    for state in [
        State::Backup,
        State::Master,
        State::Master,
        State::Fault,
        State::Backup,
    ] {
        notices.tell(&news("VI_1", state));
    }
    let outcomes = outcomes(&notices, 4);
    assert!(
        outcomes
            .iter()
            .all(|one| one.end == End::Arrived && one.tries == 1),
        "{outcomes:?}"
    );
    assert!(outcomes.windows(2).all(|two| two[0].epoch < two[1].epoch));
    assert_eq!(outcomes[0].answer, "queued as 77");
    let states = ["BACKUP", "MASTER", "FAULT", "BACKUP"];
    let expected = states.map(|state| format!("[lb1] VRRP Instance VI_1 - Entering {state} state"));
    assert_eq!(subjects(&heard), expected, "and the same state twice once");
    let heard = heard.lock().unwrap();
    for line in [
        "0 EHLO node",
        "0 MAIL FROM:<kv@example.com>",
        "0 RCPT TO:<a@example.com>",
        "0 RCPT TO:<b@example.com>",
        "0 To: a@example.com, b@example.com",
        "0 => VRRP Instance is no longer owning VRRP VIPs <=",
        "0 QUIT",
    ] {
        assert!(
            heard.iter().any(|other| other.starts_with(line)),
            "{line} in {heard:?}"
        );
    }
    assert_eq!(lane(&notices).to, "a@example.com, b@example.com");
}

/// Who is not told of FAULT is told of the state after it, also where it is the one before.
#[test]
fn a_state_that_returns_after_one_that_is_not_told_is_told() {
    let (port, heard) = server(|_, _| None);
    let notices = Notices::new(Epochs::open(None));
    let mut targets = Targets::default();
    let wants = Wants {
        only: None,
        faults: false,
    };
    targets.add("mail", Arc::new(mail(port, &["a@example.com"])), wants);
    notices.aim(targets).unwrap();
    for state in [State::Backup, State::Backup, State::Fault, State::Backup] {
        notices.tell(&news("VI_1", state));
    }
    outcomes(&notices, 2);
    notices.tell(&news("VI_1", State::Master));
    outcomes(&notices, 3);
    let expected = ["BACKUP", "BACKUP", "MASTER"];
    let expected = expected.map(|state| format!("[lb1] VRRP Instance VI_1 - Entering {state} state"));
    assert_eq!(subjects(&heard), expected);
}

#[test]
fn later_means_later_and_nothing_overtakes() {
    let (port, heard) = server(|number, line| {
        (number < 2 && line.starts_with("MAIL")).then(|| "451 come back later".to_owned())
    });
    let notices = notices(mail(port, &["a@example.com"]));
    let begin = Instant::now();
    notices.tell(&news("VI_1", State::Backup));
    notices.tell(&news("VI_1", State::Master));
    let outcomes = outcomes(&notices, 2);
    // Pauses of 20 and 40 ms.
    assert!(begin.elapsed() >= Duration::from_millis(60));
    assert_eq!((outcomes[0].end, outcomes[0].tries), (End::Arrived, 3));
    assert_eq!((outcomes[1].end, outcomes[1].tries), (End::Arrived, 1));
    let told: Vec<bool> = subjects(&heard)
        .iter()
        .map(|subject| subject.contains("BACKUP"))
        .collect();
    assert_eq!(told, [true, false]);
}

#[test]
fn no_means_no() {
    let (port, heard) = server(|_, line| line.starts_with("RCPT").then(|| "550 no such user".to_owned()));
    let notices = notices(mail(port, &["a@example.com"]));
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!((outcome.end, outcome.tries), (End::Refused, 1));
    assert!(
        outcome.answer.contains("a@example.com") && outcome.answer.contains("550"),
        "{}",
        outcome.answer
    );
    assert!(subjects(&heard).is_empty());
}

#[test]
fn one_bad_recipient_keeps_it_from_nobody_and_none_gets_it_twice() {
    // b is unknown, c is put off once.
    let (port, heard) = server(|number, line| match (number, line) {
        (_, "RCPT TO:<b@example.com>") => Some("550 no such user".to_owned()),
        (0, "RCPT TO:<c@example.com>") => Some("450 greylisted".to_owned()),
        _ => None,
    });
    let notices = notices(mail(port, &["a@example.com", "b@example.com", "c@example.com"]));
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!((outcome.end, outcome.tries), (End::Arrived, 2), "{outcome:?}");
    let heard = heard.lock().unwrap();
    let recipients: Vec<&str> = heard
        .iter()
        .filter(|line| line.contains("RCPT"))
        .map(String::as_str)
        .collect();
    assert_eq!(
        recipients,
        [
            "0 RCPT TO:<a@example.com>",
            "0 RCPT TO:<b@example.com>",
            "0 RCPT TO:<c@example.com>",
            "1 RCPT TO:<c@example.com>"
        ]
    );
    let ids: Vec<&str> = heard
        .iter()
        .filter_map(|line| line.split_once("Message-ID: "))
        .map(|(_, id)| id)
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "the same mail");
}

/// What a server does on each of its connections, and a word that the result then has.
fn given_up(serve: fn(TcpStream), word: &str) {
    let port = listen(move |_, stream| serve(stream)).port();
    let notices = notices(mail(port, &["a@example.com"]));
    let begin = Instant::now();
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!((outcome.end, outcome.tries), (End::GivenUp, 4), "{outcome:?}");
    assert!(outcome.answer.contains(word), "{word} in {}", outcome.answer);
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_server_that_hangs_is_given_up() {
    given_up(
        |mut stream| {
            let _ = stream.read(&mut [0; 8]);
            std::thread::sleep(Duration::from_secs(60));
        },
        "did not answer in full within 0.4 s",
    );
}

#[test]
fn a_server_that_closes_is_given_up() {
    given_up(drop, "its greeting");
}

#[test]
fn a_server_that_floods_a_line_without_end_is_cut_off() {
    given_up(
        |mut stream| while stream.write_all(&[b'2'; 65536]).is_ok() {},
        "it sends without end",
    );
}

#[test]
fn a_server_that_never_comes_to_its_last_line_is_cut_off() {
    given_up(
        |mut stream| {
            while stream
                .write_all("220-still here\r\n".repeat(1000).as_bytes())
                .is_ok()
            {}
        },
        "its greeting",
    );
}

#[test]
fn no_server_is_told_so() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let notices = notices(mail(closed.port(), &["a@example.com"]));
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!(outcome.end, End::GivenUp);
    assert!(
        outcome.answer.contains("no connection to 127.0.0.1 port"),
        "{}",
        outcome.answer
    );
}

#[test]
fn a_name_that_does_not_resolve_is_told_so() {
    let mut mail = mail(25, &["a@example.com"]);
    mail.host = "nobody.invalid".to_owned();
    mail.limit = Duration::from_secs(5);
    mail.patience.retries = 0;
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert!(
        outcome.answer.contains("no connection to nobody.invalid"),
        "{}",
        outcome.answer
    );
}

#[test]
fn a_password_is_never_sent_in_the_clear() {
    let (port, heard) = server(|_, _| None);
    let mut mail = mail(port, &["a@example.com"]);
    mail.login = Some(Login {
        user: "vrrp".to_owned(),
        password: Zeroizing::new("sesame".to_owned()),
    });
    assert!(!format!("{mail:?}").contains("sesame"));
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert!(outcome.answer.contains("without TLS"), "{}", outcome.answer);
    assert!(!heard.lock().unwrap().iter().any(|line| line.contains("AUTH")));
}

#[test]
fn what_waits_has_a_last_try_at_a_stop_and_no_more() {
    let (port, heard) = server(|number, _| (number == 0).then(|| "421 not now".to_owned()));
    let mut mail = mail(port, &["a@example.com"]);
    mail.patience.first = Duration::from_secs(600);
    mail.patience.longest = Duration::from_secs(600);
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Master));
    until("the pause", || lane(&notices).next_in);
    notices.tell(&news("VI_1", State::Stop));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    assert_eq!(runtime.block_on(notices.close(Duration::from_secs(10))), 0);
    assert_eq!(subjects(&heard).len(), 2);
    assert!(subjects(&heard)[1].ends_with("VI_1 - Stopping"));
    notices.tell(&news("VI_1", State::Master));
    assert_eq!(lane(&notices).waiting, 0, "closed");
}

#[test]
fn a_stop_waits_for_nobody_longer_than_it_says() {
    let port = listen(|_, stream| {
        std::thread::sleep(Duration::from_secs(60));
        drop(stream);
    })
    .port();
    let mut mail = mail(port, &["a@example.com"]);
    mail.limit = Duration::from_secs(30);
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Master));
    notices.tell(&news("VI_1", State::Stop));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let begin = Instant::now();
    assert_eq!(runtime.block_on(notices.close(Duration::from_millis(300))), 2);
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(
        lane(&notices)
            .outcomes
            .iter()
            .all(|one| one.end == End::Abandoned)
    );
}

#[test]
fn of_a_full_queue_the_oldest_is_dropped_and_the_last_is_the_truth() {
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock().unwrap();
    let opened = Arc::clone(&gate);
    let (port, heard) = server(move |_, line| {
        if line.is_empty() {
            drop(opened.lock().unwrap());
        }
        None
    });
    let mut mail = mail(port, &["a@example.com"]);
    mail.limit = Duration::from_secs(30);
    let notices = notices(mail);
    notices.tell(&news("VI_1", State::Fault));
    for _ in 0..32 {
        notices.tell(&news("VI_1", State::Backup));
        notices.tell(&news("VI_1", State::Master));
    }
    // 65 were told.
    let dropped = lane(&notices).outcomes;
    assert_eq!(dropped.len(), 1);
    assert_eq!((dropped[0].end, dropped[0].state), (End::Dropped, State::Backup));
    // 64 may wait.
    let waiting = notices.status(Kind::Instance, "VI_1")[0].waiting;
    assert_eq!(waiting, 64);
    drop(closed);
    until("the end of the queue", || {
        (lane(&notices).waiting == 0).then_some(())
    });
    let subjects = subjects(&heard);
    assert_eq!(subjects.len(), 64);
    assert!(
        subjects[0].contains("FAULT"),
        "the one under way is not taken away"
    );
    assert!(subjects[63].contains("MASTER"));
}
