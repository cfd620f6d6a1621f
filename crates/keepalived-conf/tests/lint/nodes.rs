//! Two nodes' files together.

use keepalived_conf::{Diagnostic, MemoryFiles, Parsed, line, lint, parse};

use super::text::{only, tracked, web};

fn node(text: &str) -> Parsed {
    parse(&MemoryFiles::new([("k.conf", text)]), "k.conf")
}

fn compared(one: &str, two: &str) -> Vec<Diagnostic> {
    lint::nodes(&[("lb01", &node(one)), ("lb02", &node(two))])
}

fn codes(one: &str, two: &str) -> Vec<&'static str> {
    compared(one, two).iter().map(|found| found.code).collect()
}

/// The two trip `code` once, with both places, whichever comes first; `clean` beside the first one does not.
fn trips(code: &str, one: &str, two: &str, clean: &str) -> Diagnostic {
    let found = only(code, &compared(one, two));
    assert_eq!(found.labels.len(), 1, "{code}: both places");
    only(code, &compared(two, one));
    assert!(!codes(one, clean).contains(&code), "{code} in {clean}");
    found
}

const HIGH: &str = "priority 150";
const LOW: &str = "priority 100";

/// The instance `web` with priority 150, or 100, and these lines.
fn high(lines: &str) -> String {
    web(&format!("{HIGH}\n{lines}"))
}

fn low(lines: &str) -> String {
    web(&format!("{LOW}\n{lines}"))
}

#[test]
fn two_files_that_meet() {
    assert_eq!(codes(&high("state MASTER"), &low("state BACKUP")), [""; 0]);
}

#[test]
fn places_are_those_of_both_files() {
    let files = MemoryFiles::new([
        ("lb01.conf", high("version 3").as_str()),
        ("lb02.conf", low("").as_str()),
    ]);
    let (one, two) = (parse(&files, "lb01.conf"), parse(&files, "lb02.conf"));
    let nodes = [("lb01", &one), ("lb02", &two)];
    let found = only("version-differs", &lint::nodes(&nodes));
    let sources = lint::sources(&nodes);
    assert!(line(&found, &sources).starts_with("lb02.conf:1:1: warning[version-differs]: "));
    assert_eq!(sources.place(found.labels[0].span).to_string(), "lb01.conf:8:9");
}

#[test]
fn a_secret_of_either_file_stays_hidden() {
    let secret = |word: &str| format!("authentication {{\nauth_type PASS\nauth_pass {word}\n}}");
    let files = MemoryFiles::new([("a", high(&secret("tulip"))), ("b", low(&secret("daisy")))]);
    let (one, two) = (parse(&files, "a"), parse(&files, "b"));
    let nodes = [("a", &one), ("b", &two)];
    let found = only("auth-differs", &lint::nodes(&nodes));
    let drawn = keepalived_conf::render(&found, &lint::sources(&nodes), false);
    assert!(drawn.contains("auth_pass *****"), "{drawn}");
    assert!(!drawn.contains("tulip") && !drawn.contains("daisy"), "{drawn}");
}

#[test]
fn numbers() {
    let two = low("").replace("virtual_router_id 7", "virtual_router_id 8");
    trips("router-id-differs", &high(""), &two, &low(""));
    let other = two.replace("192.0.2.1", "192.0.2.3").replace("web", "lan");
    assert_eq!(codes(&high(""), &other), ["only-on-one-node"; 2]);
}

#[test]
fn one_number_for_two_things() {
    let lan = |number: u8| {
        format!(
            "vrrp_instance lan {{\ninterface eth0\nvirtual_router_id {number}\nvirtual_ipaddress {{\n192.0.2.129\n}}\n}}\n"
        )
    };
    let one = high("");
    let two = low("").replace("virtual_router_id 7", "virtual_router_id 9");
    // On lb02 the number 7 is the LAN's.
    trips(
        "router-id-crosses",
        &one,
        &(two.clone() + &lan(7)),
        &(two + &lan(10)),
    );
}

#[test]
fn families_versions_and_intervals() {
    let six = low("").replace("192.0.2.1", "fe80::1");
    trips("family-differs", &high(""), &six, &low(""));
    trips(
        "version-differs",
        &high("version 3"),
        &low("version 2"),
        &low("version 3"),
    );
    trips(
        "version-differs",
        &high("version 3"),
        &low("version 2"),
        &low("version 3\nv2_interop"),
    );
    assert_eq!(codes(&high("version 3\nv2_interop"), &low("version 2")), [""; 0]);
    trips(
        "interval-differs",
        &high("advert_int 2"),
        &low(""),
        &low("advert_int 2"),
    );
    // Both are a second.
    assert_eq!(codes(&high("advert_int 0.6"), &low("")), [""; 0]);
    trips(
        "interval-learned",
        &high("version 3\nadvert_int 0.5"),
        &low("version 3"),
        &low("version 3\nadvert_int 0.5"),
    );
}

#[test]
fn passwords() {
    let secret = |word: &str| format!("authentication {{\nauth_type PASS\nauth_pass {word}\n}}");
    let one = high(&secret("longsecret1"));
    trips(
        "auth-differs",
        &one,
        &low(&secret("othersec")),
        &low(&secret("longsecret2")),
    );
    trips("auth-differs", &one, &low(""), &low(&secret("longsecr")));
    // Version 3 has none.
    let three = |text: String| text.replace("interface eth0", "interface eth0\nversion 3");
    assert!(!codes(&three(one), &three(low(""))).contains(&"auth-differs"));
}

#[test]
fn signatures() {
    let hmac = |keys: &str, mode: &str| format!("auth_hmac {{\n{keys}\nactive_key 1\nmode {mode}\n}}");
    let (a, b) = (
        "key 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "key 1 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    );
    let one = high(&hmac(a, "enforce"));
    trips("hmac-differs", &one, &low(""), &low(&hmac(a, "enforce")));
    assert!(codes(&one, &low(&hmac(b, "enforce"))).contains(&"hmac-differs"));
    assert!(codes(&one, &low(&hmac(a, "receive-only"))).contains(&"hmac-differs"));
    let permissive = high(&hmac(a, "permissive"));
    assert!(!codes(&permissive, &low(&hmac(a, "receive-only"))).contains(&"hmac-differs"));
}

#[test]
fn paths() {
    let to = |source: &str, peer: &str| format!("check_unicast_src\n{source}\nunicast_peer {{\n{peer}\n}}");
    let from = |source: &str, peer: &str| to(&format!("unicast_src_ip {source}"), peer);
    let one = high(&from("192.0.2.11", "192.0.2.12"));
    let clean = low(&from("192.0.2.12", "192.0.2.11"));
    assert_eq!(codes(&one, &clean), [""; 0]);
    trips("path-differs", &one, &low(""), &clean);
    trips(
        "peer-not-named",
        &one,
        &low(&from("192.0.2.13", "192.0.2.11")),
        &clean,
    );
    trips(
        "source-alike",
        &one,
        &low(&from("192.0.2.11", "192.0.2.12")),
        &clean,
    );
    trips(
        "peers-alike",
        &high(&to("", "192.0.2.12")),
        &low(&to("", "192.0.2.12")),
        &low(&to("", "192.0.2.11")),
    );
    trips(
        "multicast-group-differs",
        &high("mcast_dst_ip 224.0.0.99"),
        &low(""),
        &low("mcast_dst_ip 224.0.0.99"),
    );
}

#[test]
fn addresses() {
    let more = |text: String, line: &str| text.replace("192.0.2.1\n", &format!("192.0.2.1\n{line}\n"));
    trips(
        "addresses-differ",
        &more(high(""), "192.0.2.2"),
        &low(""),
        &more(low(""), "192.0.2.2"),
    );
    let excluded = |line: &str| format!("virtual_ipaddress_excluded {{\n{line}\n}}");
    trips(
        "excluded-differ",
        &high(&excluded("192.0.2.2")),
        &low(&excluded("192.0.2.3")),
        &low(&excluded("192.0.2.2")),
    );
    let whole = |text: String| text.replace("192.0.2.1\n", "192.0.2.1/24\n");
    trips("length-differs", &whole(high("")), &low(""), &whole(low("")));
    // Their order is of no account.
    let turned = low("").replace("192.0.2.1\n", "192.0.2.2\n192.0.2.1\n");
    assert_eq!(codes(&more(high(""), "192.0.2.2"), &turned), [""; 0]);
}

#[test]
fn virtual_macs_and_groups() {
    trips("vmac-differs", &high("use_vmac"), &low(""), &low("use_vmac"));
    let lan = "vrrp_instance lan {\ninterface eth1\nvirtual_router_id 9\npriority 1\nvirtual_ipaddress {\n192.0.2.129\n}\nnopreempt\n}\n";
    let group = |text: String| format!("vrrp_sync_group G {{\ngroup {{\nweb\nlan\n}}\n}}\n{text}{lan}");
    let without = low("") + lan;
    let all = compared(&group(high("")), &without);
    assert_eq!(
        all.iter().filter(|found| found.code == "groups-differ").count(),
        2
    );
    assert!(!codes(&group(high("")), &group(low(""))).contains(&"groups-differ"));
}

#[test]
fn states_and_priorities() {
    trips(
        "both-master",
        &high("state MASTER"),
        &low("state MASTER"),
        &low("state BACKUP"),
    );
    trips("both-owner", &web("state MASTER"), &web("priority 255"), &low(""));
    trips("equal-priority", &high(""), &high(""), &low(""));
    assert_eq!(codes(&high("nopreempt"), &high("nopreempt")), [""; 0], "a choice");
    trips("nopreempt-on-lower", &high(""), &low("nopreempt"), &low(""));
    assert_eq!(codes(&high("nopreempt"), &low("")), [""; 0], "it counts there");
}

/// Priorities 150 and 100: a failure has to take away more than 50.
#[test]
fn weights_against_the_other_priority() {
    let check =
        |weight: i16, priority: u8| tracked(&format!("weight {weight}"), &format!("priority {priority}"));
    let found = trips(
        "weight-too-small",
        &check(-50, 150),
        &check(-50, 100),
        &check(-50, 120),
    );
    assert!(
        found
            .message
            .contains("from 150 to 100, as much as the 100 of web on lb02"),
        "{}",
        found.message
    );
    assert!(found.help.contains("a weight of 51 or more"), "{}", found.help);
    assert!(!codes(&check(-51, 150), &check(-51, 100)).contains(&"weight-too-small"));
    // The manual's pair: 101 and 100 with 2 on both: 103 against 102, and 101 after a failure.
    assert!(!codes(&check(2, 101), &check(2, 100)).contains(&"weight-too-small"));
    assert!(codes(&check(2, 105), &check(2, 100)).contains(&"weight-too-small"));
    // None: barred.
    assert!(!codes(&check(0, 150), &check(0, 100)).contains(&"weight-too-small"));
}

/// 240 + 100 and 200 + 100 are both cut to 254; 100 + 60 passes 150.
#[test]
fn weights_that_turn_the_order_round() {
    let check =
        |weight: i16, priority: u8| tracked(&format!("weight {weight}"), &format!("priority {priority}"));
    trips(
        "weight-overturns",
        &check(100, 240),
        &check(100, 200),
        &check(10, 200),
    );
    trips(
        "weight-overturns",
        &check(0, 150),
        &check(60, 100),
        &check(40, 100),
    );
}

#[test]
fn a_check_on_one_node() {
    trips("checks-differ", &tracked("", HIGH), &low(""), &tracked("", LOW));
}

/// Three nodes: each is compared with each.
#[test]
fn more_than_two_nodes() {
    let third = web("priority 50\nversion 3");
    let (one, two, three) = (node(&high("")), node(&low("")), node(&third));
    let all = lint::nodes(&[("a", &one), ("b", &two), ("c", &three)]);
    let found: Vec<_> = all.iter().map(|found| found.code).collect();
    assert_eq!(found, ["version-differs"; 2]);
    assert!(lint::nodes(&[("a", &one)]).is_empty(), "nobody to compare with");
}
