//! TLS as this machine has it: its trusted roots, and one provider of the cryptography.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use healthcheck::{ClientIdentity, TlsSpec};
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Read once: hundreds of certificates, and the file seldom changes. But a failure is not kept: a reload looks again.
static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();

fn roots() -> Result<Arc<RootCertStore>, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    let (added, _odd) = store.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(Arc::new(store));
    }
    let why = found
        .errors
        .first()
        .map_or_else(|| "no certificate was found".to_owned(), ToString::to_string);
    Err(format!(
        "this machine has no trusted certificates ({why}): install ca-certificates, name a file in SSL_CERT_FILE, or write verify off"
    ))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The certificate must be one that this machine trusts.
///
/// # Errors
/// The machine trusts none.
pub(crate) fn verified() -> Result<TlsSpec, String> {
    let roots = match ROOTS.get() {
        Some(roots) => roots,
        None => {
            let found = roots()?;
            ROOTS.get_or_init(|| found)
        }
    };
    Ok(TlsSpec::new(provider(), Arc::clone(roots)))
}

/// The certificate must be one that this machine trusts, or an authority in this file.
///
/// # Errors
/// The file cannot be read, or holds no certificate.
pub(crate) fn verified_by(authorities: &Path) -> Result<TlsSpec, String> {
    let mut store = match ROOTS.get() {
        Some(roots) => RootCertStore::clone(roots),
        None => roots().map_or_else(|_| RootCertStore::empty(), |roots| RootCertStore::clone(&roots)),
    };
    for certificate in certificates(authorities)? {
        store.add(certificate).map_err(|error| {
            format!(
                "{}: a certificate of it is no authority: {error}",
                authorities.display()
            )
        })?;
    }
    Ok(TlsSpec::new(provider(), Arc::new(store)))
}

/// A certificate with its key, out of files in PEM.
///
/// # Errors
/// One of them cannot be read, or does not hold what it should.
pub(crate) fn identity(certificate: &Path, key: &Path) -> Result<ClientIdentity, String> {
    Ok(ClientIdentity {
        chain: certificates(certificate)?,
        key: PrivateKeyDer::from_pem_file(key).map_err(|error| {
            format!(
                "{}: no key in PEM that can be read without a password: {error}",
                key.display()
            )
        })?,
    })
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong =
        |error: &dyn std::fmt::Display| format!("{}: no certificates in PEM: {error}", file.display());
    let read = CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))?;
    let all: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| wrong(&error))?;
    if all.is_empty() {
        return Err(wrong(&"there is none"));
    }
    Ok(all)
}

/// Only the end of the certificate is looked at.
#[must_use]
pub fn unverified() -> TlsSpec {
    TlsSpec::unverified(provider())
}
