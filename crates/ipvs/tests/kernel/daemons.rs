//! Synchronisation daemons and timeouts.

use crate::ipvsadm::ipvsadm;
use crate::{empty, name, reason};
use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16};
use std::process::Command;
use vrrp_ipvs::{Reason, SyncDaemon, SyncRole, Timeouts};

#[test]
#[ignore = "under_a_kernel runs it"]
fn daemons_start_are_seen_and_stop() {
    let mut client = empty();
    // In a new namespace it is down, and a multicast needs a route.
    for words in ["link set lo up", "route replace 224.0.0.0/4 dev lo"] {
        assert!(
            Command::new("ip")
                .args(words.split(' '))
                .status()
                .unwrap()
                .success(),
            "{words}"
        );
    }
    let master = SyncDaemon::new(SyncRole::Master, name("lo"), 5);
    let backup = SyncDaemon {
        datagram_octets: NonZeroU16::new(1400),
        group: Some(IpAddr::from([224, 0, 0, 99])),
        port: NonZeroU16::new(9000),
        ttl: NonZeroU8::new(3),
        ..SyncDaemon::new(SyncRole::Backup, name("lo"), 6)
    };
    client.start_daemon(&master).unwrap();
    client.start_daemon(&backup).unwrap();
    assert_eq!(reason(client.start_daemon(&master)), Reason::DaemonRuns);
    let shown = ipvsadm(&["-l", "--daemon"]);
    assert!(
        shown.contains("master sync daemon (mcast=lo, syncid=5,"),
        "{shown}"
    );
    assert!(
        shown.contains(
            "backup sync daemon (mcast=lo, syncid=6, maxlen=1400, group=224.0.0.99, port=9000, ttl=3)"
        ),
        "{shown}"
    );
    let found = client.daemons().unwrap();
    // What was left to the kernel it fills in.
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].role, found[0].sync_id, &found[0].interface),
        (SyncRole::Master, 5, &name("lo"))
    );
    assert_eq!(
        (found[0].group, found[0].port),
        (Some(IpAddr::from([224, 0, 0, 81])), NonZeroU16::new(8848))
    );
    assert_eq!(found[1], backup);
    client.stop_daemon(SyncRole::Master).unwrap();
    assert_eq!(client.daemons().unwrap(), [backup]);
    client.stop_daemon(SyncRole::Backup).unwrap();
    assert_eq!(client.daemons().unwrap(), []);
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn timeouts_are_set_and_seen() {
    let mut client = empty();
    let before = client.timeouts().unwrap();
    let asked = Timeouts {
        tcp_seconds: 100,
        tcp_fin_seconds: 0,
        udp_seconds: 30,
    };
    client.set_timeouts(&asked).unwrap();
    let wanted = Timeouts {
        tcp_fin_seconds: before.tcp_fin_seconds,
        ..asked
    };
    assert_eq!(client.timeouts().unwrap(), wanted);
    let shown = ipvsadm(&["-l", "--timeout"]);
    assert_eq!(
        shown.trim(),
        format!("Timeout (tcp tcpfin udp): 100 {} 30", before.tcp_fin_seconds)
    );
    client.set_timeouts(&before).unwrap();
    let info = client.info().unwrap();
    let shown = ipvsadm(&["-l", "-n"]);
    let head = format!(
        "IP Virtual Server version {} (size={})",
        info.version, info.connection_buckets
    );
    assert_eq!(shown.lines().next(), Some(head.as_str()));
}
