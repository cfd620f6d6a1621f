//! What holds when nothing is said, and where a value says it came from.

use std::net::IpAddr;
use std::time::Duration;

use keepalived_conf::{Family, InitialState, Keepalived, Origin, Path, Severity, Version};
use vrrp_conformance::proves;

use super::text::{codes, file, found, only, place, web};

#[test]
fn an_instance_that_says_nothing() {
    let parsed = web("");
    let web = only(&parsed);
    assert_eq!(web.version.value, Version::V2);
    assert_eq!(web.family.value, Family::Ipv4);
    assert_eq!(web.state.value, InitialState::Backup);
    assert_eq!(web.priority.value, 100);
    assert_eq!(web.advert_int_cs.value, 100);
    assert!(web.preempt.value && web.accept.value);
    assert_eq!(web.preempt_delay.value, Duration::ZERO);
    assert_eq!(web.down_timer_adverts.value, 3);
    assert!(web.authentication.is_none());
    for off in [
        web.strict,
        web.skip_check_adv_addr,
        web.lower_prio_no_advert,
        web.higher_prio_send_advert,
        web.owner_ignore_adverts,
        web.check_unicast_src,
        web.track_src_ip,
        web.v3_checksum_as_v2,
        web.v2_interop,
        web.smtp_alert,
        web.dont_track_primary,
        web.unicast_fault_no_peer,
    ] {
        assert!(!off.value);
        assert_eq!(off.origin, Origin::Default);
    }
    let announcements = &web.announcements;
    assert_eq!(announcements.delay.value, Duration::from_secs(5));
    assert_eq!(announcements.repeat.value, 5);
    assert_eq!(announcements.refresh.value, Duration::ZERO);
    assert_eq!(announcements.refresh_repeat.value, 1);
    assert_eq!(announcements.lower_prio_delay.value, Duration::from_secs(5));
    assert_eq!(announcements.lower_prio_repeat.value, 5);
    let Path::Multicast { group, source } = &web.path else {
        panic!("{:?}", web.path)
    };
    assert_eq!(group.value, "224.0.0.18".parse::<IpAddr>().unwrap());
    assert!(source.is_none());
    proves!("DEV-03", "V3-6.1-10", "V2-5.3.4-02", Obeys);
}

#[test]
fn ipv6_is_version_3_by_its_own_group() {
    let parsed = file(
        "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\nfe80::1\n}\nversion 2\n}",
    );
    let instance = only(&parsed);
    assert_eq!(
        (instance.family.value, instance.version.value),
        (Family::Ipv6, Version::V3)
    );
    let Path::Multicast { group, .. } = &instance.path else {
        panic!()
    };
    assert_eq!(group.value, "ff02::12".parse::<IpAddr>().unwrap());
    proves!("PRJ-V6-02", Refuses);
}

/// What an instance says of its first burst says nothing of the one after a lower rival: that is the global word's.
#[test]
fn the_burst_after_a_lower_rival_is_not_that_of_the_instance() {
    let parsed = web("garp_master_delay 9\ngarp_master_repeat 3");
    let announcements = &only(&parsed).announcements;
    assert_eq!(announcements.delay.value, Duration::from_secs(9));
    assert_eq!(announcements.lower_prio_delay.value, Duration::from_secs(5));
    assert_eq!(
        (announcements.repeat.value, announcements.lower_prio_repeat.value),
        (3, 5)
    );
}

/// keepalived starts a node as owner that is MASTER and says no priority.
#[test]
fn state_master_without_priority_is_255() {
    let parsed = web("state MASTER");
    let priority = only(&parsed).priority;
    assert_eq!(priority.value, 255);
    assert_eq!(
        priority.origin,
        Origin::Implied {
            because: "state MASTER"
        }
    );
    assert_eq!(only(&web("state MASTER\npriority 7")).priority.value, 7);
    assert_eq!(only(&web("priority 255")).state.value, InitialState::Master);
    proves!("X-03", Obeys);
}

#[test]
fn global_words_are_the_default_of_instances() {
    let text = "global_defs {\nvrrp_version 3\nvrrp_garp_master_delay 7\nvrrp_garp_master_repeat 2\nvrrp_down_timer_adverts 5\n\
        vrrp_lower_prio_no_advert\nvrrp_higher_prio_send_advert yes\nvrrp_check_unicast_src\nvrrp_mcast_group4 224.0.0.99\n\
        vrrp_skip_check_adv_addr\nv3_checksum_as_v2 off\n}\n\
        vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1 }\ngarp_master_repeat 9\n}";
    let parsed = file(text);
    let instance = only(&parsed);
    assert_eq!(instance.version.value, Version::V3);
    assert!(matches!(
        instance.version.origin,
        Origin::Inherited {
            keyword: "vrrp_version",
            ..
        }
    ));
    assert_eq!(instance.announcements.delay.value, Duration::from_secs(7));
    assert_eq!(instance.announcements.repeat.value, 9);
    assert!(matches!(
        instance.announcements.repeat.origin,
        Origin::Line { .. }
    ));
    assert_eq!(
        instance.announcements.lower_prio_delay.value,
        Duration::from_secs(7),
        "follows vrrp_garp_master_delay"
    );
    assert_eq!(
        instance.announcements.lower_prio_repeat.value, 2,
        "follows vrrp_garp_master_repeat"
    );
    assert_eq!(instance.down_timer_adverts.value, 5);
    assert!(instance.lower_prio_no_advert.value && instance.higher_prio_send_advert.value);
    assert!(instance.check_unicast_src.value && instance.skip_check_adv_addr.value);
    assert!(
        instance.v3_checksum_as_v2.value,
        "keepalived does not look at the argument"
    );
    let Path::Multicast { group, .. } = &instance.path else {
        panic!()
    };
    assert_eq!(group.value.to_string(), "224.0.0.99");
}

#[test]
fn a_value_knows_its_line() {
    let parsed = web("priority 50");
    let span = only(&parsed).priority.span().unwrap();
    assert_eq!(parsed.sources.place(span).to_string(), "k.conf:7:10");
    assert_eq!(parsed.sources.slice(span), b"50");
}

#[test]
fn least_announcements_touch_only_defaults() {
    let text = |own: &str| {
        format!(
            "global_defs {{\nvrrp_min_garp\n{own}\n}}\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{ 192.0.2.1 }}\n}}"
        )
    };
    let least = only(&file(&text(""))).announcements.clone();
    assert_eq!((least.repeat.value, least.delay.value), (1, Duration::ZERO));
    let own = only(&file(&text("vrrp_garp_master_repeat 4")))
        .announcements
        .clone();
    assert_eq!((own.repeat.value, own.delay.value), (4, Duration::ZERO));
}

/// The one default that makes a node take the addresses whatever the others say.
#[test]
fn an_owner_that_nobody_asked_for_is_told() {
    let parsed = web("state MASTER");
    let note = found(&parsed, "owner-by-state");
    assert_eq!(
        (note.severity, note.keepalived),
        (Severity::Note, Keepalived::Silent)
    );
    assert!(
        note.message.contains("priority 255") && note.help.contains("1 to 254"),
        "{note:?}"
    );
    assert_eq!(place(&parsed, "owner-by-state"), "7:7");
    for meant in [
        "state MASTER\npriority 255",
        "state MASTER\npriority 150",
        "state BACKUP",
        "priority 255",
    ] {
        assert!(!codes(&web(meant)).contains(&"owner-by-state"), "{meant}");
    }
    proves!("X-03", Obeys);
}
