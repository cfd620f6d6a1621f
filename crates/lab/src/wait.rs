//! Waiting for a condition, never for a time.

use crate::LabError;
use std::time::{Duration, Instant};

/// Ask every 2 ms until `condition` gives a value.
///
/// # Errors
/// [`LabError::TooLate`] after `limit`.
pub fn until<T>(what: &str, limit: Duration, condition: impl FnMut() -> Option<T>) -> Result<T, LabError> {
    until_every(Duration::from_millis(2), what, limit, condition)
}

/// [`until`], asked at another pace.
///
/// # Errors
/// As [`until`].
pub fn until_every<T>(
    pace: Duration,
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Option<T>,
) -> Result<T, LabError> {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return Ok(value);
        }
        if start.elapsed() > limit {
            return Err(LabError::TooLate {
                what: what.to_owned(),
                limit_ms: limit.as_millis(),
                detail: String::new(),
            });
        }
        std::thread::sleep(pace);
    }
}
