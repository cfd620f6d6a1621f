//! Random numbers that are the same on every machine and in every version.

use std::collections::VecDeque;

/// SplitMix64 (Steele, Lea, Flood 2014). Written out here because a seed in a bug report must still mean the same
/// years later: generators of libraries promise that only from one minor version to the next.
///
/// In front of the sequence there may be a tape: octets that are drawn first, so that a fuzzer can choose.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
    tape: VecDeque<u8>,
}

impl Random {
    /// The sequence of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            state: seed,
            tape: VecDeque::new(),
        }
    }

    /// What the octets say, as few of them a draw as it needs, and then the sequence of seed 0.
    #[must_use]
    pub fn of_octets(octets: &[u8]) -> Self {
        Self {
            state: 0,
            tape: octets.iter().copied().collect(),
        }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        if !self.tape.is_empty() {
            return self.take(8);
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `end` - 1; 0 for an `end` of 0. The bias of the remainder is below 2^-32 for every `end` in use.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 {
            return 0;
        }
        let drawn = match end {
            _ if self.tape.is_empty() => self.bits(),
            1..=0x100 => self.take(1),
            0x101..=0x1_0000 => self.take(2),
            _ => self.take(8),
        };
        drawn % end
    }

    fn take(&mut self, octets: usize) -> u64 {
        let taken = (0..octets).map_while(|_| self.tape.pop_front());
        taken.fold(0, |value, octet| value << 8 | u64::from(octet))
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// True in `ppm` of a million cases.
    pub fn chance(&mut self, ppm: u32) -> bool {
        // Nothing is drawn for a chance of 0: a world without loss is the same with any seed.
        ppm > 0 && self.below(1_000_000) < ppm as u64
    }

    /// One of `choices`; `None` of none.
    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let index = self.below(choices.len() as u64);
        choices.get(usize::try_from(index).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    /// The first outputs for seed 1234567, as published with the reference implementation.
    #[test]
    fn the_sequence_is_that_of_the_paper() {
        let mut random = Random::new(1_234_567);
        let first = [random.bits(), random.bits(), random.bits()];
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }
}
