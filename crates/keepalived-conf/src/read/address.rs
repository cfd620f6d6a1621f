//! Address lines.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};

use super::Reader;
use super::argument::Junk;
use crate::diagnostic::Diagnostic;
use crate::keywords::{self, Block, Suggestion, Support};
use crate::lexer::Word;
use crate::model::{Address, Lifetime, RouteScope, Sourced};
use crate::number;
use crate::tree::Item;

/// The words behind an address that are still to be read.
type Options<'w> = std::slice::Iter<'w, Word>;

/// What became of an address line.
pub(super) enum Line {
    Good(Box<Address>),
    /// Left out, and the place of what was wrong.
    Lost(crate::source::Span),
}

impl Reader<'_> {
    pub(super) fn address_line(&mut self, line: &Item) -> Option<Line> {
        let word = line.words.first()?;
        let Some(prefix) = self.prefix(word) else {
            return Some(Line::Lost(word.span));
        };
        if let Some(kind) = unusable(prefix.value.addr()) {
            let found = Diagnostic::error(
                "impossible-address",
                word.span,
                format!("{} is {kind}: no node can be reached by it", prefix.value.addr()),
            );
            self.push(
                found
                    .silent()
                    .effect("the address is left out; keepalived advertises it")
                    .help("write the address that clients use, on every node"),
            );
            return Some(Line::Lost(word.span));
        }
        let mut address = plain(prefix, word);
        let mut broadcast = None;
        let mut options = line.arguments().iter();
        while let Some(option) = options.next() {
            let keyword = keywords::find(Block::AddressLine, option.bytes());
            if let Some((keyword, Support::Ignored(why))) = keyword.map(|keyword| (keyword, keyword.support))
            {
                self.push(Diagnostic::no_effect(option.span, keyword.name, why));
            }
            match option.bytes() {
                b"home" => address.home = true,
                b"-nodad" => address.duplicate_detection = true,
                b"mngtmpaddr" => address.manage_temporary = true,
                b"noprefixroute" => address.no_prefix_route = true,
                b"autojoin" => address.auto_join = true,
                b"no_track" => address.no_track = true,
                b"use_vmac" => address.use_vmac = Some(Sourced::line(true, option.span)),
                b"brd" | b"broadcast" => match options.next() {
                    Some(word) => broadcast = Some(word),
                    None => self.lacks(option, "it is ignored, as keepalived does"),
                },
                b"track_group" if !self.static_addresses => self.unknown_option(option, &mut address),
                b"dev" | b"label" | b"scope" | b"peer" | b"preferred_lft" | b"track_group" => {
                    if !self.address_option(option, &mut options, &mut address) {
                        return Some(Line::Lost(option.span));
                    }
                }
                _ => self.unknown_option(option, &mut address),
            }
        }
        if let Some(word) = broadcast {
            address.broadcast = self.broadcast(word, &address);
            if address.broadcast.is_none() {
                return Some(Line::Lost(word.span));
            }
        }
        self.host_of_peer(&mut address);
        self.drop_foreign(&mut address);
        Some(Line::Good(Box::new(address)))
    }

    /// `IP[/LEN]`; a length out of range is that of a host.
    fn prefix(&mut self, word: &Word) -> Option<Sourced<IpNet>> {
        let text = word.text();
        let (ip, length) = text
            .split_once('/')
            .map_or((text.as_str(), None), |(ip, length)| (ip, Some(length)));
        // keepalived takes `IP/` for `IP`.
        let length = length.filter(|length| !length.is_empty());
        let Ok(ip) = ip.parse::<IpAddr>() else {
            self.push(super::argument::bad_address(word, "an address line"));
            return None;
        };
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(most, |text| {
            let reading = number::integer(text.as_bytes());
            let value = u8::try_from(reading.value).ok();
            let usable = value.filter(|value| reading.whole && *value <= most);
            usable.unwrap_or_else(|| {
                let text = format!(
                    "the prefix length is a whole number from 0 to {most}; found {:?}",
                    word.text()
                );
                let found = Diagnostic::error("bad-prefix", word.span, text)
                    .effect(format!("{ip}/{most} is used, as keepalived does"))
                    .help("correct the length; that of the interface's network is usual");
                self.push(found);
                most
            })
        });
        IpNet::new(ip, length)
            .ok()
            .map(|prefix| Sourced::line(prefix, word.span))
    }

    /// An option with an argument; false if it costs the address, as with keepalived.
    fn address_option(&mut self, option: &Word, options: &mut Options<'_>, address: &mut Address) -> bool {
        let Some(word) = options.next() else {
            self.lacks(option, "the address is left out");
            return false;
        };
        match option.bytes() {
            b"dev" => match self.interface(word) {
                Some(name) => address.dev = Some(name),
                None => return false,
            },
            b"label" if word.bytes().len() > 15 => {
                let text = format!(
                    "the label {:?} has {} bytes; 15 are allowed",
                    word.text(),
                    word.bytes().len()
                );
                let found = Diagnostic::error("label-too-long", word.span, text);
                self.push(
                    found
                        .effect("the address is left out, as keepalived does")
                        .help("shorten the label"),
                );
                return false;
            }
            b"label" => address.label = self.text(word),
            b"scope" => address.scope = self.scope(word),
            b"peer" => address.peer = self.peer_of(word, address),
            b"track_group" => address.track_group = self.text(word),
            b"preferred_lft" => address.preferred_lifetime = self.lifetime(word, "preferred_lft"),
            _ => {}
        }
        true
    }

    fn lacks(&mut self, option: &Word, effect: &'static str) {
        let text = format!("{} lacks its argument", option.text());
        let found = Diagnostic::error("missing-argument", option.span, text);
        self.push(found.effect(effect).help("write it behind the word"));
    }

    /// An address with a peer is that of a host.
    fn host_of_peer(&mut self, address: &mut Address) {
        let most = address.prefix.value.max_prefix_len();
        if address.peer.is_none() || address.prefix.value.prefix_len() == most {
            return;
        }
        let text = format!("{} has a prefix length, and a peer", address.prefix.value);
        let found = Diagnostic::error(
            "peer-and-length",
            address.prefix.span().unwrap_or(address.span),
            text,
        )
        .effect(format!("its length is {most}, as with keepalived"))
        .help("remove the length, or the peer");
        self.push(found);
        address.prefix.value = IpNet::from(address.ip());
    }

    /// The other end, which is of the family of the address.
    fn peer_of(&mut self, word: &Word, address: &Address) -> Option<Sourced<IpNet>> {
        if word.bytes().contains(&b'/') {
            self.push(
                super::argument::bad_address(word, "a peer, which has no prefix length,")
                    .effect("the address has no peer, as with keepalived"),
            );
            return None;
        }
        let peer = self.prefix(word)?;
        if peer.value.addr().is_ipv4() == address.ip().is_ipv4() {
            return Some(peer);
        }
        let text = format!(
            "the peer {} is of another family than {}",
            peer.value.addr(),
            address.ip()
        );
        let found = Diagnostic::error("address-family", word.span, text);
        self.push(found.effect("it is ignored").help("write both of one family"));
        None
    }

    fn scope(&mut self, word: &Word) -> Option<Sourced<RouteScope>> {
        let scope = match word.bytes() {
            b"global" => RouteScope::Global,
            b"site" => RouteScope::Site,
            b"link" => RouteScope::Link,
            b"host" => RouteScope::Host,
            b"nowhere" => RouteScope::Nowhere,
            other => {
                let what = "scope is global, site, link, host, nowhere or a number from 0 to 255";
                let value = self.number(word, number::integer(other), Junk::Refused, 0..=255, what)?;
                match u8::try_from(value).ok()? {
                    0 => RouteScope::Global,
                    200 => RouteScope::Site,
                    253 => RouteScope::Link,
                    254 => RouteScope::Host,
                    255 => RouteScope::Nowhere,
                    number => RouteScope::Number(number),
                }
            }
        };
        Some(Sourced::line(scope, word.span))
    }

    /// Of the option `name`.
    pub(super) fn lifetime(&mut self, word: &Word, name: &str) -> Option<Sourced<Lifetime>> {
        if word.is("forever") {
            return Some(Sourced::line(Lifetime::Forever, word.span));
        }
        let what = format!("{name} is forever or a number of seconds");
        let range = 0..=i128::from(u32::MAX);
        let seconds = self.number(word, number::integer(word.bytes()), Junk::Refused, range, &what)?;
        let time = Duration::from_secs(u64::try_from(seconds).ok()?);
        Some(Sourced::line(Lifetime::For(time), word.span))
    }

    fn broadcast(&mut self, word: &Word, address: &Address) -> Option<Sourced<Ipv4Addr>> {
        let net = match address.prefix.value {
            IpNet::V4(net) => Some(net),
            IpNet::V6(_) => None,
        };
        let computed = |with: fn(Ipv4Net) -> Ipv4Addr| net.filter(|net| net.prefix_len() <= 30).map(with);
        let value = match word.bytes() {
            b"+" => computed(|net| net.broadcast()),
            b"-" => computed(|net| net.network()),
            _ => word.text().parse().ok().filter(|_| net.is_some()),
        };
        if value.is_none() {
            let text = format!(
                "{:?} is no broadcast address for {}",
                word.text(),
                address.prefix.value
            );
            let found = Diagnostic::error("bad-broadcast", word.span, text);
            self.push(
                found
                    .effect("it is ignored")
                    .help("write an IPv4 address, or + with a prefix of at most 30"),
            );
        }
        value.map(|value| Sourced::line(value, word.span))
    }

    /// Label, scope and broadcast are for IPv4.
    fn drop_foreign(&mut self, address: &mut Address) {
        if address.ip().is_ipv4() {
            return;
        }
        let label = address.label.take().map(|label| ("label", label.span()));
        let scope = address.scope.take().map(|scope| ("scope", scope.span()));
        for (name, span) in label.into_iter().chain(scope) {
            let text = format!("{name} is for IPv4 addresses");
            let found = Diagnostic::error("ipv4-option", span.unwrap_or(address.span), text);
            self.push(
                found
                    .effect("it is ignored, as keepalived does")
                    .help("remove it"),
            );
        }
    }

    fn unknown_option(&mut self, option: &Word, address: &mut Address) {
        let text = format!(
            "unknown word {:?} behind address {}",
            option.text(),
            address.prefix.value.addr()
        );
        let mut found = Diagnostic::error("unknown-option", option.span, text)
            .effect("it is ignored, as keepalived does")
            .help("remove it; each address stands on a line of its own");
        if let Some(Suggestion::Misspelt(near)) = keywords::resembling(Block::AddressLine, option.bytes()) {
            found = found.help(format!("did you mean {}?", near.name));
        }
        self.push(found);
    }
}

/// What kind of address cannot be that of a virtual router.
const fn unusable(ip: IpAddr) -> Option<&'static str> {
    match ip {
        _ if ip.is_unspecified() => Some("the unspecified address"),
        _ if ip.is_loopback() => Some("a loopback address"),
        _ if ip.is_multicast() => Some("a multicast address"),
        IpAddr::V4(ip) if ip.is_broadcast() => Some("the broadcast address"),
        _ => None,
    }
}

fn plain(prefix: Sourced<IpNet>, word: &Word) -> Address {
    Address {
        prefix,
        dev: None,
        label: None,
        scope: None,
        broadcast: None,
        peer: None,
        preferred_lifetime: None,
        duplicate_detection: false,
        home: false,
        manage_temporary: false,
        no_prefix_route: false,
        auto_join: false,
        no_track: false,
        track_group: None,
        use_vmac: None,
        span: word.span,
    }
}
