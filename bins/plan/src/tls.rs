//! TLS as this machine has it: its trusted roots, and one provider of the cryptography.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

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

/// The certificate must be one that this machine trusts, or an authority in this file. All checks of a plan share what is read:
/// `contents` is what it noted of its files, and without it they are read each time.
///
/// # Errors
/// The file cannot be read, or holds no certificate.
pub(crate) fn verified_by(authorities: &Path, contents: Option<u64>) -> Result<TlsSpec, String> {
    static KEPT: Kept<PathBuf, RootCertStore> = Mutex::new(BTreeMap::new());
    let store = shared(&KEPT, authorities.to_path_buf(), contents, || {
        read_roots(authorities)
    })?;
    Ok(TlsSpec::new(provider(), store))
}

fn read_roots(authorities: &Path) -> Result<RootCertStore, String> {
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
    Ok(store)
}

/// A certificate with its key, out of files in PEM. Shared as by [`verified_by`].
///
/// # Errors
/// One of them cannot be read, or does not hold what it should.
pub(crate) fn identity(
    certificate: &Path,
    key: &Path,
    contents: Option<u64>,
) -> Result<Arc<ClientIdentity>, String> {
    static KEPT: Kept<(PathBuf, PathBuf), ClientIdentity> = Mutex::new(BTreeMap::new());
    let files = (certificate.to_path_buf(), key.to_path_buf());
    shared(&KEPT, files, contents, || {
        Ok(ClientIdentity {
            chain: certificates(certificate)?,
            key: PrivateKeyDer::from_pem_file(key).map_err(|error| {
                format!(
                    "{}: no key in PEM that can be read without a password: {error}",
                    key.display()
                )
            })?,
        })
    })
}

/// By the files it was read of, with the contents that they had: the newest only.
type Kept<K, T> = Mutex<BTreeMap<K, (u64, Arc<T>)>>;

/// What was read of these files already while they held this, or what `read` reads now; a failure is not kept.
fn shared<K: Ord, T>(
    kept: &Kept<K, T>,
    files: K,
    contents: Option<u64>,
    read: impl FnOnce() -> Result<T, String>,
) -> Result<Arc<T>, String> {
    let Some(contents) = contents else {
        return read().map(Arc::new);
    };
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, known)) = kept.get(&files).filter(|(then, _)| *then == contents) {
        return Ok(Arc::clone(known));
    }
    let new = Arc::new(read()?);
    kept.insert(files, (contents, Arc::clone(&new)));
    Ok(new)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_once_is_shared_until_the_files_hold_something_else() {
        let kept: Kept<&str, u32> = Mutex::new(BTreeMap::new());
        let mut reads = 0;
        let mut ask = |file, contents| {
            shared(&kept, file, contents, || {
                reads += 1;
                Ok(reads)
            })
            .map(|read| *read)
        };
        assert_eq!((ask("a", Some(7)), ask("a", Some(7))), (Ok(1), Ok(1)));
        assert_eq!((ask("a", Some(8)), ask("b", Some(7))), (Ok(2), Ok(3)));
        // Nobody has looked into them: they may hold anything by now.
        assert_eq!((ask("c", None), ask("c", None)), (Ok(4), Ok(5)));
        let wrong = shared(&kept, "d", Some(1), || Err("gone".to_owned()));
        assert_eq!(wrong, Err("gone".to_owned()));
        assert_eq!(ask("d", Some(1)), Ok(6));
    }
}
