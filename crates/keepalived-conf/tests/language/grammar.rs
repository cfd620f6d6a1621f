//! Lines, comments, quotes and braces.

use keepalived_conf::{Keepalived, Severity, parse};

use super::text::{codes, file, found, only, place, web};

fn router_id(text: &str) -> Option<String> {
    file(text).config.global.router_id.map(|id| id.value)
}

#[test]
fn comments_begin_with_either_sign_outside_double_quotes() {
    assert_eq!(
        router_id("global_defs {\nrouter_id a # b\n}").as_deref(),
        Some("a")
    );
    assert_eq!(router_id("global_defs {\nrouter_id a!b\n}").as_deref(), Some("a"));
    assert_eq!(
        router_id("global_defs { # {\nrouter_id \"a # b! {}\"\n}").as_deref(),
        Some("a # b! {}")
    );
    assert_eq!(
        router_id("global_defs {\nrouter_id a\\#b\\!c#d\n}").as_deref(),
        Some("a#b!c")
    );
}

/// keepalived's trap: a password is cut where a comment begins.
#[test]
fn a_comment_cuts_a_password() {
    let parsed = web("authentication {\nauth_type PASS\nauth_pass ab#cd\n}");
    assert_eq!(
        only(&parsed).authentication.as_ref().unwrap().value.bytes(),
        b"ab"
    );
}

#[test]
fn a_quote_ends_a_word() {
    let parsed = web("authentication {\nauth_type PASS\nauth_pass \"a\"b\"c d\"\n}");
    assert_eq!(only(&parsed).authentication.as_ref().unwrap().value.bytes(), b"a");
    assert_eq!(only(&web("priority\"50\"")).priority.value, 50);
}

#[test]
fn an_open_quote_loses_its_word_and_what_needs_it_is_fatal() {
    let parsed = web("authentication {\nauth_type PASS\nauth_pass \"abc\n}");
    assert_eq!(place(&parsed, "unmatched-quote"), "9:11");
    assert_eq!(found(&parsed, "missing-argument").severity, Severity::Fatal);
    assert!(parsed.is_fatal() && parsed.is_refused());
}

#[test]
fn braces_stand_anywhere() {
    for text in [
        "vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {\n192.0.2.1\n}\npriority 9\n}\n",
        "vrrp_instance A\n\n# here\n{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress\n{192.0.2.1}priority 9\n}",
        "vrrp_instance A {interface eth0\r\nvirtual_router_id 7\r\nvirtual_ipaddress { 192.0.2.1 }\r\npriority 9}",
        "global_defs {router_id x}vrrp_instance A{interface eth0\nvirtual_router_id 7\npriority 9\nvirtual_ipaddress{192.0.2.1}}",
    ] {
        let parsed = file(text);
        assert_eq!(codes(&parsed), Vec::<&str>::new(), "{text}");
        let instance = only(&parsed);
        assert_eq!(
            (instance.virtual_router_id.value, instance.priority.value),
            (7, 9),
            "{text}"
        );
        assert_eq!(instance.addresses.len(), 1, "{text}");
    }
}

#[test]
fn a_missing_close_brace_is_told_where_it_was_opened() {
    let parsed = file(
        "global_defs {\nrouter_id a\n}\nvrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {\n192.0.2.1\n}\n",
    );
    assert_eq!(place(&parsed, "missing-close-brace"), "4:17");
    assert_eq!(
        found(&parsed, "missing-close-brace").keepalived,
        Keepalived::Reports
    );
    assert_eq!(only(&parsed).addresses.len(), 1, "it is not fatal");
}

#[test]
fn an_extra_close_brace_is_ignored() {
    let parsed = file("global_defs {\n}\n}\nglobal_defs {\nrouter_id a\n}");
    assert_eq!(place(&parsed, "extra-close-brace"), "3:1");
    assert_eq!(parsed.config.global.router_id.unwrap().value, "a");
}

#[test]
fn a_missing_open_brace_is_supplied() {
    let parsed =
        file("vrrp_instance A\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress { 192.0.2.1 }\n}\n");
    assert_eq!(place(&parsed, "missing-open-brace"), "1:1");
    assert_eq!(only(&parsed).virtual_router_id.value, 7);
}

/// keepalived ignores the brace of an unknown word, so that its `}` ends the block around it.
#[test]
fn the_block_of_an_unknown_word_ends_the_block_around_it() {
    let parsed = web("whatever {\nfoo\n}\npriority 50");
    assert_eq!(
        only(&parsed).priority.value,
        100,
        "the line came to stand outside"
    );
    assert_eq!(place(&parsed, "stranded-keyword"), "10:1");
    assert_eq!(place(&parsed, "unexpected-open-brace"), "7:10");
    assert_eq!(place(&parsed, "extra-close-brace"), "11:1");
}

#[test]
fn an_unknown_block_at_the_top_is_reported_once() {
    let parsed = file("local_address_group x {\n192.0.2.1\n192.0.2.2\n}\nglobal_defs {\nrouter_id a\n}\n");
    assert_eq!(codes(&parsed), ["unknown-keyword", "unexpected-open-brace"]);
    assert_eq!(parsed.config.global.router_id.unwrap().value, "a");
}

#[test]
fn settings_on_one_line_are_told() {
    let parsed = web("state BACKUP priority 50");
    assert_eq!(only(&parsed).priority.value, 100);
    assert_eq!(place(&parsed, "settings-on-one-line"), "7:14");
}

#[test]
fn long_lines_and_nul_bytes_are_left_out_whole() {
    let long = format!("priority 50 {}", "x".repeat(1020));
    let parsed = web(&long);
    assert_eq!(only(&parsed).priority.value, 100);
    assert_eq!(place(&parsed, "line-too-long"), "7:1");
    assert_eq!(
        only(&web(&long[..1023])).priority.value,
        50,
        "1,023 bytes are read"
    );
    let parsed = web("priority 50 \0");
    assert_eq!(only(&parsed).priority.value, 100);
    assert_eq!(place(&parsed, "line-with-nul"), "7:1");
    assert_eq!(
        codes(&web(&format!("# {}", "x".repeat(2000)))),
        ["long-comment"],
        "a comment may be long, but not for keepalived 2.2.7"
    );
}

#[test]
fn pasted_blanks_and_quotes_are_understood_with_a_warning() {
    let parsed = web("\u{a0}\u{a0}priority\u{a0}50\n\u{3000}router x");
    assert_eq!(only(&parsed).priority.value, 50);
    assert_eq!(place(&parsed, "special-blank"), "7:1");
    let parsed = file("global_defs {\nrouter_id “a b”\n}");
    assert_eq!(place(&parsed, "typographic-quote"), "2:11");
    assert_eq!(parsed.config.global.router_id.unwrap().value, "a b");
    assert_eq!(
        router_id("\u{feff}global_defs {\nrouter_id a\n}").as_deref(),
        Some("a"),
        "a byte order mark"
    );
    assert_eq!(
        router_id("global_defs {\nrouter_id a“b\n}").as_deref(),
        Some("a“b"),
        "a single one is a letter"
    );
}

#[test]
fn bytes_that_are_no_text_are_kept_in_passwords() {
    let mut text = b"vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nauthentication {\nauth_type PASS\nauth_pass p".to_vec();
    text.extend_from_slice(b"\xff\xe9\n}\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n");
    let parsed = parse(&keepalived_conf::MemoryFiles::new([("k", text)]), "k");
    assert_eq!(
        only(&parsed).authentication.as_ref().unwrap().value.bytes(),
        b"p\xff\xe9"
    );
}

#[test]
fn a_missing_argument_is_fatal_where_keepalived_says_so() {
    for line in [
        "interface",
        "state",
        "priority",
        "virtual_router_id",
        "advert_int",
        "notify_master",
    ] {
        let parsed = web(line);
        assert_eq!(
            found(&parsed, "missing-argument").severity,
            Severity::Fatal,
            "{line}"
        );
        assert_eq!(
            found(&parsed, "missing-argument").keepalived,
            Keepalived::Stops,
            "{line}"
        );
    }
    let parsed = file("global_defs {\nrouter_id\n}");
    assert_eq!(found(&parsed, "missing-argument").severity, Severity::Error);
    assert!(!parsed.is_fatal());
}

#[test]
fn an_unreadable_file_is_fatal_and_named() {
    let parsed = parse(&keepalived_conf::MemoryFiles::default(), "/etc/none.conf");
    assert!(parsed.is_refused());
    assert!(
        keepalived_conf::line(&parsed.diagnostics[0], &parsed.sources)
            .starts_with("/etc/none.conf:1:1: error[file]: ")
    );
}
