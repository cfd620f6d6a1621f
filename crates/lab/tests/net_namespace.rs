//! `net_namespace`: a daemon that is started in one network and works in another.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use vrrp_lab::conf::{Config, Instance};
use vrrp_lab::daemon::Daemon;
use vrrp_lab::private::test_with_ours as inside;
use vrrp_lab::program::find_own;
use vrrp_lab::tap::Tap;
use vrrp_lab::topology::{Lab, Node};
use vrrp_lab::wait::until;
use vrrp_lab::{LabError, Stamp, private};

type Outcome = Result<(), LabError>;

const LIMIT: Duration = Duration::from_secs(20);

/// A vrrpd in the network of the test itself, killed when dropped.
struct Outside {
    child: Child,
    log: PathBuf,
    file: PathBuf,
}

impl Outside {
    fn start(folder: &Path, name: &str, config: &str) -> Result<Self, LabError> {
        let (file, log) = (
            folder.join(format!("{name}.conf")),
            folder.join(format!("{name}.log")),
        );
        std::fs::write(&file, config).map_err(LabError::io("the file"))?;
        let said = std::fs::File::create(&log).map_err(LabError::io("the log"))?;
        let child = Command::new(Daemon::Vrrpd.program()?)
            .arg("-f")
            .arg(&file)
            .stderr(said)
            .stdout(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .map_err(LabError::io("vrrpd"))?;
        Ok(Self { child, log, file })
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn told(&self, error: &LabError) -> LabError {
        LabError::Other(format!("{error}; log:\n{}", self.said()))
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn status(words: &[&str]) -> Result<Value, LabError> {
    let program = find_own("vrrpctl", "VRRPCTL_BIN")?.display().to_string();
    let text = private::run(&program, [words, &["status", "--json"]].concat())?;
    serde_json::from_str(&text).map_err(|error| LabError::Other(format!("{error}: {text}")))
}

/// The file of one node, whose interface is called as everybody's.
fn config(network: &str, more: &str) -> String {
    let mut instance = Instance::new("eth1", 51, 150, 100, "192.0.2.51/24");
    instance.extra = vec![more.to_owned()];
    format!("net_namespace {network}\n{}", Config::of(instance).text())
}

fn held(node: &Node) -> Outcome {
    until(&format!("{} holds it", node.name()), LIMIT, || {
        node.holds("192.0.2.51").ok()?.then_some(())
    })
}

#[test]
fn two_daemons_work_each_in_a_network_of_its_own() {
    inside("two_daemons_work_each_in_a_network_of_its_own", two_networks);
}

fn two_networks() -> Outcome {
    let lab = Lab::new()?;
    let (red, blue) = (lab.node("red")?, lab.node("blue")?);
    let wire = |node: &Node, switch: &str| {
        let switch = lab.switch(switch)?;
        lab.connect(node, &switch, "eth1", &["192.0.2.1/24"])
    };
    let (cable, _other) = (wire(&red, "lan1")?, wire(&blue, "lan2")?);
    let tap = Tap::start(&cable)?;
    // Script security wants folders that nobody else may write.
    private::run("chmod", ["755", "/run"])?;
    let folder = red.folder().to_owned();
    let script = folder.join("told.sh");
    let text = format!("#!/bin/sh\nip -o link > {}\n", folder.join("links").display());
    std::fs::write(&script, text).map_err(LabError::io("the script"))?;
    private::run("chmod", ["755", &script.display().to_string()])?;
    let hook = format!("notify_master {}", script.display());
    let first = Outside::start(&folder, "red", &config("red", &hook))?;
    let second = Outside::start(&folder, "blue", &config("blue", "no_accept"))?;
    held(&red).map_err(|error| first.told(&error))?;
    held(&blue).map_err(|error| second.told(&error))?;
    let own = private::run("ip", ["-o", "address"])?;
    assert!(
        !own.contains("192.0.2.51"),
        "it stays out of the network it was started in: {own}"
    );
    until("advertisements", LIMIT, || {
        (tap.adverts(51, Stamp(0)).len() > 2).then_some(())
    })?;
    // Scripts are in it, too.
    let links = || {
        std::fs::read_to_string(folder.join("links"))
            .ok()
            .filter(|text| text.contains("lo:"))
    };
    let links = until("what the script has seen", LIMIT, links).map_err(|error| first.told(&error))?;
    assert!(links.contains("eth1"), "{links}");
    // Each has a socket of its own, by the name of its network, and vrrpctl finds it.
    for (name, daemon) in [("red", &first), ("blue", &second)] {
        let status = status(&["--namespace", name])?;
        assert_eq!(status["daemon"]["pid"], daemon.child.id());
        assert_eq!(status["daemon"]["net_namespace"], name);
        assert!(Path::new("/run/vrrpd").join(name).join("control.sock").exists());
    }
    reloads(&first)?;
    held(&red)
}

/// Another network is refused as a whole; anything else in the file is not carried out with it.
fn reloads(daemon: &Outside) -> Outcome {
    let pid = nix::unistd::Pid::from_raw(daemon.child.id().cast_signed());
    let reload = |text: &str, expected: &str| {
        std::fs::write(&daemon.file, text).map_err(LabError::io("the file"))?;
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGHUP).map_err(LabError::errno("SIGHUP"))?;
        until(expected, LIMIT, || daemon.said().contains(expected).then_some(()))
            .map_err(|error| daemon.told(&error))
    };
    let other = config("blue", "").replace("priority 150", "priority 140");
    reload(
        &other,
        "red.conf:1: net_namespace blue, and vrrpd was started with red",
    )?;
    reload(
        &other.replace("net_namespace blue\n", ""),
        "no net_namespace, and vrrpd was started with red",
    )?;
    assert_eq!(status(&["-s", "red"])?["instances"][0]["priority"]["base"], 150);
    // An interface of its own network is there, and one of this network is not.
    reload(
        &other.replace("net_namespace blue", "net_namespace red"),
        "reloaded: changed: VI_51",
    )?;
    assert_eq!(status(&["-s", "red"])?["instances"][0]["priority"]["base"], 140);
    Ok(())
}

#[test]
fn a_network_that_is_not_there_is_told_with_the_cure() {
    inside("a_network_that_is_not_there_is_told_with_the_cure", not_there);
}

fn not_there() -> Outcome {
    let lab = Lab::new()?;
    let node = lab.node("red")?;
    let file = node.folder().join("green.conf");
    // What is left of one that was not deleted in an orderly way.
    std::fs::write("/run/netns/stale", "").map_err(LabError::io("/run/netns/stale"))?;
    for (name, said) in [
        (
            "green",
            "green.conf:1: there is no network namespace green (/run/netns/green does not exist); make it first: ip netns add green",
        ),
        ("stale", "is no network namespace any more"),
        ("../netns/red", "is no name of a network namespace"),
    ] {
        std::fs::write(&file, config(name, "")).map_err(LabError::io("the file"))?;
        for (words, code) in [(&["-f"][..], 2), (&["-t", "-f"], 4)] {
            let output = Command::new(Daemon::Vrrpd.program()?)
                .args(words)
                .arg(&file)
                .output()
                .map_err(LabError::io("vrrpd"))?;
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{name}: {text}");
            assert!(text.contains(said), "{name}: {text}");
        }
        assert!(!Path::new("/run/vrrpd").exists(), "nothing was begun");
    }
    std::fs::remove_file("/run/netns/stale").map_err(LabError::io("/run/netns/stale"))
}

#[test]
fn interfaces_are_looked_for_in_the_network_that_the_file_names() {
    inside(
        "interfaces_are_looked_for_in_the_network_that_the_file_names",
        looked_for,
    );
}

/// `eth1` is in the node alone, `dummy9` in the network of the test alone.
fn looked_for() -> Outcome {
    let lab = Lab::new()?;
    let node = lab.node("red")?;
    let switch = lab.switch("lan")?;
    let _cable = lab.connect(&node, &switch, "eth1", &["192.0.2.1/24"])?;
    private::run("ip", ["link", "add", "dummy9", "type", "bridge"])?;
    let file = node.folder().join("red.conf");
    let test = |text: &str| {
        std::fs::write(&file, text).map_err(LabError::io("the file"))?;
        let code = |program: PathBuf, words: &[&str]| {
            let output = Command::new(program).args(words).arg(&file).output();
            output
                .map(|output| output.status.code())
                .map_err(LabError::io("a test"))
        };
        let vrrpd = code(Daemon::Vrrpd.program()?, &["-t", "-f"])?;
        let vrrpctl = code(find_own("vrrpctl", "VRRPCTL_BIN")?, &["check"])?;
        Ok::<_, LabError>((vrrpd, vrrpctl))
    };
    let good = config("red", "");
    assert_eq!(test(&good)?, (Some(0), Some(0)));
    let wrong = good.replace("interface eth1", "interface dummy9");
    assert_eq!(test(&wrong)?, (Some(5), Some(4)));
    // The same names without it.
    let without = |text: &str| text.replace("net_namespace red\n", "");
    assert_eq!(test(&without(&wrong))?, (Some(0), Some(0)));
    assert_eq!(test(&without(&good))?, (Some(5), Some(4)));
    Ok(())
}
