//! `vrrpctl digest URL`: what keepalived's `digest` is to be, computed as the check computes it.

use std::time::Duration;

use clap::Args;
use healthcheck::{Endpoint, Fetched, HttpProbe, HttpSpec, HttpUrl, HttpVersion, digest_md5, digest_sha256};
use serde_json::json;

use crate::{REFUSED, pretty, print};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The page: http://192.0.2.1:8080/health, or https://.
    url: String,
    /// The name of the host that is asked for, where it is not that of the URL (keepalived `virtualhost`).
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// How long to wait.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,
    /// Status, size, MD5 and SHA-256 as JSON.
    #[arg(long)]
    json: bool,
}

/// A page to be asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) endpoint: Endpoint,
    pub(crate) tls: bool,
    pub(crate) path: String,
    pub(crate) host: Option<String>,
    pub(crate) version: HttpVersion,
    pub(crate) timeout: Duration,
}

pub(crate) fn run(arguments: &Arguments) -> u8 {
    let (tls, endpoint, path) = match parts(&arguments.url) {
        Ok(parts) => parts,
        Err(error) => {
            eprintln!("vrrpctl: {}: {error}", arguments.url);
            return REFUSED;
        }
    };
    // The name in the URL is what a browser would ask for; a number is no name.
    let named = endpoint.host.parse::<std::net::IpAddr>().is_err();
    let host = arguments
        .host
        .clone()
        .or_else(|| named.then(|| endpoint.host.clone()));
    let wanted = Wanted {
        endpoint,
        tls,
        path,
        host,
        version: HttpVersion::Http11,
        timeout: Duration::from_secs(u64::from(arguments.timeout)),
    };
    match fetch(wanted) {
        Ok(page) if arguments.json => as_json(&arguments.url, &page),
        Ok(page) => tell(&page),
        Err(error) => {
            eprintln!("vrrpctl: {}: {error}", arguments.url);
            REFUSED
        }
    }
}

/// The digest alone, as genhash prints it; what is odd about the page beside it.
pub(crate) fn tell(page: &Fetched) -> u8 {
    if !(200..300).contains(&page.status) {
        eprintln!(
            "vrrpctl: the page answers {}: this is the digest of that answer",
            page.status
        );
    }
    print(&format!("{}\n", digest_md5(&page.body)))
}

fn as_json(url: &str, page: &Fetched) -> u8 {
    let value = json!({
        "url": url,
        "status": page.status,
        "octets": page.body.len(),
        "md5": digest_md5(&page.body),
        "sha256": digest_sha256(&page.body),
    });
    match pretty(&value) {
        Ok(text) => print(&text),
        Err(error) => {
            eprintln!("vrrpctl: cannot write it as JSON: {error}");
            REFUSED
        }
    }
}

/// The page, whatever its status.
///
/// # Errors
/// Why there is none, in words.
pub(crate) fn fetch(wanted: Wanted) -> Result<Fetched, String> {
    let mut url = HttpUrl::new(wanted.path);
    url.host = wanted.host;
    let mut spec = HttpSpec::new(wanted.endpoint, wanted.timeout)
        .version(wanted.version)
        .url(url);
    // No page that anybody checks every second is larger.
    spec.body_bytes_max = 64 * 1024 * 1024;
    let spec = if wanted.tls { over_tls(spec)? } else { spec };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(HttpProbe::new(spec).fetch())
}

#[cfg(feature = "tls")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
fn over_tls(spec: HttpSpec) -> Result<HttpSpec, String> {
    Ok(spec.tls(vrrp_plan::unverified()))
}

#[cfg(not(feature = "tls"))]
fn over_tls(_spec: HttpSpec) -> Result<HttpSpec, String> {
    Err("https needs a vrrpctl that was built with its feature tls".to_owned())
}

/// Whether TLS is spoken, where, and the path.
fn parts(url: &str) -> Result<(bool, Endpoint, String), String> {
    let (tls, rest) = if let Some(rest) = url.strip_prefix("https://") {
        (true, rest)
    } else if let Some(rest) = url.strip_prefix("http://") {
        (false, rest)
    } else {
        return Err("a URL begins with http:// or https://".to_owned());
    };
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (place, path) = rest.split_at(at);
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    };
    if place.contains('@') {
        return Err("a user and a password are not sent by a health check".to_owned());
    }
    // An IPv6 address stands in brackets.
    let (host, port) = match place.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let port = match port {
        None => Some(if tls { 443 } else { 80 }),
        Some(text) => text.parse().ok().filter(|port| *port > 0),
    };
    match port {
        Some(port) if !host.is_empty() => Ok((tls, Endpoint::new(host, port), path)),
        _ => Err(format!(
            "\"{place}\" is no host, or host and port from 1 to 65535"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use healthcheck::{BodyRule, Probe as _, Verdict};

    use super::*;

    /// What is printed is what the check wants, of a page that comes in pieces too: the framing is no part of it.
    #[test]
    fn the_check_is_content_with_what_is_printed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            for _ in 0..3 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    let mut octet = [0];
                    stream.read_exact(&mut octet).unwrap();
                    asked.extend(octet);
                }
                let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
                let body = "6\r\nhello \r\n5\r\nbody\n\r\n0\r\n\r\n";
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
        });
        let endpoint = || Endpoint::new(at.ip().to_string(), at.port());
        let page = fetch(Wanted {
            endpoint: endpoint(),
            tls: false,
            path: "/".to_owned(),
            host: None,
            version: HttpVersion::Http11,
            timeout: Duration::from_secs(5),
        });
        let printed = digest_md5(&page.unwrap().body);
        // `printf 'hello body\n' | md5sum`
        assert_eq!(printed, "60a9cce591be31076132ad1ff144b06e");
        let check = |digest: &str| {
            let url = HttpUrl::new("/").body(BodyRule::md5(digest).unwrap());
            let spec = HttpSpec::new(endpoint(), Duration::from_secs(5))
                .version(HttpVersion::Http11)
                .url(url);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(HttpProbe::new(spec).probe())
        };
        let well = check(&printed);
        assert!(well.verdict == Verdict::Pass, "{well:?}");
        let other = check(&printed.replace('6', "7"));
        assert!(other.verdict == Verdict::Fail, "{other:?}");
        server.join().unwrap();
    }

    #[test]
    fn a_url_falls_into_its_parts() {
        let read = |url| parts(url).map(|(tls, at, path)| (tls, at.host, at.port, path));
        let is = |tls, host: &str, port, path: &str| Ok((tls, host.to_owned(), port, path.to_owned()));
        assert_eq!(read("http://192.0.2.1"), is(false, "192.0.2.1", 80, "/"));
        assert_eq!(
            read("https://a.example?x=1#y"),
            is(true, "a.example", 443, "/?x=1")
        );
        assert_eq!(
            read("http://[2001:db8::1]:8080/p/q"),
            is(false, "2001:db8::1", 8080, "/p/q")
        );
        for wrong in [
            "a.example",
            "ftp://a",
            "http://",
            "http://a:0/",
            "http://a:b",
            "http://u:p@a/",
        ] {
            assert!(parts(wrong).is_err(), "{wrong}");
        }
    }
}
