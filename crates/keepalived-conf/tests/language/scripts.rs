//! Scripts, what tracks them, and notices.

use keepalived_conf::{Command, Keepalived, Severity, Weight};

use super::text::{codes, file, found, only, place, web};

fn command(line: &str) -> Option<Command> {
    let parsed = file(&format!("vrrp_script s {{\n{line}\n}}"));
    parsed
        .config
        .scripts
        .first()
        .map(|script| script.command.value.clone())
}

fn run(argv: &[&str]) -> Option<Command> {
    Some(Command::Run {
        argv: argv.iter().map(|&word| word.to_owned()).collect(),
    })
}

#[test]
fn a_command_is_one_word_or_one_string() {
    assert_eq!(command("script \"/x/y.sh arg\""), run(&["/x/y.sh", "arg"]));
    assert_eq!(command("script 'echo 1 2'"), run(&["echo", "1", "2"]));
    assert_eq!(
        command("script /bin/echo a b"),
        run(&["/bin/echo"]),
        "keepalived drops the rest"
    );
    assert_eq!(
        command(r#"script "/bin/sh -c 'echo \"x y\" z' " more"#),
        run(&["/bin/sh", "-c", "echo \"x y\" z"])
    );
    assert_eq!(
        command(r#"script "'/bin/echo' 'q w' e\ r t\x41""#),
        run(&["/bin/echo", "q w", "e", "r", "tA"])
    );
    assert_eq!(command("script “/bin/true x”"), run(&["/bin/true", "x"]));
    assert_eq!(
        command("script\"/bin/true\""),
        None,
        "keepalived takes both for one word"
    );
    assert_eq!(command("script \"\""), None);
    assert_eq!(command("script 'a b"), None);
}

/// A command that is only `</path` asks whether the path can be opened.
#[test]
fn can_it_be_opened() {
    let open = |path: &str| {
        Some(Command::CanOpen {
            path: path.to_owned(),
        })
    };
    assert_eq!(
        command("script \"</dev/tcp/127.0.0.1/8088\""),
        open("/dev/tcp/127.0.0.1/8088")
    );
    assert_eq!(command("script </etc/passwd"), open("/etc/passwd"));
    assert_eq!(command("script \"< /etc/passwd\""), open("/etc/passwd"));
    assert_eq!(command("script \"<x\""), run(&["<x"]));
    assert_eq!(command("script \"</a b\""), run(&["</a", "b"]));
}

#[test]
fn a_script_without_command_is_left_out() {
    let parsed = file("vrrp_script s {\ninterval 2\n}\n");
    assert!(parsed.config.scripts.is_empty());
    assert_eq!(place(&parsed, "script-without-command"), "1:1");
}

#[test]
fn a_script_has_a_user() {
    let parsed = file(
        "global_defs {\nscript_user nobody nogroup\n}\nvrrp_script s {\nscript /bin/true\nuser www\ninit_fail\n}",
    );
    assert_eq!(
        parsed.config.global.script_user.unwrap().value.group.as_deref(),
        Some("nogroup")
    );
    let script = &parsed.config.scripts[0];
    assert_eq!(script.user.as_ref().unwrap().value.user, "www");
    assert!(script.init_fail.value);
}

fn tracking(lines: &str) -> keepalived_conf::Parsed {
    file(&format!(
        "vrrp_script s {{\nscript /bin/true\nweight -5 reverse\n}}\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{ 192.0.2.1 }}\n{lines}\n}}"
    ))
}

fn weight(lines: &str) -> Weight {
    only(&tracking(lines)).track_scripts[0].weight.value
}

#[test]
fn weights_come_from_the_line_or_the_definition() {
    assert_eq!(
        weight("track_script { s }"),
        Weight {
            value: -5,
            reverse: true
        }
    );
    assert_eq!(
        weight("track_script {\ns weight 7\n}"),
        Weight {
            value: 7,
            // The script's, as keepalived prints it.
            reverse: true
        }
    );
    assert_eq!(
        weight("track_script {\ns weight 0\n}"),
        Weight {
            value: 0,
            reverse: true
        }
    );
    assert_eq!(
        weight("track_script {\ns weight 254 reverse\n}"),
        Weight {
            value: 253,
            reverse: true
        }
    );
    // Without a weight these are unknown words to keepalived, and the line is lost.
    for word in ["reverse", "noreverse"] {
        let parsed = tracking(&format!("track_script {{\n\"s\" {word}\n}}"));
        assert_eq!(found(&parsed, "unknown-option").keepalived, Keepalived::Reports);
        assert!(only(&parsed).track_scripts.is_empty(), "{word}");
    }
}

#[test]
fn a_script_that_is_not_known_or_tracked_twice_is_told() {
    let parsed = tracking("track_script {\ns\nnone\ns weight 9\n}");
    assert_eq!(only(&parsed).track_scripts.len(), 1);
    assert_eq!(place(&parsed, "unknown-script"), "11:1");
    assert_eq!(place(&parsed, "tracked-twice"), "12:1");
}

/// keepalived knows only what stands above.
#[test]
fn a_script_below_its_instance_is_not_tracked() {
    let parsed = file(
        "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1 }\ntrack_script { s }\n}\nvrrp_script s {\nscript /bin/true\n}",
    );
    assert!(only(&parsed).track_scripts.is_empty());
    assert_eq!(found(&parsed, "unknown-script").labels.len(), 1);
}

#[test]
fn weights_do_not_move_an_owner() {
    let parsed = tracking("priority 255\nstate MASTER\ntrack_script { s }");
    assert!(only(&parsed).track_scripts.is_empty());
    assert!(codes(&parsed).contains(&"weight-of-owner"));
    assert_eq!(
        only(&tracking(
            "priority 255\nstate MASTER\ntrack_script {\ns weight 0\n}"
        ))
        .track_scripts
        .len(),
        1
    );
}

#[test]
fn interfaces_are_tracked_but_the_own_one_is_anyway() {
    let parsed = tracking("track_interface {\neth0\neth1\neth2 weight -20 reverse\n}");
    let tracks: Vec<_> = only(&parsed)
        .track_interfaces
        .iter()
        .map(|t| (t.name.as_str(), t.weight.value.value))
        .collect();
    assert_eq!(tracks, [("eth1", 0), ("eth2", -20)]);
    assert!(codes(&parsed).contains(&"track-own-interface"));
    let parsed = tracking("dont_track_primary\ntrack_interface { eth0 }");
    assert_eq!(
        only(&parsed).track_interfaces.len(),
        0,
        "the list never names its own"
    );
    assert!(
        found(&parsed, "track-own-interface")
            .effect
            .contains("is not tracked")
    );
}

#[test]
fn notices_have_users() {
    let parsed = web(
        "notify_master \"/x/m.sh a 'b c'\" www data\nnotify_backup /x/b.sh root\nnotify /x/n.sh\nnotify_fault /x/f.sh a b c\nnotify /y",
    );
    let notify = &only(&parsed).notify;
    let master = &notify.master.as_ref().unwrap().value;
    assert_eq!(master.argv, ["/x/m.sh", "a", "b c"]);
    assert_eq!(master.user.as_ref().unwrap().user, "www");
    assert_eq!(master.user.as_ref().unwrap().group.as_deref(), Some("data"));
    assert_eq!(
        notify.backup.as_ref().unwrap().value.user.as_ref().unwrap().user,
        "root"
    );
    assert_eq!(
        notify.any.as_ref().unwrap().value.argv,
        ["/x/n.sh"],
        "the first one counts"
    );
    let fault = &notify.fault.as_ref().unwrap().value;
    assert_eq!(
        fault.user.as_ref().unwrap().group.as_deref(),
        Some("b"),
        "c is one word too many"
    );
    assert_eq!(found(&parsed, "surplus-words").keepalived, Keepalived::Silent);
    assert_eq!(place(&parsed, "set-again"), "11:1");
}

/// keepalived runs the program itself: what a shell would understand is an argument.
#[test]
fn words_for_a_shell_are_told() {
    let script = |command: &str| file(&format!("vrrp_script s {{\nscript {command}\n}}"));
    for command in [
        r#""/bin/ps ax | grep nginx""#,
        r#"'/usr/bin/test -e /x && /bin/true'"#,
        r#""/bin/check > /dev/null 2>&1""#,
        r#""/bin/check; /bin/other""#,
    ] {
        let parsed = script(command);
        let told = found(&parsed, "no-shell");
        assert_eq!(
            (told.severity, told.keepalived),
            (Severity::Warning, Keepalived::Silent)
        );
        assert!(
            told.effect.contains("as an argument") && told.help.contains("/bin/sh -c"),
            "{told:?}"
        );
        assert!(place(&parsed, "no-shell").starts_with("2:"), "{command}");
        assert_eq!(parsed.config.scripts.len(), 1, "it is run all the same");
    }
    let parsed = script("/bin/ps | grep nginx");
    assert!(found(&parsed, "no-shell").effect.contains("ends in front of it"));
    let parsed = web("notify_master \"/bin/echo up >> /var/log/vrrp\"");
    assert_eq!(
        found(&parsed, "no-shell").message,
        ">> in the command of notify_master, which no shell reads"
    );
    for plain in [
        r#""/bin/sh -c 'ps ax | grep nginx > /dev/null; true'""#,
        r#""</dev/tcp/127.0.0.1/80""#,
        r#""< /run/nginx.pid""#,
        "/bin/true",
    ] {
        assert_eq!(codes(&script(plain)), [""; 0], "{plain}");
    }
}

#[test]
fn a_time_with_a_unit_is_told_in_seconds() {
    let parsed = file("vrrp_script a {\nscript /bin/true\ninterval 60s\n}\n");
    let said = &found(&parsed, "number-with-junk").message;
    assert_eq!(
        said,
        "interval is a number of seconds from 0 to 4294; found \"60s\""
    );
}
