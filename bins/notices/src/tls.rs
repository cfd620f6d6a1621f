//! TLS as this machine has it: its trusted roots, and one provider of the cryptography.

use std::sync::{Arc, OnceLock};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Read once: hundreds of certificates, and the file seldom changes. But none is not kept: the file may yet come.
static MACHINE: OnceLock<Vec<Vec<u8>>> = OnceLock::new();

fn machine() -> &'static [Vec<u8>] {
    if let Some(found) = MACHINE.get() {
        return found;
    }
    let found = rustls_native_certs::load_native_certs();
    let found: Vec<_> = found.certs.iter().map(|one| one.as_ref().to_vec()).collect();
    if found.is_empty() {
        return &[];
    }
    MACHINE.get_or_init(|| found)
}

/// Those of the machine, and `more`, in DER.
pub(crate) fn certificates(more: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, String> {
    let all: Vec<Vec<u8>> = machine().iter().chain(more).cloned().collect();
    if all.is_empty() {
        return Err(
            "this machine has no trusted certificates: install ca-certificates, or name a file in SSL_CERT_FILE"
                .to_owned(),
        );
    }
    Ok(all)
}

/// A handshake with a server that has a certificate for `host`.
pub(crate) async fn connect(
    stream: TcpStream,
    host: &str,
    more: &[Vec<u8>],
) -> Result<TlsStream<TcpStream>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(more)?.into_iter().map(CertificateDer::from));
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| format!("{host} is no name that a certificate can have: {error}"))?;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| format!("no TLS with {host}: {error}"))
}
