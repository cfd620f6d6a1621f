//! docs/troubleshooting.md: each of its faults is made, and what the page shows is said then.
//!
//! A block that begins with three backticks and `text SCENARIO` holds commands behind `lb01# ` or `lb02# `, and lines of their output.
//! Times and hardware addresses may differ; lines may be left out.

use std::process::Command;
use std::time::Duration;

use vrrp_lab::daemon::{Daemon, Running};
use vrrp_lab::program::{find, find_own};
use vrrp_lab::topology::{Lab, Node};
use vrrp_lab::wait::until;
use vrrp_lab::{LabError, private};

type Outcome = Result<(), LabError>;

const PAGE: &str = include_str!("../../../docs/troubleshooting.md");
const LIMIT: Duration = Duration::from_secs(30);

fn inside(name: &str, body: fn() -> Outcome) {
    let own = [Daemon::Vrrpd.program(), find_own("vrrpctl", "VRRPCTL_BIN")];
    for program in own.into_iter().chain([find("nft")]) {
        if let Err(missing) = program {
            vrrp_lab::skip::skip(name, &missing.to_string());
            return;
        }
    }
    private::test(name, body);
}

/// The configuration of docs/install.md, with `more` in the instance.
fn config(priority: u8, more: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\n    interface eth0\n    virtual_router_id 51\n    priority {priority}\n    advert_int 1\n    \
         authentication {{\n        auth_type PASS\n        auth_pass secret42\n    }}\n    virtual_ipaddress {{\n        \
         192.0.2.100/24\n    }}\n{more}}}\n"
    )
}

struct Member {
    node: Node,
    daemon: Option<Running>,
}

impl Member {
    fn start(&mut self, config: &str) -> Outcome {
        self.daemon = Some(Daemon::Vrrpd.start(&self.node, config, false)?);
        Ok(())
    }

    fn wait_for(&self, state: &str) -> Outcome {
        until(&format!("{} is {state}", self.node.name()), LIMIT, || {
            let status = self.daemon.as_ref()?.status().ok()?;
            (status["instances"][0]["keepalived_state"] == state).then_some(())
        })
    }

    /// What a command line of the page says here, on either stream.
    fn said(&self, line: &str) -> Result<String, LabError> {
        let mut words = line.split_whitespace();
        let program = match words.next() {
            Some("vrrpctl") => find_own("vrrpctl", "VRRPCTL_BIN")?,
            Some("vrrpd") => Daemon::Vrrpd.program()?,
            other => panic!("{other:?} is not for this test"),
        };
        let mut command = Command::new(program);
        command.args(words).current_dir(self.node.folder());
        if let Some(daemon) = &self.daemon {
            command.arg("--socket").arg(daemon.socket());
        }
        let output = self
            .node
            .within(|| command.output().map_err(LabError::io(line.to_owned())))??;
        Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }
}

/// Two nodes on a switch, without daemons.
fn pair(lab: &Lab) -> Result<[Member; 2], LabError> {
    let switch = lab.switch("sw0")?;
    let member = |name: &str, address: &str| -> Result<Member, LabError> {
        let node = lab.node(name)?;
        lab.connect(&node, &switch, "eth0", &[address])?;
        Ok(Member { node, daemon: None })
    };
    Ok([member("lb01", "192.0.2.11/24")?, member("lb02", "192.0.2.12/24")?])
}

/// The better one is Active, and the other one hears it.
fn settled(lab: &Lab) -> Result<[Member; 2], LabError> {
    let [mut one, mut two] = pair(lab)?;
    one.start(&config(150, ""))?;
    one.wait_for("MASTER")?;
    two.start(&config(100, ""))?;
    two.wait_for("BACKUP")?;
    Ok([one, two])
}

/// The lines of the page's block of this name.
fn block(scenario: &str) -> Vec<&'static str> {
    let head = format!("```text {scenario}");
    let lines: Vec<&str> = PAGE
        .lines()
        .skip_while(|line| *line != head)
        .skip(1)
        .take_while(|line| *line != "```")
        .collect();
    assert!(lines.len() > 1, "the page has no block {head:?}");
    lines
}

/// A line without what differs from run to run: a number in front of a unit of time, a hardware address.
fn without_times(line: &str) -> String {
    let plain = |word: &str| word.trim_matches(|letter| "(),;.".contains(letter)).to_owned();
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut kept = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).map(|next| plain(next)).unwrap_or_default();
        let is_time = plain(word).parse::<f64>().is_ok() && ["ms", "s", "min"].contains(&next.as_str());
        let is_unit = ["ms", "s", "min"].contains(&plain(word).as_str());
        let is_mac = plain(word).split(':').count() == 6;
        if !(is_time || is_unit || is_mac) {
            kept.push(*word);
        }
    }
    kept.join(" ")
}

/// Everything that the block shows is said.
fn compare(scenario: &str, members: &[&Member]) -> Outcome {
    let mut said = String::new();
    for line in block(scenario) {
        let prompt = line.split_once("# ").filter(|(node, _)| node.starts_with("lb"));
        if let Some((name, command)) = prompt {
            let member = members.iter().find(|member| member.node.name() == name);
            let member = member.ok_or_else(|| LabError::Other(format!("there is no node {name}")))?;
            said = member.said(command)?;
            continue;
        }
        let wanted = without_times(line);
        assert!(
            said.lines().any(|now| without_times(now) == wanted),
            "{scenario}: the page shows\n{line}\nand what was said is\n{said}"
        );
    }
    Ok(())
}

#[test]
fn a_filter_that_drops_advertisements() {
    inside("a_filter_that_drops_advertisements", || {
        let lab = Lab::new()?;
        let [mut one, mut two] = pair(&lab)?;
        let nft = find("nft")?;
        let rules = "add table inet filter; add chain inet filter input { type filter hook input priority 0; policy drop; }; \
                     add rule inet filter input tcp dport 22 accept";
        let made = two
            .node
            .within(|| Command::new(nft).arg(rules).status().map_err(LabError::io("nft")))??;
        assert!(made.success());
        one.start(&config(150, ""))?;
        two.start(&config(100, ""))?;
        one.wait_for("MASTER")?;
        two.wait_for("MASTER")?;
        compare("filter", &[&one, &two])
    });
}

#[test]
fn two_passwords() {
    inside("two_passwords", || {
        let lab = Lab::new()?;
        let [mut one, mut two] = pair(&lab)?;
        one.start(&config(150, ""))?;
        two.start(&config(100, "").replace("secret42", "secret43"))?;
        one.wait_for("MASTER")?;
        two.wait_for("MASTER")?;
        compare("password", &[&one, &two])
    });
}

#[test]
fn a_link_that_is_down() {
    inside("a_link_that_is_down", || {
        let lab = Lab::new()?;
        let [one, two] = settled(&lab)?;
        two.node.ip(&["link", "set", "eth0", "down"])?;
        two.wait_for("FAULT")?;
        compare("link", &[&one, &two])
    });
}

#[test]
fn a_check_that_fails() {
    inside("a_check_that_fails", || {
        let lab = Lab::new()?;
        let [mut one, two] = pair(&lab)?;
        let check =
            "vrrp_script web {\n    script \"/bin/false\"\n    interval 1\n    fall 1\n    user root\n}\n";
        let tracking = config(150, "    track_script {\n        web\n    }\n");
        one.start(&format!("{check}{tracking}"))?;
        one.wait_for("FAULT")?;
        // The first result is told with how long it took.
        until("the check has failed twice", LIMIT, || {
            let said = one.said("vrrpctl explain VI_1").ok()?;
            said.contains("(exit 1),").then_some(())
        })?;
        compare("check", &[&one, &two])
    });
}

#[test]
fn one_that_does_not_preempt() {
    inside("one_that_does_not_preempt", || {
        let lab = Lab::new()?;
        let [mut one, mut two] = pair(&lab)?;
        two.start(&config(100, ""))?;
        two.wait_for("MASTER")?;
        one.start(&config(150, "    nopreempt\n"))?;
        one.wait_for("BACKUP")?;
        until("lb01 hears lb02", LIMIT, || {
            let said = one.said("vrrpctl explain VI_1").ok()?;
            said.contains("of 192.0.2.12").then_some(())
        })?;
        compare("nopreempt", &[&one, &two])
    });
}

#[test]
fn one_in_maintenance() {
    inside("one_in_maintenance", || {
        let lab = Lab::new()?;
        let [one, two] = settled(&lab)?;
        one.said("vrrpctl maintenance on")?;
        two.wait_for("MASTER")?;
        until("lb01 hears lb02", LIMIT, || {
            let said = one.said("vrrpctl explain VI_1").ok()?;
            said.contains("of 192.0.2.12").then_some(())
        })?;
        compare("maintenance", &[&one, &two])
    });
}

#[test]
fn a_file_that_cannot_run() {
    inside("a_file_that_cannot_run", || {
        let lab = Lab::new()?;
        let [_, two] = pair(&lab)?;
        let bad = config(100, "").replace("virtual_router_id 51", "virtual_router_id 351");
        let path = two.node.folder().join("bad.conf");
        std::fs::write(&path, bad).map_err(LabError::io("bad.conf"))?;
        compare("start", &[&two])
    });
}

/// A block that no test compares would grow old unseen.
#[test]
fn every_block_of_the_page_is_compared() {
    let of_page: Vec<&str> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("```text "))
        .collect();
    let compared = [
        "filter",
        "password",
        "link",
        "check",
        "nopreempt",
        "maintenance",
        "start",
    ];
    assert_eq!(of_page, compared);
}
