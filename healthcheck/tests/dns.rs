//! DNS servers of the test.

#![cfg(feature = "dns")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::time::Duration;

use healthcheck::{DnsProbe, DnsSpec, Endpoint, Outcome, Probe as _};
use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, PartialEq)]
enum Says {
    Record,
    Nothing,
    Code(ResponseCode),
    Junk,
    /// Answers to other questions come first.
    /// Of another type than the one asked for.
    Alias,
    ForgedFirst,
    OnlyForged,
    Truncated,
}

fn answer(question: &Message, code: ResponseCode, record: bool) -> Message {
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.response_code = code;
    answer.add_queries(question.queries.clone());
    if record {
        let name = question.queries[0].name().clone();
        answer.add_answer(Record::from_rdata(name, 60, RData::A(A::new(192, 0, 2, 1))));
    }
    answer
}

fn answers(says: Says, question: &Message) -> Vec<Vec<u8>> {
    let code = match says {
        Says::Code(code) => code,
        _ => ResponseCode::NoError,
    };
    let mut good = answer(question, code, matches!(says, Says::Record | Says::ForgedFirst));
    if let Says::Alias = says {
        let name = question.queries[0].name().clone();
        good.add_answer(Record::from_rdata(name.clone(), 60, RData::CNAME(CNAME(name))));
    }
    let mut forged = answer(question, ResponseCode::NoError, true);
    forged.metadata.id ^= 1;
    let mut other = answer(question, ResponseCode::NoError, true);
    other.queries = vec![Query::query(
        Name::from_utf8("other.example.").unwrap(),
        RecordType::A,
    )];
    let message = |message: Message| message.to_vec().unwrap();
    match says {
        Says::Junk => vec![b"what?".to_vec()],
        Says::ForgedFirst => vec![
            message(forged),
            message(other),
            message(question.clone()),
            message(good),
        ],
        Says::OnlyForged => vec![message(forged), message(other)],
        Says::Truncated => {
            good.metadata.truncation = true;
            vec![message(good)]
        }
        Says::Record | Says::Nothing | Says::Alias | Says::Code(_) => vec![message(good)],
    }
}

/// By UDP as it is told; by TCP always with a record.
async fn server(says: Says) -> Endpoint {
    let (udp, tcp) = loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            break (udp, tcp);
        }
    };
    let port = udp.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut heard = [0; 2048];
        while let Ok((count, from)) = udp.recv_from(&mut heard).await {
            let question = Message::from_vec(&heard[..count]).unwrap();
            assert!(question.metadata.recursion_desired);
            for answer in answers(says, &question) {
                udp.send_to(&answer, from).await.unwrap();
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let length = stream.read_u16().await.unwrap();
            let mut heard = vec![0; usize::from(length)];
            stream.read_exact(&mut heard).await.unwrap();
            let question = Message::from_vec(&heard).unwrap();
            let answer = answer(&question, ResponseCode::NoError, true).to_vec().unwrap();
            stream.write_u16(answer.len().try_into().unwrap()).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    });
    Endpoint::new("127.0.0.1", port)
}

async fn ask(says: Says, timeout: Duration, needs_record: bool) -> Outcome {
    let spec = DnsSpec::new(server(says).await, timeout, "a", "www.example").unwrap();
    let spec = if needs_record { spec.needs_record() } else { spec };
    DnsProbe::new(spec).probe().await
}

#[tokio::test]
async fn any_answer_with_code_0_passes_and_a_record_where_it_is_wanted() {
    let outcome = ask(Says::Record, LONG, true).await;
    assert_eq!(
        (outcome.passed(), outcome.reason.as_str()),
        (true, "it answers with 1 records of type A")
    );
    assert!(ask(Says::Nothing, LONG, false).await.passed());
    let outcome = ask(Says::Nothing, LONG, true).await;
    assert_eq!(outcome.reason, "it answers without a record of type A");
    let outcome = ask(Says::Alias, LONG, true).await;
    assert_eq!(outcome.reason, "it answers without a record of type A");
    assert!(ask(Says::Alias, LONG, false).await.passed());
    for code in [
        ResponseCode::ServFail,
        ResponseCode::NXDomain,
        ResponseCode::Refused,
    ] {
        let outcome = ask(Says::Code(code), LONG, false).await;
        assert_eq!(
            (outcome.passed(), outcome.reason),
            (false, format!("it answers {code}"))
        );
    }
}

#[tokio::test]
async fn a_record_has_to_be_the_one_that_is_wanted() {
    let ask = |says, pattern: &'static str| async move {
        let spec = DnsSpec::new(server(says).await, LONG, "a", "www.example").unwrap();
        DnsProbe::new(spec.answers(pattern).unwrap()).probe().await
    };
    assert!(ask(Says::Record, r"^192\.0\.2\.1$").await.passed());
    let outcome = ask(Says::Record, "192.0.2.2").await;
    assert!(
        !outcome.passed() && outcome.reason.ends_with("'192.0.2.1'"),
        "{outcome:?}"
    );
    let outcome = ask(Says::Nothing, "").await;
    assert!(
        !outcome.passed() && outcome.reason.ends_with("no record"),
        "{outcome:?}"
    );
    // Another type of record is none.
    assert!(!ask(Says::Alias, "www").await.passed());
}

#[tokio::test]
async fn what_is_no_answer_to_the_question_does_not_count() {
    let outcome = ask(Says::ForgedFirst, LONG, true).await;
    assert!(outcome.passed(), "{outcome:?}");
    let outcome = ask(Says::OnlyForged, SHORT, false).await;
    assert_eq!(outcome.reason, "no answer within 300ms");
    let outcome = ask(Says::Junk, LONG, false).await;
    assert!(outcome.reason.contains("what is not DNS"), "{outcome:?}");
}

#[tokio::test]
async fn what_does_not_fit_comes_by_tcp() {
    let outcome = ask(Says::Truncated, LONG, true).await;
    assert!(outcome.passed(), "{outcome:?}");
}

#[tokio::test]
async fn nobody_there_is_told() {
    let port = UdpSocket::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let spec = DnsSpec::new(Endpoint::new("127.0.0.1", port), LONG, "SOA", ".").unwrap();
    let probe = DnsProbe::new(spec);
    assert_eq!(probe.name(), format!("DNS question SOA . to 127.0.0.1:{port}"));
    let outcome = probe.probe().await;
    assert!(outcome.reason.contains("refused"), "{outcome:?}");
}

#[test]
fn a_question_that_cannot_be_put_says_why() {
    let error = |kind: &str, name: &str| {
        let endpoint = Endpoint::new("127.0.0.1", 53);
        DnsSpec::new(endpoint, LONG, kind, name).unwrap_err().to_string()
    };
    assert!(error("PTRR", "a.example").contains("'PTRR' is no type"));
    assert!(error("A", &"x".repeat(64)).contains("is no name for DNS"));
}
