//! The thread that writes, and that may be kept waiting: a disk that does not answer must not stop the loop.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Files only; the default stack would be locked into memory where the program locks its own.
const STACK_OCTETS: usize = 256 * 1024;

/// What the file is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// This, as a whole; nothing: no file.
    Contents(Vec<u8>),
    /// What it was to be last, where it is not so any more.
    Again,
}

/// What waits for the thread: one order, since only the latest counts.
#[derive(Debug, Default)]
struct Slot {
    next: Option<Order>,
    asked: u64,
    done: u64,
    over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The loop's end of it.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    /// Until so many orders are done nobody waits again: a wait for them was in vain.
    waited_for: u64,
}

impl Writer {
    /// `carry_out` runs on a thread of its own.
    pub(super) fn start(mut carry_out: impl FnMut(Order) + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let _detached = thread::Builder::new()
            .name("journal".to_owned())
            .stack_size(STACK_OCTETS)
            .spawn(move || {
                while let Some((order, number)) = next(&theirs) {
                    carry_out(order);
                    theirs.lock().done = number;
                    theirs.changed.notify_all();
                }
            })?;
        Ok(Self {
            shared,
            waited_for: 0,
        })
    }

    /// Leaves an order, in place of the one that still waits.
    pub(super) fn order(&self, order: Order) {
        let mut slot = self.shared.lock();
        // To make good what is about to be replaced has no meaning.
        if order != Order::Again || slot.next.is_none() {
            slot.next = Some(order);
        }
        slot.asked += 1;
        self.shared.changed.notify_all();
    }

    /// Waits until every order was carried out, at most `limit`, and not at all as long as an earlier wait was in vain.
    /// Whether they were; `None`: not waited.
    pub(super) fn wait(&mut self, limit: Duration) -> Option<bool> {
        let until = Instant::now() + limit;
        let mut slot = self.shared.lock();
        if slot.done < self.waited_for {
            return None;
        }
        let asked = slot.asked;
        while slot.done < asked {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.waited_for = asked;
                return Some(false);
            }
            let woken = self.shared.changed.wait_timeout(slot, left);
            slot = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(true)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.changed.notify_all();
    }
}

/// The next order and the number it stands for; `None`: there will be none.
fn next(shared: &Shared) -> Option<(Order, u64)> {
    let mut slot = shared.lock();
    loop {
        if let Some(order) = slot.next.take() {
            return Some((order, slot.asked));
        }
        if slot.over {
            return None;
        }
        slot = shared.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LIMIT: Duration = Duration::from_secs(20);

    /// A disk that answers when told so, and what reached it.
    fn frozen() -> (Writer, std::sync::mpsc::Sender<()>, Receiver<Order>) {
        let (thaw, ice) = channel::<()>();
        let (tell, reached) = channel();
        let writer = Writer::start(move |order| {
            tell.send(order).unwrap();
            let _over = ice.recv();
        });
        (writer.unwrap(), thaw, reached)
    }

    fn text(text: &str) -> Order {
        Order::Contents(text.as_bytes().to_vec())
    }

    /// PRJ-ADDR-02: a disk that does not answer costs the loop one short wait; what it gets when it answers again is the
    /// latest.
    #[test]
    fn prj_addr_02_a_frozen_disk_costs_one_short_wait() {
        let (mut writer, thaw, reached) = frozen();
        writer.order(text("one"));
        assert_eq!(reached.recv_timeout(LIMIT).unwrap(), text("one"));
        writer.order(text("two"));
        assert_eq!(writer.wait(SHORT), Some(false));
        let began = Instant::now();
        for round in 0..1000 {
            writer.order(text(&format!("round {round}")));
            writer.order(Order::Again);
            assert_eq!(writer.wait(LIMIT), None);
        }
        assert!(began.elapsed() < LIMIT, "nobody waited");
        thaw.send(()).unwrap();
        assert_eq!(reached.recv_timeout(LIMIT).unwrap(), text("round 999"));
        thaw.send(()).unwrap();
        // As soon as the thread has caught up it is waited for again.
        let until = Instant::now() + LIMIT;
        let caught_up = std::iter::repeat_with(|| writer.wait(LIMIT))
            .find(|waited| waited.is_some() || Instant::now() > until);
        assert_eq!(caught_up, Some(Some(true)));
    }

    /// What was ordered before the end is still carried out.
    #[test]
    fn the_last_order_outlives_the_writer() {
        let (writer, thaw, reached) = frozen();
        writer.order(text("one"));
        assert_eq!(reached.recv_timeout(LIMIT).unwrap(), text("one"));
        writer.order(text("two"));
        drop(writer);
        thaw.send(()).unwrap();
        assert_eq!(reached.recv_timeout(LIMIT).unwrap(), text("two"));
    }
}
