//! What is checked, how, how often, and what is checked once.

use std::path::PathBuf;
use std::time::Duration;

use vrrp_plan::balance::{Look, ServerCheck};
use vrrp_plan::{Asks, Http, Page, Question, Turn};

use super::{balance, followed, only_check, only_look, refused, web};

fn question(look: &Look) -> &Question {
    match look {
        Look::Ask(question) => question,
        other => panic!("{other:?}"),
    }
}

fn asked(words: &[&str]) -> Question {
    question(only_look(&web(words))).clone()
}

fn page(question: &Question) -> (&Http, &Page) {
    match &question.asks {
        Asks::Http(http) => (http, &http.pages[0]),
        other => panic!("{other:?}"),
    }
}

fn times(text: &str) -> (u64, u64, u32) {
    let balance = balance(&format!("{text}\tchecktype=connect\n"));
    let check = only_check(&balance);
    (check.interval.as_secs(), check.timeout.as_secs(), check.retries)
}

const WEB: &str = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 masq\n";

#[test]
fn times_have_the_defaults_of_the_table() {
    assert_eq!(times(WEB), (10, 5, 0));
    assert_eq!(
        times(&format!("checkinterval=3\nchecktimeout=2\nfailurecount=4\n{WEB}")),
        (3, 2, 3)
    );
    // The order: virtual checktimeout, virtual negotiatetimeout, global checktimeout, global negotiatetimeout, 5.
    assert_eq!(times(&format!("negotiatetimeout=9\n{WEB}")), (10, 9, 0));
    assert_eq!(
        times(&format!("negotiatetimeout=9\nchecktimeout=8\n{WEB}")),
        (10, 8, 0)
    );
    assert_eq!(
        times(&format!("checktimeout=8\n{WEB}\tnegotiatetimeout=7\n")),
        (10, 7, 0)
    );
    assert_eq!(
        times(&format!(
            "checktimeout=8\n{WEB}\tnegotiatetimeout=7\n\tchecktimeout=6\n"
        )),
        (10, 6, 0)
    );
}

#[test]
fn negotiate_has_the_order_of_timeouts_the_other_way_round() {
    let limit = |text: &str| question(only_look(&balance(text))).connect_timeout.as_secs();
    assert_eq!(limit(WEB), 30);
    assert_eq!(limit(&format!("checktimeout=8\n{WEB}")), 8);
    assert_eq!(limit(&format!("checktimeout=8\nnegotiatetimeout=9\n{WEB}")), 9);
    assert_eq!(limit(&format!("negotiatetimeout=9\n{WEB}\tchecktimeout=7\n")), 7);
    assert_eq!(
        limit(&format!(
            "negotiatetimeout=9\n{WEB}\tchecktimeout=7\n\tnegotiatetimeout=6\n"
        )),
        6
    );
}

#[test]
fn failures_in_a_row_are_an_interval_apart_and_checkcount_is_for_pings() {
    let of = |words: &[&str]| {
        let balance = web(words);
        let check = only_check(&balance);
        (check.retries, check.retry_after)
    };
    let ten = Duration::from_secs(10);
    assert_eq!(of(&["failurecount=3"]), (2, ten));
    assert_eq!(of(&["failurecount=3", "checkcount=2"]), (2, ten));
    assert_eq!(
        of(&["failurecount=3", "checkcount=2", "checktype=ping"]),
        (5, ten)
    );
}

#[test]
fn each_checktype_looks_in_its_way() {
    assert_eq!(asked(&["checktype=connect"]).asks, Asks::Tcp);
    assert_eq!(asked(&["checktype=ping"]).asks, Asks::Ping);
    assert_eq!(asked(&["checktype=connect", "protocol=udp"]).asks, Asks::Ping);
    assert!(matches!(asked(&["checktype=negotiate"]).asks, Asks::Http(_)));
    assert_eq!(only_look(&web(&["checktype=off"])), &Look::Always(false));
    let on = web(&["checktype=on"]);
    assert_eq!((on.checks.len(), on.servers[0].servers[0].follows.len()), (0, 0));
    let none = web(&["service=none"]);
    assert_eq!(*none.checks, Vec::<ServerCheck>::new());
}

#[test]
fn off_takes_the_fallback_out_too() {
    let off = web(&[
        "checktype=off",
        "fallback=127.0.0.1:80",
        "fallbackcommand=/bin/tell",
    ]);
    assert_eq!(off.servers[0].sorry, None);
    assert_eq!(off.servers[0].quorum_down, None);
}

#[test]
fn a_number_is_one_negotiate_and_so_many_connects() {
    let balance = web(&["checktype=4", "checktimeout=2", "negotiatetimeout=9"]);
    let check = only_check(&balance);
    let Look::Alternate {
        first,
        between,
        times,
    } = &check.look
    else {
        panic!("{check:?}")
    };
    assert_eq!((first.word, between.word, *times), ("http", "connect", 4));
    assert_eq!(first.connect_timeout, Duration::from_secs(9));
    assert_eq!(between.connect_timeout, Duration::from_secs(2));
    assert_eq!(check.timeout, Duration::from_secs(9));
}

#[test]
fn a_program_is_told_both_addresses_and_ports() {
    let run = |text: &str| match only_look(&balance(text)) {
        Look::Run {
            command,
            sets_weight: false,
        } => command.words.clone(),
        other => panic!("{other:?}"),
    };
    let text = "virtual=192.0.2.1:80\n\treal=192.0.2.10:8080 masq\n\tchecktype=external\n\tcheckcommand=\"/bin/x -v\"\n";
    assert_eq!(
        run(text),
        ["/bin/x", "-v", "192.0.2.1", "80", "192.0.2.10", "8080"]
    );
    let perl = text.replace("external", "external-perl");
    assert_eq!(run(&perl), run(text));
    let mark = "virtual=7\n\treal=192.0.2.10:80 gate\n\tchecktype=external\n\tcheckcommand=/bin/x\n";
    assert_eq!(run(mark), ["/bin/x", "7", "0", "192.0.2.10", "80"]);
    let none = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n\tchecktype=external\n";
    assert_eq!(run(none)[0], "/bin/true");
}

#[test]
fn the_port_of_a_check_is_checkport_then_the_real_servers_then_the_virtual_one() {
    let port = |real: &str, below: &str| {
        let text = format!("virtual=192.0.2.1:80\n\treal={real} masq\n\tchecktype=connect\n{below}");
        question(only_look(&balance(&text))).port
    };
    assert_eq!(port("192.0.2.10:8080", "\tcheckport=8081\n"), 8081);
    assert_eq!(port("192.0.2.10:8080", ""), 8080);
    assert_eq!(port("192.0.2.10", ""), 80);
    let mark = "virtual=7\n\treal=192.0.2.10 gate\n\tservice=https\n\tverify=no\n";
    assert_eq!(question(only_look(&balance(mark))).port, 443);
}

#[test]
fn a_page_has_a_slash_a_host_and_a_pattern() {
    let whole = asked(&[
        "request=\"index.html\"",
        "receive=\"Test Page\"",
        "virtualhost=www.example.org",
    ]);
    let (http, asked_for) = page(&whole);
    assert!(!http.tls);
    assert_eq!(
        (asked_for.path.as_str(), asked_for.host.as_deref()),
        ("/index.html", Some("www.example.org"))
    );
    assert_eq!(asked_for.pattern, Some(("Test Page".to_owned(), false)));
    let plain = asked(&[]);
    let (_, root) = page(&plain);
    assert_eq!(
        (root.path.as_str(), root.host.as_deref(), root.head),
        ("/", Some("192.0.2.10"), false)
    );
    assert_eq!(
        (&root.pattern, root.statuses.as_slice()),
        (&None, &[(200, 299)][..])
    );
    assert!(page(&asked(&["httpmethod=HEAD"])).1.head);
    assert_eq!(page(&asked(&["receive=\"\""])).1.pattern, None);
}

#[test]
fn a_real_server_may_have_words_of_its_own() {
    let text = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate 1 \"own\", \"mine\"\n\treal=192.0.2.11:80 gate\n\trequest=all\n";
    let balance = balance(text);
    let paths: Vec<&str> = balance
        .checks
        .iter()
        .map(|check| page(question(&check.look)).1.path.as_str())
        .collect();
    assert_eq!(paths, ["/own", "/all"]);
}

#[test]
fn a_whole_address_in_request_is_asked_instead_of_the_real_server() {
    let elsewhere = asked(&["request=\"http://192.0.2.77:8088/alive?x\""]);
    assert_eq!(
        (elsewhere.ip.to_string().as_str(), elsewhere.port),
        ("192.0.2.77", 8088)
    );
    let (_, asked_for) = page(&elsewhere);
    assert_eq!(
        (asked_for.path.as_str(), asked_for.host.as_deref()),
        ("/alive?x", Some("192.0.2.77"))
    );
    let named = format!("{WEB}\trequest=\"http://www.example.org/\"\n");
    assert!(refused(&named).0.contains("'www.example.org' is a name"));
}

#[test]
fn a_proxy_is_asked_for_a_whole_address() {
    let proxy = asked(&["service=http_proxy", "request=\"http://www.example.org/x\""]);
    assert_eq!((proxy.ip.to_string().as_str(), proxy.port), ("192.0.2.10", 80));
    let (_, asked_for) = page(&proxy);
    assert_eq!(asked_for.path, "http://www.example.org/x");
    assert_eq!(asked_for.host.as_deref(), Some("www.example.org"));
    assert!(
        refused(&format!("{WEB}\tservice=http_proxy\n"))
            .1
            .contains("http://HOST/PATH")
    );
}

#[test]
fn certificates_are_verified_until_somebody_says_no() {
    let verifies = |words: &[&str]| page(&asked(words)).0.verify;
    assert!(verifies(&["service=https", "virtualhost=www.example.org"]));
    assert!(!verifies(&["service=https", "verify=no"]));
    let text = format!("verify=no\n{WEB}\tservice=https\n");
    assert!(!page(question(only_look(&balance(&text)))).0.verify);
    let parsed = super::read(&format!("{WEB}\tservice=https\n"));
    let settings = vrrp_plan::ldirectord::Settings { verify: false };
    let lowered = vrrp_plan::ldirectord::lower(&parsed.config, &parsed.sources, settings);
    assert!(!page(question(only_look(&lowered.balance))).0.verify);
}

#[test]
fn a_name_server_is_asked_for_a_name_or_an_address() {
    let dns = |words: &str| {
        let text = format!("virtual=192.0.2.1:53\n\treal=192.0.2.10:53 masq\n{words}");
        question(only_look(&balance(&text))).asks.clone()
    };
    let asks = |record: &str, name: &str, pattern: Option<&str>| Asks::DnsAnswer {
        record: record.to_owned(),
        name: name.to_owned(),
        pattern: pattern.map(str::to_owned),
    };
    assert_eq!(
        dns("\trequest=www.example.org\n"),
        asks("A", "www.example.org", None)
    );
    let both = "\trequest=\"192.0.2.7\"\n\treceive=\"www\\.example\"\n";
    assert_eq!(
        dns(both),
        asks("PTR", "7.2.0.192.in-addr.arpa", Some("www\\.example"))
    );
    assert!(
        refused("virtual=192.0.2.1:53\n\treal=192.0.2.10:53 masq\n")
            .1
            .contains("request")
    );
}

#[test]
fn octets_of_ones_own_end_lines_where_they_say_so() {
    let simple = asked(&["service=simpletcp", "request=\"PING\\n\"", "receive=PONG"]);
    let Asks::Dialogue(dialogue) = &simple.asks else {
        panic!("{simple:?}")
    };
    assert_eq!(dialogue.turns[0], Turn::Say(b"PING\n".to_vec()));
    assert_eq!(dialogue.turns.len(), 2);
}

#[test]
fn a_server_of_several_virtual_servers_is_checked_once_where_it_is_checked_alike() {
    let text = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n\trequest=x\n\
                virtual=192.0.2.2:80\n\treal=192.0.2.10:80 gate\n\trequest=x\n\
                virtual=192.0.2.3:80\n\treal=192.0.2.10:80 gate\n\trequest=x\n\treceive=y\n\
                virtual=192.0.2.4:80\n\treal=192.0.2.10:80 gate\n\trequest=x\n\tfailurecount=2\n";
    let balance = balance(text);
    let names: Vec<&str> = balance.checks.iter().map(|check| check.name.as_str()).collect();
    let one = "http 192.0.2.10:80 /x";
    let (two, three) = ("http 192.0.2.10:80 /x (2)", "http 192.0.2.10:80 /x (3)");
    assert_eq!(names, [one, two, three]);
    let followed: Vec<_> = balance
        .servers
        .iter()
        .map(|server| followed(&server.servers[0]))
        .collect();
    assert_eq!(followed, [[one], [one], [two], [three]]);
}

#[test]
fn a_file_in_maintenancedir_takes_a_server_out_beside_its_check() {
    let text = "maintenancedir=/run/maint\nfailurecount=3\nvirtual=192.0.2.1:80\n\treal=localhost:80 masq\n";
    let balance = balance(text);
    let paths = ["127.0.0.1:80", "127.0.0.1", "localhost:80", "localhost"];
    let paths = paths.map(|name| PathBuf::from("/run/maint").join(name));
    assert_eq!(balance.checks[0].look, Look::Unless(paths.to_vec()));
    let retries: Vec<u32> = balance.checks.iter().map(|check| check.retries).collect();
    assert_eq!(retries, [0, 2]);
    assert_eq!(
        followed(&balance.servers[0].servers[0]),
        ["maintenance 127.0.0.1:80", "http 127.0.0.1:80 /"]
    );
}

#[test]
fn what_cannot_be_checked_says_what_to_write_instead() {
    let (message, help) = refused(&format!("{WEB}\tservice=oracle\n\tlogin=a\n\trequest=b\n"));
    assert!(
        message.contains("a check of oracle is not supported"),
        "{message}"
    );
    assert!(
        help.contains("checktype = connect") && help.contains("external"),
        "{help}"
    );
}
