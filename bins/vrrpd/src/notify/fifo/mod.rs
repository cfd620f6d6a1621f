//! Named pipes that are told of everything (keepalived `notify_fifo`, `vrrp_notify_fifo`, `lvs_notify_fifo`): its lines, none of which is lost
//! to a reader that comes late, is slow, or goes in the middle of one.

mod backlog;
mod feed;
mod memory;
mod pipe;
mod reader;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use healthcheck::Command;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use vrrp_control::{Fifo as Status, FifoScript as ScriptStatus};
use vrrp_plan::Wrong;

use super::notice::Notice;
use crate::node::{lock, unix_ms};
use feed::Feed;
pub(crate) use memory::Memory;
use pipe::NoPipe;
use reader::Reader;

/// How many lines wait for a reader; a day of 40 changes an hour.
const LINES_MAX: usize = 1024;

/// Whoever reads a pipe at the end has so long to read what the pipe does not hold.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The pipes that are not told of everything.
const ROUTERS_ONLY: &str = "vrrp_notify_fifo";
const SERVERS_ONLY: &str = "lvs_notify_fifo";

/// What lines go with that nobody reads.
const DAEMON: &str = "vrrpd";
const PIPE: &str = "the pipe, which the file names no longer";

/// A pipe as the file asks for it, its users looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) word: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) place: String,
    /// User and group id where it is made; `None`: the daemon's own.
    pub(crate) owner: Option<(u32, u32)>,
    /// Why it is not made.
    pub(crate) impossible: Option<String>,
    /// One that is there is used only where nobody else could write into it (keepalived `enable_script_security`).
    pub(crate) secure: bool,
    pub(crate) script: Option<Command>,
}

/// What is wrong with a pipe of the plan and with its program, in the words of a start. Makes and opens nothing.
pub(crate) fn wrong(fifo: &vrrp_plan::Fifo) -> Vec<(String, Wrong)> {
    let mut found = Vec::new();
    let secure = (fifo.script.as_ref()).is_some_and(|script| script.command.secure);
    match vrrp_plan::owner(fifo) {
        Ok(owner) => {
            let owner = owner.map(|user| (user.uid, user.gid));
            if let Err(no_pipe) = pipe::look(&fifo.path, owner, secure) {
                let text = no_pipe.to_string();
                let wrong = match no_pipe {
                    NoPipe::Others { .. } => Wrong::Insecure(text),
                    _ => Wrong::Unusable(text),
                };
                found.push((format!("{}: {}", fifo.place, fifo.word), wrong));
            }
        }
        Err(missing) => {
            let what = format!("{}: {} is not made", fifo.place, fifo.word);
            found.push((what, Wrong::Unusable(missing.to_string())));
        }
    }
    if let Some(script) = &fifo.script
        && let Err(wrong) = vrrp_plan::try_hook(&script.command)
    {
        found.push((format!("{}: {}", script.place, fifo.script_word()), wrong));
    }
    found
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Fifos {
    open: Vec<Open>,
    /// Those that cannot be made as the file has them.
    impossible: Vec<Status>,
    /// Those that a reload took out of the file, until they are through.
    leaving: Vec<JoinHandle<()>>,
    memory: Memory,
    /// What an earlier life of the daemon has left was looked through.
    began: bool,
}

#[derive(Debug)]
struct Open {
    feed: Arc<Feed>,
    task: JoinHandle<()>,
    reader: Option<Reader>,
}

impl Fifos {
    /// Before anything is taken.
    pub(crate) fn remember(&mut self, memory: Memory) {
        self.memory = memory;
    }

    /// What the file asks for now. A pipe that stays keeps its readers and its lines, a program that stays runs on; the lines
    /// that nobody has read go along to another path.
    pub(crate) fn take(&mut self, wanted: Vec<Wanted>) {
        let mut before = std::mem::take(&mut self.open);
        if !std::mem::replace(&mut self.began, true) {
            self.memory
                .leave_only(|path| wanted.iter().any(|one| one.path == path));
        }
        let (wanted, impossible): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|one| one.impossible.is_none());
        self.impossible = impossible.into_iter().map(not_made).collect();
        for wanted in wanted {
            let same = |open: &Open| open.feed.word == wanted.word;
            let earlier = before.iter().position(same).map(|at| before.swap_remove(at));
            let open = match earlier {
                Some(open) if open.feed.path == wanted.path => open.stays(wanted),
                Some(open) => {
                    let (new, old) = open.moves(wanted, &self.memory);
                    self.leaving.push(tokio::spawn(old.finish(PIPE)));
                    new
                }
                None => Open::begin(wanted, &self.memory, None, |_| {}),
            };
            self.open.push(open);
        }
        let gone = before.into_iter().map(|open| tokio::spawn(open.finish(PIPE)));
        self.leaving.extend(gone);
        self.leaving.retain(|leaving| !leaving.is_finished());
    }

    /// Never waits.
    pub(crate) fn told(&mut self, notice: &Notice) {
        if self.open.is_empty() {
            return;
        }
        let line = notice.to_string();
        for open in self.open.iter().filter(|open| open.feed.word != SERVERS_ONLY) {
            open.feed.push(&line);
        }
    }

    /// The same of virtual and real servers: `VS [192.0.2.1]:tcp:80 UP`.
    pub(crate) fn told_of_server(&mut self, line: &str) {
        for open in self.open.iter().filter(|open| open.feed.word != ROUTERS_ONLY) {
            open.feed.push(line);
        }
    }

    /// What is known of them.
    pub(crate) fn status(&self) -> Vec<Status> {
        let open = self.open.iter().map(Open::status);
        open.chain(self.impossible.iter().cloned()).collect()
    }

    /// Ends them: readers get what is left and an end, programs are ended, pipes of ours are removed. Takes a few seconds at
    /// most; what `self` had is gone at once.
    pub(crate) fn finish(&mut self) -> impl Future<Output = ()> + use<> {
        let open: Vec<Open> = std::mem::take(&mut self.open);
        let leaving = std::mem::take(&mut self.leaving);
        async move {
            join_all(open.into_iter().map(|open| open.finish(DAEMON))).await;
            join_all(leaving).await;
        }
    }
}

impl Open {
    fn begin(wanted: Wanted, memory: &Memory, reader: Option<Reader>, prepare: impl FnOnce(&Feed)) -> Self {
        let Wanted {
            word,
            path,
            place,
            owner,
            impossible: _,
            secure,
            script,
        } = wanted;
        let feed = Arc::new(Feed::new(word, path, place, owner, LINES_MAX, memory.clone()));
        lock(&feed.state).secure = secure;
        prepare(&feed);
        // Before anything is told, and before its program looks for it.
        let pipe = feed.open();
        let task = tokio::spawn(Arc::clone(&feed).run(pipe));
        let reader = script.map(|command| Reader::start(command, Arc::clone(&feed), reader));
        Self { feed, task, reader }
    }

    fn stays(mut self, wanted: Wanted) -> Self {
        let mut state = lock(&self.feed.state);
        state.secure = wanted.secure;
        if state.owner != wanted.owner {
            state.owner = wanted.owner;
            if let (Some(made), Some(owner)) = (&state.made, wanted.owner)
                && let Err(error) = made.give(owner)
            {
                tracing::error!("{}: {} keeps its owner: {error}", wanted.place, wanted.word);
            }
        }
        drop(state);
        let runs_on = self.reader.as_ref().map(|reader| &reader.command) == wanted.script.as_ref();
        if !runs_on {
            let earlier = self.reader.take();
            self.reader = match wanted.script {
                Some(command) => Some(Reader::start(command, Arc::clone(&self.feed), earlier)),
                None => {
                    if let Some(earlier) = earlier {
                        tokio::spawn(earlier.finish());
                    }
                    None
                }
            };
        }
        self
    }

    /// To another path: the new one, and the old one to be finished.
    fn moves(mut self, wanted: Wanted, memory: &Memory) -> (Self, Self) {
        // One without a successor ends with its pipe, in its own time.
        let reader = self.reader.take_if(|_| wanted.script.is_some());
        let old = Arc::clone(&self.feed);
        let new = Self::begin(wanted, memory, reader, |feed| {
            let mut before = lock(&old.state);
            let behind_the_pipe = before.has_reader;
            let mut after = lock(&feed.state);
            after.backlog.inherit(&mut before.backlog, behind_the_pipe);
        });
        (new, self)
    }

    fn status(&self) -> Status {
        let state = lock(&self.feed.state);
        Status {
            keyword: self.feed.word.to_owned(),
            path: self.feed.path.display().to_string(),
            has_reader: state.has_reader,
            lines_waiting: u64::try_from(state.backlog.waiting()).unwrap_or(u64::MAX),
            lines_read: state.backlog.read(),
            lines_lost: state.backlog.lost(),
            problem: state.problem.clone(),
            script: self.reader.as_ref().map(|reader| {
                let seen = lock(&reader.seen).clone();
                ScriptStatus {
                    command: reader.command.to_string(),
                    running_since_unix_ms: seen.running_since.map(unix_ms),
                    starts: seen.starts,
                    last_end: seen.last_end.as_ref().map(|(end, _)| end.clone()),
                    not_started: seen.not_started,
                    last_output: seen.last_end.map(|(_, output)| output).unwrap_or_default(),
                }
            }),
        }
    }

    /// With what ends.
    async fn finish(mut self, with: &'static str) {
        if let Some(reader) = &self.reader {
            reader.run_out();
        }
        self.feed.end(with);
        if timeout(LAST_WORDS, &mut self.task).await.is_err() {
            self.task.abort();
            let left = lock(&self.feed.state).backlog.waiting();
            tracing::warn!(
                "{}: {} {}: its reader was too slow; up to {left} lines go with {with}",
                self.feed.place,
                self.feed.word,
                self.feed.path.display()
            );
            // With it goes the pipe's end that was open here, so that the reader sees the end.
            let _ = (&mut self.task).await;
        }
        if let Some(reader) = self.reader.take() {
            reader.finish().await;
        }
        self.feed.remove();
    }
}

fn not_made(wanted: Wanted) -> Status {
    Status {
        keyword: wanted.word.to_owned(),
        path: wanted.path.display().to_string(),
        has_reader: false,
        lines_waiting: 0,
        lines_read: 0,
        lines_lost: 0,
        problem: wanted.impossible,
        script: None,
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
        self.feed.remove();
    }
}
