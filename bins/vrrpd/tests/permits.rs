//! Who may read at the control socket, and who may change something: decided by what the kernel knows of a peer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod node;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use node::steering::router;
use node::{LIMIT, Node, is_root, refusal, text, vrrpd};

const SPEAKER: &str = "$s=IO::Socket::UNIX->new(Peer=>$ARGV[0]) or die \"denied: $!\"; print $s \"$ARGV[1]\\n\"; print scalar <$s>";

/// What is answered to a user with one primary group and others.
fn says(node: &Node, user: &str, groups: &str, ask: &str) -> String {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user]);
    match groups {
        "" => command.arg("--clear-groups"),
        groups => command.args(["--groups", groups]),
    };
    command.args(["perl", "-MIO::Socket::UNIX", "-e", SPEAKER]);
    command
        .arg(node.socket())
        .arg(format!("{{\"version\":1,\"ask\":{ask}}}"));
    let output = command.output().unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

const READ: &str = "\"status\"";
const CHANGE: &str = "{\"priority\":{\"instance\":\"VI_1\",\"shift\":{\"by\":-1}}}";

#[test]
fn one_group_reads_another_one_changes_and_the_rest_is_told_who_may() {
    if !is_root() {
        eprintln!("SKIP one_group_reads: only root can be somebody else");
        return;
    }
    let groups = ["--control-group", "4242", "--control-admin-group", "4343"];
    let Some(node) = Node::start(&router(150), &groups) else {
        return;
    };
    node.until("it answers", |_| true);
    for reader in ["4242", "7,4242,8"] {
        assert!(says(&node, "65533", reader, READ).contains("\"status\""));
        let refused = says(&node, "65533", reader, CHANGE);
        assert!(
            refused.contains("not-allowed")
                && refused.contains(
                    "user 65533 may read here, and change nothing: root, the user of vrrpd and members of group 4343 may"
                ),
            "{refused}"
        );
    }
    let file = node.folder.join("guest");
    let record = format!("{{\"record\":{{\"start\":{{\"file\":\"{}\"}}}}}}", file.display());
    assert!(says(&node, "65533", "4242", &record).contains("change nothing"));
    assert!(says(&node, "65533", "4242", "{\"record\":\"status\"}").contains("nothing is recorded"));
    let guest = says(&node, "65533", "4343", &record);
    assert!(guest.contains("only root may have vrrpd make a file"), "{guest}");
    assert!(!file.exists());
    // By its primary group.
    assert!(says(&node, "4242", "", READ).contains("\"status\""));
    assert!(says(&node, "4343", "", CHANGE).contains("150 -> 149"));
    let admin = says(&node, "65533", "9,4343", CHANGE);
    assert!(admin.contains("149 -> 149"), "{admin}");
    assert!(says(&node, "65533", "4343", READ).contains("\"status\""));
    for ask in [READ, CHANGE, "\"hello\"", "garbage"] {
        let stranger = says(&node, "65532", "", ask);
        assert!(
            stranger.contains("not-allowed")
                && stranger.contains(
                    "user 65532 (group 65532) may ask nothing here: root may, the user of vrrpd, and members of group 4242 or 4343"
                ),
            "{stranger}"
        );
    }
    crowds_keep_nobody_out(&node);
}

/// Strangers and readers that connect and say nothing.
fn crowds_keep_nobody_out(node: &Node) {
    let mut crowds = Vec::new();
    for (user, groups) in [("65532", "1"), ("65533", "4242")] {
        let many =
            "push @s, IO::Socket::UNIX->new(Peer=>$ARGV[0]) for 1..200; $|=1; print \"there\\n\"; sleep 60";
        let mut crowd = Command::new("setpriv")
            .args(["--reuid", user, "--regid", user, "--groups", groups])
            .args(["perl", "-MIO::Socket::UNIX", "-e", many])
            .arg(node.socket())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(crowd.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "there\n");
        crowds.push(crowd);
    }
    let asked = Instant::now();
    let admin = says(node, "65531", "4343", READ);
    assert!(
        admin.contains("\"status\"") && asked.elapsed() < LIMIT / 2,
        "{:?}: {admin}",
        asked.elapsed()
    );
    assert!(node.try_status().is_some());
    for crowd in &mut crowds {
        crowd.kill().unwrap();
        crowd.wait().unwrap();
    }
    let end = Instant::now() + LIMIT;
    while !says(node, "65533", "4242", READ).contains("\"status\"") {
        assert!(Instant::now() < end, "readers never find a place again");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// As it was: the socket's file decides who reads, and changes are for root and the daemon's own user.
#[test]
fn without_groups_the_file_decides_and_changes_are_for_root() {
    if !is_root() {
        eprintln!("SKIP without_groups: only root can be somebody else");
        return;
    }
    let Some(node) = Node::start(&router(150), &[]) else {
        return;
    };
    node.until("it answers", |_| true);
    assert!(says(&node, "65533", "", READ).contains("denied"));
    let member = says(&node, "65533", "0", READ);
    assert!(member.contains("\"status\""), "{member}");
    let refused = says(&node, "65533", "0", CHANGE);
    assert!(
        refused.contains("root and the user of vrrpd may; vrrpd --control-admin-group NAME lets a group"),
        "{refused}"
    );
    let refused = says(
        &node,
        "65533",
        "0",
        "{\"check-mode\":{\"check\":\"x\",\"mode\":\"normal\"}}",
    );
    assert!(refused.contains("not-allowed"), "{refused}");
}

#[test]
fn a_group_that_there_is_not_is_refused_at_the_start() {
    let place = node::folder();
    let mut command = vrrpd();
    command
        .arg("-f")
        .arg(node::file(&place, &router(150)))
        .args(["-l", "--control-group", "no-such-group-here"])
        .arg("--control")
        .arg(place.join("control.sock"));
    let (code, said) = refusal(command);
    assert!(
        said.contains("--control-group no-such-group-here: there is no such group"),
        "{code}: {said}"
    );
    assert_eq!(code, 64);
    assert!(!place.join("control.sock").exists());
}
