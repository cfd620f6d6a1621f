//! As MariaDB 10.11.19 and MySQL 9.7.4 have said it, password "hidden".

use proptest::prelude::*;

use super::*;
use crate::sql::SqlServer;
use crate::sql::played::{Played, play, played, spec, spoilt};

const SELECT: &str = "SELECT id, name FROM orders";

/// MariaDB's greeting, and that the user is let in.
const MARIADB: &[u8] =
    b"d\0\0\0\n5.5.5-10.11.19-MariaDB-0+deb12u1\0\x04\0\0\0M3V8Qqc|\0\xfe\xf7\x08\x02\0\xff\x81\x15\
\0\0\0\0\0\0\x1d\0\0\0iv9U!BheBXs[\0mysql_native_password\0";
const IN: &[u8] = b"\x07\0\0\x02\0\0\0\x02\0\0\0";
/// Two columns and two rows.
const ROWS: &[u8] = b"\x01\0\0\x01\x02*\0\0\x02\x03def\x04shop\x06orders\x06orders\x02id\x02id\x0c?\0\x0b\0\0\0\x03\0\0\
\0\0\0.\0\0\x03\x03def\x04shop\x06orders\x06orders\x04name\x04name\x0c-\0P\0\0\0\xfd\0\0\0\0\0\x05\0\0\x04\xfe\0\0\"\0\
\x06\0\0\x05\x011\x03one\x06\0\0\x06\x012\x03two\x05\0\0\x07\xfe\0\0\"\0";
/// One column and no row.
const NO_ROW: &[u8] =
    b"\x01\0\0\x01\x01(\0\0\x02\x03def\x04shop\x05empty\x05empty\x02id\x02id\x0c?\0\x0b\0\0\0\x03\0\0\
\0\0\0\x05\0\0\x03\xfe\0\0\"\0\x05\0\0\x04\xfe\0\0\"\0";

/// MySQL's greeting; it remembers the password and lets in; it wants it anew.
const MYSQL: &[u8] =
    b"K\0\0\0\n9.7.4-2\0\x0c\0\0\086\x08 R\x16,\x16\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0\
Y%7\x7f\x15X\x7fMI~a\x13\0caching_sha2_password\0";
const REMEMBERED: &[u8] = b"\x02\0\0\x02\x01\x03\x07\0\0\x03\0\0\0\x02\0\0\0";
const WANTED_ANEW: &[u8] = b"\x02\0\0\x02\x01\x04";

fn hear_as(request: &str, password: &str, server: &[&[u8]]) -> Played {
    let mut spec = spec(SqlServer::Mysql, request);
    password.clone_into(&mut spec.password);
    played(|| Box::new(Mysql::new(&spec)), &server.concat())
}

fn hear(server: &[&[u8]]) -> Played {
    hear_as(SELECT, "hidden", server)
}

fn fails(server: &[&[u8]], words: &str) {
    let heard = hear(server);
    assert!(
        heard.end.as_ref().is_err_and(|error| error.contains(words)),
        "{words}: {heard:?}"
    );
}

#[test]
fn mariadb_lets_in_and_gives_rows() {
    let response = b"S\0\0\x01\x0c\xa2\x08\0\0\0\0\x01-\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0me\0\x14\xd7\xca\xe9F\
\x1b-JE\xae\xa9\xff\nv\xec\x9e\x16N\x84\xe2\x8ashop\0mysql_native_password\0";
    let query = b"\x1c\0\0\0\x03SELECT id, name FROM orders";
    let heard = hear(&[MARIADB, IN, ROWS]);
    let said = [response.as_slice(), query, QUIT].concat();
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
fn mysql_that_remembers_the_password_takes_the_short_proof() {
    let response = b"_\0\0\x01\r\xa2\x08\0\0\0\0\x01-\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0me\0 \xd5\xa6M|Y|\n%\xa3\
z\xa0\x99C\xeeil\x08\x1c\xaf\x19\xc69|\x91\xa6\x1b\xe4\x80\xb9\x93\x984shop\0caching_sha2_password\0";
    let heard = hear(&[MYSQL, REMEMBERED, ROWS]);
    assert_eq!((heard.end, heard.rows), (Ok(true), 2));
    assert_eq!(heard.said.get(..response.len()), Some(response.as_slice()));
    fails(
        &[MYSQL, WANTED_ANEW],
        "caching_sha2_password, full authentication",
    );
    assert!(
        !hear(&[MYSQL, WANTED_ANEW])
            .said
            .windows(6)
            .any(|octets| octets == b"hidden")
    );
}

#[test]
fn over_tls_the_password_itself_is_given_and_in_clear_tls_is_wanted() {
    let spec = spec(SqlServer::Mysql, SELECT);
    let secured = |server: &[&[u8]]| played(|| Box::new(Mysql::over_tls(&spec)), &server.concat());
    // The answer to the greeting has another number now, and the server's next packets follow it.
    let wanted = b"\x02\0\0\x03\x01\x04";
    let let_in = b"\x07\0\0\x05\0\0\0\x02\0\0\0";
    let heard = secured(&[MYSQL, wanted, let_in, ROWS]);
    assert_eq!((heard.end, heard.rows), (Ok(true), 2));
    let request = b"\x20\0\0\x01\r\xaa\x08\0\0\0\0\x01-\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let response =
        b"_\0\0\x02\r\xaa\x08\0\0\0\0\x01-\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0me\0 \xd5\xa6";
    assert!(
        heard.said.starts_with(&[request.as_slice(), response].concat()),
        "{:?}",
        heard.said
    );
    let password = b"\x07\0\0\x04hidden\0";
    assert!(heard.said.windows(password.len()).any(|said| said == password));
    assert_eq!(secured(&[MARIADB]).end, Err("it offers no TLS".to_owned()));

    let wants = |server: &[&[u8]]| {
        let mut talk = Mysql::new(&spec);
        let _ = talk.begin();
        let mut octets = server.concat();
        while let Ok(Some(step)) = talk.hear(&octets) {
            octets.drain(..step.used);
            if step.done {
                break;
            }
        }
        talk.wants_tls()
    };
    assert!(wants(&[MYSQL, WANTED_ANEW]));
    let insecure = b"\x1a\0\0\x02\xff\x57\x0c#HY000Connections using";
    assert!(wants(&[MYSQL, insecure]));
    let denied = b"\x0a\0\0\x02\xff\x15\x04#28000A";
    assert!(!wants(&[MYSQL, denied]));
    assert!(!wants(&[MYSQL, REMEMBERED, ROWS]));
}

#[test]
fn without_a_password_there_is_nothing_to_prove() {
    let heard = hear_as(SELECT, "", &[MYSQL, IN, ROWS]);
    assert_eq!(heard.end, Ok(true));
    assert_eq!(heard.said.get(36..44), Some(b"me\0\0shop".as_slice()));
}

/// The server's default is one way, and this user has the other.
#[test]
fn a_user_may_prove_otherwise_than_the_server_begins() {
    let switch = b"\x2c\0\0\x02\xfecaching_sha2_password\x0086\x08 R\x16,\x16Y%7\x7f\x15X\x7fMI~a\x13\0";
    let heard = hear(&[
        MARIADB,
        switch,
        b"\x02\0\0\x04\x01\x03\x07\0\0\x05\0\0\0\x02\0\0\0",
        ROWS,
    ]);
    assert_eq!((heard.end, heard.rows), (Ok(true), 2));
    // The same nonce as of MySQL above.
    let proof = b" \0\0\x03\xd5\xa6M|Y|\n%\xa3z\xa0\x99C\xeeil\x08\x1c\xaf\x19\xc69|\x91\xa6\x1b\xe4\x80\xb9\x93\x984";
    let at = 4 + 83;
    assert_eq!(heard.said.get(at..at + proof.len()), Some(proof.as_slice()));
    let heard = hear_as(SELECT, "", &[MARIADB, switch]);
    assert_eq!(heard.said.get(at - 20..), Some(b"\x01\0\0\x03\0".as_slice()));
    let native = b"\x2c\0\0\x02\xfemysql_native_password\0M3V8Qqc|iv9U!BheBXs[\0";
    let heard = hear(&[MYSQL, native]);
    let proof = b"\x14\0\0\x03\xd7\xca\xe9F\x1b-JE\xae\xa9\xff\nv\xec\x9e\x16N\x84\xe2\x8a";
    assert!(heard.said.ends_with(proof), "{heard:?}");
    // But once only.
    fails(&[MYSQL, native, native], "at the log-in of 'me' it says");
}

#[test]
fn ways_that_are_not_spoken_are_named() {
    for (switch, name) in [
        (
            b"&\0\0\x02\xfesha256_password\0\"pOp)?_\nDb+I\twy\x04Qi\x1d.\0".as_slice(),
            "sha256_password",
        ),
        // It would be the password itself.
        (b"\x16\0\0\x02\xfemysql_clear_password\0", "mysql_clear_password"),
        (b"\x01\0\0\x02\xfe", "the way of before version 4.1"),
        // Too short to be mixed with.
        (
            b"\x1c\0\0\x02\xfemysql_native_password\0shor\0",
            "mysql_native_password",
        ),
    ] {
        fails(
            &[MYSQL, switch],
            &format!("for 'me' it wants a log-in by {name}, which is not spoken here"),
        );
        assert!(
            !hear(&[MYSQL, switch])
                .said
                .windows(6)
                .any(|octets| octets == b"hidden")
        );
    }
}

#[test]
fn what_a_server_refuses_is_told_in_its_words() {
    let denied = b"F\0\0\x02\xff\x15\x04#28000Access denied for user 'me'@'127.0.0.1' (using password: YES)";
    fails(
        &[MARIADB, denied],
        "the log-in of 'me' is refused: error 1045 (28000): Access denied for user 'me'@'127.0.0.1' (using password: YES)",
    );
    let database = b"=\0\0\x02\xff\x14\x04#42000Access denied for user 'me'@'%' to database 'nosuch'";
    fails(
        &[MARIADB, database],
        "error 1044 (42000): Access denied for user 'me'@'%' to database 'nosuch'",
    );
    let table = b"*\0\0\x01\xffz\x04#42S02Table 'shop.nosuch' doesn't exist";
    fails(
        &[MARIADB, IN, table],
        "the request fails: error 1146 (42S02): Table 'shop.nosuch' doesn't exist",
    );
    let full = b"\x17\0\0\0\xff\x10\x04Too many connections";
    fails(&[full], "it takes nobody in: error 1040: Too many connections");
    // In the middle of the rows, with all columns told.
    let killed = b"\x19\0\0\x04\xff\x25\x05#70100Query was killed";
    fails(
        &[MARIADB, IN, &ROWS[..110], killed],
        "the request fails: error 1317 (70100): Query was killed",
    );
}

#[test]
fn an_answer_without_a_row_is_wrong() {
    fails(&[MARIADB, IN, NO_ROW], "the request gives no row");
    fails(&[MARIADB, IN, b"\x07\0\0\x01\0\0\0\x02\0\0\0"], "write a SELECT");
    fails(&[MARIADB, IN, b"\x0c\0\0\x01\xfb/etc/passwd"], "LOCAL INFILE");
    fails(
        &[MARIADB, IN, b"\x03\0\0\x01\xfc\x01\x20"],
        "its answer begins with",
    );
    // One column was announced, and none comes, or two.
    fails(
        &[MARIADB, IN, b"\x01\0\0\x01\x01\x05\0\0\x02\xfe\0\0\"\0"],
        "not as many as it has said",
    );
    fails(
        &[MARIADB, IN, b"\x01\0\0\x01\x01\x01\0\0\x02a\x01\0\0\x03b"],
        "not as many as it has said",
    );
}

#[test]
fn of_a_long_row_the_beginning_is_enough() {
    let long = b"\x01\0\0\x01\x01\x01\0\0\x02a\x05\0\0\x03\xfe\0\0\"\0D\r\x03\x04\xfd@\r\x03xxxx";
    let heard = hear(&[MARIADB, IN, long]);
    assert_eq!((heard.end, heard.rows), (Ok(true), 1));
    fails(&[MARIADB, b"\0\0\x02\x02\0"], "it announces 131072 octets");
}

#[test]
fn what_is_no_mysql_is_told() {
    let spec = spec(SqlServer::Mysql, SELECT);
    let heard = play(Box::new(Mysql::new(&spec)), b"SSH-2.0-OpenSSH_9.2p1\r\n", 64);
    let words = "it says 'SSH-2.0-OpenSSH_9.2p1', which is no greeting of MySQL";
    assert_eq!(heard.end, Err(words.to_owned()));
    fails(&[b"\x05\0\0\0\x09abcd"], "which is no greeting of MySQL");
    fails(&[b"\x05\0\0\0\x0aabcd"], "its greeting is cut short");
    let old = b"\x16\0\0\0\n4.0.1\0\x01\0\0\0abcdefgh\0\x0c\0";
    fails(&[old], "before version 4.1");
    fails(&[b"\0\0\0\0"], "which is no greeting of MySQL");
}

#[test]
fn it_is_quit_where_it_knows_us() {
    assert!(!hear(&[MARIADB]).said.ends_with(QUIT));
    assert!(hear(&[MARIADB, IN]).said.ends_with(QUIT));
}

const ALL: [&[u8]; 3] = [MARIADB, IN, ROWS];

proptest! {
    #[test]
    fn any_octets_are_survived(octets: Vec<u8>, piece in 1..64_usize) {
        let spec = spec(SqlServer::Mysql, SELECT);
        play(Box::new(Mysql::new(&spec)), &octets, piece);
        // After a greeting, and after a log-in.
        play(Box::new(Mysql::new(&spec)), &[MYSQL, &octets].concat(), piece);
        play(Box::new(Mysql::new(&spec)), &[MARIADB, IN, &octets].concat(), piece);
        play(Box::new(Mysql::over_tls(&spec)), &[MYSQL, &octets].concat(), piece);
    }

    #[test]
    fn a_spoilt_conversation_is_survived(
        octets in prop_oneof![
            spoilt(ALL.concat().leak()),
            spoilt([MYSQL, REMEMBERED, ROWS].concat().leak()),
        ],
        piece in 1..64_usize,
    ) {
        let spec = spec(SqlServer::Mysql, SELECT);
        let heard = play(Box::new(Mysql::new(&spec)), &octets, piece);
        prop_assert!(heard.end != Ok(true) || heard.rows > 0, "well without a row: {heard:?}");
    }
}
