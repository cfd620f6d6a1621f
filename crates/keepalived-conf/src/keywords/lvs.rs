//! `virtual_server` and `real_server`.

use super::{Block, Section, word};

const LVS: &str = "virtual servers are not built yet; their block is refused";

macro_rules! rows {
    ($($name:literal $arguments:literal $doc:literal,)*) => {
        &[$(word($name, $arguments, $doc).ignored(LVS),)*]
    };
}

pub(super) const SECTIONS: &[Section] = &[
    (
        &[Block::VirtualServer],
        &[word(
            "real_server",
            "IP [PORT]",
            "One of the servers behind the service.",
        )
        .opens(Block::RealServer)
        .ignored(LVS)],
    ),
    (
        &[Block::VirtualServer],
        rows! {
            "lb_algo" "NAME" "How servers are chosen.", "lvs_sched" "NAME" "Other name of lb_algo.",
            "lb_kind" "NAT|DR|TUN" "How packets are forwarded.", "lvs_method" "NAT|DR|TUN" "Other name of lb_kind.",
            "delay_loop" "SECONDS" "Time between checks.", "protocol" "TCP|UDP|SCTP" "Transport.",
            "persistence_timeout" "[SECONDS]" "How long a client stays with a server.",
            "persistence_granularity" "MASK" "Which clients count as one.",
            "persistence_engine" "NAME" "Kernel module that tells clients apart.",
            "sorry_server" "IP [PORT]" "Who answers when no server is left.",
            "sorry_server_inhibit" "" "Takes it out by weight 0.",

            "quorum" "1.." "Live weight the service needs.", "hysteresis" "0.." "How far the weight must move.",
            "quorum_up" "COMMAND [USER [GROUP]]" "Runs when the quorum is gained.",
            "quorum_down" "COMMAND [USER [GROUP]]" "Runs when the quorum is lost.",
            "alpha" "" "Servers start as down.", "omega" "" "Down notices at a stop.",
            "inhibit_on_failure" "" "Weight 0 instead of removal.", "ha_suspend" "" "No checks while the address is elsewhere.",
            "retry" "1.." "Failures that count as down.", "delay_before_retry" "SECONDS" "Time between them.",
            "warmup" "SECONDS" "Spread of the first checks.", "connect_timeout" "SECONDS" "Limit of a connection.",
            "weight" "1.." "Weight of servers that set none.",
            "ip_family" "inet|inet6" "Family of a mark.", "ops" "" "Each UDP packet is scheduled.",
            "hashed" "" "Scheduler flag.", "flag-1" "" "Scheduler flag.", "flag-2" "" "Scheduler flag.",
            "flag-3" "" "Scheduler flag.", "sh-port" "" "Source hashing counts the port.",
            "sh-fallback" "" "Source hashing goes on with the next server.", "mh-port" "" "Maglev counts the port.",
            "mh-fallback" "" "Maglev goes on with the next server.", "smtp_alert" "[BOOL]" "Mail on changes.",

        },
    ),
    (
        &[Block::RealServer],
        rows! {
            "weight" "0.." "Share of the connections.", "inhibit_on_failure" "" "Weight 0 instead of removal.",
            "lvs_method" "NAT|DR|TUN" "How packets are forwarded.", "uthreshold" "N" "Connections that are too many.",
            "lthreshold" "N" "Connections that are few enough again.",
            "notify_up" "COMMAND [USER [GROUP]]" "Runs when the server comes up.",
            "notify_down" "COMMAND [USER [GROUP]]" "Runs when the server goes down.",
            "alpha" "[BOOL]" "Starts as down.", "retry" "1.." "Failures that count as down.",
            "delay_before_retry" "SECONDS" "Time between them.", "warmup" "SECONDS" "Spread of the first check.",
            "connect_timeout" "SECONDS" "Limit of a connection.", "delay_loop" "SECONDS" "Time between checks.",
            "smtp_alert" "[BOOL]" "Mail on changes.",

        },
    ),
    (
        &[Block::RealServer],
        &[
            word("TCP_CHECK", "", "A connection must be accepted.")
                .opens(Block::TcpCheck)
                .ignored(LVS),
            word("HTTP_GET", "", "A page must be as expected.")
                .opens(Block::HttpGet)
                .ignored(LVS),
            word("SSL_GET", "", "A page over TLS must be as expected.")
                .opens(Block::HttpGet)
                .ignored(LVS),
            word("SMTP_CHECK", "", "A mail server must greet.")
                .opens(Block::SmtpCheck)
                .ignored(LVS),
            word("DNS_CHECK", "", "A name server must answer.")
                .opens(Block::DnsCheck)
                .ignored(LVS),
            word("MISC_CHECK", "", "A command must succeed.")
                .opens(Block::MiscCheck)
                .ignored(LVS),
            word("PING_CHECK", "", "The host must answer an echo.")
                .opens(Block::PingCheck)
                .ignored(LVS),
            word("UDP_CHECK", "", "A datagram must be answered.")
                .opens(Block::UdpCheck)
                .ignored(LVS),
            word("BFD_CHECK", "", "A BFD session must be up.")
                .opens(Block::BfdCheck)
                .ignored(LVS),
            word("FILE_CHECK", "", "A file's number counts.")
                .opens(Block::FileCheck)
                .ignored(LVS),
        ],
    ),
    (
        &[Block::VirtualServerGroup],
        rows! { "fwmark" "N [inet|inet6]" "Packets with a mark.", },
    ),
    (
        &[Block::VirtualServer],
        &[
            word("sorry_server_lvs_method", "NAT|DR|TUN", "How packets reach it.")
                .lenient()
                .ignored(LVS),
            word("virtualhost", "STRING", "Host header of checks.")
                .lenient()
                .ignored(LVS),
            word("snmp_name", "STRING", "Name in the MIB.")
                .lenient()
                .ignored(LVS),
        ],
    ),
    (
        &[Block::RealServer],
        &[
            word("virtualhost", "STRING", "Host header of checks.")
                .lenient()
                .ignored(LVS),
            word("snmp_name", "STRING", "Name in the MIB.")
                .lenient()
                .ignored(LVS),
        ],
    ),
];
