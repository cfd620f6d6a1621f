//! Virtual servers: whether the kernel can balance, forwards what it is to change, and lets go of servers that have left.

use std::path::Path;
use std::sync::Arc;

use vrrp_ipvs::{Client, Error, Family, Forwarding};
use vrrp_plan::balance::{Balance, VirtualServer};

use super::files::Files;
use super::finding::{About, Finding};

/// Those of the files; none where they have no virtual servers, or cannot be used as they are now.
pub(super) fn of(files: &Files, net: &Path) -> Vec<Finding> {
    let Ok(plan) = files.plan() else {
        return Vec::new();
    };
    if plan.balance.is_empty() {
        return Vec::new();
    }
    let asked = Client::open().and_then(|mut client| client.info());
    findings(&plan.balance, asked.map(drop), net)
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
    found.extend(letting_go(balance, net));
    if found.is_empty() {
        found.push(about.ok("the kernel can balance"));
    }
    found
}

/// What becomes of those who come to a real server that is out.
fn letting_go(balance: &Balance, net: &Path) -> Vec<Finding> {
    let is_off = |setting: &str| {
        let text = std::fs::read_to_string(net.join("ipv4/vs").join(setting)).unwrap_or_default();
        text.trim() == "0"
    };
    let warning = |setting: &str, means: &str| {
        About::all("balancing").warning(
            format!("net.ipv4.vs.{setting} is 0"),
            means,
            format!("sysctl -w net.ipv4.vs.{setting}=1, and a line in /etc/sysctl.d"),
        )
    };
    let is_held = |server: &Arc<VirtualServer>| {
        let stays = server.servers.iter().any(|one| one.inhibit);
        stays && server.services.iter().any(|one| one.persistence.is_some())
    };
    let mut found = Vec::new();
    let leaves = balance.servers.iter().flat_map(|one| &one.servers);
    if leaves.count() > 0 && is_off("expire_nodest_conn") {
        found.push(warning(
            "expire_nodest_conn",
            "what belongs to a connection with a real server that was taken out is dropped without a word, for up to two minutes: also a \
             new connection of a client that uses the port of an old one again, though other servers are well",
        ));
    }
    if balance.servers.iter().any(is_held) && is_off("expire_quiescent_template") {
        found.push(warning(
            "expire_quiescent_template",
            "where a dead real server stays with weight 0 and clients keep their server (persistence), they are sent to the dead one until \
             their time is over",
        ));
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
        lowered(kind, "", "")
    }

    fn lowered(kind: &str, service: &str, server: &str) -> Balance {
        let text = format!(
            "virtual_server 192.0.2.1 80 {{\nlb_algo rr\nlb_kind {kind}\nprotocol TCP\n{service}\nreal_server 192.0.2.10 80 {{\n{server}\n}}\n}}\n"
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

    #[test]
    fn servers_that_have_left_are_to_be_let_go() {
        let net = net("1");
        let folder = net.path().join("ipv4/vs");
        std::fs::create_dir(&folder).unwrap();
        let set = |nodest: &str, template: &str| {
            std::fs::write(folder.join("expire_nodest_conn"), nodest).unwrap();
            std::fs::write(folder.join("expire_quiescent_template"), template).unwrap();
        };
        let said = |balance: &Balance| {
            let found = findings(balance, Ok(()), net.path());
            let said = found.iter().map(|one| (one.level, one.found.clone()));
            said.collect::<Vec<_>>()
        };
        let is_off = |setting: &str| (Level::Warning, format!("net.ipv4.vs.{setting} is 0"));
        let (plain, held) = (
            balance("DR"),
            lowered("DR", "persistence_timeout 60", "inhibit_on_failure"),
        );
        set("0\n", "0\n");
        assert_eq!(said(&plain), [is_off("expire_nodest_conn")]);
        assert_eq!(
            said(&held),
            [is_off("expire_nodest_conn"), is_off("expire_quiescent_template")]
        );
        assert_eq!(
            said(&lowered("DR", "persistence_timeout 60", "")),
            [is_off("expire_nodest_conn")],
            "it leaves"
        );
        set("1\n", "1\n");
        for balance in [plain, held] {
            assert_eq!(said(&balance), [(Level::Ok, "the kernel can balance".to_owned())]);
        }
    }
}
