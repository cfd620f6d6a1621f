//! What cannot run is refused: the place, what was found and what to do in the message, its own exit code, nothing half
//! done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::process::Command;

use node::{Node, file, folder, instance, is_root, refusal, text, unshare, vrrpd};

const GOOD: &str = "vrrp_instance VI_1 {
    interface lo
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        192.0.2.100
    }
}
";

/// `vrrpd -t`.
fn tested(config: &str, more: &[&str]) -> (i32, String) {
    let mut command = vrrpd();
    let place = folder();
    command.arg("-t").arg("-f").arg(file(&place, config)).args(more);
    refusal(command)
}

/// `vrrpd` without `-t`, with a control socket that must not be there afterwards.
fn started(config: &str, more: &[&str]) -> (i32, String) {
    let place = folder();
    let socket = place.join("control.sock");
    let mut command = vrrpd();
    command
        .arg("-f")
        .arg(file(&place, config))
        .arg("--control")
        .arg(&socket)
        .args(more);
    let answer = refusal(command);
    assert!(!socket.exists(), "a control socket was left behind: {}", answer.1);
    answer
}

#[test]
fn a_clean_file_is_0() {
    let (code, said) = tested(GOOD, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("would run VI_1"), "{said}");
}

#[test]
fn an_unknown_interface_runs_with_errors_and_is_named_with_its_place() {
    let (code, said) = tested(&GOOD.replace("interface lo", "interface nope7"), &[]);
    assert_eq!(code, 5, "{said}");
    assert!(
        said.contains("test.conf:1: VI_1: interface nope7 does not exist"),
        "{said}"
    );
}

#[test]
fn a_missing_brace_is_named_with_its_place() {
    let config = GOOD.strip_suffix("}\n").unwrap();
    let (code, said) = tested(config, &[]);
    assert_ne!(code, 0, "{said}");
    assert!(said.contains("test.conf:1"), "where the block began: {said}");
    assert!(said.contains('}'), "what is missing: {said}");
}

#[test]
fn a_bad_number_is_named_with_its_place_and_its_range() {
    let config = GOOD.replace("virtual_router_id 51", "virtual_router_id 300");
    let (code, said) = tested(&config, &[]);
    assert!(code == 4 || code == 5, "{code}: {said}");
    assert!(
        said.contains("test.conf:3") && said.contains("300") && said.contains("255"),
        "{said}"
    );
    let (code, said) = started(&config, &["--no-control"].map(|_| "-l"));
    assert_eq!(code, 2, "the only instance cannot run: {said}");
    assert!(said.contains("Nothing was started"), "{said}");
}

/// With -t, 6 is about scripts: keepalived's own meaning, though its release 2.2.7 ends with 0 here.
#[test]
fn a_file_that_is_not_there_is_6_and_4_in_a_test() {
    for (test, expected) in [(true, 4), (false, 6)] {
        let mut command = vrrpd();
        command.args(["-f", "/nonexistent/keepalived.conf", "--no-control"]);
        if test {
            command.arg("-t");
        }
        let (code, said) = refusal(command);
        assert_eq!(code, expected, "{said}");
        assert!(said.contains("/nonexistent/keepalived.conf"), "{said}");
    }
}

#[test]
fn a_file_that_may_not_be_read_is_4_in_a_test() {
    // A folder cannot be read by anybody, not even by root.
    let mut command = vrrpd();
    let place = folder();
    command.arg("-t").arg("-f").arg(&*place);
    let (code, said) = refusal(command);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("it is a folder"), "what was found: {said}");
}

#[test]
fn an_empty_file_asks_for_nothing() {
    let (code, said) = started("# nothing\n", &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("no vrrp_instance"), "{said}");
}

#[test]
fn wrong_arguments_are_64_and_help_lists_the_codes() {
    let (code, said) = refusal({
        let mut command = vrrpd();
        command.arg("--fly");
        command
    });
    assert_eq!(code, 64, "{said}");
    let help = vrrpd().arg("--help").output().unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("64  wrong arguments"));
}

#[test]
fn a_word_that_decides_keeps_its_instance_from_starting_and_names_the_way_out() {
    let config = GOOD.replace(
        "    priority 100\n",
        "    priority 100\n    use_ipvlan 192.0.2.9\n",
    );
    let (code, said) = tested(&config, &[]);
    assert_ne!(code, 0, "{said}");
    assert!(
        said.contains("test.conf:5: VI_1 does not start: use_ipvlan"),
        "{said}"
    );
    assert!(said.contains("--allow-missing use_ipvlan"), "{said}");
    let (code, said) = started(&config, &[]);
    assert_eq!(code, 2, "{said}");
    let (code, said) = tested(&config, &["--allow-missing", "use_ipvlan"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("use_ipvlan is not carried out, as allowed"),
        "{said}"
    );
    let (code, said) = tested(
        &config,
        &["--allow-missing", "use_ipvlan", "--allow-missing", "use_ipvlam"],
    );
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("--allow-missing use_ipvlam: nothing in the file"),
        "{said}"
    );
}

#[test]
fn a_place_where_no_socket_can_be_made_is_1_and_says_what_to_do() {
    let Some(mut command) = unshare() else { return };
    let place = folder();
    let config = file(&place, GOOD);
    command
        .arg(env!("CARGO_BIN_EXE_vrrpd"))
        .arg("-f")
        .arg(&config)
        .arg("--control")
        .arg(config.join("control.sock"));
    let (code, said) = refusal(command);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("--control PATH") && said.contains("Nothing was started"),
        "{said}"
    );
}

/// What keepalived would run and vrrpd cannot: nobody may take the real server for checked.
#[test]
fn a_check_that_is_not_carried_out_keeps_the_daemon_from_starting() {
    let config = format!(
        "{GOOD}virtual_server 192.0.2.100 80 {{\n    real_server 10.0.0.1 80 {{\n        HTTP_GET {{\n            url {{\n                path index.html\n            }}\n        }}\n    }}\n}}\n"
    );
    let (code, said) = tested(&config, &[]);
    assert_eq!(code, 4, "{said}");
    assert!(
        said.contains("test.conf:11") && said.contains("--allow-missing HTTP_GET"),
        "{said}"
    );
    let (code, said) = started(&config, &[]);
    assert_eq!(code, 2, "{said}");
}

#[test]
fn a_script_that_is_not_there_is_5_and_one_that_others_can_write_is_6() {
    let with = |script: &str, global: &str| {
        format!(
            "{global}vrrp_script chk {{\n    script \"{script}\"\n}}\n{}",
            GOOD.replace(
                "    priority 100\n",
                "    priority 100\n    track_script {\n        chk\n    }\n"
            )
        )
    };
    let (code, said) = tested(&with("/nonexistent/check.sh", ""), &[]);
    assert_eq!(code, 5, "{said}");
    assert!(
        said.contains("test.conf:1: script of chk") && said.contains("/nonexistent/check.sh"),
        "{said}"
    );
    // keepalived -t: "SECURITY VIOLATION - scripts are being executed but script_security not enabled", 6.
    let (code, said) = tested(&with("/bin/true", ""), &[]);
    assert_eq!(code, 6, "{said}");
    assert!(said.contains("enable_script_security is not set"), "{said}");
    let asked = "global_defs {\n    enable_script_security\n}\n";
    let (code, said) = tested(&with("/bin/true", asked), &[]);
    assert_eq!(code, 0, "{said}");
    if !is_root() {
        eprintln!(
            "SKIP script_security: only scripts that run as root are looked at, and this user is not root"
        );
        return;
    }
    let folder = folder();
    let script = node::script(&folder, "open.sh", "exit 0");
    Command::new("chmod").args(["0777", &script]).status().unwrap();
    let secure = "global_defs {\n    enable_script_security\n    script_user root\n}\n";
    let (code, said) = tested(&with(&script, secure), &[]);
    assert_eq!(code, 6, "{said}");
}

#[test]
fn a_missing_capability_is_named_before_anything_is_begun() {
    let place = folder();
    let socket = place.join("control.sock");
    let config = file(&place, GOOD);
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args([
            "--bounding-set",
            "-net_raw",
            "--inh-caps",
            "-net_raw",
            env!("CARGO_BIN_EXE_vrrpd"),
        ]);
        command
    } else {
        vrrpd()
    };
    command.arg("-f").arg(&config).arg("--control").arg(&socket);
    let (code, said) = refusal(command);
    assert_eq!(code, 4, "{said}");
    assert!(
        said.contains("missing CAP_NET_RAW") && said.contains("AmbientCapabilities="),
        "{said}"
    );
    assert!(said.contains("Nothing was started"), "{said}");
    assert!(!socket.exists());
}

#[test]
fn a_capability_of_another_namespace_is_not_enough_and_is_named() {
    // All capabilities, but of a user namespace that does not own the network.
    let place = folder();
    let config = file(&place, GOOD);
    let mut command = Command::new("unshare");
    command
        .args(["-Ur", env!("CARGO_BIN_EXE_vrrpd"), "--no-control", "-f"])
        .arg(&config);
    match Command::new("unshare").args(["-Ur", "true"]).status() {
        Ok(status) if status.success() => {}
        _ => {
            eprintln!("SKIP capability_of_another_namespace: user namespaces are refused here");
            return;
        }
    }
    let (code, said) = refusal(command);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("CAP_NET_"), "{said}");
}

#[test]
fn a_control_socket_in_use_is_3_and_stays_with_its_owner() {
    let Some(mut command) = unshare() else { return };
    let place = folder();
    let socket = place.join("control.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let _ = BufReader::new(stream.try_clone().unwrap()).read_line(&mut line);
            let _ = stream.write_all(
                b"{\"version\":1,\"answer\":{\"hello\":{\"program\":\"vrrpd\",\"program_version\":\"0.0.9\",\"pid\":4711}}}\n",
            );
        }
    });
    command
        .arg(env!("CARGO_BIN_EXE_vrrpd"))
        .arg("-f")
        .arg(file(&place, GOOD))
        .arg("--control")
        .arg(&socket);
    let (code, said) = refusal(command);
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains("vrrpd 0.0.9, process 4711, answers there"),
        "{said}"
    );
    assert!(said.contains("Nothing was started"), "{said}");
    assert!(
        std::os::unix::net::UnixStream::connect(&socket).is_ok(),
        "the owner still listens"
    );
}

#[test]
fn a_second_daemon_on_the_same_socket_leaves_the_first_one_alone() {
    let Some(first) = Node::start(&instance("VI_1", 51, "192.0.2.100/24", ""), &[]) else {
        return;
    };
    let before = first.until_state("VI_1", "MASTER");
    let mut command = unshare().unwrap();
    let place = folder();
    command
        .arg(env!("CARGO_BIN_EXE_vrrpd"))
        .arg("-f")
        .arg(file(&place, GOOD))
        .arg("--control")
        .arg(first.socket());
    let (code, said) = refusal(command);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains(&format!("process {}", before.daemon.pid)), "{said}");
    assert_eq!(first.status().daemon.pid, before.daemon.pid);
    assert_eq!(first.instance("VI_1").counters["master-transitions"], 1);
}

/// keepalived's `-f` takes a pattern.
#[test]
fn a_pattern_names_many_files() {
    let folder = folder();
    for (name, vrid) in [("a", 51), ("b", 52)] {
        let text = instance(name, vrid, &format!("192.0.2.{vrid}/24"), "").replace("eth1", "lo");
        std::fs::write(folder.join(format!("{name}.conf")), text).unwrap();
    }
    let test = |pattern: &str| {
        let mut command = vrrpd();
        command.arg("-t").arg("-f").arg(folder.join(pattern));
        refusal(command)
    };
    let (code, said) = test("*.conf");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("would run a, b"), "{said}");
    let (code, said) = test("*.cfg");
    assert!(
        code == 4 && said.contains("no file matches this pattern"),
        "{code}: {said}"
    );
}
