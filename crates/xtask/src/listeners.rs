//! Who listens on the host. Testing must not leave a service behind, nor start one for a moment.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// A socket that takes packets from anybody: protocol, local address as the kernel prints it, and its inode.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listener {
    protocol: &'static str,
    local: String,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol, self.local)
    }
}

/// Everything that listens now, with the inode that leads to its owner.
pub(crate) fn listeners() -> BTreeMap<Listener, u64> {
    let mut all = BTreeMap::new();
    for protocol in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        let text = std::fs::read_to_string(format!("/proc/net/{protocol}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            if let Some((local, inode)) = parse(protocol, line) {
                all.insert(Listener { protocol, local }, inode);
            }
        }
    }
    all
}

/// Local address and inode of a line that shows a listener: TCP in state 0A, the others without a remote end.
fn parse(protocol: &str, line: &str) -> Option<(String, u64)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (local, remote, state, inode) = (words.get(1)?, words.get(2)?, words.get(3)?, words.get(9)?);
    let listens = if protocol.starts_with("tcp") {
        *state == "0A"
    } else {
        remote.split(':').next()?.bytes().all(|b| b == b'0')
    };
    listens.then(|| inode.parse().ok().map(|inode| ((*local).to_owned(), inode)))?
}

/// New listeners that belong to what we fetch, build or run. Others (somebody's browser) are named, not blamed.
pub(crate) fn ours_since(before: &BTreeMap<Listener, u64>, folders: &[PathBuf], programs: &[&str]) -> Report {
    let mut report = Report::default();
    for (listener, inode) in listeners() {
        if before.contains_key(&listener) {
            continue;
        }
        let Some(executable) = owner(inode) else {
            // Gone between the two looks, or another user's.
            report.strangers.push(format!("{listener} (owner not visible)"));
            continue;
        };
        let name = executable
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let line = format!("{listener} of {}", executable.display());
        if programs.contains(&name.as_str()) || folders.iter().any(|f| executable.starts_with(f)) {
            report.ours.push(line);
        } else {
            report.strangers.push(line);
        }
    }
    report
}

/// What appeared between two looks.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) ours: Vec<String>,
    pub(crate) strangers: Vec<String>,
}

fn owner(inode: u64) -> Option<PathBuf> {
    let wanted = PathBuf::from(format!("socket:[{inode}]"));
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        for descriptor in descriptors.flatten() {
            if std::fs::read_link(descriptor.path()).is_ok_and(|target| target == wanted) {
                return executable(&process.path());
            }
        }
    }
    None
}

fn executable(process: &Path) -> Option<PathBuf> {
    std::fs::read_link(process.join("exe")).ok()
}

#[cfg(test)]
mod tests {
    use super::{listeners, ours_since, parse};
    use std::net::{TcpListener, UdpSocket};

    #[test]
    fn a_listening_tcp_socket_is_seen_and_a_connected_one_is_not() {
        let listening = "   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1";
        assert_eq!(parse("tcp", listening), Some(("0100007F:0CEA".to_owned(), 4711)));
        let connected = listening.replace(" 0A ", " 01 ");
        assert_eq!(parse("tcp", &connected), None);
    }

    #[test]
    fn a_socket_opened_by_this_very_program_is_reported() {
        let before = listeners();
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let own = std::env::current_exe().expect("own path");
        let folder = own.parent().expect("a folder").to_path_buf();
        let report = ours_since(&before, &[folder], &[]);
        for port in [tcp.local_addr(), udp.local_addr()].map(|a| a.expect("bound").port()) {
            let hex = format!(":{port:04X}");
            assert!(
                report.ours.iter().any(|line| line.contains(&hex)),
                "{hex} missing in {report:?}"
            );
        }
    }
}
