//! `net_namespace`: everything, scripts included, happens in the network that it names.

use tracing::info;
use vrrp_plan::{NotEntered, Plan};

use crate::arguments::Arguments;
use crate::exit::Exit;

/// Why the daemon is not in the network that it is to work in.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {error}. Nothing was started")]
pub(crate) struct Outside {
    place: String,
    pub(crate) error: NotEntered,
}

impl Outside {
    pub(crate) const fn exit(&self) -> Exit {
        match self.error {
            NotEntered::Forbidden { .. } => Exit::Permission,
            _ => Exit::Configuration,
        }
    }
}

/// Call it before any socket is opened, and before there are threads that start scripts.
///
/// # Errors
/// There is no such network, or it may not be entered.
pub(crate) fn enter(arguments: &Arguments, plan: &Plan) -> Result<(), Outside> {
    let Some((place, name)) = arguments.net_namespace(plan) else {
        return Ok(());
    };
    vrrp_plan::enter(name).map_err(|error| Outside {
        place: place.to_owned(),
        error,
    })?;
    info!("{place}: in the network namespace {name}");
    Ok(())
}
