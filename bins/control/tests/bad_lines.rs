//! Lines that are no requests, and the answers that they deserve.
#![allow(clippy::panic, reason = "a test says by a panic what is wrong")]

use vrrp_control::*;

fn kind(line: &[u8]) -> ProblemKind {
    match Request::from_line(line) {
        Err(Answer::Error(problem)) => {
            assert!(!problem.message.is_empty());
            problem.kind
        }
        other => panic!("expected a problem, got {other:?}"),
    }
}

#[test]
fn a_bad_line_gets_the_answer_it_deserves() {
    assert_eq!(kind(b""), ProblemKind::Malformed);
    assert_eq!(kind(b"status\n"), ProblemKind::Malformed);
    assert_eq!(kind(b"{\"ask\":\"status\"}\n"), ProblemKind::Malformed);
    assert_eq!(
        kind(b"{\"version\":2,\"ask\":\"status\"}\n"),
        ProblemKind::OtherVersion
    );
    assert_eq!(
        kind(b"{\"version\":1,\"ask\":\"fly\"}\n"),
        ProblemKind::UnknownRequest
    );
    assert_eq!(
        kind(b"{\"version\":1,\"ask\":{\"status\":1}}\n"),
        ProblemKind::Malformed
    );
    assert_eq!(kind(b"\xff\xfe{}\n"), ProblemKind::Malformed);
}

#[test]
fn a_bad_word_of_an_application_is_told_so() {
    for (wrong, expected) in [
        (
            "{\"push\":{\"check\":\"app\",\"result\":\"well\"}}",
            ProblemKind::Malformed,
        ),
        ("{\"push\":{\"check\":\"app\"}}", ProblemKind::Malformed),
        ("\"push\"", ProblemKind::Malformed),
        ("{\"pull\":{}}", ProblemKind::UnknownRequest),
    ] {
        let line = format!("{{\"version\":1,\"ask\":{wrong}}}");
        assert_eq!(kind(line.as_bytes()), expected, "{wrong}");
    }
}
