//! Switches, nodes and the cables between them.

use crate::LabError;
use crate::private::run;
use crate::process::{Process, Spawn};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

/// The namespace that the switches live in.
const SWITCHES: &str = "switch";

/// One lab: a folder for its files, and the namespaces of its switches and nodes.
#[derive(Debug)]
pub struct Lab {
    folder: PathBuf,
    nodes: AtomicU8,
    cables: AtomicU8,
}

/// A switch without spanning tree and without multicast snooping: as dumb as a LAN can be.
#[derive(Clone, Debug)]
pub struct Switch {
    bridge: String,
}

/// A machine: a network namespace and a folder for its files.
#[derive(Clone, Debug)]
pub struct Node {
    name: String,
    number: u8,
    folder: PathBuf,
}

/// A node's network card, its cable and its port on the switch.
#[derive(Clone, Debug)]
pub struct Cable {
    node: Node,
    interface: String,
    port: String,
}

impl Lab {
    /// An empty lab; call it inside [`crate::private::enter`].
    ///
    /// # Errors
    /// When the namespace of the switches cannot be made.
    pub fn new() -> Result<Self, LabError> {
        let folder = PathBuf::from("/run/vrrp-lab");
        // A second lab in one process starts from nothing.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).map_err(LabError::io("/run/vrrp-lab"))?;
        run("ip", ["netns", "add", SWITCHES])?;
        Ok(Self {
            folder,
            nodes: AtomicU8::new(0),
            cables: AtomicU8::new(0),
        })
    }

    /// A new switch.
    ///
    /// # Errors
    /// When the kernel refuses the bridge.
    pub fn switch(&self, name: &str) -> Result<Switch, LabError> {
        run(
            "ip",
            [
                "-n",
                SWITCHES,
                "link",
                "add",
                name,
                "type",
                "bridge",
                "stp_state",
                "0",
                "mcast_snooping",
                "0",
            ],
        )?;
        run("ip", ["-n", SWITCHES, "link", "set", name, "up"])?;
        Ok(Switch {
            bridge: name.to_owned(),
        })
    }

    /// A new machine, its loopback up.
    ///
    /// # Errors
    /// When the namespace cannot be made.
    pub fn node(&self, name: &str) -> Result<Node, LabError> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).map_err(LabError::io(folder.display().to_string()))?;
        run("ip", ["netns", "add", name])?;
        run("ip", ["-n", name, "link", "set", "lo", "up"])?;
        let number = self.nodes.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let node = Node {
            name: name.to_owned(),
            number,
            folder,
        };
        // Nobody waits a second for an address that nobody else has.
        node.set("net/ipv6/conf/all/accept_dad", "0")?;
        node.set("net/ipv6/conf/default/accept_dad", "0")?;
        Ok(node)
    }

    /// A cable from a node to a switch. The card's hardware address is `02:00:00:00:NODE:CABLE`.
    ///
    /// # Errors
    /// When a name is taken or an address is not one.
    pub fn connect(
        &self,
        node: &Node,
        switch: &Switch,
        interface: &str,
        addresses: &[&str],
    ) -> Result<Cable, LabError> {
        let number = self.cables.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let port = format!("port{number}");
        let mac = format!("02:00:00:00:{:02x}:{number:02x}", node.number);
        run(
            "ip",
            [
                "-n", SWITCHES, "link", "add", &port, "type", "veth", "peer", "name", interface, "address",
                &mac, "netns", &node.name,
            ],
        )?;
        run(
            "ip",
            [
                "-n",
                SWITCHES,
                "link",
                "set",
                &port,
                "master",
                &switch.bridge,
                "up",
            ],
        )?;
        for address in addresses {
            run(
                "ip",
                ["-n", &node.name, "address", "add", address, "dev", interface],
            )?;
        }
        run("ip", ["-n", &node.name, "link", "set", interface, "up"])?;
        Ok(Cable {
            node: node.clone(),
            interface: interface.to_owned(),
            port,
        })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for name in run("ip", ["netns", "list"]).unwrap_or_default().lines() {
            let _ = run("ip", ["netns", "delete", name.split(' ').next().unwrap_or(name)]);
        }
    }
}

impl Node {
    /// Its name, also that of its namespace.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number, from 1, by which [`crate::echo`] answers and hardware addresses are made.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Run `ip` in it.
    ///
    /// # Errors
    /// With what `ip` said.
    pub fn ip(&self, arguments: &[&str]) -> Result<String, LabError> {
        run("ip", ["-n", self.name.as_str()].iter().chain(arguments))
    }

    /// Whether the kernel of this node holds the address on any interface.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn holds(&self, address: &str) -> Result<bool, LabError> {
        let text = self.ip(&["-oneline", "address", "show"])?;
        let plain = address.split('/').next().unwrap_or(address);
        Ok(text
            .split_whitespace()
            .any(|word| word.split('/').next() == Some(plain)))
    }

    /// Do something in its network namespace: what is opened there stays there.
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn within<T: Send>(&self, action: impl FnOnce() -> T + Send) -> Result<T, LabError> {
        within(&self.name, action)
    }

    /// Set a kernel parameter, given as a path below `/proc/sys`.
    ///
    /// # Errors
    /// When the kernel refuses the value.
    pub fn set(&self, parameter: &str, value: &str) -> Result<(), LabError> {
        let path = format!("/proc/sys/{parameter}");
        self.within(|| std::fs::write(&path, value).map_err(LabError::io(path.clone())))?
    }

    /// Start a program in it; its output goes to `NAME.log` in the node's folder.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(&self, spawn: &Spawn) -> Result<Process, LabError> {
        Process::start(self, spawn)
    }
}

/// A namespace belongs to a thread, and the caller's must not change.
fn within<T: Send>(namespace: &str, action: impl FnOnce() -> T + Send) -> Result<T, LabError> {
    let path = format!("/run/netns/{namespace}");
    let namespace = File::open(&path).map_err(LabError::io(path))?;
    std::thread::scope(|scope| {
        scope
            .spawn(move || {
                nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET)
                    .map_err(LabError::errno("setns"))?;
                Ok(action())
            })
            .join()
            .unwrap_or_else(|_| Err(LabError::Other("a thread of the lab panicked".to_owned())))
    })
}

impl Cable {
    /// The node it leads to.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The node's interface.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// Do something in the namespace of the switches, with the name of this cable's port.
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn within_switch<T: Send>(&self, action: impl FnOnce(&str) -> T + Send) -> Result<T, LabError> {
        within(SWITCHES, || action(&self.port))
    }

    /// The switch stops passing frames on this port; the node's card still has its link and notices nothing.
    ///
    /// # Errors
    /// When `bridge` fails.
    pub fn close(&self) -> Result<(), LabError> {
        self.port_state("0")
    }

    /// The port passes frames again.
    ///
    /// # Errors
    /// When `bridge` fails.
    pub fn open(&self) -> Result<(), LabError> {
        self.port_state("3")
    }

    fn port_state(&self, state: &str) -> Result<(), LabError> {
        run(
            "ip",
            [
                "netns", "exec", SWITCHES, "bridge", "link", "set", "dev", &self.port, "state", state,
            ],
        )
        .map(drop)
    }

    /// Pull the cable: the node's card loses its link.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn unplug(&self) -> Result<(), LabError> {
        run("ip", ["-n", SWITCHES, "link", "set", &self.port, "down"]).map(drop)
    }

    /// Plug the cable in again.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn plug(&self) -> Result<(), LabError> {
        run("ip", ["-n", SWITCHES, "link", "set", &self.port, "up"]).map(drop)
    }
}
