//! The traps of keepalived that are kept (docs/behaviour.md): an example of each, which is told.

use keepalived_conf::lint::{self, Machine};

use super::text::{file, tracked, web};

fn plain(code: &'static str, lines: &str) -> (&'static str, String) {
    (code, web(lines))
}

fn pass(code: &'static str, version: &str, secret: &str) -> (&'static str, String) {
    let lines = format!("{version}\nauthentication {{\nauth_type PASS\nauth_pass {secret}\n}}");
    (code, web(&lines))
}

fn addresses(list: &str) -> String {
    format!("vrrp_instance A {{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {{\n{list}\n}}\n}}\n")
}

/// Each code of the page with a file that walks into it: elections, weights, checks.
fn of_elections() -> Vec<(&'static str, String)> {
    let group = "vrrp_sync_group G {\ngroup { web }\n}\n";
    vec![
        plain("owner-by-state", "state MASTER"),
        plain("nopreempt-master", "state MASTER\npriority 150\nnopreempt"),
        plain("preempt-delay", "state MASTER\npriority 150\npreempt_delay 60"),
        plain("bad-state", "state backup"),
        ("weight-nopreempt", tracked("weight -60", "nopreempt")),
        ("weight-window", tracked("weight -2", "priority 100")),
        ("weight-cut", tracked("weight 20", "priority 250")),
        ("weight-floor", tracked("weight -200", "priority 100")),
        (
            "weights-mixed",
            tracked("weight 20", "track_interface {\neth1 weight -20\n}"),
        ),
        (
            "unused-script",
            format!("vrrp_script chk {{\nscript /etc/chk\n}}\n{}", web("")),
        ),
        plain("unknown-script", "track_script {\nnothing\n}"),
        ("weight-in-group", format!("{}{group}", tracked("weight -60", ""))),
        plain("link-not-tracked", "dont_track_primary"),
        plain("tight-timer", "version 3\nadvert_int 0.05"),
        plain("advert-int-rounded", "version 2\nadvert_int 0.5"),
    ]
}

/// The same of announcements, peers, passwords, strict mode and addresses.
fn of_the_rest() -> Vec<(&'static str, String)> {
    let many: Vec<String> = (0..256).map(|last| format!("198.51.100.{last}")).collect();
    vec![
        plain("yields-unsaid", ""),
        plain("challenge-untold", "notify_master /etc/up"),
        plain("no-repair", "lower_prio_no_advert"),
        plain("no-second-burst", "garp_master_delay 0"),
        (
            "slow-announcements",
            format!("global_defs {{\nvrrp_garp_interval 3\n}}\n{}", web("")),
        ),
        (
            "bad-number",
            format!("global_defs {{\nvrrp_garp_interval 0\n}}\n{}", web("")),
        ),
        plain("unicast-without-peer", "unicast_peer {\n}"),
        plain("unicast-unchecked", "unicast_peer {\n192.0.2.2\n}"),
        pass("pass-in-clear", "version 2", "secret"),
        pass("auth-pass-cut", "version 2", "toolongasecret"),
        pass("comment-in-password", "version 2", "se#ret"),
        pass("auth-version-3", "version 3", "secret"),
        plain("strict-not-served", "strict_mode"),
        pass("strict-auth", "version 2\nstrict_mode", "secret"),
        plain("strict-preempt-delay", "strict_mode\npreempt_delay 60"),
        plain("always-on", "skip_check_adv_addr off"),
        (
            "script-user-unset",
            format!(
                "vrrp_script chk {{\nscript /etc/chk\n}}\n{}",
                web("track_script {\nchk\n}")
            ),
        ),
        plain("stops-keepalived", "notify_fault \"/bin/killall keepalived\""),
        ("detection-on", addresses("fe80::1\n2001:db8::1 -nodad")),
        ("first-not-link-local", addresses("2001:db8::1")),
        ("too-many-addresses", addresses(&many.join("\n"))),
        (
            "mail-never-sent",
            format!(
                "global_defs {{\nnotification_email {{\nops@example.net\n}}\n}}\n{}",
                web("")
            ),
        ),
    ]
}

fn examples() -> Vec<(&'static str, String)> {
    [of_elections(), of_the_rest()].concat()
}

#[test]
fn every_trap_that_is_kept_is_told_with_its_cure() {
    for (code, text) in examples() {
        let parsed = file(&text);
        let said = lint::file(&parsed, &Machine::default());
        let asked = lint::advice(&parsed);
        let mut all = parsed.diagnostics.iter().chain(&said).chain(&asked);
        let found = all.find(|found| found.code == code);
        let found = found.unwrap_or_else(|| panic!("{code} is not told of\n{text}"));
        assert!(!found.effect.is_empty() && !found.help.is_empty(), "{code}");
    }
}

/// The page has a row for each example and no other.
#[test]
fn the_page_lists_these_traps() {
    let page = include_str!("../../../../docs/behaviour.md");
    let table = page.split("## Traps that are kept").nth(1).unwrap();
    let code = |row: &str| {
        let cell = row.strip_prefix("| ")?.split(" | ").nth(1)?;
        Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned())
    };
    let listed: Vec<String> = table.lines().filter_map(code).collect();
    let expected: Vec<&str> = examples().iter().map(|(code, _)| *code).collect();
    assert_eq!(listed, expected);
}
