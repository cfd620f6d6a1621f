//! `use_vmac`, `use_vmac_addr` and `vmac_xmit_base`.

use super::Reader;
use super::instance::Draft;
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use crate::model::{Mac, Sourced, UseVmac};
use crate::tree::Item;

/// The words about virtual MACs as written.
#[derive(Debug, Default)]
pub(crate) struct DraftVmac {
    /// A MAC of five octets waits for the number of the router.
    pub(crate) wanted: Option<(UseVmac, Option<Sourced<[u8; 5]>>)>,
    pub(crate) addresses: Option<Sourced<bool>>,
    pub(crate) xmit_base: Option<Sourced<bool>>,
}

/// A MAC as it is written.
enum Written {
    Whole([u8; 6]),
    /// The number of the router is its last octet.
    Start([u8; 5]),
}

impl Reader<'_> {
    pub(super) fn vmac_word(&mut self, word: &str, item: &Item, draft: &mut Draft) -> bool {
        match word {
            "use_vmac" => self.use_vmac(item, &mut draft.vmac),
            "use_vmac_addr" => draft.vmac.addresses = Some(self.flag(item)),
            "vmac_xmit_base" => draft.vmac.xmit_base = Some(self.flag(item)),
            _ => return false,
        }
        true
    }

    /// `[[name] IF] [MAC] [netlink_notify_msg] [group N]`, in any order, as keepalived takes them.
    fn use_vmac(&mut self, item: &Item, draft: &mut DraftVmac) {
        let mut wanted = UseVmac {
            name: None,
            mac: None,
            span: item.span,
        };
        let mut start = None;
        let mut words = item.arguments().iter();
        while let Some(word) = words.next() {
            match word.bytes() {
                b"name" => {
                    if let Some(name) = words.next() {
                        wanted.name = self.vmac_name(name, wanted.name.take());
                    }
                }
                b"netlink_notify_msg" => {
                    let why = "the device's own messages are what the kernel sends";
                    self.push(Diagnostic::no_effect(word.span, "netlink_notify_msg", why));
                }
                b"group" => {
                    let _number = words.next();
                    let why = "the group is for rules of one's own about links";
                    self.push(Diagnostic::no_effect(word.span, "group", why));
                }
                text if text.contains(&b':') => match self.mac(word) {
                    Some(Written::Whole(mac)) => wanted.mac = Some(Sourced::line(Mac(mac), word.span)),
                    Some(Written::Start(octets)) => start = Some(Sourced::line(octets, word.span)),
                    None => {}
                },
                _ => wanted.name = self.vmac_name(word, wanted.name.take()),
            }
        }
        draft.wanted = Some((wanted, start));
    }

    /// A name of the device; the first one counts.
    fn vmac_name(&mut self, word: &Word, first: Option<Sourced<String>>) -> Option<Sourced<String>> {
        let name = self.text(word)?;
        let odd = |letter: char| letter == '/' || letter.is_whitespace();
        let text = match &first {
            Some(first) => format!("the device has the name {} already", first.value),
            None if name.value.is_empty() || name.value.len() > 15 || name.value.contains(odd) => {
                format!("{:?} is not the name of an interface", name.value)
            }
            None => return Some(name),
        };
        let found = Diagnostic::error("interface-name", word.span, text)
            .effect("it is ignored, as keepalived does")
            .help("write one name of at most 15 letters and digits");
        self.push(found);
        first
    }

    fn mac(&mut self, word: &Word) -> Option<Written> {
        let octets = octets(word);
        let written = match octets.as_deref() {
            Some([a, b, c, d, e, f]) => Some(Written::Whole([*a, *b, *c, *d, *e, *f])),
            Some([a, b, c, d, e]) => Some(Written::Start([*a, *b, *c, *d, *e])),
            Some(_) | None => None,
        };
        let why = match octets.as_deref() {
            Some([first, ..]) if written.is_some() && first & 1 != 0 => "is the address of a group",
            Some([0, 0, 0x5e, 0, 1 | 2, ..]) if written.is_some() => {
                "has the protocol's own prefix, which goes without saying"
            }
            _ if written.is_none() => {
                "is not a MAC of 6 octets, or of 5 with the router's number behind them"
            }
            _ => return written,
        };
        let found = Diagnostic::error("bad-mac", word.span, format!("{} {why}", word.text()));
        self.push(
            found
                .effect("it is ignored: the MAC of the protocol is used")
                .help("write one as 02:00:00:12:34:56, the same on every node, or leave it out"),
        );
        None
    }
}

fn octets(word: &Word) -> Option<Vec<u8>> {
    let text = word.text();
    let octet = |part: &str| {
        (1..=2)
            .contains(&part.len())
            .then(|| u8::from_str_radix(part, 16).ok())?
    };
    text.split(':').map(octet).collect()
}
