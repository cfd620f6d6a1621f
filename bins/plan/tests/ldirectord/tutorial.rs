//! The file of the tutorial, as it is in examples/ and as a web page gives it.

use std::sync::Arc;
use std::time::Duration;

use keepalived_conf::HttpVersion;
use vrrp_core::Weight;
use vrrp_ipvs::{Destination, DestinationKey, Forwarding, Name, Service, ServiceKey};
use vrrp_plan::balance::{
    AtStop, Balance, Follows, Look, Place, RealServer, ServerCheck, Sorry, VirtualServer,
};
use vrrp_plan::ldirectord::{Settings, lower};
use vrrp_plan::{Asks, Http, Page, Question};

use super::{lowered, read};

const FILE: &str = include_str!("../../../../examples/ldirectord.cf");

fn destination(at: &str) -> Destination {
    let at: std::net::SocketAddr = at.parse().expect("an address");
    Destination::new(DestinationKey::from(at), Forwarding::Direct, 1)
}

fn real(at: &str) -> RealServer {
    RealServer {
        name: at.to_owned(),
        place: Place::default(),
        destination: destination(at),
        inhibit: false,
        follows: vec![Follows {
            check: format!("http {at} /index.html"),
            weight: Weight::Gate { reverse: false },
            alpha: false,
        }],
        notify_up: None,
        notify_down: None,
        mail: false,
    }
}

fn check(ip: [u8; 4], interval: u64, timeout: u64) -> ServerCheck {
    let [a, b, c, d] = ip;
    let page = Page {
        path: "/index.html".to_owned(),
        host: Some(format!("{a}.{b}.{c}.{d}")),
        head: false,
        redirects_max: 7,
        statuses: vec![(200, 299)],
        digest: None,
        pattern: None,
    };
    let question = Question {
        word: "http",
        ip: ip.into(),
        port: 80,
        source: None,
        source_port: 0,
        interface: None,
        mark: 0,
        connect_timeout: Duration::from_secs(timeout),
        asks: Asks::Http(Http {
            tls: false,
            verify: true,
            server_name: None,
            authorities: None,
            client: None,
            contents: None,
            version: HttpVersion::V1_1,
            pages: vec![page],
        }),
    };
    ServerCheck {
        name: format!("http {a}.{b}.{c}.{d}:80 /index.html"),
        place: Place::default(),
        look: Look::Ask(Box::new(question)),
        interval: Duration::from_secs(interval),
        timeout: Duration::from_secs(timeout),
        retries: 0,
        retry_after: Duration::from_secs(interval),
        warmup: Duration::ZERO,
        log_all_failures: false,
    }
}

/// By hand from the file: with this interval, and this limit of a check.
fn wanted(interval: u64, timeout: u64) -> Balance {
    let service = "172.25.44.144:80"
        .parse()
        .map(ServiceKey::tcp)
        .expect("an address");
    let scheduler = Name::new("rr").expect("a name");
    Balance {
        servers: vec![Arc::new(VirtualServer {
            name: "TCP 172.25.44.144:80".to_owned(),
            place: Place::default(),
            group: None,
            services: vec![Service::new(service, scheduler)],
            servers: vec![real("172.25.44.44:80"), real("172.25.44.55:80")],
            sorry: Some(Sorry {
                name: "127.0.0.1:80".to_owned(),
                place: Place::default(),
                destination: destination("127.0.0.1:80"),
                inhibit: false,
            }),
            quorum: 1,
            hysteresis: 0,
            quorum_up: None,
            quorum_down: None,
            fallback_command: None,
            omega: false,
            ha_suspend: false,
            mail: false,
            begins_as_found: true,
            tells_first: false,
        })],
        checks: Arc::new(vec![
            check([172, 25, 44, 44], interval, timeout),
            check([172, 25, 44, 55], interval, timeout),
        ]),
        timeouts: None,
        sync: None,
        flush_at_start: false,
        at_stop: AtStop::TakeOut,
    }
}

#[test]
fn the_tutorial_is_two_servers_a_page_and_the_director_itself() {
    let lowered = lowered(FILE);
    assert_eq!(lowered.balance, wanted(1, 3));
    assert!(lowered.duties.auto_reload);
    assert_eq!(lowered.duties.callback, None);
    assert_eq!(lowered.balance.servers[0].place.0, "l.cf:8");
    assert_eq!(lowered.balance.servers[0].servers[1].place.0, "l.cf:10");
}

/// The tutorial's own text begins in column nine, has comments behind values and no global directive; a web page makes
/// no-break spaces of its blanks.
#[test]
fn what_a_web_page_gives_is_taken_as_it_was_meant() {
    let below = FILE.split_once("\n\n").expect("sections").1;
    let indented: String = below
        .lines()
        .map(|line| format!("        {}  ## text\n", line.trim_start()))
        .collect();
    for text in [indented.clone(), indented.replace(' ', "\u{a0}")] {
        let parsed = read(&text);
        let codes: Vec<&str> = parsed.diagnostics.iter().map(|found| found.code).collect();
        assert!(codes.contains(&"indented-virtual"), "{codes:?}");
        assert_eq!(
            codes.contains(&"no-break-space"),
            text.contains('\u{a0}'),
            "{codes:?}"
        );
        let lowered = lower(&parsed.config, &parsed.sources, Settings::default());
        assert_eq!(lowered.balance, wanted(10, 30), "{text}");
    }
}
