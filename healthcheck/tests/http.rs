//! Pages of hyper servers, of hostile ones, and of nginx.

#![cfg(all(feature = "http2", feature = "exchange"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod support;

use std::convert::Infallible;
use std::time::Duration;

use futures::future::ready;
use healthcheck::{
    BodyRule, Endpoint, HttpProbe, HttpSpec, HttpUrl, HttpVersion, Outcome, Probe as _, StubLimits,
    StubStatus, Verdict, digest_md5, digest_sha256,
};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, LOCATION};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use support::servers::{Does, Server, dropped, look};
use support::{LONG, until};
use tokio::net::TcpListener;

const SHORT: Duration = Duration::from_millis(300);

/// Answers as its pages say.
fn page(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let answer = |status: u16, body: String| {
        Response::builder()
            .status(status)
            .body(Full::new(Bytes::from(body)))
            .unwrap()
    };
    let host = request
        .headers()
        .get(HOST)
        .map(|host| host.to_str().unwrap().to_owned());
    let host = host.or(request.uri().authority().map(ToString::to_string));
    match request.uri().path() {
        "/" => answer(200, "all is well".to_owned()),
        "/host" => answer(200, host.unwrap_or_default()),
        "/version" => answer(200, format!("{:?}", request.version())),
        "/503" => answer(503, "maintenance".to_owned()),
        "/again" => {
            let mut answer = answer(302, String::new());
            answer.headers_mut().insert(LOCATION, "/again".parse().unwrap());
            answer
        }
        "/to-root" | "/to-other" | "/to-name" => {
            let to = match request.uri().path() {
                "/to-root" => "/".to_owned(),
                "/to-name" => format!("http://{}/host", host.unwrap_or_default()),
                _ => "http://other.example/".to_owned(),
            };
            let mut answer = answer(301, String::new());
            answer.headers_mut().insert(LOCATION, to.parse().unwrap());
            answer
        }
        "/method" => answer(200, request.method().to_string()),
        "/long" => answer(200, "x".repeat(2_000_000)),
        "/nginx_status" => answer(
            200,
            "Active connections: 291 \nserver accepts handled requests\n 9 8 70 \n\
             Reading: 6 Writing: 179 Waiting: 106 \n"
                .to_owned(),
        ),
        _ => answer(404, "no such page".to_owned()),
    }
}

/// A web server of either version.
async fn web(version: HttpVersion) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = TokioIo::new(stream);
            let service = service_fn(|request| ready(Ok::<_, Infallible>(page(&request))));
            tokio::spawn(async move {
                let _ = if version == HttpVersion::Http2 {
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

async fn get(version: HttpVersion, url: HttpUrl) -> Outcome {
    let spec = HttpSpec::new(web(version).await, LONG).version(version).url(url);
    look(&HttpProbe::new(spec)).await
}

fn finds(pattern: &str) -> BodyRule {
    BodyRule::Finds(pattern.parse().unwrap())
}

const VERSIONS: [HttpVersion; 3] = [HttpVersion::Http10, HttpVersion::Http11, HttpVersion::Http2];

#[tokio::test]
async fn a_page_passes_by_its_status() {
    for version in VERSIONS {
        let outcome = get(version, HttpUrl::new("/")).await;
        assert_eq!(
            (outcome.passed(), outcome.reason.as_str()),
            (true, "/: 200"),
            "{version:?}"
        );
        let outcome = get(version, HttpUrl::new("/503").body(finds("."))).await;
        assert_eq!(
            (outcome.passed(), outcome.reason.as_str(), outcome.output.as_str()),
            (false, "/503: status 503", "maintenance")
        );
        let outcome = get(version, HttpUrl::new("/503").status(200..=299).status(500..=503)).await;
        assert!(outcome.passed(), "{outcome:?}");
        let wanted = match version {
            HttpVersion::Http10 => Version::HTTP_10,
            HttpVersion::Http11 => Version::HTTP_11,
            _ => Version::HTTP_2,
        };
        let rule = finds(&format!("^{wanted:?}$").replace('.', r"\."));
        let outcome = get(version, HttpUrl::new("/version").body(rule)).await;
        assert!(outcome.passed(), "{outcome:?}");
    }
}

#[tokio::test]
async fn redirects_are_told_and_not_followed() {
    let outcome = get(HttpVersion::Http11, HttpUrl::new("/again")).await;
    assert_eq!(
        outcome.reason,
        "/again: 302 to '/again'; redirects are not followed"
    );
    assert!(!outcome.passed());
    assert!(
        get(HttpVersion::Http11, HttpUrl::new("/again").status(302..=302))
            .await
            .passed()
    );
}

#[tokio::test]
async fn the_body_is_known_by_its_digest_or_a_pattern() {
    let version = HttpVersion::Http11;
    // What md5sum says of "all is well", and of something else.
    let (own, md5) = (
        "4409bb950a3826c313c34b46b429ac84",
        "900150983cd24fb0d6963f7d28e17f72",
    );
    assert_eq!(
        digest_md5(b"abc"),
        "900150983cd24fb0d6963f7d28e17f72",
        "RFC 1321 A.5"
    );
    assert_eq!(
        digest_sha256(b"abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "FIPS 180-4"
    );
    let url = |rule| HttpUrl::new("/").body(rule);
    assert!(get(version, url(BodyRule::md5(own).unwrap())).await.passed());
    let sha = digest_sha256(b"all is well");
    assert!(get(version, url(BodyRule::sha256(&sha).unwrap())).await.passed());
    let outcome = get(version, url(BodyRule::md5(md5).unwrap())).await;
    assert!(
        outcome
            .reason
            .contains(&format!("the MD5 of its body is {own}, not {md5}")),
        "{outcome:?}"
    );
    assert!(get(version, url(finds("is w.ll$"))).await.passed());
    let outcome = get(version, url(finds("ill"))).await;
    assert_eq!(outcome.reason, "/: 200, 'ill' is not found in its body");
    assert_eq!(outcome.output, "all is well");
    let not = |pattern: &str| BodyRule::FindsNot(pattern.parse().unwrap());
    assert!(get(version, url(not("ill"))).await.passed());
    assert!(!get(version, url(not("well"))).await.passed());
    // keepalived: with a digest and no status any status will do.
    let maintenance = BodyRule::md5(&digest_md5(b"maintenance")).unwrap();
    assert!(
        get(version, HttpUrl::new("/503").body(maintenance))
            .await
            .passed()
    );
    assert!(BodyRule::md5("abc").is_err() && BodyRule::sha256(md5).is_err());
}

#[tokio::test]
async fn the_virtual_host_is_asked_for() {
    for version in VERSIONS {
        let server = web(version).await;
        let host = |name: &str| HttpUrl::new("/host").body(finds(&format!("^{}$", name.replace('.', r"\."))));
        let spec = || HttpSpec::new(server.clone(), LONG).version(version);
        let own = HttpProbe::new(spec().url(host(&server.to_string())));
        assert!(look(&own).await.passed(), "{version:?}");
        let shared = spec()
            .host("www.example")
            .url(host("www.example"))
            .url(host("api.example").host("api.example"));
        let outcome = look(&HttpProbe::new(shared)).await;
        assert_eq!(outcome.reason, "2 pages, the last /host: 200", "{version:?}");
    }
}

#[tokio::test]
async fn of_several_pages_the_first_that_is_wrong_is_told() {
    let server = web(HttpVersion::Http11).await;
    let spec = ["/", "/missing", "/503"]
        .into_iter()
        .fold(HttpSpec::new(server, LONG), |spec, path| {
            spec.url(HttpUrl::new(path))
        });
    let probe = HttpProbe::new(spec);
    assert!(probe.name().ends_with("/ /missing /503"), "{}", probe.name());
    assert_eq!(look(&probe).await.reason, "/missing: status 404");
    let none = HttpProbe::new(HttpSpec::new(Endpoint::new("127.0.0.1", 1), LONG));
    assert!(look(&none).await.reason.contains("no page is given"));
    let odd = HttpSpec::new(Endpoint::new("127.0.0.1", 1), LONG).url(HttpUrl::new("/a b\r\nX: y"));
    assert!(
        look(&HttpProbe::new(odd)).await.reason.contains("invalid"),
        "no header is smuggled in"
    );
}

#[tokio::test]
async fn nginx_status_has_limits() {
    let limits = |active_warn, active_max| {
        HttpUrl::new("/nginx_status").body(BodyRule::StubStatus(StubLimits {
            active_warn,
            active_max,
        }))
    };
    let version = HttpVersion::Http11;
    assert_eq!(
        get(version, limits(Some(291), Some(291))).await.verdict,
        Verdict::Pass
    );
    let outcome = get(version, limits(Some(290), Some(291))).await;
    assert_eq!(outcome.verdict, Verdict::Degraded);
    assert_eq!(outcome.reason, "nginx has 291 active connections, more than 290");
    assert_eq!(get(version, limits(None, Some(290))).await.verdict, Verdict::Fail);
    let not = HttpUrl::new("/").body(BodyRule::StubStatus(StubLimits::default()));
    assert!(
        get(version, not)
            .await
            .reason
            .contains("no page of nginx stub_status")
    );
    let page = "Active connections: 1 \nserver accepts handled requests\n 1 1 1 \nReading: 0 Writing: 1 Waiting: 0 \n";
    assert_eq!(StubStatus::parse(page).unwrap().writing, 1);
    assert!((0..page.len() - 3).all(|end| StubStatus::parse(&page[..end]).is_none()));
}

async fn hostile(does: Does, timeout: Duration, version: HttpVersion, url: HttpUrl) -> Outcome {
    let server = Server::new(does).await;
    let spec = HttpSpec::new(server.endpoint(), timeout)
        .version(version)
        .url(url);
    let outcome = look(&HttpProbe::new(spec)).await;
    assert!(!outcome.passed(), "{does:?}: {outcome:?}");
    until("the connection is closed", || server.open() == 0).await;
    outcome
}

#[tokio::test]
async fn whatever_a_server_does_is_a_fail_in_time() {
    let any = || HttpUrl::new("/").body(finds("."));
    for version in [HttpVersion::Http11, HttpVersion::Http2] {
        for does in [
            Does::Nothing,
            Does::Drips(b"HTTP/1.1 200 OK\r\nX-Slow: loris\r\n"),
        ] {
            let outcome = hostile(does, SHORT, version, any()).await;
            // HTTP/2 knows at the first octets that these are none of its own.
            let told = outcome.reason == "/: no whole answer within 300ms" || version == HttpVersion::Http2;
            assert!(told, "{outcome:?}");
        }
        for does in [
            Does::Resets,
            Does::Floods(b"X"),
            Does::Floods(b"X: y\r\n"),
            Does::Says(&[b"", b"SSH-2.0-OpenSSH_9.2\r\n"]),
        ] {
            let outcome = hostile(does, LONG, version, any()).await;
            assert!(outcome.took < LONG, "{version:?} {does:?} {outcome:?}");
        }
    }
    let endless_head = Does::Floods(b"HTTP/1.1 200 OK\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\n");
    hostile(endless_head, LONG, HttpVersion::Http11, any()).await;
}

#[tokio::test]
async fn a_long_body_is_not_taken_in() {
    let outcome = get(HttpVersion::Http11, HttpUrl::new("/long").body(finds("."))).await;
    assert_eq!(outcome.reason, "/long: its body has more than 1048576 octets");
    // One of 1 GB, of which nobody wants anything: the status decides.
    let server = Server::new(Does::Says(&[
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\nthe start",
    ]))
    .await;
    let spec = |url| HttpSpec::new(server.endpoint(), SHORT).url(url);
    assert!(look(&HttpProbe::new(spec(HttpUrl::new("/")))).await.passed());
    let outcome = look(&HttpProbe::new(spec(HttpUrl::new("/").body(finds("."))))).await;
    assert!(
        outcome.reason.contains("more than 1048576 octets") || outcome.reason.contains("no whole answer"),
        "{outcome:?}"
    );
    let short: &[&[u8]] = &[
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf",
    ];
    let server = Server::new(Does::Says(short)).await;
    let spec = HttpSpec::new(server.endpoint(), SHORT).url(HttpUrl::new("/").body(finds(".")));
    let outcome = look(&HttpProbe::new(spec)).await;
    assert!(!outcome.passed(), "half a body is none: {outcome:?}");
}

/// What this process has had in memory at most, in KB.
fn memory_peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_body_of_a_gigabyte_or_without_end_costs_no_memory() {
    let before = memory_peak_kb();
    let length: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n";
    let chunked: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (head, flood) in [(length, b"x" as &[u8]), (chunked, b"10\r\n0123456789abcdef\r\n")] {
        let server = Server::new(Does::Pours(head, flood)).await;
        let spec = |url| HttpSpec::new(server.endpoint(), LONG).url(url);
        let outcome = look(&HttpProbe::new(spec(HttpUrl::new("/")))).await;
        assert!(outcome.passed(), "nobody wants the body: {outcome:?}");
        let outcome = look(&HttpProbe::new(spec(HttpUrl::new("/").body(finds("."))))).await;
        assert_eq!(outcome.reason, "/: its body has more than 1048576 octets");
        until("the connection is closed", || server.open() == 0).await;
    }
    let grown_kb = memory_peak_kb() - before;
    assert!(grown_kb < 64 * 1024, "{grown_kb} KB");
}

#[tokio::test]
async fn a_run_that_is_dropped_closes_its_connection() {
    for version in VERSIONS {
        let server = Server::new(Does::Nothing).await;
        let spec = HttpSpec::new(server.endpoint(), LONG)
            .version(version)
            .url(HttpUrl::new("/"));
        dropped(&HttpProbe::new(spec), &server).await;
    }
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_server_where_that_is_asked_for() {
    let following = |path: &str| HttpUrl::new(path).redirects(2);
    for version in VERSIONS {
        let outcome = get(version, following("/to-root").body(finds("all is well"))).await;
        assert!(outcome.verdict == Verdict::Pass, "{version:?}: {outcome:?}");
    }
    let named = following("/to-name")
        .host("www.example.org")
        .body(finds("^www.example.org$"));
    let outcome = get(HttpVersion::Http11, named).await;
    assert!(outcome.verdict == Verdict::Pass, "{outcome:?}");
    let outcome = get(HttpVersion::Http11, following("/again")).await;
    assert_eq!(
        outcome.reason,
        "/again: more than 2 redirects, the last to /again"
    );
}

#[tokio::test]
async fn a_redirect_elsewhere_says_nothing_about_this_server() {
    let outcome = get(HttpVersion::Http11, HttpUrl::new("/to-other").redirects(2)).await;
    assert_eq!(outcome.verdict, Verdict::Degraded, "{outcome:?}");
    assert!(outcome.reason.contains("'http://other.example/'"), "{outcome:?}");
    let wanted = HttpUrl::new("/to-other").redirects(2).body(finds("well"));
    let outcome = get(HttpVersion::Http11, wanted).await;
    assert_eq!(outcome.verdict, Verdict::Fail, "{outcome:?}");
}

#[tokio::test]
async fn a_head_is_asked_for_without_its_body() {
    let head = |path: &str| {
        let mut url = HttpUrl::new(path);
        url.head = true;
        url
    };
    for version in VERSIONS {
        assert!(get(version, head("/")).await.passed());
        assert!(!get(version, head("/503")).await.passed());
    }
    let outcome = get(HttpVersion::Http11, head("/method").body(finds("^$"))).await;
    assert!(outcome.passed(), "nothing came behind it: {outcome:?}");
    let outcome = get(HttpVersion::Http11, HttpUrl::new("/method").body(finds("^GET$"))).await;
    assert!(outcome.passed(), "{outcome:?}");
}
