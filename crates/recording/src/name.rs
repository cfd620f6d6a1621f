//! Names as one word: what would end it, the line or a list is written as `%` and two hexadecimal digits an octet.

use std::fmt;

/// A name as it is written.
pub(crate) struct Written<'a>(pub(crate) &'a str);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `-` is a word of its own.
        if self.0.is_empty() || self.0 == "-" {
            f.write_str("%")?;
        }
        for letter in self.0.chars() {
            if letter.is_whitespace() || letter.is_control() || matches!(letter, '%' | ',' | '|') {
                let mut octets = [0; 4];
                for octet in letter.encode_utf8(&mut octets).as_bytes() {
                    write!(f, "%{octet:02x}")?;
                }
            } else {
                write!(f, "{letter}")?;
            }
        }
        Ok(())
    }
}

/// Reads one; `None`: no name is written like this.
pub(crate) fn read(word: &str) -> Option<String> {
    let word = match word.strip_prefix('%') {
        Some(rest @ ("" | "-")) => return Some(rest.to_owned()),
        _ => word,
    };
    let mut octets = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            let digits = std::str::from_utf8(digits).ok()?;
            octets.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail;
        } else {
            octets.push(*first);
        }
    }
    String::from_utf8(octets).ok().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_word_and_comes_back() {
        for name in [
            "VI_1",
            "",
            "-",
            "%",
            "a b",
            "-%20",
            "tab\there",
            "zwei\nZeilen",
            "größe|x",
            "a,b",
            "\u{a0}",
        ] {
            let written = Written(name).to_string();
            assert_eq!(written.split_whitespace().count(), 1, "{written:?}");
            assert!(written != "-" && !written.contains([',', '|']));
            assert_eq!(read(&written).as_deref(), Some(name), "{written:?}");
        }
        for wrong in ["%2", "%zz", "%ff"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
