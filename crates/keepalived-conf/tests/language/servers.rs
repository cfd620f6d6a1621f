//! Virtual servers: what the model says, and where from. What is asked of a kernel is tested in vrrp-plan.

use keepalived_conf::{Parsed, ServerLook, effective};

use super::text::{codes, file};

/// The text that `vrrpctl effective` prints: `keyword value came`.
fn shown(parsed: &Parsed, block: &str, keyword: &str) -> String {
    let effective = effective(parsed);
    let section = effective
        .virtual_servers
        .iter()
        .find(|section| section.block == block);
    let section = section.unwrap_or_else(|| panic!("no {block}"));
    let setting = section
        .one(keyword)
        .unwrap_or_else(|| panic!("no {keyword} in {block}"));
    format!("{} {}", setting.shown(), setting.came)
}

fn instance(name: &str, lines: &str) -> String {
    format!(
        "vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {{\n192.0.2.1\n}}\n{lines}\n}}\n"
    )
}

const FILE: &str = "\
global_defs {
 checker_log_all_failures on
 smtp_alert_checker off
}
virtual_server 192.0.2.1 80 {
 lb_algo sh
 sh-port
 sh-fallback
 lb_kind DR
 protocol TCP
 delay_loop 6
 retry 2
 warmup 1.5
 weight 4
 inhibit_on_failure
 persistence_timeout 50
 sorry_server 10.0.0.9
 real_server 10.0.0.2 80 {
  connect_timeout 3
  lvs_method TUN type gre csum
  notify_up \"/bin/up now\" nobody
  HTTP_GET {
   url {
    path /
   }
   delay_before_retry 2
  }
  MISC_CHECK {
   misc_path \"/bin/check -x\"
   misc_dynamic
  }
 }
}
";

/// Block, keyword, value and where it came from.
const ORIGINS: &[(&str, &str, &str)] = &[
    ("virtual_server", "protocol", "TCP k.conf:10"),
    ("virtual_server", "lb_algo", "sh k.conf:6"),
    (
        "virtual_server",
        "scheduler flags",
        "sh-port sh-fallback k.conf:7",
    ),
    ("virtual_server", "lb_kind", "DR k.conf:9"),
    ("virtual_server", "delay_loop", "6 s k.conf:11"),
    ("virtual_server", "persistence_timeout", "50 s k.conf:16"),
    (
        "virtual_server",
        "persistence_granularity",
        "(each address) default",
    ),
    ("virtual_server", "quorum", "1 default"),
    ("virtual_server", "sorry_server", "10.0.0.9:80 k.conf:17"),
    (
        "virtual_server",
        "sorry_server_lvs_method",
        "DR k.conf:9 (lb_kind)",
    ),
    ("virtual_server", "smtp_alert", "no k.conf:3 (smtp_alert_checker)"),
    ("real_server", "weight", "4 k.conf:14 (virtual_server)"),
    ("real_server", "lvs_method", "TUN type gre csum k.conf:20"),
    (
        "real_server",
        "inhibit_on_failure",
        "yes k.conf:15 (virtual_server)",
    ),
    (
        "real_server",
        "notify_up",
        "argv /bin/up now user nobody k.conf:21",
    ),
    ("real_server", "smtp_alert", "no k.conf:3 (smtp_alert_checker)"),
    ("HTTP_GET", "delay_loop", "6 s k.conf:11 (virtual_server)"),
    ("HTTP_GET", "retry", "2 k.conf:12 (virtual_server)"),
    ("HTTP_GET", "delay_before_retry", "2 s k.conf:26"),
    ("HTTP_GET", "warmup", "1.5 s k.conf:13 (virtual_server)"),
    ("HTTP_GET", "alpha", "no default"),
    (
        "HTTP_GET",
        "log_all_failures",
        "yes k.conf:2 (checker_log_all_failures)",
    ),
    ("HTTP_GET", "connect_ip", "10.0.0.2 by real_server"),
    ("HTTP_GET", "connect_port", "80 by real_server"),
    ("HTTP_GET", "connect_timeout", "3 s k.conf:19 (real_server)"),
    ("MISC_CHECK", "misc_path", "/bin/check -x k.conf:29"),
    ("MISC_CHECK", "misc_timeout", "6 s by delay_loop"),
    ("MISC_CHECK", "misc_dynamic", "yes k.conf:30"),
    ("MISC_CHECK", "user", "(script_user) default"),
    ("MISC_CHECK", "delay_before_retry", "1 s default"),
];

#[test]
fn every_value_says_where_it_came_from() {
    let parsed = file(FILE);
    for (block, keyword, expected) in ORIGINS {
        assert_eq!(shown(&parsed, block, keyword), *expected, "{keyword} of {block}");
    }
    let sections = effective(&parsed).virtual_servers;
    let names: Vec<_> = sections
        .iter()
        .map(|one| (one.block, one.name.clone().unwrap()))
        .collect();
    let real = "TCP 192.0.2.1:80 10.0.0.2:80";
    assert_eq!(
        names,
        [
            ("virtual_server", "TCP 192.0.2.1:80".to_owned()),
            ("real_server", real.to_owned()),
            ("HTTP_GET", real.to_owned()),
            ("MISC_CHECK", real.to_owned())
        ]
    );
}

#[test]
fn words_for_all_virtual_servers() {
    let global = "lvs_sync_daemon eth1 inst A id 7 maxlen 1400 port 9000 ttl 3 group 224.0.0.90\nlvs_timeouts tcp 100 udp 20\n\
                  lvs_flush\nlvs_flush_on_stop VS\nlvs_notify_fifo /run/lvs root\nlvs_notify_fifo_script /bin/read\n\
                  no_checker_emails\nrs_init_notifies\nssl_get_verify off\nsmtp_alert_checker";
    let text = format!("global_defs {{\n{global}\n}}\n{}{FILE}", instance("A", ""));
    let parsed = file(&text);
    let lvs = &parsed.config.global.lvs;
    let sync = &lvs.sync_daemon.as_ref().unwrap().value;
    assert_eq!(
        (sync.interface.as_str(), sync.instance.as_deref(), sync.id),
        ("eth1", Some("A"), Some(7))
    );
    assert_eq!(
        (sync.maxlen, sync.port, sync.ttl),
        (Some(1400), Some(9000), Some(3))
    );
    assert_eq!(sync.group.unwrap().to_string(), "224.0.0.90");
    let timeouts = lvs.timeouts.unwrap().value;
    assert_eq!((timeouts.tcp_s, timeouts.tcpfin_s, timeouts.udp_s), (100, 0, 20));
    assert!(lvs.flush.value && lvs.no_emails.value && lvs.init_notifies.value);
    assert_eq!(
        lvs.flush_on_stop.unwrap().value,
        keepalived_conf::FlushOnStop::Ours
    );
    assert_eq!(lvs.fifo.fifo.as_ref().unwrap().value.path, "/run/lvs");
    assert_eq!(lvs.fifo.script.as_ref().unwrap().value.argv, ["/bin/read"]);
    assert!(!lvs.ssl_get_verify.unwrap().value);
    // no_checker_emails is stronger than smtp_alert_checker.
    assert_eq!(
        shown(&parsed, "real_server", "smtp_alert"),
        "no by no_checker_emails"
    );
    let old = |line: &str| {
        let text = format!("global_defs {{\n{line}\n}}\n{}", instance("web", ""));
        file(&text).config.global.lvs.sync_daemon.map(|sync| sync.value)
    };
    let by_place = old("lvs_sync_daemon eth1 web 9").unwrap();
    assert_eq!(
        (by_place.instance.as_deref(), by_place.id),
        (Some("web"), Some(9))
    );
    let alone = old("lvs_sync_daemon eth1").unwrap();
    assert_eq!((alone.instance, alone.id), (None, None));
    assert_eq!(old("lvs_sync_daemon eth1 nobody"), None);
    // keepalived passes over what is out of its range, one by one.
    let odd =
        old("lvs_sync_daemon eth1 inst web id 300 maxlen 99999 port 70000 ttl 300 group 1.2.3.4").unwrap();
    assert_eq!(
        (odd.id, odd.maxlen, odd.port, odd.ttl, odd.group),
        (None, None, None, None, None)
    );
    // Of two of a kind the last counts, whatever it is.
    assert_eq!(old("lvs_sync_daemon eth1 id 7 id 300").unwrap().id, None);
    let place = file(&instance("web", "lvs_sync_daemon_interface eth2"))
        .config
        .global
        .lvs
        .sync_daemon;
    let place = place.unwrap().value;
    assert_eq!(
        (place.interface.as_str(), place.instance.as_deref()),
        ("eth2", Some("web"))
    );
}

#[test]
fn what_is_left_out_is_told_with_its_reason() {
    let real = "real_server 10.0.0.2 80 {\n}\n";
    let server = |head: &str, inside: &str| {
        format!("virtual_server {head} {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{inside}}}\n")
    };
    let group = |lines: &str| {
        format!(
            "virtual_server_group G {{\n{lines}}}\n{}",
            server("group G", real)
        )
    };
    for (text, code, left) in [
        (server("x 80", real), "virtual-server", 0),
        (server("192.0.2.1 80", ""), "virtual-server", 0),
        (
            server("192.0.2.1 80", "real_server x 80 {\n}\n"),
            "real-server",
            0,
        ),
        (
            server("192.0.2.1 80", "real_server fe80::2 80 {\n}\n"),
            "real-server",
            0,
        ),
        (
            server("192.0.2.1 80", &(real.to_owned() + real)),
            "real-server",
            1,
        ),
        (server("group X", real), "virtual-server", 0),
        (server("fwmark 0", real), "virtual-server", 0),
        (group("fwmark 0\n"), "virtual-server", 0),
        (group("x\n"), "bad-value", 0),
        (group("192.0.2.1 80\nfe80::1 80\n"), "virtual-server-families", 0),
        (
            group("192.0.2.1 80\nfe80::1 80\nfwmark 3\n"),
            "virtual-server-group",
            0,
        ),
        (group("10.0.0.0/8 80\n"), "virtual-server", 0),
        (
            group("192.0.2.1 80\n") + &server("group G", real),
            "virtual-server-twice",
            1,
        ),
        (
            group("192.0.2.1 80\n") + "virtual_server_group G {\n192.0.2.2 80\n}\n",
            "duplicate-block",
            1,
        ),
    ] {
        let parsed = file(&text);
        assert!(codes(&parsed).contains(&code), "{text}\n{:?}", codes(&parsed));
        assert_eq!(parsed.config.virtual_servers.len(), left, "{text}");
        let found = parsed
            .diagnostics
            .iter()
            .find(|found| found.code == code)
            .unwrap();
        assert!(!found.effect.is_empty() && !found.help.is_empty(), "{code}");
    }
}

/// Each address is a service of the kernel with real servers of its own: a group of thousands times hundreds of servers is no table.
#[test]
fn more_entries_than_the_kernel_is_asked_for_are_refused() {
    let server = |head: &str, reals: u32| {
        let reals = (1..=reals).map(|n| format!("real_server 10.1.{}.{} 80 {{\n}}\n", n / 256, n % 256));
        let reals: String = reals.collect();
        format!("virtual_server {head} {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{reals}}}\n")
    };
    let with = |reals: u32| {
        let group = "virtual_server_group G {\n10.2.0.0/18 80\n10.2.64.0/18 80\n}\n";
        let first = server("192.0.2.1 80", 2);
        let parsed = file(&format!(
            "{first}{group}{}{}",
            server("group G", reals),
            server("192.0.2.2 80", 2)
        ));
        let names = parsed.config.virtual_servers.iter().map(|one| one.name.clone());
        let told = parsed
            .diagnostics
            .iter()
            .find(|found| found.code == "virtual-server");
        (names.collect::<Vec<_>>(), told.map(|found| found.message.clone()))
    };
    let (single, all) = (["TCP 192.0.2.1:80", "TCP 192.0.2.2:80"], 2 * 16_384);
    let (names, told) = with(31);
    assert_eq!(
        (names, told),
        (
            vec![
                single[0].to_owned(),
                "group G TCP".to_owned(),
                single[1].to_owned()
            ],
            None
        )
    );
    let (names, told) = with(32);
    assert_eq!(names, single);
    let text = format!(
        "group G TCP is {all} services of the kernel with 32 real servers each, {} entries in all; 1048576 are carried out in a file, and 1048574 of them are left here",
        all * 32
    );
    assert_eq!(told, Some(text));
}

/// What is left out takes no address from those below it.
#[test]
fn what_is_left_out_for_its_size_or_its_families_leaves_its_addresses_to_others() {
    let small = "virtual_server 10.2.0.5 80 {\nlb_algo rr\nlb_kind NAT\nprotocol TCP\nreal_server 10.1.0.1 80 {\n}\n}\n";
    let names = |group: &str, reals: u32| {
        let reals = (1..=reals).map(|n| format!("real_server 10.3.{}.{} 80 {{\n}}\n", n / 256, n % 256));
        let reals: String = reals.collect();
        let parsed = file(&format!(
            "virtual_server_group G {{\n{group}\n}}\nvirtual_server group G {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{reals}}}\n{small}"
        ));
        let names = parsed.config.virtual_servers.iter().map(|one| one.name.clone());
        names.collect::<Vec<_>>()
    };
    let one = ["TCP 10.2.0.5:80"];
    assert_eq!(
        names("10.2.0.0/16 80", 1),
        ["group G TCP"],
        "the first one counts"
    );
    assert_eq!(names("10.2.0.0/16 80", 17), one);
    assert_eq!(names("10.2.0.0/24 80\n2001:db8::1 80", 1), one);
}

#[test]
fn a_check_that_keepalived_leaves_out_is_left_out() {
    let with = |check: &str| {
        let text = format!(
            "virtual_server 192.0.2.1 80 {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\nreal_server 10.0.0.2 80 {{\nTCP_CHECK {{\n}}\n{check}\n}}\n}}\n"
        );
        let parsed = file(&text);
        let words = parsed.config.virtual_servers[0].servers[0]
            .checks
            .iter()
            .map(|check| check.word);
        (words.collect::<Vec<_>>(), parsed)
    };
    for lost in [
        "HTTP_GET {\n}",
        "SSL_GET {\nurl {\n}\n}",
        "MISC_CHECK {\n}",
        "FILE_CHECK {\ntrack_file x\n}",
    ] {
        let (words, parsed) = with(lost);
        assert_eq!(words, ["TCP_CHECK"], "{lost}");
        let told = parsed
            .diagnostics
            .iter()
            .find(|found| found.code == "checker")
            .unwrap();
        assert!(told.effect.contains("in service without it"), "{}", told.effect);
    }
    let (words, parsed) = with("HTTP_GET {\nurl {\npath /\n}\nurl {\n}\n}");
    assert_eq!(words, ["TCP_CHECK", "HTTP_GET"]);
    let ServerLook::Ask(checker) = &parsed.config.virtual_servers[0].servers[0].checks[1].look else {
        panic!()
    };
    let keepalived_conf::Question::Http(http) = &checker.question else {
        panic!()
    };
    assert_eq!(http.urls.len(), 1);
}

/// What is passed over is said: the other node may have another id, and nothing is synchronised.
#[test]
fn options_of_the_sync_daemon_that_are_passed_over_are_said() {
    let said = |options: &str| {
        let text = format!(
            "global_defs {{\nlvs_sync_daemon eth1 {options}\n}}\n{}",
            instance("web", "")
        );
        let parsed = file(&text);
        assert!(parsed.config.global.lvs.sync_daemon.is_some(), "{options}");
        let found = parsed
            .diagnostics
            .iter()
            .filter(|found| found.code == "bad-value");
        found.map(|found| found.message.to_string()).collect::<Vec<_>>()
    };
    for (options, count, words) in [
        ("inst web id 256", 1, "'id 256' is out of its range"),
        ("maxlen 65508", 1, "'maxlen 65508'"),
        ("port 0", 1, "'port 0'"),
        ("ttl 0", 1, "'ttl 0'"),
        ("group 192.0.2.1", 1, "'group 192.0.2.1'"),
        ("id 300 port 70000 ttl 4", 2, "'port 70000'"),
        ("inst web ide 3 ttl 0", 1, "'ide 3' is no option"),
        ("web 9 port", 1, "'port' is no option with its value"),
    ] {
        let said = said(options);
        assert!(
            said.len() == count && said.iter().any(|text| text.contains(words)),
            "{options}: {said:?}"
        );
    }
    for good in [
        "",
        "web",
        "web 9 ttl 3",
        "inst web id 0 maxlen 65507 port 65535 ttl 255 group ff02::81",
    ] {
        assert_eq!(said(good), Vec::<String>::new(), "{good}");
    }
}

#[test]
fn a_word_that_is_not_carried_out_is_warned_of() {
    let text = format!(
        "global_defs {{\nmax_auto_priority 20\n}}\n{}",
        instance("web", "")
    );
    let parsed = file(&text);
    let found = parsed.diagnostics.iter().find(|found| found.code == "no-effect");
    let found = found.unwrap();
    assert!(
        found.message.contains("max_auto_priority has no effect"),
        "{found:?}"
    );
    assert!(
        found.effect.contains("the priority stays as it is set"),
        "{found:?}"
    );
}

#[test]
fn a_source_of_the_other_family_is_passed_over_as_it_is_said() {
    let source = |check: &str| {
        let text = format!(
            "virtual_server 192.0.2.1 80 {{\nlb_algo rr\nlb_kind DR\nprotocol TCP\nreal_server 10.0.0.2 80 {{\nTCP_CHECK {{\n{check}\n}}\n}}\n}}\n"
        );
        let parsed = file(&text);
        let ServerLook::Ask(asked) = &parsed.config.virtual_servers[0].servers[0].checks[0].look else {
            panic!("no question in {check}");
        };
        let source = asked.source.value.0.map(|ip| ip.to_string());
        (source, codes(&parsed).join(" "))
    };
    let said = |source: Option<&str>, found: &str| (source.map(str::to_owned), found.to_owned());
    assert_eq!(source("bindto ::1"), said(None, "bad-value"));
    assert_eq!(source("bindto 10.0.0.1"), said(Some("10.0.0.1"), ""));
    assert_eq!(
        source("connect_ip 2001:db8::2\nbindto ::1"),
        said(Some("::1"), "")
    );
}
