//! Kernel settings of a virtual MAC device. It is ours alone and takes them along when it goes, so nothing is remembered.

use std::fs;
use std::path::{Path, PathBuf};

/// Where they are.
const ROOT: &str = "/proc/sys/net";

/// A setting, its value, and what it means to do without.
const OWN: [(&str, &str, &str, &str); 5] = [
    (
        "ipv4",
        "arp_ignore",
        "1",
        "the virtual MAC also answers for the addresses of other interfaces",
    ),
    (
        "ipv4",
        "arp_announce",
        "2",
        "the virtual MAC also asks in the name of other interfaces' addresses",
    ),
    // Not 0: the larger one of this and conf.all counts, and answers leave by the interface below. Loose holds against both.
    (
        "ipv4",
        "rp_filter",
        "2",
        "packets for the virtual addresses are dropped where conf.all.rp_filter is 1",
    ),
    // V3-7.4-02: with addrgenmode none the kernel still makes an address of the MAC for an advertised prefix.
    (
        "ipv6",
        "accept_ra",
        "0",
        "a Router Advertisement gives the device routes and an address made of the virtual MAC",
    ),
    (
        "ipv6",
        "autoconf",
        "0",
        "a Router Advertisement gives the device an address made of the virtual MAC",
    ),
];

/// Settings that are as on the interface below: what arrives is forwarded from there only where that would be (V3-6.4.3-06).
const INHERITED: [(&str, &str); 2] = [("ipv4", "forwarding"), ("ipv6", "forwarding")];

/// Makes the settings of `device`, made on `parent`.
pub(crate) fn apply(device: &str, parent: &str) {
    apply_below(Path::new(ROOT), device, parent);
}

fn apply_below(root: &Path, device: &str, parent: &str) {
    for (family, name, value, without) in OWN {
        set(root, device, (family, name), value, without);
    }
    for (family, name) in INHERITED {
        if let Ok(value) = fs::read_to_string(path(root, family, parent, name)) {
            let without =
                "packets that arrive for the virtual MAC are not forwarded as on the interface below";
            set(root, device, (family, name), value.trim(), without);
        }
    }
}

fn set(root: &Path, device: &str, (family, name): (&str, &str), value: &str, without: &str) {
    let path = path(root, family, device, name);
    let result = match fs::read_to_string(&path) {
        Ok(found) if found.trim() == value => Ok(()),
        // A kernel without IPv6 makes no address of anything.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && family == "ipv6" => Ok(()),
        Ok(_) | Err(_) => fs::write(&path, value),
    };
    if let Err(error) = result {
        tracing::warn!(
            path = %path.display(), %error,
            "a setting of the virtual MAC device cannot be made {value} (is /proc/sys writable here?): {without}"
        );
    }
}

fn path(root: &Path, family: &str, device: &str, name: &str) -> PathBuf {
    root.join(family).join("conf").join(device).join(name)
}
