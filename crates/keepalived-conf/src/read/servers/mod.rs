//! `virtual_server`: what keepalived carries out of it, into the model. Defaults that a check has from its real server, and
//! that from its virtual server, are filled in here.

mod check;
pub(crate) mod forwarding;
mod lines;
pub(crate) mod lvs;
mod members;
mod real_server;
mod virtual_server;

use super::Reader;
use crate::foreign::server::Judged;
use crate::model::{GlobalDefs, Missing, Sourced, VirtualServer};
use crate::tree::Tree;

/// What all virtual servers of a file have in common.
pub(super) struct Common<'a> {
    global: &'a GlobalDefs,
    tree: &'a Tree,
}

impl Reader<'_> {
    /// The virtual servers, in the order of the file, and what of them bars the daemon.
    pub(crate) fn virtual_servers(
        &mut self,
        judged: &[Judged<'_>],
        tree: &Tree,
        global: &GlobalDefs,
    ) -> (Vec<VirtualServer>, Vec<Missing>) {
        let common = Common { global, tree };
        let mut missing = Vec::new();
        members::groups_again(tree, self.findings);
        let servers = judged
            .iter()
            .filter_map(|one| self.virtual_server(one, &common, &mut missing))
            .collect();
        (servers, missing)
    }
}

impl Common<'_> {
    /// `smtp_alert` of a server that says nothing itself.
    fn mail(&self, default: bool) -> Sourced<bool> {
        let lvs = &self.global.lvs;
        if lvs.no_emails.value {
            return Sourced::implied(false, "no_checker_emails");
        }
        let checker = lvs.smtp_alert.map(|on| on.inherited("smtp_alert_checker"));
        let all = self.global.mail.alert.map(|on| on.inherited("smtp_alert"));
        lines::first([checker, all], default)
    }
}
