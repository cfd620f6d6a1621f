//! Checks of real servers: each default, and each value that comes from above.

use std::time::Duration;

use vrrp_core::Weight;
use vrrp_plan::Asks;
use vrrp_plan::balance::Look;

use super::{balance, check, codes, only, s, server};

const MISC: &str = "MISC_CHECK {\nmisc_path \"/bin/check -x 1\"\nLINES\n}";

fn block(word: &str, lines: &str) -> String {
    match word {
        "HTTP_GET" | "SSL_GET" => format!("{word} {{\nurl {{\npath /\n}}\n{lines}\n}}"),
        "MISC_CHECK" => MISC.replace("LINES", lines),
        _ => format!("{word} {{\n{lines}\n}}"),
    }
}

const ALL: [&str; 8] = [
    "TCP_CHECK",
    "HTTP_GET",
    "SSL_GET",
    "SMTP_CHECK",
    "DNS_CHECK",
    "MISC_CHECK",
    "PING_CHECK",
    "UDP_CHECK",
];

#[test]
fn defaults_of_each_check() {
    for word in ALL {
        let one = check("", &block(word, ""));
        let (retries, retry_after) = match word {
            "HTTP_GET" | "SSL_GET" => (1, s(3)),
            "DNS_CHECK" => (3, s(60)),
            "MISC_CHECK" => (0, s(1)),
            _ => (1, s(1)),
        };
        assert_eq!((one.retries, one.retry_after), (retries, retry_after), "{word}");
        assert_eq!((one.interval, one.warmup), (s(60), s(60)), "{word}");
        let limit = if word == "MISC_CHECK" { s(60) } else { s(5) };
        assert_eq!(one.timeout, limit, "{word}");
        assert!(!one.log_all_failures, "{word}");
        assert_eq!(one.name, format!("TCP 192.0.2.1:80 10.0.0.2:8080 {word}"));
        if let Look::Ask(question) = &one.look {
            let port = if word == "PING_CHECK" { 0 } else { 8080 };
            assert_eq!(
                (question.ip.to_string().as_str(), question.port),
                ("10.0.0.2", port),
                "{word}"
            );
            assert_eq!((question.connect_timeout, question.mark), (s(5), 0), "{word}");
        }
    }
}

#[test]
fn a_check_has_what_it_says_then_its_real_server_then_its_virtual_server() {
    let virtual_server = "retry 7\ndelay_before_retry 2\nconnect_timeout 4\nwarmup 3\ndelay_loop 6\nalpha";
    let real = "retry 8\ndelay_before_retry 2.5\nconnect_timeout 4.5\nwarmup 3.5\ndelay_loop 6.5\nalpha off";
    let own = "retry 9\ndelay_before_retry 0\nwarmup 0\ndelay_loop 7\nalpha on";
    let ms = Duration::from_millis;
    for word in ALL {
        let misc = word == "MISC_CHECK";
        let of = |real: &str, own: &str| {
            let text = server(virtual_server, &format!("{real}\n{}", block(word, own)));
            let balance = balance(&text);
            let one = balance.checks[0].clone();
            let limit = one.timeout;
            (
                one.retries,
                one.retry_after,
                one.warmup,
                one.interval,
                limit,
                balance.servers[0].servers[0].follows[0].alpha,
            )
        };
        let limit = |asks, runs| if misc { runs } else { asks };
        assert_eq!(
            of("", ""),
            (7, s(2), s(3), s(6), limit(s(4), s(6)), true),
            "{word}"
        );
        let from_real = (8, ms(2500), ms(3500), ms(6500), limit(ms(4500), ms(6500)), false);
        assert_eq!(of(real, ""), from_real, "{word}");
        let timeout = if misc {
            "misc_timeout 3"
        } else {
            "connect_timeout 1.5"
        };
        let all = format!("{own}\n{timeout}");
        assert_eq!(
            of(real, &all),
            (9, s(0), s(0), s(7), limit(ms(1500), s(3)), true),
            "{word}"
        );
    }
}

#[test]
fn words_that_are_no_numbers_count_as_keepalived_counts_them() {
    let of = |lines: &str| check("", &block("TCP_CHECK", lines));
    let port = |lines: &str| match of(lines).look {
        Look::Ask(question) => question.port,
        other => panic!("{other:?}"),
    };
    assert_eq!(port("connect_port 81"), 81);
    assert_eq!(port("connect_port 81x"), 81);
    assert_eq!(port("connect_port 99999"), 8080);
    assert_eq!(of("retry 4x").retries, 4);
    assert_eq!(of("retry 4\nretry x").retries, 0);
    assert_eq!(of("connect_timeout 0").timeout, s(5));
    // nb_get_retry is a word of pages alone.
    assert_eq!(of("nb_get_retry 3").retries, 1);
    assert_eq!(check("", &block("HTTP_GET", "nb_get_retry 9")).retries, 9);
    // retry of a server is read more strictly, and is not 0.
    assert_eq!(check("retry 3x", &block("TCP_CHECK", "")).retries, 1);
    assert_eq!(check("retry 0", &block("TCP_CHECK", "")).retries, 1);
    assert_eq!(check("", &block("TCP_CHECK", "retry 0")).retries, 0);
}

#[test]
fn log_all_failures_is_global_or_its_own() {
    let global = "global_defs {\nchecker_log_all_failures\n}\n";
    let text = |own: &str| global.to_owned() + &server("", &block("TCP_CHECK", own));
    assert!(balance(&text("")).checks[0].log_all_failures);
    assert!(!balance(&text("log_all_failures off")).checks[0].log_all_failures);
    assert!(check("", &block("TCP_CHECK", "log_all_failures")).log_all_failures);
}

#[test]
fn pages_ask_for_the_nearest_host_and_verify() {
    let of = |global: &str, lines: &str, real: &str, own: &str| {
        let text = format!(
            "global_defs {{\n{global}\n}}\n{}",
            server(lines, &format!("{real}\n{}", block("SSL_GET", own)))
        );
        match balance(&text).checks[0].look.clone() {
            Look::Ask(question) => match question.asks {
                Asks::Http(http) => (http.pages[0].host.clone(), http.verify),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let host = |name: &str| Some(name.to_owned());
    assert_eq!(of("", "", "", ""), (None, true));
    assert_eq!(of("", "virtualhost a", "", ""), (host("a"), true));
    assert_eq!(of("", "virtualhost a", "virtualhost b", ""), (host("b"), true));
    assert_eq!(
        of("", "virtualhost a", "virtualhost b", "virtualhost c\nverify off"),
        (host("c"), false)
    );
    assert_eq!(of("ssl_get_verify off", "", "", ""), (None, false));
    assert_eq!(of("ssl_get_verify off", "", "", "verify on"), (None, true));
    assert_eq!(of("ssl_get_verify", "", "", ""), (None, true));
}

#[test]
fn the_ssl_block_is_for_every_page_over_tls() {
    let of = |ssl: &str, word: &str| {
        let text = ssl.to_owned() + &server("", &block(word, ""));
        match balance(&text).checks[0].look.clone() {
            Look::Ask(question) => match question.asks {
                Asks::Http(http) => (http.authorities, http.client),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let whole = "SSL {\nca /etc/ca\ncertificate /etc/own\nkey /etc/key\n}\n";
    let client = Some(("/etc/own".into(), "/etc/key".into()));
    assert_eq!(of(whole, "SSL_GET"), (Some("/etc/ca".into()), client));
    assert_eq!(of(whole, "HTTP_GET"), (None, None));
    assert_eq!(of("", "SSL_GET"), (None, None));
    // Of several the last one counts, as keepalived says.
    let twice = whole.to_owned() + "SSL {\nca /etc/one\nca /etc/two\n}\n";
    assert_eq!(of(&twice, "SSL_GET"), (Some("/etc/two".into()), None));
    let lone = "SSL {\ncertificate /etc/own\n}\n";
    assert_eq!(of(lone, "SSL_GET"), (None, None));
    assert_eq!(codes(lone), ["incomplete-block"]);
    assert_eq!(
        codes("SSL {\ncertificate /etc/own\nkey /etc/key\npassword x\n}\n"),
        ["ssl-password"]
    );
}

#[cfg(feature = "tls")]
#[test]
fn files_of_the_ssl_block_must_be_there() {
    let tried = |ssl: &str| {
        let text = format!("SSL {{\n{ssl}\n}}\n{}", server("", &block("SSL_GET", "")));
        format!("{:?}", vrrp_plan::try_server_check(&balance(&text).checks[0]))
    };
    for (ssl, file) in [
        ("ca /no/such/ca", "/no/such/ca: no certificates in PEM"),
        ("ca /dev/null", "/dev/null: no certificates in PEM"),
        (
            "certificate /no/such/own\nkey /dev/null",
            "/no/such/own: no certificates in PEM",
        ),
    ] {
        assert!(tried(ssl).contains(file), "{}", tried(ssl));
    }
}

#[test]
fn options_of_a_pattern_stand_in_it() {
    let of = |options: &str| {
        let text = format!(
            "HTTP_GET {{\nurl {{\npath /\nregex ok\nregex_options {options}\nregex_stack 10 20\n}}\n}}"
        );
        match check("", &text).look {
            Look::Ask(question) => match question.asks {
                Asks::Http(http) => http.pages[0].pattern.clone().unwrap(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(of("utf"), ("ok".to_owned(), false));
    assert_eq!(
        of("caseless multiline dotall extended ungreedy"),
        ("(?imsxU)ok".to_owned(), false)
    );
}

#[test]
fn the_old_block_of_mail_servers_is_a_check_for_each_host() {
    let smtp = "SMTP_CHECK {\nhelo_name x\nhost {\nconnect_ip 10.0.0.3\n}\nhost {\nconnect_ip 10.0.0.4\nconnect_port 2525\n}\n}";
    let balance = balance(&server("", smtp));
    let asked = balance.checks.iter().map(|check| match &check.look {
        Look::Ask(question) => (
            check.name.clone(),
            question.ip.to_string(),
            question.port,
            question.asks.clone(),
        ),
        other => panic!("{other:?}"),
    });
    let asked: Vec<_> = asked.collect();
    let name = "TCP 192.0.2.1:80 10.0.0.2:8080 SMTP_CHECK".to_owned();
    let helo = Asks::Smtp { helo: "x".to_owned() };
    assert_eq!(
        asked,
        [
            (name.clone(), "10.0.0.3".to_owned(), 25, helo.clone()),
            (name + " 2", "10.0.0.4".to_owned(), 2525, helo)
        ]
    );
    assert_eq!(balance.servers[0].servers[0].follows.len(), 2);
}

#[test]
fn a_command_runs_as_its_user_and_may_set_the_weight() {
    let global = "global_defs {\nscript_user nobody\nenable_script_security\n}\n";
    let run = |text: &str| match balance(text).checks[0].look.clone() {
        Look::Run { command, sets_weight } => (command, sets_weight),
        other => panic!("{other:?}"),
    };
    let (command, sets_weight) = run(&server("", &block("MISC_CHECK", "")));
    assert_eq!(command.words, ["/bin/check", "-x", "1"]);
    assert_eq!((command.user, command.secure, sets_weight), (None, false, false));
    let (command, sets_weight) =
        run(&(global.to_owned() + &server("", &block("MISC_CHECK", "misc_dynamic"))));
    assert_eq!(
        (command.user, command.secure, sets_weight),
        (Some(("nobody".to_owned(), None)), true, true)
    );
    let (command, _) = run(&(global.to_owned() + &server("", &block("MISC_CHECK", "user daemon sys"))));
    assert_eq!(command.user, Some(("daemon".to_owned(), Some("sys".to_owned()))));
}

#[test]
fn a_file_counts_for_the_weight() {
    let defined = "track_file load {\nfile /run/load\nweight 3\n}\n";
    let of = |lines: &str| {
        let text = defined.to_owned() + &server("", &format!("FILE_CHECK {{\ntrack_file load\n{lines}\n}}"));
        let balance = balance(&text);
        let Look::File(file) = &balance.checks[0].look else {
            panic!("{balance:#?}")
        };
        assert_eq!(
            (file.name.as_str(), file.path.to_str()),
            ("load", Some("/run/load"))
        );
        balance.servers[0].servers[0].follows[0].weight
    };
    let adjust = |value, reverse| Weight::Adjust { value, reverse };
    assert_eq!(of(""), adjust(3, false));
    assert_eq!(of("weight -2"), adjust(-2, false));
    assert_eq!(of("weight 5 reverse"), adjust(5, true));
    assert_eq!(of("weight 0"), Weight::Gate { reverse: false });
    assert_eq!(of("weight 1000"), adjust(254, false));
    // keepalived 2.2.7 was seen to have such a server in from the start, alpha or not.
    let alpha = defined.to_owned() + &server("alpha", "FILE_CHECK {\ntrack_file load\n}");
    assert!(!only(&alpha).servers[0].follows[0].alpha);
    let lost = server("", "FILE_CHECK {\ntrack_file load\n}");
    assert_eq!((balance(&lost).checks.len(), codes(&lost)), (0, vec!["checker"]));
}

#[test]
fn a_check_without_a_port_never_passes() {
    let text = "virtual_server fwmark 3 {\nlb_algo rr\nlb_kind NAT\nreal_server 10.0.0.2 {\nTCP_CHECK {\n}\nPING_CHECK {\n}\n}\n}\n";
    let balance = balance(text);
    assert_eq!(balance.checks[0].look, Look::Always(false));
    assert!(matches!(balance.checks[1].look, Look::Ask(_)));
    assert_eq!(codes(text), ["check-without-port"]);
}

#[test]
fn several_checks_of_one_kind_have_names_of_their_own() {
    let twice = format!(
        "{}\n{}",
        block("TCP_CHECK", ""),
        block("TCP_CHECK", "connect_port 9")
    );
    let one = only(&server("", &twice));
    let names: Vec<_> = one.servers[0]
        .follows
        .iter()
        .map(|follows| follows.check.clone())
        .collect();
    let name = "TCP 192.0.2.1:80 10.0.0.2:8080 TCP_CHECK";
    assert_eq!(names, [name.to_owned(), format!("{name} 2")]);
    assert!(
        one.servers[0]
            .follows
            .iter()
            .all(|follows| follows.weight == Weight::Gate { reverse: false })
    );
}

/// keepalived runs these, and here they cannot be: nobody may take the server for checked.
#[test]
fn what_keepalived_would_run_and_is_not_bars_the_daemon() {
    for (check, word) in [
        (
            "bfd_instance b {\nneighbor_ip 10.0.0.9\n}\n",
            "BFD_CHECK {\nname b\n}",
        ),
        ("", "HTTP_GET {\nurl {\npath /\nregex a\nregex_min_offset 3\n}\n}"),
        ("", "HTTP_GET {\nurl {\npath index.html\n}\n}"),
    ] {
        let parsed = super::parsed(check.to_owned() + &server("", word));
        let name = word.split(' ').next().unwrap();
        let mut missing = parsed.config.missing.iter();
        assert!(
            missing.any(|missing| missing.allow_word == name),
            "{name}: {:?}",
            parsed.config.missing
        );
    }
}
