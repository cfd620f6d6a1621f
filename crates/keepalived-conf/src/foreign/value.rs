//! Values of single words: ranges and names as keepalived 2.2.7 takes them.

use super::reported;
use crate::diagnostic::Diagnostic;
use crate::keywords::Block;
use crate::number;
use crate::read::address;
use crate::tree::Item;

/// What may stand behind a word.
#[derive(Clone, Copy)]
enum Rule {
    /// A whole number of a range, without junk.
    Whole(i64, i64),
    /// A number with decimals, of a range in millionths.
    Decimal(i64, i64),
    /// An IP address.
    Address,
    /// Nothing, or on, off and their like.
    Switch,
    /// One of some words.
    Name(&'static [&'static str]),
    /// One of some words, in capitals or not.
    AnyCase(&'static [&'static str]),
    /// At most so many bytes.
    Short(usize),
    /// An MD5 sum.
    Digest,
    /// `N` or `N-M`, from 100 to 599, several.
    Status,
    /// Nothing: keepalived reports the word itself.
    Outdated,
}

const U32: i64 = 4_294_967_295;
const I32: i64 = 2_147_483_647;
const SECOND: i64 = 1_000_000;
const SCHEDULERS: &[&str] = &[
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq", "twos",
];
const METHODS: &[&str] = &["NAT", "DR", "TUN"];
const TYPES: &[&str] = &["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA"];

/// What is wrong with the words behind a keyword, and what of them counts all the same.
pub(crate) struct Wrong {
    pub(crate) found: Diagnostic,
    /// The digits in front, as a number of keepalived's own; none: the line is ignored.
    pub(crate) counts: Option<String>,
}

/// One finding about the words behind a keyword.
pub(crate) fn check(item: &Item) -> Option<Wrong> {
    let keyword = item.keyword?;
    let rule = rule(keyword.block, keyword.name)?;
    let Some(word) = item.argument() else {
        return matches!(rule, Rule::Outdated).then(|| outdated(item));
    };
    if rule.takes(word.bytes(), item) {
        return None;
    }
    let Some(wanted) = rule.wanted() else {
        return Some(outdated(item));
    };
    let counts = counted(keyword.block, keyword.name, rule, word.bytes());
    let text = format!("{} is {wanted}; found {:?}", item.name(), word.text());
    let found = reported("bad-value", word.span, text).help("correct the value");
    let found = match &counts {
        Some(number) if is_of_servers(keyword.block) => {
            found.effect(format!("it counts as {number}, as for keepalived"))
        }
        _ => found,
    };
    Some(Wrong { found, counts })
}

impl Rule {
    /// Whether the first word behind the keyword is as it is to be.
    fn takes(self, bytes: &[u8], item: &Item) -> bool {
        let within = |reading: number::Reading, least: i64, most: i64| {
            reading.whole && (i128::from(least)..=i128::from(most)).contains(&reading.value)
        };
        match self {
            Self::Whole(least, most) => within(number::integer(bytes), least, most),
            Self::Decimal(least, most) => {
                let reading = number::decimal(bytes);
                within(reading, least, most) && reading.exact
            }
            Self::Address => item.argument().and_then(address).is_some(),
            Self::Switch => ["on", "off", "true", "false", "yes", "no"]
                .iter()
                .any(|switch| switch.as_bytes() == bytes),
            Self::Name(names) => names.iter().any(|name| name.as_bytes() == bytes),
            Self::AnyCase(names) => names
                .iter()
                .any(|name| name.as_bytes().eq_ignore_ascii_case(bytes)),
            Self::Short(most) => bytes.len() <= most,
            Self::Digest => bytes.len() == 32,
            Self::Status => item.arguments().iter().all(|word| status(&word.text())),
            Self::Outdated => false,
        }
    }

    /// What is to stand there; none where nothing is.
    fn wanted(self) -> Option<String> {
        Some(match self {
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Decimal(..) => "a number of seconds in its range".to_owned(),
            Self::Address => "an IP address".to_owned(),
            Self::Switch => "on or off".to_owned(),
            Self::Name(names) | Self::AnyCase(names) => format!("one of {}", names.join(", ")),
            Self::Short(most) => format!("at most {most} bytes"),
            Self::Digest => "32 hexadecimal digits".to_owned(),
            Self::Status => "codes from 100 to 599".to_owned(),
            Self::Outdated => return None,
        })
    }
}

/// A line that keepalived reports and takes by the digits in front; without any it counts as 0, where 0 may stand there.
fn counted(block: Block, name: &str, rule: Rule, word: &[u8]) -> Option<String> {
    let strict = matches!(
        (block, name),
        (Block::VirtualServer | Block::RealServer, "retry") | (Block::VirtualServer, "persistence_timeout")
    );
    let (reading, least, most) = match rule {
        Rule::Whole(least, most) => (number::integer(word), least, most),
        Rule::Decimal(least, most) => (number::decimal(word), least, most),
        _ => return None,
    };
    if name == "quorum" && reading.value == 0 {
        return Some("1".to_owned());
    }
    if strict || !(i128::from(least)..=i128::from(most)).contains(&reading.value) {
        return None;
    }
    Some(match rule {
        Rule::Decimal(..) => {
            let (seconds, rest) = (
                reading.value.div_euclid(1_000_000),
                reading.value.rem_euclid(1_000_000),
            );
            format!("{seconds}.{rest:06}")
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        }
        _ => reading.value.to_string(),
    })
}

/// A virtual server, a real server, or one of their checks.
const fn is_of_servers(block: Block) -> bool {
    use Block as B;
    matches!(
        block,
        B::VirtualServer
            | B::RealServer
            | B::TcpCheck
            | B::HttpGet
            | B::SmtpCheck
            | B::SmtpHost
            | B::DnsCheck
            | B::MiscCheck
            | B::PingCheck
            | B::UdpCheck
            | B::FileCheck
            | B::Url
    )
}

fn outdated(item: &Item) -> Wrong {
    let found = reported(
        "deprecated",
        item.span,
        format!("{} is out of use here", item.name()),
    )
    .help("write a linkbeat_interfaces block");
    Wrong { found, counts: None }
}

fn status(text: &str) -> bool {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let code = |text: &str| text.parse().ok().filter(|code| (100..=599u16).contains(code));
    matches!((code(first), code(last)), (Some(first), Some(last)) if first <= last)
}

fn rule(block: Block, name: &str) -> Option<Rule> {
    use Block as B;
    match block {
        B::VirtualServer => virtual_server(name),
        B::RealServer => real_server(name),
        B::TcpCheck
        | B::HttpGet
        | B::SmtpCheck
        | B::SmtpHost
        | B::DnsCheck
        | B::MiscCheck
        | B::PingCheck
        | B::UdpCheck
        | B::Url => checker(block, name),
        B::GlobalDefs => global(name),
        B::Instance => match name {
            "debug" => Some(Rule::Whole(0, 4)),
            "kernel_rx_buf_size" => Some(Rule::Whole(0, U32)),
            "notify_priority_changes" => Some(Rule::Switch),
            "linkbeat_use_polling" => Some(Rule::Outdated),
            _ => None,
        },
        B::BfdInstance => match name {
            "neighbor_ip" | "neighbour_ip" | "source_ip" => Some(Rule::Address),
            "min_rx" | "min_tx" => Some(Rule::Decimal(SECOND, 4_294_967 * SECOND)),
            "idle_tx" => Some(Rule::Decimal(1000 * SECOND, 4_294_967 * SECOND)),
            "multiplier" | "ttl" | "hoplimit" => Some(Rule::Whole(1, 255)),
            "max_hops" => Some(Rule::Whole(-1, 255)),
            "weight" => Some(Rule::Whole(-253, 253)),
            _ => None,
        },
        B::GarpGroup if matches!(name, "garp_interval" | "gna_interval") => Some(Rule::Decimal(0, I32)),
        B::SyncGroup if matches!(name, "smtp_alert" | "notify_priority_changes") => Some(Rule::Switch),
        B::BfdCheck if name == "alpha" => Some(Rule::Switch),
        B::FileCheck if name == "weight" => Some(Rule::Whole(-I32, I32)),
        B::Root if name == "child_wait_time" => Some(Rule::Whole(0, U32)),
        _ => None,
    }
}

fn virtual_server(name: &str) -> Option<Rule> {
    Some(match name {
        "lb_algo" | "lvs_sched" => Rule::Name(SCHEDULERS),
        "lb_kind" | "lvs_method" | "sorry_server_lvs_method" => Rule::Name(METHODS),
        "protocol" => Rule::AnyCase(&["TCP", "UDP", "SCTP"]),
        "delay_loop" => Rule::Decimal(1, i64::MAX),
        "delay_before_retry" | "warmup" => Rule::Decimal(0, i64::MAX),
        "connect_timeout" => Rule::Decimal(1, U32),
        "persistence_timeout" => Rule::Whole(1, 2_678_400),
        "quorum" | "retry" => Rule::Whole(1, U32),
        "hysteresis" => Rule::Whole(0, U32),
        "weight" => Rule::Whole(1, I32),
        "ip_family" => Rule::Name(&["inet", "inet6"]),
        "smtp_alert" => Rule::Switch,
        "sorry_server" => Rule::Address,
        "persistence_engine" => Rule::Short(15),
        _ => return None,
    })
}

fn real_server(name: &str) -> Option<Rule> {
    Some(match name {
        "lvs_method" => Rule::Name(METHODS),
        "weight" => Rule::Whole(0, I32),
        "uthreshold" | "lthreshold" => Rule::Whole(0, U32),
        "retry" => Rule::Whole(1, U32),
        "delay_loop" => Rule::Decimal(1, i64::MAX),
        "delay_before_retry" | "warmup" => Rule::Decimal(0, i64::MAX),
        "connect_timeout" => Rule::Decimal(1, U32),
        "alpha" | "smtp_alert" | "inhibit_on_failure" => Rule::Switch,
        _ => return None,
    })
}

fn checker(block: Block, name: &str) -> Option<Rule> {
    Some(match (block, name) {
        (Block::Url, "digest") => Rule::Digest,
        (Block::Url, "status_code") => Rule::Status,
        (Block::Url, _) => return None,
        (Block::DnsCheck, "type") => Rule::AnyCase(TYPES),
        (Block::UdpCheck, "min_reply_length" | "max_reply_length") => Rule::Whole(0, 65535),
        (Block::HttpGet, "http_protocol") => Rule::Name(&["1.0", "1.0C", "1.0c", "1.1", "1.1C", "1.1c"]),
        (Block::HttpGet, "enable_sni" | "fast_recovery") => Rule::Switch,
        (_, "connect_ip" | "bindto") => Rule::Address,
        (_, "connect_port" | "bind_port") => Rule::Whole(1, 65535),
        (_, "connect_timeout") => Rule::Decimal(1, U32),
        (_, "bind_if") => Rule::Short(15),
        (_, "misc_timeout") => Rule::Whole(0, 4_294),
        (_, "fwmark" | "retry" | "nb_get_retry") => Rule::Whole(0, U32),
        (_, "delay_loop") => Rule::Decimal(1, i64::MAX),
        (_, "delay_before_retry" | "warmup") => Rule::Decimal(0, i64::MAX),
        (_, "alpha" | "log_all_failures") => Rule::Switch,
        _ => return None,
    })
}

fn global(name: &str) -> Option<Rule> {
    Some(match name {
        "checker_priority" | "bfd_priority" => Rule::Whole(-20, 19),
        "checker_rt_priority" | "bfd_rt_priority" => Rule::Whole(1, 99),
        "max_auto_priority" => Rule::Whole(-1, 99),
        "min_auto_priority_delay" => Rule::Whole(1, 10_000_000),
        "startup_script_timeout" | "shutdown_script_timeout" => Rule::Whole(1, 1000),
        "random_seed" => Rule::Whole(0, U32),
        "vrrp_rx_bufs_multiplier" | "nftables_ipvs_start_fwmark" => Rule::Whole(1, U32),
        "nftables_priority" | "nftables_ipvs_priority" => Rule::Whole(-I32, I32),
        "dynamic_interfaces" => Rule::Name(&["allow_if_changes"]),
        "checker_log_all_failures"
        | "data_use_instance"
        | "vrrp_notify_priority_changes"
        | "rs_init_notifies"
        | "no_checker_emails"
        | "smtp_alert_checker" => Rule::Switch,
        _ if name.ends_with("_rcv_bufs_force") => Rule::Switch,
        _ if name.ends_with("_rcv_bufs") => Rule::Whole(0, U32),
        _ if name.contains("_rlimit_rt") => Rule::Whole(1, U32),
        "process_name" => Rule::Short(15),
        _ if name.ends_with("_process_name") => Rule::Short(15),
        _ => return None,
    })
}
