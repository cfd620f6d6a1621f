//! Mistakes: each is named, with its place, what happens now and what to do.

use keepalived_conf::Severity;

use super::{WEB, codes, finding, first, read, said, web};

/// A line below a good virtual server.
const BELOW: &[(&str, &str, &str)] = &[
    ("checktype=conect", "no-checktype", "write connect"),
    ("checktype=-1", "no-checktype", "there is no checktype"),
    ("service=htp", "no-service", "write http"),
    ("service=pingpong_slave", "no-service", "checktype = connect"),
    ("protocol=fwm", "no-protocol", "write tcp or udp"),
    ("receive=\"(\"", "no-pattern", "unclosed group"),
    ("receive=\"a(?=b)\"", "no-pattern", "look-around"),
    (
        r#"receive="(a)\1""#,
        "no-pattern",
        "backreferences are not supported",
    ),
    ("checkport=http", "not-a-number", "from 1 to 65535"),
    ("checkport=0", "not-a-number", "checkport is '0'"),
    ("checktimeout=0", "not-a-number", "checktimeout is '0'"),
    ("quiescent=maybe", "not-yes-or-no", "write yes or no"),
    ("persistent=0", "not-a-number", "persistent is '0'"),
    ("persistent=600\n\tnetmask=24", "no-netmask", "255.255.255.0"),
    ("scheduler=\"\"", "empty-value", "scheduler is empty"),
    ("schedflags=a", "unknown-flag", "'a'"),
    ("ops=yes", "ops-without-udp", "udp"),
    ("fallback=off", "no-address", "'off' cannot be looked up"),
    ("fallback=127.0.0.1:80 gat", "no-forwarding", "'gat'"),
    ("fallback6=[::1]:80", "family-mismatch", "write fallback"),
    (
        "emailalertstatus=all, none\n\temailalert=a@b",
        "no-alert-state",
        "none and something else",
    ),
    ("emailalertstatus=up\n\temailalert=a@b", "no-alert-state", "'up'"),
    ("emailalert=nobody", "no-mail-address", "NAME@HOST"),
    ("httpmethod=POST", "no-httpmethod", "GET or HEAD"),
    ("request", "no-value", "has no ="),
    ("request=", "no-value", "has no value"),
];

/// A file of its own.
const WHOLE: &[(&str, &str, &str)] = &[
    (
        "virtual=192.0.2.1\n\treal=192.0.2.10:80 gate\n",
        "no-address",
        "has no port",
    ),
    (
        "virtual=5:80\n\treal=192.0.2.10:80 gate\n",
        "no-address",
        "a firewall mark with a port",
    ),
    (
        "virtual=0\n\treal=192.0.2.10:80 gate\n",
        "no-address",
        "no firewall mark",
    ),
    (
        "virtual=[2001:db8::1]:80\n\treal=192.0.2.10:80 gate\n",
        "no-address",
        "is an address of IPv6",
    ),
    (
        "virtual6=192.0.2.1:80\n\treal6=[::1]:80 gate\n",
        "no-address",
        "is an address of IPv4",
    ),
    (
        "virtual=192.0.2.1:99999\n\treal=192.0.2.10:80 gate\n",
        "no-address",
        "99999 is no port",
    ),
    (
        "virtual=192.0.2.300:80\n\treal=192.0.2.10:80 gate\n",
        "no-address",
        "no address and no name",
    ),
    (
        "virtual=192.0.2.1:80\n\tscheduler=rr\n",
        "no-real",
        "no real server and no fallback",
    ),
    (
        "virtual=5\n\treal=192.0.2.10:80 gate\n\tprotocol=tcp\n",
        "no-protocol",
        "write fwm",
    ),
    (
        "virtual=192.0.2.1:0\n\treal=192.0.2.10 gate\n\tchecktype=ping\n",
        "every-port",
        "persistence",
    ),
    (
        "virtual=5\n\treal=192.0.2.10 gate\n\tchecktype=connect\n",
        "no-check-port",
        "checkport",
    ),
];

fn costs_it(text: &str, code: &str, words: &str) {
    let parsed = read(text);
    let told = finding(text, code);
    assert!(told.contains(words), "{told}");
    assert!(parsed.config.virtuals.iter().all(|read| !read.usable), "{text}");
    assert!(told.starts_with("l.cf:") && told.contains(": error["), "{told}");
}

#[test]
fn each_mistake_of_a_virtual_server_is_named_and_costs_it() {
    for (line, code, words) in BELOW {
        costs_it(&web(line), code, words);
    }
    for (text, code, words) in WHOLE {
        costs_it(text, code, words);
    }
}

#[test]
fn of_two_virtual_servers_at_one_address_the_first_counts() {
    let text = format!("{WEB}{WEB}");
    let told = finding(&text, "duplicate-virtual");
    assert!(
        told.contains("there is a virtual server 192.0.2.1:80 already"),
        "{told}"
    );
    let usable: Vec<bool> = read(&text)
        .config
        .virtuals
        .iter()
        .map(|read| read.usable)
        .collect();
    assert_eq!(usable, [true, false]);
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
        (web("cleanstop=no"), "only-for-the-file", "column one"),
        (
            web("emailalert=a@example.org\n\temailalertfreq=60"),
            "not-repeated",
            "one mail is sent when a server goes down",
        ),
        (
            format!("emailalert=a@example.org\nemailalertstatus=starting,stopping\n{WEB}"),
            "no-mail",
            "add running",
        ),
        (web("service=https"), "verified-by-address", "verify = no"),
    ] {
        let told = finding(&text, code);
        assert!(told.contains(": warning[") && told.contains(words), "{told}");
        assert!(first(&text).usable, "{text}");
    }
    let asked = "virtual=192.0.2.1:8080\n\treal=192.0.2.10:8080 gate\n\trequest=x\n";
    assert!(finding(asked, "request-without-service").contains("service = http"));
}

#[test]
fn mail_that_is_sent_as_asked_is_not_warned_of() {
    for lines in [
        "emailalertfreq=0",
        "emailalertstatus=all",
        "emailalertstatus=none",
        "emailalertstatus=running, stopping",
    ] {
        let codes = codes(&format!("emailalert=a@example.org\n{lines}\n{WEB}"));
        assert_eq!(codes, Vec::<&str>::new(), "{lines}");
    }
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

/// ldirectord does not look at it either; it need not even be a pattern.
#[test]
fn receive_is_not_for_sql() {
    for service in ["mysql", "pgsql"] {
        for receive in ["receive=x", "receive=\"(\""] {
            let text = web(&format!("service={service}\n\trequest=x\n\tlogin=x\n\t{receive}"));
            let told = finding(&text, "receive-unseen");
            assert!(
                told.contains(": warning[") && told.contains(service) && told.contains("WHERE"),
                "{told}"
            );
            assert_eq!(codes(&text), ["receive-unseen"]);
            assert!(first(&text).usable, "{text}");
        }
    }
    assert_eq!(codes(&web("service=mysql\n\treceive=\"\"")), Vec::<&str>::new());
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
