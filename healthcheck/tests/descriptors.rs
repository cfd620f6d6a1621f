//! Alone in its process: no probe leaves a descriptor behind, whether its run ends, is cut off at its timeout, or is
//! dropped.

#![cfg(all(
    feature = "exchange",
    feature = "sql",
    feature = "http2",
    feature = "tls",
    feature = "dns",
    feature = "icmp"
))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use healthcheck::{
    ConnectProbe, DnsProbe, DnsSpec, Endpoint, ExchangeProbe, ExchangeSpec, HttpProbe, HttpSpec, HttpUrl,
    HttpVersion, PingProbe, PingSpec, Probe, Reply, SqlProbe, SqlServer, SqlSpec, TlsProbe, TlsSpec,
    Transport, UdpProbe, UdpSpec,
};
use support::servers::{Does, Server};
use tokio::net::UdpSocket;
use tokio::time::timeout;

const SHORT: Duration = Duration::from_millis(60);

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn probes(tcp: &Endpoint, udp: &Endpoint) -> Vec<Box<dyn Probe>> {
    let tls = TlsSpec::unverified(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let http = |version| {
        HttpSpec::new(tcp.clone(), SHORT)
            .version(version)
            .url(HttpUrl::new("/"))
    };
    let sql = |server| SqlSpec::new(tcp.clone(), SHORT, server, "me", "SELECT 1");
    vec![
        Box::new(SqlProbe::new(sql(SqlServer::Mysql)).unwrap()),
        Box::new(SqlProbe::new(sql(SqlServer::Postgresql).tls(tls.clone())).unwrap()),
        Box::new(ConnectProbe::by_way_of(tcp.clone(), Transport::Tcp, SHORT)),
        Box::new(ExchangeProbe::new(ExchangeSpec::smtp(
            tcp.clone(),
            SHORT,
            "test.example",
        ))),
        Box::new(HttpProbe::new(http(HttpVersion::Http11))),
        Box::new(HttpProbe::new(http(HttpVersion::Http2))),
        Box::new(HttpProbe::new(http(HttpVersion::Http11).tls(tls.clone()))),
        Box::new(TlsProbe::new(tcp.clone(), SHORT, &tls)),
        Box::new(DnsProbe::new(
            DnsSpec::new(udp.clone(), SHORT, "SOA", ".").unwrap(),
        )),
        Box::new(UdpProbe::new(UdpSpec {
            endpoint: udp.clone(),
            timeout: SHORT,
            payload: b"?".to_vec(),
            reply: Reply::Any,
        })),
        Box::new(PingProbe::new(PingSpec {
            interface: Some("lo".to_owned()),
            ..PingSpec::new("192.0.2.1", SHORT)
        })),
    ]
}

#[tokio::test]
async fn no_probe_leaves_a_descriptor_behind() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let udp = Endpoint::new("127.0.0.1", silent.local_addr().unwrap().port());
    for does in [Does::Nothing, Does::Floods(b"X"), Does::Resets] {
        let server = Server::new(does).await;
        let before = descriptors();
        for probe in probes(&server.endpoint(), &udp) {
            for cut_ms in [0, 1, 5, 20, 1000] {
                // At 1000 ms it has ended by itself.
                let _ = timeout(Duration::from_millis(cut_ms), probe.probe()).await;
            }
        }
        support::until("the server has closed its ends", || server.open() == 0).await;
        support::until("nothing is left", || descriptors() <= before).await;
    }
}
