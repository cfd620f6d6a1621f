//! Four nodes, version 2 at 1 s: the highest of three Backups succeeds, in its Skew_Time, and the others keep silent.
//! Skew_Time of 150, 120 and 100: 106/256 s, 136/256 s, 156/256 s.

use std::time::Duration;
use vrrp_conformance::proves;
use vrrp_lab::frame::Seen;
use vrrp_lab::interop::{Case, Group, Mode, Side, Speaker, VRID};
use vrrp_lab::{LabError, Stamp, private};

/// 106/256 s.
const SKEW_MS: f64 = 414.062_5;

/// What scheduling may add; the next Backup is 117 ms behind.
const ALLOWANCE_MS: f64 = 100.0;

fn inside(name: &str, body: fn() -> Result<(), LabError>) {
    for speaker in [Speaker::Vrrpd, Speaker::Keepalived] {
        if let Err(missing) = speaker.present() {
            vrrp_lab::skip::skip(name, &missing.to_string());
            return;
        }
    }
    private::test(name, body);
}

/// `lb01` with 200 and three Backups; `lb01` is Active.
fn four(first: Speaker, others: Speaker) -> Result<(Group, [Side; 2]), LabError> {
    let mode = Mode::named("v2").expect("a mode of the table");
    let mut group = Group::new(&Case {
        subject: first,
        peer: others,
        mode,
        subject_first: true,
    })?;
    let mut more = [group.add(3, others, mode)?, group.add(4, others, mode)?];
    group.sides[0].start(200)?;
    group.sides[1].start(150)?;
    more[0].start(120)?;
    more[1].start(100)?;
    group.wait_for_holder(0)?;
    group.sole_active(0)?;
    Ok((group, more))
}

/// After `what`: the time from the first advertisement with `priority` to the successor's first, and the client's outage.
fn succession(
    group: &mut Group,
    more: &[Side; 2],
    priority: u8,
    what: fn(&mut Side) -> Result<(), LabError>,
) -> Result<(), LabError> {
    let probe = group.probe()?;
    group.wait_for_answer(&probe, 0)?;
    let since = Stamp::now();
    what(&mut group.sides[0])?;
    group.wait_for_answer(&probe, 1)?;
    group.sole_active(1)?;
    std::thread::sleep(Duration::from_millis(500));
    let of =
        |wanted: u8| move |seen: &Seen| matches!(seen, Seen::Advert { priority, .. } if *priority == wanted);
    let told = group
        .adverts(0, since)
        .into_iter()
        .find(|s| of(priority)(&s.seen));
    let told = told.expect("the change was advertised");
    let first = group.adverts(1, since).into_iter().next().expect("a successor");
    let after_ms = first.at.ms_since(told.at);
    let replies = probe.finish();
    let stall_ms = replies.own_stall.as_secs_f64() * 1e3;
    let outage_ms = replies
        .longest_silence(since)
        .map_or(f64::INFINITY, |s| s.length().as_secs_f64() * 1e3);
    println!("  successor after {after_ms:.1} ms, outage {outage_ms:.1} ms");
    assert!(
        (SKEW_MS - 5.0..SKEW_MS + ALLOWANCE_MS).contains(&after_ms),
        "{after_ms} ms"
    );
    assert!(outage_ms < ALLOWANCE_MS + 2.0 * stall_ms, "{outage_ms} ms");
    for side in more {
        let said = side.tap.adverts(VRID, since);
        assert!(
            said.is_empty(),
            "{} on {}: {said:?}",
            side.speaker.name(),
            side.node().name()
        );
        assert!(!side.holds()?);
    }
    Ok(())
}

/// X-20 beside keepalived: its priority falls by reload, and the best of three vrrpd is Active one Skew_Time later.
#[test]
fn the_priority_of_keepalived_falls_before_three_vrrpd() {
    inside("the_priority_of_keepalived_falls_before_three_vrrpd", || {
        let (mut group, more) = four(Speaker::Keepalived, Speaker::Vrrpd)?;
        succession(&mut group, &more, 50, |active| active.set_priority(50))?;
        proves!("X-20", Obeys);
        Ok(())
    });
}

/// PRJ-STOP beside keepalived: the addresses of vrrpd answer until the best of three keepalived does.
#[test]
fn vrrpd_stops_before_three_keepalived() {
    inside("vrrpd_stops_before_three_keepalived", || {
        let (mut group, more) = four(Speaker::Vrrpd, Speaker::Keepalived)?;
        succession(&mut group, &more, 0, Side::ask_to_stop)?;
        group.sides[0].wait_for_end()?;
        assert_eq!(group.sides[0].left_behind()?, None);
        proves!("PRJ-STOP-01", "PRJ-STOP-02", Obeys);
        Ok(())
    });
}

/// The same among ourselves.
#[test]
fn vrrpd_stops_before_three_vrrpd() {
    inside("vrrpd_stops_before_three_vrrpd", || {
        let (mut group, more) = four(Speaker::Vrrpd, Speaker::Vrrpd)?;
        succession(&mut group, &more, 0, Side::ask_to_stop)?;
        proves!("PRJ-STOP-01", "PRJ-STOP-02", Obeys);
        Ok(())
    });
}
