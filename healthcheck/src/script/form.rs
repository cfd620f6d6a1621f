//! The forms that keepalived's `script` line may take.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use crate::connect::Transport;

/// What a script line asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Form {
    /// Run a program; exit 0 passes.
    Command(Vec<OsString>),
    /// `</dev/tcp/HOST/PORT`, `</dev/udp/HOST/PORT`: connect.
    Connect {
        /// TCP or UDP.
        transport: Transport,
        /// An address or a name.
        host: String,
        /// 1 to 65535.
        port: u16,
    },
    /// `</path`: the script's user can open the file for reading.
    Readable(PathBuf),
}

/// A `</dev/tcp` or `</dev/udp` that names no port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{found}' is not </dev/{family}/HOST/PORT with a port from 1 to 65535; write for example </dev/{family}/127.0.0.1/80"
)]
pub struct FormError {
    /// What was written.
    pub found: String,
    /// `tcp` or `udp`.
    pub family: &'static str,
}

impl Form {
    /// Reads the words of a script line. Only a single word that begins with `</` is special; the shell that
    /// keepalived hands it to is not needed for any of its meanings.
    ///
    /// # Errors
    /// [`FormError`] for a connection that names no host or port.
    pub fn of(argv: &[OsString]) -> Result<Self, FormError> {
        let path = match argv {
            [only] => only
                .as_bytes()
                .strip_prefix(b"<")
                .filter(|path| path.starts_with(b"/")),
            _ => None,
        };
        let Some(path) = path else {
            return Ok(Self::Command(argv.to_vec()));
        };
        for (prefix, family, transport) in [
            ("/dev/tcp/", "tcp", Transport::Tcp),
            ("/dev/udp/", "udp", Transport::Udp),
        ] {
            if let Some(rest) = path.strip_prefix(prefix.as_bytes()) {
                let (host, port) = host_and_port(rest).ok_or_else(|| FormError {
                    found: format!("<{}", String::from_utf8_lossy(path)),
                    family,
                })?;
                return Ok(Self::Connect {
                    transport,
                    host,
                    port,
                });
            }
        }
        Ok(Self::Readable(PathBuf::from(OsString::from_vec(path.to_vec()))))
    }
}

fn host_and_port(rest: &[u8]) -> Option<(String, u16)> {
    let (host, port) = std::str::from_utf8(rest).ok()?.rsplit_once('/')?;
    let port: u16 = port.parse().ok()?;
    if port == 0 || host.is_empty() || host.contains('/') {
        return None;
    }
    Some((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::{Form, Transport};

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_connection_needs_no_shell() {
        let connect = |transport, host: &str, port| {
            let host = host.to_owned();
            Ok(Form::Connect {
                transport,
                host,
                port,
            })
        };
        assert_eq!(
            Form::of(&words(&["</dev/tcp/127.0.0.1/8088"])),
            connect(Transport::Tcp, "127.0.0.1", 8088)
        );
        assert_eq!(
            Form::of(&words(&["</dev/tcp/::1/80"])),
            connect(Transport::Tcp, "::1", 80)
        );
        assert_eq!(
            Form::of(&words(&["</dev/udp/dns.example/53"])),
            connect(Transport::Udp, "dns.example", 53)
        );
    }

    #[test]
    fn a_connection_without_a_port_is_an_error_that_shows_the_form() {
        for bad in [
            "</dev/tcp/127.0.0.1",
            "</dev/tcp/h/0",
            "</dev/tcp//80",
            "</dev/tcp/h/65536",
            "</dev/tcp/a/b/80",
        ] {
            let text = Form::of(&words(&[bad])).unwrap_err().to_string();
            assert!(
                text.contains(bad) && text.contains("</dev/tcp/127.0.0.1/80"),
                "{text}"
            );
        }
    }

    #[test]
    fn other_paths_are_opened_and_other_words_run() {
        let readable = Form::Readable(PathBuf::from("/run/up"));
        assert_eq!(Form::of(&words(&["</run/up"])), Ok(readable));
        for argv in [
            &["/bin/check", "</run/up"][..],
            &["</run/up", "x"],
            &["<run"],
            &["< /run/up"],
            &[],
        ] {
            assert_eq!(Form::of(&words(argv)), Ok(Form::Command(words(argv))), "{argv:?}");
        }
    }
}
