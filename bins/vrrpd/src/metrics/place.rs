//! Where the listener is: an address with a port, or the path of a socket.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// One `--metrics`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// TCP.
    Tcp(SocketAddr),
    /// A Unix stream socket.
    Unix(PathBuf),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('/') {
            return Ok(Self::Unix(PathBuf::from(text)));
        }
        let address: SocketAddr = text.parse().map_err(|_| {
            "expected an address with a port (127.0.0.1:9650, [::1]:9650), or the path of a socket from / on".to_owned()
        })?;
        if address.port() == 0 {
            return Err("port 0 is none that anybody could ask at".to_owned());
        }
        Ok(Self::Tcp(address))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "http://{address}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_a_port_and_a_path_its_slash() {
        let good = ["127.0.0.1:9650", "[::1]:80", "/run/vrrpd/metrics.sock"];
        for text in good {
            assert!(text.parse::<Place>().is_ok(), "{text}");
        }
        for text in [
            "",
            "9650",
            ":9650",
            "localhost:9650",
            "127.0.0.1",
            "127.0.0.1:0",
            "::1:9650:",
            "run/x.sock",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
        assert_eq!(
            "[::1]:80".parse::<Place>().unwrap().to_string(),
            "http://[::1]:80"
        );
    }
}
