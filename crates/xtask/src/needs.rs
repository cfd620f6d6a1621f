//! What the tests need from outside, why, and where it comes from. Nothing is installed on the host: Debian packages
//! are unpacked under `target/packages`, programs built by cargo go to `target/tools`.

use crate::apt;
use crate::project::{Project, find_program, is_executable};
use crate::tools;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// One program that a test runs.
struct Need {
    program: &'static str,
    package: &'static str,
    why: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        program: "ip",
        package: "iproute2",
        why: "network namespaces, bridges, addresses",
    },
    Need {
        program: "keepalived",
        package: "keepalived",
        why: "the peer of interoperability tests and benchmarks",
    },
    Need {
        program: "zebra",
        package: "frr",
        why: "vrrpd of FRR, a second peer",
    },
    Need {
        program: "tshark",
        package: "tshark",
        why: "dissects what we send, as others see it",
    },
    Need {
        program: "nginx",
        package: "nginx-light",
        why: "the web server behind the address",
    },
    Need {
        program: "nft",
        package: "nftables",
        why: "makes the packet filters that vrrpctl doctor is to find",
    },
    Need {
        program: "ipvsadm",
        package: "ipvsadm",
        why: "stands beside vrrp-ipvs, where the kernel has IPVS",
    },
    Need {
        program: "killall",
        package: "psmisc",
        why: "the check scripts of the tutorials call it",
    },
    Need {
        program: "ps",
        package: "procps",
        why: "they call this too, and pkill",
    },
];

/// The version of cargo-deny that the licence check is written for.
const CARGO_DENY: &str = "0.20.2";

/// Folders of an unpacked package in which programs lie.
const PROGRAM_FOLDERS: [&str; 6] = [
    "usr/sbin",
    "usr/bin",
    "sbin",
    "bin",
    "usr/lib/frr",
    "usr/libexec/frr",
];

/// Where fetched programs are, as entries for the search path.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// Search path with our folders behind the system's own.
    pub(crate) path: OsString,
    /// Programs that are missing, with the reason.
    pub(crate) missing: Vec<(String, String)>,
}

/// `cargo xtask fetch`.
pub(crate) fn run() -> Result<u8, String> {
    let project = Project::read()?;
    let fetched = fetch(&project, true)?;
    for (program, reason) in &fetched.missing {
        println!("SKIP {program}: {reason}");
    }
    Ok(u8::from(!fetched.missing.is_empty()))
}

/// Find every program, and fetch those that are absent unless `install` is false. Says what it does.
pub(crate) fn fetch(project: &Project, install: bool) -> Result<Fetched, String> {
    let place = apt::Place::new(&project.target.join("packages"));
    let mut wanted = Vec::new();
    for need in NEEDS {
        match locate(&place, need.program) {
            Some(path) => println!("  {:<11} found: {}", need.program, path.display()),
            None => wanted.push(need),
        }
    }
    let mut missing = Vec::new();
    if !wanted.is_empty() && !install {
        for need in &wanted {
            missing.push((
                need.program.to_owned(),
                format!("not installed and --no-install given ({})", need.why),
            ));
        }
    } else if !wanted.is_empty() {
        for need in &wanted {
            println!(
                "  {:<11} fetch: Debian package {} ({})",
                need.program, need.package, need.why
            );
        }
        let packages: Vec<&str> = wanted.iter().map(|n| n.package).collect();
        let trouble = place.unpack(&packages).err();
        for need in &wanted {
            if find_in(&place.root, need.program).is_none() {
                let reason = trouble
                    .clone()
                    .unwrap_or_else(|| format!("{} does not hold it", need.package));
                missing.push((need.program.to_owned(), reason));
            }
        }
    }
    for need in NEEDS {
        if let Some(program) = find_in(&place.root, need.program) {
            place.wrap(need.program, &program)?;
        }
    }
    // FRR's daemons and shell live beside zebra.
    for extra in ["vrrpd", "vtysh", "bridge"] {
        if let Some(program) = find_in(&place.root, extra) {
            let name = if extra == "vrrpd" { "frr-vrrpd" } else { extra };
            place.wrap(name, &program)?;
        }
    }
    Ok(Fetched {
        path: search_path(project, &place),
        missing,
    })
}

/// cargo-deny on the search path or in `target/tools`, built there when it may be.
pub(crate) fn cargo_deny(project: &Project, install: bool) -> Result<PathBuf, String> {
    let own = tools::place(project, "cargo-deny");
    if let Some(found) = find_program("cargo-deny").or_else(|| is_executable(&own).then_some(own)) {
        return Ok(found);
    }
    if !install {
        return Err("cargo-deny is not installed and --no-install given".to_owned());
    }
    // A dev build takes a third of the time and checks one manifest as well.
    tools::build(project, "cargo-deny", CARGO_DENY, &["--debug"])
}

fn locate(place: &apt::Place, program: &str) -> Option<PathBuf> {
    find_program(program).or_else(|| find_in(&place.root, program))
}

fn find_in(root: &Path, program: &str) -> Option<PathBuf> {
    PROGRAM_FOLDERS
        .iter()
        .map(|f| root.join(f).join(program))
        .find(|p| is_executable(p))
}

fn search_path(project: &Project, place: &apt::Place) -> OsString {
    let mut folders: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    for folder in ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders.push(place.programs.clone());
    folders.push(project.target.join("tools/bin"));
    std::env::join_paths(folders).unwrap_or_default()
}
