//! Which instance of a new plan carries on which one of the old: the virtual router that it is decides, and then its name.

use std::collections::{BTreeMap, BTreeSet};

use vrrp_net::renames;

use crate::plan::{Instance, Plan};

/// Who was what before. Made for two plans.
#[derive(Debug)]
pub struct Succession<'a> {
    old: &'a Plan,
    /// By the new name.
    before: BTreeMap<&'a str, &'a Instance>,
    renamed: Vec<(String, String)>,
}

impl<'a> Succession<'a> {
    /// From `old` to `new`. An instance that is the same router goes on, whatever its name; else one of the same name does,
    /// unless that one is another's now.
    #[must_use]
    pub fn between(old: &'a Plan, new: &'a Plan) -> Self {
        let services = |plan: &'a Plan| plan.instances.iter().map(|instance| &instance.service);
        let renamed = renames(services(old), services(new));
        let named: BTreeMap<&str, &Instance> =
            old.instances.iter().map(|one| (one.name.as_str(), one)).collect();
        let mut before: BTreeMap<&str, &Instance> = BTreeMap::new();
        {
            let old_names: BTreeMap<&str, &str> = renamed
                .iter()
                .map(|(old, new)| (new.as_str(), old.as_str()))
                .collect();
            let left: BTreeSet<&str> = old_names.values().copied().collect();
            for instance in &new.instances {
                let name = instance.name.as_str();
                let earlier = match old_names.get(name) {
                    Some(old_name) => named.get(old_name),
                    None => named.get(name).filter(|_| !left.contains(name)),
                };
                if let Some(earlier) = earlier {
                    before.insert(name, earlier);
                }
            }
        }
        Self { old, before, renamed }
    }

    /// What the instance of the new plan that is called `name` was before; `None`: it is new.
    #[must_use]
    pub fn before(&self, name: &str) -> Option<&'a Instance> {
        self.before.get(name).copied()
    }

    /// Instances of the old plan that nobody carries on.
    pub fn removed(&self) -> impl Iterator<Item = &'a Instance> {
        let carried_on: BTreeSet<&str> = self.before.values().map(|one| one.name.as_str()).collect();
        let all = self.old.instances.iter();
        all.filter(move |one| !carried_on.contains(one.name.as_str()))
    }

    /// Who carries on an instance of the old plan.
    #[must_use]
    pub fn after(&self, old_name: &str) -> Option<&'a str> {
        let mut all = self.before.iter();
        all.find(|(_, before)| before.name == old_name)
            .map(|(name, _)| *name)
    }

    /// Old and new name of each instance that goes on under another one.
    #[must_use]
    pub fn renamed(&self) -> &[(String, String)] {
        &self.renamed
    }
}
