//! Words at the top of the file, and the small blocks there.

use super::{Block, Section, word};

pub(super) const SECTIONS: &[Section] = &[
    (
        &[Block::Root],
        &[
            word("global_defs", "", "Defaults and settings of the whole daemon.").opens(Block::GlobalDefs),
            word("vrrp_instance", "NAME", "One virtual router.")
                .opens(Block::Instance)
                .lenient()
                .instance(),
            word(
                "vrrp_script",
                "NAME",
                "A command that tells whether this node is fit.",
            )
            .opens(Block::VrrpScript),
            word("vrrp_sync_group", "NAME", "Instances that fail over together.")
                .opens(Block::SyncGroup)
                .lenient()
                .instance(),
            word(
                "static_ipaddress",
                "",
                "Addresses that are there whatever the role.",
            )
            .opens(Block::StaticIpaddress)
            .daemon(),
            word("static_routes", "", "Routes that are there whatever the role.")
                .opens(Block::StaticRoutes)
                .daemon(),
            word(
                "static_rules",
                "",
                "Routing rules that are there whatever the role.",
            )
            .opens(Block::StaticRules)
            .daemon(),
            word("track_group", "NAME", "Instances that a lost static entry bars.")
                .lenient()
                .opens(Block::TrackGroup)
                .daemon(),
            word("garp_group", "", "Pace of announcements on some interfaces.").opens(Block::GarpGroup),
            word("linkbeat_interfaces", "", "Interfaces whose link is polled.")
                .opens(Block::LinkbeatInterfaces)
                .ignored("the kernel reports link changes without polling"),
            word(
                "interface_up_down_delays",
                "",
                "How long a link change must last to count.",
            )
            .opens(Block::UpDownDelays)
            .ignored("link changes act at once"),
            word("track_file", "NAME", "A file whose number changes the priority.")
                .opens(Block::TrackFileDefinition),
            word("vrrp_track_file", "NAME", "Old name of track_file.").opens(Block::TrackFileDefinition),
            word(
                "vrrp_track_process",
                "NAME",
                "Processes that must run for this node to be fit.",
            )
            .opens(Block::TrackProcessDefinition),
            word("bfd_instance", "NAME", "A BFD session with a neighbour.")
                .opens(Block::BfdInstance)
                .daemon()
                .refused("BFD is not built: the neighbour would see its session down"),
            word(
                "virtual_server_group",
                "NAME",
                "Addresses that share one set of real servers.",
            )
            .opens(Block::VirtualServerGroup)
            .daemon()
            .allow("virtual_server"),
            word(
                "virtual_server",
                "IP [PORT]|fwmark N|group NAME",
                "A service spread over real servers.",
            )
            .opens(Block::VirtualServer)
            .daemon(),
            word(
                "SSL",
                "",
                "Client certificate of SSL_GET checks of real servers, and who may have signed theirs.",
            )
            .opens(Block::Ssl),
            word("include", "PATTERN", "Reads other files in place of this line."),
            word(
                "includer",
                "PATTERN",
                "As include; a file that cannot be read is an error.",
            ),
            word(
                "includem",
                "PATTERN",
                "As include; a pattern that matches nothing is an error.",
            ),
            word(
                "includew",
                "PATTERN",
                "As include; a wildcard that matches nothing is an error.",
            ),
            word(
                "includeb",
                "PATTERN",
                "As include; an alternative that matches nothing is an error.",
            ),
            word(
                "includea",
                "PATTERN",
                "As include, with all the errors of its relatives.",
            ),
            word(
                "instance",
                "NAME",
                "Name in the names of run files, for several daemons on a host.",
            )
            .lenient()
            .ignored("run files are named on the command line"),
            word("net_namespace", "NAME", "Network namespace to run in.")
                .lenient()
                .default("the one that the daemon is started in"),
            word(
                "net_namespace_ipvs",
                "[NAME]",
                "Network namespace of the virtual servers.",
            )
            .daemon()
            .refused("virtual servers are in the network of the daemon"),
            word("namespace_with_ipsets", "", "Allows ipsets in a namespace.").ignored("no ipset is used"),
            word("use_pid_dir", "", "Puts pid files into a folder of their own.")
                .ignored("no pid file is written"),
            word(
                "linkbeat_use_polling",
                "",
                "Polls all links instead of listening.",
            )
            .ignored("the kernel reports link changes without polling"),
            word(
                "child_wait_time",
                "SECONDS",
                "How long the parent waits for its children at a stop.",
            )
            .default("5")
            .ignored("there are no child daemons"),
        ],
    ),
    (
        &[Block::TrackGroup],
        &[word("group", "{ VI … }", "Instances of the track group.")
            .opens(Block::GroupMembers)
            .lenient()],
    ),
    (
        &[Block::GarpGroup],
        &[
            word(
                "garp_interval",
                "SECONDS",
                "Least time between two gratuitous ARP.",
            )
            .range("with decimals, from 0.000001")
            .default("no gap"),
            word(
                "gna_interval",
                "SECONDS",
                "Least time between two unsolicited neighbour advertisements.",
            )
            .range("with decimals, from 0.000001")
            .default("no gap"),
            word("interface", "IF", "An interface with limits of its own."),
            word("interfaces", "{ IF … }", "Interfaces that share the limits.")
                .opens(Block::GarpInterfaces)
                .lenient(),
        ],
    ),
    (
        &[Block::Ssl],
        &[
            word("password", "STRING", "Password of the key.")
                .lenient()
                .ignored("a key is read without one"),
            word("ca", "PATH", "File of authorities that are trusted beside those of the machine; with keepalived without effect.")
                .lenient(),
            word("certificate", "PATH", "File with the client's certificate.").lenient(),
            word("key", "PATH", "File with its key.").lenient(),
        ],
    ),
];
