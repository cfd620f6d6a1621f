//! A clean Debian under `target/debian`, made once by debootstrap, which is a Debian package itself.

use std::path::PathBuf;
use std::process::Command;

use super::succeed;
use crate::apt;
use crate::project::{Project, find_program};

const SUITE: &str = "bookworm";
const MIRROR: &str = "http://deb.debian.org/debian";
/// What a node has beyond the least: the page looks at addresses, and the package has its user made.
const MORE: &str = "iproute2,procps,systemd-standalone-sysusers";

/// The folder of the clean root; made where it is not.
///
/// Errors are reasons to skip: no root, no Debian, no mirror.
pub(super) fn find(project: &Project, install: bool) -> Result<PathBuf, String> {
    let base = project.target.join("debian");
    let root = base.join(SUITE);
    if root.join("usr/bin/apt").is_file() {
        return Ok(root);
    }
    if !install {
        return Err(format!("{} is absent and --no-install given", root.display()));
    }
    for program in ["unshare", "perl", "wget"] {
        if find_program(program).is_none() {
            return Err(format!("{program} is absent, which debootstrap needs"));
        }
    }
    std::fs::create_dir_all(&base).map_err(|e| format!("{}: {e}", base.display()))?;
    let (program, folder) = debootstrap(&base)?;
    println!(
        "   a clean Debian {SUITE}: debootstrap from {MIRROR} into {}",
        root.display()
    );
    let unfinished = base.join("unfinished");
    let _absent = std::fs::remove_dir_all(&unfinished);
    // It mounts: in a space of its own.
    let mut command = Command::new("unshare");
    command.args(["--mount", "--"]).arg(program);
    command.args(["--variant=minbase", &format!("--include={MORE}"), SUITE]);
    command.arg(&unfinished).arg(MIRROR).env("LC_ALL", "C");
    if let Some(folder) = folder {
        command.env("DEBOOTSTRAP_DIR", folder);
    }
    succeed(&mut command)?;
    std::fs::rename(&unfinished, &root).map_err(|e| format!("{}: {e}", root.display()))?;
    Ok(root)
}

/// The host's, or that of the Debian package, with the folder that it reads.
fn debootstrap(base: &std::path::Path) -> Result<(PathBuf, Option<PathBuf>), String> {
    if let Some(program) = find_program("debootstrap") {
        return Ok((program, None));
    }
    let place = apt::Place::new(&base.join("packages"));
    place.unpack(&["debootstrap"])?;
    let program = place.root.join("usr/sbin/debootstrap");
    if program.is_file() {
        Ok((program, Some(place.root.join("usr/share/debootstrap"))))
    } else {
        Err("the package debootstrap does not hold it".to_owned())
    }
}
