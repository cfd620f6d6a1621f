//! A call that may block for as long as it likes (a name look-up, a file on a dead network drive), kept beside the
//! runtime: one at a time, on a thread of its own, so that a call that never returns costs one thread and no more,
//! and does not hold up the end of the program as tokio's blocking pool would.

use std::io;
use std::thread;

use tokio::sync::{Mutex, oneshot};

/// At most one blocking call that is under way.
#[derive(Debug)]
pub(crate) struct Aside<T> {
    under_way: Mutex<Option<oneshot::Receiver<T>>>,
}

impl<T: Send + 'static> Aside<T> {
    pub(crate) const fn new() -> Self {
        Self {
            under_way: Mutex::const_new(None),
        }
    }

    /// Runs `work`; if an earlier call was given up and still runs, waits for that one instead. Cancel-safe.
    pub(crate) async fn call(&self, work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        let mut under_way = self.under_way.lock().await;
        let waiting = match under_way.take() {
            Some(waiting) => under_way.insert(waiting),
            None => {
                let (done, waiting) = oneshot::channel();
                thread::Builder::new().name("check-aside".into()).spawn(move || {
                    // The receiver may be gone with its probe; then nobody wants the answer.
                    let _ = done.send(work());
                })?;
                under_way.insert(waiting)
            }
        };
        let answer = waiting.await;
        *under_way = None;
        answer.map_err(|_gone| io::Error::other("the call ended without an answer"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::Aside;

    #[tokio::test]
    async fn a_call_that_hangs_is_waited_for_and_not_made_twice() {
        let aside = Aside::new();
        let (go, gate) = mpsc::channel::<()>();
        let first = aside.call(move || {
            let _ = gate.recv();
            "first"
        });
        assert!(timeout(Duration::from_millis(20), first).await.is_err());
        go.send(()).unwrap();
        assert_eq!(aside.call(|| "second").await.unwrap(), "first");
        assert_eq!(aside.call(|| "third").await.unwrap(), "third");
    }

    #[tokio::test]
    async fn a_call_that_dies_is_an_error_and_not_a_wait() {
        let aside = Aside::new();
        let died = aside.call(|| -> u8 { std::panic::resume_unwind(Box::new("gone")) });
        assert!(died.await.is_err());
        assert_eq!(aside.call(|| 7_u8).await.unwrap(), 7);
    }
}
