//! What the documentation shows is what the program says: every block ` ```console ` is run in `examples`, where lines
//! behind `$ vrrpctl` are its output. `VRRP_TRANSCRIPTS=write` writes what it says now.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Standard output and error of one command line, and its exit code where that is not 0.
fn said(line: &str) -> String {
    let words = line.strip_prefix("$ vrrpctl ").unwrap().split_whitespace();
    let output = Command::new(env!("CARGO_BIN_EXE_vrrpctl"))
        .args(words)
        .current_dir(root().join("examples"))
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    if let Some(code) = output.status.code().filter(|code| *code != 0) {
        text += &format!("exit code {code}\n");
    }
    text
}

/// The page with each transcript as the program writes it now, and how many there are.
fn rewritten(page: &str) -> (String, usize) {
    let (mut out, mut commands) = (String::new(), 0);
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            if !line.starts_with("$ vrrpctl ") {
                continue;
            }
            commands += 1;
            out += &format!("{line}\n{}", said(line));
            continue;
        }
        out += line;
        out.push('\n');
    }
    (out, commands)
}

#[test]
fn transcripts_are_what_the_program_says() {
    let write = std::env::var("VRRP_TRANSCRIPTS").is_ok_and(|word| word == "write");
    let mut pages: Vec<PathBuf> = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.push(root().join("README.md"));
    let mut commands = 0;
    for path in pages {
        let page = std::fs::read_to_string(&path).unwrap();
        let (now, found) = rewritten(&page);
        commands += found;
        if write && now != page {
            std::fs::write(&path, &now).unwrap();
        }
        assert_eq!(now, page, "{}: VRRP_TRANSCRIPTS=write", path.display());
    }
    println!("{commands} commands");
    assert!(commands > 0, "none found");
}

#[test]
fn the_picture_of_the_readme_is_what_the_program_draws() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = folder.path().join("power-cut.svg");
    let line = format!(
        "$ vrrpctl simulate power-cut --node lb01=lb01.conf --node lb02=lb02.conf --svg {}",
        drawn.display()
    );
    said(&line);
    let kept = root().join("docs/power-cut.svg");
    let now = std::fs::read_to_string(drawn).unwrap();
    if std::env::var("VRRP_TRANSCRIPTS").is_ok_and(|word| word == "write") {
        std::fs::write(&kept, &now).unwrap();
    }
    assert_eq!(now, std::fs::read_to_string(kept).unwrap());
}
