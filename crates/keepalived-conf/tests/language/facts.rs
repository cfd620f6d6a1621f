//! What a file takes for granted about its machine, and what keepalived 2.2.7 makes of it where that is not there: seen
//! with the packaged program in a network namespace with one interface, eth0.

use keepalived_conf::{
    Asked, Facts, Judged, Keepalived, MemoryFiles, Parsed, Program, Verdict, judge, parse,
};

use super::text::{file, web};

/// A machine with eth0, root, `/bin/true`, and nothing else.
fn bare() -> Facts {
    Facts {
        interfaces: ["eth0".to_owned()].into(),
        users: ["root".to_owned()].into(),
        groups: ["root".to_owned()].into(),
        programs: [("/bin/true".to_owned(), Program::default())].into(),
    }
}

fn assumed(parsed: &Parsed) -> Judged {
    judge(parsed, &Facts::assume(&Asked::of(parsed)))
}

/// The codes of what the machine adds.
fn lacks(judged: &Judged) -> Vec<&str> {
    let codes = judged.diagnostics.iter().map(|found| found.code);
    codes
        .filter(|code| {
            matches!(
                *code,
                "interface-absent" | "user-absent" | "script-absent" | "script-insecure" | "script-security"
            )
        })
        .collect()
}

#[test]
fn an_interface_that_is_not_there_stops_keepalived_wherever_it_is_named() {
    for lines in [
        "virtual_ipaddress_excluded {\n192.0.2.5/24 dev nope0\n}",
        "track_interface {\nnope0\n}",
        "virtual_routes {\n10.9.0.0/24 via 192.0.2.9 dev nope0\n}",
        "virtual_rules {\nfrom 192.0.2.1 table 5 priority 100 iif nope0\n}",
    ] {
        let parsed = web(lines);
        assert!(assumed(&parsed).verdict < Verdict::Fatal, "{lines}");
        let judged = judge(&parsed, &bare());
        assert_eq!(lacks(&judged), ["interface-absent"], "{lines}");
        assert_eq!((judged.verdict, judged.exit), (Verdict::Fatal, 4), "{lines}");
        let found = judged
            .diagnostics
            .iter()
            .find(|found| found.code == "interface-absent")
            .unwrap();
        assert_eq!(found.instance.as_deref(), Some("web"));
        assert!(found.message.contains("nope0"), "{}", found.message);
    }
    for text in [
        "static_ipaddress {\n192.0.2.5/24 dev nope0\n}",
        "static_routes {\n192.0.2.0/24 dev nope0\n}",
        "garp_group {\ngarp_interval 1\ninterface nope0\n}",
        "garp_group {\ngarp_interval 1\ninterfaces {\nnope0\n}\n}",
        "linkbeat_interfaces {\nnope0\n}",
        "interface_up_down_delays {\nnope0 3\n}",
        "vrrp_instance a {\ninterface nope0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n}",
    ] {
        let judged = judge(&file(text), &bare());
        assert_eq!(judged.verdict, Verdict::Fatal, "{text}");
        let later = format!("global_defs {{\ndynamic_interfaces\n}}\n{text}");
        assert_eq!(lacks(&judge(&file(&later), &bare())), [""; 0], "{later}");
    }
}

#[test]
fn a_virtual_mac_of_the_file_comes_later_and_is_waited_for_except_by_what_looks_first() {
    let vmac = "use_vmac vrrp.51\ntrack_interface {\nvrrp.51\n}";
    assert_eq!(lacks(&judge(&web(vmac), &bare())), [""; 0]);
    let text = "vrrp_instance a {\ninterface eth0\nvirtual_router_id 51\nuse_vmac\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n\
                interface_up_down_delays {\nvrrp.51 2\n}\n";
    assert_eq!(
        assumed(&file(text)).verdict,
        Verdict::Fatal,
        "there is none before keepalived makes it"
    );
}

#[test]
fn users_and_programs_that_are_not_there_are_reported() {
    let script = |lines: &str| format!("vrrp_script s {{\n{lines}\n}}\n");
    let secure = "global_defs {\nenable_script_security\nscript_user root\n}\n";
    for (text, code) in [
        (script("script /nonexist/x.sh"), "script-absent"),
        (script("script /bin/true\nuser nobody-here"), "user-absent"),
        (script("script /bin/true\nuser root nogroup-here"), "user-absent"),
    ] {
        let judged = judge(&file(&format!("{secure}{text}")), &bare());
        assert_eq!(lacks(&judged), [code], "{text}");
        assert_eq!((judged.verdict, judged.exit), (Verdict::Warns, 5), "{text}");
    }
    let judged = judge(&file("global_defs {\nscript_user nobody-here\n}\n"), &bare());
    assert_eq!(lacks(&judged), ["user-absent"]);
    assert_eq!(judged.verdict, Verdict::Warns);
    // keepalived's test looks at no script that tells of changes.
    let judged = judge(&web("notify_master /nonexist/x.sh"), &bare());
    assert_eq!(lacks(&judged), ["script-absent"]);
    assert_eq!((judged.verdict, judged.exit), (Verdict::Clean, 0));
}

#[test]
fn a_script_of_root_that_others_can_change_is_refused_where_security_is_asked_for() {
    let mut facts = bare();
    facts.users.insert("daemon".to_owned());
    let why = Program {
        unusable: None,
        insecure: Some("others may write /opt".to_owned()),
    };
    facts.programs.insert("/opt/x.sh".to_owned(), why);
    let text = |head: &str| format!("global_defs {{\n{head}\n}}\nvrrp_script s {{\nscript /opt/x.sh\n}}\n");
    let judged = judge(&file(&text("enable_script_security\nscript_user root")), &facts);
    assert_eq!(lacks(&judged), ["script-insecure"]);
    assert_eq!(judged.exit, 5);
    let judged = judge(&file(&text("enable_script_security\nscript_user daemon")), &facts);
    assert_eq!(lacks(&judged), [""; 0], "it does not run as root");
    let judged = judge(&file(&text("script_user root")), &facts);
    assert_eq!(lacks(&judged), ["script-security"]);
    assert_eq!(
        (judged.verdict, judged.exit),
        (Verdict::Clean, 6),
        "code 6 is no verdict"
    );
}

#[test]
fn security_of_scripts_hides_what_else_is_reported_but_not_that_nothing_starts() {
    let script = "vrrp_script s {\nscript /bin/true\n}\n";
    let judged = judge(
        &file(&format!("{script}global_defs {{\nno_such_word 1\n}}\n")),
        &bare(),
    );
    assert_eq!((judged.verdict, judged.exit), (Verdict::Warns, 6));
    let judged = judge(
        &file(&format!("{script}vrrp_instance a {{\ninterface\n}}\n")),
        &bare(),
    );
    assert_eq!((judged.verdict, judged.exit), (Verdict::Fatal, 4));
}

#[test]
fn findings_come_in_the_order_of_the_text() {
    let text = "vrrp_instance a {\ninterface nope0\nvirtual_router_id 1\nno_such_word\nvirtual_ipaddress {\n192.0.2.1\n}\n}";
    let judged = judge(&file(text), &bare());
    let starts: Vec<_> = judged
        .diagnostics
        .iter()
        .map(|found| found.span.unwrap().start)
        .collect();
    assert!(starts.is_sorted(), "{starts:?}");
    assert_eq!(judged.diagnostics[0].code, "interface-absent");
}

#[test]
fn a_file_that_is_not_there_is_fatal_with_4() {
    let judged = assumed(&parse(&MemoryFiles::default(), "k.conf"));
    assert_eq!((judged.verdict, judged.exit), (Verdict::Fatal, 4));
    assert_eq!(judged.diagnostics[0].keepalived, Keepalived::Stops);
}
