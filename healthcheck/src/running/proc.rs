//! `/proc`, as far as counting needs it. Read as bytes: a process may choose a name that is no text, and a parameter
//! may be empty, both of which a general reader of `/proc` leaves out.

use std::fs;

use super::pattern::Identity;

/// A process that runs; `None` where it has ended, or is a zombie that nobody has collected.
pub(super) fn identity(pid: u32, with_words: bool) -> Option<Identity> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let name = running(&stat)?.to_vec();
    let words = if with_words {
        words(&fs::read(format!("/proc/{pid}/cmdline")).ok()?)
    } else {
        Vec::new()
    };
    Some(Identity { name, words })
}

/// The name in `PID (NAME) STATE …`, of one that has not ended. The name may hold any byte.
fn running(stat: &[u8]) -> Option<&[u8]> {
    let open = stat.iter().position(|byte| *byte == b'(')?;
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let name = stat.get(open.checked_add(1)?..close)?;
    let state = stat.get(close.checked_add(2)?)?;
    (!matches!(state, b'Z' | b'X' | b'x')).then_some(name)
}

/// Each word is ended by a NUL; one that a process has written over itself may lack it.
fn words(cmdline: &[u8]) -> Vec<Vec<u8>> {
    if cmdline.is_empty() {
        return Vec::new();
    }
    let whole = cmdline.strip_suffix(b"\0").unwrap_or(cmdline);
    whole.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
}

/// Every process there is.
pub(super) fn pids() -> Vec<u32> {
    let Ok(folder) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    folder
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{identity, pids, running, words};

    #[test]
    fn names_may_hold_anything() {
        assert_eq!(running(b"12 (nginx) S 1 12"), Some(&b"nginx"[..]));
        assert_eq!(running(b"12 (a) Z (b) R 1"), Some(&b"a) Z (b"[..]));
        assert_eq!(running(b"12 (\xff) S 1"), Some(&b"\xff"[..]));
        assert_eq!(running(b"12 (nginx) Z 1"), None);
        assert_eq!(running(b"12 (nginx"), None);
        assert_eq!(running(b""), None);
    }

    #[test]
    fn words_may_be_empty() {
        assert_eq!(words(b""), Vec::<Vec<u8>>::new());
        assert_eq!(words(b"x\0"), [b"x"]);
        assert_eq!(words(b"x\0\0y\0"), [&b"x"[..], b"", b"y"]);
        assert_eq!(words(b"nginx: master process"), [b"nginx: master process"]);
    }

    #[test]
    fn this_test_runs() {
        let own = std::process::id();
        assert!(pids().contains(&own));
        let found = identity(own, true).unwrap();
        assert!(!found.name.is_empty() && !found.words.is_empty());
    }
}
