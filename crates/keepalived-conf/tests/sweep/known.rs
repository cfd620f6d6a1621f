//! Where our verdict differs from that of keepalived 2.2.7, and why; docs/keepalived-verdicts.md says it to users.

/// Newer releases take what 2.2.7 reports.
const NEWER: &str = "parts of a second are taken by later releases, and here";
const HERE: &str = "it depends on the machine: processors, folders, devices that are there";
const QUIRK: &str = "2.2.7 stumbles over something that is written well";
const SLIP: &str = "2.2.7 passes over a number that it reports elsewhere";
const LOOSE: &str = "2.2.7 reports it; nothing here depends on the word";

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
    ("real-server weight", &["\"\""], LOOSE),
    ("udp-check require_reply", &["x y z"], LOOSE),
    (
        "instance use_ipvlan",
        &["192.0.2.77/33", "2001:db8::77", "twice"],
        LOOSE,
    ),
    ("track-file-definition *", &["*"], LOOSE),
    ("route-line *", &["*"], LOOSE),
    ("rule-line *", &["*"], LOOSE),
    ("static-routes -", &["*"], LOOSE),
    ("virtual-routes -", &["*"], LOOSE),
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
