//! The words of one line of routes or rules, taken one after the other.

use std::net::IpAddr;

use ipnet::IpNet;

use super::iproute::{Kind, Names, any_base};
use crate::lexer::Word;
use crate::number;
use crate::source::Span;

/// Why a line is not read to its end.
#[derive(Debug)]
pub(super) enum Wrong {
    /// It ends behind a word that wants more: keepalived refuses the whole file.
    Lacks(Span, String),
    /// A word is not what it should be.
    Bad(Span, String),
    /// It is right, and not carried out: the word, and why.
    CannotDo(Span, &'static str, &'static str),
}

/// The words that are left.
pub(super) struct Words<'w> {
    rest: std::slice::Iter<'w, Word>,
    pub(super) names: &'w Names<'w>,
    /// Of a block at the top.
    pub(super) is_static: bool,
}

impl<'w> Words<'w> {
    pub(super) fn new(words: &'w [Word], names: &'w Names<'w>, is_static: bool) -> Self {
        Self {
            rest: words.iter(),
            names,
            is_static,
        }
    }

    pub(super) fn next(&mut self) -> Option<&'w Word> {
        self.rest.next()
    }

    pub(super) fn peek(&self) -> Option<&'w Word> {
        self.rest.as_slice().first()
    }

    /// The argument of `word`.
    pub(super) fn behind(&mut self, word: &Word) -> Result<&'w Word, Wrong> {
        self.next().ok_or_else(|| Wrong::Lacks(word.span, word.text()))
    }

    pub(super) fn device(&mut self, word: &Word) -> Result<String, Wrong> {
        let name = self.behind(word)?;
        let text = name.text();
        let odd = |letter: char| letter.is_whitespace() || letter == '/' || letter.is_control();
        if text.is_empty() || text.len() > 15 || text.contains(odd) {
            return Err(bad(name, "name of an interface (1 to 15 bytes)"));
        }
        Ok(text)
    }

    /// `[inet|inet6] IP`, and whether the family was written.
    pub(super) fn gateway(&mut self, word: &Word) -> Result<(IpAddr, bool), Wrong> {
        let mut address = self.behind(word)?;
        let family = match address.bytes() {
            b"inet" => Some(true),
            b"inet6" => Some(false),
            _ => None,
        };
        if family.is_some() {
            address = self.behind(address)?;
        }
        let ip = ip(address)?;
        if family.is_some_and(|ipv4| ipv4 != ip.is_ipv4()) {
            return Err(bad(address, "address of that family"));
        }
        Ok((ip, family.is_some()))
    }

    pub(super) fn ip(&mut self, word: &Word) -> Result<IpAddr, Wrong> {
        ip(self.behind(word)?)
    }

    pub(super) fn number(&mut self, word: &Word, most: u32) -> Result<u32, Wrong> {
        let value = self.behind(word)?;
        number_within(value, most)
    }

    /// `[lock] N`
    pub(super) fn lockable(&mut self, word: &Word) -> Result<(&'w Word, bool), Wrong> {
        let value = self.behind(word)?;
        if value.is("lock") {
            return Ok((self.behind(value)?, true));
        }
        Ok((value, false))
    }

    pub(super) fn named(&mut self, word: &Word, kind: Kind, most: u32, what: &str) -> Result<u32, Wrong> {
        let value = self.behind(word)?;
        let number = self.names.number(kind, value).filter(|number| *number <= most);
        number.ok_or_else(|| bad(value, what))
    }

    /// `[FROM/]TO`, the first in the upper 16 bits.
    pub(super) fn realms(&mut self, word: &Word) -> Result<u32, Wrong> {
        let value = self.behind(word)?;
        let text = value.text();
        let (from, to) = text.split_once('/').unwrap_or(("0", &text));
        let one = |text| {
            let number = self.names.number_of(Kind::Realm, text)?;
            u16::try_from(number).ok()
        };
        match (one(from), one(to)) {
            (Some(from), Some(to)) => Ok((u32::from(from) << 16) | u32::from(to)),
            _ => Err(bad(
                value,
                "realm, nor two with / between them (rt_realms names them)",
            )),
        }
    }

    /// `A` or `A-B`.
    pub(super) fn range(&mut self, word: &Word, most: u32) -> Result<(u32, u32), Wrong> {
        let value = self.behind(word)?;
        let text = value.text();
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        let one = |text: &str| any_base(text).filter(|number| *number <= most);
        match (one(first), one(last)) {
            (Some(first), Some(last)) if first <= last => Ok((first, last)),
            _ => Err(bad(value, "range of numbers, as in 10-20")),
        }
    }
}

pub(super) fn bad(word: &Word, what: &str) -> Wrong {
    Wrong::Bad(word.span, format!("{:?} is no {what}", word.text()))
}

pub(super) fn ip(word: &Word) -> Result<IpAddr, Wrong> {
    word.text().parse().map_err(|_| bad(word, "address"))
}

pub(super) fn number_within(word: &Word, most: u32) -> Result<u32, Wrong> {
    let text = word.text();
    let value = number::integer(word.bytes());
    let plain = u32::try_from(value.value).ok().filter(|_| value.whole);
    let hex = || any_base(&text).filter(|_| text.starts_with("0x"));
    plain
        .or_else(hex)
        .filter(|number| *number <= most)
        .ok_or_else(|| bad(word, "number that fits"))
}

/// Everywhere: `default`, `any`, `all`, and for IPv6 `default6`.
pub(super) fn is_everywhere(word: &Word) -> bool {
    ["default", "default6", "any", "all"]
        .iter()
        .any(|name| word.is(name))
}

/// `IP[/LEN]`
pub(super) fn prefix(word: &Word) -> Option<IpNet> {
    let text = word.text();
    let Some((ip, length)) = text.split_once('/') else {
        let ip: IpAddr = text.parse().ok()?;
        return Some(IpNet::from(ip));
    };
    IpNet::new(ip.parse().ok()?, length.parse().ok()?).ok()
}

/// All addresses of a family.
pub(super) fn everywhere(ipv6: bool) -> IpNet {
    if ipv6 {
        ipnet::Ipv6Net::default().into()
    } else {
        ipnet::Ipv4Net::default().into()
    }
}
