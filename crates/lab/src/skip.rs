//! How a test says that it could not run.
//!
//! The whole convention: one line `SKIP NAME: REASON`, NAME without blanks, on either stream; where the variable
//! `VRRP_SKIP_LOG` names a file, the same line is appended to it. `cargo xtask test` collects both into its summary, and
//! with `CI` set fails for every NAME that `.ci/allowed-skips` does not list.

use std::io::Write as _;

/// Say that `name` could not run.
pub fn skip(name: &str, reason: &str) {
    println!("SKIP {name}: {reason}");
    if let Some(path) = std::env::var_os("VRRP_SKIP_LOG") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        // The line above has said it already.
        let _ = file.and_then(|mut file| writeln!(file, "SKIP {name}: {reason}"));
    }
}
