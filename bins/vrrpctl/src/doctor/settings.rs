//! Settings of the kernel that decide what is heard and who answers.

use std::collections::BTreeSet;
use std::path::Path;

use super::finding::{About, Finding};
use super::subject::Subject;

/// Of the network of the caller.
pub(super) fn findings(subjects: &[Subject], net: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let of = |v4: bool| -> BTreeSet<&str> {
        let some = subjects.iter().filter(|one| one.is_v4() == v4);
        some.filter_map(|one| one.interface.as_deref()).collect()
    };
    for interface in of(true) {
        found.extend(ipv4(interface, net));
    }
    for interface in of(false) {
        found.extend(ipv6(interface, net));
    }
    for one in subjects.iter().filter(|one| one.is_v4()) {
        if let (Some(device), Some(interface)) = (&one.virtual_mac, &one.interface) {
            let device = device.as_deref().filter(|_| one.is_active());
            found.extend(virtual_mac(&one.name, interface, device, net));
        }
    }
    if found.is_empty() {
        found.push(About::all("sysctl").ok("no setting of the kernel is in the way"));
    }
    found
}

fn read(net: &Path, name: &str) -> Option<i64> {
    let text = std::fs::read_to_string(net.join(name)).ok()?;
    text.trim().parse().ok()
}

/// The kernel takes the greater one of that for all and that of the interface.
fn greater(net: &Path, interface: &str, word: &str) -> Option<i64> {
    let of = |place: &str| read(net, &format!("ipv4/conf/{place}/{word}"));
    of(interface).max(of("all"))
}

fn ipv4(interface: &str, net: &Path) -> Vec<Finding> {
    let about = About::one("sysctl", interface);
    let Some(filter) =
        greater(net, interface, "rp_filter").filter(|_| net.join("ipv4/conf").join(interface).exists())
    else {
        return vec![about.unchecked(
            format!("there are no settings of {interface}: it does not exist here"),
            "make it, or correct its name",
        )];
    };
    let mut found = Vec::new();
    if filter == 1 {
        found.push(about.warning(
            format!("rp_filter of {interface} is 1 (strict)"),
            "advertisements of a node whose address this machine would reach by another interface are dropped without a word",
            format!("nothing, where the nodes share the subnet of {interface}; else sysctl -w net.ipv4.conf.{interface}.rp_filter=2 and the same for all"),
        ));
    }
    if greater(net, interface, "proxy_arp").is_some_and(|on| on != 0) {
        found.push(about.warning(
            format!("proxy_arp is on at {interface}"),
            "the kernel also answers for addresses behind this node, with its own MAC, and nobody takes that over (RFC 9568 section 8.1.3)",
            format!("sysctl -w net.ipv4.conf.{interface}.proxy_arp=0 and the same for all"),
        ));
    }
    found
}

fn ipv6(interface: &str, net: &Path) -> Vec<Finding> {
    let about = About::one("sysctl", interface);
    // What is written to `all` goes to each interface at once; afterwards only its own counts.
    let off = read(net, &format!("ipv6/conf/{interface}/disable_ipv6")) == Some(1);
    let off = off.then(|| {
        about.fault(
            format!("IPv6 is switched off: net.ipv6.conf.{interface}.disable_ipv6 is 1"),
            "the instance can neither hear nor hold an address",
            format!("sysctl -w net.ipv6.conf.{interface}.disable_ipv6=0, and a line in /etc/sysctl.d"),
        )
    });
    off.into_iter().collect()
}

/// With an address on a device of its own, the card below must not answer for it.
fn virtual_mac(name: &str, interface: &str, device: Option<&str>, net: &Path) -> Vec<Finding> {
    let about = About::one("sysctl", name);
    let mut found = Vec::new();
    for (word, least, means) in [
        (
            "arp_ignore",
            1,
            "the card answers for the virtual address with its physical MAC as well",
        ),
        (
            "arp_announce",
            2,
            "the virtual address is announced with the physical MAC as well",
        ),
    ] {
        // vrrpd sets it while it is Active; before that nothing is wrong.
        if device.is_some() && greater(net, interface, word).is_some_and(|is| is < least) {
            found.push(about.warning(
                format!("{word} of {interface} is less than {least} beside a virtual MAC"),
                means,
                format!(
                    "sysctl -w net.ipv4.conf.{interface}.{word}={least}, and look for what has set it back"
                ),
            ));
        }
    }
    if let Some(device) = device
        && greater(net, device, "rp_filter") == Some(1)
    {
        found.push(about.warning(
            format!("rp_filter of {device} is 1 (strict)"),
            "packets to the virtual MAC whose sender is reached by another device are dropped",
            format!("sysctl -w net.ipv4.conf.{device}.rp_filter=0 and net.ipv4.conf.all.rp_filter=0"),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    fn net(settings: &[(&str, &str)]) -> tempfile::TempDir {
        let net = tempfile::tempdir().unwrap();
        for (name, value) in settings {
            let path = net.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("{value}\n")).unwrap();
        }
        net
    }

    #[test]
    fn the_greater_of_two_counts() {
        let words = |settings: &[(&str, &str)]| {
            let found = ipv4("eth1", net(settings).path());
            found
                .into_iter()
                .map(|one| (one.level, one.found))
                .collect::<Vec<_>>()
        };
        let own = ("ipv4/conf/eth1/rp_filter", "0");
        assert!(words(&[own, ("ipv4/conf/all/rp_filter", "0")]).is_empty());
        let strict = words(&[own, ("ipv4/conf/all/rp_filter", "1")]);
        assert!(strict[0].1.contains("rp_filter of eth1 is 1"), "{strict:?}");
        assert!(
            words(&[own, ("ipv4/conf/all/rp_filter", "2")]).is_empty(),
            "loose"
        );
        let proxy = words(&[own, ("ipv4/conf/eth1/proxy_arp", "1")]);
        assert!(proxy[0].1.contains("proxy_arp"), "{proxy:?}");
        assert_eq!(words(&[("ipv4/conf/all/rp_filter", "1")])[0].0, Level::Unchecked);
    }

    #[test]
    fn ipv6_that_is_off_is_a_fault() {
        let off = ipv6("eth1", net(&[("ipv6/conf/eth1/disable_ipv6", "1")]).path());
        assert_eq!(off[0].level, Level::Fault);
        assert!(ipv6("eth1", net(&[("ipv6/conf/eth1/disable_ipv6", "0")]).path()).is_empty());
    }

    /// The kernel writes `all` through to each interface; afterwards each has its own, and only that counts.
    #[test]
    fn ipv6_that_was_switched_on_again_at_an_interface_is_on() {
        let net = net(&[
            ("ipv6/conf/all/disable_ipv6", "1"),
            ("ipv6/conf/eth1/disable_ipv6", "0"),
        ]);
        assert!(ipv6("eth1", net.path()).is_empty());
    }

    #[test]
    fn a_virtual_mac_wants_its_card_to_keep_silent() {
        let with = |ignore: &str| {
            let settings = [
                ("ipv4/conf/eth1/arp_ignore", ignore),
                ("ipv4/conf/eth1/arp_announce", "2"),
                ("ipv4/conf/vrrp4.51/rp_filter", "0"),
            ];
            virtual_mac("VI_1", "eth1", Some("vrrp4.51"), net(&settings).path())
        };
        assert_eq!(with("0")[0].level, Level::Warning);
        assert!(with("1").is_empty());
    }
}
