//! The checks of real servers.

use super::{Block, Section, word};

/// Words of keepalived's matcher.
const OFFSET: &str = "a check with it is not carried out, and bars the daemon";
const ALL_PAGES: &str = "all pages are asked in every run";

macro_rules! rows {
    ($($name:literal $arguments:literal $doc:literal $(range $range:literal)? $(default $default:literal)?,)*) => {
        &[$(word($name, $arguments, $doc)$(.range($range))?$(.default($default))?,)*]
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
        rows! {
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
            "retry" "0.." "Tries after a failure; the last one counts." default "1; 3 for DNS_CHECK, 0 for MISC_CHECK",
            "delay_before_retry" "SECONDS" "Time between them." range "with decimals" default "1; 3 for HTTP_GET and SSL_GET, delay_loop for DNS_CHECK",
            "warmup" "SECONDS" "Spread of the first check." range "with decimals" default "the real server's, else delay_loop",
            "delay_loop" "SECONDS" "Time between checks." range "with decimals" default "the real server's",
            "alpha" "[BOOL]" "Starts as down." default "the real server's",
            "log_all_failures" "[BOOL]" "Logs each failure." default "as checker_log_all_failures",
        },
    ),
    (
        &[Block::HttpGet],
        &[
            word("nb_get_retry", "N", "Old name of retry.")
                .deprecated("retry"),
            word("url", "{ path, … }", "A page to ask for.")
                .opens(Block::Url)
                .lenient(),
        ],
    ),
    (
        &[Block::HttpGet],
        &[
            word("enable_sni", "[BOOL]", "Sends the host name in the TLS greeting.")
                .default("on; with keepalived off"),
            word("fast_recovery", "[BOOL]", "Checks all pages in one turn.").ignored(ALL_PAGES),
        ],
    ),
    (
        &[Block::Url],
        rows! {
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
                .lenient(),
            word("host", "{ connect_ip, … }", "Old place of the connection words.")
                .opens(Block::SmtpHost)
                .lenient(),
        ],
    ),
    (
        &[Block::DnsCheck],
        rows! {
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
        rows! {
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
                .lenient(),
            word("sni_name", "STRING", "The name to send there.")
                .newer(),
            word("tls_compliant", "", "Insists on a proper TLS end.")
                .newer()
                .ignored("a connection ends as the service likes"),
            word(
                "http_protocol",
                "1.0|1.0C|1.1",
                "Version of HTTP; in a vrrp_check also 2, which keepalived does not know.",
            )
            .default("1.0")
            .lenient(),
        ],
    ),
    (
        &[Block::Url],
        &[
            word("status_code", "N[-M] …", "Status codes that are good.")
                .range("100..599")
                .default("200-299 if there is no digest")
                .lenient(),
            word("virtualhost", "STRING", "Host header.")
                .lenient(),
            word("regex", "PATTERN", "What the body must match.")
                .lenient(),
            word("regex_options", "NAME …", "Options of the pattern.")
                .lenient()
                .partial("caseless, dotall, multiline, extended and ungreedy; a check with another one is not carried out, and bars the daemon"),
            word("regex_min_offset", "N", "Where a match may begin.")
                .lenient()
                .partial(OFFSET),
            word("regex_max_offset", "N", "Where a match must have begun.")
                .lenient()
                .partial(OFFSET),
            word("tls_compliant", "", "Insists on a proper TLS end.")
                .newer()
                .ignored("a connection ends as the service likes"),
            word("regex_stack", "START MAX", "Memory of the matcher.")
                .lenient()
                .ignored("the matcher needs no memory set aside"),
        ],
    ),
    (
        &[Block::MiscCheck],
        &[
            word("misc_path", "COMMAND", "The command.")
                .lenient(),
            word("user", "USER [GROUP]", "User that it runs as.")
                .default("as script_user")
                .lenient(),
        ],
    ),
    (
        &[Block::UdpCheck],
        &[word("payload", "HEX", "What to send.").lenient()],
    ),
    (
        &[Block::BfdCheck],
        &[word("name", "NAME", "The session.").lenient()],
    ),
    (
        &[Block::FileCheck],
        &[word("weight", "N [reverse|noreverse]", "Factor of the number.")
            .lenient()],
    ),
];
