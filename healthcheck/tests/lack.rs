//! Alone in its process: what it has no descriptor for is no verdict on a service, and is one on itself.

#![cfg(all(feature = "script", feature = "watch"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::net::TcpListener;
use std::time::Duration;

use healthcheck::{
    ConnectProbe, Endpoint, Probe, ScriptProbe, ScriptSpec, Transport, Verdict, look_from_here,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const LONG: Duration = Duration::from_secs(20);

fn limit(current: u64) {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = Some(current);
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
}

#[tokio::test]
async fn without_a_descriptor_nothing_is_learned_of_a_service() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let way = Endpoint::new("127.0.0.1", port);
    let by_name = Endpoint::new("localhost", port);
    let probes: [Box<dyn Probe>; 4] = [
        Box::new(ConnectProbe::by_way_of(way.clone(), Transport::Tcp, LONG)),
        Box::new(ConnectProbe::by_way_of(way, Transport::Udp, LONG)),
        Box::new(ConnectProbe::by_way_of(by_name, Transport::Tcp, LONG)),
        Box::new(ScriptProbe::new(ScriptSpec::new(["/bin/true"], LONG).unwrap())),
    ];
    for probe in &probes {
        let outcome = look_from_here(probe).await;
        assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    }
    let before = getrlimit(Resource::Nofile).current.unwrap();
    limit(0);
    let mut outcomes = Vec::new();
    for probe in &probes {
        outcomes.push((look_from_here(probe).await, probe.probe().await));
    }
    limit(before);
    for ((from_here, of_itself), probe) in outcomes.into_iter().zip(&probes) {
        let name = probe.name();
        assert_eq!(from_here.verdict, Verdict::Unable, "{name}: {from_here:?}");
        assert_eq!(of_itself.verdict, Verdict::Fail, "{name}: {of_itself:?}");
    }
    drop(listener);
    let refused = look_from_here(&probes[0]).await;
    assert_eq!(refused.verdict, Verdict::Fail, "{refused:?}");
}
