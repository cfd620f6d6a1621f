//! Which page says what.

use std::sync::Arc;

use hyper::{Method, StatusCode};

use super::health;
use super::look::Look;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// What is at the root.
const INDEX: &str = "vrrpd\n\
    /metrics      counters and states, in OpenMetrics\n\
    /healthz      200 while the router loop turns, else 503 and why\n\
    /readyz       200 when all of the file is in force and nothing is at fault, else 503 and why\n\
    /status.json  all that vrrpctl status --json is told\n";

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) code: StatusCode,
    pub(super) kind: &'static str,
    pub(super) body: String,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Metrics,
    Healthy,
    Ready,
    Status,
}

/// Which it is, or the answer at once: what needs no look at the router loop causes none.
pub(super) fn asked(method: &Method, path: &str) -> Result<Asked, Page> {
    if method != Method::GET && method != Method::HEAD {
        return Err(plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are answered\n",
        ));
    }
    match path {
        "/metrics" => Ok(Asked::Metrics),
        "/healthz" => Ok(Asked::Healthy),
        "/readyz" => Ok(Asked::Ready),
        "/status.json" => Ok(Asked::Status),
        "/" => Err(plain(StatusCode::OK, INDEX)),
        _ => Err(plain(
            StatusCode::NOT_FOUND,
            "no such page; / lists those that there are\n",
        )),
    }
}

/// What was asked for, as it was seen. Metrics are there also where the router loop gives no answer, and say so.
pub(super) fn page(asked: Asked, look: &Arc<Look>, refused: u64) -> Page {
    match asked {
        Asked::Metrics => Page {
            code: StatusCode::OK,
            kind: OPENMETRICS,
            body: look.metrics(refused).to_owned(),
        },
        Asked::Healthy => told(health::healthy(look).map_err(|why| vec![why])),
        Asked::Ready => told(health::ready(look)),
        Asked::Status => Page {
            code: match look.status() {
                Some(_) => StatusCode::OK,
                None => StatusCode::SERVICE_UNAVAILABLE,
            },
            kind: JSON,
            body: look.json().to_owned(),
        },
    }
}

fn told(result: Result<(), Vec<String>>) -> Page {
    match result {
        Ok(()) => plain(StatusCode::OK, "ok\n"),
        Err(reasons) => plain(StatusCode::SERVICE_UNAVAILABLE, &(reasons.join("\n") + "\n")),
    }
}

pub(super) fn plain(code: StatusCode, body: &str) -> Page {
    Page {
        code,
        kind: TEXT,
        body: body.to_owned(),
    }
}
