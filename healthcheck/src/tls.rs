//! TLS: a handshake, a verified certificate, and a warning before it ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::endpoint::{Dialer, Endpoint};
use crate::probe::{Outcome, Probe, limit, within};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// After the end of every certificate that has one (RFC 5280 4.1.2.5: 9999-12-31 means none).
const NEVER: Duration = Duration::from_secs(253_402_300_798);

/// A certificate of the client, with those that lead to its authority, and its key.
#[derive(Debug)]
pub struct ClientIdentity {
    /// Its own first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
}

/// How TLS is spoken. The provider of the cryptography is the program's choice, not this library's.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TlsSpec {
    /// `rustls::crypto::aws_lc_rs::default_provider()`, for example.
    pub provider: Arc<CryptoProvider>,
    /// Who may have signed the certificate. `None`: anybody, for any name; nothing is verified, and only the end of the
    /// certificate is looked at, where it can be read (not of X.509 v1). keepalived's `SSL_GET` never verifies.
    pub roots: Option<Arc<RootCertStore>>,
    /// The name that is asked for (SNI) and has to be in the certificate; otherwise the host (keepalived `sni_name`).
    pub server_name: Option<String>,
    /// Shown to a server that asks for one (keepalived `SSL`).
    pub client: Option<Arc<ClientIdentity>>,
    /// The result is degraded when the certificate ends within this time; 14 days. An expired one is a fail where it is
    /// verified.
    pub warn_before: Duration,
}

impl TlsSpec {
    /// Verified against these roots.
    #[must_use]
    pub const fn new(provider: Arc<CryptoProvider>, roots: Arc<RootCertStore>) -> Self {
        Self {
            provider,
            roots: Some(roots),
            server_name: None,
            client: None,
            warn_before: DAY.saturating_mul(14),
        }
    }

    /// Not verified.
    #[must_use]
    pub const fn unverified(provider: Arc<CryptoProvider>) -> Self {
        Self {
            provider,
            roots: None,
            server_name: None,
            client: None,
            warn_before: DAY.saturating_mul(14),
        }
    }

    /// For this name.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// With a certificate of our own.
    #[must_use]
    pub fn client(mut self, identity: ClientIdentity) -> Self {
        self.client = Some(Arc::new(identity));
        self
    }

    /// With a warning this long before the end of the certificate.
    #[must_use]
    pub const fn warn_before(mut self, time: Duration) -> Self {
        self.warn_before = time;
        self
    }
}

/// A client that is ready to shake hands, or the reason why it never will be.
#[derive(Debug)]
pub(crate) struct Client {
    ready: Result<Ready, String>,
}

#[derive(Debug)]
struct Ready {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    watcher: Arc<Watcher>,
}

impl Client {
    pub(crate) fn new(spec: &TlsSpec, protocols: &[&[u8]], host: &str) -> Self {
        Self {
            ready: ready(spec, protocols, host),
        }
    }

    /// The connection, and a warning if there is one.
    pub(crate) async fn handshake(
        &self,
        stream: TcpStream,
    ) -> Result<(TlsStream<TcpStream>, Option<String>), String> {
        let ready = self.ready.as_ref().map_err(Clone::clone)?;
        let connector = TlsConnector::from(Arc::clone(&ready.config));
        let stream = connector
            .connect(ready.name.clone(), stream)
            .await
            .map_err(|error| format!("no TLS: {error}"))?;
        if ready.config.alpn_protocols == [b"h2"] && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err("it does not offer HTTP/2".to_owned());
        }
        Ok((stream, ready.watcher.warning()))
    }
}

fn ready(spec: &TlsSpec, protocols: &[&[u8]], host: &str) -> Result<Ready, String> {
    let name = spec.server_name.as_deref().unwrap_or(host);
    let name = bare(name);
    let name = ServerName::try_from(name.to_owned())
        .map_err(|error| format!("'{name}' is no name that a certificate can have: {error}"))?;
    let wrong = |error: &dyn std::fmt::Display| format!("TLS cannot be set up: {error}");
    let verified = match &spec.roots {
        Some(roots) => Some(
            WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(&spec.provider))
                .build()
                .map_err(|error| wrong(&error))?,
        ),
        None => None,
    };
    let watcher = Arc::new(Watcher {
        provider: Arc::clone(&spec.provider),
        verified,
        warn_before: spec.warn_before,
        ends: Mutex::default(),
    });
    let config = ClientConfig::builder_with_provider(Arc::clone(&spec.provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Watcher>::clone(&watcher));
    let mut config = match &spec.client {
        Some(client) => config
            .with_client_auth_cert(client.chain.clone(), client.key.clone_key())
            .map_err(|error| wrong(&error))?,
        None => config.with_no_client_auth(),
    };
    // A session that is taken up again shows no certificate.
    config.resumption = Resumption::disabled();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Ready {
        config: Arc::new(config),
        name,
        watcher,
    })
}

/// Without a port, and without the brackets of IPv6.
fn bare(host: &str) -> &str {
    if let Some((address, _port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => name,
        _ => host,
    }
}

/// When the certificate of the last handshake ends, seen from that handshake.
#[derive(Debug, Clone, Copy)]
struct Ends {
    at: UnixTime,
    now: UnixTime,
}

/// Verifies, or not, and notes the end of what it sees.
#[derive(Debug)]
struct Watcher {
    provider: Arc<CryptoProvider>,
    verified: Option<Arc<WebPkiServerVerifier>>,
    warn_before: Duration,
    ends: Mutex<Option<Ends>>,
}

impl Watcher {
    /// The end of a certificate, from the complaint about it long after.
    fn end_of(&self, certificate: &CertificateDer<'_>) -> Result<Option<UnixTime>, Error> {
        let checked = verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(certificate)?,
            &RootCertStore::empty(),
            &[],
            UnixTime::since_unix_epoch(NEVER),
            self.provider.signature_verification_algorithms.all,
        );
        Ok(match checked {
            Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
                Some(not_after)
            }
            Ok(()) | Err(_) => None,
        })
    }

    fn ends(&self) -> Option<Ends> {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn warning(&self) -> Option<String> {
        let Ends { at, now } = self.ends()?;
        let left = at.as_secs().checked_sub(now.as_secs());
        match left.map(Duration::from_secs) {
            Some(left) if left < self.warn_before => {
                Some(format!("the certificate ends in {}", roughly(left)))
            }
            Some(_) => None,
            None => {
                let ago = Duration::from_secs(now.as_secs().saturating_sub(at.as_secs()));
                Some(format!("the certificate has ended {} ago", roughly(ago)))
            }
        }
    }
}

fn roughly(time: Duration) -> String {
    let hours = time.as_secs() / 3600;
    if hours < 48 {
        format!("{hours} hours")
    } else {
        format!("{} days", hours / 24)
    }
}

impl ServerCertVerifier for Watcher {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let at = match self.end_of(end_entity) {
            Err(error) if self.verified.is_some() => return Err(error),
            // X.509 v1, an unknown critical extension: what nobody verifies need not be readable.
            end => end.unwrap_or(None),
        };
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = at.map(|at| Ends { at, now });
        match &self.verified {
            Some(webpki) => {
                webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.verified.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.verified.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Shakes hands at every run, and says nothing more: for a service whose protocol is not to be spoken.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use healthcheck::{Endpoint, Probe, TlsProbe, TlsSpec};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // The program's choice, and its roots: `TlsSpec::new(provider, roots)`.
/// let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
/// let tls = TlsSpec::unverified(provider).server_name("imap.example.org");
/// let probe = TlsProbe::new(Endpoint::new("127.0.0.1", 1), Duration::from_secs(5), &tls);
/// assert!(probe.probe().await.reason.contains("refused"));
/// # }
/// ```
#[derive(Debug)]
pub struct TlsProbe {
    dialer: Dialer,
    timeout: Duration,
    client: Client,
}

impl TlsProbe {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(endpoint: Endpoint, timeout: Duration, tls: &TlsSpec) -> Self {
        Self {
            client: Client::new(tls, &[], &endpoint.host),
            dialer: Dialer::new(endpoint),
            timeout,
        }
    }

    async fn shake(&self, warned: &mut Option<String>) -> Result<String, String> {
        let (stream, address) = self.dialer.tcp(self.timeout).await?;
        let shaken = self.client.handshake(stream).await;
        let (stream, warning) = shaken.map_err(|error| format!("{address}: {error}"))?;
        *warned = warning;
        let version = match stream.get_ref().1.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
            _ => "TLS 1.3",
        };
        Ok(format!("{version} with {address}"))
    }
}

impl Probe for TlsProbe {
    fn name(&self) -> String {
        format!("TLS handshake with {}", self.dialer.endpoint())
    }

    fn limit(&self) -> Duration {
        limit(self.timeout)
    }

    fn probe(&self) -> BoxFuture<'_, Outcome> {
        async move {
            let mut warned = None;
            let outcome = within(self.timeout, "no handshake", self.shake(&mut warned)).await;
            match warned {
                Some(warning) => Outcome::degraded(format!("{}; {warning}", outcome.reason), outcome.took),
                None => outcome,
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn a_name_is_asked_for_without_its_port() {
        for (host, name) in [
            ("www.example", "www.example"),
            ("www.example:8443", "www.example"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(bare(host), name);
        }
    }
}
