//! `address:port`, `host:service`, `[address]:port`.

use std::net::{IpAddr, Ipv6Addr};

use crate::model::{Family, Protocol};
use crate::names::Names;

/// What a text says, before names are looked up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written<'t> {
    pub(super) host: &'t str,
    /// In brackets.
    pub(super) brackets: bool,
    pub(super) port: Option<&'t str>,
}

/// `[v6]:port` or `host:port`; none where brackets do not match.
pub(super) fn written(text: &str) -> Option<Written<'_>> {
    if let Some(inside) = text.strip_prefix('[') {
        let (host, behind) = inside.split_once(']')?;
        let port = match behind {
            "" => None,
            _ => Some(behind.strip_prefix(':')?),
        };
        return Some(Written {
            host,
            brackets: true,
            port,
        });
    }
    // An address of IPv6 without brackets has no port.
    if text.parse::<Ipv6Addr>().is_ok() {
        return Some(Written {
            host: text,
            brackets: false,
            port: None,
        });
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    Some(Written {
        host,
        brackets: false,
        port,
    })
}

/// The address of a host, in words why not; and its name, where it is one.
pub(super) fn address(
    host: &str,
    family: Family,
    names: &dyn Names,
) -> Result<(IpAddr, Option<String>), (String, &'static str)> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return if Family::of(address) == family {
            Ok((address, None))
        } else {
            let (is, write) = match family {
                Family::Ipv4 => (
                    "IPv6",
                    "write the word with a 6 at its end (virtual6, real6, fallback6)",
                ),
                Family::Ipv6 => ("IPv4", "write the word without the 6 at its end"),
            };
            Err((format!("{host} is an address of {is}"), write))
        };
    }
    if host.is_empty() {
        return Err(("there is no address".to_owned(), "write ADDRESS:PORT"));
    }
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let dotted = |c: char| c.is_ascii_digit() || c == '.';
    if !host.chars().all(name) || host.chars().all(dotted) {
        return Err((
            format!("'{host}' is no address and no name"),
            "write ADDRESS:PORT",
        ));
    }
    match names.address(host, family) {
        Ok(address) => Ok((address, Some(host.to_owned()))),
        Err(why) => Err((
            format!("'{host}' cannot be looked up: {why}"),
            "write its address, which is there without a name server too",
        )),
    }
}

/// A port by number or name.
pub(super) fn port(text: &str, protocol: Protocol, names: &dyn Names) -> Result<u16, (String, &'static str)> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return text
            .parse()
            .map_err(|_| (format!("{text} is no port"), "write a number from 1 to 65535"));
    }
    names.port(text, protocol).ok_or_else(|| {
        (
            format!("there is no service '{text}'"),
            "write the number of its port",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(&str, Option<&str>)> {
        written(text).map(|written| (written.host, written.port))
    }

    #[test]
    fn a_port_stands_behind_the_last_colon() {
        assert_eq!(parts("192.0.2.1:80"), Some(("192.0.2.1", Some("80"))));
        assert_eq!(parts("web.example:http"), Some(("web.example", Some("http"))));
        assert_eq!(parts("192.0.2.1"), Some(("192.0.2.1", None)));
        assert_eq!(parts("[2001:db8::1]:80"), Some(("2001:db8::1", Some("80"))));
        assert_eq!(parts("[2001:db8::1]"), Some(("2001:db8::1", None)));
        assert_eq!(parts("2001:db8::1"), Some(("2001:db8::1", None)));
        assert_eq!(parts("[2001:db8::1"), None);
        assert_eq!(parts("[2001:db8::1]80"), None);
    }
}
