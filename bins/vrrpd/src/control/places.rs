//! Places for those who may speak: each user has its own, so that none can take those of the others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Clients of one user that are heard at a time.
pub(super) const HEARD_MAX: usize = 4;
/// Those that wait for such a place, and those that have one.
const OPEN_MAX: usize = 16;
/// Users that have places at a time; more than a file names, and less than would use up the descriptors.
const USERS_MAX: usize = 32;

/// The clients of one user.
struct User {
    open: Arc<Semaphore>,
    heard: Arc<Semaphore>,
}

impl User {
    fn new() -> Self {
        Self {
            open: Arc::new(Semaphore::new(OPEN_MAX)),
            heard: Arc::new(Semaphore::new(HEARD_MAX)),
        }
    }
}

/// The places of all users.
#[derive(Default)]
pub(super) struct Places {
    users: HashMap<u32, User>,
}

/// A connection that is kept.
pub(super) struct Place {
    heard: Arc<Semaphore>,
    _open: OwnedSemaphorePermit,
}

impl Places {
    /// For a client of a user; `None`: it has too many open. `ours` find a place however many others there are.
    pub(super) fn take(&mut self, uid: u32, ours: bool) -> Option<Place> {
        if !self.users.contains_key(&uid) {
            self.users
                .retain(|_, user| user.open.available_permits() < OPEN_MAX);
            if !ours && self.users.len() >= USERS_MAX {
                return None;
            }
        }
        let user = self.users.entry(uid).or_insert_with(User::new);
        let open = Arc::clone(&user.open).try_acquire_owned().ok()?;
        Some(Place {
            heard: Arc::clone(&user.heard),
            _open: open,
        })
    }
}

impl Place {
    /// Waits until the user's earlier clients leave room; `None`: they have not.
    pub(super) async fn heard(&self, patience: Duration) -> Option<OwnedSemaphorePermit> {
        let turn = timeout(patience, Arc::clone(&self.heard).acquire_owned()).await;
        turn.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_user_with_many_clients_takes_no_place_of_another() {
        let mut places = Places::default();
        let greedy: Vec<Place> = std::iter::from_fn(|| places.take(4001, false))
            .take(100)
            .collect();
        assert_eq!(greedy.len(), OPEN_MAX);
        let mut heard = Vec::new();
        for place in &greedy[..HEARD_MAX] {
            heard.push(place.heard(PATIENCE).await.unwrap());
        }
        assert!(greedy[HEARD_MAX].heard(PATIENCE).await.is_none());
        for uid in [0, 4002] {
            let other = places.take(uid, uid == 0).unwrap();
            assert!(other.heard(Duration::ZERO).await.is_some());
        }
        heard.pop();
        assert!(greedy[HEARD_MAX].heard(PATIENCE).await.is_some(), "it has gone");
        drop((heard, greedy));
        assert!(places.take(4001, false).is_some());
    }

    #[test]
    fn users_without_number_keep_those_of_the_daemon_not_out() {
        let mut places = Places::default();
        let all: Vec<_> = (1..=100).filter_map(|uid| places.take(uid, false)).collect();
        assert_eq!(all.len(), USERS_MAX);
        assert!(places.take(0, true).is_some());
        drop(all);
        assert!(places.take(200, false).is_some());
    }
}
