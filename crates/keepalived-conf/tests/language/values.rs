//! Numbers, switches and times: ranges, rounding, and what a wrong one does.

use std::time::Duration;

use keepalived_conf::{Keepalived, Severity, Version};

use super::text::{codes, file, found, only, web};

#[test]
fn priority_is_strict() {
    assert_eq!(only(&web("priority 255")).priority.value, 255);
    assert_eq!(only(&web("priority +3")).priority.value, 3);
    assert_eq!(only(&web("priority 007")).priority.value, 7);
    for wrong in ["0", "256", "-1", "5s", "1.0", "abc", "99999999999999999999999"] {
        let parsed = web(&format!("state MASTER\npriority {wrong}"));
        assert_eq!(
            only(&parsed).priority.value,
            100,
            "{wrong}: 100 even with state MASTER"
        );
        assert_eq!(
            found(&parsed, "bad-number").keepalived,
            Keepalived::Reports,
            "{wrong}"
        );
    }
}

#[test]
fn a_wrong_router_id_drops_the_instance() {
    for wrong in ["0", "256", "5s", "x"] {
        let text = format!(
            "vrrp_instance A {{\ninterface eth0\nvirtual_router_id {wrong}\nvirtual_ipaddress {{ 192.0.2.1 }}\n}}"
        );
        let parsed = file(&text);
        assert!(parsed.config.instances.is_empty());
        assert_eq!(parsed.config.dropped[0].name, "A");
        assert_eq!(
            found(&parsed, "instance-incomplete").severity,
            Severity::InstanceDropped
        );
    }
}

/// Version 2 counts whole seconds, at least one; version 3 hundredths, at most 40.95 s. Halves round up.
#[test]
fn intervals_round_to_what_the_version_can_carry() {
    let cs = |version: u8, text: &str| {
        only(&web(&format!("version {version}\nadvert_int {text}")))
            .advert_int_cs
            .value
    };
    assert_eq!(
        [
            cs(2, "1"),
            cs(2, "1.5"),
            cs(2, "2.5"),
            cs(2, "0.3"),
            cs(2, "40.96"),
            cs(2, "255")
        ],
        [100, 200, 300, 100, 4100, 25500]
    );
    assert_eq!(
        [
            cs(3, "1"),
            cs(3, "0.01"),
            cs(3, "0.015"),
            cs(3, "1.005"),
            cs(3, "40.96"),
            cs(3, "255")
        ],
        [100, 1, 2, 101, 4095, 4095]
    );
    assert_eq!(
        [
            cs(2, "5s"),
            cs(2, "0"),
            cs(2, "256"),
            cs(3, "0.004"),
            cs(3, "1e1")
        ],
        [100; 5],
        "a wrong one is the default"
    );
    assert!(codes(&web("version 2\nadvert_int 1.5")).contains(&"advert-int-rounded"));
    assert!(!codes(&web("version 3\nadvert_int 1.5")).contains(&"advert-int-rounded"));
}

#[test]
fn version_is_2_or_3() {
    assert_eq!(only(&web("version 3")).version.value, Version::V3);
    assert_eq!(only(&web("version 4")).version.value, Version::V2);
}

/// A lenient reader takes the digits in front.
#[test]
fn announcement_counts_are_lenient() {
    let delay = |text: &str| {
        only(&web(&format!("garp_master_delay {text}")))
            .announcements
            .delay
            .value
            .as_secs()
    };
    assert_eq!(
        [
            delay("7"),
            delay("7s"),
            delay("1.5"),
            delay("abc"),
            delay("-1"),
            delay("0")
        ],
        [7, 7, 1, 0, 5, 0]
    );
    let repeat = |text: &str| {
        only(&web(&format!("garp_master_repeat {text}")))
            .announcements
            .repeat
            .value
    };
    assert_eq!(
        [repeat("3"), repeat("0"), repeat("abc"), repeat("-1")],
        [3, 1, 1, 5]
    );
    let down = |text: &str| {
        only(&web(&format!("down_timer_adverts {text}")))
            .down_timer_adverts
            .value
    };
    assert_eq!(
        [down("1"), down("100"), down("101"), down("0"), down("5s")],
        [1, 100, 3, 3, 5]
    );
}

#[test]
fn preempt_delay_takes_decimals_up_to_1000() {
    let delay = |text: &str| only(&web(&format!("preempt_delay {text}"))).preempt_delay.value;
    assert_eq!(delay("2.5"), Duration::from_millis(2500));
    assert_eq!(delay("0.000001"), Duration::from_micros(1));
    assert_eq!(delay("1000"), Duration::from_secs(1000));
    assert_eq!(delay("1001"), Duration::ZERO);
}

#[test]
fn switches_take_six_words() {
    let on = |text: &str| {
        only(&web(&format!("lower_prio_no_advert {text}")))
            .lower_prio_no_advert
            .value
    };
    assert!(on("") && on("on") && on("true") && on("yes"));
    assert!(!on("off") && !on("false") && !on("no"));
    assert!(!on("ON"), "lower case only");
    assert!(codes(&web("lower_prio_no_advert ON")).contains(&"bad-switch"));
    assert!(
        only(&web("skip_check_adv_addr off")).skip_check_adv_addr.value,
        "keepalived's trap: always on"
    );
}

/// The shipped sample of keepalived says 0, which keepalived refuses.
#[test]
fn garp_interval_0_is_refused() {
    let parsed = file("global_defs {\nvrrp_garp_interval 0\nvrrp_gna_interval 0.5\n}");
    assert_eq!(codes(&parsed), ["bad-number"]);
    assert!(parsed.config.global.garp_interval.is_none());
    assert_eq!(
        parsed.config.global.gna_interval.unwrap().value,
        Duration::from_millis(500)
    );
}

#[test]
fn script_times() {
    let text = |lines: &str| format!("vrrp_script s {{\nscript /bin/true\n{lines}\n}}");
    let script = |lines: &str| file(&text(lines)).config.scripts[0].clone();
    assert_eq!(script("interval 5s").interval.value, Duration::from_secs(5));
    assert_eq!(script("interval 0").interval.value, Duration::from_secs(1));
    assert_eq!(script("interval 0.25").interval.value, Duration::from_millis(250));
    assert_eq!(script("interval -1").interval.value, Duration::from_secs(1));
    assert_eq!(
        script("interval 7").timeout.value,
        Duration::from_secs(7),
        "the interval if not set"
    );
    assert_eq!(script("weight -253 reverse").weight.value.value, -253);
    assert!(script("weight -253 reverse").weight.value.reverse);
    assert_eq!(script("weight 254").weight.value.value, 0);
    assert_eq!(script("rise 0\nfall 3").rise.value, 1);
    assert_eq!(script("rise 0\nfall 3").fall.value, 3);
}
