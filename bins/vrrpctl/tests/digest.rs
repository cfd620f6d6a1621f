//! `vrrpctl digest`, and its link `genhash`, against a server of one answer.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread::JoinHandle;

/// `printf 'hello body\n' | md5sum`, which is what genhash of keepalived 2.2.7 prints for it.
const MD5: &str = "60a9cce591be31076132ad1ff144b06e";

/// Answers once; what was asked comes back.
fn server(status: &'static str) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        let mut some = [0; 1024];
        while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
            let count = stream.read(&mut some).unwrap();
            assert!(count > 0, "the end before the request was whole");
            asked.extend_from_slice(&some[..count]);
        }
        let answer = format!("HTTP/1.0 {status}\r\nContent-Length: 11\r\n\r\nhello body\n");
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(asked).unwrap()
    });
    (port, thread)
}

fn vrrpctl(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(words)
        .output()
        .unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

#[test]
fn the_digest_is_that_of_genhash() {
    let (port, asked) = server("200 OK");
    let output = vrrpctl(&["digest", &format!("http://127.0.0.1:{port}/page?x")]);
    assert_eq!(text(&output.stdout), format!("{MD5}\n"));
    assert_eq!(
        (output.status.code(), text(&output.stderr).as_str()),
        (Some(0), "")
    );
    assert!(asked.join().unwrap().starts_with("GET /page?x HTTP/1.1\r\n"));
}

#[test]
fn json_has_status_size_and_both_digests() {
    let (port, asked) = server("404 Not Found");
    let output = vrrpctl(&["digest", "--json", &format!("http://127.0.0.1:{port}/")]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["status"], 404);
    assert_eq!(value["octets"], 11);
    assert_eq!(value["md5"], MD5);
    // `printf 'hello body\n' | sha256sum`
    assert_eq!(value["sha256"], SHA256);
    asked.join().unwrap();
}

const SHA256: &str = "99cce28681bab31291d881689a5d3646ed277d5132befa348fa291610d0b834e";

#[test]
fn under_its_name_it_takes_genhash_s_options() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("genhash");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_vrrpctl"), &link).unwrap();
    let (port, asked) = server("500 Oops");
    let port = port.to_string();
    let words = [
        "-s",
        "127.0.0.1",
        "-p",
        &port,
        "-u",
        "/a",
        "-V",
        "www.example.org",
        "-v",
    ];
    let output = Command::new(&link).args(words).output().unwrap();
    assert_eq!(text(&output.stdout), format!("{MD5}\n"));
    let said = text(&output.stderr);
    assert!(said.contains("status 500, 11 octets"), "{said}");
    let asked = asked.join().unwrap().to_ascii_lowercase();
    assert!(asked.starts_with("get /a http/1.0\r\n"), "{asked}");
    assert!(asked.contains("host: www.example.org\r\n"), "{asked}");
    // Nobody listens any more: keepalived's genhash says so and ends with 0.
    let output = Command::new(&link).args(words).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("refused"),
        "{}",
        text(&output.stderr)
    );
    let output = Command::new(&link).arg("-h").output().unwrap();
    assert!(output.status.success() && text(&output.stdout).contains("--use-virtualhost"));
}
