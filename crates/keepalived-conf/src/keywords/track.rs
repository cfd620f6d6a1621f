//! What is tracked: `vrrp_script`, `track_file`, `vrrp_track_process`, `bfd_instance`.

use super::{Block, Section, word};

const BFD: &str = "BFD is not built; the block itself is refused";

pub(super) const SECTIONS: &[Section] = &[
    (
        &[Block::VrrpScript],
        &[
            word(
                "script",
                "COMMAND",
                "The command; exit status 0 is good. `</path` asks whether it opens.",
            )
            .lenient()
            .instance(),
            word("interval", "SECONDS", "Time between two runs.")
                .range("with decimals; 0 is read as 1")
                .default("1"),
            word("timeout", "SECONDS", "Limit of one run; the interval if not set.")
                .range("with decimals; 0 is read as 1")
                .default("as interval"),
            word(
                "weight",
                "-253..253 [reverse]",
                "What it adds to the priority; 0 bars the instance on failure.",
            )
            .default("0"),
            word("rise", "1..", "Successes in a row that count as good.").default("1"),
            word("fall", "1..", "Failures in a row that count as bad.").default("1"),
            word("user", "USER [GROUP]", "User that the command runs as.").default("as script_user"),
            word("init_fail", "", "Starts as failed."),
            word(
                "mode",
                "normal|dry-run|maintenance|maintenance-down",
                "Whether what it finds counts; vrrpctl check-mode changes it while vrrpd runs.",
            )
            .default("normal")
            .own(),
        ],
    ),
    (
        &[Block::TrackFileDefinition],
        &[
            word(
                "file",
                "PATH",
                "The file; it holds one integer. It may come later, go, or be replaced.",
            )
            .lenient()
            .instance(),
            word(
                "weight",
                "-254..254 [reverse]",
                "Factor of the number; 0 bars the instance while the number is not 0.",
            )
            .default("1")
            .lenient(),
            word("init_file", "[VALUE] [overwrite]", "Creates the file at start.").default("no file is made"),
        ],
    ),
    (
        &[Block::TrackProcessDefinition],
        &[
            word(
                "process",
                "NAME [PARAMETER …]",
                "The process's name; with parameters, its command line.",
            )
            .instance(),
            word(
                "param_match",
                "[initial|partial]",
                "How its parameters are compared.",
            )
            .default("parameters are not compared where none are given; without a word they must be equal"),
            word(
                "weight",
                "-254..254 [reverse]",
                "What it adds to the priority; 0 bars the instance.",
            )
            .default("0")
            .lenient(),
            word("quorum", "1..65535", "How many must run.").default("1"),
            word("quorum_max", "0..65535", "How many may run.").default("no limit"),
            word("delay", "SECONDS", "Both of the next two.")
                .range("0.000001..3600")
                .default("0"),
            word("fork_delay", "SECONDS", "Time before a new process counts.")
                .range("0.000001..3600")
                .default("as delay"),
            word(
                "terminate_delay",
                "SECONDS",
                "Time before an ended process counts.",
            )
            .range("0.000001..3600")
            .default("as delay"),
            word("full_command", "", "Compares the whole command line."),
        ],
    ),
    (
        &[Block::BfdInstance],
        &[
            word("neighbor_ip", "IP", "The neighbour.").ignored(BFD),
            word("neighbour_ip", "IP", "Other spelling of neighbor_ip.").ignored(BFD),
            word("source_ip", "IP", "Source address.")
                .default("the kernel's choice")
                .ignored(BFD),
            word("min_rx", "MILLISECONDS", "Least time between packets received.")
                .range("1..4294967")
                .default("10")
                .ignored(BFD),
            word("min_tx", "MILLISECONDS", "Least time between packets sent.")
                .range("1..4294967")
                .default("10")
                .ignored(BFD),
            word("idle_tx", "MILLISECONDS", "The same while the session is down.")
                .range("from 1000")
                .default("1000")
                .ignored(BFD),
            word("multiplier", "1..255", "Missed packets that end the session.")
                .default("5")
                .ignored(BFD),
            word("passive", "", "Waits for the neighbour.").ignored(BFD),
            word("ttl", "1..255", "TTL of packets sent.")
                .default("255; 64 for IPv6")
                .ignored(BFD),
            word("hoplimit", "1..255", "Hop limit of packets sent.")
                .default("255; 64 for IPv6")
                .ignored(BFD),
            word("max_hops", "-1..255", "Hops a packet may have taken.")
                .range("-1 is no limit")
                .default("0")
                .ignored(BFD),
            word("multihop", "", "Uses the multihop port.")
                .newer()
                .ignored(BFD),
            word("weight", "-253..253 [reverse]", "What it adds to the priority.")
                .default("0")
                .ignored(BFD),
            word("vrrp", "", "Events for instances only.")
                .default("events for both")
                .ignored(BFD),
            word("checker", "", "Events for real servers only.")
                .default("events for both")
                .ignored(BFD),
        ],
    ),
];
