//! A clean Debian under `target/debian`, made once by debootstrap, which is a Debian package itself.

use std::path::{Path, PathBuf};
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

/// A folder with Debian's keepalived and what it needs beyond the clean root, for a pair that is to leave it.
///
/// Errors are reasons to skip.
pub(super) fn keepalived(project: &Project, clean: &Path, install: bool) -> Result<PathBuf, String> {
    let folder = project.target.join("debian/keepalived");
    if folder.is_dir() {
        return Ok(folder);
    }
    if !install {
        return Err(format!("{} is absent and --no-install given", folder.display()));
    }
    println!(
        "   Debian's keepalived, with what it needs, into {}",
        folder.display()
    );
    let unfinished = project.target.join("debian/fetching");
    let _absent = std::fs::remove_dir_all(&unfinished);
    std::fs::create_dir_all(unfinished.join("debs")).map_err(|e| format!("{}: {e}", unfinished.display()))?;
    // Over the clean root, which stays as it is.
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--", "sh", "-c", FETCH])
        .env("ROOT", clean);
    succeed(command.env("WORK", &unfinished).env("LC_ALL", "C"))?;
    std::fs::rename(unfinished.join("debs"), &folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let _rest = std::fs::remove_dir_all(&unfinished);
    Ok(folder)
}

const FETCH: &str = r#"
set -e
mkdir -p "$WORK/up" "$WORK/work" "$WORK/root"
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$WORK/up,workdir=$WORK/work" "$WORK/root"
# The names of the mirror are found as this machine finds them.
cat /etc/resolv.conf > "$WORK/root/etc/resolv.conf"
apt() { chroot "$WORK/root" apt-get -qq -o APT::Sandbox::User=root "$@"; }
apt update
apt install --yes --download-only --no-install-recommends keepalived
cp "$WORK"/root/var/cache/apt/archives/*.deb "$WORK/debs/"
umount "$WORK/root"
"#;

/// The host's, or that of the Debian package, with the folder that it reads.
fn debootstrap(base: &Path) -> Result<(PathBuf, Option<PathBuf>), String> {
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
