//! What docs/control.md says of the requests that change something, line by line: other clients are written from it.

use vrrp_control::servers::ServerOrder;
use vrrp_control::*;

fn asked(line: &str) -> Ask {
    let line = format!("{{\"version\":1,\"ask\":{line}}}\n");
    let read = Request::from_line(line.as_bytes()).unwrap();
    let again = Request::from_line(read.to_line().unwrap().as_bytes()).unwrap();
    assert_eq!(read, again);
    read.ask
}

#[test]
fn requests_are_the_lines_of_the_documentation() {
    let switchover = |instance: Option<&str>, undo, drain| Ask::Switchover {
        instance: instance.map(str::to_owned),
        undo,
        drain,
    };
    assert_eq!(asked("{\"switchover\":{}}"), switchover(None, false, false));
    assert_eq!(
        asked("{\"switchover\":{\"instance\":\"VI_1\",\"drain\":true}}"),
        switchover(Some("VI_1"), false, true)
    );
    assert_eq!(
        asked("{\"switchover\":{\"instance\":\"VI_1\",\"undo\":true}}"),
        switchover(Some("VI_1"), true, false)
    );
    assert_eq!(
        asked("{\"maintenance\":{\"on\":true}}"),
        Ask::Maintenance { on: true }
    );
    let priority = |shift, for_ms| Ask::Priority {
        instance: "VI_1".into(),
        shift,
        for_ms,
    };
    assert_eq!(
        asked("{\"priority\":{\"instance\":\"VI_1\",\"shift\":{\"by\":-20},\"for_ms\":600000}}"),
        priority(Shift::By(-20), Some(600_000))
    );
    assert_eq!(
        asked("{\"priority\":{\"instance\":\"VI_1\",\"shift\":{\"to\":120}}}"),
        priority(Shift::To(120), None)
    );
    assert_eq!(
        asked("{\"priority\":{\"instance\":\"VI_1\",\"shift\":\"off\"}}"),
        priority(Shift::Off, None)
    );
    let server = |order| Ask::Server {
        server: "192.0.2.10:80".into(),
        virtual_server: None,
        order,
    };
    assert_eq!(
        asked("{\"server\":{\"server\":\"192.0.2.10:80\",\"order\":\"drain\"}}"),
        server(ServerOrder::Drain)
    );
    assert_eq!(
        asked("{\"server\":{\"server\":\"192.0.2.10:80\",\"order\":{\"weight\":3}}}"),
        server(ServerOrder::Weight(3))
    );
    assert_eq!(asked("{\"servers\":{}}"), Ask::Servers { only: None });
    assert_eq!(asked("\"reload\""), Ask::Reload);
    let start = |limit_mib| {
        let file = "/var/tmp/vi_1".into();
        Ask::Record(Record::Start { file, limit_mib })
    };
    assert_eq!(
        asked("{\"record\":{\"start\":{\"file\":\"/var/tmp/vi_1\"}}}"),
        start(None)
    );
    assert_eq!(
        asked("{\"record\":{\"start\":{\"file\":\"/var/tmp/vi_1\",\"limit_mib\":8}}}"),
        start(Some(8))
    );
    assert_eq!(asked("{\"record\":\"stop\"}"), Ask::Record(Record::Stop));
    assert_eq!(asked("{\"record\":\"status\"}"), Ask::Record(Record::Status));
}

#[test]
fn half_a_request_is_malformed_and_not_unknown() {
    for half in [
        "\"switchover\"",
        "{\"switchover\":{\"instance\":7}}",
        "{\"maintenance\":{}}",
        "{\"maintenance\":{\"on\":\"yes\"}}",
        "{\"priority\":{\"instance\":\"VI_1\"}}",
        "{\"priority\":{\"instance\":\"VI_1\",\"shift\":{\"by\":3000000000}}}",
        "{\"priority\":{\"instance\":\"VI_1\",\"shift\":{\"to\":256}}}",
        "{\"priority\":{\"instance\":\"VI_1\",\"shift\":{\"to\":-1}}}",
        "{\"priority\":{\"instance\":\"VI_1\",\"shift\":\"off\",\"for_ms\":-1}}",
        "{\"reload\":{}}",
        "\"record\"",
        "{\"record\":{\"start\":{}}}",
        "{\"record\":{\"start\":{\"file\":\"/x\",\"limit_mib\":-1}}}",
    ] {
        let line = format!("{{\"version\":1,\"ask\":{half}}}\n");
        match Request::from_line(line.as_bytes()) {
            Err(Answer::Error(problem)) => assert_eq!(problem.kind, ProblemKind::Malformed, "{half}"),
            other => panic!("{half}: {other:?}"),
        }
    }
}

/// What changes something is not for those who may only read.
#[test]
fn changes_are_told_from_questions() {
    for line in [
        "{\"switchover\":{}}",
        "{\"maintenance\":{\"on\":false}}",
        "{\"priority\":{\"instance\":\"a\",\"shift\":\"off\"}}",
        "\"reload\"",
        "{\"check-mode\":{\"check\":\"a\",\"mode\":\"normal\"}}",
        "{\"record\":{\"start\":{\"file\":\"/a\"}}}",
        "{\"record\":\"stop\"}",
    ] {
        assert!(asked(line).is_change(), "{line}");
    }
    for line in ["\"hello\"", "\"status\"", "{\"record\":\"status\"}"] {
        assert!(!asked(line).is_change(), "{line}");
    }
}

fn moved() -> Moved {
    Moved {
        instance: "VI_1".into(),
        outcome: Outcome::HandedOver,
        to: "192.0.2.2".parse().ok(),
        took_ms: 3,
        drained: Vec::new(),
        message: "VI_1: 192.0.2.2 has taken over".into(),
    }
}

#[test]
fn replies_are_the_lines_of_the_documentation() {
    let line = Reply::new(Answer::Switchover(vec![moved()])).to_line().unwrap();
    assert_eq!(
        line,
        "{\"version\":1,\"answer\":{\"switchover\":[{\"instance\":\"VI_1\",\"outcome\":\"handed-over\",\"to\":\"192.0.2.2\",\"took_ms\":3,\"message\":\"VI_1: 192.0.2.2 has taken over\"}]}}\n"
    );
    let answers = [
        Answer::Maintenance(MaintenanceSet {
            on: true,
            before: false,
            problem: None,
            instances: vec![moved()],
        }),
        Answer::Priority(PriorityMoved {
            instance: "VI_1".into(),
            file: 100,
            before: 100,
            base: 80,
            for_ms: Some(600_000),
            message: "VI_1: base priority 100 -> 80".into(),
        }),
        Answer::Reload(Reload {
            at_unix_ms: 1,
            applied: false,
            message: "line 7: missing brace".into(),
            incomplete: None,
        }),
        Answer::Record(Box::new(Recorded {
            recording: Some(Recording {
                path: "/var/tmp/vi_1".into(),
                running: false,
                asked: None,
                began_unix_ms: 4,
                octets: 5,
                octets_max: 64 << 20,
                dropped: 0,
                well: false,
                problem: Some("no space left".into()),
            }),
            message: "it ended by itself".into(),
        })),
    ];
    for answer in answers {
        let line = Reply::new(answer.clone()).to_line().unwrap();
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert_eq!(Reply::from_line(line.as_bytes()).unwrap().answer, answer);
    }
}
