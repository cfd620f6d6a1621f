//! Which signal does what, as `keepalived --signum` tells.

use std::str::FromStr;

/// What a signal is for, by keepalived's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    /// Stops in order.
    Stop,
    /// Reads the file anew.
    Reload,
    /// Writes the state.
    Data,
    /// Writes the counters.
    Stats,
    /// Writes both as JSON.
    Json,
}

/// The third one from the first that the C library leaves to programs, as with keepalived.
pub(crate) fn json_signal() -> i32 {
    libc::SIGRTMIN() + 2
}

impl Function {
    /// Its number on this system.
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Stop => libc::SIGTERM,
            Self::Reload => libc::SIGHUP,
            Self::Data => libc::SIGUSR1,
            Self::Stats => libc::SIGUSR2,
            Self::Json => json_signal(),
        }
    }
}

impl FromStr for Function {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "STOP" => Self::Stop,
            "RELOAD" => Self::Reload,
            "DATA" => Self::Data,
            "STATS" => Self::Stats,
            "JSON" => Self::Json,
            "STATS_CLEAR" => return Err("vrrpd never sets its counters back".to_owned()),
            _ => return Err("known are STOP, RELOAD, DATA, STATS, JSON".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What keepalived 2.2.7 prints on Linux with glibc.
    #[test]
    #[cfg(target_env = "gnu")]
    fn the_numbers_are_those_of_keepalived() {
        let number = |name: &str| name.parse::<Function>().unwrap().number();
        let names = ["STOP", "RELOAD", "DATA", "STATS", "JSON"];
        assert_eq!(names.map(number), [15, 1, 10, 12, 36]);
        assert!("json".parse::<Function>().is_err());
        assert!("STATS_CLEAR".parse::<Function>().unwrap_err().contains("never"));
    }
}
