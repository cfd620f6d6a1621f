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
        ],
    ),
    (
        &[Block::SendExpect],
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
                "What must come back, anywhere in the first 4096 octets.",
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
