//! The packaged keepalived, asked for its verdict on many files at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cases::{ARGUMENTS, Row};

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A place in the table.
pub(crate) type Cell = (usize, usize);

/// The letter for each file; why not, where it cannot be asked.
pub(crate) fn verdicts(files: &[(Cell, String)]) -> Result<BTreeMap<Cell, char>, String> {
    let program = std::env::var_os("KEEPALIVED_BIN").map_or_else(
        || PathBuf::from(PROJECT).join("target/packages/bin/keepalived"),
        PathBuf::from,
    );
    let program = program
        .canonicalize()
        .map_err(|_| "no keepalived; `cargo xtask lab` fetches one, or set KEEPALIVED_BIN")?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("sweep-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for ((row, column), text) in files {
        std::fs::write(folder.join(format!("{row:04}-{column:02}.conf")), text)
            .map_err(|error| error.to_string())?;
    }
    let said = run(&program, &folder);
    let _gone = std::fs::remove_dir_all(&folder);
    let said = said?;
    if let Some(path) = std::env::var_os("KEEPALIVED_SWEEP_LOG") {
        std::fs::write(path, &said).unwrap();
    }
    Ok(said.split("\n@@ ").skip(1).filter_map(letter).collect())
}

fn run(program: &Path, folder: &Path) -> Result<String, String> {
    let output = Command::new("unshare")
        .args(["-Urnm", "sh", "-c", include_str!("namespace.sh"), "sh"])
        .args([program, folder])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !text.starts_with("READY\n") {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "keepalived cannot be run in a namespace here: {}",
            why.trim()
        ));
    }
    Ok(text)
}

/// `ROW-COLUMN.conf`, what was said, and `@= CODE`.
fn letter(answer: &str) -> Option<(Cell, char)> {
    let (name, rest) = answer.split_once('\n')?;
    let (row, column) = name.strip_suffix(".conf")?.split_once('-')?;
    let (said, code) = rest.rsplit_once("@= ")?;
    let says = said
        .lines()
        .any(|line| !line.is_empty() && !line.contains("SECURITY VIOLATION"));
    // With these the test ends as with a warning, and the daemon does not start.
    let absent = said.lines().any(|line| {
        let interface = line.contains("interface ") && line.ends_with("doesn't exist");
        interface || line.contains("Non-existent interface") || line.contains("specified for up/down delay")
    });
    let letter = match code.trim() {
        _ if absent => 'f',
        "0" | "5" | "6" if says => 'w',
        "0" | "6" => 'c',
        // 139: it breaks down.
        "2" | "4" | "139" => 'f',
        _ => '?',
    };
    Some(((row.parse().ok()?, column.parse().ok()?), letter))
}

/// Writes `golden.txt`.
pub(crate) fn write(rows: &[Row], said: &BTreeMap<Cell, char>) {
    let mut text = String::from(
        "# keepalived 2.2.7: c clean, w warns, f fatal, . not tried; the arguments, in order:\n",
    );
    for argument in ARGUMENTS {
        let _ok = writeln!(text, "#   {argument}");
    }
    for (at, row) in rows.iter().enumerate() {
        let letters: String = (0..=ARGUMENTS.len())
            .map(|column| said.get(&(at, column)).unwrap_or(&'.'))
            .collect();
        let _ok = writeln!(text, "{} {letters}", row.name);
    }
    std::fs::write(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sweep/golden.txt"),
        text,
    )
    .unwrap();
}
