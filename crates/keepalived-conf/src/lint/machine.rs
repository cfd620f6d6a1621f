//! What the lint may know of the machine that runs the file.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::codes::NONLOCAL_BIND;
use super::command::{all, base};
use crate::diagnostic::Findings;
use crate::files::Files;
use crate::model::Config;

/// A service that is told to listen on one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Its program.
    pub program: String,
    /// The address.
    pub address: IpAddr,
    /// Where that is written, as `FILE:LINE`.
    pub place: String,
}

/// What is known of the machine. What is not known makes no finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// `net.ipv4.ip_nonlocal_bind`.
    pub ip_nonlocal_bind: Option<bool>,
    /// `net.ipv6.ip_nonlocal_bind`.
    pub ipv6_nonlocal_bind: Option<bool>,
    /// Addresses that services listen on.
    pub listens: Vec<Listen>,
    /// The text of scripts that the file runs, by path.
    pub scripts: BTreeMap<String, Vec<u8>>,
}

/// Where nginx keeps its servers.
const NGINX: &str = "/etc/nginx/{nginx.conf,conf.d/*.conf,sites-enabled/*}";

impl Machine {
    /// Reads the two sysctls, nginx's configuration, and the scripts that `config` runs. What cannot be read is not known.
    ///
    /// ```
    /// use keepalived_conf::{MemoryFiles, lint::Machine, parse};
    /// let files = MemoryFiles::new([
    ///     ("k.conf", ""),
    ///     ("/proc/sys/net/ipv4/ip_nonlocal_bind", "0\n"),
    ///     ("/etc/nginx/conf.d/a.conf", "server {\n listen 192.0.2.1:80;\n}"),
    /// ]);
    /// let machine = Machine::read(&parse(&files, "k.conf").config, &files);
    /// assert_eq!(machine.ip_nonlocal_bind, Some(false));
    /// assert_eq!(machine.listens[0].place, "/etc/nginx/conf.d/a.conf:2");
    /// ```
    #[must_use]
    pub fn read(config: &Config, files: &dyn Files) -> Self {
        let switch = |path: &str| {
            let bytes = files.read(path).ok()?;
            Some(bytes.trim_ascii() != b"0")
        };
        Self {
            ip_nonlocal_bind: switch("/proc/sys/net/ipv4/ip_nonlocal_bind"),
            ipv6_nonlocal_bind: switch("/proc/sys/net/ipv6/ip_nonlocal_bind"),
            listens: files
                .matching(NGINX)
                .iter()
                .flat_map(|path| nginx(path, &files.read(path).unwrap_or_default()))
                .collect(),
            scripts: scripts(config, files),
        }
    }
}

/// Scripts are text; programs of the system are not read.
fn scripts(config: &Config, files: &dyn Files) -> BTreeMap<String, Vec<u8>> {
    let runs = all(config);
    let words = runs.iter().flat_map(|run| run.argv.iter().take(2));
    let paths: BTreeSet<&String> = words
        .filter(|path| path.starts_with('/') && !is_of_the_system(path))
        .collect();
    // Only what is a plain file is listed: a pipe would keep whoever reads it.
    let plain = paths
        .into_iter()
        .filter(|path| files.matching(path).contains(path));
    let read = plain.filter_map(|path| Some((path.clone(), files.read(path).ok()?)));
    read.filter(|(_, text)| text.starts_with(b"#!") || !text.contains(&0))
        .collect()
}

fn is_of_the_system(path: &str) -> bool {
    let folder = path.strip_suffix(base(path)).unwrap_or_default();
    matches!(folder, "/bin/" | "/sbin/" | "/usr/bin/" | "/usr/sbin/" | "/dev/")
}

/// `listen ADDRESS[:PORT] …;`, with brackets around IPv6.
fn nginx(path: &str, text: &[u8]) -> Vec<Listen> {
    let text = String::from_utf8_lossy(text);
    let mut out = Vec::new();
    for (number, line) in (1u32..).zip(text.lines()) {
        let code = line.split('#').next().unwrap_or_default();
        for statement in code.split([';', '{', '}']) {
            let mut words = statement.split_whitespace();
            let argument = (words.next() == Some("listen")).then(|| words.next()).flatten();
            if let Some(address) = argument.and_then(listened) {
                out.push(Listen {
                    program: "nginx".to_owned(),
                    address,
                    place: format!("{path}:{number}"),
                });
            }
        }
    }
    out
}

/// The address of `192.0.2.1:80`, `192.0.2.1`, `[2001:db8::1]:80`.
fn listened(word: &str) -> Option<IpAddr> {
    if let Some(rest) = word.strip_prefix('[') {
        return rest.split(']').next()?.parse().ok();
    }
    let address = word.rsplit_once(':').map_or(word, |(address, _)| address);
    address.parse().ok()
}

/// A service that names an address which only one node has at a time.
pub(super) fn nonlocal_bind(config: &Config, machine: &Machine, out: &mut Findings) {
    for instance in &config.instances {
        for address in instance.addresses.iter().chain(&instance.excluded) {
            let ip = address.ip();
            let (allowed, sysctl) = match ip {
                IpAddr::V4(_) => (machine.ip_nonlocal_bind, "net.ipv4.ip_nonlocal_bind"),
                IpAddr::V6(_) => (machine.ipv6_nonlocal_bind, "net.ipv6.ip_nonlocal_bind"),
            };
            let listen = machine.listens.iter().find(|listen| listen.address == ip);
            let (Some(false), Some(listen)) = (allowed, listen) else {
                continue;
            };
            let text = format!(
                "{} listens on {ip} ({}), and {sysctl} is 0",
                listen.program, listen.place
            );
            let found = NONLOCAL_BIND
                .at(address.span, text)
                .effect(format!(
                    "{} does not start while this node is Backup, and so does not answer when it takes over, as with keepalived",
                    listen.program
                ))
                .help(format!("sysctl -w {sysctl}=1, and a line in /etc/sysctl.d; or let it listen on all addresses"))
                .about(&instance.name);
            out.push(found);
        }
    }
}
