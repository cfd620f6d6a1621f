//! `virtual_server` and `real_server`.

use super::{Block, Section, word};

/// Names for an SNMP agent.
const SNMP: &str = "there is no SNMP agent; ask vrrpctl";
const BFD: &str = "BFD is not built: the server would be in service unchecked";

macro_rules! rows {
    ($($name:literal $arguments:literal $doc:literal $(range $range:literal)? $(default $default:literal)?,)*) => {
        &[$(word($name, $arguments, $doc)$(.range($range))?$(.default($default))?,)*]
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
        .opens(Block::RealServer)],
    ),
    (
        &[Block::VirtualServer],
        rows! {
            "lb_algo" "rr|wrr|lc|wlc|lblc|lblcr|sh|mh|dh|fo|ovf|sed|nq|twos" "How servers are chosen." default "wlc",
            "lvs_sched" "rr|wrr|lc|wlc|lblc|lblcr|sh|mh|dh|fo|ovf|sed|nq|twos" "Other name of lb_algo." default "wlc",
            "lb_kind" "NAT|DR|TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum]" "How packets are forwarded." default "NAT",
            "lvs_method" "NAT|DR|TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum]" "Other name of lb_kind." default "NAT",
            "delay_loop" "SECONDS" "Time between checks." range "with decimals" default "60",
            "protocol" "TCP|UDP|SCTP" "Transport." default "UDP",
            "persistence_timeout" "[SECONDS]" "How long a client stays with a server." range "at most 31 days" default "off; without a number 360",
            "persistence_granularity" "MASK" "Which clients count as one." default "each address",
            "persistence_engine" "NAME" "Kernel module that tells clients apart." default "none",
            "sorry_server" "IP [PORT]" "Who answers when no server is left." default "none",
            "sorry_server_inhibit" "" "Takes it out by weight 0.",
            "quorum" "1.." "Live weight the service needs." default "1",
            "hysteresis" "0.." "How far the weight must move." default "0",
            "quorum_up" "COMMAND [USER [GROUP]]" "Runs when the quorum is gained.",
            "quorum_down" "COMMAND [USER [GROUP]]" "Runs when the quorum is lost.",
            "alpha" "" "Servers start as down.",
            "omega" "" "Down notices at a stop.",
            "inhibit_on_failure" "" "Weight 0 instead of removal.",
            "ha_suspend" "" "No checks while the address is elsewhere.",
            "retry" "1.." "Tries after a failure; the last one counts." default "the check's",
            "delay_before_retry" "SECONDS" "Time between them." range "with decimals" default "the check's",
            "warmup" "SECONDS" "Spread of the first checks." range "with decimals" default "random, up to delay_loop",
            "connect_timeout" "SECONDS" "Limit of a connection." range "with decimals" default "5",
            "weight" "1.." "Weight of servers that set none." range "up to 2147483647" default "1",
            "ip_family" "inet|inet6" "Family of a mark." default "that of the addresses",
            "ops" "" "Each UDP packet is scheduled.",
            "flag-1" "" "Scheduler flag.",
            "flag-2" "" "Scheduler flag.",
            "flag-3" "" "Scheduler flag.",
            "sh-port" "" "Source hashing counts the port.",
            "sh-fallback" "" "Source hashing goes on with the next server.",
            "mh-port" "" "Maglev counts the port.",
            "mh-fallback" "" "Maglev goes on with the next server.",
            "smtp_alert" "[BOOL]" "Mail on changes." default "as smtp_alert of global_defs, else off",
        },
    ),
    (
        &[Block::RealServer],
        rows! {
            "weight" "0.." "Share of the connections." range "up to 2147483647" default "the virtual server's, 1",
            "inhibit_on_failure" "" "Weight 0 instead of removal." default "the virtual server's",
            "lvs_method" "NAT|DR|TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum]" "How packets are forwarded." default "the virtual server's",
            "uthreshold" "N" "Connections that are too many." range "0 is none" default "0",
            "lthreshold" "N" "Connections that are few enough again." range "0 is none" default "0",
            "notify_up" "COMMAND [USER [GROUP]]" "Runs when the server comes up.",
            "notify_down" "COMMAND [USER [GROUP]]" "Runs when the server goes down.",
            "alpha" "[BOOL]" "Starts as down." default "the virtual server's",
            "retry" "1.." "Tries after a failure; the last one counts." default "the virtual server's",
            "delay_before_retry" "SECONDS" "Time between them." default "the virtual server's",
            "warmup" "SECONDS" "Spread of the first check." default "the virtual server's",
            "connect_timeout" "SECONDS" "Limit of a connection." default "the virtual server's",
            "delay_loop" "SECONDS" "Time between checks." default "the virtual server's",
            "smtp_alert" "[BOOL]" "Mail on changes." default "as smtp_alert of global_defs, else on",
        },
    ),
    (
        &[Block::RealServer],
        &[
            word("TCP_CHECK", "", "A connection must be accepted.").opens(Block::TcpCheck),
            word("HTTP_GET", "", "A page must be as expected.").opens(Block::HttpGet),
            word("SSL_GET", "", "A page over TLS must be as expected.").opens(Block::HttpGet),
            word("SMTP_CHECK", "", "A mail server must greet.").opens(Block::SmtpCheck),
            word("DNS_CHECK", "", "A name server must answer.").opens(Block::DnsCheck),
            word("MISC_CHECK", "", "A command must succeed.").opens(Block::MiscCheck),
            word("PING_CHECK", "", "The host must answer an echo.").opens(Block::PingCheck),
            word("UDP_CHECK", "", "A datagram must be answered.").opens(Block::UdpCheck),
            word("BFD_CHECK", "", "A BFD session must be up.")
                .opens(Block::BfdCheck)
                .daemon()
                .refused(BFD),
            word("FILE_CHECK", "", "A file's number counts.").opens(Block::FileCheck),
        ],
    ),
    (
        &[Block::VirtualServerGroup],
        rows! {
            "fwmark" "N [inet|inet6]" "Packets with a mark.",
        },
    ),
    (
        &[Block::VirtualServer],
        &[
            word(
                "sorry_server_lvs_method",
                "NAT|DR|TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum]",
                "How packets reach it.",
            )
            .default("as lb_kind")
            .lenient(),
            word("virtualhost", "STRING", "Host header of checks.").lenient(),
            word("hashed", "", "Scheduler flag.").ignored("the kernel sets it by itself"),
            word("snmp_name", "STRING", "Name in the MIB.")
                .lenient()
                .ignored(SNMP),
        ],
    ),
    (
        &[Block::RealServer],
        &[
            word("virtualhost", "STRING", "Host header of checks.")
                .default("the virtual server's")
                .lenient(),
            word("snmp_name", "STRING", "Name in the MIB.")
                .lenient()
                .ignored(SNMP),
        ],
    ),
];
