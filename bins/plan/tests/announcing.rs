//! Pace, other interfaces, delays and what scripts are told, as the driver and the daemon are asked for them.

use std::time::Duration;

use keepalived_conf::{MemoryFiles, parse};
use vrrp_net::{AnnounceElsewhere, Pace};
use vrrp_plan::{Allowed, Host, Plan, difference, lower};

fn plan(around: &str, inside: &str) -> Plan {
    let text = format!(
        "{around}\nvrrp_instance VI_1 {{\ninterface eth1\nvirtual_router_id 55\nvirtual_ipaddress {{\n192.0.2.100\n}}\n{inside}\n}}\n"
    );
    let parsed = parse(&MemoryFiles::new([("k.conf", text.as_str())]), "k.conf");
    let nothing: Allowed = std::iter::empty::<&str>().collect();
    let lowered = lower(&parsed.config, &parsed.sources, &nothing, &Host::default());
    assert_eq!(lowered.not_started, []);
    lowered.plan
}

/// What a group does not limit has the usual gap, also where all others are limited.
#[test]
fn a_pace_for_each_interface_and_for_some_together() {
    let group = "global_defs {\nvrrp_garp_interval 1\nvrrp_gna_interval 1\n}\n\
                 garp_group {\ngarp_interval 0.002\ninterface eth1\ninterfaces {\neth2\neth3\n}\n}\n";
    let pace = |names: &[&str]| Pace {
        interfaces: names.iter().map(|name| (*name).to_owned()).collect(),
        arp_gap: Duration::from_millis(2),
        neighbor_gap: Duration::from_millis(1),
    };
    let paced = plan(group, "");
    assert_eq!(paced.node.paces, [pace(&["eth1"]), pace(&["eth2", "eth3"])]);
    let other = plan(&group.replace("0.002", "0.003"), "");
    assert_eq!(difference(&paced, &other).node, ["garp_group"]);
    assert!(difference(&paced, &paced.clone()).is_empty());
}

#[test]
fn announcements_on_other_interfaces() {
    let asked = |inside: &str| plan("", inside).instances[0].service.announce_elsewhere;
    let every = |seconds, physical_too| AnnounceElsewhere {
        every: Duration::from_secs(seconds),
        physical_too,
    };
    assert_eq!(asked("garp_extra_if 20"), Some(every(20, false)));
    assert_eq!(asked("garp_extra_if all 20"), Some(every(20, true)));
    assert_eq!(asked("garp_extra_if 0"), None);
    assert_eq!(asked(""), None);
}

#[test]
fn a_stall_and_a_delay_from_boot() {
    let stalls = |inside: &str| {
        plan("", inside).instances[0]
            .service
            .settings
            .step_back_when_stalled
    };
    assert!(stalls("nopreempt\ntimer_expired_backup 100"));
    assert!(!stalls("nopreempt"));
    assert!(
        !stalls("timer_expired_backup"),
        "it is an error without nopreempt"
    );
    let delayed = plan("global_defs {\nvrrp_delay_after_boot 90\n}", "");
    assert_eq!(delayed.node.delay_after_boot, Duration::from_secs(90));
    // How long the machine is up is nothing of the file: the same file asks for the same.
    assert_eq!(delayed.instances[0].service.settings.start_delay_nanos, 0);
}

#[test]
fn scripts_of_a_challenge_and_of_the_end() {
    let hooks = |inside: &str| plan("", inside).instances[0].hooks.clone();
    let told = hooks("notify_master_rx_lower_pri /bin/tell\nnotify_deleted /bin/gone");
    assert_eq!(told.rx_lower_pri.unwrap().words, ["/bin/tell"]);
    assert_eq!(
        (told.tells_deleted, told.deleted.unwrap().words),
        (true, vec!["/bin/gone".to_owned()])
    );
    let bare = hooks("notify_deleted");
    assert_eq!((bare.tells_deleted, bare.deleted), (true, None));
    assert!(!hooks("").tells_deleted);
}
