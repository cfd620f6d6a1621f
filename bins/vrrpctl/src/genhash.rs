//! vrrpctl under the name `genhash`: keepalived's tool of that name, with its options.

use std::path::Path;
use std::time::Duration;

use clap::Parser;
use healthcheck::{Endpoint, HttpVersion};

use crate::digest::{Wanted, fetch, tell};
use crate::{DONE, REFUSED};

/// The MD5 digest of a page, for the word digest of keepalived.conf. `vrrpctl digest URL` is the same.
#[derive(Debug, Parser)]
#[command(name = "genhash", args_override_self = true)]
struct Options {
    /// The server: an address or a name.
    #[arg(short = 's', long = "server", value_name = "SERVER")]
    server: String,
    /// Its port.
    #[arg(short = 'p', long = "port", value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// The page, from its / on.
    #[arg(short = 'u', long = "url", value_name = "PATH")]
    url: String,
    /// Over TLS; the certificate is not verified.
    #[arg(short = 'S', long = "use-ssl")]
    tls: bool,
    /// The server's name in the greeting of TLS is always that of -V.
    #[arg(short = 'I', long = "use-sni")]
    sni: bool,
    /// The name of the host that is asked for.
    #[arg(short = 'V', long = "use-virtualhost", value_name = "NAME")]
    host: Option<String>,
    /// HTTP 1.0, 1.0c or 1.1; a connection is never kept.
    #[arg(short = 'P', long = "protocol", value_name = "VERSION", value_parser = ["1.0", "1.0c", "1.0C", "1.1"], default_value = "1.0")]
    protocol: String,
    /// How long to wait.
    #[arg(short = 't', long = "timeout", value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,
    /// The mark of the packets; needs CAP_NET_ADMIN.
    #[arg(short = 'm', long = "fwmark", value_name = "MARK", default_value_t = 0)]
    mark: u32,
    /// Say status and size too, on standard error.
    #[arg(short = 'v', long = "verbose")]
    verbose: bool,
}

/// Whether this process was called by that name.
pub(crate) fn is_called() -> bool {
    let first = std::env::args_os().next();
    first.is_some_and(|word| Path::new(&word).file_name().is_some_and(|name| name == "genhash"))
}

/// The exit code is 1 where there is no answer; keepalived's says 0 then.
pub(crate) fn run() -> u8 {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { REFUSED } else { DONE };
        }
    };
    let endpoint = Endpoint::new(options.server, options.port).marked(options.mark);
    let place = format!("{endpoint} {}", options.url);
    let wanted = Wanted {
        endpoint,
        tls: options.tls,
        path: options.url,
        host: options.host,
        version: match options.protocol.as_str() {
            "1.1" => HttpVersion::Http11,
            _ => HttpVersion::Http10,
        },
        timeout: Duration::from_secs(u64::from(options.timeout)),
    };
    match fetch(wanted) {
        Ok(page) => {
            if options.verbose {
                eprintln!("{place}: status {}, {} octets", page.status, page.body.len());
            }
            tell(&page)
        }
        Err(error) => {
            eprintln!("genhash: {place}: {error}");
            REFUSED
        }
    }
}
