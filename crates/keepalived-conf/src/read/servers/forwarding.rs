//! `lb_kind`, `lvs_method`, `sorry_server_lvs_method`.

use crate::model::{Forwarding, Sourced, TunnelChecksum};
use crate::number;
use crate::tree::Item;

/// A tunnel's options.
enum Options {
    Good(Forwarding),
    /// What keepalived says of them; the tunnel is IP in IP then.
    Bad(&'static str),
}

/// The line's meaning; its first word is known to be a method.
pub(crate) fn forwarding(line: &Item) -> Option<Sourced<Forwarding>> {
    let method = line.argument()?;
    let value = match method.bytes() {
        b"NAT" => Forwarding::Nat,
        b"DR" => Forwarding::Direct,
        b"TUN" => match tunnel(line) {
            Options::Good(tunnel) => tunnel,
            Options::Bad(_) => Forwarding::Ipip,
        },
        _ => return None,
    };
    Some(Sourced::line(value, method.span))
}

/// Whether packets keep their port by the method that a block names; none where it names none.
pub(crate) fn keeps_port(block: &Item, word: &str) -> Option<bool> {
    let named = |line: &&Item| line.keyword.is_some_and(|keyword| keyword.name == word);
    let line = block.items().filter(named).last()?;
    Some(forwarding(line)?.value.keeps_port())
}

/// What is wrong with the options of a tunnel.
pub(crate) fn fault(line: &Item) -> Option<&'static str> {
    if line.argument().is_none_or(|method| !method.is("TUN")) {
        return None;
    }
    match tunnel(line) {
        Options::Good(_) => None,
        Options::Bad(why) => Some(why),
    }
}

fn tunnel(line: &Item) -> Options {
    let words: Vec<String> = line
        .arguments()
        .iter()
        .skip(1)
        .map(crate::lexer::Word::text)
        .collect();
    let mut words = words.iter().map(String::as_str);
    let (mut kind, mut port, mut checksum) = (None, None, None);
    while let Some(word) = words.next() {
        match word {
            "type" => kind = words.next().or(Some("")),
            "port" => {
                let reading = number::integer(words.next().unwrap_or("x").as_bytes());
                let read = u16::try_from(reading.value)
                    .ok()
                    .filter(|port| *port > 0 && reading.whole);
                let Some(read) = read else {
                    return Options::Bad("the port of a tunnel is a whole number from 1 to 65535");
                };
                port = Some(read);
            }
            "nocsum" => checksum = Some(TunnelChecksum::Absent),
            "csum" => checksum = Some(TunnelChecksum::Full),
            "remcsum" => checksum = Some(TunnelChecksum::Remote),
            _ => {
                return Options::Bad(
                    "behind TUN stand type ipip|gue|gre, port N, and nocsum, csum or remcsum",
                );
            }
        }
    }
    let sum = checksum.unwrap_or_default();
    match (kind, port) {
        (None | Some("ipip"), None) => match checksum {
            None | Some(TunnelChecksum::Absent) => Options::Good(Forwarding::Ipip),
            Some(_) => Options::Bad("a tunnel of type ipip has no checksum"),
        },
        (Some("gue"), Some(port)) => Options::Good(Forwarding::Gue { port, checksum: sum }),
        (Some("gre"), None) if sum == TunnelChecksum::Remote => {
            Options::Bad("a tunnel of type gre has no remcsum")
        }
        (Some("gre"), None) => Options::Good(Forwarding::Gre { checksum: sum }),
        (Some("gue" | "ipip" | "gre") | None, _) => {
            Options::Bad("a tunnel of type gue needs a port, and no other type has one")
        }
        (Some(_), _) => Options::Bad("the type of a tunnel is ipip, gue or gre"),
    }
}
