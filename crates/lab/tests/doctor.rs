//! `vrrpctl doctor` beside running daemons, in networks in which the faults are really made.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use vrrp_lab::LabError;
use vrrp_lab::conf::{Config, Instance};
use vrrp_lab::daemon::{Daemon, Running};
use vrrp_lab::private::test_with_ours as inside;
use vrrp_lab::program::find_own;
use vrrp_lab::topology::{Lab, Node, Switch};
use vrrp_lab::wait::until;

type Outcome = Result<(), LabError>;

const LIMIT: Duration = Duration::from_secs(20);

/// A node with one vrrpd.
struct Member {
    node: Node,
    daemon: Running,
}

impl Member {
    fn new(lab: &Lab, switch: &Switch, name: &str, own: &str, instance: Instance) -> Result<Self, LabError> {
        let node = lab.node(name)?;
        lab.connect(&node, switch, "eth1", &[own])?;
        for of in ["all", "eth1"] {
            node.set(&format!("net/ipv4/conf/{of}/rp_filter"), "0")?;
        }
        let daemon = Daemon::Vrrpd.start(&node, &Config::of(instance).text(), false)?;
        Ok(Self { node, daemon })
    }

    fn wait_for(&self, state: &str) -> Outcome {
        until(&format!("{} is {state}", self.node.name()), LIMIT, || {
            let status = self.daemon.status().ok()?;
            (status["instances"][0]["keepalived_state"] == state).then_some(())
        })
    }

    /// All findings, and the exit code.
    fn doctor(&self) -> Result<(Vec<Value>, Option<i32>), LabError> {
        self.node.within(|| self.doctor_from_here())?
    }

    /// From another network than the node's.
    fn doctor_from_here(&self) -> Result<(Vec<Value>, Option<i32>), LabError> {
        let output = Command::new(find_own("vrrpctl", "VRRPCTL_BIN")?)
            .args(["doctor", "--json", "--listen", "1", "--socket"])
            .arg(self.daemon.socket())
            .output();
        let output = output.map_err(LabError::io("vrrpctl doctor"))?;
        let report: Value = serde_json::from_slice(&output.stdout).map_err(|error| {
            LabError::Other(format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
        })?;
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        Ok((findings, output.status.code()))
    }
}

fn instance(priority: u8, address: &str) -> Instance {
    Instance::new("eth1", 51, priority, 100, address)
}

fn find<'a>(findings: &'a [Value], check: &str, level: &str) -> &'a str {
    let found = findings
        .iter()
        .find(|one| one["check"] == check && one["level"] == level);
    let found = found.unwrap_or_else(|| panic!("no {level} of {check} in {findings:#?}"));
    found["found"].as_str().expect("text")
}

/// The address brings no route to the peer.
fn pair(lab: &Lab, switch: &Switch, second: &str) -> Result<[Member; 2], LabError> {
    let one = Member::new(
        lab,
        switch,
        "lb01",
        "192.0.2.1/24",
        instance(150, "192.0.2.51/32"),
    )?;
    one.wait_for("MASTER")?;
    let two = Member::new(lab, switch, "lb02", second, instance(100, "192.0.2.51/32"))?;
    two.wait_for("BACKUP")?;
    Ok([one, two])
}

#[test]
fn a_pair_that_is_well_has_no_fault() {
    inside("a_pair_that_is_well_has_no_fault", || {
        let lab = Lab::new()?;
        let switch = lab.switch("sw0")?;
        let [one, two] = pair(&lab, &switch, "192.0.2.2/24")?;
        let (findings, _) = two.doctor()?;
        assert!(
            findings.iter().all(|one| one["level"] != "fault"),
            "{findings:#?}"
        );
        let heard = find(&findings, "reception", "ok");
        assert!(
            heard.starts_with("advertisements of 192.0.2.1 came in at eth1"),
            "{heard}"
        );
        let with = find(&findings, "neighbours", "ok");
        assert!(with.starts_with("192.0.2.51 is with 02:00:00:00:01:"), "{with}");
        find(&findings, "vrid", "ok");
        let (findings, _) = two.doctor_from_here()?;
        find(&findings, "reception", "ok");
        let elsewhere = find(&findings, "managers", "unchecked");
        assert!(elsewhere.contains("another network namespace"), "{elsewhere}");
        let (findings, code) = one.doctor()?;
        assert!(
            findings.iter().all(|one| one["level"] != "fault"),
            "{findings:#?}"
        );
        assert_ne!(code, Some(1));
        let here = find(&findings, "neighbours", "ok");
        assert!(
            here.starts_with("192.0.2.51 is here, and nobody else answers"),
            "{here}"
        );
        let rejected = &one.daemon.status()?["daemon"]["rejected"];
        assert_eq!(rejected, &serde_json::json!({}), "nothing was sent to it");
        Ok(())
    });
}

/// What comes in is dropped behind the card (here by rp_filter, as a packet filter does): both are Active.
#[test]
fn what_is_dropped_in_the_machine_is_told_from_what_does_not_come() {
    inside(
        "what_is_dropped_in_the_machine_is_told_from_what_does_not_come",
        || {
            let lab = Lab::new()?;
            let switch = lab.switch("sw0")?;
            let [_one, two] = pair(&lab, &switch, "198.51.100.2/24")?;
            two.node.set("net/ipv4/conf/eth1/rp_filter", "1")?;
            two.wait_for("MASTER")?;
            let (findings, code) = two.doctor()?;
            let lost = find(&findings, "reception", "fault");
            assert!(
                lost.contains("of 192.0.2.1 came in at eth1, and none of them reached a socket"),
                "{lost}"
            );
            let both = find(&findings, "vrid", "fault");
            assert!(
                both.starts_with("this node and 192.0.2.1 are Active for VRID 51"),
                "{both}"
            );
            let answers = find(&findings, "neighbours", "fault");
            assert!(answers.contains("answers for it at eth1 as well"), "{answers}");
            assert_eq!(
                find(&findings, "sysctl", "warning"),
                "rp_filter of eth1 is 1 (strict)"
            );
            assert_eq!(code, Some(1));
            Ok(())
        },
    );
}

#[test]
fn a_stranger_with_the_same_vrid_is_named() {
    inside("a_stranger_with_the_same_vrid_is_named", || {
        let lab = Lab::new()?;
        let switch = lab.switch("sw0")?;
        let [_one, two] = pair(&lab, &switch, "192.0.2.2/24")?;
        let stranger = instance(200, "203.0.113.9/24");
        let three = Member::new(&lab, &switch, "lb03", "192.0.2.3/24", stranger)?;
        three.wait_for("MASTER")?;
        let (findings, code) = two.doctor()?;
        let told: Vec<&str> = findings
            .iter()
            .filter(|one| one["check"] == "vrid" && one["level"] == "fault")
            .filter_map(|one| one["found"].as_str())
            .collect();
        let named = "192.0.2.3 speaks for VRID 51 with 203.0.113.9, this instance has 192.0.2.51";
        assert!(told.contains(&named), "{told:?}");
        assert_eq!(code, Some(1));
        Ok(())
    });
}
