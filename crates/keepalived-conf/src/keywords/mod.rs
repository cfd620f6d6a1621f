//! The one table of keepalived's words. The parser, "did you mean", what bars an instance, the compatibility page and
//! completions all come from it; there is no second list.

mod block;
mod check;
mod checker;
mod daemon;
mod global;
mod group;
mod instance;
mod line;
mod lvs;
mod root;
mod stray;
mod suggest;
mod track;
mod webhook;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::Serialize;

pub use block::{Block, Content};
pub use stray::heard_of;
pub(crate) use suggest::{Suggestion, resembling};
pub use suggest::{nearest, similar};

/// How far a word is carried out by this software.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "level", content = "why")]
pub enum Support {
    /// As keepalived does.
    Full,
    /// In part: what is missing.
    Partial(&'static str),
    /// Not carried out, and why nothing is lost by that.
    Ignored(&'static str),
    /// Not carried out, and why.
    Refused(&'static str),
}

/// What a word concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One instance.
    Instance,
    /// Everything the daemon does.
    Daemon,
}

/// What is at stake when a word is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "class")]
pub enum Safety {
    /// Service does not depend on it.
    Harmless,
    /// It decides whether traffic is served, where, to whom we talk, or with what authentication. Where it is not
    /// carried out, `scope` must not start unless the operator allows `allow_word` to be missing.
    Decides {
        /// What must not start.
        scope: Scope,
        /// The word to allow.
        allow_word: &'static str,
    },
}

/// Who knows a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownTo {
    /// keepalived, release 2.2.7 as distributions ship it among them.
    Keepalived,
    /// Only releases of keepalived after 2.2.7, or builds with more turned on than Debian's 2.2.7 has: that one reports
    /// the word as unknown and goes on without it.
    Newer,
    /// Only this software: keepalived reports the word as unknown and goes on without it.
    Own,
}

/// One word in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Keyword {
    /// As it is written.
    pub name: &'static str,
    /// Where it may stand.
    pub block: Block,
    /// The block it opens.
    pub opens: Option<Block>,
    /// Its arguments: `[x]` optional, `|` choice, `…` repeated. Empty for none.
    pub arguments: &'static str,
    /// What the arguments may be and their unit, where the arguments do not say it. May be empty.
    pub range: &'static str,
    /// What holds where the word is absent. Empty where nothing does: nobody is mailed, no script runs.
    pub default: &'static str,
    /// keepalived refuses the whole file when the first argument is missing.
    pub required: bool,
    /// How far it is carried out.
    pub support: Support,
    /// What is at stake.
    pub safety: Safety,
    /// What to write instead, where keepalived says that the word is out of use.
    pub instead: Option<&'static str>,
    /// Who knows it.
    pub known_to: KnownTo,
    /// One line of documentation.
    pub doc: &'static str,
}

impl Keyword {
    /// A setting that is turned on by naming it is off where it is not named.
    fn with_default(self) -> Self {
        let switch = self.opens.is_none() && matches!(self.arguments, "" | "[BOOL]");
        if switch && self.default.is_empty() && self.block.content() == Content::Keywords {
            return Self {
                default: "off",
                ..self
            };
        }
        self
    }

    /// It means nothing without an argument on its line.
    pub(crate) fn takes_argument(&self) -> bool {
        !matches!(self.arguments.as_bytes(), [] | [b'[' | b'{', ..])
    }
}

/// A row while the table is written: a [`Keyword`] without its block.
#[derive(Clone, Copy)]
struct Row(Keyword);

/// Rows that stand in each of some blocks.
type Section = (&'static [Block], &'static [Row]);

/// A word that is carried out in full.
const fn word(name: &'static str, arguments: &'static str, doc: &'static str) -> Row {
    let required = !matches!(arguments.as_bytes(), [] | [b'[' | b'{', ..]);
    let (support, safety) = (Support::Full, Safety::Harmless);
    Row(Keyword {
        name,
        block: Block::Root,
        opens: None,
        arguments,
        range: "",
        default: "",
        required,
        support,
        safety,
        instead: None,
        known_to: KnownTo::Keepalived,
        doc,
    })
}

impl Row {
    const fn opens(mut self, block: Block) -> Self {
        self.0.opens = Some(block);
        self
    }

    const fn partial(mut self, why: &'static str) -> Self {
        self.0.support = Support::Partial(why);
        self
    }

    const fn ignored(mut self, why: &'static str) -> Self {
        self.0.support = Support::Ignored(why);
        self
    }

    const fn refused(mut self, why: &'static str) -> Self {
        self.0.support = Support::Refused(why);
        self
    }

    const fn instance(mut self) -> Self {
        self.0.safety = Safety::Decides {
            scope: Scope::Instance,
            allow_word: self.0.name,
        };
        self
    }

    const fn daemon(mut self) -> Self {
        self.0.safety = Safety::Decides {
            scope: Scope::Daemon,
            allow_word: self.0.name,
        };
        self
    }

    const fn allow(mut self, word: &'static str) -> Self {
        if let Safety::Decides { scope, .. } = self.0.safety {
            self.0.safety = Safety::Decides {
                scope,
                allow_word: word,
            };
        }
        self
    }

    const fn deprecated(mut self, instead: &'static str) -> Self {
        self.0.instead = Some(instead);
        self
    }

    const fn range(mut self, range: &'static str) -> Self {
        self.0.range = range;
        self
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.0.default = default;
        self
    }

    const fn newer(mut self) -> Self {
        self.0.known_to = KnownTo::Newer;
        self
    }

    const fn own(mut self) -> Self {
        self.0.known_to = KnownTo::Own;
        self
    }

    /// keepalived goes on without the argument.
    const fn lenient(mut self) -> Self {
        self.0.required = false;
        self
    }
}

static TABLE: LazyLock<Vec<Keyword>> = LazyLock::new(|| {
    let sections = [
        root::SECTIONS,
        global::SECTIONS,
        daemon::SECTIONS,
        track::SECTIONS,
        check::SECTIONS,
        webhook::SECTIONS,
        group::SECTIONS,
        instance::SECTIONS,
        line::SECTIONS,
        lvs::SECTIONS,
        checker::SECTIONS,
    ];
    let sections = sections.into_iter().flatten();
    let rows = sections.flat_map(|(blocks, rows)| {
        blocks
            .iter()
            .flat_map(|block| rows.iter().map(|row| (*block, *row)))
    });
    rows.map(|(block, Row(keyword))| Keyword { block, ..keyword }.with_default())
        .collect()
});

static INDEX: LazyLock<HashMap<(Block, &'static [u8]), &'static Keyword>> = LazyLock::new(|| {
    TABLE
        .iter()
        .map(|keyword| ((keyword.block, keyword.name.as_bytes()), keyword))
        .collect()
});

/// Every word of keepalived's language, once for each block it may stand in.
///
/// ```
/// use keepalived_conf::{Block, keywords};
/// let priority = keywords().iter().find(|k| k.name == "priority" && k.block == Block::Instance).unwrap();
/// assert_eq!(priority.arguments, "1..255");
/// ```
#[must_use]
pub fn keywords() -> &'static [Keyword] {
    &TABLE
}

static COMMANDS: LazyLock<HashSet<&'static [u8]>> = LazyLock::new(|| {
    let commands = TABLE
        .iter()
        .filter(|keyword| keyword.arguments.trim_start_matches('[').starts_with("COMMAND"));
    commands.map(|keyword| keyword.name.as_bytes()).collect()
});

/// Whether a word is followed by a command: quotes can be escaped there.
pub(crate) fn takes_command(name: &[u8]) -> bool {
    COMMANDS.contains(name)
}

/// The word `name` in `block`.
pub(crate) fn find(block: Block, name: &[u8]) -> Option<&'static Keyword> {
    INDEX.get(&(block, name)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_once_in_a_block() {
        let mut seen = HashSet::new();
        for keyword in keywords() {
            assert!(
                seen.insert((keyword.block, keyword.name)),
                "{} twice in {:?}",
                keyword.name,
                keyword.block
            );
        }
    }

    #[test]
    fn every_word_says_what_it_is_for() {
        for keyword in keywords() {
            assert!(
                keyword.doc.len() > 5 && keyword.doc.ends_with('.'),
                "{}: {:?}",
                keyword.name,
                keyword.doc
            );
            if let Support::Partial(why) | Support::Ignored(why) | Support::Refused(why) = keyword.support {
                assert!(!why.is_empty(), "{}", keyword.name);
            }
        }
    }

    #[test]
    fn every_block_but_the_root_is_opened_by_a_word_or_is_a_line() {
        for keyword in keywords() {
            let opened = keywords().iter().any(|other| other.opens == Some(keyword.block));
            let line = matches!(
                keyword.block,
                Block::Root | Block::AddressLine | Block::RouteLine | Block::RuleLine | Block::TrackLine
            );
            assert!(opened || line, "nothing opens {:?}", keyword.block);
        }
    }

    #[test]
    fn the_table_is_whole() {
        let names: HashSet<_> = keywords().iter().map(|keyword| keyword.name).collect();
        assert!(names.len() >= 360 + 90, "{}", names.len());
    }
}
