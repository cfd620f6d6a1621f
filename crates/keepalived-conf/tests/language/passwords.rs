//! What findings do not show, since they go to terminals, logs and tickets: a password, wherever a mistake has put it, and what
//! commands a terminal.

use keepalived_conf::{line, render};

use crate::text::{codes, web};

const PASSWORD: &str = "S3same";

#[test]
fn no_finding_shows_a_password() {
    for lines in [
        "auth_pas PW",
        "authpass PW",
        "AUTH_PASS PW",
        "auth_pass=PW",
        "auth_pass: PW",
        "auth_passPW",
        "auth_pass {\nPW\n}",
        "auth_pass\nPW",
        "PW {\n}",
        "password PW",
        "pass PW",
        "auth_key PW",
        "auth_type PASS PW",
        "auth_type PASS auth_pass PW",
        "auth_type PW",
        "PASS PW",
        "auth_pass PW\0x",
        "auth_pass PW {",
        "auth_pass \"PW",
        "auth_pass PW extra",
    ] {
        shown_nowhere(&format!("authentication {{\nauth_type PASS\n{lines}\n}}"));
        shown_nowhere(&format!("authentification {{\nauth_type PASS\n{lines}\n}}"));
    }
    for lines in [
        "authentication PW",
        "authentication PW {\n}",
        "authentication { auth_type PASS auth_pass PW }",
        "auth_hmac PW",
        "auth_type PASS PW",
        "auth_pass PW",
        "auth_pass=PW",
        "auth-pass PW",
        "interface eth0 auth_pass PW",
        "priority 100 auth_pass PW",
        "unicast_peer {\nauth_pass PW\n}",
    ] {
        shown_nowhere(lines);
    }
}

fn shown_nowhere(lines: &str) {
    // In this block a password alone on its line could be any word.
    let bare = lines.starts_with("authentif") && ["\nPW", " PW {"].iter().any(|mark| lines.contains(mark));
    if bare {
        return;
    }
    let parsed = web(&lines.replace("PW", PASSWORD));
    assert!(!parsed.diagnostics.is_empty(), "{lines}");
    for found in &parsed.diagnostics {
        for shown in [
            line(found, &parsed.sources),
            render(found, &parsed.sources, false),
        ] {
            assert!(!shown.contains("3same"), "{lines}: {shown}");
        }
    }
    // What the daemon and `vrrpctl effective` quote.
    let barred = parsed
        .config
        .missing
        .iter()
        .chain(parsed.config.instances.iter().flat_map(|one| &one.missing));
    for missing in barred {
        assert!(!format!("{missing:?}").contains("3same"), "{lines}: {missing:?}");
    }
}

#[test]
fn a_misspelt_word_is_still_named() {
    for (lines, named) in [
        ("auth_pas x", "\"auth_pas\""),
        ("auth-type PASS", "\"auth-type\""),
        ("password x", "\"password\""),
        ("priority 100", "\"priority\""),
    ] {
        let parsed = web(&format!("authentication {{\n{lines}\n}}"));
        let told = parsed
            .diagnostics
            .iter()
            .any(|found| found.message.contains(named));
        assert!(told, "{lines}: {:?}", codes(&parsed));
    }
}

#[test]
fn no_finding_commands_a_terminal() {
    let text =
        "a\u{1b}[31m {\n}\nvrrp_instance \u{1b}[2J\u{9b}2JX {\n}\nvrrp_instance Y {\ninterface \u{1b}c\n}\n";
    let parsed = crate::text::file(text);
    assert!(parsed.diagnostics.len() >= 3);
    for found in &parsed.diagnostics {
        for shown in [
            line(found, &parsed.sources),
            render(found, &parsed.sources, false),
        ] {
            let bad = shown.chars().any(|sign| sign.is_control() && sign != '\n');
            assert!(!bad, "{shown:?}");
        }
    }
}
