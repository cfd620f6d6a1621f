//! What is not carried out, or lost by a mistake in writing, and what must not start because of it.

use keepalived_conf::{Block, Keepalived, Safety, Scope, Severity, Support, keywords};

use super::text::{barred, codes, file, found, only, place, web};

#[test]
fn words_that_decide_bar_their_instance() {
    for (lines, word) in [
        (
            "virtual_routes {\n10.0.0.0/8 encap mpls 5 via 192.0.2.254\n}",
            "virtual_routes",
        ),
        ("use_ipvlan", "use_ipvlan"),
        ("vrf red", "vrf"),
        ("track_bfd {\nb\n}", "track_bfd"),
    ] {
        let parsed = web(lines);
        assert_eq!(barred(&parsed), [word]);
        let missing = found(&parsed, "missing");
        assert_eq!(missing.severity, Severity::InstanceDropped);
        assert!(
            missing.help.contains(&format!("--allow-missing {word}")),
            "{}",
            missing.help
        );
        assert!(!parsed.is_fatal(), "other instances may start");
    }
}

#[test]
fn words_that_decide_for_all_bar_the_daemon() {
    for (text, word) in [
        (
            "net_namespace_ipvs red\nvirtual_server 192.0.2.1 80 {\nreal_server 192.0.2.2 80 {\n}\n}",
            "net_namespace_ipvs",
        ),
        (
            "static_routes {\n10.0.0.0/8 vrf red via 192.0.2.254\n}",
            "static_routes",
        ),
        ("bfd_instance b {\nneighbor_ip 192.0.2.2\n}", "bfd_instance"),
        ("global_defs {\nstartup_script /bin/prepare\n}", "startup_script"),
    ] {
        let parsed = file(text);
        assert_eq!(parsed.config.missing.len(), 1, "{text}");
        assert_eq!(parsed.config.missing[0].allow_word, word);
        assert_eq!(parsed.config.missing[0].scope, Scope::Daemon);
        assert!(parsed.is_fatal() && !parsed.is_refused(), "{word} can be allowed");
    }
}

/// keepalived 2.2.7 was seen to take the first one, to report the others, and to go on without a name.
#[test]
fn a_network_is_named_once() {
    let named = |text: &str| file(text).config.global.net_namespace.map(|name| name.value);
    assert_eq!(named("net_namespace red").as_deref(), Some("red"));
    assert_eq!(
        named("global_defs {\n}\nnet_namespace red").as_deref(),
        Some("red")
    );
    assert!(file("net_namespace red").diagnostics.is_empty());
    assert_eq!(
        named("net_namespace red\nnet_namespace blue").as_deref(),
        Some("red")
    );
    let twice = file("net_namespace red\nnet_namespace blue");
    let again = found(&twice, "duplicate-word");
    assert_eq!(
        (again.severity, again.keepalived),
        (Severity::Error, Keepalived::Reports)
    );
    assert!(again.message.contains("red"), "{}", again.message);
    let none = file("net_namespace");
    assert_eq!(none.config.global.net_namespace, None);
    assert_eq!(found(&none, "missing-argument").keepalived, Keepalived::Reports);
}

#[test]
fn an_empty_block_asks_for_nothing() {
    assert!(barred(&web("virtual_routes {\n}\ntrack_bfd { }")).is_empty());
}

#[test]
fn harmless_words_are_kept_or_ignored_with_a_warning() {
    let parsed = file(
        "global_defs {\nnotification_email {\na@b c@d\n}\nsmtp_server 192.0.2.1 2525\nenable_traps\nsmtp_alert\n}",
    );
    assert_eq!(codes(&parsed), ["no-effect"]);
    assert!(
        parsed
            .diagnostics
            .iter()
            .all(|found| found.severity == Severity::Warning)
    );
    let mail = parsed.config.global.mail;
    assert_eq!(mail.to.len(), 2);
    assert_eq!(mail.server.unwrap().value, ("192.0.2.1".to_owned(), 2525));
    assert!(mail.alert.unwrap().value);
}

/// keepalived logs a misspelt word and goes on: with other peers, without a password, or unchecked.
#[test]
fn a_misspelt_word_that_decides_bars() {
    for (lines, word) in [
        ("unicast_peers {\n192.0.2.9\n}", "unicast_peers"),
        (
            "authentification {\nauth_type PASS\nauth_pass x\n}",
            "authentification",
        ),
        ("authentication {\nauth_typ PASS\nauth_pass x\n}", "auth_typ"),
        (
            "virtual_ipaddres_excluded {\n192.0.2.2\n}",
            "virtual_ipaddres_excluded",
        ),
        ("track_scripts {\ns\n}", "track_scripts"),
        ("unicast_src_ip=192.0.2.1", "unicast_src_ip=192.0.2.1"),
        ("adver_int 5", "adver_int"),
    ] {
        let parsed = web(lines);
        assert!(barred(&parsed).contains(&word), "{lines}: {:?}", barred(&parsed));
        assert!(
            found(&parsed, "unknown-keyword")
                .help
                .starts_with("did you mean "),
            "{lines}"
        );
    }
}

#[test]
fn a_misspelt_word_that_does_not_decide_only_warns() {
    for lines in [
        "smtp_alerts",
        "notfy_master /bin/true",
        "garp_master_dellay 5",
        "lvs_sync_daemon_inteface eth0",
        "gibberish",
    ] {
        let parsed = web(lines);
        assert!(barred(&parsed).is_empty(), "{lines}");
        assert_eq!(codes(&parsed), ["unknown-keyword"]);
    }
}

#[test]
fn words_that_came_to_stand_outside_their_instance_bar_it() {
    let parsed = web("whatever {\nx\n}\nauthentication {\nauth_type PASS\nauth_pass x\n}");
    assert_eq!(barred(&parsed), ["authentication"]);
    let parsed = web("whatever {\nx\n}\nsmtp_alert");
    assert!(barred(&parsed).is_empty(), "nothing that decides is lost");
}

/// A block that is not closed swallows the words behind it.
#[test]
fn words_swallowed_by_an_open_block_bar() {
    let parsed = file(
        "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nauthentication {\nauth_type PASS\nauth_pass x\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n",
    );
    assert!(
        barred(&parsed).contains(&"virtual_ipaddress"),
        "{:?}",
        codes(&parsed)
    );
}

#[test]
fn a_line_that_is_not_read_bars() {
    let parsed = web(&format!("priority 50 {}", "x".repeat(1020)));
    assert_eq!(barred(&parsed), ["unread-line"]);
}

#[test]
fn a_misspelt_command_bars_who_tracks_it() {
    let text = |command: &str| {
        format!(
            "vrrp_script s {{\n{command} /bin/true\n}}\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{ 192.0.2.1 }}\ntrack_script {{ s }}\n}}"
        )
    };
    assert_eq!(barred(&file(&text("scipt"))), ["scipt"]);
    assert!(barred(&file(&text("script"))).is_empty());
}

#[test]
fn a_misspelt_group_bars_all() {
    let parsed = file("vrrp_sync_groups G {\ngroup {\nA\n}\n}\n");
    assert_eq!(parsed.config.missing[0].allow_word, "vrrp_sync_groups");
}

#[test]
fn a_misspelt_instance_is_only_told() {
    let good = "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1 }\n}\n";
    let parsed = file(&format!(
        "{good}vrrp_instence B {{\ninterface eth0\nvirtual_router_id 2\nvirtual_ipaddress {{ 192.0.2.2 }}\n}}\n"
    ));
    assert_eq!(only(&parsed).name, "A");
    assert!(barred(&parsed).is_empty() && parsed.config.missing.is_empty());
}

#[test]
fn every_word_that_decides_and_is_not_carried_out_can_be_allowed() {
    for keyword in keywords() {
        let Safety::Decides { allow_word, .. } = keyword.safety else {
            continue;
        };
        if !matches!(keyword.support, Support::Full) {
            assert!(
                !allow_word.is_empty() && !allow_word.contains(' '),
                "{}",
                keyword.name
            );
        }
    }
    let whole = |name: &str, block| {
        keywords()
            .iter()
            .any(|k| k.name == name && k.block == block && k.support == Support::Full)
    };
    assert!(whole("priority", Block::Instance) && whole("script", Block::VrrpScript));
}

/// Words that are understood and change nothing here.
#[test]
fn words_without_an_effect_say_so() {
    for (line, word) in [
        ("virtual_ipaddress_excluded {\n2001:db8::1 home\n}", "home"),
        (
            "virtual_ipaddress_excluded {\n2001:db8::1 mngtmpaddr\n}",
            "mngtmpaddr",
        ),
        (
            "virtual_ipaddress_excluded {\n2001:db8::1 autojoin\n}",
            "autojoin",
        ),
        ("version 3\nold_unicast_checksum", "old_unicast_checksum"),
        (
            "version 2\nold_unicast_checksum\nunicast_peer {\n192.0.2.9\n}",
            "old_unicast_checksum",
        ),
    ] {
        let parsed = web(line);
        let said = found(&parsed, "no-effect");
        assert_eq!(said.message, format!("{word} has no effect yet"), "{line}");
        assert_eq!(
            (said.severity, said.effect.is_empty()),
            (Severity::Warning, false)
        );
        assert!(barred(&parsed).is_empty());
    }
    let never = web("version 3\nold_unicast_checksum never\nunicast_peer {\n192.0.2.9\n}");
    assert_eq!(codes(&never), [""; 0], "no old peer is looked for");
}

/// A peer of keepalived 1.3.6 drops the sums of today: both would be active.
#[test]
fn sums_for_old_unicast_peers_bar() {
    let parsed = web("version 3\nold_unicast_checksum\nunicast_peer {\n192.0.2.9\n}");
    assert_eq!(barred(&parsed), ["old_unicast_checksum"]);
    assert_eq!(place(&parsed, "missing"), "8:1");
}

#[test]
fn a_password_that_a_comment_cuts_is_told() {
    let auth = |line: &str| web(&format!("authentication {{\nauth_type PASS\n{line}\n}}"));
    for (line, kept, place_of_sign) in [
        ("auth_pass a#b", &b"a"[..], "9:12"),
        ("auth_pass secret!", b"secret", "9:17"),
    ] {
        let parsed = auth(line);
        assert_eq!(only(&parsed).authentication.as_ref().unwrap().value.bytes(), kept);
        let told = found(&parsed, "comment-in-password");
        assert_eq!(
            (told.severity, told.keepalived),
            (Severity::Warning, Keepalived::Silent)
        );
        assert!(
            !told.message.contains("secret") && told.help.contains("double quotes"),
            "{told:?}"
        );
        assert_eq!(place(&parsed, "comment-in-password"), place_of_sign);
    }
    let parsed = auth("auth_pass #b");
    assert!(
        found(&parsed, "comment-in-password")
            .effect
            .contains("no password")
    );
    for (line, kept) in [
        ("auth_pass a # b", &b"a"[..]),
        ("auth_pass \"a#b\"", b"a#b"),
        ("auth_pass a\\#b", b"a#b"),
    ] {
        let parsed = auth(line);
        assert_eq!(only(&parsed).authentication.as_ref().unwrap().value.bytes(), kept);
        assert!(!codes(&parsed).contains(&"comment-in-password"), "{line}");
    }
}
