//! Checks of real servers.

use std::path::PathBuf;
use std::time::Duration;

use keepalived_conf::{ServerLook, Sourced, TrackFile};
use vrrp_core::Weight;

use crate::balance::{Look, ServerCheck};
use crate::lower::Lowering;
use crate::question::{Asks, Question};

/// A run takes some time.
const LEAST: Duration = Duration::from_micros(1);

impl Lowering<'_> {
    /// With a name that no other check has.
    pub(super) fn server_check(
        &self,
        server: &str,
        check: &keepalived_conf::ServerCheck,
        before: &[ServerCheck],
    ) -> Option<ServerCheck> {
        let (look, timeout) = match &check.look {
            ServerLook::Ask(checker) => {
                let mut question = Box::new(Question::of(checker));
                self.certificates(&mut question.asks);
                (Look::Ask(question), checker.connect_timeout.value)
            }
            ServerLook::Run(misc) => {
                let user = misc.user.as_ref().map(|user| &user.value);
                let look = Look::Run {
                    command: self.command(misc.argv.value.clone(), user),
                    sets_weight: misc.dynamic.value,
                };
                (look, misc.timeout.value)
            }
            ServerLook::File { track_file, .. } => {
                let file = self.track_file(&track_file.value)?;
                (Look::File(self.file(file)), check.delay_loop.value)
            }
            ServerLook::Never => (Look::Always(false), check.delay_loop.value),
        };
        let name = format!("{server} {}", check.word);
        let taken = |name: &str| before.iter().any(|check| check.name == name);
        let numbered = (2_u32..).map(|number| format!("{name} {number}"));
        let name = std::iter::once(name.clone())
            .chain(numbered)
            .find(|name| !taken(name))?;
        Some(ServerCheck {
            name,
            place: self.place_of(check.span),
            look,
            interval: check.delay_loop.value.max(LEAST),
            timeout: timeout.max(LEAST),
            retries: check.retry.value,
            retry_after: check.delay_before_retry.value,
            warmup: check.warmup.value,
            log_all_failures: check.log_all_failures.value,
        })
    }

    /// The files of the `SSL` block.
    fn certificates(&self, asks: &mut Asks) {
        let (Asks::Http(http), Some(ssl)) = (asks, &self.config.ssl) else {
            return;
        };
        if !http.tls {
            return;
        }
        let path = |file: &Option<Sourced<String>>| file.as_ref().map(|file| PathBuf::from(&file.value));
        http.authorities = path(&ssl.ca);
        http.client = path(&ssl.certificate).zip(path(&ssl.key));
    }

    /// What a file's number does to its server's weight.
    pub(super) fn weight(&self, check: &keepalived_conf::ServerCheck) -> Option<Weight> {
        let ServerLook::File { track_file, weight } = &check.look else {
            return None;
        };
        let said = weight.as_ref().map(|weight| weight.value);
        let weight = said.or_else(|| Some(self.track_file(&track_file.value)?.weight.value))?;
        Some(Weight::from_keepalived(weight.value, weight.reverse))
    }

    fn track_file(&self, name: &str) -> Option<&TrackFile> {
        self.config.track_files.iter().find(|file| file.name == name)
    }
}
