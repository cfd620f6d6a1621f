//! Who is told besides the scripts.

use std::sync::Arc;

use vrrp_notices::{News, Notices};

use super::fifo::Fifos;
use super::notice::Notice;
use crate::notices;

/// Whoever wants every [`Notice`] has a field here and a line in [`Listeners::tell`].
///
/// A listener never blocks and never waits: it is called with the lock of the notifier held, by the loop that also sees the
/// signals. What takes time it puts into a queue of its own, bounded, that a task of its own works off.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    pub(super) fifos: Fifos,
    /// Mail and webhooks.
    pub(super) notices: Option<Arc<Notices>>,
    /// All that was told.
    #[cfg(test)]
    pub(super) heard: Vec<Notice>,
}

impl Listeners {
    /// Instances that go on under other names, before and after; who goes was told the last.
    pub(super) fn renamed(&self, names: &[(String, String)]) {
        if let Some(notices) = &self.notices {
            notices.rename(names);
        }
    }

    /// Every notice comes here, once, in the order in which it is to be told.
    pub(super) fn tell(&mut self, notice: &Notice) {
        tracing::debug!(
            kind = %notice.kind, name = notice.name, what = %notice.what, priority = notice.priority, at = ?notice.at,
            "told"
        );
        self.fifos.told(notice);
        if let (Some(notices), Some(news)) = (&self.notices, notices::news(notice)) {
            notices.tell(&news);
        }
        #[cfg(test)]
        self.heard.push(notice.clone());
    }

    /// The same of virtual and real servers: a line for the pipes, and what mail and webhooks are told.
    pub(super) fn tell_of_server(&mut self, line: &str, news: Option<&News>) {
        tracing::debug!(line, "told");
        self.fifos.told_of_server(line);
        if let (Some(notices), Some(news)) = (&self.notices, news) {
            notices.tell(news);
        }
    }

    /// What was told already, for those who want it after a reload (keepalived `fifo_write_vrrp_states_on_reload`).
    pub(super) fn tell_again(&mut self, notice: &Notice) {
        self.fifos.told(notice);
    }
}
