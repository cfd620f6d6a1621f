//! What has been heard -> is it what was expected. Pure, and safe against any bytes.

use regex::bytes::{Regex, RegexBuilder};

use crate::output::printable;

/// So much of a wrong answer is told.
const TOLD_BYTES: usize = 120;

/// What a service is expected to say.
#[derive(Debug, Clone)]
pub enum Expect {
    /// It begins with these octets.
    Begins(Vec<u8>),
    /// A pattern is found in what it says so far.
    Finds(Regex),
    /// A line, ended by LF, in which a pattern is found; any other line is wrong.
    Line(Regex),
    /// The line that begins with a tag and a blank, in which a pattern is found (IMAP, RFC 9051); lines before it pass.
    Tagged {
        /// What the line begins with.
        tag: String,
        /// What is to be found in it.
        pattern: Regex,
    },
    /// A message of LDAP (RFC 4511 4.1.1) whose operation has this tag, and in whose octets, from that tag on, a pattern is
    /// found; any other message is wrong.
    Ldap {
        /// 0x61 of a bind response, 0x64 of an entry that was searched.
        tag: u8,
        /// What is to be found in it.
        pattern: Regex,
    },
    /// A reply of SMTP (RFC 5321 4.2), of one line or many, with this code: 220 for a greeting, 250 for `EHLO`.
    Smtp(u16),
    /// The greeting of a MySQL or MariaDB server, protocol version 10. Its error packet (too many connections, host is
    /// blocked) is wrong, and told.
    MySqlGreeting,
    /// PostgreSQL's answer to an `SSLRequest`: `S` or `N`.
    PostgresAnswer,
}

/// What was heard is this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Not enough yet.
    More,
    /// What was expected; so many octets belong to it.
    Expected(usize),
    /// Something else.
    Wrong(String),
}

impl Expect {
    /// These octets, anywhere in what it says.
    ///
    /// # Errors
    /// More of them than a pattern can hold.
    pub fn contains(octets: &[u8]) -> Result<Self, regex::Error> {
        let pattern: String = octets.iter().map(|octet| format!("\\x{octet:02x}")).collect();
        RegexBuilder::new(&pattern)
            .unicode(false)
            .build()
            .map(Self::Finds)
    }

    /// A pattern, found in what it says so far.
    ///
    /// # Errors
    /// The pattern is none.
    pub fn finds(pattern: &str) -> Result<Self, regex::Error> {
        Regex::new(pattern).map(Self::Finds)
    }

    /// A line in which this pattern is found.
    ///
    /// # Errors
    /// The pattern is none.
    pub fn line(pattern: &str) -> Result<Self, regex::Error> {
        Regex::new(pattern).map(Self::Line)
    }

    /// The line with this tag, in which this pattern is found.
    ///
    /// ```
    /// use healthcheck::{Expect, Heard};
    ///
    /// let answer = Expect::tagged("a1", "^a1 OK")?;
    /// assert_eq!(answer.look(b"* 3 EXISTS\r\n"), Heard::More);
    /// assert_eq!(answer.look(b"* 3 EXISTS\r\na1 OK done\r\n"), Heard::Expected(24));
    /// assert!(matches!(answer.look(b"a1 NO\r\n"), Heard::Wrong(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The pattern is none.
    pub fn tagged(tag: &str, pattern: &str) -> Result<Self, regex::Error> {
        let tag = tag.to_owned();
        Regex::new(pattern).map(|pattern| Self::Tagged { tag, pattern })
    }

    /// A message of LDAP whose operation has this tag, and in whose octets this pattern is found.
    ///
    /// # Errors
    /// The pattern is none.
    pub fn ldap(tag: u8, pattern: &str) -> Result<Self, regex::Error> {
        Regex::new(pattern).map(|pattern| Self::Ldap { tag, pattern })
    }

    /// Judges what has been heard so far.
    ///
    /// ```
    /// use healthcheck::{Expect, Heard};
    ///
    /// let greeting = Expect::Smtp(220);
    /// assert_eq!(greeting.look(b"220-mail.example\r\n"), Heard::More); // more lines follow
    /// assert_eq!(greeting.look(b"220-mail.example\r\n220 ready\r\n"), Heard::Expected(29));
    /// assert!(matches!(greeting.look(b"554 go away\r\n"), Heard::Wrong(_)));
    /// ```
    #[must_use]
    pub fn look(&self, heard: &[u8]) -> Heard {
        match self {
            Self::Begins(start) => begins(start, heard),
            Self::Finds(pattern) => match pattern.find(heard) {
                Some(found) => Heard::Expected(found.end()),
                None => Heard::More,
            },
            Self::Line(pattern) => match line(heard) {
                Some((said, _)) if !pattern.is_match(said) => wrong(said),
                Some((_, octets)) => Heard::Expected(octets),
                None => Heard::More,
            },
            Self::Tagged { tag, pattern } => tagged(tag.as_bytes(), pattern, heard),
            Self::Ldap { tag, pattern } => ldap(*tag, pattern, heard),
            Self::Smtp(code) => smtp(*code, heard),
            Self::MySqlGreeting => mysql(heard),
            Self::PostgresAnswer => match heard.first() {
                Some(b'S' | b'N') => Heard::Expected(1),
                Some(_) => wrong(heard),
                None => Heard::More,
            },
        }
    }
}

fn wrong(heard: &[u8]) -> Heard {
    let told = heard.get(..TOLD_BYTES).unwrap_or(heard);
    Heard::Wrong(format!("'{}'", printable(told.trim_ascii_end())))
}

fn begins(start: &[u8], heard: &[u8]) -> Heard {
    if heard.starts_with(start) {
        Heard::Expected(start.len())
    } else if start.starts_with(heard) {
        Heard::More
    } else {
        wrong(heard)
    }
}

/// The first line without its end, and its octets with it.
fn line(heard: &[u8]) -> Option<(&[u8], usize)> {
    let end = heard.iter().position(|octet| *octet == b'\n')?;
    Some((heard.get(..end)?.trim_ascii_end(), end + 1))
}

fn tagged(tag: &[u8], pattern: &Regex, heard: &[u8]) -> Heard {
    let mut octets = 0;
    while let Some((said, length)) = line(heard.get(octets..).unwrap_or_default()) {
        octets += length;
        let behind = said.strip_prefix(tag);
        if behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(b" ")) {
            return if pattern.is_match(said) {
                Heard::Expected(octets)
            } else {
                wrong(said)
            };
        }
    }
    Heard::More
}

fn ldap(tag: u8, pattern: &Regex, heard: &[u8]) -> Heard {
    let whole = match heard.first() {
        Some(0x30) => element(heard),
        Some(_) => return wrong(heard),
        None => return Heard::More,
    };
    let Some((inside, octets)) = whole else {
        return Heard::More;
    };
    // The number of the message, then the operation.
    let number = inside
        .first()
        .filter(|first| **first == 0x02)
        .and_then(|_| element(inside));
    let operation = number.and_then(|(_, octets)| inside.get(octets..));
    match operation {
        Some(operation) if operation.first() == Some(&tag) && pattern.is_match(operation) => {
            Heard::Expected(octets)
        }
        _ => wrong(inside),
    }
}

/// The contents of one element of BER with a length in at most four octets, and how many octets all of it has.
fn element(heard: &[u8]) -> Option<(&[u8], usize)> {
    let [_tag, short, rest @ ..] = heard else {
        return None;
    };
    let (head, length) = if *short < 0x80 {
        (2, usize::from(*short))
    } else {
        let count = usize::from(short & 0x7f);
        let digits = rest.get(..count).filter(|digits| digits.len() <= 4)?;
        let length = digits
            .iter()
            .fold(0_usize, |sum, octet| sum << 8 | usize::from(*octet));
        (2 + count, length)
    };
    let end = head.checked_add(length)?;
    Some((heard.get(head..end)?, end))
}

fn smtp(code: u16, heard: &[u8]) -> Heard {
    let mut octets = 0;
    while let Some((said, length)) = line(heard.get(octets..).unwrap_or_default()) {
        octets += length;
        let found = said.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        if found.and_then(|digits| digits.parse().ok()) != Some(code) {
            return wrong(said);
        }
        match said.get(3) {
            Some(b'-') => {}
            Some(b' ') | None => return Heard::Expected(octets),
            Some(_) => return wrong(said),
        }
    }
    Heard::More
}

fn mysql(heard: &[u8]) -> Heard {
    let [l0, l1, l2, _sequence, kind, rest @ ..] = heard else {
        return Heard::More;
    };
    let length = usize::from(*l0) | usize::from(*l1) << 8 | usize::from(*l2) << 16;
    match (kind, rest) {
        // Of the rest only that it is a greeting's: a version that ends with 0 and more behind it.
        (10, _) if (20..4096).contains(&length) => {
            if heard.len() < length + 4 {
                Heard::More
            } else {
                Heard::Expected(length + 4)
            }
        }
        (0xff, [c0, c1, text @ ..]) if heard.len() >= length.saturating_add(4).min(4096) => {
            let code = u16::from_le_bytes([*c0, *c1]);
            Heard::Wrong(format!("error {code}: {}", printable(text)))
        }
        (0xff, _) => Heard::More,
        _ => wrong(heard),
    }
}
