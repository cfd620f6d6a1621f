//! Everything in one archive, for where neither dpkg nor rpm is.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Trouble, succeed};
use crate::project::{Project, find_program};

/// What goes where in it: from the project's root, or from the release build where it begins with `release/`.
const FILES: &[(&str, &str)] = &[
    ("release/vrrpd", "sbin/vrrpd"),
    ("release/vrrpctl", "bin/vrrpctl"),
    (
        "release/completions/vrrpctl",
        "share/bash-completion/completions/vrrpctl",
    ),
    (
        "release/completions/_vrrpctl",
        "share/zsh/site-functions/_vrrpctl",
    ),
    (
        "release/completions/vrrpctl.fish",
        "share/fish/vendor_completions.d/vrrpctl.fish",
    ),
    ("packaging/vrrpd.service", "lib/systemd/system/vrrpd.service"),
    (
        "packaging/keepalived.service",
        "lib/systemd/system/keepalived.service",
    ),
    ("packaging/sysusers.d/vrrpd.conf", "lib/sysusers.d/vrrpd.conf"),
    ("packaging/vrrpd.conf", "etc/vrrpd/vrrpd.conf"),
    ("packaging/default", "etc/default/vrrpd"),
    ("README.md", "share/doc/vrrpd/README.md"),
    ("CHANGELOG.md", "share/doc/vrrpd/CHANGELOG.md"),
    ("LICENSE-MIT", "share/doc/vrrpd/LICENSE-MIT"),
    ("LICENSE-APACHE", "share/doc/vrrpd/LICENSE-APACHE"),
];

const LINKS: [(&str, &str); 2] = [("vrrpd", "sbin/keepalived"), ("vrrpctl", "bin/genhash")];

/// Whole folders: those of their files that end so.
const FOLDERS: [(&str, &str, &str); 4] = [
    ("man", "8", "share/man/man8"),
    ("man", "5", "share/man/man5"),
    ("docs", "md", "share/doc/vrrpd/docs"),
    ("docs", "svg", "share/doc/vrrpd/docs"),
];

/// What an archive is called, without `.tar.gz`.
pub(super) fn name(library: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!("vrrp-{version}-{}-linux-{library}", std::env::consts::ARCH)
}

/// A folder like `target` whose `release` has the programs of another one without what a debugger wants, and the completions.
pub(super) fn stripped(project: &Project, programs: &Path, name: &str) -> Result<PathBuf, String> {
    let folder = project.target.join("dist").join(name);
    let release = folder.join("release");
    let problem = |e: std::io::Error| format!("{}: {e}", release.display());
    std::fs::create_dir_all(release.join("completions")).map_err(problem)?;
    for program in ["vrrpd", "vrrpctl"] {
        let from = programs.join(program);
        let to = release.join(program);
        std::fs::copy(&from, &to).map_err(|e| format!("{}: {e}", from.display()))?;
        if find_program("strip").is_some() {
            succeed(Command::new("strip").arg(&to))?;
        }
    }
    for name in ["vrrpctl", "_vrrpctl", "vrrpctl.fish"] {
        let name = Path::new("completions").join(name);
        let from = project.target.join("release").join(&name);
        std::fs::copy(&from, release.join(&name)).map_err(problem)?;
    }
    Ok(folder)
}

/// `vrrp-VERSION-TARGET.tar.gz` of programs that were built with a C library, the same octets for the same files.
pub(super) fn make(
    project: &Project,
    dist: &Path,
    programs: &Path,
    library: &str,
) -> Result<PathBuf, Trouble> {
    if find_program("tar").is_none() {
        return Err(Trouble::Skipped("tar is absent".to_owned()));
    }
    let name = name(library);
    let top = dist.join(&name);
    // One of an earlier time would leave files that are gone.
    let _absent = std::fs::remove_dir_all(&top);
    let release = stripped(project, programs, &format!("stripped-{library}"))?;
    let mut files: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (from, to) in FILES {
        let base = if from.starts_with("release/") {
            &release
        } else {
            &project.root
        };
        files.push((base.join(from), top.join(to)));
    }
    for (folder, extension, to) in FOLDERS {
        let folder = project.root.join(folder);
        let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if let Some(file) = path
                .file_name()
                .filter(|_| path.extension().is_some_and(|e| e == extension))
            {
                files.push((path.clone(), top.join(to).join(file)));
            }
        }
    }
    for (from, to) in &files {
        let problem = |e: std::io::Error| format!("{}: {e}", from.display());
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(problem)?;
        }
        std::fs::copy(from, to).map_err(problem)?;
    }
    for (to, link) in LINKS {
        std::os::unix::fs::symlink(to, top.join(link)).map_err(|e| format!("{link}: {e}"))?;
    }
    let archive = dist.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args([
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mtime=@0",
        "-czf",
    ]);
    tar.arg(&archive).arg("-C").arg(dist).arg(&name);
    succeed(&mut tar)?;
    Ok(archive)
}
