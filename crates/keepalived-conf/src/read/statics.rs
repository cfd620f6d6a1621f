//! What is there whatever the role: `static_ipaddress`, `static_routes`, `static_rules`, and `track_group`.

use super::Reader;
use super::address::Line;
use crate::diagnostic::Diagnostic;
use crate::model::{Missing, Sourced, Statics, TrackGroup};
use crate::tree::{Item, Tree, items};

/// Where a static address without `dev` goes.
const DEFAULT_INTERFACE: &str = "eth0";

/// The static blocks, and what of them is not carried out.
#[derive(Default)]
pub(crate) struct DraftStatics {
    pub(crate) statics: Statics,
    pub(crate) missing: Vec<Missing>,
}

impl Reader<'_> {
    /// Folders that the file names for names.
    pub(super) fn name_folders(&mut self, tree: &Tree) {
        for word in ["iproute_usr_dir", "iproute_etc_dir"] {
            if let Some(folder) = global_word(tree, word) {
                self.names.also_in(folder);
            }
        }
    }

    pub(super) fn static_block(&mut self, item: &Item, tree: &Tree, draft: &mut DraftStatics) -> bool {
        match item.keyword.map(|keyword| keyword.name) {
            Some("static_ipaddress") => self.static_addresses(item, tree, draft),
            Some("static_routes") => {
                let mut routes = self.routes(item, &mut draft.missing);
                let names = routes.iter_mut().map(|route| &mut route.track_group);
                self.above(names, &draft.statics.groups);
                draft.statics.routes.extend(routes);
            }
            Some("static_rules") => {
                let mut rules = self.rules(item, &mut draft.missing);
                let names = rules.iter_mut().map(|rule| &mut rule.track_group);
                self.above(names, &draft.statics.groups);
                draft.statics.rules.extend(rules);
            }
            Some("track_group") => self.track_group(item, draft),
            _ => return false,
        }
        true
    }

    fn static_addresses(&mut self, block: &Item, tree: &Tree, draft: &mut DraftStatics) {
        self.static_addresses = true;
        let lines: Vec<Option<Line>> = block.items().map(|line| self.address_line(line)).collect();
        self.static_addresses = false;
        for line in lines {
            let Some(Line::Good(mut address)) = line else {
                continue;
            };
            if address.dev.is_none() {
                let name = global_word(tree, "default_interface");
                address.dev = Some(match name {
                    Some(name) => Sourced::implied(name, "default_interface"),
                    None => Sourced::default(DEFAULT_INTERFACE.to_owned()),
                });
            }
            self.above(std::iter::once(&mut address.track_group), &draft.statics.groups);
            draft.statics.addresses.push(*address);
        }
    }

    /// Takes away names of groups that do not stand above: keepalived knows no others.
    fn above<'n>(
        &mut self,
        names: impl Iterator<Item = &'n mut Option<Sourced<String>>>,
        groups: &[TrackGroup],
    ) {
        for named in names {
            let unknown = named.take_if(|name| groups.iter().all(|group| group.name != name.value));
            let Some((name, span)) = unknown.and_then(|name| Some((name.value.clone(), name.span()?))) else {
                continue;
            };
            let text = format!("there is no track_group {name} so far");
            let found = Diagnostic::error("unknown-track-group", span, text)
                .effect("no instance is barred when the entry is lost, as with keepalived")
                .help("define the group above this block, or correct the name");
            self.push(found);
        }
    }

    fn track_group(&mut self, block: &Item, draft: &mut DraftStatics) {
        let Some(name) = self.block_name(block) else {
            return;
        };
        if let Some(first) = draft.statics.groups.iter().find(|group| group.name == name) {
            let text = format!("there is a track_group {name} already");
            let found = Diagnostic::error("duplicate-block", block.span, text)
                .effect("this block is left out whole, as keepalived does")
                .help("give it another name, or remove one of the two")
                .label(first.span, "the first one");
            self.push(found);
            return;
        }
        let groups = block
            .items()
            .filter(|item| item.keyword.is_some_and(|keyword| keyword.name == "group"));
        let words = groups.flat_map(Item::items).flat_map(|line| &line.words);
        draft.statics.groups.push(TrackGroup {
            name,
            span: block.span,
            members: words.map(|word| (word.text(), word.span)).collect(),
        });
    }
}

/// The argument of the last such word of `global_defs`.
fn global_word(tree: &Tree, name: &str) -> Option<String> {
    let globals =
        items(&tree.nodes).filter(|item| item.keyword.is_some_and(|keyword| keyword.name == "global_defs"));
    let named = globals
        .flat_map(Item::items)
        .filter(|item| item.keyword.is_some_and(|keyword| keyword.name == name));
    named.last()?.argument().map(|word| word.text())
}
