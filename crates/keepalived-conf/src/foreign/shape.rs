//! Words whose arguments have a shape of their own: several of them, numbers or names in turn, octets.

use std::net::IpAddr;

use super::reported;
use crate::diagnostic::{Diagnostic, Findings};
use crate::keywords::Block;
use crate::lexer::Word;
use crate::number;
use crate::read::servers::{forwarding, lvs};
use crate::tree::Item;

/// Bits that `umask` may name.
const BITS: &[&str] = &[
    "IRUSR", "IWUSR", "IXUSR", "IRWXU", "IRGRP", "IWGRP", "IXGRP", "IRWXG", "IROTH", "IWOTH", "IXOTH",
    "IRWXO",
];

/// Whether what stands behind a word has its shape.
pub(super) fn is_good(item: &Item) -> bool {
    let Some(keyword) = item.keyword else { return true };
    let words = item.arguments();
    match (keyword.block, keyword.name) {
        (Block::GlobalDefs, name) => global(name, words),
        (Block::Root, "track_group") => words.len() == 1,
        (Block::Instance, "garp_extra_if" | "vmac_garp_intvl") => extra(words),
        (Block::Instance, "kernel_rx_buf_size") => words.len() < 2,
        (Block::BfdInstance, "weight") | (Block::FileCheck, "weight") => direction(words),
        (Block::VirtualServer, "persistence_granularity") => words.first().is_none_or(mask),
        (Block::VirtualServer | Block::RealServer, "snmp_name") => words.len() < 2,
        (Block::UdpCheck, "payload") => words.first().is_none_or(|word| octets(word, b"")),
        (Block::UdpCheck, "require_reply") => words.first().is_none_or(|word| octets(word, b"xX")),
        (Block::GarpGroup, "interfaces") => item.items().next().is_some(),
        _ => true,
    }
}

pub(super) fn check(item: &Item, findings: &mut Findings) {
    let Some(keyword) = item.keyword else { return };
    if !is_good(item) && (keyword.block != Block::Root || !item.arguments().is_empty()) {
        let text = format!("{} is followed by {}", keyword.name, keyword.arguments);
        findings.push(reported("bad-value", item.span, text).help("correct the line"));
    }
}

/// What stands behind `TUN`.
pub(super) fn tunnel(item: &Item, findings: &mut Findings) {
    let words = ["lb_kind", "lvs_method", "sorry_server_lvs_method"];
    let Some(name) = item.keyword.map(|keyword| keyword.name) else {
        return;
    };
    if let (true, Some(text)) = (words.contains(&name), forwarding::fault(item)) {
        let found = reported("bad-value", item.span, text);
        findings.push(
            found
                .effect("the tunnel is of type ipip, as with keepalived")
                .help("write TUN type gue port 6080, TUN type gre, or TUN alone for ipip"),
        );
    }
}

/// Options of `lvs_sync_daemon`, each by itself: the line as a whole counts.
pub(super) fn sync_daemon(item: &Item, findings: &mut Findings) {
    if item
        .keyword
        .is_none_or(|word| word.block != Block::GlobalDefs || word.name != "lvs_sync_daemon")
    {
        return;
    }
    for text in lvs::sync_faults(item) {
        let found = reported("bad-value", item.span, text);
        findings.push(
            found
                .effect("it is passed over, as by keepalived; the rest of the line counts up to there")
                .help("id 0..255, maxlen 1..65507, port 1..65535, ttl 1..255, group: a multicast address; the same on both nodes"),
        );
    }
}

fn global(name: &str, words: &[Word]) -> bool {
    let whole = |word: &Word, least: i128, most: i128| {
        let read = number::integer(word.bytes());
        read.whole && (least..=most).contains(&read.value)
    };
    match name {
        "lvs_flush_on_stop" | "lvs_flush_onstop" => words.first().is_none_or(|word| word.is("VS")),
        "include_check" => words.iter().all(|word| {
            let text = word.text();
            let name = text.strip_prefix(['+', '-']).unwrap_or(&text).to_owned();
            ["readable", "match", "wildcard_match", "brace_match"].contains(&name.as_str())
        }),
        "umask" => words.first().is_none_or(umask),
        _ if name.ends_with("_cpu_affinity") => words.iter().all(|word| whole(word, 0, 1023)),
        "lvs_timeouts" => {
            let pairs = words.chunks(2);
            let known = |pair: &[Word]| match pair {
                [kind, value] => {
                    ["tcp", "tcpfin", "udp"].iter().any(|known| kind.is(known)) && whole(value, 0, 2_678_400)
                }
                _ => false,
            };
            !words.is_empty() && pairs.into_iter().all(known)
        }
        "lvs_sync_daemon" => {
            let named = ["inst", "id", "maxlen", "port", "ttl", "group"];
            let short = words.first().is_none_or(|word| word.bytes().len() <= 15);
            let id = words.get(2).filter(|_| {
                words
                    .get(1)
                    .is_some_and(|word| !named.iter().any(|name| word.is(name)))
            });
            short && id.is_none_or(|word| named.iter().any(|name| word.is(name)) || whole(word, 0, 255))
        }
        "vrrp_rx_bufs_policy" => {
            let good = |word: &Word| word.is("MTU") || word.is("ADVERT") || whole(word, 0, 4_294_967_295);
            words.first().is_none_or(good)
        }
        "vrrp_rx_bufs_multiplier" => words.len() < 2,
        "startup_script" | "shutdown_script" => {
            let root = words.get(1).is_none_or(|user| user.is("root"));
            words.first().is_none_or(|word| !word.bytes().is_empty()) && root
        }
        "snmp_socket" | "reload_time_file" => words.len() < 2,
        "vrrp_garp_extra_if" | "vrrp_vmac_garp_intvl" => extra(words),
        _ => true,
    }
}

/// `[all] SECONDS`: that there is a number; what number, is said where it is read.
fn extra(words: &[Word]) -> bool {
    match words {
        [] => false,
        [all] => !all.is("all"),
        _ => true,
    }
}

/// What may stand behind a weight.
fn direction(words: &[Word]) -> bool {
    words
        .get(1)
        .is_none_or(|word| word.is("reverse") || word.is("noreverse"))
}

/// Three octal digits, or names of bits.
fn umask(word: &Word) -> bool {
    let text = word.text();
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return u32::from_str_radix(&text, 8).is_ok_and(|mask| mask <= 0o777);
    }
    text.split('|').all(|bit| BITS.contains(&bit))
}

/// A mask of IPv4 as C reads it, in one to four parts, or a prefix length of IPv6.
fn mask(word: &Word) -> bool {
    let text = word.text();
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| {
        let (digits, base) = match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None if part.len() > 1 && part.starts_with('0') => (*part, 8),
            None => (*part, 10),
        };
        let digit = digits.starts_with(|first: char| first.is_ascii_hexdigit());
        u64::from_str_radix(digits, base).ok().filter(|_| digit)
    };
    let Some(numbers) = parts.iter().map(number).collect::<Option<Vec<u64>>>() else {
        return text.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4());
    };
    let Some((last, octets)) = numbers.split_last() else {
        return false;
    };
    let room = 4usize.saturating_sub(octets.len());
    let most = u32::try_from(room)
        .ok()
        .and_then(|room| 256u64.checked_pow(room))
        .unwrap_or(0);
    octets.iter().all(|octet| *octet < 256) && room > 0 && *last < most
}

/// Hexadecimal digits, some other letters among them.
fn octets(word: &Word, others: &[u8]) -> bool {
    let bytes = word.bytes();
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || others.contains(byte))
}

/// A line of `linkbeat_interfaces`: `IF [MII|ETHTOOL|IOCTL]`.
pub(super) fn linkbeat(line: &Item, findings: &mut Findings) {
    let extra = match line.arguments() {
        [] => None,
        [kind] if ["MII", "ETHTOOL", "IOCTL"].iter().any(|known| kind.is(known)) => None,
        [first, ..] => Some(first),
    };
    if let Some(word) = extra {
        let text = format!(
            "only MII, ETHTOOL or IOCTL may stand here; found {:?}",
            word.text()
        );
        findings.push(reported("bad-value", word.span, text).help("remove the word"));
    }
}

/// A line of `interface_up_down_delays`: `IF [DOWN [UP]]`.
pub(super) fn delays(line: &Item, findings: &mut Findings) {
    for word in line.arguments().iter().take(2) {
        let read = number::decimal(word.bytes());
        if !(read.whole && read.exact && (0..=255_000_000).contains(&read.value)) {
            let text = format!("a delay is 0 to 255 seconds; found {:?}", word.text());
            findings.push(reported("bad-value", word.span, text).help("correct the number"));
        }
    }
}

/// A check that leaves from an address of another family than the server's, or can never be answered.
pub(super) fn check_of_server(check: &Item, server: IpAddr) -> Option<Diagnostic> {
    let of = |name: &str| {
        check
            .items()
            .find(|line| line.keyword.is_some_and(|word| word.name == name))
    };
    let address = |line: &Item| line.argument().and_then(crate::read::address);
    let target = of("connect_ip").and_then(address).unwrap_or(server);
    let block = check.body.as_ref()?.block;
    if let Some(line) = of("bindto").filter(|_| block != Block::SmtpCheck)
        && address(line).is_some_and(|ip| ip.is_ipv4() != target.is_ipv4())
    {
        let text = "bindto is of another family than what is checked";
        return Some(reported("bad-value", line.span, text).help("use an address of the same family"));
    }
    let length = |name: &str| {
        let read = number::integer(of(name)?.argument()?.bytes());
        read.whole.then_some(read.value)
    };
    let most = length("max_reply_length").unwrap_or(255);
    let least =
        of("min_reply_length").filter(|_| length("min_reply_length").is_some_and(|least| least > most));
    let line = least.filter(|_| length("min_reply_length").is_some_and(|least| least <= 65_535))?;
    let text = format!("no answer is longer than {most} octets: the check always fails");
    Some(reported("bad-value", line.span, text).help("lower min_reply_length, or raise max_reply_length"))
}
