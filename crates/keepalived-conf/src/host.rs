//! What a configuration may ask about the node that reads it.

use std::collections::BTreeMap;

/// Facts about this node. Without them, a file that needs them is refused.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// The config id of `@ID` lines and `${_INSTANCE}`: the host's name up to the first dot, unless another is given.
    pub config_id: Option<String>,
    /// Environment variables, for `${_ENV NAME}`.
    pub environment: BTreeMap<String, String>,
}
