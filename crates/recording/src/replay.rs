//! A recording played to the core again, and compared with what was recorded.

use std::net::IpAddr;

use vrrp_core::{Instant, VirtualRouter};

use crate::Wrong;
use crate::line::{Entry, Line, Stimulus};
use crate::retold::{Decision, Retold};

/// One line, and what came of it.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// Counted from 1.
    pub line: usize,
    /// By the clock of the recording.
    pub at: Instant,
    /// What.
    pub event: Event,
}

/// What a line of a recording tells.
#[derive(Debug, Clone)]
pub enum Event {
    /// A recording begins; no router is there.
    Begins {
        /// Program, node and time, for people.
        details: String,
    },
    /// A router is there.
    Router {
        /// Which.
        name: String,
        /// The router, as it is from here on.
        router: Box<VirtualRouter>,
        /// It was there before the recording, or lines of it are lost.
        known_before: bool,
    },
    /// A router was told something.
    Decision(Box<Decision>),
    /// A packet was discarded.
    Discarded {
        /// The router that it named; `None`: none of this node.
        name: Option<String>,
        /// Who sent it.
        source: IpAddr,
        /// Id of the failed check.
        reason: String,
        /// How many alike came since the last such line.
        alike: u64,
    },
    /// The members of a sync group are these from now on.
    Group {
        /// Which: groups are counted from 0.
        group: u32,
        /// All of them.
        members: Vec<String>,
    },
    /// A router was taken out of its group.
    Ungrouped {
        /// Which.
        name: String,
    },
    /// A router was taken out.
    Gone {
        /// Which.
        name: String,
    },
    /// Lines are missing.
    Lost {
        /// How many, at least.
        lines: u64,
    },
    /// Lines before it are missing, so nobody knows how this router was: not decided again.
    Unknown {
        /// Which.
        name: String,
        /// What happened to it.
        stimulus: Stimulus,
    },
    /// The line was cut off: the program was killed, or the disk was full.
    Cut,
}

/// Steps through the lines of a recording: an iterator of what each tells. It ends with the first error.
pub struct Replay<I: Iterator> {
    lines: std::iter::Peekable<I>,
    line: usize,
    begun: bool,
    at: Instant,
    retold: Retold,
    /// Lines are missing: a router that was not introduced since may be there all the same.
    gaps: bool,
    over: bool,
}

impl<T: AsRef<str>, I: Iterator<Item = T>> Replay<I> {
    /// Of lines, with or without their ends.
    pub fn new(lines: impl IntoIterator<Item = T, IntoIter = I>) -> Self {
        Self {
            lines: lines.into_iter().peekable(),
            line: 0,
            begun: false,
            at: Instant::default(),
            retold: Retold::default(),
            gaps: false,
            over: false,
        }
    }

    fn read(&mut self) -> Result<Option<Line>, String> {
        let Some(text) = self.lines.next() else {
            self.over = true;
            return Ok(None);
        };
        self.line += 1;
        Line::read(text.as_ref())
    }

    /// Whether the next line says that what is before it may be incomplete.
    fn was_cut(&mut self) -> bool {
        let next = self.lines.peek().map(|next| Line::read(next.as_ref()));
        let entry = next.and_then(Result::ok).flatten().map(|line| line.entry);
        matches!(entry, Some(Entry::Lost { .. } | Entry::Header { .. }))
    }

    fn step(&mut self) -> Result<Option<Replayed>, String> {
        let line = loop {
            match self.read() {
                Ok(Some(line)) => break line,
                Ok(None) if self.over => return Ok(None),
                Ok(None) => {}
                Err(_) if self.begun && self.was_cut() => {
                    return Ok(Some(Replayed {
                        line: self.line,
                        at: self.at,
                        event: Event::Cut,
                    }));
                }
                Err(found) => return Err(found),
            }
        };
        let begins = matches!(line.entry, Entry::Header { .. });
        if !begins && !self.begun {
            return Err(
                "a recording begins with `vrrp-recording 1`; this is none, or its beginning is missing"
                    .into(),
            );
        }
        if !begins && line.at < self.at {
            return Err(format!("time goes back, from {} to {}", self.at, line.at));
        }
        self.at = line.at;
        let event = self.tell(line.entry)?;
        Ok(Some(Replayed {
            line: self.line,
            at: self.at,
            event,
        }))
    }

    fn tell(&mut self, entry: Entry) -> Result<Event, String> {
        let now = self.at;
        Ok(match entry {
            Entry::Header { details } => {
                self.begun = true;
                self.gaps = false;
                self.retold = Retold::default();
                Event::Begins { details }
            }
            Entry::Router {
                name,
                settings,
                snapshot,
            } => {
                let known_before = snapshot.is_some();
                let router = Box::new(self.retold.router(
                    &name,
                    *settings,
                    snapshot.map(|snapshot| *snapshot),
                )?);
                Event::Router {
                    name,
                    router,
                    known_before,
                }
            }
            Entry::Step {
                name,
                stimulus,
                decided,
            } => {
                if self.gaps && !self.retold.knows(&name) {
                    return Ok(Event::Unknown { name, stimulus });
                }
                let mut decision = self.retold.decide(now, name, stimulus)?;
                decision.recorded = decided;
                Event::Decision(Box::new(decision))
            }
            Entry::Group { group, members } => {
                if !self.gaps || members.iter().all(|name| self.retold.knows(name)) {
                    self.retold.group(now, group, &members)?;
                }
                Event::Group { group, members }
            }
            Entry::Ungrouped { name } => {
                self.retold.ungroup(now, &name);
                Event::Ungrouped { name }
            }
            Entry::Discarded {
                name,
                source,
                reason,
                alike,
            } => Event::Discarded {
                name,
                source,
                reason,
                alike,
            },
            Entry::Gone { name } => {
                self.retold.remove(&name);
                Event::Gone { name }
            }
            Entry::Lost { lines } => {
                self.gaps = true;
                self.retold = Retold::default();
                Event::Lost { lines }
            }
        })
    }
}

impl<I: Iterator> std::fmt::Debug for Replay<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = f.debug_struct("Replay");
        fields.field("line", &self.line).field("retold", &self.retold);
        fields.finish_non_exhaustive()
    }
}

impl<T: AsRef<str>, I: Iterator<Item = T>> Iterator for Replay<I> {
    type Item = Result<Replayed, Wrong>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        match self.step() {
            Ok(replayed) => replayed.map(Ok),
            Err(found) => {
                self.over = true;
                Some(Err(Wrong {
                    line: self.line,
                    found,
                }))
            }
        }
    }
}
