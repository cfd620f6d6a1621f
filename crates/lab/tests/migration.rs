//! keepalived to vrrpd and back, one node after the other, and a group of three that only vrrpd holds together.

use std::time::Duration;
use vrrp_conformance::proves;
use vrrp_lab::interop::migration::migrate;
use vrrp_lab::interop::{Case, Group, Mode, Speaker};
use vrrp_lab::{LabError, Stamp, private};

fn inside(name: &str, body: fn() -> Result<(), LabError>) {
    for speaker in [Speaker::Vrrpd, Speaker::Keepalived] {
        if let Err(missing) = speaker.present() {
            vrrp_lab::skip::skip(name, &missing.to_string());
            return;
        }
    }
    private::test_beside(name, true, body);
}

fn there_and_back(mode: &str, gently: bool) -> Result<(), LabError> {
    let mode = Mode::named(mode).expect("a mode of the table");
    let steps = migrate(mode, Speaker::Keepalived, Speaker::Vrrpd, gently)?;
    assert_eq!(steps.len(), if gently { 10 } else { 8 });
    for step in &steps {
        println!(
            "  {:<38} outage {:6.1} ms, both hold {:5.1} ms, then {} serves",
            step.what, step.outage_ms, step.two_holders_ms, step.serves
        );
        assert!(step.is_within_bounds(), "{step:?}");
    }
    Ok(())
}

#[test]
fn version_2_with_a_password() {
    inside("version_2_with_a_password", || {
        there_and_back("v2_pass", false)?;
        proves!("PRJ-STOP-01", "PRJ-STOP-02", Obeys);
        Ok(())
    });
}

#[test]
fn version_3() {
    inside("version_3", || {
        there_and_back("v3", false)?;
        proves!("PRJ-STOP-01", "PRJ-STOP-02", Obeys);
        Ok(())
    });
}

/// a priority that falls by reload moves the address without an outage, whoever lets go.
#[test]
fn gently() {
    inside("gently", || {
        there_and_back("v3", true)?;
        proves!("X-20", Obeys);
        Ok(())
    });
}

/// V3-8.4.2-03: a keepalived of version 2 and one of version 3 hear only their own version, and both wait for a vrrpd that
/// sends both. When it stops they are two groups, which nobody can help; when it returns both yield.
#[test]
fn one_that_speaks_both_bridges_version_2_and_version_3() {
    inside("one_that_speaks_both_bridges_version_2_and_version_3", || {
        let two = Mode::named("both_beside_v2").expect("a mode of the table");
        let three = Mode::named("both_beside_v3").expect("a mode of the table");
        let mut group = Group::new(&Case {
            subject: Speaker::Vrrpd,
            peer: Speaker::Keepalived,
            mode: two,
            subject_first: true,
        })?;
        group.start()?;
        let mut third = group.add(3, Speaker::Keepalived, three)?;
        third.start(80)?;
        let probe = group.probe()?;
        group.wait_for_answer(&probe, 0)?;
        let since = Stamp::now();
        // Long enough for either to take over twice.
        std::thread::sleep(two.active_down(1) * 2);
        assert_eq!(group.adverts(1, since).len(), 0, "version 2 took over");
        assert_eq!(
            third.tap.adverts(vrrp_lab::interop::VRID, since).len(),
            0,
            "version 3 took over"
        );
        assert!(!third.holds()? && !group.sides[1].holds()?);
        let outage = probe.finish().longest_silence(since).map(|s| s.length());
        assert!(outage < Some(Duration::from_millis(150)), "{outage:?}");

        group.sides[0].ask_to_stop()?;
        group.sides[0].wait_for_end()?;
        let (left, right) = (&group.sides[1], &third);
        group.wait("both versions with an Active of their own", || {
            left.holds().unwrap_or(false) && right.holds().unwrap_or(false)
        })?;
        group.sides[0].start(150)?;
        group.wait_for_holder(0)?;
        group.wait("the third one to yield", || !third.holds().unwrap_or(true))?;
        let since = Stamp::now();
        group.sole_active(0)?;
        assert_eq!(third.tap.adverts(vrrp_lab::interop::VRID, since).len(), 0);
        proves!("V3-8.4.2-03", Obeys);
        Ok(())
    });
}
