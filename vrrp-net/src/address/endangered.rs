//! Which addresses may go with others: Linux removes with a primary IPv4 address the secondary ones of its subnet. Pure.

use std::collections::{BTreeSet, HashSet};

use ipnet::IpNet;

use super::keeper::Place;
use crate::netlink::AddressInfo;
use crate::watch::Table;

/// Whether there are others that could be secondary to one of these: else the kernel need not be asked.
pub(super) fn shares_subnets(table: &Table, doomed: &[(Place, AddressInfo)]) -> bool {
    let going: HashSet<_> = doomed
        .iter()
        .map(|(_, info)| (info.index, info.address))
        .collect();
    let with_subnets = doomed.iter().filter(|(_, info)| has_subnet(info));
    let subnets: HashSet<(u32, Option<IpNet>)> =
        with_subnets.map(|(_, info)| (info.index, subnet(info))).collect();
    let indexes: BTreeSet<u32> = subnets.iter().map(|(index, _)| *index).collect();
    let stays = |info: &&AddressInfo| !going.contains(&(info.index, info.address));
    indexes
        .into_iter()
        .flat_map(|index| table.on(index).filter(stays))
        .any(|info| subnets.contains(&(info.index, subnet(info))))
}

/// Whether others can be secondary to it.
fn has_subnet(info: &AddressInfo) -> bool {
    info.address.is_ipv4() && info.prefix < 32
}

/// What is secondary to an address that is about to go, as the kernel has just told. Whatever else is not there any more
/// afterwards was removed by somebody else, and stays away.
pub(super) fn endangered(table: &Table, doomed: &[(Place, AddressInfo)]) -> Vec<AddressInfo> {
    let key = |info: &AddressInfo| (info.index, info.address, info.prefix);
    let going: HashSet<_> = doomed.iter().map(|(_, info)| key(info)).collect();
    let is_primary_now = |info: &AddressInfo| {
        let mut now = table.find(info.index, info.address);
        now.any(|now| now.prefix == info.prefix && !now.is_secondary())
    };
    let subnets: HashSet<(u32, IpNet)> = doomed
        .iter()
        .filter(|(_, info)| has_subnet(info) && is_primary_now(info))
        .filter_map(|(_, info)| Some((info.index, subnet(info)?)))
        .collect();
    let indexes: BTreeSet<u32> = subnets.iter().map(|(index, _)| *index).collect();
    let in_danger = |info: &&AddressInfo| {
        let shares = subnet(info).is_some_and(|net| subnets.contains(&(info.index, net)));
        shares && info.is_secondary() && !going.contains(&key(info))
    };
    indexes
        .into_iter()
        .flat_map(|index| table.on(index).filter(in_danger))
        .cloned()
        .collect()
}

fn subnet(info: &AddressInfo) -> Option<IpNet> {
    IpNet::new(info.address, info.prefix).ok().map(|net| net.trunc())
}

#[cfg(test)]
mod tests {
    use vrrp_core::InterfaceId;

    use super::*;

    fn info(text: &str, is_secondary: bool) -> AddressInfo {
        let (address, prefix) = text.split_once('/').unwrap();
        AddressInfo {
            index: 2,
            address: address.parse().unwrap(),
            prefix: prefix.parse().unwrap(),
            scope: 0,
            flags: if is_secondary { libc::IFA_F_SECONDARY } else { 0 },
            tag: None,
            message: Box::default(),
        }
    }

    /// Who may go with `doomed`, of an interface with these, as the kernel has them now.
    fn with(doomed: &str, all: &[AddressInfo]) -> Vec<String> {
        let mut table = Table::default();
        for info in all {
            let _seen = table.put_address(info.clone());
        }
        // Known since it was made, when nobody had told yet what it became.
        let known = info(doomed, false);
        let place = Place {
            device: InterfaceId(1),
            address: known.address,
        };
        let endangered = endangered(&table, &[(place, known)]);
        endangered.iter().map(|info| info.address.to_string()).collect()
    }

    #[test]
    fn the_kernel_is_asked_only_where_a_subnet_is_shared() {
        let shares = |doomed: &str, other: &str| {
            let mut table = Table::default();
            let _seen = (
                table.put_address(info(doomed, false)),
                table.put_address(info(other, false)),
            );
            let place = |info: &AddressInfo| Place {
                device: InterfaceId(1),
                address: info.address,
            };
            let doomed = info(doomed, false);
            shares_subnets(&table, &[(place(&doomed), doomed)])
        };
        assert!(shares("192.0.2.10/24", "192.0.2.1/24"));
        assert!(!shares("192.0.2.10/24", "198.51.100.1/24"));
        assert!(!shares("2001:db8::10/64", "2001:db8::1/64"), "of IPv4 only");
    }

    #[test]
    fn secondaries_may_go_with_their_primary() {
        let all = [
            info("192.0.2.1/24", false),
            info("192.0.2.2/24", true),
            info("192.0.2.3/25", false),
            info("198.51.100.1/24", false),
        ];
        assert_eq!(with("192.0.2.1/24", &all), ["192.0.2.2"]);
        assert!(with("198.51.100.1/24", &all).is_empty());
    }

    /// What is not there behind it was removed by somebody else: putting it back gave an address two holders.
    #[test]
    fn nothing_goes_with_a_secondary() {
        let all = [
            info("192.0.2.1/24", false),
            info("192.0.2.2/24", true),
            info("192.0.2.3/24", true),
        ];
        assert!(with("192.0.2.2/24", &all).is_empty());
    }
}
