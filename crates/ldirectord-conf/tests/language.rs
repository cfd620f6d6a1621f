//! What is read, and what is said about it.

use keepalived_conf::{MemoryFiles, Origin, Severity, line};
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
            ldirectord_conf::Scope::Both => (true, true),
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
fn an_unknown_directive_costs_its_virtual_server_or_its_line() {
    let below = read(&web("recieve=\"ok\""));
    assert!(!below.config.virtuals[0].usable);
    assert_eq!(below.diagnostics[0].severity, Severity::InstanceDropped);
    assert!(finding(&web("recieve=\"ok\""), "unknown-directive").ends_with("write receive"));
    let global = format!("[section]\n{WEB}");
    assert!(first(&global).usable);
    assert!(finding(&global, "unknown-directive").starts_with("l.cf:1:1: error"));
    let comment = web("a comment that was wrapped");
    assert!(first(&comment).usable);
    assert_eq!(codes(&comment), ["stray-text"]);
}

/// A `virtual` that is not understood takes what is below it away from the one above it.
#[test]
fn what_follows_a_line_that_is_not_understood_belongs_to_nothing() {
    let parsed = read(&format!("{WEB}virtul=192.0.2.2:80\n\treal=192.0.2.20:80 gate\n"));
    assert_eq!(parsed.config.virtuals.len(), 1);
    assert_eq!(parsed.config.virtuals[0].reals.len(), 1);
    assert_eq!(
        codes(&format!("{WEB}virtul=192.0.2.2:80\n\treal=192.0.2.20:80 gate\n")),
        ["unknown-directive", "no-virtual"]
    );
}

#[test]
fn each_mistake_of_a_virtual_server_is_named_and_costs_it() {
    let line = |line: &str| web(line);
    let table: Vec<(String, &str, &str)> = vec![
        (
            "virtual=192.0.2.1\n\treal=192.0.2.10:80 gate\n".into(),
            "no-address",
            "has no port",
        ),
        (
            "virtual=5:80\n\treal=192.0.2.10:80 gate\n".into(),
            "no-address",
            "a firewall mark with a port",
        ),
        (
            "virtual=0\n\treal=192.0.2.10:80 gate\n".into(),
            "no-address",
            "no firewall mark",
        ),
        (
            "virtual=[2001:db8::1]:80\n\treal=192.0.2.10:80 gate\n".into(),
            "no-address",
            "is an address of IPv6",
        ),
        (
            "virtual6=192.0.2.1:80\n\treal6=[::1]:80 gate\n".into(),
            "no-address",
            "is an address of IPv4",
        ),
        (
            "virtual=192.0.2.1:99999\n\treal=192.0.2.10:80 gate\n".into(),
            "no-address",
            "99999 is no port",
        ),
        (
            "virtual=192.0.2.300:80\n\treal=192.0.2.10:80 gate\n".into(),
            "no-address",
            "no address and no name",
        ),
        (
            "virtual=192.0.2.1:80\n\tscheduler=rr\n".into(),
            "no-real",
            "no real server and no fallback",
        ),
        (
            format!("{WEB}{WEB}"),
            "duplicate-virtual",
            "there is a virtual server 192.0.2.1:80 already",
        ),
        (line("checktype=conect"), "no-checktype", "write connect"),
        (line("checktype=-1"), "no-checktype", "there is no checktype"),
        (line("service=htp"), "no-service", "write http"),
        (
            line("service=pingpong_slave"),
            "no-service",
            "checktype = connect",
        ),
        (line("protocol=fwm"), "no-protocol", "write tcp or udp"),
        (
            "virtual=5\n\treal=192.0.2.10:80 gate\n\tprotocol=tcp\n".into(),
            "no-protocol",
            "write fwm",
        ),
        (line("receive=\"(\""), "no-pattern", "unclosed group"),
        (line("receive=\"a(?=b)\""), "no-pattern", "look-around"),
        (
            line(r#"receive="(a)\1""#),
            "no-pattern",
            "backreferences are not supported",
        ),
        (line("checkport=http"), "not-a-number", "from 1 to 65535"),
        (line("checkport=0"), "not-a-number", "checkport is '0'"),
        (line("checktimeout=0"), "not-a-number", "checktimeout is '0'"),
        (line("quiescent=maybe"), "not-yes-or-no", "write yes or no"),
        (line("persistent=0"), "not-a-number", "persistent is '0'"),
        (
            line("persistent=600\n\tnetmask=24"),
            "no-netmask",
            "255.255.255.0",
        ),
        (line("scheduler=\"\""), "empty-value", "scheduler is empty"),
        (line("schedflags=a"), "unknown-flag", "'a'"),
        (line("ops=yes"), "ops-without-udp", "udp"),
        (line("fallback=off"), "no-address", "'off' cannot be looked up"),
        (line("fallback=127.0.0.1:80 gat"), "no-forwarding", "'gat'"),
        (line("fallback6=[::1]:80"), "family-mismatch", "write fallback"),
        (
            line("emailalertstatus=all, none\n\temailalert=a@b"),
            "no-alert-state",
            "none and something else",
        ),
        (
            line("emailalertstatus=up\n\temailalert=a@b"),
            "no-alert-state",
            "'up'",
        ),
        (line("emailalert=nobody"), "no-mail-address", "NAME@HOST"),
        (line("httpmethod=POST"), "no-httpmethod", "GET or HEAD"),
        (
            "virtual=192.0.2.1:0\n\treal=192.0.2.10 gate\n\tchecktype=ping\n".into(),
            "every-port",
            "persistence",
        ),
        (
            "virtual=5\n\treal=192.0.2.10 gate\n\tchecktype=connect\n".into(),
            "no-check-port",
            "checkport",
        ),
        (line("request"), "no-value", "has no ="),
        (line("request="), "no-value", "has no value"),
    ];
    for (text, code, words) in table {
        let parsed = read(&text);
        let told = finding(&text, code);
        assert!(told.contains(words), "{told}");
        let usable = parsed.config.virtuals.iter().filter(|read| read.usable).count();
        assert_eq!(usable, usize::from(code == "duplicate-virtual"), "{text}");
        assert!(told.starts_with("l.cf:") && told.contains(": error["), "{told}");
    }
}

#[test]
fn a_mistake_of_a_real_server_costs_that_one() {
    for (real, code, words) in [
        (
            "192.0.2.11:80",
            "no-forwarding",
            "how packets get to it is not said",
        ),
        ("192.0.2.11:80 gat", "no-forwarding", "'gat'"),
        ("192.0.2.11:80 gate 65536", "weight-range", "from 0 to 65535"),
        ("192.0.2.11:80 gate -1", "weight-range", "'-1'"),
        ("192.0.2.11:80 gate 1 x", "stray-word", "'x'"),
        ("192.0.2.11:80 gate \"a", "unmatched-quote", "quote"),
        (
            "192.0.2.20->192.0.2.11:80 gate",
            "bad-range",
            "the lower address first",
        ),
        (
            "10.0.0.0->10.255.255.255:80 gate",
            "bad-range",
            "16777216 addresses",
        ),
        ("[2001:db8::1]:80 gate", "no-address", "real6"),
        ("no.such.host:80 gate", "no-address", "write its address"),
        (
            "192.0.2.11:nothing gate",
            "no-port",
            "there is no service 'nothing'",
        ),
        ("192.0.2.10:80 masq", "duplicate-real", "the first one counts"),
        ("", "no-value", "has no address"),
    ] {
        let text = web(&format!("real={real}"));
        let told = finding(&text, code);
        assert!(told.contains(words), "{told}");
        let read = first(&text);
        assert!(read.usable && read.reals.len() == 1, "{text}");
    }
    let six = web("real6=[2001:db8::1]:80 gate");
    assert!(finding(&six, "family-mismatch").contains("write real"));
}

#[test]
fn what_is_carried_out_and_hardly_meant_is_said() {
    for (text, code, words) in [
        (web("scheduler=lbclr"), "unknown-scheduler", "write lblcr"),
        (web("checktimeout=3s"), "text-behind-number", "taken as 3"),
        (web("checktype=external"), "no-checkcommand", "/bin/true"),
        (web("checktype=0"), "no-connects-between", "it is negotiate"),
        (
            web("scheduler=wlc\n\tscheduler=rr"),
            "repeated",
            "the last one counts",
        ),
        (web("netmask=255.255.255.0"), "netmask-alone", "no effect"),
        (web("httpmethod=HEAD\n\treceive=ok"), "head-without-body", "GET"),
        (
            web("real=192.0.2.11:8080 gate"),
            "port-ignored",
            "only masq changes ports",
        ),
        (
            web("real=192.0.2.11:80 gate 1 l:9 u:3"),
            "threshold-order",
            "the kernel refuses",
        ),
        (
            "virtual=192.0.2.1:8080\n\treal=192.0.2.10:8080 gate\n".into(),
            "unchecked",
            "not checked",
        ),
        (web("checkinterval=3"), "only-for-the-file", "column one"),
    ] {
        let told = finding(&text, code);
        assert!(told.contains(": warning[") && told.contains(words), "{told}");
        assert!(first(&text).usable, "{text}");
    }
    let asked = "virtual=192.0.2.1:8080\n\treal=192.0.2.10:8080 gate\n\trequest=x\n";
    assert!(finding(asked, "request-without-service").contains("service = http"));
}

#[test]
fn what_is_good_to_know_is_a_note() {
    for (text, code, words) in [
        (web("checkcount=3"), "checkcount", "write failurecount"),
        (
            web("checktype=connect\n\trequest=x"),
            "unused",
            "checktype negotiate",
        ),
        (
            web("checktype=ping\n\treceive=x"),
            "unused",
            "checktype negotiate",
        ),
    ] {
        let told = finding(&text, code);
        assert!(told.contains(": note[") && told.contains(words), "{told}");
        assert!(first(&text).usable, "{text}");
    }
}

#[test]
fn what_has_no_effect_says_so() {
    let global = [
        "fork=yes",
        "supervised=yes",
        "execute=x.cf",
        "logfile=\"/x\"",
        "readdquiescent=no",
    ];
    for word in global {
        assert!(
            finding(&format!("{word}\n{WEB}"), "no-effect").contains(": note["),
            "{word}"
        );
    }
    for word in ["monitorfile=\"/x\"", "servicename=a b", "comment=a, b"] {
        assert!(finding(&web(word), "no-effect").contains(": note["), "{word}");
    }
}

/// It is said where it stands, and not again for each virtual server that takes it.
#[test]
fn a_mistake_of_the_file_is_said_once_and_costs_its_directive() {
    for global in [
        "checktimeout=0",
        "quiescent=maybe",
        "fallback=off",
        "emailalert=x",
        "failurecount=x",
        "checkinterval=0",
    ] {
        let text = format!("{global}\n{WEB}virtual=192.0.2.2:80\n\treal=192.0.2.10:80 gate\n");
        let parsed = read(&text);
        assert_eq!(parsed.diagnostics.len(), 1, "{:?}", said(&parsed));
        assert!(said(&parsed)[0].starts_with("l.cf:1:"), "{:?}", said(&parsed));
        assert_eq!(parsed.diagnostics[0].severity, Severity::Error);
        assert!(parsed.config.virtuals.iter().all(|read| read.usable));
    }
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
