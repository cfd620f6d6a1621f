//! The machines and the cables between them.

use std::net::IpAddr;

use crate::LabError;
use crate::nginx::Nginx;
use crate::private::run;
use crate::program::find_own;
use crate::topology::{Cable, Lab, Node};

/// All of it.
#[derive(Debug)]
pub struct Site {
    /// 172.25.44.1 and .2, 198.51.100.1 and .2.
    pub directors: [Node; 2],
    /// Their cables to the lan.
    pub cables: [Cable; 2],
    /// 172.25.44.44 and .55, as in the tutorials.
    pub servers: [RealServer; 2],
    /// 172.25.44.200, 198.51.100.4.
    pub client: Node,
    /// Dropped last.
    pub lab: Lab,
}

/// A machine with nginx, whose page is its name.
#[derive(Debug)]
pub struct RealServer {
    /// The machine.
    pub node: Node,
    /// What serves.
    pub nginx: Nginx,
    /// Its address.
    pub address: IpAddr,
    /// Its address of version 6.
    pub address_6: IpAddr,
}

fn node(lab: &Lab, name: &str, settings: &[&str]) -> Result<Node, LabError> {
    let node = lab.node(name)?;
    for setting in settings {
        let (name, value) = setting.split_once('=').unwrap_or((setting, "1"));
        node.set(name, value)?;
    }
    Ok(node)
}

impl Site {
    /// Build it; call it inside [`crate::private::enter`].
    ///
    /// # Errors
    /// When nginx is missing or the kernel refuses something.
    pub fn new() -> Result<Self, LabError> {
        let lab = Lab::new()?;
        let lan = lab.switch("lan")?;
        let outside = lab.switch("outside")?;
        let director = |number: u8| {
            let settings = [
                "net/ipv4/ip_forward=1",
                "net/ipv6/conf/all/forwarding=1",
                // What `vrrpctl doctor` wants of a director. Without it a client that takes the port of an old connection, as
                // this one does each few hundred, is not answered if that one's server has left.
                "net/ipv4/vs/expire_nodest_conn=1",
                "net/ipv4/conf/all/rp_filter=0",
                "net/ipv4/conf/default/rp_filter=0",
                "net/ipv4/conf/all/send_redirects=0",
                "net/ipv4/conf/default/send_redirects=0",
            ];
            let node = node(&lab, &format!("d{number}"), &settings)?;
            let inner = [
                format!("172.25.44.{number}/24"),
                format!("2001:db8:44::{number}/64"),
            ];
            let cable = lab.connect(&node, &lan, "eth0", &inner.each_ref().map(String::as_str))?;
            let outer = [
                format!("198.51.100.{number}/24"),
                format!("2001:db8:1::{number}/64"),
            ];
            lab.connect(&node, &outside, "eth1", &outer.each_ref().map(String::as_str))?;
            Ok::<(Node, Cable), LabError>((node, cable))
        };
        let [(d1, lan_1), (d2, lan_2)] = [director(1)?, director(2)?];
        let server = |name: &str, number: u8| {
            // As strict as a distribution may set it: what comes out of a tunnel has to pass all the same.
            let node = node(&lab, name, &["net/ipv4/conf/all/rp_filter=1"])?;
            let addresses = [
                format!("172.25.44.{number}/24"),
                format!("2001:db8:44::{number}/64"),
            ];
            lab.connect(&node, &lan, "eth0", &addresses.each_ref().map(String::as_str))?;
            node.ip(&["route", "add", "198.51.100.0/24", "via", "172.25.44.1"])?;
            node.ip(&["-6", "route", "add", "2001:db8:1::/64", "via", "2001:db8:44::1"])?;
            let parse = |text: &String| {
                let plain = text.split('/').next().unwrap_or_default();
                plain.parse().map_err(|_| LabError::Other(text.clone()))
            };
            let [address, address_6] = addresses.each_ref().map(parse);
            Ok::<RealServer, LabError>(RealServer {
                nginx: Nginx::start(&node)?,
                address: address?,
                address_6: address_6?,
                node,
            })
        };
        let servers = [server("rs1", 44)?, server("rs2", 55)?];
        let client = node(&lab, "client", &[])?;
        lab.connect(
            &client,
            &lan,
            "eth0",
            &["172.25.44.200/24", "2001:db8:44::200/64"],
        )?;
        lab.connect(
            &client,
            &outside,
            "eth1",
            &["198.51.100.4/24", "2001:db8:1::4/64"],
        )?;
        Ok(Self {
            directors: [d1, d2],
            cables: [lan_1, lan_2],
            servers,
            client,
            lab,
        })
    }
}

impl Site {
    /// As it was built: whatever a case has left, that ended in its middle.
    ///
    /// # Errors
    /// With what could not be put back.
    pub fn reset(&mut self) -> Result<(), LabError> {
        for (node, cable) in self.directors.iter().zip(&self.cables) {
            let within = |words: &[&str]| run("ip", ["netns", "exec", node.name()].iter().chain(words));
            within(&["ipvsadm", "-C"])?;
            // Whichever there is.
            for role in ["master", "backup"] {
                let _ = within(&["ipvsadm", "--stop-daemon", role]);
            }
            let _ = within(&["tc", "qdisc", "del", "dev", "eth0", "ingress"]);
            cable.open()?;
            for (address, device) in held(node)? {
                node.ip(&["address", "del", &address, "dev", &device])?;
            }
        }
        for server in &mut self.servers {
            server.realserver(&["undo"])?;
            let words = ["qdisc", "del", "dev", "eth0", "root"];
            let _ = run(
                "ip",
                ["netns", "exec", server.node.name(), "tc"].iter().chain(&words),
            );
            server.nginx.restore()?;
        }
        Ok(())
    }

    /// Put a virtual address on a card of a director, where no VRRP does it: on that to the lan, or to the outside.
    ///
    /// # Errors
    /// With what `ip` said.
    pub fn hold(&self, director: &Node, address: IpAddr) -> Result<(), LabError> {
        let outside = ["198.51.100.", "2001:db8:1:"];
        let text = address.to_string();
        let device = if outside.iter().any(|net| text.starts_with(net)) {
            "eth1"
        } else {
            "eth0"
        };
        let length = if address.is_ipv6() { 128 } else { 32 };
        let text = format!("{text}/{length}");
        let words = ["address", "replace", text.as_str(), "dev", device];
        // As VRRP's daemons hold it: else a tunnel's own packets have it as their sender, which is the real server's address
        // too, and it drops them.
        let old: &[&str] = if address.is_ipv6() {
            &["preferred_lft", "0"]
        } else {
            &[]
        };
        director.ip(&[&words, old].concat()).map(drop)
    }

    /// Take it away again.
    ///
    /// # Errors
    /// With what `ip` said.
    pub fn release(&self, director: &Node, address: IpAddr) -> Result<(), LabError> {
        let plain = address.to_string();
        for (address, device) in held(director)? {
            if address.split('/').next() == Some(plain.as_str()) {
                director.ip(&["address", "del", &address, "dev", &device])?;
            }
        }
        Ok(())
    }
}

/// The virtual addresses of a director, with their prefix lengths and devices: all but its own.
fn held(director: &Node) -> Result<Vec<(String, String)>, LabError> {
    let number = director.number();
    let own = |plain: &str| {
        let networks = ["172.25.44.", "198.51.100.", "2001:db8:44::", "2001:db8:1::"];
        plain.starts_with("fe80:")
            || networks
                .iter()
                .any(|network| plain == format!("{network}{number}"))
    };
    let all = director.ip(&["-oneline", "address", "show"])?;
    let of_line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, device @ ("eth0" | "eth1"), _, address, ..] = words.as_slice() else {
            return None;
        };
        let plain = address.split('/').next().unwrap_or(address);
        (!own(plain)).then(|| ((*address).to_owned(), (*device).to_owned()))
    };
    Ok(all.lines().filter_map(of_line).collect())
}

impl RealServer {
    /// `vrrpctl realserver` with these words, in this machine.
    ///
    /// # Errors
    /// With what it said.
    pub fn realserver(&self, words: &[&str]) -> Result<String, LabError> {
        let ctl = find_own("vrrpctl", "VRRPCTL_BIN")?.display().to_string();
        let memory = self.node.folder().join("realserver.json").display().to_string();
        let front = ["netns", "exec", self.node.name(), ctl.as_str(), "realserver"];
        let back = ["--memory", &memory];
        run("ip", front.iter().chain(words).chain(&back))
    }
}
