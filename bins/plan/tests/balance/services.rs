//! What the kernel is asked for, word by word.

use std::net::Ipv4Addr;

use vrrp_ipvs::{Checksum, Family, Forwarding, Granularity, SchedulerFlags, ServiceKey, Tunnel};

use super::{balance, codes, only, server};

fn keys(text: &str) -> Vec<String> {
    let all = balance(text)
        .servers
        .into_iter()
        .flat_map(|one| one.services.clone());
    all.map(|service| service.key.to_string()).collect()
}

fn real(name: &str) -> String {
    format!("real_server {name} {{\n}}\n")
}

/// `virtual_server HEAD` by this method without a protocol, with these real servers.
fn of(head: &str, method: &str, real_servers: &str) -> String {
    format!("virtual_server {head} {{\nlb_algo rr\nlb_kind {method}\n{real_servers}}}\n")
}

#[test]
fn defaults_of_a_service() {
    let bare = "virtual_server 192.0.2.1 80 {\nreal_server 10.0.0.2 80 {\n}\n}\n";
    let one = only(bare);
    assert_eq!(one.services[0].key.to_string(), "UDP 192.0.2.1:80");
    assert_eq!(one.services[0].scheduler.as_str(), "wlc");
    assert_eq!(one.servers[0].destination.forwarding, Forwarding::Masquerade);
    assert_eq!(one.servers[0].destination.weight, 1);
    assert!(!one.mail && one.servers[0].mail);
    assert!(!one.omega && !one.ha_suspend && !one.begins_as_found && !one.tells_first);
    let told = format!("global_defs {{\nrs_init_notifies\n}}\n{bare}");
    assert!(only(&told).tells_first);
    assert_eq!((one.group, one.quorum_up, one.quorum_down), (None, None, None));
}

#[test]
fn flags_of_schedulers() {
    for (scheduler, words, flags) in [
        (
            "sh",
            "sh-port\nsh-fallback",
            SchedulerFlags::FIRST.and(SchedulerFlags::SECOND),
        ),
        ("mh", "mh-port", SchedulerFlags::SECOND),
        ("mh", "mh-fallback", SchedulerFlags::FIRST),
        (
            "rr",
            "flag-1\nflag-3",
            SchedulerFlags::FIRST.and(SchedulerFlags::THIRD),
        ),
        ("rr", "flag-2", SchedulerFlags::SECOND),
        ("rr", "sh-port", SchedulerFlags::NONE),
        ("sh", "mh-port", SchedulerFlags::NONE),
    ] {
        let text = server(words, "").replace("lb_algo rr", &format!("lvs_sched {scheduler}"));
        let service = only(&text).services[0].clone();
        assert_eq!(
            (service.scheduler.as_str(), service.scheduler_flags),
            (scheduler, flags),
            "{words}"
        );
    }
    let udp = server("ops", "").replace("TCP", "UDP");
    assert!(only(&udp).services[0].one_packet);
    assert!(!only(&server("ops", "")).services[0].one_packet);
}

#[test]
fn persistence() {
    let of = |words: &str| only(&server(words, "")).services[0].persistence.clone();
    assert_eq!(of(""), None);
    let bare = of("persistence_timeout").unwrap();
    assert_eq!(
        (bare.timeout_seconds, bare.granularity, bare.engine),
        (360, Granularity::each(Family::V4), None)
    );
    let all =
        of("persistence_timeout 50\npersistence_granularity 255.255.255.0\npersistence_engine sip").unwrap();
    assert_eq!(all.timeout_seconds, 50);
    assert_eq!(all.granularity, Granularity::V4(Ipv4Addr::new(255, 255, 255, 0)));
    assert_eq!(all.engine.unwrap().as_str(), "sip");
    // Seen in a kernel: a granularity makes a service persistent, and 24 is no length of a prefix.
    let granular = of("persistence_granularity 24").unwrap();
    assert_eq!(
        (granular.timeout_seconds, granular.granularity),
        (360, Granularity::V4(Ipv4Addr::new(0, 0, 0, 24)))
    );
    // The last line that counts.
    assert_eq!(
        of("persistence_timeout 60\npersistence_timeout x")
            .unwrap()
            .timeout_seconds,
        60
    );
    let every =
        "virtual_server 192.0.2.1 {\nlb_algo rr\nlb_kind DR\nprotocol TCP\nreal_server 10.0.0.2 {\n}\n}\n";
    assert_eq!(
        only(every).services[0]
            .persistence
            .clone()
            .unwrap()
            .timeout_seconds,
        360
    );
    let six = "virtual_server fe80::1 80 {\nlb_algo rr\nlb_kind DR\nprotocol TCP\npersistence_timeout 9\npersistence_granularity 64\nreal_server fe80::2 80 {\n}\n}\n";
    assert_eq!(
        only(six).services[0].persistence.clone().unwrap().granularity,
        Granularity::V6(64)
    );
}

#[test]
fn forwarding() {
    let gue = |checksum| Forwarding::Tunnel(Tunnel::Gue { port: 6080, checksum });
    for (words, expected) in [
        ("NAT", Forwarding::Masquerade),
        ("DR", Forwarding::Direct),
        ("TUN", Forwarding::Tunnel(Tunnel::Ipip)),
        ("TUN type ipip", Forwarding::Tunnel(Tunnel::Ipip)),
        ("TUN type gue port 6080", gue(Checksum::Absent)),
        ("TUN type gue port 6080 csum", gue(Checksum::Full)),
        ("TUN type gue port 6080 remcsum", gue(Checksum::Remote)),
        (
            "TUN type gre csum",
            Forwarding::Tunnel(Tunnel::Gre {
                checksum: Checksum::Full,
            }),
        ),
        (
            "TUN type gre nocsum",
            Forwarding::Tunnel(Tunnel::Gre {
                checksum: Checksum::Absent,
            }),
        ),
        // keepalived says what is wrong, and takes IP in IP.
        ("TUN type gue", Forwarding::Tunnel(Tunnel::Ipip)),
        ("TUN type xyz", Forwarding::Tunnel(Tunnel::Ipip)),
        ("TUN type gre remcsum", Forwarding::Tunnel(Tunnel::Ipip)),
        ("TUN type ipip csum", Forwarding::Tunnel(Tunnel::Ipip)),
    ] {
        let text = server("", "").replace("lb_kind NAT", &format!("lb_kind {words}"));
        assert_eq!(only(&text).servers[0].destination.forwarding, expected, "{words}");
        let own = server("", &format!("lvs_method {words}"));
        assert_eq!(
            only(&own).servers[0].destination.forwarding,
            expected,
            "lvs_method {words}"
        );
    }
}

#[test]
fn marks_have_the_family_of_their_first_real_server() {
    let mark = |lines: &str, real: &str| keys(&of("fwmark 5", "TUN", &format!("{lines}{real}")));
    assert_eq!(mark("", &real("10.0.0.2")), ["FWM 5"]);
    assert_eq!(mark("", &real("fe80::2")), ["FWM 5 IPv6"]);
    assert_eq!(mark("ip_family inet\n", &real("fe80::2")), ["FWM 5"]);
    let nat = of("fwmark 5", "NAT", &(real("10.0.0.2 80") + &real("fe80::2 80")));
    assert_eq!(only(&nat).servers.len(), 1);
    assert_eq!(only(&nat).name, "FWM 5");
    let none = of("fwmark 0", "NAT", &real("10.0.0.2 80"));
    assert_eq!(balance(&none).servers, []);
    assert_eq!(codes(&none), ["virtual-server"]);
}

#[test]
fn groups_are_a_service_for_each_address() {
    let group = |lines: &str, real: &str| {
        format!(
            "virtual_server_group G {{\n{lines}}}\nvirtual_server group G {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{real}}}\n"
        )
    };
    let lines = "192.0.2.7-9 90\n192.0.2.20-192.0.2.22 90\n192.0.2.32/30 91\nfwmark 8\nfwmark 9 inet\n";
    let text = group(lines, &real("10.0.0.3 90"));
    let tcp = |last: u8, port: u16| format!("TCP 192.0.2.{last}:{port}");
    let mut expected: Vec<String> = (7..=9).chain(20..=22).map(|last| tcp(last, 90)).collect();
    expected.extend((32..=35).map(|last| tcp(last, 91)));
    expected.extend(["FWM 8".to_owned(), "FWM 9".to_owned()]);
    assert_eq!(keys(&text), expected);
    let one = only(&text);
    assert_eq!(
        (one.name.as_str(), one.group.as_deref()),
        ("group G TCP", Some("G"))
    );
    let six = group("fe80::1-4 80\n", &real("fe80::9 80"));
    assert_eq!(
        keys(&six),
        [
            "TCP [fe80::1]:80",
            "TCP [fe80::2]:80",
            "TCP [fe80::3]:80",
            "TCP [fe80::4]:80"
        ]
    );
    for (text, what) in [
        (
            group("192.0.2.1 80\nfe80::1 80\n", &real("10.0.0.3 80")),
            "both families",
        ),
        (
            group("192.0.2.1 80\nfe80::1 80\nfwmark 3\n", &real("10.0.0.3 80")),
            "a mark of neither",
        ),
        (group("10.0.0.0/8 80\n", &real("10.0.0.3 80")), "too many"),
        (group("fe80::1 80\n", &real("10.0.0.3 80")), "the other family"),
        (text.replace("group G {\nlb", "group X {\nlb"), "no such group"),
    ] {
        assert_eq!(balance(&text).servers, [], "{what}");
        assert!(!codes(&text).is_empty(), "{what}");
    }
    // Both families through tunnels.
    let both = group("192.0.2.1 80\nfe80::1 80\n", &real("10.0.0.3 80")).replace("NAT", "TUN");
    assert_eq!(keys(&both), ["TCP 192.0.2.1:80", "TCP [fe80::1]:80"]);
}

#[test]
fn what_two_have_the_first_one_keeps() {
    let twice = server("", "") + &server("", "");
    assert_eq!(keys(&twice), ["TCP 192.0.2.1:80"]);
    assert_eq!(codes(&twice), ["virtual-server-twice"]);
    let udp = server("", "") + &server("", "").replace("TCP", "UDP");
    assert_eq!(keys(&udp), ["TCP 192.0.2.1:80", "UDP 192.0.2.1:80"]);
    let group = "virtual_server_group G {\n192.0.2.0-3 80\n}\nvirtual_server group G {\nlb_algo rr\nlb_kind NAT\nprotocol TCP\nreal_server 10.0.0.3 80 {\n}\n}\n";
    let both = server("", "") + group;
    assert_eq!(
        keys(&both),
        [
            "TCP 192.0.2.1:80",
            "TCP 192.0.2.0:80",
            "TCP 192.0.2.2:80",
            "TCP 192.0.2.3:80"
        ]
    );
    assert_eq!(codes(&both), ["virtual-server-twice"]);
}

#[test]
fn ports_of_real_servers() {
    let of = |method: &str, port: &str| {
        let text = format!(
            "virtual_server 192.0.2.1 80 {{\nlb_algo rr\nlb_kind {method}\nprotocol TCP\nreal_server 10.0.0.2 {port} {{\n}}\n}}\n"
        );
        only(&text).servers[0].name.clone()
    };
    assert_eq!(of("NAT", "8080"), "10.0.0.2:8080");
    assert_eq!(of("NAT", ""), "10.0.0.2:80");
    assert_eq!(of("DR", "8080"), "10.0.0.2:80");
    assert_eq!(of("TUN", ""), "10.0.0.2:80");
    // One destination for the kernel.
    let twice = server("", "").replace(
        "lb_kind NAT",
        "lb_kind NAT\nreal_server 10.0.0.2 {\n}\nreal_server 10.0.0.2 80 {\n}",
    );
    let names: Vec<_> = only(&twice)
        .servers
        .iter()
        .map(|real| real.name.clone())
        .collect();
    assert_eq!(names, ["10.0.0.2:80", "10.0.0.2:8080"]);
    assert_eq!(codes(&twice), ["real-server"]);
}

#[test]
fn weights_and_limits() {
    let weight = |lines: &str, real: &str| only(&server(lines, real)).servers[0].destination.weight;
    assert_eq!(weight("", ""), 1);
    assert_eq!(weight("weight 3", ""), 3);
    assert_eq!(weight("weight 3", "weight 0"), 0);
    // As seen with keepalived 2.2.7: the digits in front, 0 without any, the default where the number is none.
    assert_eq!(weight("weight 8x", ""), 8);
    assert_eq!(weight("", "weight 5x"), 5);
    assert_eq!(weight("", "weight x"), 0);
    assert_eq!(weight("", "weight -4"), 1);
    assert_eq!(weight("", "weight 99999999999"), 1);
    let limits = |real: &str| {
        let one = only(&server("", real)).servers[0].destination;
        (one.lower_connections, one.upper_connections)
    };
    assert_eq!(limits(""), (0, 0));
    assert_eq!(limits("uthreshold 9\nlthreshold 5"), (5, 9));
    assert_eq!(limits("lthreshold 9"), (0, 0));
    assert_eq!(codes(&server("", "lthreshold 9")), ["thresholds"]);
}

#[test]
fn the_quorum_is_cut_to_what_is_there() {
    let of = |lines: &str, real: &str| {
        let one = only(&server(lines, real));
        (one.quorum, one.hysteresis)
    };
    assert_eq!(of("", ""), (1, 0));
    assert_eq!(of("quorum 9\nhysteresis 9", "weight 3"), (3, 2));
    assert_eq!(of("quorum 2\nhysteresis 1", "weight 3"), (2, 1));
    assert_eq!(of("quorum 2\nquorum 0\nhysteresis 5", "weight 3"), (1, 0));
    assert_eq!(of("quorum 2", "weight 0"), (1, 0));
}

#[test]
fn the_sorry_server() {
    let of = |lines: &str| only(&server(lines, "")).sorry;
    assert_eq!(of(""), None);
    let sorry = of("sorry_server 10.0.0.9 90").unwrap();
    assert_eq!((sorry.name.as_str(), sorry.inhibit), ("10.0.0.9:90", false));
    assert_eq!(
        (sorry.destination.forwarding, sorry.destination.weight),
        (Forwarding::Masquerade, 1)
    );
    let direct = of("sorry_server 10.0.0.9 90\nsorry_server_inhibit\nsorry_server_lvs_method DR").unwrap();
    assert_eq!((direct.name.as_str(), direct.inhibit), ("10.0.0.9:80", true));
    assert_eq!(direct.destination.forwarding, Forwarding::Direct);
    // In front of it the word has no effect, as with keepalived.
    assert!(
        !of("sorry_server_inhibit\nsorry_server 10.0.0.9 90")
            .unwrap()
            .inhibit
    );
    assert_eq!(of("sorry_server fe80::9 80"), None);
    assert_eq!(of("sorry_server 10.0.0.2 8080"), None);
    assert_eq!(
        codes(&server("sorry_server 10.0.0.2 8080", "")),
        ["sorry-is-real"]
    );
    let service = ServiceKey::tcp("192.0.2.1:80".parse().unwrap());
    let open = of("sorry_server 10.0.0.9").unwrap();
    assert_eq!(open.in_service(&service).key.port, 80);
}
