//! How a test says that it could not run.
//!
//! The whole convention: one line `SKIP NAME: REASON`, NAME without blanks, on either stream. `cargo xtask test` runs
//! the tests with `--nocapture`, collects these lines into its summary, and with `CI` set fails for every NAME that
//! `.ci/allowed-skips` does not list.

/// Say that `name` could not run.
pub fn skip(name: &str, reason: &str) {
    println!("SKIP {name}: {reason}");
}
