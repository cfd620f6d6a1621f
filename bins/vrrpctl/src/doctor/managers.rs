//! Programs that hold themselves for the owner of an interface, and remove addresses that they have not made.

use std::collections::BTreeSet;
use std::path::Path;

use super::finding::{About, Finding};
use super::subject::Subject;

/// A process, as far as it matters.
struct Process {
    name: String,
    words: Vec<String>,
}

/// `root` is `/`; `index` finds an interface.
pub(super) fn findings(
    subjects: &[Subject],
    root: &Path,
    index: impl Fn(&str) -> Option<u32>,
) -> Vec<Finding> {
    let processes = processes(&root.join("proc"));
    let runs = |name: &str| processes.iter().any(|process| process.name == name);
    let devices = subjects.iter().flat_map(|one| {
        let held = one.addresses.iter().filter_map(|held| held.device.as_deref());
        held.chain(one.interface.as_deref())
    });
    let devices: BTreeSet<&str> = devices.collect();
    let mut found = Vec::new();
    for device in devices {
        let about = About::one("managers", device);
        let before = found.len();
        // The kernel keeps 15 octets of a name.
        if runs("systemd-network") {
            found.extend(networkd(&about, device, index(device), root));
        }
        if runs("NetworkManager") {
            found.extend(network_manager(&about, device, index(device), root));
        }
        for process in processes.iter().filter(|process| is_client(process, device)) {
            found.push(client(&about, device, process));
        }
        if found.len() == before {
            found.push(about.ok(format!("no program that runs here manages {device}")));
        }
    }
    found.extend(cloud_init(root));
    found
}

/// The programs, their files and the numbers of interfaces that this process sees belong to another network.
pub(super) fn elsewhere() -> Finding {
    About::all("managers").unchecked(
        "the instances are in another network namespace than this command: which programs look after the interfaces there is not known",
        "run it where the daemon was started (nsenter -t PID -a vrrpctl doctor); a namespace of its own mostly has none",
    )
}

fn processes(proc: &Path) -> Vec<Process> {
    let folders = std::fs::read_dir(proc).into_iter().flatten().flatten();
    let one = |folder: std::fs::DirEntry| {
        let path = folder.path();
        let name = std::fs::read_to_string(path.join("comm")).ok()?;
        let line = std::fs::read(path.join("cmdline")).unwrap_or_default();
        let words = line.split(|octet| *octet == 0).filter(|word| !word.is_empty());
        Some(Process {
            name: name.trim_end().to_owned(),
            words: words
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect(),
        })
    };
    let numbered = |folder: &std::fs::DirEntry| {
        folder
            .file_name()
            .to_string_lossy()
            .bytes()
            .all(|one| one.is_ascii_digit())
    };
    folders.filter(numbered).filter_map(one).collect()
}

/// What networkd writes down of each link.
fn networkd(about: &About, device: &str, index: Option<u32>, root: &Path) -> Option<Finding> {
    let state = root.join(format!("run/systemd/netif/links/{}", index?));
    let text = std::fs::read_to_string(state).ok()?;
    let value = |word: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(word)?.strip_prefix('='))
    };
    if value("ADMIN_STATE") == Some("unmanaged") {
        return None;
    }
    let file = value("NETWORK_FILE").unwrap_or("its .network file");
    let base = Path::new(file)
        .file_name()
        .map_or(file, |name| name.to_str().unwrap_or(file));
    let texts = [root.join(file.trim_start_matches('/'))]
        .into_iter()
        .chain(drop_ins(root, base));
    let keeps = texts
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .any(|text| {
            text.lines().any(|line| {
                let line: String = line.split_whitespace().collect();
                ["yes", "static", "true"]
                    .iter()
                    .any(|value| line.eq_ignore_ascii_case(&format!("KeepConfiguration={value}")))
            })
        });
    if keeps {
        return Some(about.ok(format!(
            "systemd-networkd manages {device} and keeps what others add (KeepConfiguration= of {file})"
        )));
    }
    Some(about.warning(
        format!("systemd-networkd manages {device} ({file})"),
        "when it is restarted or told to reconfigure it removes addresses that it has not made, the virtual ones too",
        format!("in /etc/systemd/network/{base}.d/vrrp.conf: [Network] and KeepConfiguration=static; then networkctl reload"),
    ))
}

fn drop_ins(root: &Path, base: &str) -> Vec<std::path::PathBuf> {
    let folders = [
        "etc/systemd/network",
        "run/systemd/network",
        "usr/lib/systemd/network",
    ];
    let each = folders
        .iter()
        .map(|folder| root.join(folder).join(format!("{base}.d")));
    each.filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|all| all.flatten().map(|one| one.path()))
        .collect()
}

/// What NetworkManager writes down of each device.
fn network_manager(about: &About, device: &str, index: Option<u32>, root: &Path) -> Option<Finding> {
    let state = root.join(format!("run/NetworkManager/devices/{}", index?));
    let text = std::fs::read_to_string(state).ok()?;
    let is = |line: &str| text.lines().any(|one| one.trim() == line);
    if is("managed=false") {
        return None;
    }
    if !is("managed=true") {
        return Some(about.unchecked(
            format!("NetworkManager runs, and does not say whether it manages {device}"),
            format!("nmcli device show {device}; unmanaged is best: nmcli device set {device} managed no"),
        ));
    }
    Some(about.warning(
        format!("NetworkManager manages {device}"),
        "when its connection is activated anew (nmcli connection up, a new lease, a cable) it removes addresses that it has not made, the virtual ones too",
        format!("in /etc/NetworkManager/conf.d/vrrp.conf: [keyfile] and unmanaged-devices=interface-name:{device}; the address of the interface is then to be set by other means"),
    ))
}

/// A DHCP client for this interface, or for all.
fn is_client(process: &Process, device: &str) -> bool {
    let names = ["dhclient", "dhcpcd", "udhcpc"];
    if !names.contains(&process.name.as_str()) {
        return false;
    }
    let mut words = process.words.iter().skip(1);
    let named: Vec<&String> = words
        .clone()
        .filter(|word| !word.starts_with('-') && !word.contains('/'))
        .collect();
    words.any(|word| word == device) || named.is_empty()
}

fn client(about: &About, device: &str, process: &Process) -> Finding {
    let name = &process.name;
    let cure = if name == "dhcpcd" {
        format!("a fixed address, and denyinterfaces {device} in /etc/dhcpcd.conf")
    } else {
        format!(
            "a fixed address for {device}: a node whose own address comes and goes is no good router either"
        )
    };
    about.warning(
        format!("{name} looks after {device} ({})", process.words.join(" ")),
        "when its lease ends or changes it removes all addresses of the interface, the virtual ones too",
        cure,
    )
}

/// It writes the configuration of the network anew at each boot, unless it is told not to.
fn cloud_init(root: &Path) -> Option<Finding> {
    let about = About::all("managers");
    if !root.join("run/cloud-init").exists() {
        return None;
    }
    let mut folders = std::fs::read_dir(root.join("etc/cloud/cloud.cfg.d"))
        .into_iter()
        .flatten()
        .flatten();
    let off = |text: String| {
        let text: String = text.split_whitespace().collect();
        text.contains("network:{config:disabled}") || text.contains("network:config:disabled")
    };
    if folders.any(|file| std::fs::read_to_string(file.path()).is_ok_and(off)) {
        return Some(about.ok("cloud-init leaves the network alone (network: {config: disabled})"));
    }
    Some(about.warning(
        "cloud-init has run on this machine, and may write the network's configuration anew at each boot",
        "settings that keep a manager off the virtual addresses may be gone after a reboot; a cloud may also not let a second MAC or address through",
        "network: {config: disabled} in /etc/cloud/cloud.cfg.d/99-vrrp.cfg, once the configuration is as it should be",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::subject::Held;
    use super::*;

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    fn found(files: &[(&str, &str)]) -> Vec<(Level, String)> {
        let subject = Subject {
            name: "VI_1".to_owned(),
            vrid: 51,
            family: vrrp_core::Family::Ipv4,
            version: 3,
            interface: Some("eth1".to_owned()),
            group: None,
            peers: Vec::new(),
            addresses: vec![Held {
                address: [192, 0, 2, 100].into(),
                device: Some("eth1".to_owned()),
                advertised: true,
                here: false,
            }],
            virtual_mac: None,
            interval: std::time::Duration::from_secs(1),
            running: None,
        };
        let all = findings(&[subject], root(files).path(), |_| Some(3));
        all.into_iter().map(|one| (one.level, one.found)).collect()
    }

    const NETWORKD: (&str, &str) = ("proc/7/comm", "systemd-network\n");
    const LINK: (&str, &str) = (
        "run/systemd/netif/links/3",
        "ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/a.network\n",
    );

    #[test]
    fn networkd_is_told_unless_it_keeps_what_others_add() {
        let alone = found(&[("proc/7/comm", "sshd\n"), LINK]);
        assert_eq!(alone[0].0, Level::Ok, "it does not run");
        assert_eq!(found(&[NETWORKD, LINK])[0].0, Level::Warning);
        assert_eq!(
            found(&[NETWORKD, ("run/systemd/netif/links/3", "ADMIN_STATE=unmanaged\n")])[0].0,
            Level::Ok
        );
        for place in [
            "etc/systemd/network/a.network",
            "etc/systemd/network/a.network.d/x.conf",
        ] {
            let kept = found(&[NETWORKD, LINK, (place, "[Network]\nKeepConfiguration = static\n")]);
            assert_eq!(kept[0].0, Level::Ok, "{place}");
        }
    }

    #[test]
    fn network_manager_and_clients_are_told() {
        let manager = ("proc/8/comm", "NetworkManager\n");
        let device = |text| ("run/NetworkManager/devices/3", text);
        assert_eq!(
            found(&[manager, device("[device]\nmanaged=true\n")])[0].0,
            Level::Warning
        );
        assert_eq!(
            found(&[manager, device("[device]\nmanaged=false\n")])[0].0,
            Level::Ok
        );
        let client = ("proc/9/comm", "dhclient\n");
        for (line, level) in [
            ("/sbin/dhclient\0-4\0eth1\0", Level::Warning),
            ("/sbin/dhclient\0-4\0eth0\0", Level::Ok),
            ("/sbin/dhclient\0-d\0", Level::Warning),
        ] {
            assert_eq!(found(&[client, ("proc/9/cmdline", line)])[0].0, level, "{line}");
        }
    }

    #[test]
    fn cloud_init_is_told_unless_it_leaves_the_network_alone() {
        let ran = ("run/cloud-init/result.json", "{}");
        assert_eq!(found(&[ran])[1].0, Level::Warning);
        let off = ("etc/cloud/cloud.cfg.d/99.cfg", "network: {config: disabled}\n");
        assert_eq!(found(&[ran, off])[1].0, Level::Ok);
    }
}
