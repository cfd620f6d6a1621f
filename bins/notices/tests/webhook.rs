//! Webhooks, against servers that answer as they like.
#![cfg(feature = "webhook")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod servers;

use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use servers::{HASTY, answer, lane, listen, news, outcomes, request, until};
use vrrp_notices::{End, Epochs, Kind, News, Notices, State, Targets, Wants, Webhook};
use zeroize::Zeroizing;

type Calls = Arc<Mutex<Vec<(Vec<String>, serde_json::Value)>>>;

fn hook(port: u16) -> Webhook {
    let mut hook = Webhook::new(&format!("http://127.0.0.1:{port}/vrrp/secret?k=v"), "lb1").unwrap();
    hook.timeout = Duration::from_millis(400);
    hook.patience = HASTY;
    hook
}

fn notices(hook: Webhook, wants: Wants) -> Notices {
    let notices = Notices::new(Epochs::open(None));
    let mut targets = Targets::default();
    targets.add("webhook pager", Arc::new(hook), wants);
    notices.aim(targets).unwrap();
    notices
}

/// Answers by the number of the call; keeps what it was asked.
fn server(serve: impl Fn(usize, &TcpStream) + Send + Sync + 'static) -> (u16, Calls) {
    let calls = Calls::default();
    let kept = Arc::clone(&calls);
    let address = listen(move |number, stream| {
        if let Some((head, body)) = request(&stream) {
            kept.lock()
                .unwrap()
                .push((head, serde_json::from_str(&body).unwrap()));
            serve(number, &stream);
        }
    });
    (address.port(), calls)
}

fn states(calls: &Calls) -> Vec<String> {
    let calls = calls.lock().unwrap();
    calls
        .iter()
        .map(|(_, body)| body["state"].as_str().unwrap().to_owned())
        .collect()
}

/// As servers do with what they do not know.
#[test]
fn a_server_that_repeats_what_it_was_asked_tells_nobody() {
    let (port, calls) = server(|_, stream| {
        let body = "Cannot POST /vrrp/secret?k=v with Bearer sesame ".repeat(30);
        answer(stream, "401 Unauthorized", "", &body);
    });
    let token = Zeroizing::new("Bearer sesame".to_owned());
    let notices = notices(hook(port).authorized(&token).unwrap(), Wants::all());
    notices.tell(&news("VI_1", State::Master));
    let said = outcomes(&notices, 1).remove(0).answer;
    assert_eq!(calls.lock().unwrap().len(), 1);
    assert!(
        said.starts_with("status 401: Cannot POST *** with *** Cannot POST *** with ***"),
        "{said}"
    );
    assert!(!said.contains("secret") && !said.contains("sesa"), "{said}");
}

#[test]
fn a_call_says_who_what_and_when() {
    let (port, calls) = server(|_, stream| answer(stream, "200 OK", "", "thanks"));
    let token = Zeroizing::new("Bearer sesame".to_owned());
    let notices = notices(hook(port).authorized(&token).unwrap(), Wants::all());
    notices.tell(&news("VI_1", State::Backup));
    notices.tell(&news("VI_1", State::Master));
    let outcomes = outcomes(&notices, 2);
    assert!(
        outcomes
            .iter()
            .all(|one| one.end == End::Arrived && one.answer == "status 200: thanks"),
        "{outcomes:?}"
    );
    let calls = calls.lock().unwrap();
    let (head, body) = &calls[1];
    assert_eq!(head[0], "POST /vrrp/secret?k=v HTTP/1.1");
    let epoch = outcomes[1].epoch;
    for line in [
        format!("host: 127.0.0.1:{port}"),
        "content-type: application/json".to_owned(),
        "authorization: Bearer sesame".to_owned(),
        format!("idempotency-key: \"lb1-{epoch}-instance-VI_1\""),
    ] {
        assert!(head.contains(&line), "{line} in {head:?}");
    }
    assert_eq!(
        (
            &body["node"],
            &body["state"],
            &body["previous"],
            &body["priority"],
            &body["epoch"]
        ),
        (
            &"lb1".into(),
            &"MASTER".into(),
            &"BACKUP".into(),
            &150.into(),
            &epoch.into()
        )
    );
    assert!(calls[0].1["previous"].is_null() && calls[0].1["epoch"].as_u64() < Some(epoch));
    let shown = format!("{:?}", notices.status(Kind::Instance, "VI_1"));
    assert!(
        shown.contains(&format!("http://127.0.0.1:{port}"))
            && !shown.contains("secret")
            && !shown.contains("sesame")
    );
}

#[test]
fn a_server_in_trouble_is_asked_again_with_the_same_key_and_nothing_overtakes() {
    let (port, calls) = server(|number, stream| {
        let status = if number < 2 {
            "500 Internal Server Error"
        } else {
            "204 No Content"
        };
        answer(stream, status, "", "");
    });
    let notices = notices(hook(port), Wants::all());
    notices.tell(&news("VI_1", State::Backup));
    notices.tell(&news("VI_1", State::Master));
    let outcomes = outcomes(&notices, 2);
    assert_eq!((outcomes[0].end, outcomes[0].tries), (End::Arrived, 3));
    assert_eq!(states(&calls), ["BACKUP", "BACKUP", "BACKUP", "MASTER"]);
    let calls = calls.lock().unwrap();
    let key = |at: usize| {
        calls[at]
            .0
            .iter()
            .find(|line| line.starts_with("idempotency-key"))
            .cloned()
    };
    assert_eq!(key(0), key(2));
    assert_ne!(key(2), key(3));
    assert_eq!(calls[0].1, calls[2].1);
}

#[test]
fn a_late_call_that_is_refused_as_stale_is_not_repeated() {
    let (port, calls) = server(|number, stream| {
        let status = if number == 0 { "409 Conflict" } else { "200 OK" };
        answer(stream, status, "", "");
    });
    let notices = notices(hook(port), Wants::all());
    notices.tell(&news("VI_1", State::Backup));
    notices.tell(&news("VI_1", State::Master));
    let outcomes = outcomes(&notices, 2);
    assert_eq!((outcomes[0].end, outcomes[0].tries), (End::Refused, 1));
    assert!(outcomes[0].answer.contains("refused as stale"));
    assert_eq!(outcomes[1].end, End::Arrived);
    assert_eq!(states(&calls).len(), 2);
}

#[test]
fn one_that_keeps_failing_is_given_up_and_the_next_has_its_turn() {
    let (port, calls) = server(|number, stream| {
        let status = if number < 4 {
            "503 Service Unavailable"
        } else {
            "200 OK"
        };
        answer(stream, status, "", "");
    });
    let notices = notices(hook(port), Wants::all());
    notices.tell(&news("VI_1", State::Backup));
    notices.tell(&news("VI_1", State::Master));
    let outcomes = outcomes(&notices, 2);
    assert_eq!((outcomes[0].end, outcomes[0].tries), (End::GivenUp, 4));
    assert_eq!((outcomes[1].end, outcomes[1].tries), (End::Arrived, 1));
    assert_eq!(states(&calls), ["BACKUP", "BACKUP", "BACKUP", "BACKUP", "MASTER"]);
}

#[test]
fn a_redirect_is_not_followed() {
    let (other, elsewhere) = server(|_, stream| answer(stream, "200 OK", "", ""));
    let (port, _calls) = server(move |_, stream| {
        answer(
            stream,
            "307 Temporary Redirect",
            &format!("location: http://127.0.0.1:{other}/\r\n"),
            "",
        );
    });
    let notices = notices(hook(port), Wants::all());
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!((outcome.end, outcome.tries), (End::Refused, 1));
    assert!(elsewhere.lock().unwrap().is_empty());
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let (port, _calls) = server(|_, _| std::thread::sleep(Duration::from_secs(60)));
    let notices = notices(hook(port), Wants::all());
    let begin = Instant::now();
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!((outcome.end, outcome.tries), (End::GivenUp, 4));
    assert!(
        outcome.answer.contains("no answer within 0.4 s"),
        "{}",
        outcome.answer
    );
    // 4 of 400 ms, and pauses of 20, 40, 80 ms.
    let took = begin.elapsed();
    assert!(
        took >= Duration::from_millis(1740) && took < Duration::from_secs(10),
        "{took:?}"
    );
}

#[test]
fn a_flood_costs_neither_memory_nor_the_status() {
    let (port, _calls) = server(|_, mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
    });
    let notices = notices(hook(port), Wants::all());
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!(outcome.end, End::Arrived, "{outcome:?}");
    assert!(outcome.answer.len() < 300);
}

#[test]
fn a_head_without_end_is_no_answer() {
    let (port, _calls) = server(|_, mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream
            .write_all(format!("x: {}\r\n", "y".repeat(1000)).as_bytes())
            .is_ok()
        {}
    });
    let notices = notices(hook(port), Wants::all());
    notices.tell(&news("VI_1", State::Master));
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!(outcome.end, End::GivenUp, "{outcome:?}");
}

#[test]
fn a_target_is_told_only_of_what_it_wants() {
    let (port, calls) = server(|_, stream| answer(stream, "200 OK", "", ""));
    let wants = Wants {
        only: Some([(Kind::Group, "G".to_owned())].into()),
        faults: false,
    };
    let notices = notices(hook(port), wants);
    let of_group = |state| News {
        kind: Kind::Group,
        priority: None,
        ..news("G", state)
    };
    notices.tell(&news("G", State::Backup));
    notices.tell(&of_group(State::Fault));
    notices.tell(&of_group(State::Master));
    until("the call", || (!states(&calls).is_empty()).then_some(()));
    assert!(notices.status(Kind::Instance, "G").is_empty());
    assert_eq!(states(&calls), ["MASTER"]);
}

#[test]
fn what_waits_for_a_target_that_a_reload_takes_away_is_given_up() {
    let (port, _calls) = server(|_, stream| answer(stream, "503 Service Unavailable", "", ""));
    let notices = notices(hook(port), Wants::all());
    notices.tell(&news("VI_1", State::Master));
    notices.aim(Targets::default()).unwrap();
    let outcome = outcomes(&notices, 1).remove(0);
    assert_eq!(outcome.end, End::Abandoned);
    notices.keep(|_, name| name != "VI_1");
    assert!(notices.status(Kind::Instance, "VI_1").is_empty());
}

#[test]
fn an_instance_that_is_renamed_keeps_its_queue() {
    let (port, calls) = server(|number, stream| {
        let status = if number == 0 {
            "503 Service Unavailable"
        } else {
            "200 OK"
        };
        answer(stream, status, "", "");
    });
    let wants = Wants {
        only: Some([(Kind::Instance, "old".to_owned())].into()),
        faults: true,
    };
    let notices = notices(hook(port), wants);
    notices.tell(&news("old", State::Backup));
    notices.rename(&[("old".to_owned(), "VI_1".to_owned())]);
    notices.tell(&news("VI_1", State::Backup));
    notices.tell(&news("VI_1", State::Master));
    let outcomes = outcomes(&notices, 2);
    assert_eq!(
        outcomes.iter().map(|one| one.tries).collect::<Vec<_>>(),
        [2, 1],
        "BACKUP is known"
    );
    assert_eq!(states(&calls), ["BACKUP", "BACKUP", "MASTER"]);
    assert_eq!(lane(&notices).waiting, 0);
}

#[test]
fn a_number_is_on_the_disk_before_it_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("epoch");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (kept, path) = (Arc::clone(&seen), file.clone());
    let (port, calls) = server(move |_, stream| {
        let bound: u64 = std::fs::read_to_string(&path).unwrap().trim().parse().unwrap();
        kept.lock().unwrap().push(bound);
        answer(stream, "200 OK", "", "");
    });
    let notices = Notices::new(Epochs::open(Some(file)));
    let mut targets = Targets::default();
    targets.add("webhook pager", Arc::new(hook(port)), Wants::all());
    notices.aim(targets).unwrap();
    notices.tell(&news("VI_1", State::Backup));
    notices.tell(&news("VI_1", State::Master));
    outcomes(&notices, 2);
    let calls = calls.lock().unwrap();
    for ((_, body), bound) in calls.iter().zip(seen.lock().unwrap().iter()) {
        assert!(body["epoch"].as_u64().unwrap() <= *bound);
    }
}

/// Two instances more than may be tried at once hang at one; the other is told all the same.
#[test]
fn a_target_that_hangs_keeps_no_other_from_being_told() {
    let (hanging, _calls) = server(|_, _| std::thread::sleep(Duration::from_secs(60)));
    let (good, calls) = server(|_, stream| answer(stream, "200 OK", "", ""));
    let notices = Notices::new(Epochs::open(None));
    let mut slow = hook(hanging);
    slow.timeout = Duration::from_secs(60);
    let mut targets = Targets::default();
    targets.add("webhook a", Arc::new(slow), Wants::all());
    targets.add("webhook b", Arc::new(hook(good)), Wants::all());
    notices.aim(targets).unwrap();
    for number in 0..18 {
        notices.tell(&news(&format!("VI_{number}"), State::Master));
    }
    until("all calls", || (states(&calls).len() == 18).then_some(()));
}
