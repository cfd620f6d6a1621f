//! Answering: one task per client, none of which can keep the others waiting.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tracing::info;
use vrrp_control::{Answer, Ask, LINE_OCTETS_MAX, Problem, ProblemKind, Reply, Request, Since};

use super::permits::May;
use super::places::{HEARD_MAX, Places};
use super::{Peer, Permits, followers};
use crate::journal::Following;

/// Clients that are served at a time, of those who may the same.
const CLIENTS_MAX: usize = 16;
/// The same, with those that wait for such a place; more are told so.
const OPEN_MAX: usize = 128;
/// A client that says nothing, or does not read, for so long is let go.
const CLIENT_PATIENCE: Duration = Duration::from_secs(30);

/// The same for an application: a word and its answer need no time.
const SPEAKER_PATIENCE: Duration = Duration::from_secs(5);

/// So much of a request is in the log.
const ASK_CHARS_MAX: usize = 200;

/// The same for one that may say nothing.
const STRANGER_PATIENCE: Duration = Duration::from_secs(1);

/// What the daemon knows.
pub(crate) trait Answers: Send + Sync + 'static {
    /// The answer to one request.
    fn answer(&self, ask: Ask, peer: Peer) -> impl Future<Output = Answer> + Send;
    /// Whether somebody may say how an application is.
    fn admits(&self, peer: Peer) -> bool;
    /// A place for a client that follows the events; else why there is none.
    fn follow(&self, since: Since, peer: Peer) -> Result<Following, Answer>;
    /// Who may read, and who may change something.
    fn permits(&self) -> &Permits;
}

/// What is answered at a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// All that there is: who can reach it is trusted.
    Everything,
    /// Words of applications.
    Words,
}

impl Serves {
    const fn answers(self, ask: &Ask) -> bool {
        match self {
            Self::Everything => true,
            Self::Words => matches!(ask, Ask::Hello | Ask::Push { .. }),
        }
    }

    const fn patience(self) -> Duration {
        match self {
            Self::Everything => CLIENT_PATIENCE,
            Self::Words => SPEAKER_PATIENCE,
        }
    }
}

/// Serves for ever.
pub(crate) async fn serve(listener: UnixListener, answers: Arc<impl Answers>, serves: Serves) {
    match serves {
        Serves::Everything => trusted(listener, answers).await,
        Serves::Words => applications(listener, answers).await,
    }
}

/// Whoever may change something never waits for those who only read, nor these for strangers.
async fn trusted(listener: UnixListener, answers: Arc<impl Answers>) {
    let mut door = Door::new(listener);
    let rooms = [May::Nothing, May::Read, May::Change].map(|may| (may, Room::new()));
    loop {
        let Some((mut stream, peer)) = door.accept(answers.permits()).await else {
            continue;
        };
        let Some((_, room)) = rooms.iter().find(|(may, _)| *may == peer.may) else {
            continue;
        };
        if peer.may == May::Nothing {
            if let Ok(permit) = Arc::clone(&room.heard).try_acquire_owned() {
                tokio::spawn(turn_away(stream, answers.permits().stranger(peer), permit));
            }
            continue;
        }
        let Ok(place) = Arc::clone(&room.open).try_acquire_owned() else {
            if let Ok(permit) = Arc::clone(&room.turned_away).try_acquire_owned() {
                tokio::spawn(turn_away(stream, full(), permit));
            }
            continue;
        };
        let (answers, heard) = (Arc::clone(&answers), Arc::clone(&room.heard));
        tokio::spawn(async move {
            let Ok(turn) = heard.acquire_owned().await else {
                return;
            };
            // A client that breaks its connection is its own affair.
            let ended = client(&mut stream, peer, Serves::Everything, answers.as_ref()).await;
            // Who follows is no longer one of those who ask.
            drop(turn);
            drop(place);
            if let Ok(Some(following)) = ended {
                followers::serve(stream, following).await;
            }
        });
    }
}

/// Places for those who may the same.
struct Room {
    open: Arc<Semaphore>,
    heard: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
}

impl Room {
    fn new() -> Self {
        Self {
            open: Arc::new(Semaphore::new(OPEN_MAX)),
            heard: Arc::new(Semaphore::new(CLIENTS_MAX)),
            turned_away: Arc::new(Semaphore::new(CLIENTS_MAX)),
        }
    }
}

/// Whoever may say nothing must not keep a place from those who may, nor one of those from another.
async fn applications(listener: UnixListener, answers: Arc<impl Answers>) {
    let strangers = Arc::new(Semaphore::new(CLIENTS_MAX));
    let mut places = Places::default();
    let mut door = Door::new(listener);
    loop {
        let Some((mut stream, peer)) = door.accept(answers.permits()).await else {
            continue;
        };
        let admitted = answers.admits(peer);
        let place = admitted.then(|| places.take(peer.uid, peer.is_ours())).flatten();
        let Some(place) = place else {
            if let Ok(permit) = Arc::clone(&strangers).try_acquire_owned() {
                let problem = if admitted { crowded(peer) } else { stranger(peer) };
                tokio::spawn(turn_away(stream, problem, permit));
            }
            continue;
        };
        let answers = Arc::clone(&answers);
        tokio::spawn(async move {
            match place.heard(SPEAKER_PATIENCE).await {
                Some(_turn) => {
                    // As above.
                    let _ = client(&mut stream, peer, Serves::Words, answers.as_ref()).await;
                }
                None => tell_off(stream, crowded(peer)).await,
            }
            drop(place);
        });
    }
}

/// Where clients come in.
struct Door {
    listener: UnixListener,
    /// How often in turn nobody could: told once, and when it is over.
    failed: u32,
}

impl Door {
    const fn new(listener: UnixListener) -> Self {
        Self { listener, failed: 0 }
    }

    async fn accept(&mut self, permits: &Permits) -> Option<(UnixStream, Peer)> {
        match self.listener.accept().await {
            Ok((stream, _)) => {
                if self.failed > 0 {
                    tracing::info!("control socket: clients are heard again, after {} s", self.failed);
                    self.failed = 0;
                }
                let peer = Peer::of(&stream, permits);
                Some((stream, peer))
            }
            Err(error) => {
                if self.failed == 0 {
                    tracing::warn!(
                        "control socket: {error}; no client is heard until that is over, and everything else goes on; tried every second"
                    );
                }
                self.failed = self.failed.saturating_add(1);
                tokio::time::sleep(Duration::from_secs(1)).await;
                None
            }
        }
    }
}

fn stranger(peer: Peer) -> Problem {
    Problem {
        kind: ProblemKind::NotAllowed,
        message: format!(
            "user {} (group {}) may say nothing here: root may, the user of vrrpd, and whom the PUSH block of a vrrp_check names",
            peer.uid, peer.gid
        ),
    }
}

fn full() -> Problem {
    Problem {
        kind: ProblemKind::Unavailable,
        message: format!(
            "{OPEN_MAX} clients have connections open here already, and {CLIENTS_MAX} are served at a time; close each when it is answered"
        ),
    }
}

fn crowded(peer: Peer) -> Problem {
    Problem {
        kind: ProblemKind::Unavailable,
        message: format!(
            "user {} keeps too many connections open here: {HEARD_MAX} are heard at a time; close each when its word is answered",
            peer.uid
        ),
    }
}

/// Of many at a time only some are told why, so that they take nothing from those who are heard.
async fn turn_away(stream: UnixStream, problem: Problem, _permit: OwnedSemaphorePermit) {
    tell_off(stream, problem).await;
}

/// When it has said something: what is written to a closed socket would cost it the answer.
async fn tell_off(mut stream: UnixStream, problem: Problem) {
    let mut heard = [0; 512];
    let _ = timeout(STRANGER_PATIENCE, stream.read(&mut heard)).await;
    if let Ok(line) = Reply::new(Answer::Error(problem)).to_line() {
        let _ = timeout(STRANGER_PATIENCE, stream.write_all(line.as_bytes())).await;
    }
}

/// Until it has no more to ask. `Some`: it wants to hear of events from now on, and asks nothing more.
async fn client(
    stream: &mut UnixStream,
    peer: Peer,
    serves: Serves,
    answers: &impl Answers,
) -> io::Result<Option<Following>> {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = (&mut stream).take(LINE_OCTETS_MAX as u64);
        let octets = timeout(serves.patience(), limited.read_until(b'\n', &mut line)).await??;
        if octets == 0 {
            return Ok(None);
        }
        let whole = line.ends_with(b"\n");
        let answer = if octets == LINE_OCTETS_MAX && !whole {
            too_long()
        } else {
            match Request::from_line(&line) {
                Ok(Request {
                    ask: Ask::Follow(since),
                    ..
                }) if serves == Serves::Everything => match answers.follow(since, peer) {
                    Ok(following) => return Ok(Some(following)),
                    Err(refused) => refused,
                },
                Ok(Request { ask, .. }) if ask.is_change() && has_gone(stream.get_ref()) => {
                    let ask: String = format!("{ask:?}").chars().take(ASK_CHARS_MAX).collect();
                    info!(
                        "control socket: user {} hung up before what it asked for was begun; it is not carried out: {ask}",
                        peer.uid
                    );
                    return Ok(None);
                }
                Ok(Request { ask, .. }) if serves.answers(&ask) => answers.answer(ask, peer).await,
                Ok(_) => elsewhere(),
                Err(problem) => problem,
            }
        };
        let reply = Reply::new(answer).to_line().map_err(io::Error::other)?;
        timeout(serves.patience(), stream.get_mut().write_all(reply.as_bytes())).await??;
        if !whole {
            return Ok(None);
        }
    }
}

/// Both directions are closed: nobody reads an answer. Who has only said its last word (`nc -N`) has not gone.
fn has_gone(stream: &UnixStream) -> bool {
    let mut watched = [PollFd::new(stream, PollFlags::empty())];
    // Where the kernel does not say, it is there.
    let _ = rustix::event::poll(&mut watched, Some(&Timespec::default()));
    watched.iter().any(|one| one.revents().contains(PollFlags::HUP))
}

fn elsewhere() -> Answer {
    Answer::Error(Problem {
        kind: ProblemKind::NotAllowed,
        message: "only push is answered here; ask at the control socket".to_owned(),
    })
}

fn too_long() -> Answer {
    Answer::Error(Problem {
        kind: ProblemKind::Malformed,
        message: format!("a request has at most {LINE_OCTETS_MAX} octets"),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Parrot(Permits, AtomicUsize);

    impl Answers for Parrot {
        fn admits(&self, _peer: Peer) -> bool {
            true
        }

        fn follow(&self, _since: Since, _peer: Peer) -> Result<Following, Answer> {
            Err(too_long())
        }

        fn permits(&self) -> &Permits {
            &self.0
        }

        async fn answer(&self, ask: Ask, _peer: Peer) -> Answer {
            self.1.fetch_add(1, Ordering::Relaxed);
            Answer::Hello {
                program: format!("{ask:?}"),
                program_version: "0".into(),
                pid: 1,
            }
        }
    }

    /// What the server says to `sent` until it closes or falls silent.
    async fn said(sent: &[u8]) -> Vec<Answer> {
        said_at(Serves::Everything, sent).await
    }

    async fn said_at(serves: Serves, sent: &[u8]) -> Vec<Answer> {
        let (near, far) = UnixStream::pair().unwrap();
        let parrot = Parrot::default();
        let peer = Peer::of(&far, &parrot.0);
        let server = tokio::spawn(async move {
            let mut far = far;
            client(&mut far, peer, serves, &parrot).await.map(drop)
        });
        let (read, mut write) = near.into_split();
        write.write_all(sent).await.unwrap();
        drop(write);
        let mut lines = BufReader::new(read).lines();
        let mut answers = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            answers.push(Reply::from_line(line.as_bytes()).unwrap().answer);
        }
        let _ = server.await.unwrap();
        answers
    }

    #[tokio::test]
    async fn one_answer_per_line_on_one_connection() {
        let answers = said(b"{\"version\":1,\"ask\":\"hello\"}\n{\"version\":1,\"ask\":\"status\"}\n").await;
        let names: Vec<String> = answers
            .into_iter()
            .map(|answer| match answer {
                Answer::Hello { program, .. } => program,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(names, ["Hello", "Status"]);
    }

    /// As a daemon finds it that was stopped meanwhile.
    #[tokio::test]
    async fn a_change_of_a_client_that_has_gone_is_not_begun() {
        let reload = b"{\"version\":1,\"ask\":\"reload\"}\n";
        let status = b"{\"version\":1,\"ask\":\"status\"}\n";
        for (line, begun) in [(&reload[..], 0), (&status[..], 1)] {
            let (mut near, mut far) = UnixStream::pair().unwrap();
            near.write_all(line).await.unwrap();
            drop(near);
            let parrot = Parrot::default();
            let peer = Peer::of(&far, &parrot.0);
            let _ = client(&mut far, peer, Serves::Everything, &parrot).await;
            assert_eq!(parrot.1.load(Ordering::Relaxed), begun);
        }
        // `said` shuts its side down, and reads on.
        assert_eq!(said(reload).await.len(), 1);
    }

    #[tokio::test]
    async fn at_the_door_for_applications_nothing_is_told() {
        let answers = said_at(
            Serves::Words,
            b"{\"version\":1,\"ask\":\"status\"}\n{\"version\":1,\"ask\":{\"push\":{\"check\":\"app\",\"result\":\"pass\"}}}\n",
        )
        .await;
        assert!(
            matches!(
                &answers[..],
                [
                    Answer::Error(Problem {
                        kind: ProblemKind::NotAllowed,
                        ..
                    }),
                    Answer::Hello { .. }
                ]
            ),
            "{answers:?}"
        );
    }

    #[tokio::test]
    async fn a_bad_line_is_answered_and_the_next_one_still_heard() {
        let answers = said(b"nonsense\n{\"version\":1,\"ask\":\"hello\"}\n").await;
        assert!(
            matches!(&answers[..], [Answer::Error(_), Answer::Hello { .. }]),
            "{answers:?}"
        );
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut_off() {
        let answers = said(&vec![b'x'; LINE_OCTETS_MAX]).await;
        assert!(
            matches!(
                &answers[..],
                [Answer::Error(Problem {
                    kind: ProblemKind::Malformed,
                    ..
                })]
            ),
            "{answers:?}"
        );
    }
}
