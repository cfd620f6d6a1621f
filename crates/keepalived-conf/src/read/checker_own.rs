//! `TLS_CHECK` and `STUB_STATUS` of a `vrrp_check`, which keepalived has not.

use super::Reader;
use super::argument::Junk;
use crate::diagnostic::Diagnostic;
use crate::model::{Question, Sourced};
use crate::tree::Item;

impl Reader<'_> {
    pub(super) fn tls(&mut self, block: &Item) -> Question {
        let (mut verify, mut server_name) = (Sourced::default(true), None);
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("verify") => verify = self.switch(item).unwrap_or(verify),
                Some("sni_name") => server_name = self.word_of(item).or(server_name),
                _ => {}
            }
        }
        Question::Tls { verify, server_name }
    }

    pub(super) fn stub_status(&mut self, block: &Item) -> Option<Question> {
        let (mut path, mut host, mut active_warn, mut active_max) = (None, None, None, None);
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("path") => path = self.path_of(item).or(path),
                Some("virtualhost") => host = self.word_of(item).or(host),
                Some("active_warn") => active_warn = self.connections(item).or(active_warn),
                Some("active_max") => active_max = self.connections(item).or(active_max),
                _ => {}
            }
        }
        let Some(path) = path else {
            let found = Diagnostic::error("incomplete-block", block.span, "STUB_STATUS has no path");
            self.push(
                found.help("add path /nginx_status, or whatever the location with stub_status is called"),
            );
            return None;
        };
        Some(Question::StubStatus {
            path,
            host,
            active_warn,
            active_max,
        })
    }

    fn connections(&mut self, item: &Item) -> Option<Sourced<u32>> {
        let read = self.integer(item, Junk::Refused, 0, i64::from(u32::MAX))?;
        Some(read.map(|count| u32::try_from(count).unwrap_or(u32::MAX)))
    }
}
