//! FRR's vrrpd as a peer: zebra, vrrpd, and the macvlan device with the virtual hardware address that it wants.

use crate::private::run;
use crate::process::{Process, Spawn};
use crate::program::find;
use crate::topology::{Cable, Node};
use crate::{LabError, wait};
use nix::sys::signal::Signal;
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// The macvlan device, whichever family.
pub const DEVICE: &str = "vrrp";

/// One virtual router of FRR.
#[derive(Clone, Debug)]
pub struct Router {
    /// 2 or 3.
    pub version: u8,
    /// Virtual router.
    pub vrid: u8,
    /// 1 to 254.
    pub priority: u8,
    /// Multiples of 10 for version 3, of 1000 for version 2.
    pub interval_ms: u32,
    /// The virtual address.
    pub address: &'static str,
    /// IPv6: the link-local address of the macvlan device, which FRR sends from.
    pub link_local: Option<&'static str>,
}

/// FRR at the end of a cable; it ends when dropped.
#[derive(Debug)]
pub struct Frr {
    /// vrrpd first: it talks to the other.
    pub processes: [Process; 2],
    node: Node,
    interface: String,
    vrid: u8,
}

impl Router {
    fn is_six(&self) -> bool {
        self.address.contains(':')
    }

    /// A fresh device each time: the machine boots.
    fn make_device(&self, cable: &Cable) -> Result<(), LabError> {
        let (node, interface) = (cable.node(), cable.interface());
        remove_device(node);
        let mac = format!("00:00:5e:00:0{}:{:02x}", 1 + u8::from(self.is_six()), self.vrid);
        node.ip(&[
            "link", "add", DEVICE, "link", interface, "address", &mac, "type", "macvlan", "mode", "bridge",
        ])?;
        node.ip(&["link", "set", DEVICE, "addrgenmode", "none"])?;
        let length = if self.is_six() { 64 } else { 24 };
        let wanted = self.link_local.into_iter().chain([self.address]);
        for address in wanted {
            let mut words = vec!["address", "add"];
            let with_length = format!("{address}/{length}");
            words.extend([with_length.as_str(), "dev", DEVICE]);
            if self.is_six() {
                words.push("nodad");
            }
            node.ip(&words)?;
        }
        node.ip(&["link", "set", DEVICE, "up"]).map(drop)
    }

    fn configuration(&self, interface: &str) -> String {
        let Self {
            version,
            vrid,
            priority,
            interval_ms,
            address,
            ..
        } = self;
        let family = if self.is_six() { "ipv6" } else { "ip" };
        format!(
            "interface {interface}\n vrrp {vrid} version {version}\n vrrp {vrid} priority {priority}\n \
             vrrp {vrid} advertisement-interval {interval_ms}\n vrrp {vrid} {family} {address}\n"
        )
    }
}

impl Frr {
    /// Whether both programs are there.
    ///
    /// # Errors
    /// [`LabError::Missing`] with the remedy.
    pub fn present() -> Result<(), LabError> {
        find("zebra")?;
        find("frr-vrrpd").map(drop)
    }

    /// The first line of `--version`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn version() -> Result<String, LabError> {
        let text = run(&find("frr-vrrpd")?.display().to_string(), ["--version"])?;
        Ok(format!("FRR {}", text.lines().next().unwrap_or("unknown")))
    }

    /// Start zebra and vrrpd.
    ///
    /// # Errors
    /// When one is missing or does not come up.
    pub fn start(cable: &Cable, router: &Router) -> Result<Self, LabError> {
        give_frr_its_group()?;
        let node = cable.node();
        // FRR leaves the address on its macvlan device while Backup; only that device may answer for it.
        node.set("net/ipv4/conf/all/arp_ignore", "1")?;
        node.set("net/ipv4/conf/all/rp_filter", "0")?;
        let interface = cable.interface();
        router.make_device(cable)?;
        let folder = node.folder();
        let file = |name: &str| folder.join(name);
        let _ = std::fs::remove_file(file("zserv"));
        for (name, text) in [
            ("zebra.conf", format!("interface {interface}\n")),
            ("frr.conf", router.configuration(interface)),
        ] {
            std::fs::write(file(name), text).map_err(LabError::io(name))?;
        }
        let arguments = |config: &str| -> Vec<OsString> {
            let own = file(&format!("{config}.pid")).into_os_string();
            let common = ["-u", "root", "-g", "root", "--log", "stdout", "--vty_socket"].map(OsString::from);
            let mut all = common.to_vec();
            all.extend([folder.into(), "-z".into(), file("zserv").into_os_string()]);
            all.extend(["-f".into(), file(config).into_os_string(), "-i".into(), own]);
            all
        };
        let zebra = node.spawn(&Spawn::new("zebra", find("zebra")?, arguments("zebra.conf")))?;
        wait::until("zebra's socket", Duration::from_secs(10), || {
            file("zserv").exists().then_some(())
        })?;
        let vrrpd = node.spawn(&Spawn::new(
            "frr-vrrpd",
            find("frr-vrrpd")?,
            arguments("frr.conf"),
        ))?;
        Ok(Self {
            processes: [vrrpd, zebra],
            node: node.clone(),
            interface: interface.to_owned(),
            vrid: router.vrid,
        })
    }

    /// kill -9 of both.
    ///
    /// # Errors
    /// When one is gone already.
    pub fn kill(&mut self) -> Result<(), LabError> {
        self.processes.iter_mut().try_for_each(Process::kill_hard)
    }

    /// SIGTERM to vrrpd, then to zebra.
    ///
    /// # Errors
    /// When one does not end.
    pub fn stop(&mut self) -> Result<(), LabError> {
        for process in &mut self.processes {
            process.signal(Signal::SIGTERM)?;
            process.wait(Duration::from_secs(10))?;
        }
        Ok(())
    }

    /// Change the priority while it runs, as an operator at its terminal does.
    ///
    /// # Errors
    /// When it does not take a command.
    pub fn set_priority(&self, priority: u8) -> Result<(), LabError> {
        let mut terminal = Terminal::open(&self.node.folder().join("vrrpd.vty"))?;
        terminal.say("enable")?;
        terminal.say("configure terminal")?;
        terminal.say(&format!("interface {}", self.interface))?;
        terminal.say(&format!("vrrp {} priority {priority}", self.vrid))
    }
}

/// The terminal of a daemon of FRR: every command and every answer ends with a zero, the answer with three and a status.
struct Terminal(UnixStream);

impl Terminal {
    fn open(path: &Path) -> Result<Self, LabError> {
        let what = path.display().to_string();
        let stream = UnixStream::connect(path).map_err(LabError::io(what.clone()))?;
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .map_err(LabError::io(what))?;
        Ok(Self(stream))
    }

    fn say(&mut self, command: &str) -> Result<(), LabError> {
        let failed = || LabError::io(format!("FRR's terminal, `{command}`"));
        self.0
            .write_all(&[command.as_bytes(), &[0]].concat())
            .map_err(failed())?;
        let mut answer = Vec::new();
        let mut octet = [0];
        while !(answer.len() >= 4 && answer[answer.len() - 4..answer.len() - 1] == [0; 3]) {
            self.0.read_exact(&mut octet).map_err(failed())?;
            answer.push(octet[0]);
        }
        let text = String::from_utf8_lossy(&answer[..answer.len() - 4]);
        match answer.last() {
            Some(0) => Ok(()),
            status => Err(LabError::Other(format!(
                "FRR answers `{command}` with {status:?}: {text}"
            ))),
        }
    }
}

/// Whether FRR's device answers: the address stays on it all the time.
///
/// # Errors
/// When `ip` fails.
pub fn device_is_up(node: &Node) -> Result<bool, LabError> {
    let text = node.ip(&["-oneline", "link", "show"])?;
    let line = text.lines().find(|line| line.contains(&format!(": {DEVICE}@")));
    Ok(line.is_some_and(|line| line.contains(",LOWER_UP")))
}

/// Take the device away, as a machine that boots does.
pub fn remove_device(node: &Node) {
    let _ = node.ip(&["link", "delete", DEVICE]);
}

/// FRR insists on a group that its package would have made, and on a folder in /var/tmp: both exist in our mount
/// namespace only.
fn give_frr_its_group() -> Result<(), LabError> {
    static DONE: OnceLock<()> = OnceLock::new();
    if DONE.set(()).is_err() {
        return Ok(());
    }
    for (file, line) in [
        ("group", "frrvty:x:0:\nfrr:x:0:\n"),
        ("passwd", "frr:x:0:0::/:/bin/false\n"),
    ] {
        let real = format!("/etc/{file}");
        let own = format!("/run/{file}");
        let text = std::fs::read_to_string(&real).map_err(LabError::io(real.clone()))?;
        std::fs::write(&own, text + line).map_err(LabError::io(own.clone()))?;
        run("mount", ["--bind", &own, &real])?;
    }
    let folder = frr_folder()?;
    run("mount", ["-t", "tmpfs", "tmpfs", &folder]).map(drop)
}

/// All of /var/tmp, so that nothing is left on the host; only FRR's own folder where this program lies in there too.
fn frr_folder() -> Result<String, LabError> {
    let hidden = std::env::current_exe().is_ok_and(|own| own.starts_with("/var/tmp"));
    if !hidden {
        return Ok("/var/tmp".to_owned());
    }
    let own = "/var/tmp/frr";
    std::fs::create_dir_all(own).map_err(LabError::io(own.to_owned()))?;
    Ok(own.to_owned())
}
