//! Blocks that are not carried out and are checked all the same. What keepalived reports was seen with the packaged
//! keepalived 2.2.7 (`keepalived -t`) for each of these texts.

use keepalived_conf::{Asked, Facts, Verdict, judge};

use super::text::file;

fn verdict(text: &str) -> (Verdict, Vec<&'static str>) {
    let parsed = file(text);
    let judged = judge(&parsed, &Facts::assume(&Asked::of(&parsed)));
    let loud = judged
        .diagnostics
        .iter()
        .filter(|found| found.keepalived != keepalived_conf::Keepalived::Silent);
    (judged.verdict, loud.map(|found| found.code).collect())
}

fn clean(text: &str) {
    assert_eq!(verdict(text), (Verdict::Clean, vec![]), "{text}");
}

fn warns(text: &str) {
    assert_eq!(verdict(text).0, Verdict::Warns, "{:?}\n{text}", verdict(text).1);
}

fn fatal(text: &str) {
    assert_eq!(verdict(text).0, Verdict::Fatal, "{:?}\n{text}", verdict(text).1);
}

const REAL: &str = "real_server 10.0.0.2 80 {\nweight 1\n}\n";

/// A whole virtual server with these words.
fn server(words: &str) -> String {
    format!("virtual_server 10.0.0.1 80 {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{words}\n}}\n")
}

fn with_check(check: &str) -> String {
    server(&format!("real_server 10.0.0.2 80 {{\n{check}\n}}"))
}

#[test]
fn values_of_virtual_servers_have_ranges() {
    for (word, good, bad) in [
        ("delay_loop", &["1", "1.5"][..], &["0", "-1", "x", "5x"][..]),
        (
            "persistence_timeout",
            &["1", "", "2678400"],
            &["0", "x", "5x", "1.5", "2678401"],
        ),
        ("quorum", &["1"], &["0", "-1", "x", "5x", "1.5"]),
        ("hysteresis", &["0"], &["1", "-1", "x"]),
        ("retry", &["1"], &["0", "5x"]),
        ("delay_before_retry", &["0", "1.5"], &["-1", "x", "5x"]),
        ("warmup", &["0"], &["x"]),
        ("connect_timeout", &["1", "1.5"], &["0", "99999999999"]),
        ("weight", &["1"], &["0", "x"]),
        ("ip_family", &["inet"], &["ipv4"]),
        ("smtp_alert", &["", "on", "false"], &["1", "x"]),
        ("lb_algo", &["wlc", "mh", "lblcr", "nq"], &["WRR", "xyz"]),
        ("lb_kind", &["DR", "TUN"], &["nat", "FNAT", "dr"]),
        ("protocol", &["tcp", "UDP", "SCTP"], &["ICMP"]),
        ("sorry_server", &["10.0.0.9 80"], &["x", "fe80::1 80"]),
        ("virtualhost", &["a"], &[""]),
        ("omega", &["", "x"], &[]),
    ] {
        for value in good {
            clean(&server(&format!("{word} {value}\n{REAL}")));
        }
        for value in bad {
            warns(&server(&format!("{word} {value}\n{REAL}")));
        }
    }
    for word in ["lb_algo", "delay_loop", "quorum", "sorry_server"] {
        fatal(&server(&format!("{word}\n{REAL}")));
    }
}

#[test]
fn a_virtual_server_needs_its_settings_and_a_real_server() {
    let whole = server(REAL);
    clean(&whole);
    for part in ["lb_algo rr\n", "lb_kind NAT\n", "protocol TCP\n", REAL] {
        assert!(whole.contains(part));
        warns(&whole.replace(part, ""));
    }
    for (head, good) in [
        ("10.0.0.1 80", true),
        ("10.0.0.1/32 80", true),
        ("10.0.0.1", false),
        ("10.0.0.1 70000", false),
        ("10.0.0.1 x", false),
        ("x 80", false),
        ("fwmark x", false),
    ] {
        let text = whole.replace("10.0.0.1 80", head);
        if good { clean(&text) } else { warns(&text) }
    }
    let mark = whole.replace("10.0.0.1 80", "fwmark 1");
    warns(&mark);
    clean(&mark.replace("protocol TCP\n", ""));
    fatal(&whole.replace("10.0.0.1 80", ""));
    warns(&server(&format!("ops\n{REAL}")));
    warns(&server(&format!("sh-port\n{REAL}")));
    clean(&server(&format!("sh-port\n{REAL}")).replace("lb_algo rr", "lb_algo sh"));
}

#[test]
fn real_servers_fit_their_virtual_server() {
    for (kind, head, good) in [
        ("NAT", "10.0.0.2 80", true),
        ("NAT", "10.0.0.2 81", true),
        ("DR", "10.0.0.2", true),
        ("DR", "10.0.0.2 81", false),
        ("TUN", "10.0.0.2 81", false),
        ("NAT", "10.0.0.2 70000", false),
        ("NAT", "x 80", false),
        ("NAT", "fe80::1 80", false),
        ("TUN", "fe80::1 80", true),
    ] {
        let text = server(REAL)
            .replace("lb_kind NAT", &format!("lb_kind {kind}"))
            .replace("10.0.0.2 80", head);
        if good { clean(&text) } else { warns(&text) }
    }
    warns(&server(&format!("{REAL}{REAL}")));
    let other = REAL.replace("10.0.0.2", "10.0.0.3");
    clean(&server(&format!("quorum 2\n{REAL}{other}")));
    warns(&server(&format!("quorum 3\n{REAL}{other}")));
    warns(&server(&format!("quorum 2\nhysteresis 2\n{REAL}{other}")));
    warns(&server(&REAL.replace("weight 1", "weight 0")));
    for (word, good, bad) in [
        ("weight", &["1"][..], &["-1", "x", "5x"][..]),
        ("uthreshold", &["0", "1"], &["x"]),
        ("alpha", &["", "on"], &["1"]),
        ("inhibit_on_failure", &[""], &["x"]),
    ] {
        for value in good {
            clean(&with_check(&format!("{word} {value}")));
        }
        for value in bad {
            warns(&with_check(&format!("{word} {value}")));
        }
    }
}

#[test]
fn checks_of_real_servers() {
    for (check, good) in [
        ("TCP_CHECK {\nconnect_port 80\n}", true),
        ("TCP_CHECK {\nconnect_port 0\n}", false),
        ("TCP_CHECK {\nconnect_ip x\n}", false),
        ("TCP_CHECK {\nretry 0\n}", true),
        ("TCP_CHECK {\nretry 5x\n}", false),
        ("TCP_CHECK {\nnb_get_retry 3\n}", false),
        ("TCP_CHECK {\n}\nPING_CHECK {\n}", true),
        ("HTTP_GET {\nurl {\npath /\n}\n}", true),
        (
            "HTTP_GET {\nurl {\nstatus_code 200\n}\nurl {\npath /\n}\n}",
            false,
        ),
        ("HTTP_GET {\nurl {\npath /\nstatus_code 200-299 301\n}\n}", true),
        ("HTTP_GET {\nurl {\npath /\nstatus_code 99\n}\n}", false),
        ("HTTP_GET {\nurl {\npath /\nstatus_code 300-200\n}\n}", false),
        ("HTTP_GET {\nurl {\npath /\ndigest abc\n}\n}", false),
        ("HTTP_GET {\nurl {\npath /\n}\nhttp_protocol 2\n}", false),
        ("DNS_CHECK {\ntype a\n}", true),
        ("DNS_CHECK {\ntype ANY\n}", false),
        ("UDP_CHECK {\nmin_reply_length 70000\n}", false),
        ("MISC_CHECK {\nmisc_timeout 5\n}", false),
        ("FILE_CHECK {\n}", false),
        ("FILE_CHECK {\ntrack_file nope\n}", false),
        ("BFD_CHECK {\nname nope\n}", false),
        ("BFD_CHECK {\n}", false),
    ] {
        if good {
            clean(&with_check(check))
        } else {
            warns(&with_check(check))
        }
    }
}

#[test]
fn lines_of_a_virtual_server_group() {
    for (line, good) in [
        ("10.0.0.1 80", true),
        ("10.0.0.5-9 80", true),
        ("10.0.0.0/28 80", true),
        ("fwmark 3", true),
        ("10.0.0.1 x", false),
        ("x 80", false),
        ("10.0.0.9-5 80", false),
        ("10.0.0.1/28 80", false),
        ("10.0.0.1-300 80", false),
        ("fwmark x", false),
    ] {
        let text = format!("virtual_server_group g {{\n{line}\n}}\n");
        if good { clean(&text) } else { warns(&text) }
    }
    fatal("virtual_server_group g {\nfwmark\n}\n");
}

fn in_instance(lines: &str) -> String {
    format!(
        "vrrp_instance a {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{\n10.0.0.1/24\n}}\n{lines}\n}}\n"
    )
}

#[test]
fn routes_are_tracked_by_their_interface() {
    for (line, good) in [
        ("10.9.0.0/24 via 10.0.0.9 dev eth0", true),
        ("10.9.0.0/24 dev eth0", true),
        ("10.9.0.0/24 via 10.0.0.9 no_track", true),
        ("src 10.0.0.1 10.9.0.0/24 via 10.0.0.9 dev eth0", true),
        ("10.9.0.0/24 via 10.0.0.9 dev eth0 table 300", true),
        ("default via fe80::1 dev eth0", true),
        ("all dev eth0", true),
        ("10.9.0.0/24 dev eth0 onlink", true),
        ("10.9.0.0/24 via 10.0.0.9", false),
        ("default via 10.0.0.9", false),
        ("blackhole 10.9.0.0/24", false),
        (
            "default nexthop via 10.0.0.9 dev eth0 nexthop via 10.0.0.8 dev eth0",
            false,
        ),
        ("10.9.0.0/24 gw 10.0.0.9 dev eth0", false),
        ("10.9.0/24 via 10.0.0.9 dev eth0", false),
        ("10.9.0.0/24 via x dev eth0", false),
        ("10.9.0.0/24 via 10.0.0.9 dev eth0 metric x", false),
        ("10.9.0.0/24 via 10.0.0.9 dev eth0 bogus", false),
        ("10.9.0.0/33 via 10.0.0.9 dev eth0", false),
        ("10.9.0.0/24 via fe80::1 dev eth0", false),
        ("0.0.0.0/0 via 10.0.0.9 dev eth0 protocol static", false),
        ("via 10.0.0.9 dev eth0", false),
    ] {
        for text in [
            in_instance(&format!("virtual_routes {{\n{line}\n}}")),
            format!("static_routes {{\n{line}\n}}\n"),
        ] {
            if good { clean(&text) } else { warns(&text) }
        }
    }
    fatal(&in_instance("virtual_routes {\n10.9.0.0/24 dev\n}"));
}

#[test]
fn rules_have_a_preference_and_an_action() {
    for (line, good) in [
        ("from 10.0.0.1 table 5 priority 100", true),
        ("from 10.0.0.1 table 5 preference 100", true),
        ("fwmark 1 table 5 priority 7", true),
        ("from all table 5 priority 100", true),
        ("iif eth0 blackhole priority 5", true),
        ("from 10.0.0.1 table 5 order 9 no_track", true),
        ("from 10.0.0.1 table 5", false),
        ("from 10.0.0.1 lookup 5 pref 100", false),
        ("from 10.0.0./24 table 1 priority 5", false),
        ("from 10.0.0.1 priority 5", false),
        ("fwmark x table 5 priority 7", false),
        ("from 10.0.0.1 table 5 priority x", false),
        ("from 10.0.0.1 to fe80::1 table 5 priority 100", false),
    ] {
        for text in [
            in_instance(&format!("virtual_rules {{\n{line}\n}}")),
            format!("static_rules {{\n{line}\n}}\n"),
        ] {
            if good { clean(&text) } else { warns(&text) }
        }
    }
}

#[test]
fn definitions_name_what_they_define() {
    for (text, good) in [
        ("track_file f {\nfile /tmp/x\nweight 3\n}", true),
        ("track_file f {\n}", false),
        ("track_file f {\nfile /tmp/x\nweight 999\n}", false),
        (
            "vrrp_track_process p {\nprocess nginx\nweight 10\nquorum 2\ndelay 3.5\n}",
            true,
        ),
        ("vrrp_track_process p {\n}", false),
        ("vrrp_track_process p {\nprocess nginx\ndelay x\n}", false),
        (
            "bfd_instance b {\nneighbor_ip 10.0.0.3\nmin_rx 300\nidle_tx 1000\nmultiplier 5\n}",
            true,
        ),
        ("bfd_instance b {\n}", false),
        ("bfd_instance b {\nneighbor_ip x\n}", false),
        ("bfd_instance b {\nneighbor_ip 10.0.0.3\nidle_tx 10\n}", false),
        ("garp_group {\ngarp_interval 1\ninterface eth0\n}", true),
        ("garp_group {\ninterface eth0\n}", false),
        (
            "garp_group {\ngarp_interval 1\ninterface eth0\n}\ngarp_group {\ngarp_interval 1\ninterface eth0\n}",
            false,
        ),
        ("SSL {\npassword a\n}", true),
        ("SSL {\npassword a\npassword b\n}", false),
        ("SSL {\nca x\n}\nSSL {\nca y\n}", false),
        ("child_wait_time 3", true),
        ("child_wait_time x", false),
    ] {
        if good { clean(text) } else { warns(text) }
    }
    for list in ["track_file", "track_process", "track_bfd"] {
        warns(&in_instance(&format!("{list} {{\nnope\n}}")));
    }
    clean(&format!(
        "track_file f {{\nfile /tmp/x\n}}\n{}",
        in_instance("track_file {\nf\n}")
    ));
}

#[test]
fn words_of_an_instance_that_are_not_carried_out() {
    for (lines, good) in [
        ("debug 3", true),
        ("debug x", false),
        ("kernel_rx_buf_size x", false),
        ("notify_priority_changes x", false),
        ("linkbeat_use_polling", false),
        ("use_vmac\npromote_secondaries", false),
        ("promote_secondaries", true),
        ("vrf x", false),
        (
            "state BACKUP\nauthentication {\nauth_type AH\nauth_pass abc\n}",
            true,
        ),
        (
            "state MASTER\npriority 100\nauthentication {\nauth_type AH\nauth_pass abc\n}",
            false,
        ),
        ("advert_int 0.5", false),
    ] {
        if good {
            clean(&in_instance(lines))
        } else {
            warns(&in_instance(lines))
        }
    }
}

#[test]
fn global_words_that_are_not_carried_out() {
    for (word, good) in [
        ("max_auto_priority", true),
        ("max_auto_priority 200", false),
        ("min_auto_priority_delay x", false),
        ("checker_priority x", false),
        ("vrrp_rlimit_rttime x", false),
        ("startup_script_timeout 0", false),
        ("vrrp_process_name abcdefghijklmnopqrs", false),
        ("dynamic_interfaces allow_if_changes", true),
        ("dynamic_interfaces x", false),
        ("rs_init_notifies x", false),
        ("vrrp_netlink_cmd_rcv_bufs x", false),
        ("vrrp_netlink_cmd_rcv_bufs_force x", false),
        // 2.2.7 takes these for on, without a word.
        ("vrrp_strict x", true),
        ("vrrp_skip_check_adv_addr x", true),
        ("no_email_faults x", true),
    ] {
        let text = format!("global_defs {{\n{word}\n}}\n");
        if good { clean(&text) } else { warns(&text) }
    }
}
