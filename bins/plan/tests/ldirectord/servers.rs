//! Virtual servers, real servers, fallback.

use std::net::Ipv4Addr;
use std::sync::Arc;

use vrrp_ipvs::{Forwarding, Granularity, SchedulerFlags, Tunnel};
use vrrp_plan::balance::{AtStop, Balance, VirtualServer};

use super::{balance, lowered, read, refused, web};

fn servers(balance: Balance) -> Vec<VirtualServer> {
    balance.servers.into_iter().map(Arc::unwrap_or_clone).collect()
}

#[test]
fn a_virtual_server_is_named_by_what_the_kernel_finds_it_by() {
    let name = |head: &str, below: &str| servers(balance(&format!("{head}\n\t{below}\n"))).remove(0).name;
    assert_eq!(
        name("virtual=192.0.2.1:80", "real=192.0.2.10:80 gate"),
        "TCP 192.0.2.1:80"
    );
    assert_eq!(
        name(
            "virtual=192.0.2.1:53",
            "real=192.0.2.10:53 masq\n\trequest=\"example.org\""
        ),
        "UDP 192.0.2.1:53"
    );
    assert_eq!(
        name("virtual=192.0.2.1:http", "real=192.0.2.10:http gate"),
        "TCP 192.0.2.1:80"
    );
    assert_eq!(name("virtual=5", "real=192.0.2.10 gate"), "FWM 5");
    let six = "real6=[2001:db8::10]:80 gate";
    assert_eq!(name("virtual6=[2001:db8::1]:80", six), "TCP [2001:db8::1]:80");
    assert_eq!(name("virtual6=5", six), "FWM 5 IPv6");
}

#[test]
fn a_real_server_says_way_weight_and_thresholds() {
    let real = |words: &str| {
        let text = format!("virtual=192.0.2.1:80\n\treal=192.0.2.10:80 {words}\n");
        servers(balance(&text)).remove(0).servers.remove(0).destination
    };
    let plain = real("gate");
    assert_eq!((plain.forwarding, plain.weight), (Forwarding::Direct, 1));
    assert_eq!((plain.lower_connections, plain.upper_connections), (0, 0));
    assert_eq!(real("masq 7").weight, 7);
    assert_eq!(real("masq 0").weight, 0);
    assert_eq!(real("masq -w 7").weight, 7);
    assert_eq!(real("masq").forwarding, Forwarding::Masquerade);
    assert_eq!(real("ipip").forwarding, Forwarding::Tunnel(Tunnel::Ipip));
    for words in [
        "gate 2 \"a\", \"b\" l:5 u:10",
        "gate 2 u:10 l:5",
        "gate 2 \"<l:5>\" \"<u:10>\"",
    ] {
        let with = real(words);
        assert_eq!(
            (with.weight, with.lower_connections, with.upper_connections),
            (2, 5, 10),
            "{words}"
        );
    }
}

#[test]
fn a_range_is_every_address_of_it() {
    let text = "virtual=192.0.2.1:80\n\treal=192.0.2.254->192.0.3.1:8080 masq 3\n\tchecktype=on\n";
    let names: Vec<String> = servers(balance(text))
        .remove(0)
        .servers
        .into_iter()
        .map(|real| real.name)
        .collect();
    assert_eq!(
        names,
        [
            "192.0.2.254:8080",
            "192.0.2.255:8080",
            "192.0.3.0:8080",
            "192.0.3.1:8080"
        ]
    );
}

#[test]
fn scheduling_has_its_defaults_and_words() {
    let service = |words: &[&str]| servers(web(words)).remove(0).services.remove(0);
    let plain = service(&[]);
    assert_eq!(plain.scheduler.as_str(), "wrr");
    assert_eq!((plain.persistence, plain.one_packet), (None, false));
    assert_eq!(plain.scheduler_flags, SchedulerFlags::NONE);
    let each = service(&["persistent=600"]).persistence.expect("persistence");
    assert_eq!(each.timeout_seconds, 600);
    assert_eq!(each.granularity, Granularity::V4(Ipv4Addr::BROADCAST));
    let masked = service(&["persistent=600", "netmask=255.255.255.0"])
        .persistence
        .expect("persistence");
    assert_eq!(
        masked.granularity,
        Granularity::V4(Ipv4Addr::new(255, 255, 255, 0))
    );
    let hashed = service(&["scheduler=mh", "schedflags=mh-port,mh-fallback"]);
    assert_eq!(hashed.scheduler.as_str(), "mh");
    assert_eq!(
        hashed.scheduler_flags,
        SchedulerFlags::FIRST.and(SchedulerFlags::SECOND)
    );
    assert!(service(&["protocol=udp", "ops=yes", "checktype=ping"]).one_packet);
    let six = "virtual6=[2001:db8::1]:80\n\treal6=[2001:db8::10]:80 gate\n\tpersistent=5\n\tnetmask=64\n";
    let six = servers(balance(six)).remove(0).services.remove(0);
    assert_eq!(
        six.persistence.expect("persistence").granularity,
        Granularity::V6(64)
    );
}

#[test]
fn quiescent_keeps_a_server_with_weight_0_but_never_the_fallback() {
    let inhibit = |text: &str| {
        let server = servers(balance(text)).remove(0);
        (server.servers[0].inhibit, server.sorry.map(|sorry| sorry.inhibit))
    };
    let below = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n\tfallback=127.0.0.1:80\n";
    assert_eq!(inhibit(below), (false, Some(false)));
    assert_eq!(inhibit(&format!("quiescent=yes\n{below}")), (true, Some(false)));
    assert_eq!(
        inhibit(&format!("quiescent=yes\n{below}\tquiescent=no\n")),
        (false, Some(false))
    );
    assert_eq!(inhibit(&format!("{below}\tquiescent=yes\n")), (true, Some(false)));
}

#[test]
fn the_nearer_fallback_counts_and_its_family() {
    let text = "fallback=127.0.0.1\nfallback6=[::1]:8080 masq\n\
                virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n\
                virtual=192.0.2.2:80\n\treal=192.0.2.10:80 gate\n\tfallback=192.0.2.99:80 ipip\n\
                virtual6=[2001:db8::1]:80\n\treal6=[2001:db8::10]:80 gate\n";
    let sorry: Vec<_> = servers(balance(text))
        .into_iter()
        .filter_map(|server| server.sorry)
        .collect();
    let names: Vec<&str> = sorry.iter().map(|sorry| sorry.name.as_str()).collect();
    assert_eq!(names, ["127.0.0.1:0", "192.0.2.99:80", "[::1]:8080"]);
    let ways: Vec<Forwarding> = sorry.iter().map(|sorry| sorry.destination.forwarding).collect();
    assert_eq!(
        ways,
        [
            Forwarding::Direct,
            Forwarding::Tunnel(Tunnel::Ipip),
            Forwarding::Masquerade
        ]
    );
    assert!(sorry.iter().all(|sorry| sorry.destination.weight == 1));
}

#[test]
fn a_fallback_command_is_told_with_the_fallback_or_without_one() {
    let with = servers(web(&[
        "fallback=127.0.0.1:80",
        "fallbackcommand=\"/bin/tell it\"",
    ]))
    .remove(0);
    assert!(with.sorry.is_some());
    assert_eq!(
        with.fallback_command.expect("a command").words,
        ["/bin/tell", "it"]
    );
    assert_eq!((with.quorum_up, with.quorum_down), (None, None));
    let alone = servers(web(&["fallbackcommand=/bin/tell"])).remove(0);
    assert_eq!(alone.fallback_command.expect("a command").words, ["/bin/tell"]);
}

#[test]
fn a_stop_takes_the_table_out_unless_the_file_says_no() {
    let below = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n";
    assert_eq!(balance(below).at_stop, AtStop::TakeOut);
    assert_eq!(balance(&format!("cleanstop=no\n{below}")).at_stop, AtStop::Keep);
}

#[test]
fn duties_beside_balancing() {
    let below = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n";
    let none = lowered(below).duties;
    assert_eq!(
        (none.auto_reload, none.callback, none.alerts.len()),
        (false, None, 0)
    );
    let head = "autoreload=yes\ncallback=\"/bin/copy\"\nemailalert=\"a@example.org, b@example.org\"\nemailalertfreq=3600\n\
                emailalertstatus=running,stopping\nsmtp=192.0.2.25\nemailalertfrom=\"Alerts\" <c@example.org>\n";
    let all = lowered(&format!("{head}{below}")).duties;
    assert!(all.auto_reload);
    assert_eq!(all.callback.expect("a command").words, ["/bin/copy"]);
    let alert = &all.alerts["TCP 192.0.2.1:80"];
    assert_eq!(alert.to, ["a@example.org", "b@example.org"]);
    assert_eq!(alert.from.as_deref(), Some("\"Alerts\" <c@example.org>"));
    assert_eq!(
        (alert.repeat.as_secs(), alert.smtp.as_deref()),
        (3600, Some("192.0.2.25"))
    );
    assert!(alert.states.running && alert.states.stopping);
    assert!(!alert.states.starting && !alert.states.reloading);
    let own = lowered(&format!("{head}{below}\temailalertfreq=0\n")).duties;
    assert_eq!(own.alerts["TCP 192.0.2.1:80"].repeat.as_secs(), 0);
}

#[test]
fn what_is_wrong_with_one_virtual_server_leaves_the_others() {
    let text = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n\tchecktype=conect\n\
                virtual=192.0.2.2:80\n\treal=192.0.2.10:80 gate\n";
    let parsed = read(text);
    let lowered = vrrp_plan::ldirectord::lower(&parsed.config, &parsed.sources, Default::default());
    let names: Vec<&str> = lowered
        .balance
        .servers
        .iter()
        .map(|server| server.name.as_str())
        .collect();
    assert_eq!(names, ["TCP 192.0.2.2:80"]);
}

#[test]
fn a_fallback_that_is_a_real_server_is_a_slip() {
    let text = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n\tfallback=192.0.2.10:80\n";
    assert!(refused(text).0.contains("is a real server too"));
}

/// Mail goes to those whom this file names: of servers of another file that have the same name, nobody here is told, and of
/// these nobody whom that file names.
#[test]
fn mail_is_for_the_servers_of_this_file() {
    let head = "emailalert=a@example.org\n";
    let web = "virtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate\n\tservice=http\n\trequest=\"/\"\n\treceive=\"ok\"\n";
    let other = web.replace("192.0.2.1:80", "192.0.2.2:80");
    let mut first = lowered(web).balance;
    let second = lowered(&format!("{head}{web}{other}"));
    assert_eq!(second.duties.alerts.len(), 2);
    let (duties, told) = second.join(&mut first);
    assert_eq!((told.len(), first.servers.len()), (1, 2), "{told:?}");
    let named: Vec<&String> = duties.alerts.keys().collect();
    assert_eq!(named, ["TCP 192.0.2.2:80"]);
    let mut reals = first.servers.iter().flat_map(|one| &one.servers);
    assert!(reals.all(|real| !real.mail));
}
