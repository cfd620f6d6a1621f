//! The program that everybody believes.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What `ipvsadm` prints. Where it is missing that is a failure: the tests are there to stand beside it.
pub(crate) fn ipvsadm(words: &[&str]) -> String {
    let output = Command::new("ipvsadm")
        .args(words)
        .output()
        .expect("ipvsadm (Debian's package of that name)");
    assert!(
        output.status.success(),
        "ipvsadm {words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The table as `ipvsadm -Sn` saves it, sorted.
pub(crate) fn saved() -> Vec<String> {
    sorted(&ipvsadm(&["-S", "-n"]))
}

/// Reads a table in as `ipvsadm -R` does.
pub(crate) fn restore(table: &str) {
    let mut child = Command::new("ipvsadm")
        .arg("-R")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(table.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{table}");
}

/// Lines without blanks at their ends, in order.
pub(crate) fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    lines.sort();
    lines
}
