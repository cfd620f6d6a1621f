//! A reload of a file that says the same is nothing at all, whatever the file says.

use keepalived_conf::{MemoryFiles, Parsed, parse};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use vrrp_plan::{
    Allowed, EverythingPresent, Host, Lowered, difference, faults, judge, losses, lower, restarts,
};

/// One instance: number, priority, version 3, interval in seconds, hosts of its network, lines more.
type Parts = (u8, u8, bool, u8, Vec<u8>, Vec<&'static str>);

fn parts() -> impl Strategy<Value = Parts> {
    let more = vec![
        "nopreempt",
        "state MASTER",
        "garp_master_delay 3",
        "no_accept",
        "track_script {\n chk\n }",
        "track_interface {\n eth1 weight 5\n }",
        "notify /bin/true",
        "dont_track_primary",
        "no_such_word",
        "use_vmac",
        "authentication {\n auth_type PASS\n auth_pass secret\n }",
        "unicast_peer {\n 198.51.100.7\n }",
        "virtual_routes {\n 192.0.2.0/24 dev eth0\n }",
    ];
    let count = more.len();
    (
        0..4_u8,
        any::<u8>(),
        any::<bool>(),
        1..5_u8,
        prop::sample::subsequence((1..9).collect::<Vec<u8>>(), 0..4),
        prop::sample::subsequence(more, 0..count),
    )
}

fn instance(at: usize, (vrid, priority, v3, interval, hosts, more): &Parts) -> String {
    let addresses: String = hosts
        .iter()
        .map(|host| format!("  10.0.{at}.{host}/24\n"))
        .collect();
    let version = if *v3 { 3 } else { 2 };
    format!(
        "vrrp_instance VI_{at} {{\n interface eth0\n virtual_router_id {vrid}\n priority {priority}\n version {version}\n \
         advert_int {interval}\n virtual_ipaddress {{\n{addresses} }}\n {}\n}}\n",
        more.join("\n ")
    )
}

fn file(instances: &[Parts], strict: bool) -> String {
    let strict = if strict { "vrrp_strict" } else { "" };
    let script = "vrrp_script chk {\n script \"/bin/true x\"\n interval 2\n weight 3\n}\n";
    let all: String = instances
        .iter()
        .enumerate()
        .map(|(at, parts)| instance(at, parts))
        .collect();
    format!("global_defs {{\n {strict}\n}}\n{script}{all}")
}

fn read(text: &str) -> (Parsed, Lowered) {
    let parsed = parse(&MemoryFiles::new([("k.conf", text.to_owned())]), "k.conf");
    let lowered = lower(
        &parsed.config,
        &parsed.sources,
        &Allowed::default(),
        &Host::default(),
    );
    (parsed, lowered)
}

fn persistence() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(persistence())]

    /// The second file has other lines and other comments, and the same errors, if any.
    #[test]
    fn a_file_that_says_the_same_asks_for_nothing(
        instances in prop::collection::vec(parts(), 1..5),
        strict in any::<bool>(),
        lines in 0..3_usize,
    ) {
        let text = file(&instances, strict);
        let (parsed, old) = read(&text);
        let (again, new) = read(&format!("{}# the same\n{text}", "\n".repeat(lines)));
        prop_assert!(difference(&old.plan, &new.plan).is_empty());
        prop_assert!(losses(&old.plan, &new.plan).is_empty());
        for (one, other) in old.plan.instances.iter().zip(&new.plan.instances) {
            prop_assert!(restarts(&one.service, &other.service).is_empty());
        }
        if !old.plan.instances.is_empty() {
            let (before, after) = (faults(&parsed, &old), faults(&again, &new));
            let judged = judge("k.conf", (&old.plan, &before), (&new.plan, &after), &EverythingPresent);
            prop_assert_eq!(judged, Ok(()));
        }
    }
}
