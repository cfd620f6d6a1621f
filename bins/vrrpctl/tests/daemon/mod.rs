//! A socket that answers as the daemon does.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};

/// Of an own status, as `vrrpd` gives it.
pub(crate) const ANSWER: &str = include_str!("../answer.json");

pub(crate) fn vrrpctl(arguments: &[&str], socket: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(arguments)
        .arg("--socket")
        .arg(socket)
        .output()
        .unwrap()
}

const HELLO: &str = "{\"version\":1,\"ask\":\"hello\"}\n";
const GREETING: &str =
    "{\"version\":1,\"answer\":{\"hello\":{\"program\":\"vrrpd\",\"program_version\":\"0\",\"pid\":7}}}\n";

/// Greets one client, where it asks for that, and answers it with `answer` while `arguments` run. The second answer: what was asked.
pub(crate) fn asked(arguments: &[&str], answer: &str) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let line = answer.replace('\n', " ") + "\n";
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let mut request = String::new();
        lines.read_line(&mut request).unwrap();
        if request == HELLO {
            stream.write_all(GREETING.as_bytes()).unwrap();
            request.clear();
            lines.read_line(&mut request).unwrap();
        }
        stream.write_all(line.as_bytes()).unwrap();
        request
    });
    let output = vrrpctl(arguments, &path);
    (output, server.join().unwrap())
}
