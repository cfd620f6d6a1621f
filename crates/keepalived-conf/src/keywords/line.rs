//! Words within one line: addresses, routes, rules, tracks, peers.

use super::{Block, Section, word};

const TUNNEL: &str = "a route with it is refused: the packets would leave without their tunnel";
const VRF: &str = "a route with it is refused: name the table of the routing domain";

macro_rules! rows {
    ($($name:literal $arguments:literal $doc:literal,)* ; $($refused:literal $its:literal $its_doc:literal $why:expr,)*) => {
        &[
            $(word($name, $arguments, $doc),)*
            $(word($refused, $its, $its_doc).refused($why),)*
        ]
    };
}

pub(super) const SECTIONS: &[Section] = &[
    (
        &[Block::AddressLine],
        &[
            word(
                "brd",
                "IP|+|-",
                "Broadcast address; + sets the host bits, - clears them.",
            )
            .default("none"),
            word("broadcast", "IP|+|-", "Other spelling of brd."),
            word("dev", "IF", "Interface of this address.")
                .default("interface of the instance")
                .instance(),
            word("scope", "NAME|N", "Scope of an IPv4 address.").default("global"),
            word("label", "LABEL", "Label of an IPv4 address, at most 15 bytes."),
            word("peer", "IP[/LEN]", "The other end of a point-to-point link."),
            word("home", "", "Marks an IPv6 home address.")
                .ignored("the mark is for hosts that move between networks (Mobile IPv6)"),
            word(
                "-nodad",
                "",
                "Leaves duplicate address detection on for this address.",
            ),
            word(
                "mngtmpaddr",
                "",
                "The kernel makes temporary addresses from this one.",
            )
            .ignored("an address that moves is no ground for temporary ones"),
            word("noprefixroute", "", "No route to the prefix is set."),
            word("autojoin", "", "Joins the multicast group of the address.")
                .ignored("a virtual address is no multicast group"),
            word("no_track", "", "Its removal by others is of no account."),
            word(
                "preferred_lft",
                "SECONDS|forever",
                "How long the address may be chosen as a source.",
            )
            .default("forever; 0 for an IPv6 address with /128"),
            word("use_vmac", "", "Puts the address on a virtual MAC interface."),
            word(
                "track_group",
                "NAME",
                "Instances to bar when it is lost; static addresses only.",
            ),
        ],
    ),
    (
        &[Block::TrackLine],
        &[
            word(
                "weight",
                "-253..253",
                "What it adds to the priority; 0 bars the instance.",
            )
            .default("as in the definition; 0 for an interface"),
            word("reverse", "", "Counts the other way round."),
            word("noreverse", "", "Undoes the reverse of the definition."),
        ],
    ),
    (
        &[Block::UnicastPeer],
        &[
            word("min_ttl", "0..255", "Least TTL an advert of this peer may have."),
            word(
                "max_ttl",
                "0..255",
                "Greatest TTL an advert of this peer may have.",
            ),
        ],
    ),
    (
        &[Block::LinkbeatInterfaces],
        &[
            word("MII", "", "Asks the link by MII registers.").ignored("the kernel reports link changes"),
            word("ETHTOOL", "", "Asks the link by ethtool.").ignored("the kernel reports link changes"),
            word("IOCTL", "", "Asks the link by interface flags.").ignored("the kernel reports link changes"),
        ],
    ),
    (
        &[Block::RouteLine],
        rows! {
            "inet" "" "The route is IPv4.", "inet6" "" "The route is IPv6.",
            "unicast" "" "An ordinary route.", "local" "" "Delivers to this host.",
            "broadcast" "" "Sends as broadcast.", "multicast" "" "A multicast route.",
            "throw" "" "Goes on with the next rule.", "unreachable" "" "Answers unreachable.",
            "prohibit" "" "Answers prohibited.", "blackhole" "" "Drops silently.",
            "default" "" "Everywhere.", "any" "" "Everywhere.", "all" "" "Everywhere.",
            "default6" "" "Everywhere in IPv6; deprecated.", "to" "PREFIX" "Destination.",
            "src" "IP" "Source address to prefer.", "via" "[inet|inet6] IP" "Gateway.",
            "gw" "IP" "Old name of via.", "dev" "IF" "Interface.", "oif" "IF" "Interface.",
            "table" "N|NAME" "Routing table.", "metric" "N" "Preference among routes.",
            "priority" "N" "Other name of metric.", "preference" "N" "Other name of metric.",
            "scope" "NAME" "Scope.", "protocol" "NAME" "Who set the route.", "tos" "V" "Type of service.",
            "dsfield" "V" "Other name of tos.", "from" "PREFIX" "Source the route is for.",
            "onlink" "" "The gateway is on the link.",
            "nexthop" "via … dev … weight N" "One of several gateways.", "or" "IP" "A second gateway; old.",
            "mtu" "[lock] N" "Path MTU.", "advmss" "[lock] N" "Segment size to advertise.",
            "rtt" "[lock] T" "First round trip time.", "rttvar" "[lock] T" "Its variance.",
            "reordering" "[lock] N" "Reordering to expect.", "cwnd" "[lock] N" "Limit of the congestion window.",
            "ssthresh" "[lock] N" "Slow start threshold.", "rto_min" "[lock] T" "Least retransmission time.",
            "congctl" "[lock] NAME" "Congestion control.", "hoplimit" "N" "Hop limit.",
            "window" "N" "Greatest window.", "initcwnd" "N" "First congestion window.",
            "initrwnd" "N" "First receive window.", "quickack" "0|1" "Acknowledges at once.",
            "fastopen_no_cookie" "0|1" "Fast open without a cookie.", "features" "ecn" "Features to use.",
            "realms" "[FROM/]TO" "Realms.",
            "expires" "SECONDS" "Life time.", "pref" "low|medium|high" "Router preference.",
            "ttl-propagate" "enabled|disabled" "Passes the TTL into MPLS.", "add" "" "Adds as a new route.",
            "prepend" "" "Adds in front of others.", "append" "" "Adds behind others.",
            "no_track" "" "Its loss does not bar the instance.", "track_group" "NAME" "Instances to bar when it is lost.",
            "lock" "" "The value is fixed.", "weight" "N" "Weight of a gateway.", "ecn" "" "Congestion notification.",
            "as" "[to] IP" "Address to use instead; ignored, for it is for MPLS.",
            ;
            "encap" "TYPE …" "Light-weight tunnel." TUNNEL,
            "vrf" "NAME" "Routing domain." VRF,
        },
    ),
    (
        &[Block::RuleLine],
        rows! {
            "inet" "" "The rule is IPv4.", "inet6" "" "The rule is IPv6.", "not" "" "Matches the opposite.",
            "from" "PREFIX" "Source.", "to" "PREFIX" "Destination.", "table" "N|NAME" "Table to look in.",
            "lookup" "N|NAME" "Other name of table.", "preference" "N" "Place among the rules.",
            "order" "N" "Other name of preference.", "priority" "N" "Other name of preference.",
            "tos" "V" "Type of service.", "dsfield" "V" "Other name of tos.", "fwmark" "N[/MASK]" "Packet mark.",
            "realms" "[FROM/]TO" "Realms.", "suppress_prefixlength" "N" "Refuses short prefixes.",
            "sup_pl" "N" "Short for suppress_prefixlength.", "suppress_ifgroup" "G" "Refuses an interface group.",
            "sup_group" "G" "Short for suppress_ifgroup.", "dev" "IF" "Interface a packet came by.",
            "iif" "IF" "Interface a packet came by.", "oif" "IF" "Interface of the socket.",
            "tunnel-id" "N" "Tunnel key.", "uidrange" "A-B" "Users.", "l3mdev" "" "Table of the routing domain.",
            "protocol" "P" "Who set the rule.", "ipproto" "P" "IP protocol.", "sport" "A[-B]" "Source port.",
            "dport" "A[-B]" "Destination port.", "no_track" "" "Its loss does not bar the instance.",
            "track_group" "NAME" "Instances to bar when it is lost.", "type" "T" "Kind of rule.",
            "goto" "N" "Goes on with another rule.", "nop" "" "Does nothing.", "blackhole" "" "Drops silently.",
            "prohibit" "" "Answers prohibited.", "unreachable" "" "Answers unreachable.",
            ;
        },
    ),
];
