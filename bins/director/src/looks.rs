//! Which checks look at the same: names count the checks of a server, so that after a reload another may have one's name.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use vrrp_plan::balance::Look;

/// Whether both look at the same. Where a file stands in the configuration, and what it begins as, is nothing that is looked at.
pub(crate) fn is_same(one: &Look, other: &Look) -> bool {
    match (one, other) {
        (Look::File(one), Look::File(other)) => one.path == other.path,
        (one, other) => one == other,
    }
}

/// Looks have no order; what they are about has, and few looks are about the same.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject<'a> {
    Service(IpAddr, u16),
    Program(&'a [String]),
    File(&'a Path),
    Absent(&'a [PathBuf]),
}

/// What it is about; nothing is found by what is set.
fn subject(look: &Look) -> Option<Subject<'_>> {
    match look {
        Look::Ask(question) | Look::Alternate { first: question, .. } => {
            Some(Subject::Service(question.ip, question.port))
        }
        Look::Run { command, .. } => Some(Subject::Program(&command.words)),
        Look::File(track) => Some(Subject::File(&track.path)),
        Look::Unless(paths) => Some(Subject::Absent(paths)),
        Look::Always(_) => None,
    }
}

/// Something by looks; of equal ones the first stays.
#[derive(Debug)]
pub(crate) struct ByLook<'a, T>(BTreeMap<Subject<'a>, Vec<(&'a Look, T)>>);

impl<'a, T> FromIterator<(&'a Look, T)> for ByLook<'a, T> {
    fn from_iter<I: IntoIterator<Item = (&'a Look, T)>>(all: I) -> Self {
        let mut by_look = Self(BTreeMap::new());
        for (look, found) in all {
            let Some(subject) = subject(look) else {
                continue;
            };
            let there = by_look.0.entry(subject).or_default();
            if !there.iter().any(|(other, _)| is_same(other, look)) {
                there.push((look, found));
            }
        }
        by_look
    }
}

impl<T> ByLook<'_, T> {
    pub(crate) fn find<'s>(&'s self, look: &'s Look) -> Option<&'s T> {
        let mut there = self.0.get(&subject(look)?)?.iter();
        there
            .find(|(other, _)| is_same(other, look))
            .map(|(_, found)| found)
    }
}
