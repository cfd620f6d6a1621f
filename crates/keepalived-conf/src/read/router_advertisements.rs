//! `router_advertisements`. Hosts that are told something else than was meant lose their way, so whatever is wrong in it
//! keeps the instance from starting.

use ipnet::Ipv6Net;

use super::Reader;
use super::argument::Junk;
use super::instance::Draft;
use crate::diagnostic::Diagnostic;
use crate::keywords::Scope;
use crate::lexer::Word;
use crate::model::{AdvertisedPrefix, Lifetime, Missing, RouterAdvertisements, Sourced};
use crate::tree::Item;

impl Reader<'_> {
    pub(super) fn router_advertisements(&mut self, block: &Item, draft: &mut Draft) {
        let mut told = draft.router_advertisements.take().unwrap_or_default();
        for item in block.items() {
            if self.told(item, &mut told).is_none() {
                draft.missing.push(Missing {
                    word: item.name(),
                    span: item.span,
                    scope: Scope::Instance,
                    why: "hosts would be told something else than the line says".to_owned(),
                    allow_word: "router_advertisements".to_owned(),
                });
            }
        }
        draft.router_advertisements = Some(told);
    }

    /// None where the line is wrong.
    fn told(&mut self, item: &Item, told: &mut RouterAdvertisements) -> Option<()> {
        let short = |read: Sourced<i64>| read.map(|value| u16::try_from(value).unwrap_or(u16::MAX));
        match item.keyword.map(|keyword| keyword.name) {
            Some("interval") => told.interval_s = Some(short(self.integer(item, Junk::Refused, 4, 1800)?)),
            Some("lifetime") => told.lifetime_s = Some(short(self.integer(item, Junk::Refused, 0, 9000)?)),
            Some("mtu") => told.mtu = Some(short(self.integer(item, Junk::Refused, 1280, 65535)?)),
            Some("hop_limit") => {
                let read = self.integer(item, Junk::Refused, 0, 255)?;
                told.hop_limit = Some(read.map(|value| u8::try_from(value).unwrap_or(u8::MAX)));
            }
            Some("managed") => told.managed = self.flag(item).value,
            Some("other_config") => told.other_config = self.flag(item).value,
            Some("prefix") => {
                let prefix = self.advertised_prefix(item)?;
                told.prefixes.push(prefix);
            }
            // An unknown word has been reported, and bars by itself.
            _ => {}
        }
        Some(())
    }

    fn advertised_prefix(&mut self, item: &Item) -> Option<AdvertisedPrefix> {
        let mut words = item.arguments().iter();
        let word = words.next()?;
        let Some(net) = word
            .text()
            .parse::<Ipv6Net>()
            .ok()
            .filter(|net| net.trunc() == *net)
        else {
            let text = format!("{:?} is no IPv6 prefix", word.text());
            self.wrong_line(
                word,
                text,
                "write PREFIX/LENGTH, such as 2001:db8::/64, with zeroes behind the length",
            );
            return None;
        };
        let mut prefix = AdvertisedPrefix {
            prefix: Sourced::line(net, word.span),
            valid: None,
            preferred: None,
            on_link: true,
            autonomous: true,
        };
        while let Some(option) = words.next() {
            match option.bytes() {
                b"off_link" => prefix.on_link = false,
                b"no_autonomous" => prefix.autonomous = false,
                b"valid" => prefix.valid = Some(self.time(option, words.next())?),
                b"preferred" => prefix.preferred = Some(self.time(option, words.next())?),
                _ => {
                    let text = format!("unknown word {:?} behind a prefix", option.text());
                    self.wrong_line(option, text, "write valid, preferred, off_link or no_autonomous, and each prefix on a line of its own");
                    return None;
                }
            }
        }
        Some(prefix)
    }

    fn time(&mut self, option: &Word, value: Option<&Word>) -> Option<Sourced<Lifetime>> {
        let Some(value) = value else {
            let text = format!("{} lacks a time", option.text());
            self.wrong_line(option, text, "write seconds behind it, or forever");
            return None;
        };
        self.lifetime(value, &option.text())
    }

    fn wrong_line(&mut self, word: &Word, text: String, help: &'static str) {
        let found = Diagnostic::error("bad-advertisement", word.span, text).silent();
        self.push(found.effect("the line is left out").help(help));
    }
}
