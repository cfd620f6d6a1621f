//! Files that a check reads once: what stands in them is part of the plan, so that a reload begins the check anew when it has
//! changed under the same name (a renewed certificate).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::balance::{Balance, Look};
use crate::question::{Asks, Http, Question};
use crate::reload::Machine;

/// Notes what the files of all checks hold, each file read once.
pub(crate) fn note(balance: &mut Balance, machine: &dyn Machine) {
    let mut known = BTreeMap::new();
    let mut of = |question: &mut Question| {
        let Asks::Http(http) = &mut question.asks else {
            return;
        };
        let mut hasher = DefaultHasher::new();
        let mut some = false;
        for file in files(http) {
            let held = match known.get(file) {
                Some(held) => *held,
                None => *known
                    .entry(file.to_path_buf())
                    .or_insert_with(|| machine.digest(file)),
            };
            held.hash(&mut hasher);
            some = true;
        }
        http.contents = some.then(|| hasher.finish());
    };
    for check in Arc::make_mut(&mut balance.checks) {
        match &mut check.look {
            Look::Ask(question) => of(question),
            Look::Alternate { first, between, .. } => {
                of(first);
                of(between);
            }
            Look::Run { .. } | Look::File(_) | Look::Unless(_) | Look::Always(_) => {}
        }
    }
}

fn files(http: &Http) -> impl Iterator<Item = &Path> {
    let client = http
        .client
        .iter()
        .flat_map(|(certificate, key)| [certificate, key]);
    http.authorities.iter().chain(client).map(PathBuf::as_path)
}

/// Only to tell it from what was there before: no proof against who means to deceive.
#[cfg(feature = "machine")]
pub(crate) fn digest(file: &Path) -> Option<u64> {
    // A pipe would be waited for.
    if !std::fs::metadata(file).ok()?.is_file() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    std::fs::read(file).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}
