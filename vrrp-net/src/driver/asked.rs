//! Who asks how everything is. The answer is put together some services at a time, between two turns of the loop: with a
//! thousand services all at once would keep advertisements waiting.

use std::ops::Bound;
use std::sync::Arc;

use tokio::sync::oneshot;
use vrrp_core::{InstanceId, Instant};

use super::engine::Engine;
use crate::status::{ServiceStatus, Status};

/// Services looked at in one turn: some tens of microseconds.
const SERVICES: usize = 16;

/// Shared by all who asked in time for the same one.
pub(super) type Reply = oneshot::Sender<Arc<Status>>;

/// Who waits, and the answer that is being made.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// They asked after it was begun: what they have ordered before may not be in it.
    waiting: Vec<Reply>,
    round: Option<Round>,
}

#[derive(Debug)]
struct Round {
    replies: Vec<Reply>,
    services: Vec<ServiceStatus>,
    last: Option<InstanceId>,
}

impl Asked {
    pub(super) fn ask(&mut self, reply: Reply) {
        self.waiting.push(reply);
    }

    /// Whether there is something to do at once.
    pub(super) fn is_busy(&self) -> bool {
        self.round.is_some() || !self.waiting.is_empty()
    }

    fn take(&mut self) -> Option<Round> {
        let begin = |replies: &mut Vec<Reply>| {
            let replies = std::mem::take(replies);
            (!replies.is_empty()).then(|| Round {
                replies,
                services: Vec::new(),
                last: None,
            })
        };
        self.round.take().or_else(|| begin(&mut self.waiting))
    }
}

impl Engine {
    /// Goes on with the answer to who asked.
    pub(super) fn answer_some(&mut self, now: Instant) {
        let Some(mut round) = self.asked.take() else {
            return;
        };
        let from = round.last.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.instances.range((from, Bound::Unbounded)).map(|(id, _)| *id);
        let mut left = SERVICES;
        for id in ids.take(SERVICES) {
            round.last = Some(id);
            round.services.extend(self.service_status(now, id));
            left -= 1;
        }
        if left == 0 {
            self.asked.round = Some(round);
            return;
        }
        let status = Arc::new(self.status(now, round.services));
        for reply in round.replies {
            let _gone = reply.send(Arc::clone(&status));
        }
    }
}
