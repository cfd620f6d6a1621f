//! Which of many deadlines comes first: a tournament. Moving one costs as many comparisons as the number of routers has
//! binary digits, and allocates nothing; a search through all of them cost more than the packet that asked for it.

use alloc::vec::Vec;

use crate::time::{Deadline, Instant};

/// Deadlines by place, 0 to the number of pushes - 1.
#[derive(Debug, Clone, Default)]
pub(crate) struct Soonest {
    deadlines: Vec<Option<Deadline>>,
    /// Winner of match n between the winners of 2n and 2n + 1; the second half are the players, in order of place.
    winners: Vec<usize>,
}

impl Soonest {
    /// Adds a place.
    pub(crate) fn push(&mut self, deadline: Option<Deadline>) {
        self.deadlines.push(deadline);
        let players = self.deadlines.len().next_power_of_two();
        if self.winners.len() == players.saturating_mul(2) {
            self.replay(self.deadlines.len().saturating_sub(1));
            return;
        }
        self.winners = (0..players.saturating_mul(2))
            .map(|at| at.saturating_sub(players))
            .collect();
        self.replay_all();
    }

    /// Replaces the deadline of a place; of one that was never pushed nothing.
    pub(crate) fn set(&mut self, place: usize, deadline: Option<Deadline>) {
        self.put(place, deadline);
        self.replay(place);
    }

    /// Replaces one of several; [`Soonest::replay_all`] comes after the last, which costs less than [`Soonest::set`]
    /// for each of them.
    pub(crate) fn put(&mut self, place: usize, deadline: Option<Deadline>) {
        if let Some(old) = self.deadlines.get_mut(place) {
            *old = deadline;
        }
    }

    pub(crate) fn replay_all(&mut self) {
        for at in (1..self.winners.len() / 2).rev() {
            self.play(at);
        }
    }

    /// The deadline of a place.
    pub(crate) fn get(&self, place: usize) -> Option<Deadline> {
        self.deadlines.get(place).copied().flatten()
    }

    /// The place with the first deadline, the lowest of equals.
    pub(crate) fn first(&self) -> Option<(usize, Deadline)> {
        // With one player there is no match; it stands at 1 as well.
        let place = *self.winners.get(1)?;
        Some((place, self.get(place)?))
    }

    fn replay(&mut self, place: usize) {
        let mut at = place.saturating_add(self.winners.len() / 2) / 2;
        while at > 0 {
            self.play(at);
            at /= 2;
        }
    }

    fn play(&mut self, at: usize) {
        let left = self.winner(at.saturating_mul(2));
        let right = self.winner(at.saturating_mul(2).saturating_add(1));
        let won = if self.key(right) < self.key(left) {
            right
        } else {
            left
        };
        if let Some(winner) = self.winners.get_mut(at) {
            *winner = won;
        }
    }

    fn winner(&self, at: usize) -> usize {
        self.winners.get(at).copied().unwrap_or(usize::MAX)
    }

    /// None, and places not pushed yet, come last.
    fn key(&self, place: usize) -> (bool, Instant) {
        match self.get(place) {
            Some(deadline) => (false, deadline.at),
            None => (true, Instant::default()),
        }
    }
}
