//! Kinds of service beside HTTP and DNS: what is said and what must be heard.

use vrrp_plan::balance::Look;
use vrrp_plan::{Asks, Dialogue, Ftp, Hear, Radius, Sql, SqlServer, Tls, Turn};

use super::{only_look, refused, web};

const SQL: &str = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 masq\n";

fn asks(words: &[&str]) -> Asks {
    let balance = web(words);
    match only_look(&balance) {
        Look::Ask(question) => question.asks.clone(),
        other => panic!("{other:?}"),
    }
}

fn dialogue(words: &[&str]) -> Dialogue {
    match asks(words) {
        Asks::Dialogue(dialogue) => dialogue,
        other => panic!("{other:?}"),
    }
}

/// What is said as text, and what must be heard as a pattern.
fn turns(words: &[&str]) -> Vec<String> {
    let turns = dialogue(words).turns.into_iter();
    turns
        .map(|turn| match turn {
            Turn::Say(octets) => format!("> {}", String::from_utf8_lossy(&octets).trim_end()),
            Turn::Hear(Hear::Line(pattern) | Hear::Finds(pattern)) => format!("< {pattern}"),
            Turn::Hear(Hear::Smtp(code)) => format!("< {code}"),
            Turn::Hear(Hear::Tagged { tag, pattern }) => format!("< {tag}: {pattern}"),
            Turn::Hear(Hear::Ldap { tag, pattern }) => format!("< {tag:#x}: {pattern}"),
        })
        .collect()
}

#[test]
fn mail_servers_are_greeted() {
    let smtp = ["< 220", "> EHLO localhost", "< 250", "> QUIT", "< 221"];
    assert_eq!(turns(&["service=smtp"]), smtp);
    assert_eq!(turns(&["service=submission"]), smtp);
    assert_eq!(
        turns(&["service=nntp", "request=\"GROUP x\""]),
        ["< ^20[01]( |$)", "> QUIT"]
    );
    assert_eq!(turns(&["service=pop"]), [r"< ^\+OK", "> QUIT", r"< ^\+OK"]);
    let login = ["login=\"me\"", "passwd=\"a b\""];
    let pop = turns(&["service=pop", login[0], login[1]]);
    assert_eq!(pop[1..5], ["> USER me", r"< ^\+OK", "> PASS a b", r"< ^\+OK"]);
    let imap = turns(&["service=imap", login[0], "passwd=\"a\\\"b\""]);
    assert_eq!(
        imap,
        [
            r"< ^\* (OK|PREAUTH)",
            r#"> a1 LOGIN "me" "a\\\"b""#,
            "< a1: ^a1 OK",
            "> a2 LOGOUT",
            "< a2: ^a2 OK"
        ]
    );
    assert_eq!(turns(&["service=imap"]).len(), 3);
}

#[test]
fn what_ends_with_s_goes_over_tls() {
    for (plain, secure) in [("pop", "pops"), ("imap", "imaps"), ("ldap", "ldaps")] {
        let plain = dialogue(&[&format!("service={plain}")]);
        assert_eq!(plain.tls, None);
        let word = format!("service={secure}");
        let tls = |words: &[&str]| dialogue(&[&[word.as_str()], words].concat()).tls.expect("TLS");
        let named = Some("mail.example.org".to_owned());
        assert_eq!(
            tls(&["virtualhost=mail.example.org"]),
            Tls {
                verify: true,
                server_name: named
            }
        );
        assert!(!tls(&["verify=no"]).verify);
        assert_eq!(dialogue(&[&word, "verify=no"]).turns, plain.turns);
    }
}

#[test]
fn a_directory_is_bound_to_and_an_entry_looked_at() {
    let bind_only = turns(&["service=ldap"]);
    assert_eq!(bind_only.len(), 3, "bind, its answer, farewell");
    let Turn::Say(bind) = &dialogue(&["service=ldap", "login=\"cn=me\"", "passwd=\"x\""]).turns[0] else {
        panic!("it says nothing")
    };
    assert_eq!(bind, b"0\x12\x02\x01\x01`\x0d\x02\x01\x03\x04\x05cn=me\x80\x01x");
    let search = dialogue(&["service=ldap", "request=\"dc=fr\"", "receive=\"dc=fr\""]).turns;
    let Turn::Say(asked) = &search[2] else {
        panic!("it says nothing")
    };
    // RFC 4511 4.5.1: base, scope, aliases, sizeLimit 1, timeLimit, typesOnly, (objectClass=*), no list of attributes.
    let wanted = b"0\x2a\x02\x01\x02c\x25\x04\x05dc=fr\x0a\x01\x00\x0a\x01\x00\x02\x01\x01\x02\x01\x00\x01\x01\x00\x87\x0bobjectClass0\x00";
    assert_eq!(asked.as_slice(), wanted);
    let pattern = "dc=fr".to_owned();
    assert_eq!(search[3], Turn::Hear(Hear::Ldap { tag: 0x64, pattern }));
}

#[test]
fn a_file_is_fetched_by_ftp() {
    let file = |login: &str, password: &str| {
        Asks::Ftp(Ftp {
            login: login.to_owned(),
            password: password.to_owned(),
            path: "/welcome.msg".to_owned(),
            pattern: Some("test".to_owned()),
        })
    };
    let words = ["service=ftp", "request=\"welcome.msg\"", "receive=\"test\""];
    assert_eq!(asks(&words), file("anonymous", "ldirectord@localhost"));
    let own = [words[0], words[1], words[2], "login=me", "passwd=x"];
    assert_eq!(asks(&own), file("me", "x"));
    let (message, help) = refused("virtual=192.0.2.1:21\n\treal=192.0.2.10:21 masq\n");
    assert!(
        message.contains("there is no request") && help.contains("checktype = connect"),
        "{message}, {help}"
    );
}

#[test]
fn sip_is_asked_by_the_protocol_of_the_virtual_server() {
    let sip = |udp, user: &str| Asks::Sip {
        udp,
        user: user.to_owned(),
    };
    assert_eq!(asks(&["service=sip"]), sip(false, "ldirectord@localhost"));
    assert_eq!(
        asks(&["service=sip", "protocol=udp", "login=\"me@example.org\""]),
        sip(true, "me@example.org")
    );
}

#[test]
fn radius_needs_a_user_and_a_secret() {
    let words = [
        "service=radius",
        "protocol=udp",
        "login=me",
        "passwd=x",
        "secret=y",
    ];
    let text = |text: &str| text.to_owned();
    let wanted = Radius {
        user: text("me"),
        password: text("x"),
        secret: text("y"),
    };
    assert_eq!(asks(&words), Asks::Radius(wanted));
    let below = "virtual=192.0.2.1:1812\n\treal=192.0.2.10:1812 masq\n\tprotocol=udp\n";
    assert!(refused(below).0.contains("login or secret is missing"));
    let long = format!("{below}\tlogin=me\n\tsecret=y\n\tpasswd={}\n", "x".repeat(129));
    assert!(refused(&long).0.contains("128"));
}

#[test]
fn a_server_of_sql_is_asked_for_a_row() {
    let text = |text: &str| text.to_owned();
    let words = ["login=me", "passwd=x", "database=shop", "request=\"SELECT 1\""];
    for (service, server) in [("mysql", SqlServer::Mysql), ("pgsql", SqlServer::Postgresql)] {
        let wanted = Sql {
            server,
            login: text("me"),
            password: text("x"),
            database: Some(text("shop")),
            request: text("SELECT 1"),
            tls: Tls {
                verify: true,
                server_name: None,
            },
        };
        let service = format!("service={service}");
        let [login, password, database, request] = words;
        // As it is written: a slash in front is for pages.
        let asked = asks(&[&service, login, password, database, request]);
        assert_eq!(asked, Asks::Sql(wanted.clone()));
        let bare = Sql {
            password: String::new(),
            database: None,
            ..wanted
        };
        assert_eq!(asks(&[&service, login, request]), Asks::Sql(bare.clone()));
        let tls = Tls {
            verify: false,
            server_name: Some(text("db.example.org")),
        };
        let unverified = Asks::Sql(Sql { tls, ..bare });
        assert_eq!(
            asks(&[
                &service,
                login,
                request,
                "verify=no",
                "virtualhost=db.example.org"
            ]),
            unverified
        );
        let (message, help) = refused(&format!("{SQL}\t{service}\n\t{request}\n"));
        assert!(
            message.contains("there is no login") && help.contains("login = "),
            "{message}, {help}"
        );
        for empty in ["", "\trequest=\" \"\n"] {
            let (message, help) = refused(&format!("{SQL}\t{service}\n\t{login}\n{empty}"));
            assert!(
                message.contains("there is no request") && help.contains("SELECT"),
                "{message}, {help}"
            );
        }
        let long = "x".repeat(32 * 1024 + 1);
        let (message, _) = refused(&format!("{SQL}\t{service}\n\t{login}\n\trequest=\"{long}\"\n"));
        assert!(message.contains("more than 32768 octets"), "{message}");
    }
}

/// By its port, and of each real server what stands behind it.
#[test]
fn a_real_server_has_a_request_of_its_own_in_sql_too() {
    let text = "virtual=192.0.2.1:3306\n\treal=192.0.2.10:3306 masq 1 \"SELECT 2\"\n\treal=192.0.2.11:3306 masq\n\
                \tlogin=me\n\trequest=\"SELECT 1\"\n\tcheckport=3307\n";
    let balance = super::balance(text);
    let asked: Vec<_> = (balance.checks.iter())
        .map(|check| match &check.look {
            Look::Ask(question) => match &question.asks {
                Asks::Sql(sql) => (check.name.as_str(), question.port, sql.request.as_str()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    let wanted = [
        ("mysql 192.0.2.10:3307", 3307, "SELECT 2"),
        ("mysql 192.0.2.11:3307", 3307, "SELECT 1"),
    ];
    assert_eq!(asked, wanted);
}

#[test]
fn passwords_are_in_no_debug_text() {
    let words = |service| {
        [
            service,
            "protocol=tcp",
            "login=me",
            "passwd=hidden",
            "secret=hidden",
            "request=\"/f\"",
        ]
    };
    for service in [
        "service=ftp",
        "service=radius",
        "service=pop",
        "service=imap",
        "service=ldap",
        "service=mysql",
        "service=pgsql",
    ] {
        let shown = format!("{:?}", web(&words(service)));
        assert!(!shown.contains("hidden"), "{shown}");
    }
}

#[test]
fn a_name_that_would_be_a_line_of_its_own_is_refused() {
    let text = "virtual=192.0.2.1:110\n\treal=192.0.2.10:110 masq\n\tlogin=\"a\u{b}b\"\n";
    assert!(refused(text).0.contains("control character"));
}

#[cfg(feature = "tls")]
#[test]
fn each_service_becomes_a_probe() {
    for (words, name) in [
        (
            &["service=ftp", "request=\"f\""] as &[&str],
            "ftp://192.0.2.10:80/f",
        ),
        (&["service=sip"], "SIP OPTIONS by TCP to 192.0.2.10:80"),
        (
            &["service=radius", "login=me", "secret=y"],
            "RADIUS Access-Request to 192.0.2.10:80",
        ),
        (&["service=imaps", "verify=no"], "imaps with 192.0.2.10:80"),
        (&["service=ldap", "request=\"dc=fr\""], "ldap with 192.0.2.10:80"),
        (
            &["service=mysql", "login=me", "request=\"SELECT 1\""],
            "MySQL with 192.0.2.10:80",
        ),
        (
            &["service=pgsql", "login=me", "request=\"SELECT 1\""],
            "PostgreSQL with 192.0.2.10:80",
        ),
        (&["service=simpletcp"], "simpletcp with 192.0.2.10:80"),
        (&["service=https", "verify=no"], "https://192.0.2.10:80 /"),
    ] {
        let balance = web(words);
        let Look::Ask(question) = only_look(&balance) else {
            panic!("{words:?}")
        };
        let limit = std::time::Duration::from_secs(1);
        let probe = vrrp_plan::ask(question, limit).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        assert_eq!(probe.name(), name);
    }
}
