//! Servers of SQL that want TLS: what MySQL 9.7.4 and PostgreSQL 15.18 were heard to say, behind rustls.

#![cfg(all(feature = "sql", feature = "tls"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use healthcheck::{Endpoint, Outcome, SqlProbe, SqlServer, SqlSpec, TlsSpec};
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use support::LONG;
use support::servers::look;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const GREETING: &[u8] =
    b"K\0\0\0\n9.7.4-2\0\x0c\0\0\086\x08 R\x16,\x16\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0\
Y%7\x7f\x15X\x7fMI~a\x13\0caching_sha2_password\0";
const ROW: &[u8] =
    b"\x01\0\0\x01\x01\x01\0\0\x02a\x05\0\0\x03\xfe\0\0\"\0\x02\0\0\x04\x011\x05\0\0\x05\xfe\0\0\"\0";

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A certificate for 127.0.0.1 that is its own authority, and who accepts by it.
fn certificate() -> (CertificateDer<'static>, TlsAcceptor) {
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    (certificate, TlsAcceptor::from(Arc::new(config)))
}

async fn hears<S: AsyncRead + Unpin>(stream: &mut S, octets: usize) -> Option<Vec<u8>> {
    let mut heard = vec![0; octets];
    stream.read_exact(&mut heard).await.ok()?;
    Some(heard)
}

/// A packet of MySQL without its head.
async fn packet<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Vec<u8>> {
    let head = hears(stream, 4).await?;
    hears(stream, usize::from(head[0])).await
}

/// A message of PostgreSQL, with so many octets in front of its length.
async fn message<S: AsyncRead + Unpin>(stream: &mut S, kind: usize) -> Option<Vec<u8>> {
    let head = hears(stream, kind + 4).await?;
    let length = u32::from_be_bytes(head[kind..].try_into().unwrap());
    hears(stream, usize::try_from(length).unwrap() - 4).await
}

/// In clear it wants the password itself, over TLS it takes it.
async fn mysql(mut stream: TcpStream, acceptor: TlsAcceptor) -> Option<()> {
    stream.write_all(GREETING).await.ok()?;
    if packet(&mut stream).await?.len() != 32 {
        stream.write_all(b"\x02\0\0\x02\x01\x04").await.ok()?;
        // The password is not for everybody on the way.
        assert_eq!(packet(&mut stream).await, None);
        return Some(());
    }
    let mut stream = acceptor.accept(stream).await.ok()?;
    let response = packet(&mut stream).await?;
    assert_eq!(&response[32..35], b"me\0");
    stream.write_all(b"\x02\0\0\x03\x01\x04").await.ok()?;
    assert_eq!(packet(&mut stream).await?, b"hidden\0");
    stream.write_all(b"\x07\0\0\x05\0\0\0\x02\0\0\0").await.ok()?;
    assert_eq!(packet(&mut stream).await?, b"\x03SELECT 1");
    end(stream, ROW).await
}

/// `hostssl` for everybody; `eager`: it says more before TLS begins.
async fn postgresql(mut stream: TcpStream, acceptor: TlsAcceptor, eager: bool) -> Option<()> {
    const REFUSED: &[u8] =
        b"E\0\0\0ESFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry for host, no encryption\0\0";
    if message(&mut stream, 0).await? != [4, 210, 22, 47] {
        return stream.write_all(REFUSED).await.ok();
    }
    stream
        .write_all(if eager { b"SR\0\0\0\x08\0\0\0\0" } else { b"S" })
        .await
        .ok()?;
    let mut stream = acceptor.accept(stream).await.ok()?;
    assert!(
        message(&mut stream, 0)
            .await?
            .starts_with(b"\0\x03\0\0user\0me\0")
    );
    stream.write_all(b"R\0\0\0\x08\0\0\0\x03").await.ok()?;
    assert_eq!(message(&mut stream, 1).await?, b"hidden\0");
    stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await.ok()?;
    assert_eq!(message(&mut stream, 1).await?, b"SELECT 1\0");
    end(
        stream,
        b"D\0\0\0\x0b\0\x01\0\0\0\x011C\0\0\0\rSELECT 1\0Z\0\0\0\x05I",
    )
    .await
}

async fn end<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, answer: &[u8]) -> Option<()> {
    stream.write_all(answer).await.ok()?;
    stream.flush().await.ok()?;
    while hears(&mut stream, 1).await.is_some() {}
    Some(())
}

/// Asks a server that speaks with everybody as it does, with this certificate.
async fn ask(server: SqlServer, acceptor: TlsAcceptor, eager: bool, tls: Option<TlsSpec>) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::new("127.0.0.1", listener.local_addr().unwrap().port());
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ended = match server {
                SqlServer::Mysql => mysql(stream, acceptor.clone()).await,
                SqlServer::Postgresql => postgresql(stream, acceptor.clone(), eager).await,
            };
        }
    });
    let mut spec = SqlSpec::new(endpoint, LONG, server, "me", "SELECT 1").password("hidden");
    spec.tls = tls;
    let outcome = look(&SqlProbe::new(spec).unwrap()).await;
    if serving.is_finished() {
        panic!("{:?}", serving.await);
    }
    serving.abort();
    outcome
}

const BOTH: [SqlServer; 2] = [SqlServer::Mysql, SqlServer::Postgresql];

#[tokio::test]
async fn who_wants_tls_gets_the_password_over_it() {
    for server in BOTH {
        let (certificate, acceptor) = certificate();
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let trusted = TlsSpec::new(provider(), Arc::new(roots)).warn_before(Duration::ZERO);
        let outcome = ask(server, acceptor.clone(), false, Some(trusted)).await;
        assert!(
            outcome.passed() && outcome.reason.ends_with("answers with a row"),
            "{server}: {outcome:?}"
        );
        let outcome = ask(server, acceptor, false, Some(TlsSpec::unverified(provider()))).await;
        assert!(outcome.passed(), "{server}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_stranger_does_not_get_it() {
    for server in BOTH {
        let (_, acceptor) = certificate();
        let (another, _) = certificate();
        let mut roots = RootCertStore::empty();
        roots.add(another).unwrap();
        let trusts_another = TlsSpec::new(provider(), Arc::new(roots));
        let outcome = ask(server, acceptor.clone(), false, Some(trusts_another)).await;
        assert!(
            !outcome.passed() && outcome.reason.contains("no TLS: invalid peer certificate"),
            "{outcome:?}"
        );
        let outcome = ask(server, acceptor, false, None).await;
        assert!(
            !outcome.passed() && outcome.reason.ends_with("; this check speaks no TLS"),
            "{outcome:?}"
        );
    }
}

/// What is said before TLS may be anybody's (CVE-2021-23222).
#[tokio::test]
async fn what_comes_before_tls_is_not_taken_for_what_comes_after() {
    let (_, acceptor) = certificate();
    let unverified = TlsSpec::unverified(provider());
    let outcome = ask(SqlServer::Postgresql, acceptor, true, Some(unverified)).await;
    assert!(
        !outcome.passed() && outcome.reason.contains("it speaks before TLS begins"),
        "{outcome:?}"
    );
}

/// PostgreSQL has one code for who needs TLS and for whom it does not know: what it has said first is what helps.
#[tokio::test]
async fn where_there_is_no_tls_the_first_reason_is_told() {
    const REFUSED: &[u8] = b"E\0\0\0-SFATAL\0C28000\0Mrole \"me\" does not exist\0\0";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::new("127.0.0.1", listener.local_addr().unwrap().port());
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let said = match message(&mut stream, 0).await.as_deref() {
                Some([4, 210, 22, 47]) => b"N",
                _ => REFUSED,
            };
            let _gone = stream.write_all(said).await;
        }
    });
    let spec = SqlSpec::new(endpoint, LONG, SqlServer::Postgresql, "me", "SELECT 1").password("hidden");
    let spec = spec.tls(TlsSpec::unverified(provider()));
    let outcome = look(&SqlProbe::new(spec).unwrap()).await;
    serving.abort();
    assert!(
        outcome.reason.contains("role \"me\" does not exist") && outcome.reason.contains("it offers no TLS"),
        "{outcome:?}"
    );
}
