//! What a client is told when there is no daemon, or one that does not behave.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use vrrp_control::{Answer, Ask, AskError, Reply, ask};

/// A path for a socket, in a folder that goes with the test.
struct Place {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl std::ops::Deref for Place {
    type Target = std::path::Path;

    fn deref(&self) -> &std::path::Path {
        &self.path
    }
}

fn place(name: &str) -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place {
        path: folder.path().join(name),
        _folder: folder,
    }
}

#[test]
fn no_socket_says_which_and_what_to_do() {
    let path = place("absent.sock");
    let error = ask(&path, Ask::Hello).unwrap_err();
    assert!(matches!(error, AskError::NoSocket { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("absent.sock") && text.contains("--socket"),
        "{text}"
    );
}

#[test]
fn a_socket_left_behind_is_told_from_no_socket() {
    let path = place("stale.sock");
    drop(UnixListener::bind(&*path).unwrap());
    let error = ask(&path, Ask::Hello).unwrap_err();
    assert!(matches!(error, AskError::Stale { .. }), "{error:?}");
}

#[test]
fn one_line_out_and_one_in() {
    let path = place("hello.sock");
    let listener = UnixListener::bind(&*path).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream.try_clone().unwrap())
            .read_line(&mut line)
            .unwrap();
        let answer = Answer::Hello {
            program: "vrrpd".into(),
            program_version: "0".into(),
            pid: 7,
        };
        stream
            .write_all(Reply::new(answer).to_line().unwrap().as_bytes())
            .unwrap();
        line
    });
    let answer = ask(&path, Ask::Hello).unwrap();
    assert!(matches!(answer, Answer::Hello { pid: 7, .. }), "{answer:?}");
    assert_eq!(server.join().unwrap(), "{\"version\":1,\"ask\":\"hello\"}\n");
}

#[test]
fn another_program_at_the_socket_is_recognised() {
    let path = place("other.sock");
    let listener = UnixListener::bind(&*path).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 smtp ready\r\n").unwrap();
        // Keeps the connection until the client has read.
        let mut line = String::new();
        let _ = BufReader::new(stream).read_line(&mut line);
    });
    let error = ask(&path, Ask::Hello).unwrap_err();
    assert!(matches!(error, AskError::Line { .. }), "{error:?}");
    server.join().unwrap();
}
