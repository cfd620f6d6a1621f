//! Numbers as keepalived reads them: a lenient reader takes the digits in front and reports what sticks to them.

/// A number and whether it was the whole word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// For a decimal: in millionths.
    pub(crate) value: i128,
    /// There was nothing but the number.
    pub(crate) whole: bool,
    /// There was at least one digit.
    pub(crate) digits: bool,
    /// No decimal was rounded away.
    pub(crate) exact: bool,
}

/// keepalived takes two quotes with nothing between them for a number.
const NOTHING: Reading = Reading {
    value: 0,
    whole: true,
    digits: true,
    exact: true,
};

/// A whole number with an optional sign.
pub(crate) fn integer(text: &[u8]) -> Reading {
    if text.is_empty() {
        return NOTHING;
    }
    let (negative, rest) = sign(text);
    let (value, length) = digits(rest);
    let whole = length > 0 && length == rest.len();
    Reading {
        value: signed(negative, value),
        whole,
        digits: length > 0,
        exact: true,
    }
}

/// A number with up to six decimals, in millionths; further decimals round half up.
pub(crate) fn decimal(text: &[u8]) -> Reading {
    if text.is_empty() {
        return NOTHING;
    }
    let (negative, rest) = sign(text);
    let (seconds, length) = digits(rest);
    let tail = rest.get(length..).unwrap_or_default();
    let fraction = tail.strip_prefix(b".").unwrap_or_default();
    let (_, decimals) = digits(fraction);
    let point = usize::from(tail.first() == Some(&b'.'));
    let mut value = seconds.saturating_mul(1_000_000);
    let mut unit = 100_000i128;
    for (place, digit) in fraction.iter().take(decimals).enumerate() {
        let digit = i128::from(digit.saturating_sub(b'0'));
        match place {
            0..=5 => value = value.saturating_add(digit.saturating_mul(unit)),
            6 => value = value.saturating_add(i128::from(digit >= 5)),
            _ => break,
        }
        unit = unit.checked_div(10).unwrap_or(0);
    }
    let read = length.saturating_add(point).saturating_add(decimals);
    let any = length.saturating_add(decimals) > 0;
    Reading {
        value: signed(negative, value),
        whole: any && read == rest.len(),
        digits: any,
        exact: decimals <= 6,
    }
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The number that the leading digits make, and how many they are. Saturates far beyond every range of a keyword.
fn digits(text: &[u8]) -> (i128, usize) {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = text.iter().take(length).fold(0i128, |sum, byte| {
        sum.saturating_mul(10)
            .saturating_add(i128::from(byte.saturating_sub(b'0')))
            .min(1 << 100)
    });
    (value, length)
}

const fn signed(negative: bool, value: i128) -> i128 {
    if negative { value.saturating_neg() } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers() {
        let read = |text: &str| (integer(text.as_bytes()).value, integer(text.as_bytes()).whole);
        assert_eq!(read("150"), (150, true));
        assert_eq!(read("+3"), (3, true));
        assert_eq!(read("-254"), (-254, true));
        assert_eq!(read("007"), (7, true), "not octal");
        assert_eq!(read("5s"), (5, false));
        assert_eq!(read("0x1f"), (0, false));
        assert_eq!(read("abc"), (0, false));
        assert_eq!(read(""), (0, true), "as keepalived takes it");
        assert!(integer("9".repeat(200).as_bytes()).value > 1 << 64);
    }

    #[test]
    fn decimals_are_exact_millionths() {
        let read = |text: &str| (decimal(text.as_bytes()).value, decimal(text.as_bytes()).whole);
        assert_eq!(read("0.1"), (100_000, true));
        assert_eq!(read("1.005"), (1_005_000, true));
        assert_eq!(read(".5"), (500_000, true));
        assert_eq!(read("5."), (5_000_000, true));
        assert_eq!(read("0.0000005"), (1, true), "rounds half up");
        assert_eq!(read("0.0000004"), (0, true));
        assert_eq!(read("1e1"), (1_000_000, false));
        assert_eq!(read("."), (0, false));
        assert_eq!(read("-1"), (-1_000_000, true));
    }
}
