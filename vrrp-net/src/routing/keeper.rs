//! Which route or rule is wanted by whom, and what became of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;

use vrrp_core::{InstanceId, Instant};

use super::{Entry, message};
use crate::journal::Journal;
use crate::netlink::{Change, Requests};
use crate::watch::Table;

const WINDOW_NANOS: u64 = 60_000_000_000;
/// Stands for no service: what is there whatever the state of any.
pub(crate) const STATICS: InstanceId = InstanceId(u32::MAX);

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    Absent,
    /// We made it, in this life or an earlier one.
    Ours,
    /// It was there already.
    Foreign,
    /// The kernel refuses it, or its interface is not there.
    Refused(String),
}

/// What is to be told.
#[derive(Debug)]
pub(crate) enum News {
    /// It was not there, and is now.
    Made(Entry),
    Removed(Entry),
    /// It was there before us, and stays.
    Foreign(Entry),
    /// It was lost, and put back.
    PutBack(Entry),
    /// It was lost, and cannot be put back.
    Lost(Entry, io::Error),
    /// It cannot be made, or not be removed.
    Failed {
        entry: Entry,
        adding: bool,
        error: io::Error,
    },
}

/// The routes and rules that are ours to make and remove.
#[derive(Debug)]
pub(crate) struct Routing {
    /// In the order in which they are made.
    wanted: Vec<(Entry, Vec<InstanceId>)>,
    known: BTreeMap<Entry, Presence>,
    /// Made by us, as the journal and a successor know it.
    made: BTreeSet<Entry>,
    losses: BTreeMap<Entry, VecDeque<Instant>>,
    tag: u8,
    journal: Option<Journal<Entry>>,
    unwritten: bool,
}

impl Routing {
    pub(crate) fn new(tag: u8, journal: Option<Journal<Entry>>) -> Self {
        Self {
            wanted: Vec::new(),
            known: BTreeMap::new(),
            made: BTreeSet::new(),
            losses: BTreeMap::new(),
            tag,
            journal,
            unwritten: false,
        }
    }

    pub(crate) const fn tag(&self) -> u8 {
        self.tag
    }

    /// What an earlier life has written down, or handed over.
    pub(crate) fn adopt(&mut self, entries: Vec<Entry>) {
        self.unwritten |= !entries.is_empty();
        self.made.extend(entries);
    }

    /// What was made and is still there, for a successor.
    pub(crate) fn made(&self) -> Vec<Entry> {
        self.made.iter().cloned().collect()
    }

    /// `by` wants it to be there.
    pub(crate) fn hold(&mut self, by: InstanceId, entry: &Entry) {
        match self.wanted.iter_mut().find(|(known, _)| known == entry) {
            Some((_, holders)) if holders.contains(&by) => {}
            Some((_, holders)) => holders.push(by),
            None => self.wanted.push((entry.clone(), vec![by])),
        }
    }

    /// `by` wants it no longer; others may.
    pub(crate) fn release(&mut self, by: InstanceId, entry: &Entry) {
        if let Some((_, holders)) = self.wanted.iter_mut().find(|(known, _)| known == entry) {
            holders.retain(|holder| *holder != by);
        }
        self.wanted.retain(|(_, holders)| !holders.is_empty());
    }

    pub(crate) fn holders(&self, entry: &Entry) -> &[InstanceId] {
        let found = self.wanted.iter().find(|(known, _)| known == entry);
        found.map_or(&[], |(_, holders)| holders)
    }

    /// Everything that is wanted, in the order in which it is made.
    pub(crate) fn all_wanted(&self) -> impl Iterator<Item = &Entry> {
        self.wanted.iter().map(|(entry, _)| entry)
    }

    /// What an earlier life has made and nobody wants now.
    pub(crate) fn strays(&self) -> Vec<Entry> {
        let wanted = |entry: &&Entry| self.wanted.iter().any(|(known, _)| known == *entry);
        self.made.iter().filter(|entry| !wanted(entry)).cloned().collect()
    }

    pub(crate) fn presence(&self, entry: &Entry) -> Presence {
        self.known.get(entry).cloned().unwrap_or(Presence::Absent)
    }

    /// It is there, whoever made it.
    pub(crate) fn is_there(&self, entry: &Entry) -> bool {
        matches!(self.known.get(entry), Some(Presence::Ours | Presence::Foreign))
    }

    /// Others took a wanted entry away: how often within a minute, this time included.
    pub(crate) fn lost(&mut self, now: Instant, entry: &Entry) -> usize {
        let times = self.losses.entry(entry.clone()).or_default();
        while times
            .front()
            .is_some_and(|at| now.nanos_since(*at) >= WINDOW_NANOS)
        {
            let _old = times.pop_front();
        }
        times.push_back(now);
        times.len()
    }

    pub(crate) fn forget_losses(&mut self, entry: &Entry) {
        let _times = self.losses.remove(entry);
    }

    /// Removes of `entries` what nobody wants any more; the last made goes first.
    pub(crate) fn remove(&mut self, entries: &[Entry], links: &Table, requests: &mut Requests) -> Vec<News> {
        let mut news = Vec::new();
        let mut doomed = Vec::new();
        for entry in entries.iter().rev() {
            if !self.holders(entry).is_empty() {
                continue;
            }
            if self.made.contains(entry) {
                match self.deletion(entry, links) {
                    Ok(change) => doomed.push((entry, change)),
                    // It has gone with its interface.
                    Err(_no_device) => self.note_removed(entry),
                }
            } else {
                let _forgotten = self.known.remove(entry);
            }
        }
        let changes: Vec<Change> = doomed.iter().map(|(_, change)| change.clone()).collect();
        for ((entry, _), result) in doomed.into_iter().zip(requests.carry_out(&changes)) {
            match result {
                Err(error) if !is_gone(&error) => news.push(News::Failed {
                    entry: entry.clone(),
                    adding: false,
                    error,
                }),
                Ok(()) | Err(_) => {
                    self.note_removed(entry);
                    news.push(News::Removed(entry.clone()));
                }
            }
        }
        news
    }

    fn note_removed(&mut self, entry: &Entry) {
        self.unwritten |= self.made.remove(entry);
        let _known = self.known.remove(entry);
        self.forget_losses(entry);
    }

    fn deletion(&self, entry: &Entry, links: &Table) -> io::Result<Change> {
        match entry {
            Entry::Route(route) => message::delete_route(route, self.tag, links),
            Entry::Rule(rule) => Ok(message::delete_rule(rule, self.tag)),
        }
    }

    fn addition(&self, entry: &Entry, links: &Table) -> io::Result<Change> {
        match entry {
            Entry::Route(route) => message::add_route(route, self.tag, links),
            Entry::Rule(rule) => Ok(message::add_rule(rule, self.tag)),
        }
    }

    /// Makes of `entries` what is wanted and not known to be there.
    pub(crate) fn make(&mut self, entries: &[Entry], links: &Table, requests: &mut Requests) -> Vec<News> {
        let lacking = |entry: &&Entry| !self.is_there(entry) && !self.holders(entry).is_empty();
        let lacking: Vec<Entry> = entries.iter().filter(lacking).cloned().collect();
        self.ask_for(lacking, true, links, requests)
    }

    /// Asks for those of `entries` that are wanted, whether they are known to be there or not: what is there stays as it is.
    ///
    /// The kernel looks at the gateway before it looks whether the route is there: its refusal alone says nothing of a route
    /// that was there. `seen_to_go`: it has told that they went.
    pub(crate) fn verify(
        &mut self,
        entries: &[Entry],
        seen_to_go: bool,
        links: &Table,
        requests: &mut Requests,
    ) -> Vec<News> {
        let wanted = |entry: &&Entry| !self.holders(entry).is_empty();
        let wanted: Vec<Entry> = entries.iter().filter(wanted).cloned().collect();
        self.ask_for(wanted, seen_to_go, links, requests)
    }

    fn ask_for(
        &mut self,
        entries: Vec<Entry>,
        absent: bool,
        links: &Table,
        requests: &mut Requests,
    ) -> Vec<News> {
        let mut news = Vec::new();
        let mut asked = Vec::new();
        for entry in entries {
            match self.addition(&entry, links) {
                Ok(change) => asked.push((entry, change)),
                Err(no_device) => self.note_refused(entry, no_device, &mut news),
            }
        }
        let changes: Vec<Change> = asked.iter().map(|(_, change)| change.clone()).collect();
        for ((entry, _), result) in asked.into_iter().zip(requests.carry_out(&changes)) {
            match result {
                Ok(()) => self.note_made(entry, &mut news),
                Err(error) if error.raw_os_error() == Some(libc::EEXIST) => {
                    self.note_there(entry, &mut news);
                }
                Err(error) if !absent && self.is_there(&entry) && !is_down(&error) => {}
                Err(error) => self.note_refused(entry, error, &mut news),
            }
        }
        news
    }

    fn note_made(&mut self, entry: Entry, news: &mut Vec<News>) {
        let was_there = self.is_there(&entry);
        self.unwritten |= self.made.insert(entry.clone());
        let _before = self.known.insert(entry.clone(), Presence::Ours);
        news.push(if was_there {
            News::PutBack(entry)
        } else {
            News::Made(entry)
        });
    }

    /// Whose it is: what stands in the journal is ours, and what bears our mark, which is in what was asked for. Where a
    /// route is to be alone, the kernel says the same of any other to that destination.
    fn note_there(&mut self, entry: Entry, news: &mut Vec<News>) {
        let alone = matches!(&entry, Entry::Route(route) if route.placement == super::Placement::Alone);
        let marked = entry.own_mark().is_none() && !alone;
        let ours = self.made.contains(&entry) || marked;
        if ours {
            self.unwritten |= self.made.insert(entry.clone());
            let _before = self.known.insert(entry, Presence::Ours);
        } else if self.known.insert(entry.clone(), Presence::Foreign) != Some(Presence::Foreign) {
            news.push(News::Foreign(entry));
        }
    }

    fn note_refused(&mut self, entry: Entry, error: io::Error, news: &mut Vec<News>) {
        let was_there = self.is_there(&entry);
        self.unwritten |= self.made.remove(&entry);
        let said = Presence::Refused(error.to_string());
        let same = self.known.insert(entry.clone(), said.clone()) == Some(said);
        if was_there {
            news.push(News::Lost(entry, error));
        } else if !same {
            news.push(News::Failed {
                entry,
                adding: true,
                error,
            });
        }
    }

    /// Writes down what has changed. A route bears a mark, but the list alone knows those that nobody asks for any more.
    pub(crate) fn write_journal(&mut self) {
        if std::mem::take(&mut self.unwritten)
            && let Some(journal) = &self.journal
        {
            journal.write(self.made());
        }
    }

    /// The list is made good where others have deleted it.
    pub(crate) fn audit_journal(&self) {
        if let Some(journal) = &self.journal {
            journal.audit();
        }
    }

    /// For a successor that reads it.
    pub(crate) fn flush_journal(&mut self) {
        self.write_journal();
        if let Some(journal) = &mut self.journal {
            journal.flush();
        }
    }
}

/// No route leads over it any more.
fn is_down(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENETDOWN | libc::ENODEV))
}

/// "Is not there", in the words of IPv4, IPv6 and rules, and "its interface is not there" are what was wanted.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ESRCH | libc::ENOENT | libc::ENODEV)
    )
}
