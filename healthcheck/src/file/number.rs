//! Bytes of a file -> the number that counts. Pure.

use std::fmt;

/// A file's content as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// What counts; `None`: the number before it stays.
    pub value: Option<i32>,
    /// What was odd about the content.
    pub oddity: Option<Oddity>,
}

/// Why a content is not simply a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// Nothing but blanks: counts as 0.
    Empty,
    /// It does not begin with a number: counts as 0.
    NoNumber,
    /// Something stands behind the number, which counts alone.
    Junk,
    /// It is greater than 32 bits hold: the number before it stays.
    TooGreat,
    /// It begins with 0 and is octal.
    Octal,
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty, which counts as 0",
            Self::NoNumber => "it does not begin with a number, which counts as 0",
            Self::Junk => "what stands behind the number is ignored",
            Self::TooGreat => "its number is too great and is ignored; the one before stays",
            Self::Octal => "a number that begins with 0 is octal, as for keepalived",
        })
    }
}

/// Reads a whole number from the front of a file, as keepalived 2.2.7 was seen to do: blanks before it are skipped, what
/// follows it is left out, without one it is 0, and `0x` and `0` before it make it hexadecimal and octal.
///
/// ```
/// assert_eq!(healthcheck::number(b" -20\n").value, Some(-20));
/// assert_eq!(healthcheck::number(b"").value, Some(0));
/// ```
#[must_use]
pub fn number(content: &[u8]) -> Number {
    let zero = |oddity| Number {
        value: Some(0),
        oddity: Some(oddity),
    };
    let text = content.trim_ascii();
    if text.is_empty() {
        return zero(Oddity::Empty);
    }
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (base, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => (16, rest),
        [b'0', ..] => (8, text),
        _ => (10, text),
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(base);
    let end = digits.iter().position(|byte| digit(byte).is_none());
    let (digits, rest) = digits.split_at(end.unwrap_or(digits.len()));
    if digits.is_empty() {
        return zero(Oddity::NoNumber);
    }
    // Of any length: it saturates.
    let magnitude = digits.iter().filter_map(digit).fold(0_i64, |sum, digit| {
        sum.saturating_mul(i64::from(base))
            .saturating_add(i64::from(digit))
    });
    let value = i32::try_from(if negative { -magnitude } else { magnitude }).ok();
    let oddity = match value {
        None => Some(Oddity::TooGreat),
        Some(_) if !rest.is_empty() => Some(Oddity::Junk),
        Some(_) => (base == 8 && digits.len() > 1).then_some(Oddity::Octal),
    };
    Number { value, oddity }
}

#[cfg(test)]
mod tests {
    use super::{Oddity, number};

    #[test]
    fn contents_and_what_counts() {
        let rows: [(&[u8], Option<i32>, Option<Oddity>); 24] = [
            (b"0", Some(0), None),
            (b"7\n", Some(7), None),
            (b"  -20 \r\n", Some(-20), None),
            (b"+4", Some(4), None),
            (b"\n5", Some(5), None),
            (b"", Some(0), Some(Oddity::Empty)),
            (b" \n", Some(0), Some(Oddity::Empty)),
            (b"abc", Some(0), Some(Oddity::NoNumber)),
            (b"-", Some(0), Some(Oddity::NoNumber)),
            (b"\xff\xfe5", Some(0), Some(Oddity::NoNumber)),
            (b"5abc", Some(5), Some(Oddity::Junk)),
            (b"5\n6", Some(5), Some(Oddity::Junk)),
            (b"3\0 4", Some(3), Some(Oddity::Junk)),
            (b"1.5", Some(1), Some(Oddity::Junk)),
            (b"0x10", Some(16), None),
            (b"-0X1f", Some(-31), None),
            (b"0x", Some(0), Some(Oddity::Junk)),
            (b"010", Some(8), Some(Oddity::Octal)),
            (b"09", Some(0), Some(Oddity::Junk)),
            (b"00", Some(0), Some(Oddity::Octal)),
            (b"2147483647", Some(i32::MAX), None),
            (b"-2147483648", Some(i32::MIN), None),
            (b"2147483648", None, Some(Oddity::TooGreat)),
            (b"-99999999999999999999999", None, Some(Oddity::TooGreat)),
        ];
        for (content, value, oddity) in rows {
            let found = number(content);
            assert_eq!((found.value, found.oddity), (value, oddity), "{content:?}");
        }
    }
}
