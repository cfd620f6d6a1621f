//! rustls servers with certificates of the test: good, expired, soon to end, of strangers.

#![cfg(all(feature = "tls", feature = "http2", feature = "exchange"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::ready;
use healthcheck::{
    BodyRule, ClientIdentity, Endpoint, ExchangeProbe, ExchangeSpec, Expect, HttpProbe, HttpSpec, HttpUrl,
    HttpVersion, Outcome, Probe, TlsProbe, TlsSpec, Verdict,
};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use support::LONG;
use support::servers::{Does, Server, dropped, look};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const DAY: u64 = 24 * 60 * 60;
const SHORT: Duration = Duration::from_millis(300);

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        Arc::new(roots)
    }

    /// For `www.example` and 127.0.0.1, from 30 days ago until so many seconds from now.
    fn certificate(&self, ends_s: i64) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let names = ["www.example".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let now = i64::try_from(now).unwrap();
        let at = |second: i64| (UNIX_EPOCH + Duration::from_secs(second.try_into().unwrap())).into();
        params.not_before = at(now - 30 * i64::try_from(DAY).unwrap());
        params.not_after = at(now + ends_s);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (
            certificate.der().clone(),
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
    }
}

/// Serves one page over TLS: the name that was asked for by SNI.
async fn server(authority: &Authority, ends_s: i64, protocols: &[&[u8]]) -> Endpoint {
    serve(authority, ends_s, protocols, None).await
}

/// With an authority of clients it serves those alone who show a certificate of it.
async fn serve(
    authority: &Authority,
    ends_s: i64,
    protocols: &[&[u8]],
    clients: Option<&Authority>,
) -> Endpoint {
    let (certificate, key) = authority.certificate(ends_s);
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(clients) => config.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(clients.roots(), provider())
                .build()
                .unwrap(),
        ),
    };
    let mut config = config.with_single_cert(vec![certificate], key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            let name = stream.get_ref().1.server_name().unwrap_or("none").to_owned();
            let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let service = service_fn(move |_: Request<Incoming>| {
                ready(Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(
                    name.clone(),
                )))))
            });
            tokio::spawn(async move {
                let stream = TokioIo::new(stream);
                let _ = if is_h2 {
                    hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .serve_connection(stream, service)
                        .await
                } else {
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(stream, service)
                        .await
                };
            });
        }
    });
    Endpoint::new("127.0.0.1", port)
}

fn days(days: i64) -> i64 {
    days * i64::try_from(DAY).unwrap() + 3600
}

async fn shake(endpoint: Endpoint, tls: &TlsSpec) -> Outcome {
    look(&TlsProbe::new(endpoint, LONG, tls)).await
}

#[tokio::test]
async fn a_good_certificate_passes_and_one_that_ends_soon_warns() {
    let authority = Authority::new("ours");
    let tls = TlsSpec::new(provider(), authority.roots());
    let outcome = shake(server(&authority, days(60), &[]).await, &tls).await;
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    assert!(
        outcome.reason.starts_with("TLS 1.3 with 127.0.0.1:"),
        "{outcome:?}"
    );
    let outcome = shake(server(&authority, days(10), &[]).await, &tls).await;
    assert_eq!(outcome.verdict, Verdict::Degraded, "{outcome:?}");
    assert!(
        outcome.reason.ends_with("the certificate ends in 10 days"),
        "{outcome:?}"
    );
    let early = tls.clone().warn_before(Duration::from_secs(90 * DAY));
    let outcome = shake(server(&authority, days(60), &[]).await, &early).await;
    assert_eq!(outcome.verdict, Verdict::Degraded);
    // The same probe again: a session that is taken up again would show no certificate.
    let probe = TlsProbe::new(server(&authority, days(1), &[]).await, LONG, &tls);
    for _ in 0..2 {
        let outcome = look(&probe).await;
        assert!(outcome.reason.ends_with("ends in 25 hours") || outcome.reason.ends_with("ends in 24 hours"));
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_told() {
    let authority = Authority::new("ours");
    let tls = TlsSpec::new(provider(), authority.roots());
    let outcome = shake(server(&authority, -days(2), &[]).await, &tls).await;
    assert!(
        !outcome.passed() && outcome.reason.contains("xpired"),
        "{outcome:?}"
    );
    let strangers = TlsSpec::new(provider(), Authority::new("a stranger").roots());
    let endpoint = server(&authority, days(60), &[]).await;
    let outcome = shake(endpoint.clone(), &strangers).await;
    assert!(
        !outcome.passed() && outcome.reason.contains("UnknownIssuer"),
        "{outcome:?}"
    );
    let other = tls.clone().server_name("other.example");
    let outcome = shake(endpoint.clone(), &other).await;
    assert!(
        !outcome.passed() && outcome.reason.contains("not valid for name"),
        "{outcome:?}"
    );
    assert!(
        shake(endpoint.clone(), &tls.clone().server_name("www.example"))
            .await
            .passed()
    );
    let odd = shake(endpoint.clone(), &tls.server_name("no name at all")).await;
    assert!(
        odd.reason.contains("is no name that a certificate can have"),
        "{odd:?}"
    );
    let nobody = TlsSpec::new(provider(), Arc::new(RootCertStore::empty()));
    let outcome = shake(endpoint, &nobody).await;
    assert!(outcome.reason.contains("TLS cannot be set up"), "{outcome:?}");
}

/// keepalived's `SSL_GET` never verifies; here it is asked for, and the end is still watched.
#[tokio::test]
async fn without_verification_anybody_passes_and_the_end_warns() {
    let authority = Authority::new("ours");
    let tls = TlsSpec::unverified(provider()).server_name("other.example");
    let outcome = shake(server(&authority, days(60), &[]).await, &tls).await;
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    let outcome = shake(server(&authority, -days(3), &[]).await, &tls).await;
    assert_eq!(outcome.verdict, Verdict::Degraded);
    assert!(
        outcome.reason.contains("the certificate has ended 3 days ago"),
        "{outcome:?}"
    );
}

/// The contents of a DER element that starts here, and what is behind it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (head, length) = match der[1] {
        short @ 0..=0x7f => (2, usize::from(short)),
        0x81 => (3, usize::from(der[2])),
        _ => (4, usize::from(der[2]) << 8 | usize::from(der[3])),
    };
    der[head..].split_at(length)
}

fn sequence(contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
    [&[0x30, 0x82], &length[..], contents].concat()
}

/// X.509 v1 (RFC 5280 4.1): without the version `[0]` that comes first and the extensions `[3]` that come last.
fn as_v1(certificate: &CertificateDer<'_>) -> CertificateDer<'static> {
    let (whole, _) = element(certificate);
    let (signed, signature) = element(whole);
    let (_, without_version) = element(signed);
    assert_eq!((signed[0], whole[0]), (0xa0, 0x30));
    let mut rest = without_version;
    while !rest.is_empty() && rest[0] != 0xa3 {
        rest = element(rest).1;
    }
    let kept = &without_version[..without_version.len() - rest.len()];
    sequence(&[&sequence(kept)[..], signature].concat()).into()
}

#[derive(Debug)]
struct Shows(Arc<rustls::sign::CertifiedKey>);

impl rustls::server::ResolvesServerCert for Shows {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Old appliances have such certificates; who asks for no verification does not want to hear of it.
#[tokio::test]
async fn without_verification_a_certificate_of_version_1_passes() {
    let authority = Authority::new("ours");
    let (certificate, key) = authority.certificate(days(60));
    let key = provider().key_provider.load_private_key(key).unwrap();
    let shown = rustls::sign::CertifiedKey::new(vec![as_v1(&certificate)], key);
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shows(Arc::new(shown.clone()))));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::new("127.0.0.1", listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = acceptor.accept(stream).await;
            }
        });
        let outcome = shake(endpoint.clone(), &TlsSpec::unverified(provider())).await;
        assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
        let outcome = shake(endpoint, &TlsSpec::new(provider(), authority.roots())).await;
        assert_eq!(outcome.verdict, Verdict::Fail, "{outcome:?}");
    }
}

/// Each page is asked for by its own name, in the greeting too.
#[tokio::test]
async fn a_page_of_another_host_has_its_own_greeting() {
    let authority = Authority::new("ours");
    let server = server(&authority, days(60), &[b"http/1.1"]).await;
    let tls = TlsSpec::new(provider(), authority.roots());
    let of = |host: &str| {
        let body = BodyRule::Finds("^www.example$".parse().unwrap());
        let page = HttpUrl::new("/").host(host).body(body);
        HttpSpec::new(server.clone(), LONG).tls(tls.clone()).url(page)
    };
    let outcome = look(&HttpProbe::new(of("www.example").host("elsewhere.example"))).await;
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    let outcome = look(&HttpProbe::new(of("elsewhere.example").host("www.example"))).await;
    assert!(
        outcome
            .reason
            .contains("not valid for name \"elsewhere.example\""),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn pages_come_over_tls_in_both_versions() {
    let authority = Authority::new("ours");
    let tls = TlsSpec::new(provider(), authority.roots());
    let rule = || BodyRule::Finds("^www.example$".parse().unwrap());
    let both = server(&authority, days(60), &[b"h2", b"http/1.1"]).await;
    for version in [HttpVersion::Http10, HttpVersion::Http11, HttpVersion::Http2] {
        let spec = HttpSpec::new(both.clone(), LONG)
            .host("www.example")
            .version(version)
            .tls(tls.clone())
            .url(HttpUrl::new("/").body(rule()));
        let probe = HttpProbe::new(spec);
        assert!(probe.name().starts_with("https://"));
        let outcome = look(&probe).await;
        assert_eq!(
            (outcome.verdict, outcome.reason.as_str()),
            (Verdict::Pass, "/: 200"),
            "{version:?}"
        );
    }
    let soon = server(&authority, days(3), &[]).await;
    let spec = |version| {
        HttpSpec::new(soon.clone(), LONG)
            .version(version)
            .tls(tls.clone())
            .url(HttpUrl::new("/"))
            .url(HttpUrl::new("/more"))
    };
    let outcome = look(&HttpProbe::new(spec(HttpVersion::Http11))).await;
    assert_eq!(outcome.verdict, Verdict::Degraded);
    assert_eq!(outcome.reason, "the certificate ends in 3 days");
    let outcome = look(&HttpProbe::new(spec(HttpVersion::Http2))).await;
    assert!(outcome.reason.contains("does not offer HTTP/2"), "{outcome:?}");
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_gets_ours() {
    let (ours, clients) = (Authority::new("ours"), Authority::new("clients"));
    let endpoint = serve(&ours, days(90), &[], Some(&clients)).await;
    let ask = |tls: TlsSpec| {
        let spec = HttpSpec::new(endpoint.clone(), LONG).url(HttpUrl::new("/").status(200..=299));
        let probe = HttpProbe::new(spec.tls(tls));
        async move { look(&probe).await }
    };
    let trusting = || TlsSpec::new(provider(), ours.roots());
    let shown = |authority: &Authority| {
        let (certificate, key) = authority.certificate(days(90));
        trusting().client(ClientIdentity {
            chain: vec![certificate],
            key,
        })
    };
    let outcome = ask(shown(&clients)).await;
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    assert_eq!(ask(trusting()).await.verdict, Verdict::Fail);
    let stranger = ask(shown(&ours)).await;
    assert_eq!(
        stranger.verdict,
        Verdict::Fail,
        "of an authority that it does not know"
    );
}

#[tokio::test]
async fn whatever_speaks_no_tls_is_a_fail_in_time() {
    let tls = TlsSpec::unverified(provider());
    for (does, timeout) in [
        (Does::Nothing, SHORT),
        (Does::Drips(b"\x16\x03\x03\x40\x00"), SHORT),
        (Does::Resets, LONG),
        (Does::Floods(b"\x16"), LONG),
        (Does::Says(&[b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"]), LONG),
    ] {
        let server = Server::new(does).await;
        let probe = TlsProbe::new(server.endpoint(), timeout, &tls);
        let outcome = look(&probe).await;
        assert!(!outcome.passed() && outcome.took < LONG, "{does:?}: {outcome:?}");
        support::until("the connection is closed", || server.open() == 0).await;
    }
    let server = Server::new(Does::Nothing).await;
    dropped(&TlsProbe::new(server.endpoint(), LONG, &tls), &server).await;
    let spec = HttpSpec::new(server.endpoint(), LONG)
        .tls(tls)
        .url(HttpUrl::new("/"));
    dropped(&HttpProbe::new(spec), &server).await;
}

/// A server that greets over TLS, as one of IMAPS or POP3S does.
async fn greeter(authority: &Authority, ends_s: i64) -> Endpoint {
    let (certificate, key) = authority.certificate(ends_s);
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut heard = [0; 64];
            if stream.write_all(b"+OK hi\r\n").await.is_ok()
                && matches!(stream.read(&mut heard).await, Ok(1..))
            {
                let _ = stream.write_all(b"+OK bye\r\n").await;
            }
        }
    });
    Endpoint::new("127.0.0.1", port)
}

#[tokio::test]
async fn a_conversation_goes_over_tls() {
    let (ours, strangers) = (Authority::new("ours"), Authority::new("strangers"));
    let good = || Expect::line(r"^\+OK").unwrap();
    let talk = |endpoint, tls: TlsSpec| async move {
        let spec = ExchangeSpec::new(endpoint, LONG)
            .expect(good())
            .send("QUIT\r\n")
            .expect(good())
            .tls(tls);
        look(&ExchangeProbe::new(spec)).await
    };
    let month = 30 * i64::try_from(DAY).unwrap();
    let server = greeter(&ours, month).await;
    let outcome = talk(server.clone(), TlsSpec::new(provider(), ours.roots())).await;
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    let outcome = talk(
        server.clone(),
        TlsSpec::new(provider(), ours.roots()).server_name("other.example"),
    )
    .await;
    assert!(
        !outcome.passed() && outcome.reason.contains("no TLS"),
        "{outcome:?}"
    );
    let outcome = talk(server.clone(), TlsSpec::new(provider(), strangers.roots())).await;
    assert!(!outcome.passed(), "{outcome:?}");
    assert!(talk(server, TlsSpec::unverified(provider())).await.passed());
    let soon = greeter(&ours, 60).await;
    let outcome = talk(soon, TlsSpec::new(provider(), ours.roots())).await;
    assert_eq!(outcome.verdict, Verdict::Degraded, "{outcome:?}");
}
