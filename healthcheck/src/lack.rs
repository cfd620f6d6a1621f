//! What keeps a run from looking that is this machine's lack and says nothing of the service: no descriptor, no memory, no
//! process, no port or address to come from.

use std::cell::Cell;
use std::io;

use crate::probe::{Outcome, Probe, Verdict};

tokio::task_local! {
    /// Beside the results of probes, which are words: noted where the system has said it, however deep that is.
    static LACKED: Cell<bool>;
}

/// Runs a probe once. A run that fails for what this machine lacks is [`Verdict::Unable`] and no fail: whoever judges another
/// machine by it must not hold that against it. Where the check is of this machine itself ask the probe directly, for there it is a
/// fail like any other.
///
/// It is about a descriptor (`EMFILE`, `ENFILE`), memory and buffers (`ENOMEM`, `ENOBUFS`), a process or thread (`EAGAIN`), and an
/// address or port to come from (`EADDRNOTAVAIL`), as the probes of this crate meet them.
///
/// ```
/// use std::time::Duration;
/// use healthcheck::{ConnectProbe, Endpoint, Transport, Verdict, look_from_here};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // An address that is not on this machine.
/// let way = Endpoint::new("127.0.0.1", 1).from_address("192.0.2.1".parse().unwrap());
/// let probe = ConnectProbe::by_way_of(way, Transport::Tcp, Duration::from_secs(1));
/// assert_eq!(look_from_here(&probe).await.verdict, Verdict::Unable);
/// # }
/// ```
pub async fn look_from_here(probe: &dyn Probe) -> Outcome {
    let look = async {
        let outcome = probe.probe().await;
        (outcome, LACKED.with(Cell::get))
    };
    let (mut outcome, lacked) = LACKED.scope(Cell::new(false), look).await;
    if lacked && outcome.verdict == Verdict::Fail {
        outcome.verdict = Verdict::Unable;
    }
    outcome
}

/// Notes what the system has refused, if it is for a lack.
pub(crate) fn note(error: &io::Error) {
    if is_lack(error) {
        set();
    }
}

fn set() {
    // Nobody asks for it.
    let _ = LACKED.try_with(|lacked| lacked.set(true));
}

/// Ways to a service, one after the other: it is a lack where none of them has come to anything else, such as a refusal.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    lack: bool,
    other: bool,
}

impl Ways {
    pub(crate) fn failed(&mut self, error: &io::Error) {
        let is_lack = is_lack(error);
        self.lack |= is_lack;
        self.other |= !is_lack;
    }

    pub(crate) const fn silent(&mut self) {
        self.other = true;
    }

    /// None of them led there.
    pub(crate) fn end(self) {
        if self.lack && !self.other {
            set();
        }
    }
}

/// As [`note`], where an error is passed on.
pub(crate) fn noted(error: io::Error) -> io::Error {
    note(&error);
    error
}

fn is_lack(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::EADDRNOTAVAIL | libc::EAGAIN)
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;
    use futures::future::BoxFuture;

    use super::*;

    /// Meets this error, and comes to this verdict.
    struct Meets(i32, Verdict);

    impl Probe for Meets {
        fn name(&self) -> String {
            "meets".to_owned()
        }

        fn limit(&self) -> Duration {
            Duration::from_secs(1)
        }

        fn probe(&self) -> BoxFuture<'_, Outcome> {
            async {
                let error = noted(io::Error::from_raw_os_error(self.0));
                Outcome {
                    verdict: self.1,
                    ..Outcome::fail(error.to_string(), Duration::ZERO)
                }
            }
            .boxed()
        }
    }

    /// The other address of the same name has been asked.
    #[tokio::test]
    async fn a_lack_on_one_way_of_several_is_none() {
        let ways = |errors: &'static [i32], silent: bool| {
            LACKED.scope(Cell::new(false), async move {
                let mut ways = Ways::default();
                for error in errors {
                    ways.failed(&io::Error::from_raw_os_error(*error));
                }
                if silent {
                    ways.silent();
                }
                ways.end();
                LACKED.with(Cell::get)
            })
        };
        assert!(ways(&[libc::EADDRNOTAVAIL, libc::EMFILE], false).await);
        assert!(!ways(&[libc::EADDRNOTAVAIL, libc::ECONNREFUSED], false).await);
        assert!(!ways(&[libc::EADDRNOTAVAIL], true).await);
        assert!(!ways(&[], false).await);
    }

    #[tokio::test]
    async fn a_lack_of_this_machine_is_no_verdict_and_a_refusal_is_one() {
        let lacks = [
            libc::EMFILE,
            libc::ENFILE,
            libc::ENOBUFS,
            libc::ENOMEM,
            libc::EADDRNOTAVAIL,
            libc::EAGAIN,
        ];
        for lack in lacks {
            assert_eq!(
                look_from_here(&Meets(lack, Verdict::Fail)).await.verdict,
                Verdict::Unable
            );
            // Another address of the same name has answered.
            assert_eq!(
                look_from_here(&Meets(lack, Verdict::Pass)).await.verdict,
                Verdict::Pass
            );
            // Whoever asks the probe itself is told of a fail.
            assert_eq!(Meets(lack, Verdict::Fail).probe().await.verdict, Verdict::Fail);
        }
        for answer in [
            libc::ECONNREFUSED,
            libc::EHOSTUNREACH,
            libc::ETIMEDOUT,
            libc::ENOENT,
        ] {
            assert_eq!(
                look_from_here(&Meets(answer, Verdict::Fail)).await.verdict,
                Verdict::Fail
            );
        }
    }
}
