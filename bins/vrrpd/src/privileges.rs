//! Which permissions are missing, by name, before anything is begun.

use std::io;

use caps::errors::CapsError;
use caps::{CapSet, Capability, CapsHashSet};

/// What the daemon cannot do without, and what for.
const NEEDED: [(Capability, &str); 2] = [
    (Capability::CAP_NET_RAW, "raw sockets of protocol 112"),
    (Capability::CAP_NET_ADMIN, "adding and removing addresses"),
];

/// Permissions that are not there.
#[derive(Debug, thiserror::Error)]
#[error(
    "missing {}: start vrrpd as root, with AmbientCapabilities={} in its systemd unit, or after setcap {}+ep on the program. Nothing was started",
    list(.missing),
    names(.missing, " "),
    names(.missing, ",").to_lowercase()
)]
pub(crate) struct Missing {
    missing: Vec<(Capability, &'static str)>,
}

fn list(missing: &[(Capability, &str)]) -> String {
    let parts: Vec<String> = missing
        .iter()
        .map(|(name, what_for)| format!("{name} (for {what_for})"))
        .collect();
    parts.join(" and ")
}

fn names(missing: &[(Capability, &str)], between: &str) -> String {
    let names: Vec<String> = missing.iter().map(|(name, _)| name.to_string()).collect();
    names.join(between)
}

/// Whether the daemon may do its work.
///
/// # Errors
/// Names every missing capability, what it is for and three ways to give it.
pub(crate) fn check() -> Result<(), Missing> {
    // Where the kernel does not tell, the system call will.
    let has = |capability| caps::has_cap(None, CapSet::Effective, capability).unwrap_or(true);
    let missing: Vec<_> = NEEDED
        .into_iter()
        .filter(|(capability, _)| !has(*capability))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Missing { missing })
    }
}

/// The supervisor sends, hears, and removes addresses. What else it was given it puts aside, and its child gets it all the
/// same: root and a program with capabilities of its file gain it anew at `exec`, and what is ambient stays permitted for that.
///
/// # Errors
/// What the kernel refuses; nothing depends on it.
pub(crate) fn keep_what_the_parent_needs() -> io::Result<()> {
    let needed = NEEDED.into_iter().map(|(capability, _)| capability).collect();
    let permitted = caps::read(None, CapSet::Permitted).map_err(io::Error::other)?;
    let held = permitted.intersection(&needed).copied().collect();
    caps::set(None, CapSet::Effective, &held).map_err(io::Error::other)?;
    // Where `exec` may give nothing anew the child would be left with this.
    let regains = !rustix::thread::no_new_privs()?;
    if regains && rustix::process::geteuid().is_root() {
        caps::set(None, CapSet::Permitted, &held).map_err(io::Error::other)?;
    }
    Ok(())
}

/// SEC-12: the calling thread, which reads what anybody on the network sends, keeps what it cannot do without. The others
/// start scripts as the users that the file names, and so keep theirs.
///
/// # Errors
/// What the kernel refuses; nothing depends on it.
pub(crate) fn keep_what_the_loop_needs() -> Result<(), CapsError> {
    keep(&NEEDED.into_iter().map(|(capability, _)| capability).collect())
}

/// The calling thread, which speaks with strangers and needs none of what the router does, keeps nothing; nor do the threads
/// that it starts, nor would a program that one of them started.
///
/// What is of root it may still read and write where its owner may: files of others it may not, as root could.
///
/// # Errors
/// What the kernel refuses: it must not go on then.
pub(crate) fn give_up_all() -> io::Result<()> {
    let refused =
        |error: CapsError| io::Error::other(format!("its capabilities cannot be given up: {error}"));
    keep(&CapsHashSet::new()).map_err(refused)?;
    // A program of root's would get them all again, where the set that bounds them could not be changed.
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

fn keep(needed: &CapsHashSet) -> Result<(), CapsError> {
    // Whoever may not change the set that bounds the others cannot gain from it either.
    if caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP)? {
        for capability in caps::all().difference(needed) {
            // One that this kernel does not know is not there.
            let _unknown = caps::drop(None, CapSet::Bounding, *capability);
        }
    }
    caps::clear(None, CapSet::Ambient)?;
    caps::clear(None, CapSet::Inheritable)?;
    caps::set(None, CapSet::Effective, needed)?;
    caps::set(None, CapSet::Permitted, needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_capability_and_the_ways_to_give_it() {
        let text = Missing {
            missing: NEEDED.to_vec(),
        }
        .to_string();
        assert!(text.starts_with(
            "missing CAP_NET_RAW (for raw sockets of protocol 112) and CAP_NET_ADMIN (for adding and removing addresses): "
        ));
        assert!(
            text.contains("AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN"),
            "{text}"
        );
        assert!(text.contains("setcap cap_net_raw,cap_net_admin+ep"), "{text}");
    }
}
