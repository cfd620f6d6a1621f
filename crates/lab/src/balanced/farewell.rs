//! What nginx is told before, or after, its node gives the address away as planned.

use super::Balancer;
use crate::LabError;

/// One way to prepare a planned stop of vrrpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Farewell {
    /// Nothing.
    Nothing,
    /// `nginx -s quit`, then the stop.
    QuitBefore,
    /// The stop, then `nginx -s quit`.
    QuitAfter,
    /// The example's hooks.
    Example,
}

/// Words of the example that run something around a stop.
const HOOKS: [&str; 2] = ["notify_before_stop", "notify_stop"];

/// The file without its hooks.
pub(super) fn strip_hooks(config: &str) -> String {
    let is_hook = |line: &&str| HOOKS.iter().any(|word| line.trim_start().starts_with(word));
    let lines: Vec<&str> = config.lines().filter(|line| !is_hook(line)).collect();
    lines.join("\n") + "\n"
}

impl Farewell {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::QuitBefore, Self::QuitAfter, Self::Example];

    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "no hook",
            Self::QuitBefore => "nginx -s quit before",
            Self::QuitAfter => "nginx -s quit after",
            Self::Example => "the example's hook",
        }
    }

    /// Whether vrrpd has to run with the example's hooks for it.
    pub(super) fn wants_hooks(self) -> bool {
        self == Self::Example
    }

    /// Stop vrrpd, which has been started with what it wants, and wait until it has.
    pub(super) fn stop(self, balancer: &mut Balancer) -> Result<(), LabError> {
        if self == Self::QuitBefore {
            balancer.ask_nginx_to_quit()?;
        }
        balancer.stop_daemon()?;
        if self == Self::QuitAfter {
            balancer.ask_nginx_to_quit()?;
        }
        Ok(())
    }

    /// Have nginx as it was.
    pub(super) fn undo(self, balancer: &mut Balancer) -> Result<(), LabError> {
        if matches!(self, Self::QuitBefore | Self::QuitAfter) {
            // Nobody has to wait for the last of its connections.
            let _ = balancer.kill_nginx();
            balancer.start_nginx()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::strip_hooks;

    #[test]
    fn a_file_without_its_hooks() {
        let text =
            "a {\n    notify_before_stop \"x leave\"\n    notify_stop \"x return\"\n    notify_master y\n}\n";
        assert_eq!(strip_hooks(text), "a {\n    notify_master y\n}\n");
    }
}
