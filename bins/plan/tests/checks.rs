//! `vrrp_check` from the file to the probe that is run.
#![cfg(feature = "machine")]

use keepalived_conf::{MemoryFiles, parse};
use vrrp_plan::{Allowed, Asks, Check, Host, Plan, What, difference, lower, probe, try_check};

fn plan(above: &str, checker: &str) -> Plan {
    // What is pushed is not waited for.
    let timeout = if checker.contains("PUSH") {
        ""
    } else {
        "timeout 0.4\n"
    };
    let text = format!(
        "{above}vrrp_check web {{\ninterval 0.5\n{timeout}fall 2\n{checker}\n}}\nvrrp_instance lan {{\ninterface eth0\n\
         virtual_router_id 51\npriority 100\nvirtual_ipaddress {{\n192.0.2.1\n}}\ntrack_script {{\nweb weight -30\n}}\n}}\n"
    );
    let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
    lower(
        &parsed.config,
        &parsed.sources,
        &Allowed::default(),
        &Host::default(),
    )
    .plan
}

fn check(checker: &str) -> Check {
    plan("", checker).checks.remove(0)
}

fn called(checker: &str) -> String {
    probe(&check(checker)).expect("a probe").name()
}

#[test]
fn each_checker_becomes_its_probe() {
    for (checker, name) in [
        (
            "TCP_CHECK {\nconnect_port 6379\n}",
            "TCP connection with 127.0.0.1:6379",
        ),
        (
            "HTTP_GET {\nurl {\npath /health\n}\n}",
            "http://127.0.0.1:80 /health",
        ),
        (
            "SMTP_CHECK {\nconnect_ip 2001:db8::25\n}",
            "SMTP with [2001:db8::25]:25",
        ),
        #[cfg(feature = "dns")]
        (
            "DNS_CHECK {\nconnect_ip 192.0.2.53\ntype MX\nname example.org\n}",
            "DNS question MX example.org. to 192.0.2.53:53",
        ),
        ("PING_CHECK {\nconnect_ip 192.0.2.254\n}", "ping 192.0.2.254"),
        (
            "UDP_CHECK {\nconnect_port 1812\npayload 0c01\nrequire_reply 02Xx\n}",
            "UDP datagram to 127.0.0.1:1812",
        ),
        (
            "SEND_EXPECT {\nconnect_port 6379\nsend \"PING\\r\\n\"\nexpect \"+PONG\"\n}",
            "send and expect with 127.0.0.1:6379",
        ),
        (
            "STUB_STATUS {\npath /nginx_status\nactive_max 1000\n}",
            "http://127.0.0.1:80 /nginx_status",
        ),
        #[cfg(feature = "tls")]
        ("TLS_CHECK {\nverify off\n}", "TLS handshake with 127.0.0.1:443"),
        #[cfg(feature = "http2")]
        (
            "HTTP_GET {\nhttp_protocol 2\nurl {\npath /\n}\n}",
            "http://127.0.0.1:80 /",
        ),
        ("PUSH {\nttl 5\n}", "the application's own word, for 5s"),
    ] {
        assert_eq!(called(checker), name);
    }
}

#[test]
fn the_way_to_the_service_is_kept() {
    let check =
        check("TCP_CHECK {\nconnect_port 80\nbindto 192.0.2.7\nbind_port 1024\nbind_if eth1\nfwmark 5\n}");
    let What::Ask(question) = check.what else {
        panic!("{:?}", check.what)
    };
    assert_eq!(question.asks, Asks::Tcp);
    assert_eq!(question.source.unwrap().to_string(), "192.0.2.7");
    assert_eq!((question.source_port, question.mark), (1024, 5));
    assert_eq!(question.interface.as_deref(), Some("eth1"));
}

/// A line above the check moves it in the file, and nothing else.
#[test]
fn a_check_that_only_moved_runs_on() {
    let one = plan("", "HTTP_GET {\nurl {\npath /\n}\n}");
    let moved = plan("# a comment\n\n", "HTTP_GET {\nurl {\npath /\n}\n}");
    assert_ne!(one.checks[0].place, moved.checks[0].place);
    assert!(difference(&one, &moved).checks_changed.is_empty());
    let other = plan("", "HTTP_GET {\nurl {\npath /other\n}\n}");
    assert_eq!(difference(&one, &other).checks_changed.len(), 1);
}

#[test]
fn what_cannot_be_asked_is_told_before_it_is_run() {
    let wrong = check("HTTP_GET {\nurl {\npath /\nregex \"(open\"\n}\n}");
    let told = format!("{:?}", try_check(&wrong));
    assert!(told.contains("regex") && told.contains("(open"), "{told}");
    let good = check("HTTP_GET {\nurl {\npath /\nregex \"^ok\"\n}\n}");
    assert_eq!(try_check(&good), Ok(()));
}

#[cfg(feature = "tls")]
#[test]
fn pages_over_tls_are_asked_with_or_without_trust() {
    let name = called("SSL_GET {\nverify off\nurl {\npath /\n}\n}");
    assert_eq!(name, "https://127.0.0.1:443 /");
}

#[cfg(not(feature = "dns"))]
#[test]
fn without_dns_it_says_so() {
    let told = format!("{:?}", try_check(&check("DNS_CHECK {\n}")));
    assert!(told.contains("feature dns"), "{told}");
}

#[cfg(not(feature = "tls"))]
#[test]
fn without_tls_it_says_so() {
    for checker in ["SSL_GET {\nurl {\npath /\n}\n}", "TLS_CHECK {\n}"] {
        let told = format!("{:?}", try_check(&check(checker)));
        assert!(told.contains("feature tls"), "{told}");
    }
}

#[cfg(not(feature = "http2"))]
#[test]
fn without_http2_it_says_so() {
    let told = format!(
        "{:?}",
        try_check(&check("HTTP_GET {\nhttp_protocol 2\nurl {\npath /\n}\n}"))
    );
    assert!(told.contains("feature http2"), "{told}");
}

#[test]
fn who_may_push_must_be_there() {
    let told = format!("{:?}", try_check(&check("PUSH {\nttl 5\nuser no-such-user\n}")));
    assert!(told.contains("user 'no-such-user' does not exist"), "{told}");
    assert_eq!(try_check(&check("PUSH {\nttl 5\nuser root\n}")), Ok(()));
}

#[test]
fn another_mode_or_ttl_changes_the_check() {
    let of = |words: &str| plan("", words);
    let one = of("PUSH {\nttl 5\n}");
    for other in [
        "mode dry-run\nPUSH {\nttl 5\n}",
        "PUSH {\nttl 6\n}",
        "PUSH {\nttl 5\nuser root\n}",
    ] {
        assert_eq!(difference(&one, &of(other)).checks_changed.len(), 1, "{other}");
    }
}
