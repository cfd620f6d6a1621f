//! Scripts: who tracks them, what they do, and how long that takes.

use super::text::{found, tracked, trips, web};

/// A check with this command, tracked, and as somebody.
fn command(command: &str) -> String {
    timed(command, "interval 2\ntimeout 2")
}

fn timed(command: &str, lines: &str) -> String {
    let script = format!("vrrp_script chk {{\nscript \"{command}\"\nuser nobody\n{lines}\n}}\n");
    script + &web("track_script {\nchk\n}")
}

#[test]
fn a_script_that_nothing_tracks() {
    let script = "vrrp_script chk {\nscript /etc/chk\ninterval 2\n}\n";
    let unused = format!("{script}{}", web(""));
    trips("unused-script", &unused, "1:1", &tracked("", ""));
    let group = format!("{unused}vrrp_sync_group G {{\ngroup {{\nweb\n}}\ntrack_script {{\nchk\n}}\n}}\n");
    trips("unused-script", &unused, "1:1", &group);
    // The same name in another list is another thing.
    for list in ["track_interface", "unicast_peer", "track_file"] {
        let text = format!("{script}{}", web(&format!("{list} {{\nchk\n}}")));
        assert!(
            found(&text).iter().any(|found| found.code == "unused-script"),
            "{list}"
        );
    }
    // A line that a rule takes away was said by parsing.
    let owner = tracked("weight 2", "priority 255");
    assert!(found(&owner).iter().all(|found| found.code != "unused-script"));
}

#[test]
fn commands_about_keepalived() {
    trips(
        "stops-keepalived",
        &command("/bin/sh -c 'pidof nginx || systemctl stop keepalived'"),
        "2:9",
        &command("/bin/sh -c 'pidof nginx || systemctl stop nginx'"),
    );
    trips(
        "asks-for-keepalived",
        &command("/usr/bin/killall -0 keepalived"),
        "2:9",
        &command("/usr/bin/killall -0 haproxy"),
    );
    let notify = |line: &str| web(&format!("notify_fault \"{line}\""));
    let one = trips(
        "stops-keepalived",
        &notify("/usr/bin/systemctl restart keepalived"),
        "7:15",
        &notify("/usr/bin/systemctl restart nginx"),
    );
    assert_eq!(one.instance.as_deref(), Some("web"));
}

#[test]
fn a_check_that_asks_for_a_process() {
    let one = trips(
        "process-check",
        &command("/usr/bin/pidof nginx"),
        "2:9",
        &command("/usr/bin/curl -f http://127.0.0.1/"),
    );
    assert!(
        one.help.contains("vrrp_track_process with process nginx"),
        "{}",
        one.help
    );
    // The other rule says it.
    let about = found(&command("/usr/bin/killall -0 keepalived"));
    assert!(about.iter().all(|found| found.code != "process-check"));
}

#[test]
fn commands_without_a_place() {
    trips(
        "relative-script",
        &command("killall -9 x"),
        "2:9",
        &command("/usr/bin/killall -9 x"),
    );
    trips(
        "relative-script",
        &web("notify ./notify.sh"),
        "7:8",
        &web("notify /etc/keepalived/notify.sh"),
    );
}

#[test]
fn commands_of_nobody() {
    let text =
        "vrrp_script chk {\nscript /etc/chk\ninterval 2\n}\n".to_owned() + &web("track_script {\nchk\n}");
    trips("script-user-unset", &text, "2:8", &tracked("", ""));
    let global = format!("global_defs {{\nscript_user nobody\n}}\n{text}");
    trips("script-user-unset", &text, "2:8", &global);
    trips(
        "script-user-unset",
        &web("notify_master /etc/m"),
        "7:15",
        &web("notify_master /etc/m nobody"),
    );
}

#[test]
fn times_that_are_not_written() {
    trips(
        "untimed-script",
        &timed("/etc/chk", ""),
        "1:1",
        &timed("/etc/chk", "interval 1"),
    );
    trips(
        "untimed-script",
        &timed("/etc/chk", ""),
        "1:1",
        &timed("/etc/chk", "timeout 1"),
    );
}

#[test]
fn times_that_are_too_short_or_too_long() {
    trips(
        "fast-script",
        &timed("/etc/chk", "interval 0.4"),
        "4:10",
        &timed("/etc/chk", "interval 0.5"),
    );
    // A connection is no process.
    assert!(
        found(&timed("</dev/tcp/127.0.0.1/80", "interval 0.1"))
            .iter()
            .all(|found| found.code != "fast-script")
    );
    // 9 × 3 + 3 s.
    trips(
        "slow-check",
        &timed("/etc/chk", "interval 9\nfall 3\ntimeout 3"),
        "4:10",
        &timed("/etc/chk", "interval 9\nfall 3\ntimeout 2"),
    );
    trips(
        "timeout-above-interval",
        &timed("/etc/chk", "interval 2\ntimeout 3"),
        "5:9",
        &timed("/etc/chk", "interval 2\ntimeout 2"),
    );
}

/// What an application says takes no time, and its silence is found once in an interval.
#[test]
fn a_word_that_counts_for_less_than_an_interval() {
    let push = |lines: &str| {
        let check = format!("vrrp_check chk {{\n{lines}\nPUSH {{\nttl 5\n}}\n}}\n");
        check + &web("track_script {\nchk\n}")
    };
    trips(
        "push-ttl-below-interval",
        &push("interval 6"),
        "2:10",
        &push("interval 5"),
    );
    for lines in ["", "interval 0.5", "interval 6"] {
        let said = found(&push(lines));
        let of_time = |code: &str| ["timeout-above-interval", "untimed-script"].contains(&code);
        assert!(said.iter().all(|found| !of_time(found.code)), "{lines}: {said:?}");
    }
}

/// Three packets are two seconds apart from end to end.
#[test]
fn a_ping_that_cannot_end() {
    let ping = |words: &str, timeout: &str| timed(&format!("/bin/ping {words} 192.0.2.9"), timeout);
    let long = ping("-c 3", "interval 2");
    trips(
        "ping-too-long",
        &long,
        "2:9",
        &ping("-c 3", "interval 2\ntimeout 3"),
    );
    trips("ping-too-long", &long, "2:9", &ping("-c 2", "interval 2"));
    trips("ping-too-long", &long, "2:9", &ping("-c 3 -w 1", "interval 2"));
    trips(
        "ping-too-long",
        &ping("-c2 -i 2", "interval 2"),
        "2:9",
        &ping("-c2 -i 1", "interval 2"),
    );
}

#[test]
fn a_path_of_bash() {
    trips(
        "dev-tcp",
        &command("</dev/tcp/127.0.0.1/8088"),
        "2:9",
        &command("</run/nginx.pid"),
    );
}
