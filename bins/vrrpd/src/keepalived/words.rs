//! getopt's rules that clap does not have.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// Letters whose value is attached or the next word.
const WITH_VALUE: &[u8] = b"fSgupriscbA";

/// Letters whose value may be missing, and is attached where there is one.
const MAYBE_VALUE: [(u8, &str); 2] = [(b't', "config-test"), (b'M', "core-dump-pattern")];

/// `-T` and `--genhash` stand first.
pub(super) fn asks_for_genhash(words: &[OsString]) -> bool {
    words
        .get(1)
        .is_some_and(|word| word == "-T" || word == "--genhash")
}

/// The same words with an optional value where clap finds it: `-ltFILE` becomes `-l --config-test --config-test-log=FILE`.
pub(super) fn as_clap_reads(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words = words.into_iter();
    let mut out: Vec<OsString> = words.next().into_iter().collect();
    while let Some(word) = words.next() {
        let octets = word.as_bytes();
        if octets == b"--" {
            out.push(word);
            out.extend(words);
            break;
        }
        match octets {
            [b'-', b'-', long @ ..] => out.extend(of_long(long)),
            [b'-', _, ..] => {
                let wants_next = of_letters(&octets[1..], &mut out);
                if let Some(next) = wants_next.then(|| words.next()).flatten() {
                    // Attached: a value may begin with a hyphen.
                    let mut last = out.pop().unwrap_or_default();
                    last.push(next);
                    out.push(last);
                }
            }
            _ => out.push(word),
        }
    }
    out
}

fn of_long(long: &[u8]) -> Vec<OsString> {
    let (name, value) = match long.iter().position(|octet| *octet == b'=') {
        Some(at) => (&long[..at], Some(&long[at + 1..])),
        None => (long, None),
    };
    // getopt takes any beginning that only one option has.
    let is_test = name.len() > "config-".len() && b"config-test".starts_with(name);
    match value {
        Some(value) if is_test => test(Some(value)),
        _ => vec![OsString::from_vec([b"--", long].concat())],
    }
}

fn test(log: Option<&[u8]>) -> Vec<OsString> {
    let log = log.map(|file| OsString::from_vec([b"--config-test-log=", file].concat()));
    std::iter::once(OsString::from("--config-test"))
        .chain(log)
        .collect()
}

/// Whether the last letter takes the next word.
fn of_letters(letters: &[u8], out: &mut Vec<OsString>) -> bool {
    for (at, letter) in letters.iter().enumerate() {
        let rest = &letters[at + 1..];
        let rest = (!rest.is_empty()).then_some(rest);
        if WITH_VALUE.contains(letter) {
            let whole = [&[b'-', *letter], rest.unwrap_or_default()].concat();
            out.push(OsString::from_vec(whole));
            return rest.is_none();
        }
        match MAYBE_VALUE.iter().find(|(known, _)| known == letter) {
            Some((b't', _)) => {
                out.extend(test(rest));
                return false;
            }
            Some((_, long)) => {
                let mut word = OsString::from(format!("--{long}"));
                if let Some(value) = rest {
                    word.push("=");
                    word.push(OsStr::from_bytes(value));
                }
                out.push(word);
                return false;
            }
            None => out.push(OsString::from_vec(vec![b'-', *letter])),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let words = std::iter::once("keepalived").chain(line.split_whitespace());
        let read = as_clap_reads(words.map(OsString::from));
        let read: Vec<String> = read[1..]
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        read.join(" ")
    }

    #[test]
    fn an_optional_value_is_attached_or_is_none() {
        let log = "--config-test --config-test-log=";
        for (line, wanted) in [
            ("-t", "--config-test".to_owned()),
            ("-t out", "--config-test out".to_owned()),
            ("-tout", format!("{log}out")),
            ("-nltout -f k", format!("-n -l {log}out -fk")),
            ("--config-test=out", format!("{log}out")),
            ("--config-t=out", format!("{log}out")),
            ("--config-test", "--config-test".to_owned()),
            ("-M -n", "--core-dump-pattern -n".to_owned()),
            ("-Mcore.%e", "--core-dump-pattern=core.%e".to_owned()),
        ] {
            assert_eq!(read(line), wanted, "{line}");
        }
    }

    #[test]
    fn a_value_is_not_taken_for_letters() {
        assert_eq!(read("-ftest.conf -n"), "-ftest.conf -n");
        assert_eq!(read("-f -t -n"), "-f-t -n");
        assert_eq!(read("-lf test.conf"), "-l -ftest.conf");
        assert_eq!(read("-n -- -t"), "-n -- -t");
    }
}
