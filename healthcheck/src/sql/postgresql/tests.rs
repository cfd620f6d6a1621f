//! As PostgreSQL 15.18 has said it, password "hidden".

use proptest::prelude::*;

use super::*;
use crate::sql::SqlServer;
use crate::sql::played::{Played, play, played, spec, spoilt};

const SELECT: &str = "SELECT id, name FROM orders";

const START: &[u8] =
    b"\0\0\0R\0\x03\0\0user\0me\0database\0shop\0application_name\0health check\0client_encoding\0UTF8\0\0";
const SASL: &[u8] = b"R\0\0\0\x17\0\0\0\nSCRAM-SHA-256\0\0";
const CHALLENGE: &[u8] = b"R\0\0\0d\0\0\0\x0br=+BKa37RSz0VdTMJI817K/oTz6EvhoilR9KAQKcpkRWS9Y1L2DybBnRmk,\
s=AQh8yKYggPzKxeJeAq+jlQ==,i=4096";
const PROOF: &[u8] = b"R\0\0\x006\0\0\0\x0cv=W0szGbPCevMt4EcU+qyQ+7xyDzqdN0YQmIKiqLPQuVw=";
const IN: &[u8] = b"R\0\0\0\x08\0\0\0\0";
/// Parameters (some of them), the key for a cancellation, readiness.
const READY: &[u8] = b"S\0\0\0\"application_name\0health check\0S\0\0\0\x19client_encoding\0UTF8\0\
S\0\0\x002server_version\x0015.18 (Debian 15.18-0+deb12u1)\0K\0\0\0\x0c\0\x005 \xe1\xb5\xa6\xd6Z\0\0\0\x05I";
const ROWS: &[u8] = b"T\0\0\x002\0\x02id\0\0\0@\x07\0\x01\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0name\0\0\0@\x07\0\x02\0\0\0\x19\
\xff\xff\xff\xff\xff\xff\0\0D\0\0\0\x12\0\x02\0\0\0\x011\0\0\0\x03oneD\0\0\0\x12\0\x02\0\0\0\x012\0\0\0\x03twoC\0\0\0\r\
SELECT 2\0Z\0\0\0\x05I";
const NO_ROW: &[u8] =
    b"T\0\0\0\x1b\0\x01id\0\0\0@\x0c\0\x01\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0C\0\0\0\rSELECT 0\0\
Z\0\0\0\x05I";
const MD5: &[u8] = b"R\0\0\0\x0c\0\0\0\x05W\x80=\xa6";
const CLEAR: &[u8] = b"R\0\0\0\x08\0\0\0\x03";

/// That of the recorded conversation.
fn nonce() -> [u8; 24] {
    base64::decode("+BKa37RSz0VdTMJI817K/oTz6EvhoilR")
        .unwrap()
        .try_into()
        .unwrap()
}

fn hear_as(login: &str, password: &str, server: &[&[u8]]) -> Played {
    let mut spec = spec(SqlServer::Postgresql, SELECT);
    login.clone_into(&mut spec.login);
    password.clone_into(&mut spec.password);
    played(|| Box::new(Postgresql::new(&spec, nonce())), &server.concat())
}

fn hear(server: &[&[u8]]) -> Played {
    hear_as("me", "hidden", server)
}

fn fails(server: &[&[u8]], words: &str) {
    let heard = hear(server);
    assert!(
        heard.end.as_ref().is_err_and(|error| error.contains(words)),
        "{words}: {heard:?}"
    );
}

#[test]
fn both_sides_prove_to_know_the_password_and_rows_come() {
    let said: &[&[u8]] = &[
        START,
        b"p\0\0\0>SCRAM-SHA-256\0\0\0\0(n,,n=,r=+BKa37RSz0VdTMJI817K/oTz6EvhoilR",
        b"p\0\0\0tc=biws,r=+BKa37RSz0VdTMJI817K/oTz6EvhoilR9KAQKcpkRWS9Y1L2DybBnRmk,\
p=m1ihUxTchAXm66hpybfifNeESUMgCNwk9y603YmVf+Y=",
        b"Q\0\0\0 SELECT id, name FROM orders\0",
        TERMINATE,
    ];
    let said = said.concat();
    let heard = hear(&[SASL, CHALLENGE, PROOF, IN, READY, ROWS]);
    assert_eq!(
        heard,
        Played {
            said,
            end: Ok(true),
            rows: 2
        }
    );
}

#[test]
fn a_server_that_does_not_know_the_password_is_not_believed() {
    let forged = b"R\0\0\x006\0\0\0\x0cv=X0szGbPCevMt4EcU+qyQ+7xyDzqdN0YQmIKiqLPQuVw=";
    fails(
        &[SASL, CHALLENGE, forged, IN, READY, ROWS],
        "does not prove to know the password",
    );
    fails(&[SASL, IN, READY, ROWS], "without proving");
    fails(&[SASL, CHALLENGE, IN, READY, ROWS], "without proving");
    // Nor does it get another form of the password for having begun so.
    for way in [CLEAR, MD5, SASL] {
        fails(&[SASL, way], "out of turn");
        fails(&[SASL, CHALLENGE, way], "out of turn");
        fails(&[SASL, CHALLENGE, PROOF, way], "out of turn");
    }
    fails(&[CHALLENGE], "out of turn");
    fails(&[PROOF], "out of turn");
    fails(
        &[b"R\0\0\0\x19\0\0\0\nSCRAM-SHA-1\0OTHER\0\0"],
        "by 'SCRAM-SHA-1 OTHER', and SCRAM-SHA-256 is not among them",
    );
}

#[test]
fn older_log_ins_are_spoken() {
    let heard = hear_as("md", "hidden", &[MD5, IN, READY, ROWS]);
    assert_eq!((heard.end, heard.rows), (Ok(true), 2));
    let digest = b"p\0\0\0(md51b706f7f1e5f4a07e711d1c30a9732f5\0";
    assert!(heard.said.windows(digest.len()).any(|said| said == digest));
    let heard = hear(&[CLEAR, IN, READY, ROWS]);
    assert_eq!((heard.end, heard.rows), (Ok(true), 2));
    let clear = [START, b"p\0\0\0\x0bhidden\0"].concat();
    assert!(heard.said.starts_with(&clear));
    // pg_hba.conf says trust.
    let heard = hear_as("me", "", &[IN, READY, ROWS]);
    assert_eq!((heard.end, heard.rows), (Ok(true), 2));
    for way in [CLEAR, MD5, SASL] {
        let heard = hear_as("me", "", &[way]);
        assert_eq!(
            heard.end,
            Err("it wants a password of 'me', and none is set".to_owned())
        );
    }
    fails(
        &[b"R\0\0\0\x08\0\0\0\x07"],
        "for 'me' it wants a log-in by GSSAPI, which is not spoken here",
    );
    fails(&[b"R\0\0\0\x06\0\0"], "cut short");
}

#[test]
fn what_a_server_refuses_is_told_in_its_words() {
    let denied =
        b"E\0\0\0bSFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"me\"\0Fauth.c\0L334\0\
Rauth_failed\0\0";
    fails(
        &[SASL, CHALLENGE, denied],
        "the log-in of 'me' is refused: FATAL 28P01: password authentication failed for user \"me\"",
    );
    let database = b"E\0\0\0[SFATAL\0VFATAL\0C3D000\0Mdatabase \"nosuch\" does not exist\0Fpostinit.c\0L948\0RInitPostgres\0\0";
    fails(
        &[SASL, CHALLENGE, PROOF, IN, database],
        "the log-in of 'me' is refused: FATAL 3D000: database \"nosuch\" does not exist",
    );
    let table = b"E\0\0\0iSERROR\0VERROR\0C42P01\0Mrelation \"nosuch\" does not exist\0P16\0Fparse_relation.c\0L1392\0\
RparserOpenTable\0\0Z\0\0\0\x05I";
    fails(
        &[IN, READY, table],
        "the request fails: ERROR 42P01: relation \"nosuch\" does not exist",
    );
    // In the middle of the rows.
    fails(
        &[IN, READY, &ROWS[..70], b"E\0\0\0\x05\0"],
        "the request fails: error: no reason is given",
    );
    // One that cannot begin speaks as before version 7.4.
    let unable = b"Ecould not fork new process for connection: Resource temporarily unavailable\n\0";
    let spec = spec(SqlServer::Postgresql, SELECT);
    let heard = play(Box::new(Postgresql::new(&spec, nonce())), unable, 200);
    let words =
        "it takes nobody in: could not fork new process for connection: Resource temporarily unavailable";
    assert_eq!(heard.end, Err(words.to_owned()));
}

#[test]
fn tls_is_asked_for_where_the_server_wants_it() {
    let spec = spec(SqlServer::Postgresql, SELECT);
    let secured = |server: &[&[u8]]| {
        played(
            || Box::new(Postgresql::over_tls(&spec, nonce())),
            &server.concat(),
        )
    };
    let heard = secured(&[b"S", IN, READY, ROWS]);
    assert_eq!((heard.end, heard.rows), (Ok(true), 2));
    assert!(
        heard
            .said
            .starts_with(&[b"\0\0\0\x08\x04\xd2\x16\x2f", START].concat())
    );
    assert_eq!(secured(&[b"N"]).end, Err("it offers no TLS".to_owned()));
    let none = secured(&[b"x"]).end;
    assert!(
        none.as_ref()
            .is_err_and(|error| error.contains("no message of PostgreSQL")),
        "{none:?}"
    );

    let wants = |error: &[u8]| {
        let mut talk = Postgresql::new(&spec, nonce());
        let _ = (talk.begin(), talk.hear(error).unwrap_err());
        talk.wants_tls()
    };
    assert!(wants(b"E\0\0\0\x1cSFATAL\0C28000\0Mno line\0\0"));
    assert!(!wants(b"E\0\0\0\x1cSFATAL\0C28P01\0Mno line\0\0"));
}

#[test]
fn an_answer_without_a_row_is_wrong() {
    fails(&[IN, READY, NO_ROW], "the request gives no row");
    fails(
        &[IN, READY, b"I\0\0\0\x04Z\0\0\0\x05I"],
        "the request gives no row",
    );
    fails(
        &[IN, READY, b"H\0\0\0\x0b\0\0\x02\0\0\0\0d\0\0\0\n1\tone\n"],
        "write a SELECT",
    );
    fails(
        &[IN, READY, b"R\0\0\0\x08\0\0\0\0"],
        "it says 'R' where its answer to the request was expected",
    );
}

#[test]
fn of_a_long_row_the_beginning_is_enough() {
    let heard = hear(&[IN, READY, b"D\0\x03\r@\0\x01\0\x03\r@xxxx"]);
    assert_eq!((heard.end, heard.rows), (Ok(true), 1));
    fails(&[IN, READY, b"T\0\x03\r@\0\x01"], "it announces 200000 octets");
}

#[test]
fn what_is_no_postgresql_is_told() {
    let spec = spec(SqlServer::Postgresql, SELECT);
    for (octets, words) in [
        (
            b"SSH-2.0-OpenSSH_9.2p1\r\n".as_slice(),
            "it says 'SSH-2.0-OpenSSH_9.2p1', which is no message of PostgreSQL",
        ),
        (
            b"d\0\0\0\n5.5.5-10.11.19-MariaDB",
            "it says 'd??? 5.5.5-10.11.19-MariaDB', which is no message of PostgreSQL",
        ),
        (
            b"R\0\0\0\x03",
            "it says 'R????', which is no message of PostgreSQL",
        ),
    ] {
        let heard = play(Box::new(Postgresql::new(&spec, nonce())), octets, 64);
        assert_eq!(heard.end, Err(words.to_owned()));
    }
}

#[test]
fn it_is_ended_where_it_knows_us() {
    assert!(!hear(&[SASL, CHALLENGE, PROOF]).said.ends_with(TERMINATE));
    assert!(hear(&[SASL, CHALLENGE, PROOF, IN]).said.ends_with(TERMINATE));
}

proptest! {
    #[test]
    fn any_octets_are_survived(octets: Vec<u8>, piece in 1..64_usize) {
        let spec = spec(SqlServer::Postgresql, SELECT);
        play(Box::new(Postgresql::over_tls(&spec, nonce())), &[b"S", octets.as_slice()].concat(), piece);
        for before in [[].as_slice(), SASL, &[IN, READY].concat()] {
            play(Box::new(Postgresql::new(&spec, nonce())), &[before, &octets].concat(), piece);
        }
    }

    #[test]
    fn a_spoilt_conversation_is_survived(
        octets in prop_oneof![
            spoilt([IN, READY, ROWS].concat().leak()),
            spoilt([MD5, IN, READY, NO_ROW].concat().leak()),
        ],
        piece in 1..64_usize,
    ) {
        let spec = spec(SqlServer::Postgresql, SELECT);
        let heard = play(Box::new(Postgresql::new(&spec, nonce())), &octets, piece);
        prop_assert!(heard.end != Ok(true) || heard.rows > 0, "well without a row: {heard:?}");
    }

    #[test]
    fn any_challenge_is_survived(challenge in "[ -~]{0,80}", salt in "[A-Za-z0-9+/=]{0,24}", turns in "[0-9]{1,5}") {
        let ours = base64::encode(&nonce());
        let scram = Scram::new("", &ours);
        let turns = turns.get(..2).unwrap_or(&turns);
        for text in [challenge.clone(), format!("r={ours}{challenge},s={salt},i={turns}")] {
            if let Ok(mut work) = scram.challenged(b"hidden", &text) {
                let (_, expected) = work.go_on().expect("these are few turns");
                prop_assert!(expected.check(&challenge).is_err());
            }
        }
    }
}
