//! Where our verdict differs from that of keepalived 2.2.7, and why; docs/keepalived-verdicts.md says it to users.

/// Newer releases take what 2.2.7 reports.
const NEWER: &str = "parts of a second are taken by later releases, and here";
const HERE: &str = "it depends on the machine: processors, folders, devices that are there";
const QUIRK: &str = "2.2.7 stumbles over something that is written well";
const SLIP: &str = "2.2.7 passes over a number that it reports elsewhere";
const LOOSE: &str = "2.2.7 reports it; nothing here depends on the word";

const TWICE: &str = "of two weights of a tracked file the last one counts, and nothing else depends on it";
const RANGE: &str = "2.2.7 reports what the kernel takes";
const FAMILY: &str = "2.2.7 passes over the word behind a family";
const REFUSED: &str = "a word that lacks its argument is refused, as elsewhere";
const BUILT: &str = "told as not built: the instance does not start";

/// Row, arguments, reason. A `*` stands for all arguments, a row that ends in `*` for all that begin so.
pub(crate) const KNOWN: &[(&str, &[&str], &str)] = &[
    ("vrrp-script interval", &["1.5"], NEWER),
    ("vrrp-script timeout", &["1.5"], NEWER),
    ("global-defs smtp_connect_timeout", &["1.5"], NEWER),
    ("global-defs vrrp_cpu_affinity", &["*"], HERE),
    ("global-defs checker_cpu_affinity", &["*"], HERE),
    ("global-defs bfd_cpu_affinity", &["*"], HERE),
    ("global-defs config_save_dir", &["*"], HERE),
    ("instance use_vmac", &["eth0", "eth1"], HERE),
    ("root net_namespace_ipvs", &["twice"], QUIRK),
    ("garp-group interfaces", &["twice"], QUIRK),
    ("dns-check name", &["1.5", "0.0000001"], QUIRK),
    ("smtp-host bindto", &["2001:db8::77"], QUIRK),
    ("global-defs umask", &["0x10", "99"], SLIP),
    ("address-line scope", &["0x10", "4294967296"], SLIP),
    ("global-defs umask", &["1 2"], LOOSE),
    ("address-line scope", &["\"\""], LOOSE),
    ("udp-check require_reply", &["x y z"], LOOSE),
    (
        "instance use_ipvlan",
        &["192.0.2.77/33", "2001:db8::77", "twice"],
        LOOSE,
    ),
    ("track-file-definition weight", &["twice"], TWICE),
    (
        "track-file-definition init_file",
        &[
            "\"\"",
            "+1",
            "255",
            "256",
            "-255",
            "1000",
            "1001",
            "3601",
            "65535",
            "65536",
            "86401",
            "2147483647",
        ],
        RANGE,
    ),
    ("route-line inet", &["*"], FAMILY),
    (
        "route-line table",
        &[
            "-1",
            "-20",
            "-21",
            "+1",
            "-253",
            "-254",
            "-255",
            "4294967296",
            "99999999999999999999",
        ],
        SLIP,
    ),
    ("route-line metric", &["0x10"], RANGE),
    ("route-line priority", &["0x10"], RANGE),
    ("route-line preference", &["0x10"], RANGE),
    ("route-line scope", &["+1", "4294967296"], SLIP),
    ("route-line tos", &["+1", "4294967296"], SLIP),
    ("route-line dsfield", &["+1", "4294967296"], SLIP),
    ("route-line onlink", &["0x10"], QUIRK),
    ("route-line nexthop", &["", "twice"], SLIP),
    ("route-line mtu", &["0x10"], RANGE),
    ("route-line advmss", &["0x10"], RANGE),
    (
        "route-line rtt",
        &["0x10", "2147483647", "2147483648", "4294967295"],
        RANGE,
    ),
    (
        "route-line rttvar",
        &["0x10", "2147483647", "2147483648", "4294967295"],
        RANGE,
    ),
    ("route-line reordering", &["0x10"], RANGE),
    ("route-line cwnd", &["0x10"], RANGE),
    ("route-line ssthresh", &["0x10"], RANGE),
    (
        "route-line rto_min",
        &["0x10", "2147483647", "2147483648", "4294967295"],
        RANGE,
    ),
    ("route-line hoplimit", &["0x10"], RANGE),
    ("route-line window", &["0x10"], RANGE),
    ("route-line initcwnd", &["0x10"], RANGE),
    ("route-line initrwnd", &["0x10"], RANGE),
    ("route-line realms", &["+1", "4294967296"], SLIP),
    (
        "route-line realms",
        &["256", "1000", "1001", "3601", "65535"],
        RANGE,
    ),
    ("route-line expires", &["", "1 2"], REFUSED),
    ("route-line pref", &[""], REFUSED),
    ("route-line ttl-propagate", &["1 2"], QUIRK),
    ("route-line add", &["0x10"], QUIRK),
    ("route-line prepend", &["0x10"], QUIRK),
    ("route-line append", &["0x10"], QUIRK),
    ("route-line no_track", &["0x10"], QUIRK),
    ("route-line encap", &["*"], BUILT),
    ("route-line vrf", &["*"], HERE),
    ("rule-line inet", &["*"], FAMILY),
    ("rule-line from", &["2001:db8::77"], RANGE),
    ("rule-line tos", &["+1", "4294967296"], SLIP),
    ("rule-line dsfield", &["+1", "4294967296"], SLIP),
    ("rule-line fwmark", &["\"\"", "+1", "twice"], SLIP),
    ("rule-line realms", &["+1", "4294967296"], SLIP),
    (
        "rule-line realms",
        &["256", "1000", "1001", "3601", "65535"],
        RANGE,
    ),
    ("rule-line suppress_prefixlength", &["0x10"], RANGE),
    (
        "rule-line suppress_prefixlength",
        &[
            "253",
            "254",
            "255",
            "256",
            "1000",
            "1001",
            "3601",
            "65535",
            "65536",
            "86401",
            "2147483647",
        ],
        SLIP,
    ),
    ("rule-line sup_pl", &["0x10"], RANGE),
    (
        "rule-line sup_pl",
        &[
            "253",
            "254",
            "255",
            "256",
            "1000",
            "1001",
            "3601",
            "65535",
            "65536",
            "86401",
            "2147483647",
        ],
        SLIP,
    ),
    ("rule-line suppress_ifgroup", &["+1", "4294967296"], SLIP),
    ("rule-line suppress_ifgroup", &["2147483648", "4294967295"], RANGE),
    ("rule-line sup_group", &["+1", "4294967296"], SLIP),
    ("rule-line sup_group", &["2147483648", "4294967295"], RANGE),
    ("rule-line tunnel-id", &["0x10"], RANGE),
    ("rule-line tunnel-id", &["4294967296"], SLIP),
    (
        "rule-line protocol",
        &[
            "0", "1", "2", "3", "0x10", "41", "99", "100", "101", "253", "254", "255",
        ],
        RANGE,
    ),
    ("rule-line ipproto", &["+1"], SLIP),
    ("rule-line ipproto", &["0x10", "253", "254", "255"], RANGE),
    ("static-routes -", &["0x10"], QUIRK),
    ("virtual-routes -", &["0x10"], QUIRK),
];

/// Why this cell differs, and which entry says so.
pub(crate) fn reason(row: &str, argument: &str) -> Option<(usize, &'static str)> {
    let entries = KNOWN.iter().enumerate();
    let mut fitting = entries.filter(|(_, (name, arguments, _))| {
        let named = name
            .strip_suffix('*')
            .map_or(row == *name, |start| row.starts_with(start));
        named && (arguments.contains(&"*") || arguments.contains(&argument))
    });
    fitting.next().map(|(at, (_, _, why))| (at, *why))
}
