//! `garp_group`, `garp_extra_if`, `timer_expired_backup`.

use std::time::Duration;

use super::Reader;
use super::argument::Junk;
use super::global::DraftAnnouncements;
use crate::keywords::Block;
use crate::model::{ExtraInterfaces, GarpGroup, Sourced};
use crate::number;
use crate::tree::Item;

/// A day.
const EXTRA_MAX_S: i64 = 86_400;

impl Reader<'_> {
    /// `[all] SECONDS`; false for any other word.
    pub(super) fn extra_interfaces(
        &mut self,
        word: &str,
        item: &Item,
        draft: &mut DraftAnnouncements,
    ) -> bool {
        if !matches!(word, "garp_extra_if" | "vmac_garp_intvl") {
            return false;
        }
        let all = item.arguments().first().is_some_and(|word| word.is("all"));
        let Some(word) = item.arguments().get(usize::from(all)) else {
            return true;
        };
        self.surplus(item, usize::from(all).saturating_add(1));
        let least = i64::from(
            item.keyword
                .is_some_and(|keyword| keyword.block == Block::GlobalDefs),
        );
        let what = format!("{} is a whole number from {least} to {EXTRA_MAX_S}", item.name());
        let range = i128::from(least)..=i128::from(EXTRA_MAX_S);
        let read = self.number(word, number::integer(word.bytes()), Junk::Refused, range, &what);
        if let Some(seconds) = read.and_then(|seconds| u64::try_from(seconds).ok()) {
            let every = Duration::from_secs(seconds);
            draft.extra = Some(Sourced::line(ExtraInterfaces { every, all }, item.span));
        }
        true
    }

    /// What is wrong in it is said where blocks are checked that vrrpd only looks at; `taken`: interfaces of groups above.
    pub(super) fn garp_group(&mut self, block: &Item, taken: &mut Vec<String>) -> Option<GarpGroup> {
        let mut group = GarpGroup {
            span: block.span,
            garp_interval: None,
            gna_interval: None,
            paced: Vec::new(),
        };
        let gap = |item: &Item| {
            let word = item.argument()?;
            let reading = number::decimal(word.bytes());
            let micros = u64::try_from(reading.value).ok().filter(|_| reading.whole)?;
            Some(Sourced::line(Duration::from_micros(micros), word.span))
        };
        for item in block.items() {
            let names: Vec<_> = match item.keyword.map(|keyword| keyword.name) {
                Some("garp_interval") => {
                    group.garp_interval = gap(item).or(group.garp_interval);
                    continue;
                }
                Some("gna_interval") => {
                    group.gna_interval = gap(item).or(group.gna_interval);
                    continue;
                }
                Some("interface") => item.arguments().iter().take(1).collect(),
                Some("interfaces") => item.items().flat_map(|line| &line.words).collect(),
                _ => continue,
            };
            let mut paced = Vec::new();
            for word in names {
                if let Some(name) = self.interface(word).filter(|name| !taken.contains(&name.value)) {
                    taken.push(name.value.clone());
                    paced.push(name);
                }
            }
            if !paced.is_empty() {
                group.paced.push(paced);
            }
        }
        let limits = group.garp_interval.is_some() || group.gna_interval.is_some();
        limits.then_some(group)
    }

    /// `[1..254]`.
    pub(super) fn stall(&mut self, item: &Item) -> Option<Sourced<Option<u8>>> {
        if item.arguments().is_empty() {
            return Some(Sourced::line(None, item.span));
        }
        let read = self.integer(item, Junk::Refused, 1, 254)?;
        Some(read.map(|value| u8::try_from(value).ok()))
    }
}
