//! `garp_group`.

use crate::model::GarpGroup;

use super::place::Places;
use super::value::{Unit, Value, unset};
use super::{Entry, Section};

impl Places<'_> {
    pub(super) fn garp_group(self, group: &GarpGroup) -> Section {
        let gap = |keyword, set: &Option<_>| {
            let none = || unset(keyword, Unit::Us, "no limit");
            Entry::One(
                set.as_ref()
                    .map_or_else(none, |set| self.time(keyword, Unit::Us, set)),
            )
        };
        let shared = group.paced.iter().filter_map(|names| {
            let words = names.iter().map(|name| name.value.clone()).collect();
            Some(self.with("interfaces", Unit::None, names.first()?, Value::Words(words)))
        });
        Section {
            block: "garp_group",
            name: None,
            place: Some(self.of(group.span)),
            settings: vec![
                gap("garp_interval", &group.garp_interval),
                gap("gna_interval", &group.gna_interval),
                Entry::Many {
                    keyword: "interfaces",
                    settings: shared.collect(),
                },
            ],
            missing: Vec::new(),
        }
    }
}
