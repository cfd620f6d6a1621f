//! `-e` and `-d`: what is asked of the file before it is run.

use keepalived_conf::{Entry, Section, effective, line};
use tracing::info;

use crate::arguments::Arguments;
use crate::load;

/// Every file that the configuration includes is there.
///
/// # Errors
/// The first that is not, with its place.
pub(super) fn all_files(arguments: &Arguments) -> Result<(), String> {
    let parsed = load::read(arguments).parsed;
    let mut found = parsed.diagnostics.iter();
    match found.find(|found| {
        matches!(
            found.code,
            "include-absent" | "include-folder" | "include-unreadable"
        )
    }) {
        Some(missing) => Err(format!("{} (-e)", line(missing, &parsed.sources))),
        None => Ok(()),
    }
}

/// Every value in force, one a line. Secrets are counted and not shown.
pub(super) fn dump(arguments: &Arguments) {
    let parsed = load::read(arguments).parsed;
    let all = effective(&parsed);
    let sections = std::iter::once(&all.global)
        .chain(&all.scripts)
        .chain(&all.track_files)
        .chain(&all.track_processes)
        .chain(&all.sync_groups)
        .chain(&all.garp_groups)
        .chain(&all.webhooks)
        .chain(&all.statics)
        .chain(&all.instances);
    for section in sections {
        tell(section);
    }
}

fn tell(section: &Section) {
    let name = section.name.as_deref().unwrap_or_default();
    info!("{} {name}", section.block);
    for entry in &section.settings {
        let settings = match entry {
            Entry::One(setting) => std::slice::from_ref(setting),
            Entry::Many { settings, .. } => settings.as_slice(),
        };
        for setting in settings {
            info!("  {} = {} ({})", setting.keyword, setting.shown(), setting.came);
        }
    }
}
