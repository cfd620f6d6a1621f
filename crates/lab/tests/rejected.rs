//! Packets that must be rejected change no timer and no role.

use std::time::Duration;
use vrrp_conformance::proves;
use vrrp_lab::bench::rejected::{attack, pair};
use vrrp_lab::daemon::Daemon;
use vrrp_lab::forge::Fault;
use vrrp_lab::private;
use vrrp_lab::skip::skip;

/// PRJ-RX-09: a rejected packet is counted and otherwise as if it had never come.
#[test]
fn vrrpd_is_not_moved_by_packets_that_it_rejects() {
    let name = "vrrpd_is_not_moved_by_packets_that_it_rejects";
    if let Err(missing) = Daemon::Vrrpd.program() {
        skip(name, &missing.to_string());
        return;
    }
    private::test(name, || {
        let mut pair = pair(Daemon::Vrrpd)?;
        for per_second in [18, 5000] {
            let seen = attack(
                &mut pair,
                Daemon::Vrrpd,
                "all",
                &Fault::ALL,
                per_second,
                Duration::from_secs(6),
            )?;
            assert!(
                seen.sent > u64::from(per_second),
                "the attack did not happen: {seen:?}"
            );
            assert!(seen.adverts >= 5, "advertisements are missing: {seen:?}");
            // The benchmark prints the exact gap; here a busy machine must not fail, and a missing advert must.
            assert!(
                seen.longest_gap_ms < 1500.0,
                "an advertisement came late: {seen:?}"
            );
            assert_eq!(
                (seen.adverts_of_backup, seen.address_changes),
                (0, 0),
                "a role changed: {seen:?}"
            );
            assert!(seen.log_octets < 64 * 1024, "the log is not bounded: {seen:?}");
        }
        proves!("PRJ-RX-09", "PRJ-LOG-01", "SEC-11", Obeys);
        Ok(())
    });
}

/// Proves the attacker: without a fault its packets depose keepalived's Active.
#[test]
fn packets_without_a_fault_are_believed() {
    let name = "packets_without_a_fault_are_believed";
    if let Err(missing) = Daemon::Keepalived.program() {
        skip(name, &missing.to_string());
        return;
    }
    private::test(name, || {
        let mut pair = pair(Daemon::Keepalived)?;
        let seen = attack(
            &mut pair,
            Daemon::Keepalived,
            "good",
            &[Fault::None],
            2,
            Duration::from_secs(3),
        )?;
        assert!(
            seen.address_changes > 0,
            "a believed advertisement of priority 254 deposes nobody: {seen:?}"
        );
        Ok(())
    });
}
