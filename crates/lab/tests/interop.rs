//! Different implementations as one virtual router: whoever is better is Active, whoever fails is replaced.

use std::time::Duration;
use vrrp_conformance::proves;
use vrrp_lab::conf::{Config, Instance};
use vrrp_lab::daemon::Daemon;
use vrrp_lab::echo::Echo;
use vrrp_lab::frr::{Frr, Router};
use vrrp_lab::pair::{ADDRESS, Options, Pair, VRID};
use vrrp_lab::probe::{INTERVAL, Probe};
use vrrp_lab::scenario::Scenario;
use vrrp_lab::skip::skip;
use vrrp_lab::topology::Lab;
use vrrp_lab::watch::Watch;
use vrrp_lab::{LabError, Stamp, private};

type Outcome = Result<(), LabError>;

const PATIENCE: Duration = Duration::from_secs(20);

/// Run inside, unless one of the programs is missing.
fn inside(name: &str, needed: &[Result<(), LabError>], body: impl FnOnce() -> Outcome) {
    match needed.iter().find_map(|program| program.as_ref().err()) {
        Some(missing) => skip(name, &missing.to_string()),
        None => private::test(name, body),
    }
}

fn has(daemon: Daemon) -> Result<(), LabError> {
    daemon.program().map(drop)
}

/// Every event in a pair of two implementations; version 2 with a password where there is one.
fn mixed(daemons: [Daemon; 2], version: u8) -> Outcome {
    let mut options = Options::new(daemons[0], if version == 2 { 1000 } else { 100 });
    options.daemons = daemons;
    options.version = version;
    let mut pair = Pair::new(&options)?;
    for member in [&mut pair.better, &mut pair.other] {
        for instance in &mut member.config.instances {
            instance.password = (version == 2).then(|| "secret".to_owned());
        }
    }
    pair.settle()?;
    for scenario in [Scenario::PowerCut, Scenario::PlannedStop] {
        let measured = scenario.run(&mut pair)?;
        println!(
            "{daemons:?} version {version} {}: outage {:.1} ms",
            scenario.name(),
            measured.outage_ms
        );
        if let Some(excess_ms) = measured.advert_excess_ms {
            assert!(excess_ms > -1.0, "taken over {excess_ms} ms early: {measured:?}");
        }
    }
    let since = Stamp::now();
    std::thread::sleep(options.interval() * 5);
    let strangers = pair.watch.adverts(&pair.other.node, VRID, since);
    assert!(strangers.is_empty(), "two Actives: {strangers:?}");
    Ok(())
}

macro_rules! mixed_pairs {
    ($($name:ident: $better:ident, $other:ident, $version:expr, $($id:literal)+;)*) => { $(
        #[test]
        fn $name() {
            let daemons = [Daemon::$better, Daemon::$other];
            inside(stringify!($name), &daemons.map(has), || {
                mixed(daemons, $version)?;
                proves!($($id,)+ Obeys);
                Ok(())
            });
        }
    )* };
}

mixed_pairs! {
    keepalived_over_vrrpd_version_2: Keepalived, Vrrpd, 2, "V2-7.1-07" "A-5.3.6.2-01";
    keepalived_over_vrrpd_version_3: Keepalived, Vrrpd, 3, "PRJ-CK-01" "DEV-01";
    vrrpd_over_keepalived_version_2: Vrrpd, Keepalived, 2, "V2-7.1-07" "A-5.3.6.2-01";
    vrrpd_over_keepalived_version_3: Vrrpd, Keepalived, 3, "PRJ-CK-01" "DEV-01";
}

/// FRR as the better router, then gone, then back; and the same the other way round.
fn beside_frr(daemon: Daemon, frr_priority: u8) -> Outcome {
    let lab = Lab::new()?;
    let lan = lab.switch("lan")?;
    let own = lab.connect(&lab.node("lb01")?, &lan, "eth1", &["192.0.2.1/24"])?;
    let frr = lab.connect(&lab.node("frr")?, &lan, "eth1", &["192.0.2.2/24"])?;
    let client = lab.connect(&lab.node("client")?, &lan, "eth0", &["192.0.2.10/24"])?;
    let watch = Watch::start(&client)?;
    let _echo = Echo::start(own.node())?;
    let text = Config::of(Instance::new("eth1", VRID, 150, 100, &format!("{ADDRESS}/24"))).text();
    let router = Router {
        version: 3,
        vrid: VRID,
        priority: frr_priority,
        interval_ms: 100,
        address: ADDRESS,
    };
    let mut running = Some(daemon.start(own.node(), &text, false)?);
    let mut peer = Frr::start(&frr, &router)?;
    let probe = Probe::start(client.node(), ADDRESS.parse().expect("an address"), INTERVAL)?;
    if frr_priority > 150 {
        probe.wait_for(frr.node(), PATIENCE)?;
        frr.close()?;
        peer.kill()?;
        probe.wait_for(own.node(), PATIENCE)?;
    } else {
        probe.wait_for(own.node(), PATIENCE)?;
        own.close()?;
        if let Some(running) = &mut running {
            running.process.kill_hard()?;
        }
        probe.wait_for(frr.node(), PATIENCE)?;
        let plain = format!("{ADDRESS}/24");
        if own.node().holds(ADDRESS)? {
            own.node().ip(&["address", "del", &plain, "dev", "eth1"])?;
        }
        own.open()?;
        running = Some(daemon.start(own.node(), &text, false)?);
        probe.wait_for(own.node(), PATIENCE)?;
    }
    let since = Stamp::now();
    std::thread::sleep(Duration::from_secs(1));
    // Both send from the addresses of their own cards, FRR from its virtual hardware address.
    let sources: std::collections::BTreeSet<_> = watch
        .since(since)
        .into_iter()
        .filter_map(|s| match s.seen {
            vrrp_lab::frame::Seen::Advert { source, .. } => Some(source),
            _ => None,
        })
        .collect();
    assert_eq!(sources.len(), 1, "two Actives: {sources:?}");
    drop(running);
    Ok(())
}

macro_rules! with_frr {
    ($($name:ident: $daemon:ident, $priority:expr, $($id:literal)+;)*) => { $(
        #[test]
        fn $name() {
            let needed = [has(Daemon::$daemon), Frr::present()];
            inside(stringify!($name), &needed, || {
                beside_frr(Daemon::$daemon, $priority)?;
                proves!($($id,)+ Obeys);
                Ok(())
            });
        }
    )* };
}

with_frr! {
    vrrpd_takes_over_from_frr: Vrrpd, 200, "PRJ-CK-01" "DEV-01";
    frr_takes_over_from_vrrpd_and_yields: Vrrpd, 100, "PRJ-CK-01" "DEV-01";
}

/// Proves the lab, and no requirement of ours.
#[test]
fn keepalived_takes_over_from_frr() {
    let needed = [has(Daemon::Keepalived), Frr::present()];
    inside("keepalived_takes_over_from_frr", &needed, || {
        beside_frr(Daemon::Keepalived, 200)
    });
}
