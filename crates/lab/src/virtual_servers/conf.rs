//! keepalived.conf of virtual servers.

use std::fmt::Write as _;
use std::net::IpAddr;

/// A virtual server.
#[derive(Clone, Debug)]
pub struct Service {
    /// `172.25.44.144 80`, `fwmark 7`, as the file has it.
    pub name: String,
    /// By name.
    pub scheduler: String,
    /// How packets get to the real servers.
    pub forwarding: Forwarding,
    /// What is looked at.
    pub check: Check,
    /// Address and port.
    pub servers: Vec<(IpAddr, u16)>,
    /// Who serves when none is left.
    pub sorry: Option<(IpAddr, u16)>,
    /// Further lines of the block.
    pub lines: Vec<String>,
}

/// How packets get to the real servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    /// Rewritten.
    Nat,
    /// As they are.
    Dr,
    /// Wrapped.
    Tun,
    /// Wrapped otherwise.
    Gre,
    /// Wrapped in UDP, to port 6080.
    Gue,
}

/// What is looked at, each second, once more a second after a failure, for a second at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Nothing.
    None,
    /// Whether somebody listens.
    Tcp,
    /// Whether the page comes.
    Http,
}

impl Service {
    /// Round robin by direct routing, with nothing looked at.
    pub fn new(name: &str, servers: &[(IpAddr, u16)]) -> Self {
        Self {
            name: name.to_owned(),
            scheduler: "rr".to_owned(),
            forwarding: Forwarding::Dr,
            check: Check::None,
            servers: servers.to_vec(),
            sorry: None,
            lines: Vec::new(),
        }
    }
}

impl Check {
    fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Tcp => {
                "        TCP_CHECK {\n            connect_timeout 1\n            retry 1\n            delay_before_retry 1\n        }\n"
            }
            Self::Http => {
                "        HTTP_GET {\n            url {\n                path /\n                status_code 200\n            }\n\
                 \x20           connect_timeout 1\n            retry 1\n            delay_before_retry 1\n        }\n"
            }
        }
    }
}

/// The blocks of these.
pub fn text(services: &[Service]) -> String {
    let mut out = String::new();
    for service in services {
        let kind = match service.forwarding {
            Forwarding::Nat => "NAT",
            Forwarding::Dr => "DR",
            Forwarding::Tun => "TUN",
            Forwarding::Gre => "TUN type gre",
            Forwarding::Gue => "TUN type gue port 6080",
        };
        let _infallible = write!(
            out,
            "virtual_server {} {{\n    delay_loop 1\n    lb_algo {}\n    lb_kind {kind}\n    protocol TCP\n",
            service.name, service.scheduler
        );
        for line in &service.lines {
            let _infallible = writeln!(out, "    {line}");
        }
        if let Some((address, port)) = service.sorry {
            let _infallible = writeln!(out, "    sorry_server {address} {port}");
        }
        for (address, port) in &service.servers {
            let check = service.check.text();
            let _infallible = write!(
                out,
                "    real_server {address} {port} {{\n        weight 1\n{check}    }}\n"
            );
        }
        out.push_str("}\n");
    }
    out
}
