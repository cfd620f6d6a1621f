//! What a client is told when there is no daemon, or one that does not behave.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use vrrp_control::{Answer, Ask, AskError, Reply, ask, ask_within};

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
    // Or the pause of a supervisor.
    let text = error.to_string();
    assert!(
        text.contains("comes by itself within seconds: ask again"),
        "{text}"
    );
}

fn greeting() -> String {
    let answer = Answer::Hello {
        program: "vrrpd".into(),
        program_version: "0".into(),
        pid: 7,
    };
    Reply::new(answer).to_line().unwrap()
}

/// As one that is stopped, or has no descriptor left for a client: the kernel connects, and nobody reads.
#[test]
fn a_change_is_never_said_to_a_daemon_that_does_not_greet() {
    let path = place("stopped.sock");
    let listener = UnixListener::bind(&*path).unwrap();
    let began = Instant::now();
    let error = ask_within(&path, Ask::Reload, Duration::from_secs(900)).unwrap_err();
    assert!(matches!(error, AskError::NotBegun { .. }), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert!(
        error.to_string().contains("nothing is carried out later"),
        "{error}"
    );
    // It goes on, and reads what was said to it.
    let mut said = String::new();
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_to_string(&mut said).unwrap();
    assert_eq!(said, "{\"version\":1,\"ask\":\"hello\"}\n");
}

#[test]
fn who_gives_up_a_change_is_told_that_it_may_still_be_carried_out() {
    let path = place("slow.sock");
    let listener = UnixListener::bind(&*path).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        lines.next().unwrap().unwrap();
        stream.write_all(greeting().as_bytes()).unwrap();
        // Until the client goes.
        lines.map(Result::unwrap).collect::<Vec<_>>()
    });
    let error = ask_within(&path, Ask::Reload, Duration::from_millis(100)).unwrap_err();
    assert!(matches!(error, AskError::Unfinished { .. }), "{error:?}");
    assert!(error.to_string().contains("may still be carried out"), "{error}");
    assert_eq!(server.join().unwrap(), ["{\"version\":1,\"ask\":\"reload\"}"]);
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
        stream.write_all(greeting().as_bytes()).unwrap();
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

/// A daemon that goes while it is asked: before it has read, with the question read, and in the middle of its answer.
#[test]
fn a_daemon_that_goes_is_no_other_program() {
    for (reads, says) in [
        (false, ""),
        (true, ""),
        (true, "{\"version\":1,\"answer\":{\"hel"),
    ] {
        let path = place("gone.sock");
        let listener = UnixListener::bind(&*path).unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            if reads {
                let mut line = String::new();
                BufReader::new(stream.try_clone().unwrap())
                    .read_line(&mut line)
                    .unwrap();
            } else {
                // One octet of the question is read; the rest goes with the socket.
                stream.read_exact(&mut [0]).unwrap();
            }
            stream.write_all(says.as_bytes()).unwrap();
        });
        let error = ask(&path, Ask::Hello).unwrap_err();
        assert!(
            matches!(error, AskError::Closed { .. }),
            "{reads} {says}: {error:?}"
        );
        let text = error.to_string();
        assert!(text.contains("gone.sock closed the connection"), "{text}");
        server.join().unwrap();
    }
}
