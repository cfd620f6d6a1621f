//! `auth_hmac` of a file as settings of the core. Numbers by hand from the draft and keepalived's manual.

use keepalived_conf::{MemoryFiles, parse};
use vrrp_core::{AntiReplay, AuthHmac, Authentication, HmacKey, HmacMode};
use vrrp_plan::{Allowed, Host, Lowered, difference, losses, lower};

/// 32 octets, 0 to 31.
const HEX: &str = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const TEXT: &str = "correct-horse-battery-staple-and-more";

fn lowered(inside: &str) -> Lowered {
    let text = format!(
        "vrrp_instance VI_1 {{\n interface eth1\n virtual_router_id 55\n virtual_ipaddress {{\n  192.168.190.23/24\n }}\n{inside}\n}}\n"
    );
    let files = MemoryFiles::new([("k.conf", text.as_str()), ("/etc/vrrp.key", TEXT)]);
    let parsed = parse(&files, "k.conf");
    lower(
        &parsed.config,
        &parsed.sources,
        &Allowed::default(),
        &Host::default(),
    )
}

fn block(lines: &str) -> Lowered {
    lowered(&format!("auth_hmac {{\n{lines}\n}}"))
}

fn only(lowered: &Lowered) -> &AuthHmac {
    assert_eq!(lowered.not_started, []);
    let settings = &lowered.plan.instances[0].service.settings;
    settings.auth_hmac.as_ref().unwrap()
}

#[test]
fn hm_11_obeys_a_signed_instance_is_the_core_s() {
    let hmac = block(&format!("key 1 {HEX}\nactive_key 1"));
    let octets: Vec<u8> = (0..32).collect();
    assert_eq!(
        *only(&hmac),
        AuthHmac {
            keys: vec![HmacKey::new(1, &octets).unwrap()],
            active_key: 1,
            mode: HmacMode::Enforce,
            anti_replay: AntiReplay::Time,
            window_seconds: None,
        }
    );
    let settings = &hmac.plan.instances[0].service.settings;
    // Three intervals of 1 s are less than the 5 s that there are at least.
    assert_eq!(only(&hmac).window_seconds_at(settings.interval), 5);
    assert_eq!(lowered("").plan.instances[0].service.settings.auth_hmac, None);
}

#[test]
fn every_word_arrives() {
    let hmac = block(&format!(
        "key 1 {HEX}\nkey 9 file:/etc/vrrp.key\nactive_key 9\nmode receive-only\nanti_replay monotonic\ntime_window 300"
    ));
    let octets: Vec<u8> = (0..32).collect();
    let keys = [(1, &octets[..]), (9, TEXT.as_bytes())].map(|(id, octets)| HmacKey::new(id, octets).unwrap());
    assert_eq!(
        *only(&hmac),
        AuthHmac {
            keys: keys.to_vec(),
            active_key: 9,
            mode: HmacMode::ReceiveOnly,
            anti_replay: AntiReplay::Monotonic,
            window_seconds: Some(300),
        }
    );
    let permissive = block(&format!("key 1 {HEX}\nactive_key 1\nmode permissive"));
    assert_eq!(only(&permissive).mode, HmacMode::Permissive);
}

#[test]
fn strict_mode_enforces() {
    let hmac = lowered(&format!(
        "strict_mode\npriority 255\nauth_hmac {{\nkey 1 {HEX}\nactive_key 1\nmode permissive\n}}"
    ));
    assert_eq!(only(&hmac).mode, HmacMode::Enforce);
}

#[test]
fn hm_11_refuses_to_start_without_the_active_key() {
    for lines in [
        format!("key 1 {HEX}"),
        format!("key 1 {HEX}\nactive_key 2"),
        "key 1 short\nactive_key 1".into(),
    ] {
        let lowered = block(&lines);
        assert!(lowered.plan.instances.is_empty(), "{lines}");
    }
}

#[test]
fn the_old_password_gives_way() {
    let hmac = lowered(&format!(
        "authentication {{\nauth_type PASS\nauth_pass 123456\n}}\nauth_hmac {{\nkey 1 {HEX}\nactive_key 1\n}}"
    ));
    assert_eq!(only(&hmac).active_key, 1);
    let settings = &hmac.plan.instances[0].service.settings;
    assert_eq!(settings.authentication, Authentication::None);
}

/// A reload that brings another key is a change of the instance, and loses nothing.
#[test]
fn another_key_is_a_change_and_no_loss() {
    let plan = |key: &str| block(&format!("key 1 {key}\nactive_key 1")).plan;
    let (old, new) = (plan(HEX), plan(TEXT));
    assert_eq!(difference(&old, &new).changed, ["VI_1"]);
    assert!(difference(&old, &plan(HEX)).is_empty());
    assert_eq!(losses(&old, &new), []);
}

/// HM-13.
#[test]
fn hm_13_a_plan_shows_no_key() {
    let plan = format!("{:?}", block(&format!("key 1 {TEXT}\nactive_key 1")).plan);
    assert!(
        !plan.contains("horse") && !plan.contains("104, 111, 114, 115, 101"),
        "{plan}"
    );
}
