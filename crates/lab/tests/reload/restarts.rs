//! Each change does what `vrrpctl plan` said before, and nothing else.

use serde_json::Value;
use vrrp_lab::conf::Instance;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::frame::Seen;
use vrrp_lab::tap::Tap;
use vrrp_lab::wait::until;
use vrrp_lab::{LabError, Stamp};

use crate::bench::{Bench, LIMIT, Outcome, file, inside, instance, ip, priority};

#[test]
fn each_change_of_an_active_router_does_what_the_plan_says() {
    inside(
        "restarts::each_change_of_an_active_router_does_what_the_plan_says",
        active,
    );
}

/// What the plan promises of the one instance.
struct Promise {
    what: String,
    because: Vec<String>,
    interrupts: bool,
}

fn promise(bench: &Bench, old: &str, new: &str) -> Result<Promise, LabError> {
    let plan = bench.plan(old, new)?.expect("it would be carried out");
    let one = &plan["instances"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    Ok(Promise {
        what: text(&one["what"]),
        because: list(&one["because"]).iter().map(text).collect(),
        interrupts: !list(&one["interrupts"]).is_empty(),
    })
}

/// Reloads, and holds what is seen against what was promised: by the kernel and by the goodbye on the wire.
fn kept(
    bench: &Bench,
    old: &Instance,
    new: &Instance,
    what: &str,
    because: &[&str],
) -> Result<Stamp, LabError> {
    let case = format!("{what} {because:?}");
    let (before, after) = (file(std::slice::from_ref(old)), file(std::slice::from_ref(new)));
    let promise = promise(bench, &before, &after)?;
    assert_eq!(
        (promise.what.as_str(), &promise.because[..]),
        (
            what,
            &because.iter().map(ToString::to_string).collect::<Vec<_>>()[..]
        )
    );
    let (from, line) = bench.reload(&after)?;
    assert!(line.contains(" reloaded: "), "{case}: {line}");
    // Not from the signal on: on a busy machine the old file may have spoken twice before it was heard.
    bench.wait_adverts(new.vrid, Stamp::now(), 2)?;
    let held = |one: &Instance| {
        one.addresses
            .iter()
            .map(|text| plain(text).to_owned())
            .collect::<Vec<_>>()
    };
    let (had, has) = (held(old), held(new));
    for address in &has {
        bench.wait_held(address, true)?;
    }
    for address in had.iter().filter(|address| !has.contains(address)) {
        bench.wait_held(address, false)?;
    }
    let restarted = what == "restarted";
    // An owner is Active again before its addresses are taken away.
    let leaves = restarted && !(because == ["priority 255"] && new.priority == 255);
    assert_eq!(bench.goodbyes(old.vrid, from) > 0, restarted, "{case}: a goodbye");
    for address in &had {
        let fate: &[bool] = match (has.contains(address), leaves) {
            (true, false) => &[],
            (true, true) => &[false, true],
            (false, _) => &[false],
        };
        assert_eq!(bench.fate(address, from), fate, "{case}: {address}");
    }
    for address in has.iter().filter(|address| !had.contains(address)) {
        assert_eq!(bench.fate(address, from), [true], "{case}: {address}");
        assert!(
            bench.announced(from).contains(&ip(address)),
            "{case}: {address} is announced"
        );
    }
    let interrupted = had
        .iter()
        .any(|address| bench.fate(address, from).contains(&false));
    assert_eq!(
        promise.interrupts, interrupted,
        "{case}: what the plan calls an interruption is one"
    );
    Ok(from)
}

fn plain(address: &str) -> &str {
    address.split(['/', ' ']).next().unwrap_or(address)
}

/// The last advertisement: version, priority and interval in milliseconds.
fn last(bench: &Bench, vrid: u8) -> (u8, u8, u128) {
    match bench.adverts(vrid, Stamp(0)).last().map(|one| one.seen) {
        Some(Seen::Advert {
            version,
            priority,
            interval,
            ..
        }) => (version, priority, interval.as_millis()),
        other => panic!("{other:?}"),
    }
}

fn active() -> Outcome {
    let with = |one: &Instance, change: &dyn Fn(&mut Instance)| {
        let mut other = one.clone();
        change(&mut other);
        other
    };
    let one = instance(51, 150, &["192.0.2.51/24", "192.0.2.60/24"]);
    let bench = Bench::active(&file(std::slice::from_ref(&one)), &[51])?;
    bench.wait_held("192.0.2.60", true)?;
    bench.wait_adverts(51, Stamp::now(), 2)?;

    let better = with(&one, &|one| one.priority = 200);
    let from = kept(&bench, &one, &better, "changed", &[])?;
    assert!(
        bench.announced(from).is_empty(),
        "the addresses are where they were"
    );
    assert_eq!(last(&bench, 51).1, 200);
    let worse = with(&better, &|one| one.priority = 90);
    let from = kept(&bench, &better, &worse, "changed", &[])?;
    assert!(bench.announced(from).is_empty());
    assert_eq!(last(&bench, 51).1, 90);

    let slower = with(&worse, &|one| one.interval_ms = 200);
    kept(&bench, &worse, &slower, "changed", &[])?;
    assert_eq!(last(&bench, 51).2, 200);
    let other_list = with(&slower, &|one| {
        one.addresses = vec!["192.0.2.51/24".to_owned(), "192.0.2.61/24".to_owned()];
    });
    // An address that nobody has any more is an interruption of its clients, and the plan says so.
    kept(&bench, &slower, &other_list, "changed", &[])?;

    let other_vrid = with(&other_list, &|one| one.vrid = 77);
    let from = kept(
        &bench,
        &other_list,
        &other_vrid,
        "restarted",
        &["virtual_router_id"],
    )?;
    let after = bench.adverts(51, from);
    assert!(
        after.iter().all(|sighting| priority(sighting) == 0),
        "goodbyes only: {after:?}"
    );
    let elsewhere = with(&other_vrid, &|one| one.interface = "eth2".to_owned());
    kept(&bench, &other_vrid, &elsewhere, "restarted", &["interface"])?;
    assert!(bench.other_tap.adverts(77, Stamp(0)).len() > 1);
    let owner = with(&elsewhere, &|one| one.priority = 255);
    kept(&bench, &elsewhere, &owner, "restarted", &["priority 255"])?;
    kept(&bench, &owner, &elsewhere, "restarted", &["priority 255"])?;

    // Whole seconds in version 2.
    let version_2 = with(&elsewhere, &|one| (one.version, one.interval_ms) = (2, 1000));
    kept(&bench, &elsewhere, &version_2, "restarted", &["version"])?;
    assert_eq!(last(&bench, 77), (2, 90, 1000));
    let password = |text: &str| with(&version_2, &|one| one.password = Some(text.to_owned()));
    kept(&bench, &version_2, &password("secret1"), "changed", &[])?;
    kept(&bench, &password("secret1"), &password("secret2"), "changed", &[])?;
    let octets = |text: &[u8]| {
        let frames = bench.other_tap.frames(Stamp(0));
        let frame = frames
            .iter()
            .rev()
            .find(|frame| frame.octets.get(23) == Some(&112));
        frame.is_some_and(|frame| frame.octets.windows(text.len()).any(|part| part == text))
    };
    assert!(
        octets(b"secret2\0") && !octets(b"secret1\0"),
        "the new password is on the wire"
    );
    Ok(())
}

#[test]
fn a_backup_takes_another_priority_in_silence_and_a_better_one_takes_over() {
    inside(
        "restarts::a_backup_takes_another_priority_in_silence_and_a_better_one_takes_over",
        backup,
    );
}

fn backup() -> Outcome {
    let own = |priority| instance(51, priority, &["192.0.2.51/24"]);
    let bench = Bench::start(&file(&[own(100)]))?;
    let peer = bench.lab.node("lb02")?;
    let cable = bench
        .lab
        .connect(&peer, &bench.switch, "eth1", &["192.0.2.2/24"])?;
    let tap = Tap::start(&cable)?;
    let peer_daemon = Daemon::Vrrpd.start(&peer, &file(&[own(150)]), false)?;
    let peer_speaks = |from: Stamp| {
        let spoken = || (tap.adverts(51, from).len() >= 3).then_some(());
        until("three advertisements of the peer", LIMIT, spoken)
    };
    peer_speaks(Stamp::now())?;
    bench.wait_held("192.0.2.51", false)?;
    let mut old = own(100);
    // Up and down, still a Backup: nothing is sent, nothing is held.
    for priority in [120, 90] {
        let new = own(priority);
        let promise = promise(&bench, &file(&[old]), &file(std::slice::from_ref(&new)))?;
        assert_eq!((promise.what.as_str(), promise.interrupts), ("changed", false));
        let (from, _) = bench.reload(&file(std::slice::from_ref(&new)))?;
        peer_speaks(Stamp::now())?;
        assert!(bench.adverts(51, from).is_empty());
        assert_eq!(bench.holders.count(from, None), 0);
        old = new;
    }
    // Better than the Active: it takes over, and the peer yields without a goodbye.
    let new = own(200);
    let promise = promise(&bench, &file(&[old]), &file(std::slice::from_ref(&new)))?;
    assert_eq!((promise.what.as_str(), promise.interrupts), ("changed", false));
    let (from, _) = bench.reload(&file(std::slice::from_ref(&new)))?;
    bench.wait_adverts(51, from, 3)?;
    bench.wait_held("192.0.2.51", true)?;
    let gone = || (!peer.holds("192.0.2.51").ok()?).then_some(());
    until("the peer lets go", LIMIT, gone)?;
    assert!(tap.adverts(51, from).iter().all(|one| priority(one) != 0));
    // And down again, as the Active: the peer takes over, and this node says no goodbye either.
    let (from, _) = bench.reload(&file(&[own(60)]))?;
    let back = || peer.holds("192.0.2.51").ok()?.then_some(());
    until("the peer holds it again", LIMIT, back)?;
    bench.wait_held("192.0.2.51", false)?;
    assert_eq!(bench.goodbyes(51, from), 0);
    drop(peer_daemon);
    Ok(())
}
