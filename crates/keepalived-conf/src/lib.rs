//! `keepalived.conf`: text into a tree, a tree into a typed model, and everything that is wrong with it into
//! diagnostics that say what was found, what happens now, and what to do.
//!
//! ```text
//! Files ──► lines ──► expansion ──► lexer ──► Tree (spans) ──► blocks ──► Config (defaults filled in, origins kept)
//!             └───────────────── Diagnostic ─────────────────┘
//! ```
//!
//! Parsing touches no disk, network or clock, never panics on any bytes, and follows what keepalived makes of the same
//! text, broken files included. The one difference is deliberate: where a word is not carried out, or is lost by a
//! mistake in writing, and service depends on it, the model says so in [`Missing`], and whoever runs the model must not
//! start that instance (or anything) unless the operator allows it.
//!
//! ```
//! use keepalived_conf::{MemoryFiles, parse};
//!
//! let text = "vrrp_instance web {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress { 192.0.2.1/24 }\n}\n";
//! let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
//! assert!(!parsed.is_fatal());
//! let web = &parsed.config.instances[0];
//! assert_eq!(web.priority.value, 100);
//! assert_eq!(web.addresses[0].prefix.value.to_string(), "192.0.2.1/24");
//! ```

mod command;
mod complete;
mod diagnostic;
mod disk;
mod effective;
mod expand;
mod facts;
mod files;
mod foreign;
mod grow;
mod host;
mod keywords;
mod lexer;
pub mod lint;
mod model;
mod number;
mod pattern;
mod print;
mod read;
mod render;
mod secrets;
mod source;
mod tree;
mod verdict;

pub use diagnostic::{Diagnostic, Keepalived, Label, Severity};
pub use disk::DiskFiles;
pub use effective::{Came, Effective, Entry, Left, Section, Setting, Unit, Value, Where, effective};
pub use facts::{Asked, AskedInterface, AskedProgram, Facts, InterfaceUse, Program, ProgramUse};
pub use files::{FileError, Files, MemoryFiles};
pub use host::Host;
pub use keywords::{
    Block, Content, Keyword, KnownTo, Safety, Scope, Support, heard_of, keywords, nearest, similar,
};
pub use lexer::{Unread, Word};
pub use model::*;
pub use print::print;
pub use render::{Renderer, line, render};
pub use source::{FileId, Place, SourceMap, Span};
pub use tree::{Body, Item, Node, Tree};
pub use verdict::{Judged, Verdict, judge};

/// What became of a configuration.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What the file means.
    pub config: Config,
    /// What is to be said about it, in the order of finding.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, for places.
    pub sources: SourceMap,
    /// The text as items.
    pub tree: Tree,
}

impl Parsed {
    /// The file cannot be used: it is refused by keepalived too, cannot be read, or asks for something that bars the
    /// whole daemon. [`Config::missing`] alone can be allowed by the operator; see [`Parsed::is_refused`].
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|found| found.severity == Severity::Fatal)
    }

    /// The file cannot be used, whatever the operator allows.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|found| found.severity == Severity::Fatal && found.code != "missing")
    }
}

/// Reads a configuration and all files it includes, for no node in particular. A path that is no file and has wildcards
/// (`/etc/keepalived/*.conf`) stands for all files it matches, in the order of their names, as behind keepalived's `-f`.
///
/// A file that cannot be read is a fatal [`Diagnostic`], like everything else that is wrong; there is no other error.
#[must_use]
pub fn parse(files: &dyn Files, path: &str) -> Parsed {
    parse_for(&Host::default(), files, path)
}

/// As [`parse`], for the node that `host` describes: lines for other nodes (`@ID`) are left out.
///
/// ```
/// use keepalived_conf::{Host, MemoryFiles, parse_for};
/// let text = "global_defs {\n@lb01 router_id one\n@lb02 router_id two\n}";
/// let host = Host { config_id: Some("lb02".into()), ..Host::default() };
/// let parsed = parse_for(&host, &MemoryFiles::new([("k.conf", text)]), "k.conf");
/// assert_eq!(parsed.config.global.router_id.unwrap().value, "two");
/// ```
#[must_use]
pub fn parse_for(host: &Host, files: &dyn Files, path: &str) -> Parsed {
    let mut sources = SourceMap::default();
    let mut findings = diagnostic::Findings::default();
    let pieces = expand::Expansion::new(files, host, &mut sources, &mut findings).top(path);
    let tree = grow::grow(pieces, &mut findings);
    for secret in secrets::secrets(&tree, &sources) {
        sources.hide(secret);
    }
    let judged = foreign::check(&tree, &mut findings);
    let blocks = read::Reader::new(&mut findings, files).blocks(&tree, &judged);
    let config = complete::complete(blocks, &tree, &mut findings);
    Parsed {
        config,
        diagnostics: findings.finish(),
        sources,
        tree,
    }
}
