//! Virtual servers where the kernel cannot balance, and files that are wrong: what is said, and that nothing is half begun. With
//! a kernel that can, the lab has them end to end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::io::Write as _;

use node::{file, folder, refusal, vrrpd};

const CF: &str = "checktimeout=3\ncheckinterval=2\nvirtual=192.0.2.100:80\n\treal=192.0.2.10:80 gate\n\tservice=http\n\
                  \tscheduler=rr\n\tprotocol=tcp\n\trequest=\"index.html\"\n";

/// Skipping is said alone on a line, and in the file that collects it.
fn skip(name: &str, reason: &str) {
    println!("SKIP {name}: {reason}");
    if let Some(path) = std::env::var_os("VRRP_SKIP_LOG") {
        let mut log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        writeln!(log, "SKIP {name}: {reason}").unwrap();
    }
}

/// Where there is IPVS this says nothing about a kernel without.
fn without_ipvs(name: &str) -> bool {
    let missing = matches!(vrrp_ipvs::Client::open(), Err(vrrp_ipvs::Error::NoIpvs));
    if !missing {
        skip(name, "this kernel has IPVS");
    }
    missing
}

#[test]
fn without_ip_vs_nothing_is_started_and_the_module_is_named() {
    if !without_ipvs("ipvs_missing_in_vrrpd") {
        return;
    }
    let place = folder();
    let path = file(&place, CF);
    let socket = place.join("control.sock");
    for tested in [true, false] {
        let mut command = vrrpd();
        command.arg("--ldirectord").arg(&path);
        command.arg("--control").arg(&socket);
        if tested {
            command.arg("-t");
        }
        let (code, said) = refusal(command);
        let expected = if tested { 4 } else { 2 };
        assert_eq!(code, expected, "{said}");
        for word in ["ip_vs", "--allow-missing lvs", ":3"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!socket.exists(), "{said}");
    }
    let mut command = vrrpd();
    command
        .args(["--allow-missing", "lvs", "-t", "--ldirectord"])
        .arg(&path);
    let (code, said) = refusal(command);
    assert_eq!(code, 4, "there is nothing else to run: {said}");
    assert!(said.contains("not carried out, as allowed"), "{said}");
}

#[test]
fn a_wrong_line_is_told_with_its_place_and_what_to_do() {
    let place = folder();
    let path = file(&place, &CF.replace("gate\n", "gate 70000000000\n"));
    let mut command = vrrpd();
    command.args(["-t", "--ldirectord"]).arg(&path);
    let (code, said) = refusal(command);
    assert_ne!(code, 0, "{said}");
    assert!(said.contains(":4:"), "{said}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let mut command = vrrpd();
    command.args(["--ldirectord", "/nowhere/ldirectord.cf"]);
    let (code, said) = refusal(command);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("/nowhere/ldirectord.cf"), "{said}");
}
