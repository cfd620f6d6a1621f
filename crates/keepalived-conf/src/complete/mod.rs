//! Blocks into a configuration: defaults, what one block takes from another, and the rules that no single line shows.

mod address;
mod auth_hmac;
mod clash;
mod group;
mod instance;
mod interop;
mod mail;
mod missing;
mod notify;
mod path;
mod servers;
mod statics;
mod strict;
mod track;
mod virtual_mac;

use crate::diagnostic::Findings;
use crate::model::{Config, Dropped, Statics};
use crate::read::Blocks;
use crate::tree::Tree;

/// Fills in defaults, applies keepalived's rules, and says what is missing.
pub(crate) fn complete(mut blocks: Blocks, tree: &Tree, findings: &mut Findings) -> Config {
    let mut lost = missing::scan(tree, &mut blocks);
    lost.append(&mut blocks.statics.missing);
    lost.append(&mut blocks.missing_checks);
    let mut config = Config {
        global: blocks.global,
        scripts: blocks.scripts,
        track_files: blocks.track_files,
        track_processes: blocks.track_processes,
        instances: Vec::new(),
        dropped: Vec::new(),
        sync_groups: Vec::new(),
        garp_groups: blocks.garp_groups,
        webhooks: blocks.webhooks,
        statics: Statics::default(),
        virtual_servers: servers::complete(blocks.virtual_servers, findings),
        ssl: blocks.ssl,
        missing: lost,
    };
    for draft in blocks.drafts {
        let dropped = Dropped {
            name: draft.name.clone(),
            span: draft.span,
        };
        match instance::complete(draft, &config, findings) {
            Some(instance) => config.instances.push(instance),
            None => config.dropped.push(dropped),
        }
    }
    clash::routers(&mut config, findings);
    clash::addresses(&mut config.instances, findings);
    group::complete(blocks.groups, &mut config, findings);
    notify::complete(&mut config);
    for instance in config.instances.iter_mut().filter(|one| one.is_owner()) {
        track::interfaces_of_owner(instance, findings);
    }
    config.statics = statics::complete(blocks.statics.statics, &config, findings);
    servers::sync_daemon(&mut config, tree, findings);
    mail::complete(&config, findings);
    missing::report(&config, findings);
    missing::harmless(tree, findings);
    config
}
