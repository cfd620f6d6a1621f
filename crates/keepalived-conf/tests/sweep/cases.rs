//! Every word of the table with every argument, each in a file that is otherwise without fault.

use keepalived_conf::{Block, Content, Keyword, KnownTo, keywords};

/// What stands behind a word; each is a column of `golden.txt`, in this order.
pub(crate) const ARGUMENTS: &[&str] = &[
    "",
    "\"\"",
    "0",
    "1",
    "2",
    "3",
    "-1",
    "-20",
    "-21",
    "5s",
    "x",
    "+1",
    "0x10",
    "1.5",
    "0.0000001",
    "41",
    "99",
    "100",
    "101",
    "253",
    "254",
    "255",
    "256",
    "-253",
    "-254",
    "-255",
    "1000",
    "1001",
    "3601",
    "65535",
    "65536",
    "86401",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "99999999999999999999",
    "on",
    "ON",
    "1 2",
    "x y z",
    "192.0.2.77",
    "192.0.2.77/33",
    "192.0.2.300",
    "2001:db8::77",
    "224.0.0.5",
    "eth0",
    "eth1",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

/// The arguments that are tried with a word that opens a block.
const OF_BLOCKS: &[&str] = &["", "\"\"", "1", "x", "1 2", "x y z", "192.0.2.77", "eth0"];

const A: &str =
    "vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {\n192.0.2.10\n}\n}\n";
const B: &str =
    "vrrp_instance B {\ninterface eth0\nvirtual_router_id 8\nvirtual_ipaddress {\n192.0.2.11\n}\n}\n";
const IN_A: &str =
    "vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {\n192.0.2.10\n}\n";
const SECURE: &str = "global_defs {\nenable_script_security\nscript_user root\n}\n";
const SERVER: &str = "virtual_server 192.0.2.50 80 {\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n";
const REAL: &str = "real_server 192.0.2.60 80 {\n";
const FILE: &str = "track_file f {\nfile /f\nweight 1\n}\n";
const SESSION: &str = "bfd_instance b {\nneighbor_ip 192.0.2.2\n}\n";

/// Where a word stands.
pub(crate) struct Place {
    before: String,
    /// What the block cannot do without, by its first word.
    base: &'static [(&'static str, &'static str)],
    /// What stands in front of the word on its line.
    front: &'static str,
    after: String,
}

impl Place {
    fn new(
        before: impl Into<String>,
        base: &'static [(&'static str, &'static str)],
        after: impl Into<String>,
    ) -> Self {
        Self {
            before: before.into(),
            base,
            front: "",
            after: after.into(),
        }
    }

    fn line(before: impl Into<String>, front: &'static str, after: impl Into<String>) -> Self {
        Self {
            before: before.into(),
            base: &[],
            front,
            after: after.into(),
        }
    }

    /// The file with this line in its place.
    fn with(&self, word: &str, line: &str) -> String {
        let mut text = self.before.clone();
        let twin = |other: &str| {
            ALIKE
                .iter()
                .any(|pair| pair.contains(&word) && pair.contains(&other))
        };
        for (name, base) in self.base.iter().filter(|(name, _)| *name != word && !twin(name)) {
            assert!(base.starts_with(name), "{base}");
            text.push_str(base);
            text.push('\n');
        }
        for line in if line.is_empty() {
            vec![""]
        } else {
            line.lines().collect()
        } {
            text.push_str(self.front);
            text.push_str(line);
            text.push('\n');
        }
        text + &self.after
    }
}

/// Two names of one word.
const ALIKE: &[[&str; 2]] = &[
    ["lb_algo", "lvs_sched"],
    ["lb_kind", "lvs_method"],
    ["neighbor_ip", "neighbour_ip"],
    ["interface", "interfaces"],
    ["digest", "status_code"],
];

fn check(word: &str, base: &'static [(&'static str, &'static str)]) -> Place {
    Place::new(
        format!("{SECURE}{FILE}{SESSION}{SERVER}{REAL}{word} {{\n"),
        base,
        "}\n}\n}\n",
    )
}

#[allow(clippy::too_many_lines, reason = "a table: one row for each block")]
fn place(block: Block) -> Option<Place> {
    let end = |closing: &str| format!("{closing}{A}");
    Some(match block {
        Block::Root => Place::new(format!("{SECURE}{A}{B}"), &[], ""),
        Block::GlobalDefs => Place::new("global_defs {\n", &[], end("}\n")),
        Block::NotificationEmail => Place::line("global_defs {\nnotification_email {\n", "", end("}\n}\n")),
        Block::StaticIpaddress => Place::line("static_ipaddress {\n", "", end("}\n")),
        Block::StaticRoutes => Place::line("static_routes {\n", "", end("}\n")),
        Block::StaticRules => Place::line("static_rules {\n", "", end("}\n")),
        Block::TrackGroup => Place::new("track_group T {\n", &[], end("}\n")),
        Block::GarpGroup => Place::new(
            "garp_group {\n",
            &[
                ("garp_interval", "garp_interval 1"),
                ("interface", "interface eth0"),
            ],
            end("}\n"),
        ),
        Block::GarpInterfaces => {
            Place::line("garp_group {\ngarp_interval 1\ninterfaces {\n", "", end("}\n}\n"))
        }
        Block::LinkbeatInterfaces => Place::line("linkbeat_interfaces {\n", "eth0 ", end("}\n")),
        Block::UpDownDelays => Place::line("interface_up_down_delays {\n", "eth0 ", end("}\n")),
        Block::VrrpScript => Place::new(
            format!("{SECURE}vrrp_script s {{\n"),
            &[("script", "script /bin/true")],
            format!("}}\n{IN_A}track_script {{\ns\n}}\n}}\n"),
        ),
        Block::TrackFileDefinition => Place::new(
            "track_file f {\n",
            &[("file", "file /f"), ("weight", "weight 1")],
            format!("}}\n{IN_A}track_file {{\nf\n}}\n}}\n"),
        ),
        Block::TrackProcessDefinition => Place::new(
            "vrrp_track_process p {\n",
            &[("process", "process sshd")],
            format!("}}\n{IN_A}track_process {{\np\n}}\n}}\n"),
        ),
        Block::BfdInstance => Place::new(
            "bfd_instance b {\n",
            &[("neighbor_ip", "neighbor_ip 192.0.2.2")],
            format!("}}\n{IN_A}track_bfd {{\nb\n}}\n}}\n"),
        ),
        Block::SyncGroup => Place::new(
            format!("{SECURE}vrrp_sync_group G {{\n"),
            &[("group", "group {\nA\nB\n}")],
            format!("}}\n{A}{B}"),
        ),
        Block::GroupMembers => Place::line(
            "vrrp_sync_group G {\ngroup {\nA\nB\n",
            "",
            format!("}}\n}}\n{A}{B}"),
        ),
        Block::Instance => Place::new(
            format!("{SECURE}vrrp_instance A {{\n"),
            &[
                ("interface", "interface eth0"),
                ("virtual_router_id", "virtual_router_id 7"),
                ("virtual_ipaddress", "virtual_ipaddress {\n192.0.2.10\n}"),
            ],
            "}\n",
        ),
        Block::Authentication => Place::new(
            format!("{IN_A}authentication {{\n"),
            &[("auth_type", "auth_type PASS"), ("auth_pass", "auth_pass abc")],
            "}\n}\n",
        ),
        Block::VirtualIpaddress => Place::line(format!("{IN_A}virtual_ipaddress {{\n"), "", "}\n}\n"),
        Block::UnicastPeer => Place::line(format!("{IN_A}unicast_peer {{\n192.0.2.2\n"), "", "}\n}\n"),
        Block::VirtualRoutes => Place::line(format!("{IN_A}virtual_routes {{\n"), "", "}\n}\n"),
        Block::VirtualRules => Place::line(format!("{IN_A}virtual_rules {{\n"), "", "}\n}\n"),
        Block::TrackList => Place::line(format!("{IN_A}track_interface {{\n"), "", "}\n}\n"),
        Block::VirtualServerGroup => Place::line("virtual_server_group V {\n", "", format!("}}\n{A}")),
        Block::VirtualServer => Place::new(
            format!("{SECURE}virtual_server 192.0.2.50 80 {{\n"),
            &[
                ("lvs_sched", "lvs_sched rr"),
                ("lvs_method", "lvs_method NAT"),
                ("protocol", "protocol TCP"),
                ("real_server", "real_server 192.0.2.60 80 {\nTCP_CHECK {\n}\n}"),
            ],
            "}\n",
        ),
        Block::RealServer => Place::new(
            format!("{SECURE}{FILE}{SESSION}{SERVER}{REAL}"),
            &[("TCP_CHECK", "TCP_CHECK {\n}")],
            "}\n}\n",
        ),
        Block::TcpCheck => check("TCP_CHECK", &[]),
        Block::HttpGet => check("HTTP_GET", &[("url", "url {\npath /\nstatus_code 200\n}")]),
        Block::Url => Place::new(
            format!("{SERVER}{REAL}HTTP_GET {{\nurl {{\n"),
            &[("path", "path /"), ("status_code", "status_code 200")],
            "}\n}\n}\n}\n",
        ),
        Block::SmtpCheck => check("SMTP_CHECK", &[]),
        Block::SmtpHost => Place::new(
            format!("{SERVER}{REAL}SMTP_CHECK {{\nhost {{\n"),
            &[],
            "}\n}\n}\n}\n",
        ),
        Block::DnsCheck => check("DNS_CHECK", &[]),
        Block::MiscCheck => check("MISC_CHECK", &[("misc_path", "misc_path /bin/true")]),
        Block::PingCheck => check("PING_CHECK", &[]),
        Block::UdpCheck => check("UDP_CHECK", &[]),
        Block::BfdCheck => check("BFD_CHECK", &[("name", "name b")]),
        Block::FileCheck => check("FILE_CHECK", &[("track_file", "track_file f")]),
        Block::Ssl => Place::new("SSL {\n", &[], end("}\n")),
        Block::AddressLine => Place::line(
            format!("{IN_A}virtual_ipaddress_excluded {{\n"),
            "192.0.2.11 ",
            "}\n}\n",
        ),
        Block::TrackLine => Place::line(format!("{IN_A}track_interface {{\n"), "eth1 ", "}\n}\n"),
        Block::RouteLine => Place::line(
            format!("{IN_A}virtual_routes {{\n"),
            "198.51.100.0/24 via 192.0.2.254 dev eth0 ",
            "}\n}\n",
        ),
        Block::RuleLine => Place::line(
            format!("{IN_A}virtual_rules {{\n"),
            "from 198.51.100.0/24 table 100 priority 1000 ",
            "}\n}\n",
        ),
        Block::AuthHmac
        | Block::RouterAdvertisements
        | Block::VrrpCheck
        | Block::SendExpect
        | Block::StubStatus
        | Block::TlsCheck
        | Block::Push
        | Block::VrrpWebhook
        | Block::WebhookOnly => return None,
    })
}

/// A block that is not at fault.
const fn content(block: Block) -> &'static str {
    match block {
        Block::NotificationEmail => "a@example.org",
        Block::StaticIpaddress => "192.0.2.20/24 dev eth1",
        Block::StaticRoutes | Block::VirtualRoutes => "198.51.100.0/24 via 192.0.2.254 dev eth0",
        Block::StaticRules | Block::VirtualRules => "from 198.51.100.0/24 table 100 priority 1000",
        Block::TrackGroup => "group {\nA\n}",
        Block::GarpGroup => "garp_interval 1\ninterface eth0",
        Block::GarpInterfaces | Block::LinkbeatInterfaces => "eth0",
        Block::UpDownDelays => "eth0 1 1",
        Block::VrrpScript => "script /bin/true",
        Block::TrackFileDefinition => "file /f\nweight 1",
        Block::TrackProcessDefinition => "process sshd",
        Block::BfdInstance => "neighbor_ip 192.0.2.3",
        Block::SyncGroup => "group {\nA\nB\n}",
        Block::GroupMembers => "A\nB",
        Block::Instance => "interface eth1\nvirtual_router_id 9\nvirtual_ipaddress {\n192.0.2.12\n}",
        Block::Authentication => "auth_type PASS\nauth_pass abc",
        Block::VirtualIpaddress => "192.0.2.13",
        Block::UnicastPeer => "192.0.2.2",
        Block::VirtualServerGroup => "192.0.2.70 80",
        Block::VirtualServer => {
            "lvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 192.0.2.60 80 {\nTCP_CHECK {\n}\n}"
        }
        Block::RealServer => "TCP_CHECK {\n}",
        Block::HttpGet => "url {\npath /\nstatus_code 200\n}",
        Block::Url => "path /\nstatus_code 200",
        Block::MiscCheck => "misc_path /bin/true",
        Block::BfdCheck => "name b",
        Block::FileCheck => "track_file f",
        Block::TrackList => "eth1",
        _ => "",
    }
}

/// A word, or the line itself, in a block: a row of `golden.txt`.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// `instance priority`, as the table names it.
    pub(crate) name: String,
    word: &'static str,
    opens: Option<Block>,
    block: Block,
}

impl Row {
    fn new(block: Block, word: &'static str, opens: Option<Block>) -> Self {
        let block_name = serde_json::to_value(block).unwrap();
        let name = format!(
            "{} {}",
            block_name.as_str().unwrap(),
            if word.is_empty() { "-" } else { word }
        );
        Self {
            name,
            word,
            opens,
            block,
        }
    }

    /// The file with this argument; none where it is not tried.
    pub(crate) fn text(&self, argument: &str) -> Option<String> {
        Some(place(self.block)?.with(self.word, &self.line(argument)?))
    }

    /// The file with the word twice: with the first argument that is clean, by these letters.
    pub(crate) fn twice(&self, letters: &str) -> Option<String> {
        let clean = ARGUMENTS
            .iter()
            .zip(letters.chars())
            .find(|(_, letter)| *letter == 'c');
        let line = self.line(clean?.0)?;
        Some(place(self.block)?.with(self.word, &format!("{line}\n{line}")))
    }

    fn line(&self, argument: &str) -> Option<String> {
        let line = match self.opens {
            _ if self.word.is_empty() => argument.to_owned(),
            None => format!("{} {argument}", self.word),
            Some(opens) if OF_BLOCKS.contains(&argument) => {
                // Members of a track list are interfaces in one list, and definitions of other kinds in the others.
                let content = match self.word {
                    "track_script" | "track_file" | "track_process" | "track_bfd" => "",
                    "virtual_ipaddress_excluded" => "192.0.2.14",
                    _ => content(opens),
                };
                format!("{} {argument} {{\n{content}\n}}", self.word)
            }
            Some(_) => return None,
        };
        Some(line.trim_end().to_owned())
    }
}

/// Words that are not tried: they read files, or ask name servers.
const NOT_TRIED: &[&str] = &[
    "include",
    "includer",
    "includem",
    "includew",
    "includeb",
    "includea",
    "smtp_server",
];

/// All rows, in the order of the keyword table, and lines themselves behind them.
pub(crate) fn rows() -> Vec<Row> {
    let tried =
        |keyword: &&Keyword| keyword.known_to == KnownTo::Keepalived && !NOT_TRIED.contains(&keyword.name);
    let words = keywords()
        .iter()
        .filter(tried)
        .map(|keyword| Row::new(keyword.block, keyword.name, keyword.opens));
    let lines = Block::ALL.iter().filter(|block| {
        let line = matches!(
            block,
            Block::AddressLine | Block::RouteLine | Block::RuleLine | Block::TrackLine
        );
        block.content() != Content::Keywords && !line
    });
    let rows = words.chain(lines.map(|block| Row::new(*block, "", None)));
    rows.filter(|row| place(row.block).is_some()).collect()
}
