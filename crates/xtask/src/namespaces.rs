//! Whether this machine lets us make private network namespaces, and which setting forbids it.

use std::fmt::Write as _;
use std::process::Command;

/// The exit code for "the namespace tests could not run", as automake's harness uses it.
pub(crate) const REFUSED: u8 = 77;

/// How a private namespace is entered here, or why it cannot be.
pub(crate) fn probe() -> Result<&'static str, String> {
    let mut last = String::new();
    // Ubuntu lets the namespace be made and takes its rights away, hence the mount.
    for flags in ["-nm", "-Urnm"] {
        match Command::new("unshare")
            .args([flags, "mount", "-t", "tmpfs", "tmpfs", "/run"])
            .output()
        {
            Ok(output) if output.status.success() => return Ok(flags),
            Ok(output) => last = String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => {
                return Err(format!(
                    "unshare (package util-linux) could not be started: {error}"
                ));
            }
        }
    }
    let mut text = format!("user namespaces are refused here ({last})");
    for line in advice(|name| std::fs::read_to_string(name).ok()) {
        let _ = write!(text, "; {line}");
    }
    Err(text)
}

/// The settings that forbid it, each with the command that allows it.
fn advice(read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let value = |name: &str| {
        read(&format!("/proc/sys/{}", name.replace('.', "/")))
            .and_then(|text| text.trim().parse::<u64>().ok())
    };
    let mut lines = Vec::new();
    for (name, forbids, allows) in [
        ("kernel.unprivileged_userns_clone", 0, 1),
        ("kernel.apparmor_restrict_unprivileged_userns", 1, 0),
        ("user.max_user_namespaces", 0, 15_000),
    ] {
        if value(name) == Some(forbids) {
            lines.push(format!(
                "{name} is {forbids}: `sysctl -w {name}={allows}` allows it"
            ));
        }
    }
    if lines.is_empty() {
        lines.push(
            "none of kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns and \
             user.max_user_namespaces forbids it, so a container's seccomp filter does: run as root or outside"
                .to_owned(),
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn the_setting_that_forbids_is_named_with_its_remedy() {
        let ubuntu = |name: &str| {
            name.ends_with("apparmor_restrict_unprivileged_userns")
                .then(|| "1\n".to_owned())
        };
        let lines = advice(ubuntu);
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].contains("sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
            "{lines:?}"
        );
    }

    #[test]
    fn where_no_setting_forbids_it_the_container_is_suspected() {
        let lines = advice(|_| None);
        assert!(lines[0].contains("seccomp"), "{lines:?}");
    }
}
