//! Metrics and health over HTTP (`--metrics`): asked by machines that nobody has checked, so on a thread of its own that has
//! no capability, with a bound on everything.

#[cfg(feature = "metrics")]
mod bind;
#[cfg(feature = "metrics")]
mod families;
#[cfg(feature = "metrics")]
mod health;
#[cfg(feature = "metrics")]
mod look;
#[cfg(feature = "metrics")]
mod pages;
mod place;
#[cfg(feature = "metrics")]
mod serve;
#[cfg(feature = "metrics")]
mod sources;
#[cfg(all(test, feature = "metrics"))]
mod tests;
#[cfg(feature = "metrics")]
mod text;

use std::sync::Arc;

pub(crate) use place::Place;

use crate::node::Node;

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
#[error("--metrics {place}: {why}. Nothing was started")]
pub(crate) struct ListenError {
    place: String,
    why: String,
}

/// Sockets that are bound, before anything is begun: a port below 1024 takes a capability that the thread has not.
#[cfg(feature = "metrics")]
pub(crate) type Listeners = Vec<bind::Listener>;
#[cfg(not(feature = "metrics"))]
pub(crate) type Listeners = ();

/// Binds all of them.
///
/// # Errors
/// Names the one that cannot be had, and why.
#[cfg(feature = "metrics")]
pub(crate) fn bind(places: &[Place]) -> Result<Listeners, ListenError> {
    let one = |place: &Place| {
        bind::bind(place).map_err(|why| ListenError {
            place: place.to_string(),
            why,
        })
    };
    places.iter().map(one).collect()
}

/// See the one that can.
#[cfg(not(feature = "metrics"))]
pub(crate) fn bind(places: &[Place]) -> Result<Listeners, ListenError> {
    places.first().map_or(Ok(()), |place| {
        Err(ListenError {
            place: place.to_string(),
            why: "it needs a vrrpd that was built with its feature metrics".to_owned(),
        })
    })
}

/// The files of sockets, which go with this.
#[derive(Debug)]
pub(crate) struct Places {
    #[cfg(feature = "metrics")]
    _files: Vec<bind::Gone>,
}

/// Answers at them for as long as the process lives. What fails is told: nothing else depends on it.
#[cfg(feature = "metrics")]
pub(crate) fn start(mut listeners: Listeners, node: &Arc<Node>) -> Places {
    let files = listeners.iter_mut().filter_map(|one| one.file.take());
    let files = Places {
        _files: files.collect(),
    };
    if listeners.is_empty() {
        return files;
    }
    let places: Vec<String> = listeners.iter().map(|one| one.place.to_string()).collect();
    match serve::start(listeners, Arc::clone(node)) {
        Ok(()) => tracing::info!("metrics and health: {}", places.join(", ")),
        Err(error) => tracing::error!(
            "no thread for metrics and health ({error}): nobody is answered at {}",
            places.join(", ")
        ),
    }
    files
}

/// See the one that can.
#[cfg(not(feature = "metrics"))]
pub(crate) fn start((): Listeners, _node: &Arc<Node>) -> Places {
    Places {}
}
