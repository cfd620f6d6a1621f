//! Answering: one task per client, none of which can keep the others waiting.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use vrrp_control::{Answer, Ask, LINE_OCTETS_MAX, Problem, ProblemKind, Reply, Request};

/// Clients that are served at a time; more wait to be accepted.
const CLIENTS_MAX: usize = 16;
/// A client that says nothing, or does not read, for so long is let go.
const CLIENT_PATIENCE: Duration = Duration::from_secs(30);

/// What the daemon knows.
pub(crate) trait Answers: Send + Sync + 'static {
    /// The answer to one request.
    fn answer(&self, ask: Ask) -> impl Future<Output = Answer> + Send;
}

/// Serves for ever.
pub(crate) async fn serve(listener: UnixListener, answers: Arc<impl Answers>) {
    let room = Arc::new(Semaphore::new(CLIENTS_MAX));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let answers = Arc::clone(&answers);
                tokio::spawn(async move {
                    // A client that breaks its connection is its own affair.
                    let _ = client(stream, answers.as_ref()).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("control socket: {error}; trying again in a second");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn client(mut stream: UnixStream, answers: &impl Answers) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = (&mut read).take(LINE_OCTETS_MAX as u64);
        let octets = timeout(CLIENT_PATIENCE, limited.read_until(b'\n', &mut line)).await??;
        if octets == 0 {
            return Ok(());
        }
        let whole = line.ends_with(b"\n");
        let answer = if octets == LINE_OCTETS_MAX && !whole {
            too_long()
        } else {
            match Request::from_line(&line) {
                Ok(request) => answers.answer(request.ask).await,
                Err(problem) => problem,
            }
        };
        let reply = Reply::new(answer).to_line().map_err(io::Error::other)?;
        timeout(CLIENT_PATIENCE, write.write_all(reply.as_bytes())).await??;
        if !whole {
            return Ok(());
        }
    }
}

fn too_long() -> Answer {
    Answer::Error(Problem {
        kind: ProblemKind::Malformed,
        message: format!("a request has at most {LINE_OCTETS_MAX} octets"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Parrot;

    impl Answers for Parrot {
        async fn answer(&self, ask: Ask) -> Answer {
            Answer::Hello {
                program: format!("{ask:?}"),
                program_version: "0".into(),
                pid: 1,
            }
        }
    }

    /// What the server says to `sent` until it closes or falls silent.
    async fn said(sent: &[u8]) -> Vec<Answer> {
        let (near, far) = UnixStream::pair().unwrap();
        let server = tokio::spawn(async move { client(far, &Parrot).await });
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
