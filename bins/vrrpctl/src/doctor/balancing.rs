//! Virtual servers: whether the kernel can balance, and forwards what it is to change.

use std::path::Path;

use keepalived_conf::{DiskFiles, parse_for};
use vrrp_ipvs::{Client, Error, Family, Forwarding};
use vrrp_plan::balance::Balance;

use super::finding::{About, Finding};
use crate::check::host;

/// Those of a file; none where it has no virtual servers.
pub(super) fn of_file(file: &str, net: &Path) -> Vec<Finding> {
    let parsed = parse_for(&host::node(None), &DiskFiles, file);
    let nothing = std::iter::empty::<&str>().collect();
    let host = vrrp_plan::host(&parsed.config);
    let balance = vrrp_plan::lower(&parsed.config, &parsed.sources, &nothing, &host)
        .plan
        .balance;
    if balance.is_empty() {
        return Vec::new();
    }
    let asked = Client::open().and_then(|mut client| client.info());
    findings(&balance, asked.map(drop), net)
}

fn findings(balance: &Balance, asked: Result<(), Error>, net: &Path) -> Vec<Finding> {
    let about = About::all("balancing");
    let mut found = Vec::new();
    match asked {
        Ok(()) => {}
        Err(error @ Error::NoIpvs) => found.push(about.fault(
            error.to_string(),
            "the virtual servers of the file cannot be carried out, and vrrpd starts only with --allow-missing lvs",
            "modprobe ip_vs, and a line in /etc/modules-load.d; or start everything else: vrrpd --allow-missing lvs",
        )),
        Err(error) => found.push(about.unchecked(
            format!("whether the kernel can balance: {error}"),
            "run vrrpctl doctor as root",
        )),
    }
    for (family, setting) in [
        (Family::V4, "ipv4/ip_forward"),
        (Family::V6, "ipv6/conf/all/forwarding"),
    ] {
        let text = std::fs::read_to_string(net.join(setting)).unwrap_or_default();
        if changes_packets(balance, family) && text.trim() == "0" {
            let name = format!("net.{}", setting.replace('/', "."));
            found.push(about.fault(
                format!("{name} is 0, and real servers are reached by NAT"),
                "what they answer is not passed on to the clients",
                format!("sysctl -w {name}=1, and a line in /etc/sysctl.d"),
            ));
        }
    }
    if found.is_empty() {
        found.push(about.ok("the kernel can balance"));
    }
    found
}

/// Whether any answer has to come back through this machine.
fn changes_packets(balance: &Balance, family: Family) -> bool {
    let servers = balance.servers.iter().flat_map(|one| &one.servers);
    let mut all = servers.map(|server| server.destination);
    all.any(|destination| {
        let is_here = destination.key.address.is_loopback();
        destination.forwarding == Forwarding::Masquerade
            && Family::of(destination.key.address) == family
            && !is_here
    })
}

#[cfg(test)]
mod tests {
    use keepalived_conf::{MemoryFiles, parse};

    use super::super::finding::Level;
    use super::*;

    fn balance(kind: &str) -> Balance {
        let text = format!(
            "virtual_server 192.0.2.1 80 {{\nlb_algo rr\nlb_kind {kind}\nprotocol TCP\nreal_server 192.0.2.10 80 {{\n}}\n}}\n"
        );
        let parsed = parse(&MemoryFiles::new([("k.conf", text.as_str())]), "k.conf");
        let nothing = std::iter::empty::<&str>().collect();
        let host = vrrp_plan::Host::default();
        vrrp_plan::lower(&parsed.config, &parsed.sources, &nothing, &host)
            .plan
            .balance
    }

    fn net(forwards: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("ipv4")).unwrap();
        std::fs::write(folder.path().join("ipv4/ip_forward"), forwards).unwrap();
        folder
    }

    fn levels(kind: &str, asked: Result<(), Error>, forwards: &str) -> Vec<Level> {
        let found = findings(&balance(kind), asked, net(forwards).path());
        found.iter().map(|one| one.level).collect()
    }

    #[test]
    fn nat_needs_forwarding_and_direct_routing_does_not() {
        assert_eq!(levels("NAT", Ok(()), "0\n"), [Level::Fault]);
        assert_eq!(levels("NAT", Ok(()), "1\n"), [Level::Ok]);
        assert_eq!(levels("DR", Ok(()), "0\n"), [Level::Ok]);
    }

    #[test]
    fn a_kernel_without_the_module_is_a_fault() {
        assert_eq!(levels("DR", Err(Error::NoIpvs), "0\n"), [Level::Fault]);
        let found = findings(&balance("DR"), Err(Error::NoIpvs), net("0").path());
        assert!(found[0].found.contains("ip_vs"), "{found:?}");
    }
}
