//! `vrrp_check`: checks that need no script. Of our own; the checkers in it are keepalived's.

use super::{Block, Section, word};

pub(super) const SECTIONS: &[Section] = &[
    (
        &[Block::Root],
        &[word(
            "vrrp_check",
            "NAME",
            "A check without a script that tells whether this node is fit; tracked by track_script.",
        )
        .opens(Block::VrrpCheck)
        .own()],
    ),
    (
        &[Block::VrrpCheck],
        &[
            word("interval", "SECONDS", "Time between two runs.")
                .range("with decimals; 0 is read as 1")
                .default("1")
                .own(),
            word(
                "timeout",
                "SECONDS",
                "Limit of one run; of each page, where there are several.",
            )
            .range("with decimals; 0 is read as 1")
            .default("as interval")
            .own(),
            word(
                "weight",
                "-253..253 [reverse]",
                "What it adds to the priority; 0 bars the instance on failure.",
            )
            .default("0")
            .own(),
            word("rise", "1..", "Successes in a row that count as good.")
                .default("1")
                .own(),
            word("fall", "1..", "Failures in a row that count as bad.")
                .default("1")
                .own(),
            word("init_fail", "", "Starts as failed.").own(),
            word(
                "mode",
                "normal|dry-run|maintenance|maintenance-down",
                "Whether what it finds counts; vrrpctl check-mode changes it while vrrpd runs.",
            )
            .default("normal")
            .own(),
            word("TCP_CHECK", "", "A connection must be accepted.")
                .opens(Block::TcpCheck)
                .own(),
            word("HTTP_GET", "", "A page must be as expected.")
                .opens(Block::HttpGet)
                .own(),
            word("SSL_GET", "", "A page over TLS must be as expected.")
                .opens(Block::HttpGet)
                .own(),
            word("SMTP_CHECK", "", "A mail server must greet.")
                .opens(Block::SmtpCheck)
                .own(),
            word("DNS_CHECK", "", "A name server must answer.")
                .opens(Block::DnsCheck)
                .own(),
            word("PING_CHECK", "", "The host must answer an echo.")
                .opens(Block::PingCheck)
                .own(),
            word("UDP_CHECK", "", "A datagram must be answered.")
                .opens(Block::UdpCheck)
                .own(),
            word(
                "SEND_EXPECT",
                "",
                "A service must answer as expected: Redis, a mail or SQL server.",
            )
            .opens(Block::SendExpect)
            .own(),
            word("TLS_CHECK", "", "A TLS greeting must succeed, with a certificate that is trusted.")
                .opens(Block::TlsCheck)
                .own(),
            word(
                "STUB_STATUS",
                "",
                "nginx must show its stub_status page, and not be overloaded.",
            )
            .opens(Block::StubStatus)
            .own(),
            word("PUSH", "", "An application must say by itself, again and again, that it is well.")
                .opens(Block::Push)
                .own(),
        ],
    ),
    (
        &[Block::Push],
        &[
            word("ttl", "SECONDS", "How long what it said counts.")
                .range("with decimals")
                .default("none: it must be written")
                .own(),
            word(
                "user",
                "USER [GROUP]",
                "Who may say it, beside root and the user of vrrpd: this user, and whose primary group this is.",
            )
            .default("nobody else")
            .own(),
        ],
    ),
    (
        &[Block::StubStatus],
        &[
            word("path", "PATH", "Path of the page.").own(),
            word("virtualhost", "STRING", "Host header.")
                .default("the address")
                .own(),
            word("active_warn", "N", "More active connections than this are a warning.")
                .default("no limit")
                .own(),
            word("active_max", "N", "More active connections than this are a failure.")
                .default("no limit")
                .own(),
        ],
    ),
    (
        &[Block::TlsCheck],
        &[
            word(
                "sni_name",
                "STRING",
                "The name to ask for; it must be in the certificate.",
            )
            .default("the address")
            .own(),
            word(
                "verify",
                "[BOOL]",
                "The certificate must be one that this machine trusts, for the name that is asked.",
            )
            .default("on")
            .own(),
        ],
    ),
    (
        &[Block::SendExpect, Block::StubStatus, Block::TlsCheck],
        &[
            word("connect_ip", "IP", "Address to check.")
                .default("127.0.0.1")
                .own(),
            word("connect_port", "PORT", "Port to check.").own(),
            word("bindto", "IP", "Source address.")
                .default("the kernel's choice")
                .own(),
            word("bind_port", "PORT", "Source port.")
                .range("1..65535")
                .default("the kernel's choice")
                .own(),
            word("bind_if", "IF", "Interface to use.").default("none").own(),
            word("fwmark", "N", "Mark of the packets.").default("0").own(),
            word("connect_timeout", "SECONDS", "Limit of a connection.")
                .range("with decimals")
                .default("as timeout")
                .own(),
        ],
    ),
    (
        &[Block::SendExpect],
        &[
            word(
                "send",
                "STRING",
                "What is sent first; \\r, \\n, \\t, \\0, \\\\ and \\xHH are octets.",
            )
            .default("nothing: the service speaks first")
            .own(),
            word(
                "expect",
                "STRING",
                "What must come back, anywhere in the first 65536 octets.",
            )
            .own(),
        ],
    ),
    (
        &[Block::HttpGet],
        &[word(
            "verify",
            "[BOOL]",
            "The certificate must be one that this machine trusts, for the name that is asked.",
        )
        .default("on in a vrrp_check; keepalived never looks")
        .own()],
    ),
];
