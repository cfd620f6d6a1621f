//! What is set for the whole process before it begins.

use std::ffi::CStr;

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit};

/// The name by which `ps -C`, `killall` and `pidof` find it. A link has it already, unless it was started by another path.
pub(crate) fn call(name: &CStr) {
    // Whoever asks by name then finds the program's own.
    let _kept = rustix::thread::set_name(name);
}

/// What new files are not: the bits of `mask`.
pub(crate) fn mask(mask: u32) {
    rustix::process::umask(Mode::from_raw_mode(mask));
}

/// The kernel may write a core dump of any size.
///
/// # Errors
/// EPERM where the limit of the caller is lower and this is no root.
pub(crate) fn allow_core_dump() -> std::io::Result<()> {
    let endless = Rlimit {
        current: None,
        maximum: None,
    };
    Ok(rustix::process::setrlimit(Resource::Core, endless)?)
}

/// As many descriptors as the system lets this process have: each check that runs needs one or two, and of thousands of real
/// servers thousands may hang at the same time.
///
/// # Errors
/// The system refuses; things go on with what there is.
pub(crate) fn raise_descriptors() -> std::io::Result<()> {
    let now = rustix::process::getrlimit(Resource::Nofile);
    if now.current == now.maximum {
        return Ok(());
    }
    let all = Rlimit {
        current: now.maximum,
        maximum: now.maximum,
    };
    Ok(rustix::process::setrlimit(Resource::Nofile, all)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_descriptors_that_there_may_be() {
        raise_descriptors().unwrap();
        let limit = rustix::process::getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
