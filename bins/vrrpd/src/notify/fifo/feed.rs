//! Writes lines to a pipe whenever somebody reads it, beside the daemon's loop.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

use super::backlog::Backlog;
use super::memory::Memory;
use super::pipe::{Made, Pipe, has_reader};
use crate::node::lock;

/// Who opens the pipe gets its first line so much later at most.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Whoever reads one line and closes (`while read line < PIPE`) is soon back.
const LOOK_SOON: Duration = Duration::from_millis(5);
const SOON: Duration = Duration::from_secs(1);

/// That its path names another pipe now is noticed so late at most, where nothing is written.
const THERE_EVERY: Duration = Duration::from_secs(1);

/// A path that is no pipe is tried again so often: somebody may have corrected it.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// What is shared between who tells and who writes.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) word: &'static str,
    pub(super) path: PathBuf,
    pub(super) place: String,
    pub(super) state: Mutex<State>,
    /// Something is to be written, or the end has come.
    wake: Notify,
    /// There is a pipe at the path.
    pub(super) is_open: watch::Sender<bool>,
    memory: Memory,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) backlog: Backlog,
    pub(super) has_reader: bool,
    pub(super) problem: Option<String>,
    pub(super) owner: Option<(u32, u32)>,
    pub(super) secure: bool,
    pub(super) made: Option<Made>,
    /// Lines that fell out, and nobody was told.
    lost_unsaid: u64,
    /// What the lines that nobody reads go with.
    ending: Option<&'static str>,
}

/// Why the pipe that is open is not written to any more.
enum Over {
    /// The daemon, or the reload that takes it out of the file, ends.
    Ending,
    /// Its path names something else now.
    Replaced,
}

/// What a reader that went has left in the pipe.
enum Left {
    /// Somebody reads just now.
    Unknown,
    /// Whole lines, or none; some were read since the last look.
    Lines {
        read: bool,
    },
    Nothing,
}

impl Feed {
    pub(super) fn new(
        word: &'static str,
        path: PathBuf,
        place: String,
        owner: Option<(u32, u32)>,
        lines_max: usize,
        memory: Memory,
    ) -> Self {
        Self {
            word,
            path,
            place,
            state: Mutex::new(State {
                backlog: Backlog::new(lines_max),
                has_reader: false,
                problem: None,
                owner,
                secure: false,
                made: None,
                lost_unsaid: 0,
                ending: None,
            }),
            wake: Notify::new(),
            is_open: watch::Sender::new(false),
            memory,
        }
    }

    /// One line more. Never waits.
    pub(super) fn push(&self, line: &str) {
        let mut state = lock(&self.state);
        if state.backlog.push(line) {
            if state.lost_unsaid == 0 {
                warn!(
                    "{}: {} {}: too many lines wait for a reader, and the oldest are lost from here on; let something read it",
                    self.place,
                    self.word,
                    self.path.display()
                );
            }
            state.lost_unsaid += 1;
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Nothing more comes, because of what ends.
    pub(super) fn end(&self, with: &'static str) {
        lock(&self.state).ending = Some(with);
        self.wake.notify_one();
    }

    /// Removes the pipe, if it is of our making.
    pub(super) fn remove(&self) {
        let made = lock(&self.state).made.take();
        if let Some(made) = made {
            self.memory.remove(&made);
        }
    }

    fn is_ending(&self) -> bool {
        lock(&self.state).ending.is_some()
    }

    /// Opens the pipe, and makes it where there is none.
    pub(super) fn open(&self) -> Option<Pipe> {
        let (owner, secure) = {
            let state = lock(&self.state);
            (state.owner, state.secure)
        };
        match Pipe::open(&self.path, owner, secure) {
            Ok((pipe, made)) => {
                if let Some(doubt) = &pipe.doubt {
                    warn!("{}: {}: {doubt}", self.place, self.word);
                }
                if let Some(made) = &made {
                    self.memory.keep(made);
                }
                let mut state = lock(&self.state);
                // Or it was made by an earlier life of the daemon, which was killed.
                state.made = made.or(state.made.take()).or_else(|| self.memory.of(&self.path));
                if state.problem.take().is_some() {
                    info!(
                        "{}: {} {} is open now",
                        self.place,
                        self.word,
                        self.path.display()
                    );
                }
                self.is_open.send_replace(true);
                Some(pipe)
            }
            Err(problem) => {
                self.is_open.send_replace(false);
                let problem = problem.to_string();
                let mut state = lock(&self.state);
                if state.problem.as_ref() != Some(&problem) {
                    error!("{}: {}: {problem}", self.place, self.word);
                }
                state.problem = Some(problem);
                None
            }
        }
    }

    /// Until the end.
    pub(super) async fn run(self: Arc<Self>, mut pipe: Option<Pipe>) {
        loop {
            let Some(open) = pipe.take().or_else(|| self.open()) else {
                if self.is_ending() {
                    break;
                }
                tokio::select! {
                    () = sleep(TRY_AGAIN) => {}
                    () = self.wake.notified() => {}
                }
                continue;
            };
            match self.serve(open).await {
                Ok(Over::Ending) => break,
                Ok(Over::Replaced) => warn!(
                    "{}: {} {} was removed or replaced while it was open; what is there now is opened, or it is made again",
                    self.place,
                    self.word,
                    self.path.display()
                ),
                Err(trouble) => {
                    self.fails(&trouble);
                    sleep(TRY_AGAIN).await;
                }
            }
            lock(&self.state).backlog.begin_anew();
        }
        let state = lock(&self.state);
        let (left, unwritten) = (state.backlog.waiting(), state.backlog.unwritten());
        if unwritten > 0 {
            let with = state.ending.unwrap_or("it");
            warn!(
                "{}: {} {}: {left} lines were read by nobody and go with {with}",
                self.place,
                self.word,
                self.path.display()
            );
        }
    }

    fn fails(&self, trouble: &io::Error) {
        self.is_open.send_replace(false);
        let text = format!("{} fails: {trouble}", self.path.display());
        error!(
            "{}: {}: {text}; it is opened again in {} s",
            self.place,
            self.word,
            TRY_AGAIN.as_secs()
        );
        let mut state = lock(&self.state);
        state.has_reader = false;
        state.problem = Some(text);
    }

    async fn serve(&self, mut pipe: Pipe) -> io::Result<Over> {
        // When the last reader went, until the pipe is empty.
        let mut went: Option<Instant> = None;
        loop {
            while !pipe.has_reader()? {
                let pace = match went {
                    Some(at) => match self.tidy(&mut pipe, at.elapsed() >= SOON)? {
                        Left::Unknown => continue,
                        Left::Lines { read } => {
                            went = Some(if read { Instant::now() } else { at });
                            LOOK_SOON
                        }
                        Left::Nothing => {
                            went = None;
                            LOOK_EVERY
                        }
                    },
                    None => LOOK_EVERY,
                };
                if self.is_ending() {
                    lock(&self.state).backlog.begin_anew();
                    return Ok(Over::Ending);
                }
                if !pipe.is_there() {
                    return Ok(Over::Replaced);
                }
                sleep(pace).await;
            }
            self.reader_came();
            if let Some(over) = self.feed(&pipe).await? {
                return Ok(over);
            }
            went = Some(Instant::now());
        }
    }

    /// What a reader that went has left stays in the pipe for the one that comes soon, unless it begins within a line. With
    /// `all` nothing stays.
    fn tidy(&self, pipe: &mut Pipe, all: bool) -> io::Result<Left> {
        let octets = pipe.unread();
        // Whoever came in between may be in the middle of a line just now.
        if pipe.has_reader()? || pipe.unread() != octets {
            return Ok(Left::Unknown);
        }
        let mut state = lock(&self.state);
        let before = state.backlog.read();
        let whole = state.backlog.unread(octets);
        let read = state.backlog.read() != before;
        if !whole || (all && !read) {
            let left = pipe.drain()?;
            state.backlog.unread(left);
            state.backlog.begin_anew();
        }
        state.has_reader = false;
        Ok(if all && !read {
            Left::Nothing
        } else {
            Left::Lines { read }
        })
    }

    fn reader_came(&self) {
        let mut state = lock(&self.state);
        state.has_reader = true;
        let lost = std::mem::take(&mut state.lost_unsaid);
        drop(state);
        if lost > 0 {
            warn!(
                "{}: {} {}: {lost} lines are lost: more had waited for a reader than are kept",
                self.place,
                self.word,
                self.path.display()
            );
        }
    }

    /// While somebody reads; `None`: nobody does any more.
    async fn feed(&self, pipe: &Pipe) -> io::Result<Option<Over>> {
        let fd = Sender::from_owned_fd(pipe.writer.try_clone()?)?;
        loop {
            if !pipe.is_there() {
                if !has_reader(&pipe.writer)? {
                    // Who went without reading on has left the lines here.
                    return Ok(None);
                }
                // What it holds its reader still has; half a line is given whole to the next.
                let mut state = lock(&self.state);
                state.backlog.unread(0);
                state.has_reader = false;
                return Ok(Some(Over::Replaced));
            }
            let is_full = match self.write(&fd) {
                Ok(is_full) => is_full,
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(None),
                Err(error) => return Err(error),
            };
            let waits = {
                let mut state = lock(&self.state);
                state.backlog.unread(pipe.unread());
                if state.ending.is_some() {
                    pipe.grow(state.backlog.unwritten());
                    if state.backlog.unwritten() == 0 {
                        return Ok(Some(Over::Ending));
                    }
                }
                state.backlog.waiting() > 0
            };
            tokio::select! {
                gone = fd.ready(Interest::ERROR) => {
                    gone?;
                    return Ok(None);
                }
                room = fd.writable(), if is_full => room?,
                () = self.wake.notified() => {}
                // What has been read since, and whether the path names another pipe: nothing tells of either.
                () = sleep(if waits { LOOK_EVERY } else { THERE_EVERY }) => {}
            }
        }
    }

    /// As much as the pipe takes. True: it takes no more now.
    fn write(&self, fd: &Sender) -> io::Result<bool> {
        loop {
            let Some(chunk) = lock(&self.state).backlog.next() else {
                return Ok(false);
            };
            match fd.try_write(&chunk) {
                Ok(octets) => lock(&self.state).backlog.wrote(octets),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
