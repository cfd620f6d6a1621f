//! What is read, and what is said about it. Defaults are typed from the table of ldirectord's directives, and what it makes
//! of a text was seen in what the packaged program prints for it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod corpus;
mod effective;
mod mistakes;
mod properties;

use keepalived_conf::{MemoryFiles, Origin, line};
use ldirectord_conf::{Config, FewNames, Listens, Parsed, Service, Virtual, directives, parse};

fn read(text: &str) -> Parsed {
    parse(&MemoryFiles::new([("l.cf", text)]), &FewNames, "l.cf")
}

fn config(text: &str) -> Config {
    let parsed = read(text);
    assert_eq!(said(&parsed), Vec::<String>::new(), "{text}");
    parsed.config
}

fn said(parsed: &Parsed) -> Vec<String> {
    let found = parsed.diagnostics.iter();
    found.map(|found| line(found, &parsed.sources)).collect()
}

fn codes(text: &str) -> Vec<&'static str> {
    read(text).diagnostics.iter().map(|found| found.code).collect()
}

fn first(text: &str) -> Virtual {
    let virtuals = read(text).config.virtuals;
    virtuals.into_iter().next().expect("a virtual server")
}

const WEB: &str = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n";

fn web(line: &str) -> String {
    format!("{WEB}\t{line}\n")
}

/// The finding with this code, of a virtual server with this line: its whole line of text.
fn finding(text: &str, code: &str) -> String {
    let parsed = read(text);
    let found = parsed.diagnostics.iter().find(|found| found.code == code);
    let found = found.unwrap_or_else(|| panic!("no {code} in {:?} of {text:?}", said(&parsed)));
    assert!(!found.effect.is_empty() && !found.help.is_empty(), "{found:?}");
    line(found, &parsed.sources)
}

#[test]
fn blanks_around_the_sign_and_comments_behind_values_do_not_matter() {
    for text in [
        "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n\trequest=\"x y\"\n",
        "virtual = 192.0.2.1:80  # vip\n    real  =  192.0.2.10:80   gate ## a\n\trequest =\"x y\" # \"z\"",
        "virtual=192.0.2.1:80\r\n\treal=192.0.2.10:80 gate\r\n# c\r\n  # d\r\n\trequest=\"x y\"\r\n",
    ] {
        let config = config(text);
        assert_eq!(config.virtuals[0].reals.len(), 1, "{text}");
        let request = config.virtuals[0].check.request.as_ref().expect("a request");
        assert_eq!(request.value, "x y");
    }
}

#[test]
fn a_quote_is_escaped_by_a_backslash_which_stays() {
    let pattern = |text: &str| first(&web(text)).check.receive.expect("a pattern").value;
    assert_eq!(pattern(r#"receive="a\"b""#), r#"a\"b"#);
    assert_eq!(pattern(r#"receive="a\\" # "c""#), r"a\\");
    assert!(finding(&web("request=\"x"), "unmatched-quote").contains("closing quote"));
    assert!(finding(&web("request=a b"), "several-words").contains("quotes"));
    assert!(finding(&web("request=\"a#b\""), "hash-in-quotes").starts_with("l.cf:3:10: warning"));
}

#[test]
fn every_service_has_its_port() {
    let by_port = [
        (21, "ftp"),
        (25, "smtp"),
        (53, "dns"),
        (80, "http"),
        (110, "pop"),
        (119, "nntp"),
        (143, "imap"),
        (389, "ldap"),
        (443, "https"),
        (587, "submission"),
        (636, "ldaps"),
        (993, "imaps"),
        (995, "pops"),
        (1521, "oracle"),
        (1812, "radius"),
        (3128, "http_proxy"),
        (3306, "mysql"),
        (5432, "pgsql"),
        (5060, "sip"),
        (8080, "none"),
    ];
    for (port, service) in by_port {
        let read = first(&format!(
            "virtual=192.0.2.1:{port}\n\treal=192.0.2.10:{port} gate\n"
        ));
        assert_eq!(read.check.service.value.word(), service);
    }
    for service in Service::ALL {
        let read = first(&web(&format!("service={}", service.word())));
        assert_eq!(read.check.service.value, *service);
        assert!(matches!(read.check.service.origin, Origin::Line { .. }));
    }
}

#[test]
fn a_default_of_the_file_is_told_from_a_value_of_ones_own() {
    let text = format!("checktimeout=3\n{WEB}\tnegotiatetimeout=4\n");
    let web = first(&text);
    assert!(
        matches!(web.check.timeout.origin, Origin::Line { .. }),
        "the nearer negotiatetimeout"
    );
    let far = first(&format!("checktimeout=3\n{WEB}"));
    assert!(matches!(
        far.check.timeout.origin,
        Origin::Inherited {
            keyword: "checktimeout",
            ..
        }
    ));
    assert!(matches!(far.check.failures.origin, Origin::Default));
}

#[test]
fn every_directive_is_taken_where_it_may_stand() {
    for directive in directives() {
        let value = match directive.name {
            "virtual" | "virtual6" => continue,
            "real" => "192.0.2.11:80 gate",
            "real6" | "fallback6" => continue,
            "fallback" => "127.0.0.1:80 gate",
            "quiescent" | "autoreload" | "fork" | "supervised" | "cleanstop" | "readdquiescent"
            | "verify" => "no",
            "ops" => "no",
            "checktype" => "negotiate",
            "service" => "http",
            "protocol" => "tcp",
            "httpmethod" => "GET",
            "netmask" => "255.255.255.0",
            "schedflags" => "mh-port",
            "emailalert" => "a@example.org",
            "emailalertstatus" => "all",
            "callback" | "maintenancedir" | "checkcommand" | "fallbackcommand" => "\"/x\"",
            _ => "5",
        };
        let at = |text: String| -> Vec<&str> {
            let codes = codes(&text);
            let known = |code: &&str| {
                !matches!(
                    *code,
                    "no-effect" | "only-for-the-file" | "unknown-scheduler" | "netmask-alone" | "checkcount"
                )
            };
            codes.into_iter().filter(known).collect()
        };
        let global = at(format!("{}={value}\n{WEB}", directive.name));
        let below = at(web(&format!("{}={value}", directive.name)));
        let (global_fits, below_fits) = match directive.scope {
            ldirectord_conf::Scope::Global => (true, false),
            ldirectord_conf::Scope::Virtual => (false, true),
            ldirectord_conf::Scope::Both | ldirectord_conf::Scope::File => (true, true),
        };
        assert_eq!(global.is_empty(), global_fits, "{}: {global:?}", directive.name);
        assert_eq!(below.is_empty(), below_fits, "{}: {below:?}", directive.name);
    }
}

#[test]
fn what_is_set_in_wrongly_is_taken_as_it_was_meant() {
    for (text, code) in [
        (
            "  virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n",
            "indented-virtual",
        ),
        (
            "virtual=192.0.2.1:80\n   real=192.0.2.10:80 gate\n",
            "little-indent",
        ),
        (
            "virtual=192.0.2.1:80\n real=192.0.2.10:80 gate\n",
            "little-indent",
        ),
        ("virtual=192.0.2.1:80\nreal=192.0.2.10:80 gate\n", "not-indented"),
        (
            "virtual=192.0.2.1:80\n\n\treal=192.0.2.10:80 gate\n",
            "after-the-end",
        ),
        (
            "virtual=192.0.2.1:80\nchecktimeout=3\n\treal=192.0.2.10:80 gate\n",
            "after-the-end",
        ),
        (
            "virtual=192.0.2.1:80\n\tautoreload=yes\n\treal=192.0.2.10:80 gate\n",
            "indented-global",
        ),
        (
            "virtual\u{a0}=192.0.2.1:80\n\u{3000}\u{a0}\u{a0}\u{a0}real=192.0.2.10:80\u{a0}gate\n",
            "no-break-space",
        ),
    ] {
        assert_eq!(codes(text), [code], "{text}");
        let read = first(text);
        assert!(read.usable && read.reals.len() == 1, "{text}");
        assert!(finding(text, code).contains(": warning["), "{text}");
    }
}

/// A text that lost its blanks on the left: what may be global too belongs to the virtual server as the others do.
#[test]
fn a_section_without_indentation_goes_on_to_its_end() {
    let text =
        "virtual=192.0.2.1:80\nreal=192.0.2.10:80 gate\nquiescent=yes\nscheduler=rr\n\nchecktimeout=3\n";
    let parsed = read(text);
    assert!(matches!(
        parsed.config.virtuals[0].quiescent.origin,
        Origin::Line { .. }
    ));
    assert!(matches!(
        parsed.config.virtuals[0].check.timeout.origin,
        Origin::Inherited { .. }
    ));
}

#[test]
fn a_file_that_cannot_be_read_is_fatal() {
    let parsed = parse(&MemoryFiles::default(), &FewNames, "gone.cf");
    assert!(parsed.is_fatal());
    assert!(said(&parsed)[0].contains("no such file"), "{:?}", said(&parsed));
    assert!(!read(WEB).is_fatal());
}

#[test]
fn a_password_is_shown_to_nobody() {
    let parsed = read(&web(
        "service=pop\n\tlogin=me\n\tpasswd=\"hidden\"\n\tsecret=alsohidden\n\trequest=a b",
    ));
    let mut shown = format!("{:?}", parsed.config);
    for found in &parsed.diagnostics {
        shown += &keepalived_conf::render(found, &parsed.sources, false);
    }
    // Also where the line itself is drawn, because of another mistake in it.
    let parsed = read(&web("passwd=\"hidden\" x\n\tsecret=alsohidden y"));
    assert_eq!(parsed.diagnostics.len(), 2);
    for found in &parsed.diagnostics {
        shown += &keepalived_conf::render(found, &parsed.sources, false);
    }
    assert!(!shown.contains("hidden"), "{shown}");
    assert!(shown.contains("login"));
}

#[test]
fn virtual_servers_listen_on_addresses_and_marks() {
    let listens = |head: &str, real: &str| first(&format!("{head}\n\t{real}\n")).listens;
    assert_eq!(
        listens("virtual=192.0.2.1:http", "real=192.0.2.10:80 gate"),
        Listens::At([192, 0, 2, 1].into(), 80)
    );
    assert_eq!(
        listens("virtual=4294967295", "real=192.0.2.10:80 gate"),
        Listens::Mark(std::num::NonZeroU32::MAX)
    );
}
