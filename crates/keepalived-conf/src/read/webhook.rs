//! `vrrp_webhook`. What is wrong in one costs that one: nobody is told by it, and no address depends on it.

use std::net::IpAddr;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Reader;
use super::argument::Junk;
use crate::diagnostic::Diagnostic;
use crate::model::{Secret, Sourced, Webhook};
use crate::tree::Item;

const EFFECT: &str = "this webhook is left out: nobody is told by it";
const RETRIES_MAX: i64 = 20;

impl Reader<'_> {
    pub(super) fn webhook_block(&mut self, block: &Item, webhooks: &mut Vec<Webhook>) {
        let Some(name) = self.block_name(block) else {
            return;
        };
        if let Some(first) = webhooks.iter().find(|hook| hook.name == name) {
            let found = super::duplicate(block, &name, first.span, "webhook").silent();
            self.push(found.effect("this block is left out whole"));
            return;
        }
        let before = self.findings.mark();
        let hook = self.webhook(block, name);
        if !self.findings.of_our_own(before, EFFECT) {
            webhooks.extend(hook);
        }
    }

    fn webhook(&mut self, block: &Item, name: String) -> Option<Webhook> {
        let mut url = None;
        // Whatever is wrong with it: it was told.
        let mut has_url = false;
        let mut authorization = None;
        let mut timeout = Sourced::default(Duration::from_secs(5));
        let mut retries = Sourced::default(5);
        let mut only = Vec::new();
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("url") => {
                    self.last_counts(item, std::mem::replace(&mut has_url, item.argument().is_some()));
                    url = self.webhook_url(item);
                }
                Some("authorization") => {
                    self.last_counts(item, authorization.is_some());
                    authorization = self.authorization(item).or(authorization);
                }
                Some("timeout") => timeout = self.positive_seconds(item).unwrap_or(timeout),
                Some("retries") => {
                    let read = self.integer(item, Junk::Refused, 0, RETRIES_MAX);
                    let read = read.map(|read| read.map(|value| u32::try_from(value).unwrap_or(5)));
                    retries = read.unwrap_or(retries);
                }
                Some("only") => {
                    let words = item.items().flat_map(|line| &line.words);
                    let before = only.len();
                    only.extend(words.map(|word| Sourced::line(word.text(), word.span)));
                    if only.len() == before {
                        self.only_nobody(item);
                    }
                }
                _ => {}
            }
        }
        if url.is_none() && has_url {
            return None;
        }
        let Some(url) = url else {
            let text = format!("vrrp_webhook {name} has no url");
            let found = Diagnostic::error("webhook-without-url", block.span, text);
            self.push(found.help("add a line: url https://HOST/PATH"));
            return None;
        };
        let hook = Webhook {
            name,
            span: block.span,
            url,
            authorization,
            timeout,
            retries,
            only,
        };
        if let Some(span) = hook.authorization.as_ref().and_then(Sourced::span)
            && in_clear(&hook)
        {
            let text = "authorization would go to another machine without TLS";
            let found = Diagnostic::error("authorization-without-tls", span, text);
            self.push(found.help(
                "write https:// in url; http:// only to an address of this machine, such as 127.0.0.1",
            ));
            return None;
        }
        Some(hook)
    }

    fn last_counts(&mut self, item: &Item, is_there: bool) {
        if is_there {
            let text = format!("{} is set already", item.name());
            let found = Diagnostic::warning("set-again", item.span, text).silent();
            self.push(found.effect("the last one counts").help(
                "remove one of them; to call two places write two blocks vrrp_webhook, each with a name of its own",
            ));
        }
    }

    fn only_nobody(&mut self, item: &Item) {
        let found = Diagnostic::warning("empty-block", item.span, "only names nobody").silent();
        self.push(
            found
                .effect("this webhook is told of every instance and group, as without it")
                .help("add names of instances or sync groups, or remove the block"),
        );
    }

    /// As written, or of a file. It is not quoted: with many services it is the secret.
    fn webhook_url(&mut self, item: &Item) -> Option<Sourced<Secret>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        let secret = match self.secret(word, "url", EFFECT) {
            Some(read) => read.ok()?,
            None => Secret::new(Zeroizing::new(self.text(word)?.value)),
        };
        let text = secret.reveal();
        let fault = match text.split_once("://") {
            Some(("http" | "https", rest)) => {
                let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
                match authority {
                    "" => Some("names no host"),
                    who if who.contains('@') => Some("names a user, who belongs into authorization"),
                    who if !has_port_or_none(who) => {
                        Some("names a port that is none: 1 to 65535, and an IPv6 address in brackets")
                    }
                    _ => text
                        .contains(|one: char| !one.is_ascii_graphic())
                        .then_some("holds something else than letters of a URL"),
                }
            }
            _ => Some("begins neither with http:// nor with https://"),
        };
        let Some(fault) = fault else {
            return Some(Sourced::line(secret, word.span));
        };
        let found = Diagnostic::error("webhook-url", word.span, format!("the url {fault}"));
        self.push(found.help("write https://HOST/PATH, or file: and the path of a file with it"));
        None
    }

    fn authorization(&mut self, item: &Item) -> Option<Sourced<Secret>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        let Some(read) = self.secret(word, "authorization", EFFECT) else {
            let text = "authorization names no file";
            let found = Diagnostic::error("inline-secret", word.span, text);
            self.push(found.help(
                "write the value, such as Bearer and a token, into a file that only root can read, and here file:PATH",
            ));
            return None;
        };
        Some(Sourced::line(read.ok()?, word.span))
    }
}

/// A port that is written is one. None is written: that of the scheme is meant.
fn has_port_or_none(authority: &str) -> bool {
    let behind = authority.rsplit_once(']').map_or(authority, |(_, behind)| behind);
    let Some((_, port)) = behind.split_once(':') else {
        return true;
    };
    port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0)
}

/// Whether others can read what is sent there.
fn in_clear(hook: &Webhook) -> bool {
    let origin = hook.origin();
    let Some(authority) = origin.strip_prefix("http://") else {
        return false;
    };
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    };
    let host = host.unwrap_or_default();
    let address = host.parse::<IpAddr>();
    !address.map_or(host.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
}
