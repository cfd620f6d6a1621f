//! Weights, timers and groups.

use super::text::{found, tracked, trips, web};

/// The tutorial's check: `weight -2` beside priority 100 moves something only if the peer has 98 to 100.
#[test]
fn a_weight_that_hardly_moves() {
    let small = tracked("weight -2", "priority 100");
    let one = trips(
        "weight-window",
        &small,
        "6:8",
        &tracked("weight -60", "priority 100"),
    );
    assert!(one.effect.contains("priority is 98 to 100"), "{}", one.effect);
    let positive = tracked("weight 2", "priority 101");
    let one = trips(
        "weight-window",
        &positive,
        "6:8",
        &tracked("weight 10", "priority 101"),
    );
    assert!(one.message.contains("from 103 to 101 only"), "{}", one.message);
    trips("weight-window", &small, "6:8", &tracked("", "priority 100"));
}

#[test]
fn the_weight_of_the_line_counts_before_that_of_the_script() {
    let script = "vrrp_script chk {\nscript /etc/chk\ninterval 2\nweight -60\n}\n";
    let line = format!("{script}{}", web("track_script {\nchk weight -3\n}"));
    let block = format!("{script}{}", web("track_script {\nchk\n}"));
    trips("weight-window", &line, "13:12", &block);
}

#[test]
fn weights_beyond_the_ends() {
    trips(
        "weight-cut",
        &tracked("weight 55", "priority 200"),
        "6:8",
        &tracked("weight 54", "priority 200"),
    );
    trips(
        "weight-floor",
        &tracked("weight -100", "priority 100"),
        "6:8",
        &tracked("weight -99", "priority 100"),
    );
    // While bad, a reversed positive weight is added; it never is while all is good.
    assert!(
        found(&tracked("weight 55 reverse", "priority 200"))
            .iter()
            .all(|found| found.code != "weight-cut")
    );
}

#[test]
fn weights_of_both_signs() {
    let both = tracked("weight -20", "track_interface {\neth1 weight 20\n}");
    let alike = tracked("weight -20", "track_interface {\neth1 weight -20\n}");
    trips("weights-mixed", &both, "6:8", &alike);
}

#[test]
fn a_weight_beside_nopreempt() {
    let with = tracked("weight -60", "state BACKUP\nnopreempt");
    trips(
        "weight-nopreempt",
        &with,
        "18:1",
        &tracked("", "state BACKUP\nnopreempt"),
    );
    trips(
        "weight-nopreempt",
        &with,
        "18:1",
        &tracked("weight -60", "state BACKUP"),
    );
    // There parsing says that nopreempt is cleared.
    let master = tracked("weight -60", "state MASTER\npriority 100\nnopreempt");
    assert!(
        found(&master)
            .iter()
            .all(|found| found.code != "weight-nopreempt")
    );
}

#[test]
fn timers_at_both_ends() {
    trips(
        "tight-timer",
        &web("version 3\nadvert_int 0.09"),
        "8:12",
        &web("version 3\nadvert_int 0.1"),
    );
    trips(
        "slow-takeover",
        &web("advert_int 4"),
        "7:12",
        &web("advert_int 3"),
    );
    trips(
        "slow-takeover",
        &web("advert_int 3\ndown_timer_adverts 4"),
        "7:12",
        &web("advert_int 2\ndown_timer_adverts 5"),
    );
}

#[test]
fn a_link_that_bars_nothing() {
    trips(
        "link-not-tracked",
        &web("dont_track_primary"),
        "7:1",
        &web("garp_master_refresh 60"),
    );
}

#[test]
fn members_that_do_not_agree() {
    let pair = |lines: &str| {
        format!(
            "vrrp_sync_group G {{\ngroup {{\nweb\nlan\n}}\n}}\n{}vrrp_instance lan {{\ninterface eth1\nvirtual_router_id 8\nvirtual_ipaddress {{\n192.0.2.129\n}}\n{lines}\n}}\n",
            web("priority 100\nnopreempt")
        )
    };
    let equal = pair("priority 100\nnopreempt");
    trips(
        "group-priorities",
        &pair("priority 90\nnopreempt"),
        "22:10",
        &equal,
    );
    trips("group-preempt", &pair("priority 100"), "16:1", &equal);
}
