//! The table of which keepalived's release notes speak; the times are said, for docs/measured.md.

use std::time::{Duration, Instant};

use vrrp_plan::balance::{Balance, VirtualServer};

use crate::balances::{balance, check, key, server, virtual_server};
use crate::{are, begin, empty, weights};

const REAL_SERVERS: u32 = 37_205;
const VIRTUAL_SERVERS: u32 = 1_000;

fn of(changed: u32) -> Balance {
    let virtual_servers = (0..VIRTUAL_SERVERS).map(|number| {
        let servers = (0..REAL_SERVERS)
            .filter(|server| server % VIRTUAL_SERVERS == number)
            .map(|index| {
                let address = std::net::Ipv4Addr::from(0x0a01_0000 + index);
                let mut server = server(&format!("{address}:80"), if index < changed { 2 } else { 1 });
                server.follows.clear();
                server
            });
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + number);
        virtual_server(&format!("{address}:80"), servers.collect::<Vec<_>>())
    });
    let servers: Vec<VirtualServer> = virtual_servers.collect();
    Balance {
        checks: vec![check("set", vrrp_plan::balance::Look::Always(true))].into(),
        ..balance(servers)
    }
}

#[tokio::test]
#[ignore = "under_a_kernel runs it"]
async fn an_unchanged_reload_of_37205_is_no_command_and_a_changed_one_is_quick() {
    let mut client = empty();
    let (all, again, other) = (of(0), of(0), of(1_000));
    let began = Instant::now();
    let (handle, _) = begin(all);
    handle.settled().await;
    let made = began.elapsed();
    let commands = |handle: &vrrp_director::Handle| handle.snapshot().kernel.commands;
    let before = commands(&handle);
    assert_eq!(before, u64::from(REAL_SERVERS + VIRTUAL_SERVERS));
    let began = Instant::now();
    handle.reload(again).unwrap();
    handle.settled().await;
    let unchanged = began.elapsed();
    assert_eq!(commands(&handle), before);
    let began = Instant::now();
    handle.reload(other).unwrap();
    handle.settled().await;
    let changed = began.elapsed();
    assert_eq!(commands(&handle), before + 1_000);
    assert_eq!(
        weights(&mut client, &key("10.0.0.7:80"))[0],
        are(&[("10.1.0.7:80", 2)])[0]
    );
    let began = Instant::now();
    handle.read();
    handle.settled().await;
    let read = began.elapsed();
    let began = Instant::now();
    let counters = handle.counters().await.unwrap();
    let counted = began.elapsed();
    assert_eq!(counters.services.len(), 1_000);
    println!(
        "37205 real servers: made in {made:?}; reload unchanged {unchanged:?}, 1000 changed {changed:?}; read and compared in \
         {read:?}; counters in {counted:?}"
    );
    assert!(changed < Duration::from_secs(30));
    handle.stop().await.unwrap();
    assert!(client.table().unwrap().is_empty());
}
