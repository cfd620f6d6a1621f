//! What is in force, and where it came from.

use keepalived_conf::{Section, Value};
use ldirectord_conf::{Effective, Scope, directives, effective};

use super::{WEB, read, web};

fn of(text: &str) -> Effective {
    effective(&read(text))
}

/// Its value as a person reads it, and where it came from.
fn row(section: &Section, keyword: &str) -> (String, String) {
    let setting = section
        .one(keyword)
        .unwrap_or_else(|| panic!("no {keyword} in {section:?}"));
    (setting.shown(), setting.came.to_string())
}

fn rows<const N: usize>(section: &Section, wanted: [(&str, &str, &str); N]) {
    for (keyword, value, came) in wanted {
        assert_eq!(
            row(section, keyword),
            (value.to_owned(), came.to_owned()),
            "{keyword}"
        );
    }
}

/// A directive that the table gains is not to be forgotten here.
#[test]
fn every_directive_that_has_an_effect_has_a_row() {
    let text = web("emailalert=a@example.org");
    let four = of(&text);
    let six = of("virtual6=[2001:db8::1]:80\n\treal6=[2001:db8::2]:80 gate\n");
    let sections: Vec<&Section> = std::iter::once(&four.global)
        .chain(&four.virtual_servers)
        .chain(&six.virtual_servers)
        .collect();
    for directive in directives()
        .iter()
        .filter(|directive| directive.no_effect.is_none())
    {
        let name = directive.name;
        let shown = sections
            .iter()
            .any(|section| section.one(name).is_some() || section.block == name);
        assert!(shown, "{name}");
        let of_file = four.global.one(name).is_some();
        assert_eq!(
            of_file,
            matches!(directive.scope, Scope::Global | Scope::File),
            "{name}"
        );
    }
}

#[test]
fn each_value_has_its_line_or_where_it_was_taken_from() {
    let text = "checkinterval=3\nnegotiatetimeout=4\nfallback=127.0.0.1:80\nvirtual=192.0.2.1:443\n\
                \treal=192.0.2.10:443 masq 5 \"a.html\" l:5 u:9\n\treal=localhost:443 gate\n\trequest=\"b.html\"\n\
                \tfallbackcommand=/bin/told\n\tpersistent=600\n\tquiescent=yes\n\tcheckport=8443\n\tschedflags=sh-port, sh-fallback\n\
                \tscheduler=sh\n";
    let effective = of(text);
    assert_eq!(
        (effective.format, effective.files.as_slice()),
        (1, ["l.cf".to_owned()].as_slice())
    );
    rows(
        &effective.global,
        [
            ("checkinterval", "3 s", "l.cf:1"),
            ("cleanstop", "yes", "default"),
        ],
    );
    let [server, first, second] = effective.virtual_servers.as_slice() else {
        panic!("{effective:?}")
    };
    assert_eq!(
        (server.block, server.name.as_deref()),
        ("virtual", Some("192.0.2.1:443"))
    );
    rows(
        server,
        [
            ("virtual", "192.0.2.1:443", "l.cf:4"),
            ("protocol", "tcp", "default"),
            ("service", "https", "by the virtual port"),
            ("negotiatetimeout", "4 s", "l.cf:2 (negotiatetimeout)"),
            ("checktimeout", "4 s", "l.cf:2 (negotiatetimeout)"),
            ("fallback", "127.0.0.1:80 gate", "l.cf:3 (fallback)"),
            ("fallbackcommand", "/bin/told", "l.cf:8"),
            ("persistent", "600 s", "l.cf:9"),
            ("quiescent", "yes", "l.cf:10"),
            ("checkport", "8443", "l.cf:11"),
            ("schedflags", "sh-port sh-fallback", "l.cf:12"),
            ("scheduler", "sh", "l.cf:13"),
            ("httpmethod", "GET", "default"),
            ("failurecount", "1", "default"),
            ("receive", "(anything)", "default"),
            ("emailalert", "(nobody gets mail)", "default"),
        ],
    );
    assert_eq!(first.name.as_deref(), Some("192.0.2.1:443 192.0.2.10:443"));
    rows(
        first,
        [
            ("forwarding", "masq", "l.cf:5"),
            ("weight", "5", "l.cf:5"),
            ("request", "a.html", "l.cf:5"),
            ("lower", "5", "l.cf:5"),
            ("upper", "9", "l.cf:5"),
            ("host", "(it is written by its address)", "default"),
        ],
    );
    rows(
        second,
        [
            ("real", "127.0.0.1:443", "l.cf:6"),
            ("host", "localhost", "l.cf:6"),
            ("weight", "1", "default"),
            ("request", "b.html", "l.cf:7 (request)"),
            ("upper", "(no limit)", "default"),
        ],
    );
}

#[test]
fn a_default_is_that_of_the_service() {
    for (lines, keyword, value) in [
        ("service=http", "request", "/"),
        ("service=dns", "request", "(nothing)"),
        ("service=ftp", "login", "anonymous"),
        ("service=ftp", "passwd", "(ldirectord@localhost)"),
        ("service=sip", "login", "ldirectord@localhost"),
        ("service=pop", "login", "(nobody logs in)"),
        ("checktype=external", "checkcommand", "/bin/true"),
        ("checktype=connect", "checkcommand", "(nothing is run)"),
        ("checktype=3", "checktype", "3"),
        ("checktype=ping", "checktype", "ping"),
        ("emailalert=a@example.org", "smtp", "127.0.0.1"),
        ("emailalert=a@example.org", "emailalertstatus", "all"),
        (
            "emailalert=a@example.org\n\temailalertstatus=running, stopping",
            "emailalertstatus",
            "running stopping",
        ),
        ("httpmethod=head", "httpmethod", "HEAD"),
    ] {
        let effective = of(&web(lines));
        assert_eq!(row(&effective.virtual_servers[0], keyword).0, value, "{lines}");
    }
    let mark = of("virtual=5\n\treal=192.0.2.10:80 gate\n");
    rows(
        &mark.virtual_servers[0],
        [
            ("virtual", "fwmark 5", "l.cf:1"),
            ("protocol", "fwm", "by a firewall mark"),
        ],
    );
}

#[test]
fn a_secret_is_counted() {
    let text = web("service=mysql\n\tlogin=me\n\trequest=x\n\tpasswd=hidden1\n\tsecret=\"hidden22\"");
    let effective = of(&text);
    let server = &effective.virtual_servers[0];
    let secret = |keyword| server.one(keyword).map(|setting| setting.value.clone());
    assert_eq!(secret("passwd"), Some(Value::Secret { octets: 7 }));
    assert_eq!(secret("secret"), Some(Value::Secret { octets: 8 }));
    assert!(!format!("{effective:?}").contains("hidden"));
}

#[test]
fn what_an_error_drops_is_named_once_with_all_that_is_wrong() {
    let text = format!("virtual=192.0.2.2:80\n\treal=192.0.2.10:80 gate\n\tprotocol=x\n\tservice=htp\n{WEB}");
    let effective = of(&text);
    let names: Vec<_> = effective
        .virtual_servers
        .iter()
        .map(|section| section.name.as_deref())
        .collect();
    assert_eq!(names, [Some("192.0.2.1:80"), Some("192.0.2.1:80 192.0.2.10:80")]);
    let [left] = effective.dropped.as_slice() else {
        panic!("{effective:?}")
    };
    assert_eq!(
        (left.name.as_str(), left.place.to_string().as_str()),
        ("192.0.2.2:80", "l.cf:3")
    );
    assert_eq!(left.why, "protocol is 'x'; there is no service 'htp'");
}
