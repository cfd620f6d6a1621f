//! HTTP: statuses, digests, patterns, nginx `stub_status`.

mod body;
mod connection;
mod probe;
mod redirect;
mod spec;
mod stub;
#[cfg(feature = "http2")]
mod version_2;

pub use body::{BodyRule, digest_md5, digest_sha256};
pub use probe::{Fetched, HttpProbe};
pub use spec::{HttpSpec, HttpUrl, HttpVersion};
pub use stub::{StubLimits, StubStatus};
