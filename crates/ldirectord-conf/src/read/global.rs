//! What concerns the whole file.

use std::time::Duration;

use keepalived_conf::Sourced;

use super::{Given, Reader, or_default};
use crate::model::Global;

/// The default of `checkinterval`.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);

impl Reader<'_> {
    pub(super) fn global(&mut self, given: &Given<'_>) -> Global {
        let interval = given
            .get("checkinterval")
            .and_then(|directive| self.seconds(directive, 1));
        let reload = given
            .get("autoreload")
            .and_then(|directive| self.yes_no(directive));
        let stop = given
            .get("cleanstop")
            .and_then(|directive| self.yes_no(directive));
        let directory = given
            .get("maintenancedir")
            .and_then(|directive| self.filled(directive));
        let directory = directory.filter(|directory| self.is_absolute("maintenancedir", directory));
        let callback = given.get("callback").and_then(|directive| self.filled(directive));
        Global {
            check_interval: or_default(interval, CHECK_INTERVAL),
            auto_reload: or_default(reload, false),
            callback: callback.filter(|program| self.is_absolute("callback", program)),
            maintenance_dir: directory,
            clean_stop: or_default(stop, true),
        }
    }

    /// A daemon has no working folder that a path could be relative to.
    pub(super) fn is_absolute(&mut self, name: &str, path: &Sourced<String>) -> bool {
        let absolute = path.value.starts_with('/');
        if let (false, Some(span)) = (absolute, path.span()) {
            self.fault(
                "relative-path",
                span,
                format!("{name} '{}' is no absolute path", path.value),
                "write it from / on",
            );
        }
        absolute
    }
}
