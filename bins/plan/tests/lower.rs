//! keepalived.conf as services of the driver. The numbers are those of keepalived's manual and of the `keepalived`
//! profile.

use std::net::IpAddr;
use std::time::Duration;

use keepalived_conf::{MemoryFiles, parse};
use vrrp_conformance::proves;
use vrrp_core::{Authentication, Family, Health, Interval, Path, Profile, Version, Weight};
use vrrp_plan::{Allowed, Check, Command, Host, Instance, Lowered, Tracked, What, lower};

fn lowered_with(text: &str, allowed: &[&str], host: &Host) -> Lowered {
    let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
    lower(
        &parsed.config,
        &parsed.sources,
        &allowed.iter().copied().collect::<Allowed>(),
        host,
    )
}

fn lowered(text: &str) -> Lowered {
    lowered_with(text, &[], &Host::default())
}

fn instance(inside: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\n interface eth1\n virtual_router_id 55\n priority 150\n virtual_ipaddress {{\n  192.168.190.23/24 dev eth1 label eth1:1\n }}\n{inside}\n}}\n"
    )
}

fn only(text: &str) -> Instance {
    let lowered = lowered(text);
    assert_eq!(lowered.not_started, []);
    let [instance] = &lowered.plan.instances[..] else {
        panic!("{lowered:#?}")
    };
    instance.clone()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn the_pair_of_the_tutorials() {
    let text = "global_defs {\n router_id lb01\n}\nvrrp_instance VI_1 {\n state MASTER\n interface eth1\n virtual_router_id 55\n priority 150\n advert_int 1\n authentication {\n  auth_type PASS\n  auth_pass 123456\n }\n virtual_ipaddress {\n  192.168.190.23/24 dev eth1 label eth1:1\n }\n}\n";
    let lowered = lowered(text);
    assert_eq!(lowered.plan.node.router_id, "lb01");
    let one = &lowered.plan.instances[0];
    assert_eq!((one.name.as_str(), one.place.as_str()), ("VI_1", "k.conf:4"));
    let settings = &one.service.settings;
    assert_eq!(
        (settings.profile, settings.family, settings.version),
        (Profile::Keepalived, Family::Ipv4, Version::V2)
    );
    assert_eq!((settings.vrid.get(), settings.priority.get()), (55, 150));
    assert_eq!(settings.interval, Interval::from_seconds(1).unwrap());
    assert_eq!(settings.authentication, Authentication::Password(*b"123456\0\0"));
    assert_eq!(
        settings.path,
        Path::Multicast {
            group: ip("224.0.0.18")
        }
    );
    assert_eq!(settings.addresses, [ip("192.168.190.23")]);
    assert!(settings.preempt && settings.accept && settings.hold);
    let held = &one.service.addresses[0];
    assert_eq!((held.address, held.prefix), (ip("192.168.190.23"), 24));
    assert_eq!(
        (held.device.as_deref(), held.label.as_deref()),
        (Some("eth1"), Some("eth1:1"))
    );
    assert_eq!(one.service.interface.as_deref(), Some("eth1"));
    assert!(one.service.track_primary);
    proves!("A-5.3.10-01", "V2-6.1-01", "V3-6.1-10", Obeys);
}

#[test]
fn announcements_are_keepalived_s() {
    let announcements = only(&instance("")).service.settings.announcements;
    assert_eq!(
        (
            announcements.at_once,
            announcements.later_rounds,
            announcements.later_repeat
        ),
        (5, 1, 5)
    );
    assert_eq!(announcements.later_after_nanos, 5_000_000_000);
    assert_eq!(
        (announcements.rival_repeat, announcements.rival_again_nanos),
        (5, 5_000_000_000)
    );
    let none_later = only(&instance(
        " garp_master_delay 0\n garp_master_repeat 2\n garp_master_refresh 60",
    ));
    let announcements = none_later.service.settings.announcements;
    assert_eq!((announcements.at_once, announcements.later_rounds), (2, 0));
    assert_eq!(announcements.refresh_every_nanos, 60_000_000_000);
    proves!("X-09", "DEV-17", Obeys);
}

/// With a virtual MAC the port of the one that yields may be learned once more after the first round.
#[test]
fn a_virtual_mac_is_announced_once_more_when_the_other_has_let_go() {
    let settles = |extra| {
        only(&instance(extra))
            .service
            .settings
            .announcements
            .settle_after_nanos
    };
    assert_eq!(settles(" use_vmac"), 10_000_000);
    assert_eq!(settles(""), 0);
}

#[test]
fn an_address_without_a_length_is_a_host_and_excluded_ones_are_held_only() {
    let text = instance(" virtual_ipaddress_excluded {\n  2001:db8::23\n  192.168.190.24\n }");
    let service = only(&text).service;
    assert_eq!(
        service.settings.held_only,
        [ip("2001:db8::23"), ip("192.168.190.24")]
    );
    let prefixes: Vec<u8> = service.addresses.iter().map(|held| held.prefix).collect();
    assert_eq!(prefixes, [24, 128, 32]);
    proves!("X-18", "PRJ-ADDR-01", Obeys);
}

#[test]
fn ipv6_is_version_3() {
    let text = "vrrp_instance VI_6 {\n interface eth1\n virtual_router_id 6\n priority 100\n virtual_ipaddress {\n  fe80::23\n  2001:db8::23/64\n }\n}\n";
    let settings = only(text).service.settings;
    assert_eq!((settings.family, settings.version), (Family::Ipv6, Version::V3));
    assert_eq!(
        settings.path,
        Path::Multicast {
            group: ip("ff02::12")
        }
    );
    proves!("DEV-03", Obeys);
}

#[test]
fn unicast_believes_any_ttl_unless_limited() {
    let text = instance(
        " unicast_src_ip 192.168.190.1\n unicast_peer {\n  192.168.190.2\n  192.168.190.3 min_ttl 250 max_ttl 254\n }",
    );
    let one = only(&text);
    let Path::Unicast { local, peers } = &one.service.settings.path else {
        panic!("{one:?}")
    };
    assert_eq!(*local, Some(ip("192.168.190.1")));
    let limits: Vec<(u8, u8)> = peers
        .iter()
        .map(|peer| (peer.hop_limit_min, peer.hop_limit_max))
        .collect();
    assert_eq!(limits, [(0, 255), (250, 254)]);
    assert!(!one.service.settings.check_unicast_source);
    proves!("X-14", Obeys);
}

/// a group behind a router has a TTL of its own, and 255 where the file says none.
#[test]
fn x_14_the_unicast_ttl_of_the_file_is_sent() {
    for (line, sent) in [("unicast_ttl 64\n", 64), ("", 255), ("unicast_ttl 0\n", 255)] {
        let text = instance(&format!(" {line} unicast_peer {{\n  192.168.190.2\n }}"));
        let lowered = lowered_with(&text, &[], &Host::default());
        assert_eq!(
            lowered.plan.instances[0].service.unicast_hop_limit, sent,
            "{line}"
        );
    }
}

#[test]
fn trackers_are_scripts_then_interfaces_and_their_index_is_their_id() {
    let script = |name: &str, more: &str| {
        format!("vrrp_script {name} {{\n script \"/bin/{name} x\"\n interval 2\n weight -20\n{more}\n}}\n")
    };
    let text = script("a", " init_fail\n timeout 1.5\n rise 3\n fall 2")
        + &script("b", "")
        + &script("unused", "")
        + &instance(
            " track_interface {\n  eth9 weight 5\n  eth8\n }\n track_script {\n  b weight 30 reverse\n  a\n }",
        );
    let lowered = lowered(&text);
    let one = &lowered.plan.instances[0];
    let check = |name: &str| Tracked::Check(name.into());
    let interface = |name: &str| Tracked::Interface(name.into());
    assert_eq!(
        one.tracked,
        [check("b"), check("a"), interface("eth9"), interface("eth8")]
    );
    let trackers = &one.service.settings.trackers;
    let weights: Vec<Weight> = trackers.iter().map(|tracker| tracker.weight).collect();
    assert_eq!(
        weights,
        [
            Weight::Adjust {
                value: 30,
                reverse: true
            },
            Weight::Adjust {
                value: -20,
                reverse: false
            },
            Weight::Adjust {
                value: 5,
                reverse: false
            },
            Weight::Gate { reverse: false },
        ]
    );
    let initial: Vec<Health> = trackers.iter().map(|tracker| tracker.initial).collect();
    assert_eq!(
        initial,
        [Health::Unknown, Health::Down, Health::Unknown, Health::Unknown]
    );
    let ids: Vec<(&str, u16)> = one
        .service
        .track_interfaces
        .iter()
        .map(|(name, id)| (name.as_str(), id.0))
        .collect();
    assert_eq!(ids, [("eth9", 2), ("eth8", 3)]);
    let a = Tracked::Check("a".to_owned());
    assert_eq!(one.following(&a).map(|id| id.0).collect::<Vec<_>>(), [1]);
    let names: Vec<&str> = lowered
        .plan
        .checks
        .iter()
        .map(|check| check.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b"], "what nobody tracks does not run");
    let a = &lowered.plan.checks[0];
    assert_eq!(run(a).words, ["/bin/a", "x"]);
    assert_eq!(
        (a.interval, a.timeout),
        (Duration::from_secs(2), Duration::from_millis(1500))
    );
    assert_eq!((a.rise, a.fall, a.initially_down), (3, 2, true));
}

fn run(check: &Check) -> &Command {
    match &check.what {
        What::Run(command) => command,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_connection_keeps_its_word() {
    let text = "vrrp_script chk {\n script \"</dev/tcp/127.0.0.1/8088\"\n}\n".to_owned()
        + &instance(" track_script {\n  chk\n }");
    assert_eq!(
        run(&lowered(&text).plan.checks[0]).words,
        ["</dev/tcp/127.0.0.1/8088"]
    );
}

#[test]
fn scripts_run_as_their_user_else_script_user_else_keepalived_script() {
    let text = |global: &str, own: &str| {
        format!("global_defs {{\n{global}\n}}\nvrrp_script chk {{\n script /bin/true\n{own}\n}}\n")
            + &instance(" track_script {\n  chk\n }\n notify /bin/n")
    };
    let users = |text: &str, host: &Host| {
        let plan = lowered_with(text, &[], host).plan;
        let hook = plan.instances[0].hooks.any.clone().unwrap();
        (run(&plan.checks[0]).user.clone(), hook.user, hook.secure)
    };
    let named = |name: &str| Some((name.to_owned(), None));
    let bare = Host::default();
    let packaged = Host {
        name: "h".into(),
        keepalived_script: true,
    };
    assert_eq!(users(&text("", ""), &bare), (None, None, false));
    assert_eq!(
        users(&text("", ""), &packaged),
        (named("keepalived_script"), named("keepalived_script"), false)
    );
    assert_eq!(
        users(
            &text(
                " script_user daemon\n enable_script_security",
                " user nobody nogroup"
            ),
            &packaged
        ),
        (
            Some(("nobody".into(), Some("nogroup".into()))),
            named("daemon"),
            true
        )
    );
}

#[test]
fn notify_scripts_by_state() {
    let hooks = only(&instance(
        " notify /n/any\n notify_master \"/n/m a\"\n notify_backup /n/b\n notify_fault /n/f\n notify_stop /n/s",
    ))
    .hooks;
    let words = |command: &Option<Command>| command.as_ref().unwrap().words.join(" ");
    let all = [
        &hooks.any,
        &hooks.master,
        &hooks.backup,
        &hooks.fault,
        &hooks.stop,
    ]
    .map(words);
    assert_eq!(all, ["/n/any", "/n/m a", "/n/b", "/n/f", "/n/s"]);
}

#[test]
fn a_missing_word_keeps_one_instance_back_and_not_the_other() {
    let other = instance("")
        .replace("VI_1", "VI_2")
        .replace("55", "56")
        .replace(".23", ".24");
    let text = instance(" use_ipvlan") + &other;
    let lowered = lowered(&text);
    let names: Vec<&str> = lowered
        .plan
        .instances
        .iter()
        .map(|instance| instance.name.as_str())
        .collect();
    assert_eq!(names, ["VI_2"]);
    let refused = &lowered.not_started[0];
    assert_eq!(
        (refused.name.as_str(), refused.place.as_str()),
        ("VI_1", "k.conf:8")
    );
    assert_eq!(refused.allow_missing.as_deref(), Some("use_ipvlan"));
    let allowed = lowered_with(&text, &["use_ipvlan"], &Host::default());
    assert_eq!(allowed.plan.instances.len(), 2);
    assert!(
        allowed.allowed[0].starts_with("k.conf:8: VI_1: use_ipvlan is not carried out, as allowed"),
        "{:?}",
        allowed.allowed
    );
}

#[test]
fn a_virtual_server_refuses_nothing_and_what_is_not_carried_out_of_it_does() {
    let text = instance("") + "virtual_server 192.168.190.23 80 {\n real_server 10.0.0.1 80 {\n }\n}\n";
    assert_eq!(lowered(&text).refused, []);
    assert_eq!(lowered(&text).plan.balance.servers.len(), 1);
    let text = text.replace("80 {\n }", "80 {\n  BFD_CHECK {\n   name b\n  }\n }")
        + "bfd_instance b {\n neighbor_ip 10.0.0.1\n}\n";
    let words = |allowed: &[&str]| {
        let refused = lowered_with(&text, allowed, &Host::default()).refused;
        let words = refused.into_iter().filter_map(|one| one.allow_missing);
        words.collect::<Vec<_>>()
    };
    assert_eq!(words(&[]), ["bfd_instance", "BFD_CHECK"]);
    assert_eq!(words(&["bfd_instance", "BFD_CHECK"]), [""; 0]);
}

#[test]
fn settings_of_the_process() {
    let text = "global_defs {\n vrrp_rt_priority 50\n vrrp_priority -5\n vrrp_no_swap\n vrrp_garp_interval 0.001\n vrrp_startup_delay 2.5\n}\n".to_owned() + &instance("");
    let host = Host {
        name: "lb7".into(),
        ..Host::default()
    };
    let plan = lowered_with(&text, &[], &host).plan;
    assert_eq!(plan.node.router_id, "lb7");
    assert_eq!(
        (plan.node.realtime_priority, plan.node.nice, plan.node.no_swap),
        (Some(50), Some(-5), true)
    );
    assert_eq!(plan.node.arp_gap, Duration::from_millis(1));
    assert_eq!(
        plan.instances[0].service.settings.start_delay_nanos,
        2_500_000_000
    );
}

/// to keepalived a member that cannot run is in FAULT, and with it its group: a half group would split the service.
#[test]
fn x_08_a_member_that_does_not_start_bars_its_group() {
    let group = "vrrp_sync_group VG {\n group {\n  VI_1\n  VI_6\n }\n}\n";
    let other = "vrrp_instance VI_6 {\n interface eth1\n virtual_router_id 56\n virtual_ipaddress {\n  192.0.2.6\n }\n use_ipvlan\n}\n";
    let alone = "vrrp_instance VI_7 {\n interface eth1\n virtual_router_id 57\n virtual_ipaddress {\n  192.0.2.7\n }\n}\n";
    let text = [group, &instance(""), other, alone].concat();
    let half = lowered(&text);
    let names = |lowered: &Lowered| -> Vec<String> {
        let instances = lowered.plan.instances.iter();
        instances.map(|instance| instance.name.clone()).collect()
    };
    assert_eq!(names(&half), ["VI_7"]);
    let barred = half.not_started.iter().find(|one| one.name == "VI_1").unwrap();
    assert!(
        barred.reason.contains("VG: its member VI_6 does not start"),
        "{barred:?}"
    );
    assert_eq!(barred.allow_missing.as_deref(), Some("use_ipvlan"));
    let allowed = lowered_with(&text, &["use_ipvlan"], &Host::default());
    assert_eq!(names(&allowed), ["VI_1", "VI_6", "VI_7"]);
}

/// Members name their group, in either family; its scripts are the group's.
#[test]
fn x_08_a_sync_group() {
    let six = "vrrp_instance VI_6 {\n interface eth1\n virtual_router_id 55\n virtual_ipaddress {\n  fe80::55/64\n }\n}\n";
    let group =
        "vrrp_sync_group VG {\n group {\n  VI_1\n  VI_6\n }\n notify_master \"/usr/bin/up now\" nobody\n}\n";
    let lowered = lowered(&format!("{group}{}{six}", instance("")));
    assert_eq!(lowered.not_started, []);
    let groups: Vec<_> = lowered
        .plan
        .instances
        .iter()
        .map(|one| one.service.group.as_deref())
        .collect();
    assert_eq!(groups, [Some("VG"), Some("VG")]);
    let [group] = &lowered.plan.groups[..] else {
        panic!("{:?}", lowered.plan.groups)
    };
    assert_eq!((group.name.as_str(), group.place.as_str()), ("VG", "k.conf:1"));
    let master = group.hooks.master.as_ref().unwrap();
    assert_eq!(master.words, ["/usr/bin/up", "now"]);
    assert_eq!(group.hooks.named().count(), 1);
}

/// V3-8.4.2-01: the flag of the file is that of the core; without it, and where it cannot be, one version is spoken.
#[test]
fn v2_interop_is_a_flag_of_version_3_in_ipv4() {
    for (inside, both) in [
        (" version 3\n v2_interop", true),
        (" version 3\n v2_interop off", false),
        (" version 3", false),
        (" version 2\n v2_interop", false),
    ] {
        let one = only(&instance(inside));
        assert_eq!(one.service.settings.v2_interop, both, "{inside}");
    }
    proves!("V3-8.4.2-01", Obeys);
}
