//! The states that were found, how each was first reached, and where each goes when nothing more goes wrong.

use std::time::Duration;

/// One state.
#[derive(Debug, Clone)]
pub(super) struct Record<C> {
    parent: u32,
    choice: C,
    /// The state that follows by itself; its own number where nothing follows.
    next: u32,
    after: Duration,
    settled: bool,
}

impl<C> Record<C> {
    /// A state that `choice` in `parent` leads to; the first one is its own parent.
    pub(super) const fn of(settled: bool, parent: u32, choice: C) -> Self {
        Self {
            parent,
            choice,
            next: u32::MAX,
            after: Duration::ZERO,
            settled,
        }
    }
}

/// Every state, in the order of finding.
#[derive(Debug)]
pub(super) struct Graph<C> {
    records: Vec<Record<C>>,
}

impl<C> Default for Graph<C> {
    fn default() -> Self {
        Self { records: Vec::new() }
    }
}

/// How far the way of a state to the end has been walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    OnTheWay,
    /// Settles for good after this time.
    Settles(Duration),
}

impl<C: Copy> Graph<C> {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn add(&mut self, record: Record<C>) -> u32 {
        let number = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        self.records.push(record);
        number
    }

    pub(super) fn goes(&mut self, from: u32, to: u32, after: Duration) {
        if let Some(record) = self.records.get_mut(from as usize) {
            record.next = to;
            record.after = after;
        }
    }

    /// The choices that lead to a state from the beginning.
    pub(super) fn way_to(&self, to: u32) -> Vec<C> {
        let mut choices = Vec::new();
        let mut at = to;
        while at != 0 {
            let Some(record) = self.records.get(at as usize) else {
                break;
            };
            choices.push(record.choice);
            at = record.parent;
        }
        choices.reverse();
        choices
    }

    /// The longest time to being settled for good, and from where; an error names a state from which that never comes.
    pub(super) fn longest_convergence(&self) -> Result<(Duration, u32), u32> {
        let mut seen = vec![Seen::No; self.records.len()];
        let mut longest = (Duration::ZERO, 0);
        for start in 0..self.records.len() {
            let took = self.settle_from(start, &mut seen)?;
            if took > longest.0 {
                longest = (took, u32::try_from(start).unwrap_or(u32::MAX));
            }
        }
        Ok(longest)
    }

    /// Walks until something known, then back.
    fn settle_from(&self, start: usize, seen: &mut [Seen]) -> Result<Duration, u32> {
        let mut way: Vec<usize> = Vec::new();
        let mut at = start;
        let mut took = loop {
            match seen[at] {
                Seen::Settles(took) => break took,
                Seen::OnTheWay => {
                    // A circle: where nothing goes wrong any more the group goes round in it for ever.
                    let begins = way.iter().position(|on_way| *on_way == at).unwrap_or(0);
                    for in_circle in way.drain(begins..) {
                        if !self.records[in_circle].settled {
                            return Err(u32::try_from(in_circle).unwrap_or(u32::MAX));
                        }
                        seen[in_circle] = Seen::Settles(Duration::ZERO);
                    }
                    break Duration::ZERO;
                }
                Seen::No => {}
            }
            seen[at] = Seen::OnTheWay;
            way.push(at);
            let next = self.records[at].next;
            // Nothing follows: a circle of one.
            at = if next == u32::MAX { at } else { next as usize };
        };
        for at in way.into_iter().rev() {
            let record = &self.records[at];
            if !record.settled || took > Duration::ZERO {
                took += record.after;
                // Unsettled, and settled at the very same instant: not yet.
                took = took.max(Duration::from_nanos(u64::from(!record.settled)));
            }
            seen[at] = Seen::Settles(took);
        }
        Ok(match seen[start] {
            Seen::Settles(took) => took,
            Seen::No | Seen::OnTheWay => Duration::ZERO,
        })
    }
}
