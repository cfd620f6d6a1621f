//! Announcements beyond their repeats, and what is told of instances that go or are challenged.

use std::time::Duration;

use keepalived_conf::{ExtraInterfaces, Origin, Severity};

use super::text::{codes, file, found, only, web};

fn every(seconds: u64, all: bool) -> ExtraInterfaces {
    ExtraInterfaces {
        every: Duration::from_secs(seconds),
        all,
    }
}

#[test]
fn announcements_on_other_interfaces() {
    for (line, expected) in [
        ("garp_extra_if 30", every(30, false)),
        ("garp_extra_if all 86400", every(86_400, true)),
        ("vmac_garp_intvl all 5", every(5, true)),
        ("garp_extra_if 0", every(0, false)),
    ] {
        let parsed = web(line);
        let old = line.starts_with("vmac").then_some("deprecated");
        assert_eq!(codes(&parsed), old.into_iter().collect::<Vec<_>>(), "{line}");
        assert_eq!(
            only(&parsed).announcements.extra.unwrap().value,
            expected,
            "{line}"
        );
    }
    assert!(only(&web("")).announcements.extra.is_none());
    for line in ["garp_extra_if 86401", "garp_extra_if -1", "garp_extra_if often"] {
        let parsed = web(line);
        assert_eq!(codes(&parsed), ["bad-number"], "{line}");
        assert!(only(&parsed).announcements.extra.is_none());
    }
}

#[test]
fn announcements_on_other_interfaces_of_all() {
    let text = |word: &str, own: &str| {
        format!(
            "global_defs {{\n{word}\n}}\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{\n192.0.2.1\n}}\n{own}\n}}"
        )
    };
    for word in ["vrrp_garp_extra_if all 7", "vrrp_vmac_garp_intvl all 7"] {
        let parsed = file(&text(word, ""));
        let extra = only(&parsed).announcements.extra.unwrap();
        assert_eq!(extra.value, every(7, true), "{word}");
        assert!(
            matches!(
                extra.origin,
                Origin::Inherited {
                    keyword: "vrrp_garp_extra_if",
                    ..
                }
            ),
            "{extra:?}"
        );
    }
    // Zero of one's own is none, and no number for all.
    let parsed = file(&text("vrrp_garp_extra_if 7", "garp_extra_if 0"));
    assert_eq!(only(&parsed).announcements.extra.unwrap().value, every(0, false));
    let parsed = file(&text("vrrp_garp_extra_if 0", ""));
    assert_eq!(codes(&parsed), ["bad-number"]);
}

#[test]
fn groups_of_one_pace() {
    let parsed = file(
        "garp_group {\ngarp_interval 0.002\ninterface eth0\ninterfaces {\neth1\neth2 eth3\n}\n}\n\
         garp_group {\ngna_interval 1\ninterfaces { eth1 eth4 }\n}\n",
    );
    let [first, second] = &parsed.config.garp_groups[..] else {
        panic!("{:?}", parsed.config.garp_groups)
    };
    let names = |group: &keepalived_conf::GarpGroup| -> Vec<Vec<String>> {
        let one = |names: &Vec<keepalived_conf::Sourced<String>>| {
            names.iter().map(|name| name.value.clone()).collect()
        };
        group.paced.iter().map(one).collect()
    };
    assert_eq!(names(first), [vec!["eth0"], vec!["eth1", "eth2", "eth3"]]);
    assert_eq!(first.garp_interval.unwrap().value, Duration::from_millis(2));
    assert!(first.gna_interval.is_none());
    // What stands in a group above is left out, and told.
    assert_eq!(names(second), [vec!["eth4"]]);
    assert_eq!(second.gna_interval.unwrap().value, Duration::from_secs(1));
    assert_eq!(codes(&parsed), ["pacing-twice"]);
    let nothing = file("garp_group {\ninterface eth0\n}\n");
    assert!(nothing.config.garp_groups.is_empty());
    assert_eq!(codes(&nothing), ["incomplete-block"]);
}

/// A node that preempts takes the addresses back anyway.
#[test]
fn a_stall_counts_with_nopreempt_only() {
    for (line, number) in [
        ("nopreempt\ntimer_expired_backup", None),
        ("nopreempt\ntimer_expired_backup 100", Some(100)),
        ("thread_timer_expired 254\nnopreempt", Some(254)),
    ] {
        let parsed = web(line);
        assert_eq!(codes(&parsed), [""; 0], "{line}");
        assert_eq!(only(&parsed).timer_expired_backup.unwrap().value, number);
    }
    let parsed = web("timer_expired_backup 100");
    assert_eq!(found(&parsed, "stall-needs-nopreempt").severity, Severity::Error);
    assert!(only(&parsed).timer_expired_backup.is_none());
    let parsed = web("nopreempt\ntimer_expired_backup 255");
    assert_eq!(codes(&parsed), ["bad-number"]);
    assert!(only(&parsed).timer_expired_backup.is_none());
}

#[test]
fn a_delay_counted_from_boot() {
    let parsed = file("global_defs {\nvrrp_delay_after_boot 90.5\n}");
    assert_eq!(
        parsed.config.global.delay_after_boot.value,
        Duration::from_millis(90_500)
    );
    assert_eq!(codes(&parsed), [""; 0]);
}

#[test]
fn scripts_of_a_challenge_and_of_the_end() {
    let parsed = web("notify_master_rx_lower_pri /bin/tell root\nnotify_deleted \"/bin/gone now\"");
    let notify = &only(&parsed).notify;
    assert_eq!(notify.rx_lower_pri.as_ref().unwrap().value.argv, ["/bin/tell"]);
    let asked = keepalived_conf::Asked::of(&parsed);
    assert!(asked.programs.iter().any(|program| program.path == "/bin/tell"));
    let deleted = notify.deleted.as_ref().unwrap().value.as_ref().unwrap();
    assert_eq!(deleted.argv, ["/bin/gone", "now"]);
    let parsed = web("notify_deleted");
    assert_eq!(codes(&parsed), [""; 0]);
    assert_eq!(only(&parsed).notify.deleted.as_ref().unwrap().value, None);
    assert!(only(&web("")).notify.deleted.is_none());
}
