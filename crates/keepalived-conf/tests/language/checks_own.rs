//! `PUSH`, `TLS_CHECK`, `STUB_STATUS`, `mode` and `drop_unusable_scripts`, none of which keepalived has.

use std::time::Duration;

use keepalived_conf::{
    CheckMode, Checker, Command, HttpVersion, Parsed, Push, Question, Severity, effective,
};

use super::text::{barred, codes, file, found};

fn tracked(words: &str) -> Parsed {
    file(&format!(
        "vrrp_check app {{\n{words}\n}}\nvrrp_instance lan {{\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {{\n\
         192.0.2.1\n}}\ntrack_script {{\napp\n}}\n}}\n"
    ))
}

fn push(parsed: &Parsed) -> &Push {
    match &parsed.config.scripts[0].command.value {
        Command::Hear(push) => push,
        other => panic!("{other:?}; {:?}", codes(parsed)),
    }
}

fn checker(parsed: &Parsed) -> &Checker {
    match &parsed.config.scripts[0].command.value {
        Command::Ask(checker) => checker,
        other => panic!("{other:?}; {:?}", codes(parsed)),
    }
}

#[test]
fn a_push_has_a_time_to_live_and_those_who_may() {
    let parsed = tracked("interval 0.5\nPUSH {\nttl 4.5\nuser www-data adm\n}");
    assert_eq!(barred(&parsed), [""; 0]);
    let push = push(&parsed);
    assert_eq!(push.ttl.value, Duration::from_millis(4500));
    let user = &push.user.as_ref().unwrap().value;
    assert_eq!(
        (user.user.as_str(), user.group.as_deref()),
        ("www-data", Some("adm"))
    );
    assert_eq!(parsed.config.scripts[0].timeout.value, push.ttl.value);
    let shown = effective(&parsed);
    let one = |keyword| shown.scripts[0].one(keyword).unwrap();
    assert_eq!(
        (one("checker").shown(), one("user").shown()),
        ("PUSH".to_owned(), "www-data adm".to_owned())
    );
    assert_eq!(one("timeout").came.to_string(), "by ttl");
    assert_eq!(one("mode").shown(), "normal");
    assert!(self::push(&tracked("PUSH {\nttl 1\n}")).user.is_none());
}

/// What is wrong in one bars what tracks it: a check that heard something else than was meant would let it run.
#[test]
fn a_push_that_is_wrong_bars() {
    for wrong in [
        "PUSH {\n}",
        "PUSH {\nttl 0\n}",
        "PUSH {\nttl soon\n}",
        "PUSH {\nttl 5\nuser\n}",
        "PUSH {\nttl 5\nconnect_port 80\n}",
        "timeout 3\nPUSH {\nttl 5\n}",
        "PUSH {\nttl 5\n}\nPUSH {\nttl 5\n}",
        "mode pause\nPUSH {\nttl 5\n}",
        "STUB_STATUS {\n}",
        "STUB_STATUS {\npath status\n}",
        "STUB_STATUS {\npath /status\nactive_max many\n}",
        "TLS_CHECK {\nverify perhaps\n}",
    ] {
        let parsed = tracked(wrong);
        assert_eq!(barred(&parsed), ["vrrp_check"], "{wrong:?}: {:?}", codes(&parsed));
    }
}

#[test]
fn checkers_of_our_own_are_read() {
    let parsed = tracked("TLS_CHECK {\nconnect_ip 192.0.2.7\nsni_name www.example.org\nverify off\n}");
    let tls = checker(&parsed);
    assert_eq!(tls.port.value, 443);
    let Question::Tls { verify, server_name } = &tls.question else {
        panic!("{:?}", tls.question)
    };
    assert!(!verify.value);
    assert_eq!(server_name.as_ref().unwrap().value, "www.example.org");

    let parsed =
        tracked("STUB_STATUS {\nconnect_port 8080\npath /nginx_status\nactive_warn 800\nactive_max 1000\n}");
    let Question::StubStatus {
        path,
        host,
        active_warn,
        active_max,
    } = &checker(&parsed).question
    else {
        panic!("{:?}", codes(&parsed))
    };
    assert_eq!((path.value.as_str(), host), ("/nginx_status", &None));
    let limit = |limit: &Option<keepalived_conf::Sourced<u32>>| limit.as_ref().map(|limit| limit.value);
    assert_eq!((limit(active_warn), limit(active_max)), (Some(800), Some(1000)));
    let shown = effective(&parsed);
    let one = |keyword| shown.scripts[0].one(keyword).unwrap().shown();
    assert_eq!(
        [one("connect_port"), one("path"), one("active_max")],
        ["8080", "/nginx_status", "1000"]
    );

    let parsed = tracked("HTTP_GET {\nhttp_protocol 2\nurl {\npath /\n}\n}");
    let Question::Http(http) = &checker(&parsed).question else {
        panic!("{:?}", codes(&parsed))
    };
    assert_eq!(http.version.value, HttpVersion::V2);
}

#[test]
fn a_script_has_a_mode_too_and_goes_on_without_one_that_is_misspelt() {
    let script = |mode: &str| {
        file(&format!(
            "vrrp_script a {{\nscript /bin/true\nmode {mode}\n}}\nvrrp_instance lan {{\ninterface eth0\nvirtual_router_id 51\n\
             virtual_ipaddress {{\n192.0.2.1\n}}\ntrack_script {{\na\n}}\n}}\n"
        ))
    };
    for (mode, word) in CheckMode::ALL {
        let parsed = script(word);
        assert_eq!(parsed.config.scripts[0].mode.value, mode);
        assert_eq!(
            codes(&parsed),
            ["own-word"],
            "keepalived 2.2.7: Unknown keyword 'mode'"
        );
    }
    let parsed = script("dry_run");
    assert_eq!(parsed.config.scripts[0].mode.value, CheckMode::Normal);
    assert_eq!(found(&parsed, "bad-value").severity, Severity::Error);
    assert_eq!(barred(&parsed), [""; 0]);
}

#[test]
fn unusable_scripts_are_dropped_for_those_who_say_so() {
    let parsed = file("global_defs {\ndrop_unusable_scripts\n}\n");
    assert!(parsed.config.global.drop_unusable_scripts.value);
    assert_eq!(codes(&parsed), ["own-word"]);
    assert!(!file("").config.global.drop_unusable_scripts.value);
    for (word, on) in [
        ("on", true),
        ("yes", true),
        ("off", false),
        ("no", false),
        ("false", false),
    ] {
        let parsed = file(&format!("global_defs {{\ndrop_unusable_scripts {word}\n}}\n"));
        assert_eq!(parsed.config.global.drop_unusable_scripts.value, on, "{word}");
        assert_eq!(codes(&parsed), ["own-word"], "{word}");
    }
    let maybe = file("global_defs {\ndrop_unusable_scripts maybe\n}\n");
    assert!(!maybe.config.global.drop_unusable_scripts.value);
    assert_eq!(found(&maybe, "bad-switch").severity, Severity::Error);
    let shown = effective(&parsed);
    assert_eq!(shown.global.one("drop_unusable_scripts").unwrap().shown(), "yes");
}
