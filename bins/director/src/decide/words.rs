//! What an operator has said, by names, so that a reload does not lose it; and weights that checks have set.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use healthcheck::Placement;
use vrrp_plan::balance::{Balance, Look, RealServer, ServerCheck};

use super::heirs::Heirs;

/// A real server of a virtual server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName {
    /// The virtual server.
    pub virtual_server: Arc<str>,
    /// The real server in it.
    pub server: Arc<str>,
}

impl std::fmt::Display for ServerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.server, self.virtual_server)
    }
}

/// An operator's word about a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Word {
    /// Where it is to be.
    pub placement: Placement,
    /// Its weight instead of the configured one, and of what a check sets.
    pub weight: Option<u32>,
}

impl Word {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    said: BTreeMap<ServerName, Word>,
    /// What checks with `sets_weight` have set, by their names.
    set: BTreeMap<Arc<str>, u32>,
    /// These checks.
    setting: BTreeSet<Arc<str>>,
}

impl Words {
    pub(super) const fn said(&self) -> &BTreeMap<ServerName, Word> {
        &self.said
    }

    pub(super) fn of(&self, name: &ServerName) -> Word {
        self.said.get(name).copied().unwrap_or_default()
    }

    pub(super) fn say(&mut self, name: ServerName, word: Word) {
        if word.is_silent() {
            self.said.remove(&name);
        } else {
            self.said.insert(name, word);
        }
    }

    /// False where it was so, or where the check sets no weight: a run that a reload has ended may still say one.
    pub(super) fn set(&mut self, check: &str, weight: u32) -> bool {
        self.setting.contains(check) && self.set.insert(check.into(), weight) != Some(weight)
    }

    /// The weight that a server has by these: an operator's before a check's. Several checks each add what theirs differs from
    /// the configured one.
    pub(super) fn weight(&self, name: &ServerName, server: &RealServer) -> Option<u32> {
        let said = self.of(name).weight;
        if said.is_some() || self.set.is_empty() {
            return said;
        }
        let own = i64::from(server.destination.weight);
        let set = server.follows.iter();
        let mut set = set
            .filter_map(|follows| self.set.get(follows.check.as_str()))
            .map(|weight| i64::from(*weight) - own)
            .peekable();
        set.peek()?;
        let sum = own.saturating_add(set.sum());
        Some(u32::try_from(sum.max(0)).unwrap_or(u32::MAX))
    }

    /// What is about servers and checks that are no more is forgotten; a weight goes with the look that has set it. Answers with
    /// the checks that set another weight now, or none.
    pub(super) fn retain(&mut self, balance: &Balance, heirs: &Heirs) -> Vec<Arc<str>> {
        let looks = |check: &&ServerCheck| {
            matches!(
                check.look,
                Look::Run {
                    sets_weight: true,
                    ..
                }
            )
        };
        let setting = balance.checks.iter().filter(looks);
        self.setting = setting.map(|check| check.name.as_str().into()).collect();
        let set = self.setting.iter();
        let set = set.filter_map(|check| Some((Arc::clone(check), *heirs.of(check, &self.set)?)));
        let set: BTreeMap<Arc<str>, u32> = set.collect();
        let is_other = |(check, weight): &(&Arc<str>, &u32)| set.get(*check) != Some(*weight);
        let silent = self.set.iter().filter(is_other);
        let silent = silent.map(|(check, _)| Arc::clone(check)).collect();
        self.set = set;
        self.said.retain(|name, _| {
            let virtual_server = balance.server(&name.virtual_server);
            virtual_server.is_some_and(|found| found.servers.iter().any(|server| server.name == *name.server))
        });
        silent
    }
}
