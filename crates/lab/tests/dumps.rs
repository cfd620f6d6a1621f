//! The JSON dump of two nodes beside that of two of keepalived, with the same files.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use vrrp_lab::daemon::{Daemon, Running};
use vrrp_lab::skip::skip;
use vrrp_lab::topology::{Lab, Node};
use vrrp_lab::wait::until;
use vrrp_lab::{LabError, private};

const LIMIT: Duration = Duration::from_secs(30);

/// Where ours differs from keepalived 2.2.7, and why; docs/metrics.md says it to users.
const KNOWN: [(&str, &str); 1] = [("auth_data", "a password")];

/// Of 2.4.3 alone.
fn is_newer(field: &str) -> bool {
    field.starts_with("auth_ext_")
}

/// `first` is the better node of VI_1 and VI_3, and the worse of VI_2.
fn config(first: bool) -> String {
    let (high, low) = if first { (150, 100) } else { (100, 150) };
    format!(
        "global_defs {{\n router_id lab\n script_user root\n enable_script_security\n}}\n\
         vrrp_script chk {{\n script \"/usr/bin/test -d /proc\"\n interval 1\n weight 10\n}}\n\
         vrrp_instance VI_1 {{\n state BACKUP\n interface eth1\n virtual_router_id 51\n priority {high}\n version 3\n \
         advert_int 0.5\n preempt_delay 3\n no_accept\n garp_master_delay 2\n garp_master_refresh 30\n track_script {{\n chk\n }}\n \
         virtual_ipaddress {{\n 192.0.2.51/32 dev eth1\n 192.0.2.52/24 dev eth1 label eth1:vip\n 192.0.2.53 scope link\n }}\n \
         virtual_ipaddress_excluded {{\n 192.0.2.151/32 dev eth1\n }}\n}}\n\
         vrrp_instance VI_2 {{\n state BACKUP\n nopreempt\n interface eth1\n virtual_router_id 52\n priority {low}\n version 2\n \
         advert_int 1\n authentication {{\n auth_type PASS\n auth_pass secret\n }}\n \
         virtual_ipaddress {{\n 192.0.2.60/24 brd 192.0.2.255\n }}\n}}\n\
         vrrp_instance VI_3 {{\n state BACKUP\n interface eth1\n virtual_router_id 53\n priority {high}\n version 3\n \
         advert_int 1\n no_accept\n dont_track_primary\n track_interface {{\n eth1 weight 5\n }}\n \
         virtual_ipaddress {{\n fe80::5:53/64\n 2001:db8::53/64\n }}\n}}\n"
    )
}

/// keepalived writes into `/tmp`: each has one of its own.
fn start(daemon: Daemon, node: &Node, first: bool) -> Result<Running, LabError> {
    let words: Vec<OsString> = match daemon {
        Daemon::Vrrpd => Vec::new(),
        Daemon::Keepalived => [
            "unshare",
            "--mount",
            "sh",
            "-c",
            "mount --bind \"$0\" /tmp && exec \"$@\"",
        ]
        .map(OsString::from)
        .into_iter()
        .chain([node.folder().as_os_str().to_owned()])
        .collect(),
    };
    daemon.start_under(&words, node, &config(first), false)
}

/// What the program itself says of its signals.
fn signum(daemon: Daemon, name: &str) -> Result<String, LabError> {
    let output = Command::new(daemon.program()?)
        .arg(format!("--signum={name}"))
        .output()
        .map_err(LabError::io(daemon.name()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The next dump of a node.
fn dump(node: &Node, running: &Running, signal: i32) -> Result<Vec<Value>, LabError> {
    let path = node.folder().join("keepalived.json");
    let _ = std::fs::remove_file(&path);
    let pid = Pid::from_raw(i32::try_from(running.process.id()).unwrap_or(0));
    // A real-time signal is none of nix's.
    let sent = Command::new("kill")
        .args([format!("-{signal}"), pid.to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()) && kill(pid, None::<Signal>).is_ok());
    until("keepalived.json", LIMIT, || {
        let text = std::fs::read_to_string(&path).ok()?;
        serde_json::from_str(&text).ok()
    })
    .map_err(|error| LabError::Other(format!("{error}\n{}", running.process.log())))
}

/// Each field with its value; of counters that grow while two are asked, whether they have grown.
fn fields(dump: &[Value]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for instance in dump {
        let name = instance["data"]["iname"].as_str().unwrap_or_default();
        for part in ["data", "stats"] {
            for (field, value) in instance[part].as_object().into_iter().flatten() {
                let shown = match field.as_str() {
                    "last_transition" => (value.as_f64() > Some(1e9)).to_string(),
                    "advert_rcvd" | "advert_sent" => (value.as_u64() > Some(0)).to_string(),
                    _ => value.to_string(),
                };
                fields.insert(format!("{name} {field}"), shown);
            }
        }
    }
    fields
}

/// Every instance is MASTER, or has heard who is.
fn is_settled(dump: &[Value]) -> bool {
    let settled = |one: &Value| {
        let data = &one["data"];
        let hears = data["state"] == 1 && data["master_priority"].as_u64() > Some(0);
        (data["state"] == 2 && one["stats"]["advert_sent"].as_u64() > Some(0)) || hears
    };
    dump.len() == 3 && dump.iter().all(settled)
}

fn observe(lab: &Lab, daemon: Daemon) -> Result<Vec<BTreeMap<String, String>>, LabError> {
    let letter = daemon.name().get(..1).unwrap_or_default();
    let switch = lab.switch(&format!("lan{letter}"))?;
    let mut nodes = Vec::new();
    for number in [1_u8, 2] {
        let node = lab.node(&format!("{letter}{number}"))?;
        let own = [format!("192.0.2.{number}/24"), format!("2001:db8::{number}/64")];
        let cable = lab.connect(&node, &switch, "eth1", &own.each_ref().map(String::as_str))?;
        let running = start(daemon, &node, number == 1)?;
        nodes.push((node, cable, running));
    }
    let signal = signum(daemon, "JSON")?.parse().unwrap_or(0);
    // Who is Active listens to signals: before, this one ends a program.
    for (node, _, running) in &nodes {
        let first = node.name().ends_with('1');
        let held = if first {
            &["192.0.2.51", "2001:db8::53"][..]
        } else {
            &["192.0.2.60"]
        };
        until("the addresses are held", LIMIT, || {
            held.iter()
                .all(|address| node.holds(address).unwrap_or(false))
                .then_some(())
        })
        .map_err(|error| LabError::Other(format!("{error}: {}", running.process.log())))?;
    }
    until("both have settled", LIMIT, || {
        let dumps: Result<Vec<_>, _> = (nodes.iter())
            .map(|(node, _, running)| dump(node, running, signal))
            .collect();
        let dumps = dumps.ok()?;
        std::thread::sleep(Duration::from_millis(50));
        (dumps.iter().all(|dump| is_settled(dump))).then(|| dumps.iter().map(|dump| fields(dump)).collect())
    })
    .map_err(|error| {
        let logs: Vec<String> = nodes
            .iter()
            .map(|(_, _, running)| running.process.log())
            .collect();
        LabError::Other(format!("{}: {error}\n{}", daemon.name(), logs.join("\n---\n")))
    })
}

#[test]
fn dumps_beside_keepalived() {
    let name = "dumps_beside_keepalived";
    for daemon in [Daemon::Vrrpd, Daemon::Keepalived] {
        if let Err(missing) = daemon.program() {
            skip(name, &missing.to_string());
            return;
        }
    }
    private::test(name, || {
        for function in ["STOP", "RELOAD", "DATA", "STATS", "JSON"] {
            let both = [Daemon::Vrrpd, Daemon::Keepalived].map(|daemon| signum(daemon, function).ok());
            assert_eq!(both[0], both[1], "{function}");
        }
        let lab = Lab::new()?;
        let ours = observe(&lab, Daemon::Vrrpd)?;
        let theirs = observe(&lab, Daemon::Keepalived)?;
        let mut seen = 0;
        let mut otherwise = Vec::new();
        for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            let states: Vec<&String> = ["VI_1", "VI_2", "VI_3"]
                .iter()
                .filter_map(|one| ours.get(&format!("{one} state")))
                .collect();
            assert_eq!(
                states,
                if number == 0 {
                    ["2", "1", "2"]
                } else {
                    ["1", "2", "1"]
                }
            );
            let mut all: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
            all.sort();
            all.dedup();
            for key in all {
                let field = key.split(' ').nth(1).unwrap_or_default();
                seen += 1;
                if ours.get(key) != theirs.get(key)
                    && !is_newer(field)
                    && !KNOWN.iter().any(|(known, _)| *known == field)
                {
                    otherwise.push(format!(
                        "node {number}: {key}: ours {:?}, keepalived's {:?}",
                        ours.get(key),
                        theirs.get(key)
                    ));
                }
            }
        }
        assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
        println!("  {seen} fields of six instances");
        Ok(())
    });
}
