//! Whether the address of a virtual server is on this node: for `ha_suspend`.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use nix::ifaddrs::getifaddrs;
use tokio::time::timeout;
use tracing::warn;
use vrrp_ipvs::ServiceKey;
use vrrp_plan::balance::{Balance, VirtualServer};

use crate::node::Node;

/// So late at most it is seen that an address has come or gone which is no virtual router's of this node.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks again and again, for as long as the node is there.
pub(crate) async fn keep(node: Weak<Node>) {
    let mut told = false;
    loop {
        let Some(node) = node.upgrade() else { return };
        look(&node, &mut told);
        let roused = Arc::clone(&node.servers.roused);
        drop(node);
        // An address of a virtual router comes and goes with its role, which is told.
        let _looked_late_enough = timeout(LOOK_EVERY, roused.notified()).await;
    }
}

/// Tells the director, where the file asks for that.
fn look(node: &Node, told: &mut bool) {
    let plan = node.plan();
    match present(&plan.balance) {
        Ok(all) if all.is_empty() => {}
        Ok(all) => node.servers.set_present(&all),
        Err(error) => {
            if !std::mem::replace(told, true) {
                warn!(
                    "ha_suspend: the addresses of this node cannot be read ({error}): checks go on as they are"
                );
            }
        }
    }
}

/// Each virtual server with `ha_suspend`, and whether an address of it is on this node.
pub(super) fn present(balance: &Balance) -> io::Result<Vec<(String, bool)>> {
    let mut suspended = balance.servers.iter().filter(|one| one.ha_suspend).peekable();
    if suspended.peek().is_none() {
        return Ok(Vec::new());
    }
    let here: BTreeSet<IpAddr> = getifaddrs()?.filter_map(|one| ip(&one.address?)).collect();
    Ok(suspended
        .map(|one| (one.name.clone(), is_here(one, &here)))
        .collect())
}

fn ip(address: &nix::sys::socket::SockaddrStorage) -> Option<IpAddr> {
    let four = address.as_sockaddr_in().map(|address| IpAddr::from(address.ip()));
    four.or_else(|| {
        address
            .as_sockaddr_in6()
            .map(|address| IpAddr::from(address.ip()))
    })
}

/// Any of its addresses; one that stands for marks alone has none, and is here.
fn is_here(one: &VirtualServer, here: &BTreeSet<IpAddr>) -> bool {
    let mut addresses = one.services.iter().filter_map(|service| match service.key {
        ServiceKey::Address { address, .. } => Some(address),
        ServiceKey::Mark { .. } => None,
    });
    let Some(first) = addresses.next() else {
        return true;
    };
    here.contains(&first) || addresses.any(|address| here.contains(&address))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample::balance;
    use super::*;

    fn server(head: &str, word: &str) -> String {
        format!(
            "virtual_server {head} {{\nlb_algo rr\nlb_kind DR\nprotocol TCP\n{word}\nreal_server 192.0.2.10 80 {{\n}}\n}}\n"
        )
    }

    #[test]
    fn one_is_here_with_any_of_its_addresses_and_for_marks_always() {
        let mut all = balance(
            &(server("192.0.2.1 80", "ha_suspend") + &server("192.0.2.2 80", "") + &server("fwmark 5", "")),
        )
        .servers;
        let at = |one: &VirtualServer, here: &[[u8; 4]]| {
            let here = here.iter().map(|address| IpAddr::from(*address)).collect();
            is_here(one, &here)
        };
        let second = all[1].services.clone();
        assert!(at(&all[0], &[[192, 0, 2, 1], [192, 0, 2, 9]]));
        assert!(!at(&all[0], &[[192, 0, 2, 2]]));
        assert!(!at(&all[0], &[]));
        Arc::make_mut(&mut all[0]).services.extend(second);
        assert!(at(&all[0], &[[192, 0, 2, 2]]), "the second of two");
        assert!(at(&all[2], &[]));
    }

    #[test]
    fn only_those_with_ha_suspend_are_looked_for() {
        let text = server("127.0.0.1 80", "ha_suspend")
            + &server("192.0.2.1 80", "ha_suspend")
            + &server("192.0.2.2 80", "");
        let found = present(&balance(&text)).unwrap();
        let here = found.iter().map(|(name, is_here)| (name.as_str(), *is_here));
        let here: Vec<_> = here.collect();
        assert_eq!(here, [("TCP 127.0.0.1:80", true), ("TCP 192.0.2.1:80", false)]);
        assert_eq!(present(&balance(&server("192.0.2.2 80", ""))).unwrap(), []);
    }
}
