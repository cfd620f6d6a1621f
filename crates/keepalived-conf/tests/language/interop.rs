//! `v2_interop`, which is ours and not of keepalived (RFC 9568 section 8.4).

use keepalived_conf::{Origin, Severity};
use vrrp_conformance::proves;

use super::text::{codes, file, found, only, place, web};

/// V3-8.4.1-01: never without a warning that it is for upgrades only.
#[test]
fn v3_8_4_1_01_obeys_both_versions_are_warned_of() {
    let parsed = web("version 3\nv2_interop");
    assert!(only(&parsed).v2_interop.value);
    let warning = found(&parsed, "v2-interop");
    assert_eq!(warning.severity, Severity::Warning);
    assert_eq!(place(&parsed, "v2-interop"), "8:1");
    assert!(warning.message.contains("upgrade only"), "{}", warning.message);
    for silent in ["version 3", "version 3\nv2_interop off"] {
        let parsed = web(silent);
        assert!(!only(&parsed).v2_interop.value);
        assert!(!codes(&parsed).contains(&"v2-interop"), "{silent}");
    }
    proves!("V3-8.4.1-01", Obeys);
}

/// V3-8.4.2-01: version 3 in IPv4, else an error and one version.
#[test]
fn v3_8_4_2_01_refuses_it_in_version_2_and_in_ipv6() {
    let six = file(
        "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\nfe80::1\n}\nv2_interop\n}",
    );
    for parsed in [web("version 2\nv2_interop"), web("v2_interop"), six] {
        assert_eq!(found(&parsed, "v2-interop").severity, Severity::Error);
        let instance = only(&parsed);
        assert!(!instance.v2_interop.value);
        assert!(matches!(instance.v2_interop.origin, Origin::Implied { .. }));
    }
    proves!("V3-8.4.2-01", Refuses);
}

/// PRJ-IOP-01, V3-8.4.2.1.1-01: `max(1, round down(I / 100))`, and a warning where that is not the interval.
#[test]
fn prj_iop_01_obeys_an_interval_that_version_2_cannot_say_is_warned_of() {
    for (advert_int, says) in [
        ("0.01", Some(1)),
        ("0.5", Some(1)),
        ("1", None),
        ("1.5", Some(1)),
        ("2", None),
        ("2.55", Some(2)),
        ("40.95", Some(40)),
    ] {
        let parsed = web(&format!("version 3\nadvert_int {advert_int}\nv2_interop"));
        let warned = codes(&parsed).contains(&"v2-interop-interval");
        assert_eq!(warned, says.is_some(), "{advert_int}");
        if let Some(seconds) = says {
            let warning = found(&parsed, "v2-interop-interval");
            assert_eq!(warning.severity, Severity::Warning);
            assert!(
                warning.effect.contains(&format!("say {seconds} s;")),
                "{}",
                warning.effect
            );
        }
    }
    proves!("PRJ-IOP-01", Obeys);
}
