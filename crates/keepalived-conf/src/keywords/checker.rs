//! The checks of real servers.

use super::{Block, Section, word};

const LVS: &str = "virtual servers are not built yet; their block is refused";
/// What a `vrrp_check` carries out.
const CHECK: &str = "in a vrrp_check; virtual servers are not built yet, and their block is refused";

macro_rules! rows {
    ($($name:literal $arguments:literal $doc:literal $(range $range:literal)? $(default $default:literal)?,)*) => {
        &[$(word($name, $arguments, $doc)$(.range($range))?$(.default($default))?.ignored(LVS),)*]
    };
}

macro_rules! checked {
    ($($name:literal $arguments:literal $doc:literal $(range $range:literal)? $(default $default:literal)?,)*) => {
        &[$(word($name, $arguments, $doc)$(.range($range))?$(.default($default))?.partial(CHECK),)*]
    };
}

pub(super) const SECTIONS: &[Section] = &[
    (
        &[
            Block::TcpCheck,
            Block::HttpGet,
            Block::SmtpCheck,
            Block::SmtpHost,
            Block::DnsCheck,
            Block::PingCheck,
            Block::UdpCheck,
        ],
        checked! {
            "connect_ip" "IP" "Address to check." default "of the real server",
            "connect_port" "PORT" "Port to check." default "of the real server",
            "bindto" "IP" "Source address." default "the kernel's choice",
            "bind_port" "PORT" "Source port." range "1..65535" default "the kernel's choice",
            "bind_if" "IF" "Interface to use." default "none",
            "connect_timeout" "SECONDS" "Limit of a connection." range "with decimals" default "the real server's",
            "fwmark" "N" "Mark of the packets." default "0",
        },
    ),
    (
        &[
            Block::TcpCheck,
            Block::HttpGet,
            Block::SmtpCheck,
            Block::SmtpHost,
            Block::DnsCheck,
            Block::MiscCheck,
            Block::PingCheck,
            Block::UdpCheck,
        ],
        rows! {
            "retry" "0.." "Failures that count as down." default "1; 3 for DNS_CHECK, 0 for MISC_CHECK",
            "delay_before_retry" "SECONDS" "Time between them." range "with decimals" default "1; 3 for HTTP_GET and SSL_GET, delay_loop for DNS_CHECK",
            "warmup" "SECONDS" "Spread of the first check." range "with decimals" default "the virtual server's",
            "delay_loop" "SECONDS" "Time between checks." range "with decimals" default "the real server's",
            "alpha" "[BOOL]" "Starts as down." default "the real server's",
            "log_all_failures" "[BOOL]" "Logs each failure." default "as checker_log_all_failures",
        },
    ),
    (
        &[Block::HttpGet],
        &[
            word("nb_get_retry", "N", "Old name of retry.")
                .deprecated("retry")
                .ignored(LVS),
            word("url", "{ path, … }", "A page to ask for.")
                .opens(Block::Url)
                .lenient()
                .partial(CHECK),
        ],
    ),
    (
        &[Block::HttpGet],
        checked! {
            "enable_sni" "" "Sends the host name in the TLS greeting.",
            "fast_recovery" "" "Checks all pages in one turn.",
        },
    ),
    (
        &[Block::Url],
        checked! {
            "path" "PATH" "Path of the page.",
            "digest" "MD5" "MD5 of the body.",
            "regex_no_match" "" "What it must not match.",
        },
    ),
    (
        &[Block::SmtpCheck],
        &[
            word("helo_name", "STRING", "Name in the SMTP greeting.")
                .default("smtpchecker.keepalived.org")
                .lenient()
                .partial(CHECK),
            word("host", "{ connect_ip, … }", "Old place of the connection words.")
                .opens(Block::SmtpHost)
                .lenient()
                .ignored(LVS),
        ],
    ),
    (
        &[Block::DnsCheck],
        checked! {
            "type" "A|NS|CNAME|SOA|MX|TXT|AAAA" "Record type to ask for." default "SOA",
            "name" "NAME" "Name to ask for." default "the root",
        },
    ),
    (
        &[Block::MiscCheck],
        rows! {
            "misc_timeout" "SECONDS" "Limit of one run." default "as delay_loop",
            "misc_dynamic" "" "The exit status is the weight.",
        },
    ),
    (
        &[Block::UdpCheck],
        checked! {
            "require_reply" "[HEX]" "What must come back.",
            "min_reply_length" "0..65535" "Least length of the answer." default "0",
            "max_reply_length" "0..65535" "Greatest length of the answer." default "255",
        },
    ),
    (
        &[Block::BfdCheck],
        rows! {
            "alpha" "" "Starts as down.",
        },
    ),
    (
        &[Block::FileCheck],
        rows! {
            "track_file" "NAME" "The file.",
        },
    ),
    (
        &[Block::HttpGet],
        &[
            word("virtualhost", "STRING", "Host header.")
                .lenient()
                .partial(CHECK),
            word("sni_name", "STRING", "The name to send there.")
                .newer()
                .partial(CHECK),
            word("tls_compliant", "", "Insists on a proper TLS end.")
                .newer()
                .ignored(LVS),
            word(
                "http_protocol",
                "1.0|1.0C|1.1",
                "Version of HTTP; in a vrrp_check also 2, which keepalived does not know.",
            )
            .default("1.0")
            .lenient()
            .partial(CHECK),
        ],
    ),
    (
        &[Block::Url],
        &[
            word("status_code", "N[-M] …", "Status codes that are good.")
                .range("100..599")
                .default("200-299 if there is no digest")
                .lenient()
                .partial(CHECK),
            word("virtualhost", "STRING", "Host header.")
                .lenient()
                .partial(CHECK),
            word("regex", "PATTERN", "What the body must match.")
                .lenient()
                .partial(CHECK),
            word("regex_options", "NAME …", "Options of the pattern.")
                .lenient()
                .ignored(LVS),
            word("regex_min_offset", "N", "Where a match may begin.")
                .lenient()
                .ignored(LVS),
            word("regex_max_offset", "N", "Where a match must have begun.")
                .lenient()
                .ignored(LVS),
            word("tls_compliant", "", "Insists on a proper TLS end.")
                .newer()
                .ignored(LVS),
            word("regex_stack", "START MAX", "Memory of the matcher.")
                .lenient()
                .ignored(LVS),
        ],
    ),
    (
        &[Block::MiscCheck],
        &[
            word("misc_path", "COMMAND", "The command.")
                .lenient()
                .ignored(LVS),
            word("user", "USER [GROUP]", "User that it runs as.")
                .default("as script_user")
                .lenient()
                .ignored(LVS),
        ],
    ),
    (
        &[Block::UdpCheck],
        &[word("payload", "HEX", "What to send.").lenient().partial(CHECK)],
    ),
    (
        &[Block::BfdCheck],
        &[word("name", "NAME", "The session.").lenient().ignored(LVS)],
    ),
    (
        &[Block::FileCheck],
        &[word("weight", "N [reverse|noreverse]", "Factor of the number.")
            .lenient()
            .ignored(LVS)],
    ),
];
