//! The tree into the model: each word's arguments into values. Nothing here depends on another block; that is the
//! work of [`crate::complete`].

mod address;
mod announcing;
mod argument;
mod auth_hmac;
mod authentication;
mod check;
mod checker;
mod checker_http;
mod checker_octets;
mod checker_own;
mod fifo;
mod global;
mod group;
mod instance;
mod iproute;
mod line_words;
mod mail;
mod notify;
mod peer;
mod push;
mod root;
mod route;
mod route_report;
mod router_advertisements;
mod rule;
mod script;
mod secret;
pub(crate) mod servers;
mod statics;
mod track;
mod track_definition;
mod virtual_mac;
mod webhook;

use crate::diagnostic::{Diagnostic, Findings};
use crate::files::Files;
use crate::foreign::server::Judged;
use crate::model::{
    GarpGroup, GlobalDefs, Missing, Ssl, TrackFile, TrackProcess, VirtualServer, VrrpScript, Webhook,
};
use crate::source::Span;
use crate::tree::{Item, Tree, items};

pub(crate) use argument::address;
pub(crate) use auth_hmac::EFFECT as HMAC_EFFECT;
pub(crate) use authentication::AuthType;
pub(crate) use group::DraftGroup;
pub(crate) use instance::{Above, Draft, DraftTrack};
pub(crate) use statics::DraftStatics;
pub(crate) use virtual_mac::DraftVmac;

/// All blocks of a file, each by itself.
pub(crate) struct Blocks {
    pub(crate) global: GlobalDefs,
    pub(crate) scripts: Vec<VrrpScript>,
    pub(crate) track_files: Vec<TrackFile>,
    pub(crate) track_processes: Vec<TrackProcess>,
    /// Scripts, files and processes that were left out, by name.
    pub(crate) lost_definitions: Vec<(String, Span)>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) groups: Vec<DraftGroup>,
    pub(crate) garp_groups: Vec<GarpGroup>,
    pub(crate) webhooks: Vec<Webhook>,
    pub(crate) statics: DraftStatics,
    pub(crate) virtual_servers: Vec<VirtualServer>,
    pub(crate) ssl: Option<Ssl>,
    /// Checks of theirs that are not carried out.
    pub(crate) missing_checks: Vec<Missing>,
}

impl Blocks {
    const fn tracks(&self) -> Above {
        Above {
            files: self.track_files.len(),
            processes: self.track_processes.len(),
        }
    }
}

/// Reads arguments and reports what is wrong with them.
pub(crate) struct Reader<'a> {
    findings: &'a mut Findings,
    /// Where keys are read that the configuration names by path.
    files: &'a dyn Files,
    /// Names of tables and the like.
    names: iproute::Names<'a>,
    /// Addresses that are read are static ones.
    static_addresses: bool,
    /// Rules without a preference so far.
    unnumbered_rules: u32,
    /// The instance that findings are about.
    instance: Option<String>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(findings: &'a mut Findings, files: &'a dyn Files) -> Self {
        Self {
            findings,
            files,
            names: iproute::Names::new(files),
            static_addresses: false,
            unnumbered_rules: 0,
            instance: None,
        }
    }

    fn push(&mut self, mut found: Diagnostic) {
        if found.instance.is_none() {
            found.instance.clone_from(&self.instance);
        }
        self.findings.push(found);
    }

    /// Reads every block.
    pub(crate) fn blocks(&mut self, tree: &Tree, judged: &[Judged<'_>]) -> Blocks {
        let mut blocks = Blocks {
            global: self.global(tree),
            scripts: Vec::new(),
            track_files: Vec::new(),
            track_processes: Vec::new(),
            lost_definitions: Vec::new(),
            drafts: Vec::new(),
            groups: Vec::new(),
            garp_groups: Vec::new(),
            webhooks: Vec::new(),
            statics: DraftStatics::default(),
            virtual_servers: Vec::new(),
            ssl: None,
            missing_checks: Vec::new(),
        };
        let mut paced = Vec::new();
        self.name_folders(tree);
        for item in items(&tree.nodes) {
            match item.keyword.map(|keyword| keyword.name) {
                Some("vrrp_script") => self.script_block(item, &mut blocks),
                Some("vrrp_check") => self.check_block(item, &mut blocks),
                Some("track_file" | "vrrp_track_file") => self.track_file_block(item, &mut blocks),
                Some("vrrp_track_process") => self.track_process_block(item, &mut blocks),
                Some("vrrp_instance") => self.instance_block(item, &mut blocks),
                Some("vrrp_sync_group") => self.group_block(item, &mut blocks),
                Some("vrrp_webhook") => self.webhook_block(item, &mut blocks.webhooks),
                // keepalived takes the last one.
                Some("SSL") => blocks.ssl = Some(self.ssl(item)),
                Some("garp_group") => blocks.garp_groups.extend(self.garp_group(item, &mut paced)),
                _ => {
                    let _known = self.static_block(item, tree, &mut blocks.statics);
                }
            }
        }
        let (servers, missing) = self.virtual_servers(judged, tree, &blocks.global);
        blocks.virtual_servers = servers;
        blocks.missing_checks = missing;
        blocks
    }

    fn script_block(&mut self, item: &Item, blocks: &mut Blocks) {
        let Some(name) = self.block_name(item) else { return };
        if let Some(first) = blocks.scripts.iter().find(|script| script.name == name) {
            // keepalived does the same without a word.
            let found = duplicate(item, &name, first.span, "script").silent();
            self.push(found);
            return;
        }
        match self.script(item, &name) {
            Some(script) => blocks.scripts.push(script),
            None => blocks.lost_definitions.push((name, item.span)),
        }
    }

    /// It shares its names with the scripts: `track_script` names either.
    fn check_block(&mut self, item: &Item, blocks: &mut Blocks) {
        let Some(name) = self.block_name(item) else { return };
        if let Some(first) = blocks.scripts.iter().find(|script| script.name == name) {
            let found = duplicate(item, &name, first.span, "script or check").silent();
            self.push(found.effect("this block is left out whole"));
            return;
        }
        let check = self.check(item, &name);
        blocks.scripts.push(check);
    }

    fn track_file_block(&mut self, item: &Item, blocks: &mut Blocks) {
        let Some(name) = self.block_name(item) else { return };
        if let Some(first) = blocks.track_files.iter().find(|file| file.name == name) {
            let found = duplicate(item, &name, first.span, "track_file").silent();
            self.push(found);
            return;
        }
        match self.track_file(item, &name) {
            Some(file) => blocks.track_files.push(file),
            None => blocks.lost_definitions.push((name, item.span)),
        }
    }

    fn track_process_block(&mut self, item: &Item, blocks: &mut Blocks) {
        let Some(name) = self.block_name(item) else { return };
        let mut before = blocks.track_processes.iter();
        if let Some(first) = before.find(|process| process.name == name) {
            let found = duplicate(item, &name, first.span, "vrrp_track_process").silent();
            self.push(found);
            return;
        }
        match self.track_process(item, &name) {
            Some(process) => blocks.track_processes.push(process),
            None => blocks.lost_definitions.push((name, item.span)),
        }
    }

    fn instance_block(&mut self, item: &Item, blocks: &mut Blocks) {
        let Some(name) = self.block_name(item) else { return };
        if let Some(first) = blocks.drafts.iter().find(|draft| draft.name == name) {
            let found = duplicate(item, &name, first.span, "instance");
            self.push(found);
            return;
        }
        self.instance = Some(name.clone());
        let mut draft = self.draft(item, name);
        draft.scripts_above = blocks.scripts.len();
        draft.tracks_above = blocks.tracks();
        self.instance = None;
        blocks.drafts.push(draft);
    }

    fn group_block(&mut self, item: &Item, blocks: &mut Blocks) {
        let Some(name) = self.block_name(item) else { return };
        if let Some(first) = blocks.groups.iter().find(|draft| draft.group.name == name) {
            let found = duplicate(item, &name, first.group.span, "sync group");
            self.push(found);
            return;
        }
        let mut draft = self.group(item, name);
        draft.tracks_above = blocks.tracks();
        blocks.groups.push(draft);
    }
}

fn duplicate(item: &Item, name: &str, first: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        "duplicate-block",
        item.span,
        format!("{what} {name} is there already"),
    )
    .effect("this block is left out whole, as keepalived does")
    .help("give it another name, or remove one of the two")
    .label(first, "the first one")
}
