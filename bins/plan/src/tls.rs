//! TLS as this machine has it: its trusted roots, and one provider of the cryptography.

use std::sync::{Arc, OnceLock};

use healthcheck::TlsSpec;
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, aws_lc_rs};

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

/// Only the end of the certificate is looked at.
#[must_use]
pub fn unverified() -> TlsSpec {
    TlsSpec::unverified(provider())
}
