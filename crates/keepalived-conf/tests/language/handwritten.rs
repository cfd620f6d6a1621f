//! Constructs of files as people write them, mistakes included: the verdict that `keepalived -t` of 2.2.7 gives for each,
//! seen by running it, and the values in its dump.

use keepalived_conf::{Asked, Facts, Parsed, Severity, Verdict, judge};

use super::text::{codes, file, found, only, place, web};

/// Verdict where everything is there, and what keepalived is said to report.
fn verdict(text: &str) -> Verdict {
    judged(&file(text))
}

fn judged(parsed: &Parsed) -> Verdict {
    judge(parsed, &Facts::assume(&Asked::of(parsed))).verdict
}

fn all(expected: Verdict, texts: &[String]) {
    for text in texts {
        assert_eq!(verdict(text), expected, "{text}");
    }
}

const INSTANCE: &str =
    "vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {\n192.0.2.1\n}\n";

fn script(line: &str) -> String {
    format!("vrrp_script chk {{\n{line}\n}}\n{INSTANCE}track_script {{\nchk\n}}\n}}\n")
}

#[test]
fn a_quote_at_the_end_of_a_command_opens_nothing() {
    let clean = [
        "script /bin/true'",
        "script /bin/true x'",
        "script \"/bin/true x'\"",
    ];
    all(Verdict::Clean, &clean.map(script));
    let warns = [
        "script /bin/true\"",
        "script \"/bin/true\" x\"",
        "script \"",
        "script '",
    ];
    all(Verdict::Warns, &warns.map(script));
    all(
        Verdict::Fatal,
        &["script /bin/true \"x", "script \"/bin/true"].map(script),
    );
    let parsed = file(&script("script /bin/true\""));
    assert_eq!(only(&parsed).track_scripts.len(), 1, "it runs");
    assert_eq!(place(&parsed, "unmatched-quote"), "2:1");
}

/// Letters of a web page, which keepalived takes for a part of the word.
#[test]
fn typographic_quotes_are_what_the_line_makes_of_them() {
    let quoted = |line: &str| format!("{INSTANCE}{line}\n}}\n");
    all(
        Verdict::Fatal,
        &["vrrp_instance A {\ninterface \u{201c}eth0\u{201d}\nvirtual_router_id 7\n}\n".to_owned()],
    );
    all(
        Verdict::Warns,
        &[
            quoted("priority \u{201c}100\u{201d}"),
            quoted("virtual_ipaddress_excluded {\n\u{201c}192.0.2.9\u{201d}\n}"),
            script("script \u{201c}/bin/true\u{201d}"),
        ],
    );
    all(
        Verdict::Clean,
        &[quoted("notify_master \u{201c}/etc/up now\u{201d}")],
    );
}

#[test]
fn what_breaks_keepalived_down() {
    let server = |check: &str| {
        format!(
            "virtual_server 192.0.2.1 80 {{\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\nreal_server 192.0.2.2 80 {{\n{check}\n}}\n}}\n"
        )
    };
    all(
        Verdict::Fatal,
        &[
            server("HTTP_GET {\nconnect_timeout 3\n}"),
            server("HTTP_GET {\nurl {\nstatus_code 200\n}\n}"),
            server("MISC_CHECK {\nmisc_path \"/bin/true\n}"),
            "vrrp_instance A  state MASTER\ninterface eth0\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n"
                .to_owned(),
            "vrrp_instance\ninterface eth0\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n".to_owned(),
            "virtual_server_group W\n192.0.2.1 80\n}\n".to_owned(),
            format!("{INSTANCE}virtual_routes {{\n198.51.100.0/24 via 192.0.2.9 unicast\n}}\n}}\n"),
        ],
    );
    all(
        Verdict::Warns,
        &[
            server("HTTP_GET {\nurl {\nstatus_code 200\n}\nurl {\npath /\n}\n}"),
            server("MISC_CHECK {\nmisc_path /bin/true\"\n}"),
            // Behind another check it is left out, and that is all.
            server("TCP_CHECK {\n}\n}\nreal_server 192.0.2.3 80 {\nHTTP_GET {\nurl {\nstatus_code 200\n}\n}"),
            "vrrp_instance\ninterface eth0\n}\n".to_owned(),
            format!("{INSTANCE}virtual_routes {{\n198.51.100.0/24 via 192.0.2.9 x y\n}}\n}}\n"),
        ],
    );
}

/// The name or number of a kind stands in front of a destination; of two destinations the last one counts.
#[test]
fn words_at_the_end_of_a_route() {
    let text = |end: &str| {
        format!("{INSTANCE}virtual_routes {{\n198.51.100.0/24 via 192.0.2.9 dev eth0 {end}\n}}\n}}\n")
    };
    all(
        Verdict::Fatal,
        &["unicast", "1", "255", "\"\"", "metric 1 2"].map(text),
    );
    all(Verdict::Warns, &["x", "-1", "256"].map(text));
    all(Verdict::Clean, &["inet", "table local", "metric 1"].map(text));
    let parsed = file(&text("203.0.113.0/24"));
    assert_eq!(only(&parsed).routes[0].to.to_string(), "203.0.113.0/24");
    assert_eq!(codes(&parsed), ["set-again"]);
}

#[test]
fn marks_have_no_protocol_no_port_and_no_address() {
    let server = |head: &str, method: &str, lines: &str, port: &str| {
        format!(
            "{head} {{\nlvs_sched rr\nlvs_method {method}\n{lines}real_server 192.0.2.2 {port} {{\nTCP_CHECK {{\nconnect_port 80\n}}\n}}\n}}\n"
        )
    };
    let mark = |method, lines, port| server("virtual_server fwmark 3", method, lines, port);
    let group = |members: &str, method, lines, port| {
        let head = format!("virtual_server_group G {{\n{members}\n}}\nvirtual_server group G");
        server(&head, method, lines, port)
    };
    let (only, both, none) = ("fwmark 3", "192.0.2.1 80\nfwmark 3", "192.0.2.1 80");
    let tcp = "protocol TCP\n";
    let suspend = "protocol TCP\nha_suspend\n";
    all(
        Verdict::Clean,
        &[
            mark("NAT", "", "80"),
            mark("DR", "", "0"),
            group(both, "NAT", tcp, "80"),
            group(both, "DR", tcp, "0"),
            group(none, "NAT", suspend, "80"),
        ],
    );
    all(
        Verdict::Warns,
        &[
            mark("DR", "", "80"),
            mark("TUN", "", "80"),
            mark("NAT", "ha_suspend\n", "0"),
            mark("DR", "sorry_server 192.0.2.3 80\n", "0"),
            group(only, "NAT", tcp, "0"),
            group(both, "DR", tcp, "80"),
            group(both, "NAT", suspend, "0"),
        ],
    );
}

#[test]
fn an_owner_preempts_and_nothing_lowers_it() {
    let parsed = web(
        "state BACKUP\npriority 255\nnopreempt\npreempt_delay 300\ntrack_interface {\neth1 weight 5\neth2\n}",
    );
    let one = only(&parsed);
    assert!(one.preempt.value);
    assert_eq!(one.preempt_delay.value.as_secs(), 300);
    let tracked: Vec<_> = one.track_interfaces.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(tracked, ["eth2"]);
    assert_eq!(codes(&parsed), ["nopreempt-owner", "weight-of-owner"]);
}

#[test]
fn an_address_with_a_peer_is_that_of_a_host() {
    for (line, prefix, peer, expected) in [
        (
            "192.0.2.1/24 peer 192.0.2.9",
            "192.0.2.1/32",
            true,
            Verdict::Warns,
        ),
        (
            "192.0.2.1/32 peer 192.0.2.9",
            "192.0.2.1/32",
            true,
            Verdict::Clean,
        ),
        (
            "192.0.2.1 peer 192.0.2.9/24",
            "192.0.2.1/32",
            false,
            Verdict::Warns,
        ),
        (
            "192.0.2.1/24 peer 192.0.2.9/24",
            "192.0.2.1/24",
            false,
            Verdict::Warns,
        ),
    ] {
        let text = format!(
            "vrrp_instance A {{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {{\n{line}\n}}\n}}\n"
        );
        let parsed = file(&text);
        let address = &only(&parsed).addresses[0];
        assert_eq!(address.prefix.value.to_string(), prefix, "{line}");
        assert_eq!(address.peer.is_some(), peer, "{line}");
        assert_eq!(judged(&parsed), expected, "{line}");
    }
}

#[test]
fn strict_mode_says_that_it_drops_authentication_before_anything_else() {
    let auth = |inside: &str| {
        format!("strict_mode\nunicast_peer {{\n192.0.2.9\n}}\nauthentication {{\n{inside}\n}}")
    };
    let parsed = web(&auth("auth_type PASS\nauth_pass abc"));
    assert_eq!(judged(&parsed), Verdict::Warns);
    assert!(only(&parsed).authentication.is_none());
    assert_eq!(found(&parsed, "strict-unicast").severity, Severity::Warning);
    assert_eq!(
        judged(&web(&auth("auth_pass abc"))),
        Verdict::Clean,
        "it is none without its kind"
    );
}

#[test]
fn track_groups_stand_above_what_names_them() {
    let group = "track_group up {\ngroup {\nA\n}\n}\n";
    let entry = "static_ipaddress {\n192.0.2.9/24 dev eth0 track_group up\n}\n";
    let above = file(&format!("{group}{entry}{INSTANCE}}}\n"));
    assert_eq!(judged(&above), Verdict::Clean);
    assert!(above.config.statics.addresses[0].track_group.is_some());
    let below = file(&format!("{entry}{group}{INSTANCE}}}\n"));
    assert_eq!(judged(&below), Verdict::Warns);
    assert!(below.config.statics.addresses[0].track_group.is_none());
}

#[test]
fn the_first_notify_deleted_counts_and_its_script_is_a_script() {
    let program = |parsed: &Parsed| {
        Asked::of(parsed)
            .programs
            .iter()
            .map(|one| one.path.clone())
            .collect::<Vec<_>>()
    };
    for (lines, expected) in [
        ("notify_deleted /bin/a\nnotify_deleted /bin/b", vec!["/bin/a"]),
        ("notify_deleted /bin/a\nnotify_deleted", vec!["/bin/a"]),
        ("notify_deleted\nnotify_deleted /bin/b", vec![]),
    ] {
        let parsed = web(lines);
        assert_eq!(program(&parsed), expected, "{lines}");
        assert_eq!(codes(&parsed), ["set-again"], "{lines}");
        assert_eq!(judged(&parsed), Verdict::Warns, "{lines}");
    }
    let parsed = web("notify_deleted /bin/a");
    let judged = judge(&parsed, &Facts::assume(&Asked::of(&parsed)));
    assert_eq!(judged.exit, 6, "nobody asks for the security of scripts");
}

#[test]
fn a_block_that_is_passed_over_asks_for_no_interface() {
    let facts = Facts {
        interfaces: ["eth0".to_owned()].into(),
        ..Facts::default()
    };
    let again = file(&format!(
        "{INSTANCE}}}\nvrrp_instance A {{\ninterface nope0\n}}\n"
    ));
    assert_eq!(judge(&again, &facts).verdict, Verdict::Warns);
    let vrf = file(
        "vrrp_instance A {\nvrf blue\nvirtual_router_id 7\nunicast_src_ip 192.0.2.8\nunicast_peer {\n192.0.2.9\n}\n}\n",
    );
    assert_eq!(
        judge(&vrf, &facts).verdict,
        Verdict::Fatal,
        "there is no such device"
    );
}

#[test]
fn lines_of_sessions() {
    let text = |lines: &str| {
        format!("bfd_instance b {{\nneighbor_ip 192.0.2.9\n}}\n{INSTANCE}track_bfd {{\n{lines}\n}}\n}}\n")
    };
    all(
        Verdict::Clean,
        &["b", "b weight -20", "b weight 5 reverse"].map(text),
    );
    all(
        Verdict::Warns,
        &["b\nb", "b -20", "b weight 5 7", "b weight x"].map(text),
    );
}

/// keepalived 2.2.7 reads the line, and takes the end of its comment for another one.
#[test]
fn a_comment_behind_words_may_be_long() {
    let text = format!("{INSTANCE}priority 150 # {}\n}}\n", "x".repeat(1_100));
    let parsed = file(&text);
    assert_eq!(only(&parsed).priority.value, 150);
    assert_eq!(codes(&parsed), ["long-comment"]);
    assert_eq!(judged(&parsed), Verdict::Warns);
}

#[test]
fn a_router_id_that_is_no_text_is_kept() {
    let files =
        keepalived_conf::MemoryFiles::new([("k.conf", b"global_defs {\nrouter_id Z\xfcrich\n}\n".to_vec())]);
    let parsed = keepalived_conf::parse(&files, "k.conf");
    assert_eq!(
        parsed.config.global.router_id.as_ref().unwrap().value,
        "Z\u{fffd}rich"
    );
    assert_eq!(found(&parsed, "not-utf8").severity, Severity::Warning);
    assert_eq!(judged(&parsed), Verdict::Clean);
}

/// What `Debug` prints of everything that comes out of parsing holds no password, wherever a mistake has put it.
#[test]
fn no_password_is_printed_for_programmers() {
    let key = "0123456789abcdef0123456789abcdef";
    for text in [
        format!("{INSTANCE}authentication {{\nauth_type PASS\nauth_pass sesame\n}}\n}}\n"),
        format!("{INSTANCE}authentication\nauth_type PASS\nauth_pass sesame\n}}\n}}\n"),
        format!("auth_pass sesame\n{INSTANCE}}}\n"),
        format!("{INSTANCE}authentication {{ auth_type PASS auth_pass sesame }}\n}}\n"),
        format!("{INSTANCE}}}\n}}\nauthentication {{\nauth_pass sesame\n}}\n"),
        format!("{INSTANCE}version 3\nauth_hmac {{\nkey 1 {key}\nactive_key 1\n}}\n}}\n"),
        format!("{INSTANCE}version 3\nauth_hmac {{\nkey 1\n{key}\n}}\n}}\n"),
        format!("{INSTANCE}version 3\nauth_hmak {{\nkey 1 {key}\n}}\n}}\n"),
    ] {
        let parsed = file(&text);
        let shown = format!("{parsed:?}{:#?}{:?}", parsed.tree, parsed.sources);
        assert!(!shown.contains("sesame") && !shown.contains(key), "{text}");
        // As octets, too.
        for secret in ["sesame", key] {
            let octets = format!("{:?}", secret.as_bytes());
            assert!(!shown.contains(octets.trim_matches(['[', ']'])), "{text}");
        }
    }
}
