//! A file by FTP (RFC 959, RFC 2428): log-in, a passive connection for data, the file's text.

use std::net::SocketAddr;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use regex::bytes::Regex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::endpoint::{Dialer, Endpoint};
use crate::output::printable;
use crate::probe::{Outcome, Probe, limit, within};

/// So much of a file is read.
const FILE_BYTES_MAX: usize = 64 * 1024;
/// A reply of more octets is none.
const REPLY_BYTES_MAX: usize = 16 * 1024;
/// So much of a wrong reply is told.
const TOLD_BYTES: usize = 120;

/// A file to be fetched.
#[derive(Clone)]
pub struct FtpSpec {
    /// The server.
    pub endpoint: Endpoint,
    /// For all of it.
    pub timeout: Duration,
    /// Who logs in; `anonymous` is usual.
    pub login: String,
    /// With what.
    pub password: String,
    /// The file.
    pub path: String,
    /// What has to be in it; its first 64 KB are looked at.
    pub pattern: Option<Regex>,
}

impl FtpSpec {
    /// As `anonymous`, whatever is in the file.
    pub fn new(endpoint: Endpoint, timeout: Duration, path: impl Into<String>) -> Self {
        Self {
            endpoint,
            timeout,
            login: "anonymous".to_owned(),
            password: "anonymous@".to_owned(),
            path: path.into(),
            pattern: None,
        }
    }

    /// As this user.
    #[must_use]
    pub fn login(mut self, login: &str, password: &str) -> Self {
        login.clone_into(&mut self.login);
        password.clone_into(&mut self.password);
        self
    }

    /// This pattern has to be in the file.
    ///
    /// # Errors
    /// The pattern is none.
    pub fn finds(mut self, pattern: &str) -> Result<Self, regex::Error> {
        self.pattern = Some(Regex::new(pattern)?);
        Ok(self)
    }
}

/// Without its password.
impl std::fmt::Debug for FtpSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FtpSpec")
            .field("endpoint", &self.endpoint)
            .field("login", &self.login)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Fetches a file at every run. The server's address for data is its own, whatever it says.
#[derive(Debug)]
pub struct FtpProbe {
    spec: FtpSpec,
    dialer: Dialer,
}

impl FtpProbe {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(spec: FtpSpec) -> Self {
        let dialer = Dialer::new(spec.endpoint.clone());
        Self { spec, dialer }
    }

    async fn fetch(&self) -> Result<String, String> {
        let (stream, address) = self.dialer.tcp(self.spec.timeout).await?;
        let mut control = Control {
            stream,
            heard: Vec::new(),
        };
        self.talk(&mut control, address)
            .await
            .map_err(|error| format!("{address}: {error}"))
    }

    async fn talk(&self, control: &mut Control, address: SocketAddr) -> Result<String, String> {
        let FtpSpec {
            login,
            password,
            path,
            pattern,
            ..
        } = &self.spec;
        control.expect(&[220]).await?;
        if control.ask(&format!("USER {login}"), &[230, 331]).await?.0 == 331 {
            control.ask(&format!("PASS {password}"), &[202, 230]).await?;
        }
        control.ask("TYPE I", &[200]).await?;
        let port = match control.ask("EPSV", &[229]).await {
            Ok((_, text)) => extended_port(&text),
            Err(_refused) => passive_port(&control.ask("PASV", &[227]).await?.1),
        };
        let port = port.ok_or("it names no port for data")?;
        let data = Dialer::new(Endpoint {
            host: address.ip().to_string(),
            port,
            source_port: 0,
            ..self.spec.endpoint.clone()
        });
        let (mut data, _) = data.tcp(self.spec.timeout).await?;
        control.ask(&format!("RETR {path}"), &[125, 150]).await?;
        let mut file = Vec::new();
        let wanted = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
        let read = (&mut data).take(wanted).read_to_end(&mut file).await;
        read.map_err(|error| format!("{path}: {error}"))?;
        match pattern {
            Some(pattern) if !pattern.is_match(&file) => Err(format!("'{pattern}' is not found in {path}")),
            _ => Ok(format!("{path}: {} octets", file.len())),
        }
    }
}

impl Probe for FtpProbe {
    fn name(&self) -> String {
        format!(
            "ftp://{}/{}",
            self.dialer.endpoint(),
            self.spec.path.trim_start_matches('/')
        )
    }

    fn limit(&self) -> Duration {
        limit(self.spec.timeout)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        within(self.spec.timeout, "not done", self.fetch()).boxed()
    }
}

/// The connection for commands.
struct Control {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Control {
    async fn ask(&mut self, command: &str, good: &[u16]) -> Result<(u16, String), String> {
        // Nothing of a name or path may become a command of its own.
        let line: String = command.chars().filter(|sign| !sign.is_control()).collect();
        let sent = self.stream.write_all(format!("{line}\r\n").as_bytes()).await;
        sent.map_err(|error| error.to_string())?;
        let word = command.split(' ').next().unwrap_or_default();
        self.expect(good)
            .await
            .map_err(|error| format!("{word}: {error}"))
    }

    async fn expect(&mut self, good: &[u16]) -> Result<(u16, String), String> {
        loop {
            if let Some((code, text, octets)) = reply(&self.heard) {
                self.heard.drain(..octets);
                return match code.filter(|code| good.contains(code)) {
                    Some(code) => Ok((code, text)),
                    None => Err(format!("it says '{text}'")),
                };
            }
            if self.heard.len() > REPLY_BYTES_MAX {
                return Err("its reply does not end".to_owned());
            }
            let mut chunk = [0_u8; 4096];
            match self.stream.read(&mut chunk).await {
                Ok(0) => return Err("it closed the connection".to_owned()),
                Ok(count) => self
                    .heard
                    .extend_from_slice(chunk.get(..count).unwrap_or_default()),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

/// A whole reply: its code, its last line, and how many octets it has. `220-` begins one of several lines, which ends with
/// the line that begins with `220 `.
fn reply(heard: &[u8]) -> Option<(Option<u16>, String, usize)> {
    let mut octets = 0;
    let mut first: Option<&[u8]> = None;
    loop {
        let rest = heard.get(octets..)?;
        let end = rest.iter().position(|octet| *octet == b'\n')?;
        let line = rest.get(..end)?.trim_ascii_end();
        octets += end + 1;
        let digits = line
            .get(..3)
            .filter(|digits| digits.iter().all(u8::is_ascii_digit));
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        let goes_on = line.get(3) == Some(&b'-') && first.is_none();
        let ends = match first {
            None => !goes_on,
            Some(opened) => digits == Some(opened) && line.get(3) != Some(&b'-'),
        };
        if ends {
            let told = line.get(..TOLD_BYTES).unwrap_or(line);
            return Some((code, printable(told), octets));
        }
        if goes_on {
            first = digits;
        }
    }
}

/// `229 Entering Extended Passive Mode (|||6446|)`.
fn extended_port(text: &str) -> Option<u16> {
    let inside = text.split_once('(')?.1.split_once(')')?.0;
    let sign = inside.chars().next()?;
    inside.split(sign).nth(3)?.parse().ok()
}

/// `227 Entering Passive Mode (192,0,2,1,25,46)`.
fn passive_port(text: &str) -> Option<u16> {
    let digit = |sign: char| sign.is_ascii_digit() || sign == ',';
    let numbers = text
        .split(|sign| !digit(sign))
        .find(|part| part.matches(',').count() == 5)?;
    let mut ends = numbers.rsplit(',');
    let low: u8 = ends.next()?.parse().ok()?;
    let high: u8 = ends.next()?.parse().ok()?;
    Some(u16::from_be_bytes([high, low]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_ends_with_its_code_and_a_blank() {
        assert_eq!(reply(b"220-a\r\n221 b\r\n"), None);
        assert_eq!(reply(b"220 a\r\nx"), Some((Some(220), "220 a".to_owned(), 7)));
        let long = b"220-a\r\n230 b\r\n220-c\r\n220 d\r\n";
        assert_eq!(reply(long), Some((Some(220), "220 d".to_owned(), 28)));
        assert_eq!(reply(b"hello\r\n").map(|(code, ..)| code), Some(None));
    }

    #[test]
    fn ports_for_data_are_read() {
        assert_eq!(extended_port("229 Passive (|||6446|)"), Some(6446));
        assert_eq!(passive_port("227 Passive (192,0,2,1,25,46)."), Some(6446));
        assert_eq!(passive_port("227 =192,0,2,1,25,46"), Some(6446));
        assert_eq!(extended_port("229 ok"), None);
        assert_eq!(passive_port("227 (1,2,3)"), None);
    }
}
