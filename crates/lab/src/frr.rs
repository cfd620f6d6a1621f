//! FRR's vrrpd as a peer: zebra, vrrpd, and the macvlan device with the virtual hardware address that it wants.

use crate::echo::Echo;
use crate::private::run;
use crate::process::{Process, Spawn};
use crate::program::find;
use crate::topology::Cable;
use crate::{LabError, wait};
use std::ffi::OsString;
use std::sync::OnceLock;
use std::time::Duration;

/// One virtual router of FRR, version 3 unless told otherwise.
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
    /// The virtual IPv4 address.
    pub address: &'static str,
}

/// FRR at the end of a cable; it ends when dropped.
#[derive(Debug)]
pub struct Frr {
    /// vrrpd first: it talks to the other.
    pub processes: [Process; 2],
    _echo: Echo,
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
        let mac = format!("00:00:5e:00:01:{:02x}", router.vrid);
        node.ip(&[
            "link", "add", "vrrp4", "link", interface, "type", "macvlan", "mode", "bridge",
        ])?;
        node.ip(&["link", "set", "vrrp4", "address", &mac])?;
        node.ip(&[
            "address",
            "add",
            &format!("{}/24", router.address),
            "dev",
            "vrrp4",
        ])?;
        node.ip(&["link", "set", "vrrp4", "up"])?;
        let folder = node.folder();
        let file = |name: &str| folder.join(name);
        for (name, text) in [
            ("zebra.conf", format!("interface {interface}\n")),
            ("frr.conf", configuration(interface, router)),
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
            _echo: Echo::start(node)?,
        })
    }

    /// kill -9 of both.
    ///
    /// # Errors
    /// When one is gone already.
    pub fn kill(&mut self) -> Result<(), LabError> {
        self.processes.iter_mut().try_for_each(Process::kill_hard)
    }
}

fn configuration(interface: &str, router: &Router) -> String {
    let Router {
        version,
        vrid,
        priority,
        interval_ms,
        address,
    } = router;
    format!(
        "interface {interface}\n vrrp {vrid} version {version}\n vrrp {vrid} priority {priority}\n \
         vrrp {vrid} advertisement-interval {interval_ms}\n vrrp {vrid} ip {address}\n"
    )
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
