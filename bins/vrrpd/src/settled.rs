//! A file that is being written is read when it is whole: half of one may be a clean file, by which something would go.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::arguments::Arguments;
use crate::ldirectord::Second;
use crate::load::{Text, read};

/// Longer than a program rests between two parts of what it writes.
const REST: Duration = Duration::from_millis(100);
/// Somebody may write for ever.
const READINGS_MAX: u8 = 10;

/// Reads and understands the file, again as long as it, or one that it includes, has just been written. Waits: not for a
/// loop.
pub(crate) fn read_settled(arguments: &Arguments) -> Text {
    let mut text = read(arguments);
    for _ in 1..READINGS_MAX {
        let now = SystemTime::now();
        let left = paths(&text);
        let left = left.filter_map(|path| rest_left(Path::new(&path), now)).max();
        let Some(left) = left else { break };
        sleep(left);
        text = read(arguments);
    }
    text
}

/// Those of all files that were read.
fn paths(text: &Text) -> impl Iterator<Item = String> {
    let files = text.parsed.sources.files().map(|(_, path)| path.to_owned());
    let second = text.second.iter().flat_map(Second::files);
    files.chain(second.map(|(path, _)| path))
}

/// How long it has to lie still; `None`: it has, or nobody can say.
fn rest_left(path: &Path, now: SystemTime) -> Option<Duration> {
    let written = fs::metadata(path).and_then(|found| found.modified()).ok()?;
    // By a clock that was put back, it was written in times to come.
    let rested = now.duration_since(written).ok()?;
    REST.checked_sub(rested).filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_just_now_has_to_lie_still() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.conf");
        fs::write(&path, "# half").unwrap();
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        let after = |ms| rest_left(&path, written + Duration::from_millis(ms));
        assert_eq!(after(30), Some(Duration::from_millis(70)));
        assert_eq!((after(100), after(5000)), (None, None));
        assert_eq!(rest_left(&path, written - Duration::from_secs(60)), None);
        assert_eq!(rest_left(&folder.path().join("none"), written), None);
    }
}
