//! A password made slow to guess (RFC 5802 2.2: Hi), some turns at a time: the server says how many, and others wait for this thread.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

pub(super) type Key = [u8; 32];

/// Of so many others wait, half a millisecond or so.
const TURNS_AT_ONCE: u32 = 1024;

/// A key that is being made.
pub(super) struct Salting {
    mac: Hmac<Sha256>,
    turn: Key,
    all: Key,
    left: u32,
}

impl Salting {
    /// Of one turn at least. None: never, for HMAC takes a key of any length.
    pub(super) fn new(password: &[u8], salt: &[u8], turns: u32) -> Option<Self> {
        let mac = mac(password)?;
        let turn: Key = mac
            .clone()
            .chain_update(salt)
            .chain_update([0, 0, 0, 1])
            .finalize()
            .into_bytes()
            .into();
        Some(Self {
            mac,
            turn,
            all: turn,
            left: turns.saturating_sub(1),
        })
    }

    /// Goes on a little; the key when it is made.
    pub(super) fn go_on(&mut self) -> Option<Key> {
        let now = self.left.min(TURNS_AT_ONCE);
        for _ in 0..now {
            self.turn = self
                .mac
                .clone()
                .chain_update(self.turn)
                .finalize()
                .into_bytes()
                .into();
            self.all
                .iter_mut()
                .zip(self.turn)
                .for_each(|(all, turn)| *all ^= turn);
        }
        self.left -= now;
        (self.left == 0).then_some(self.all)
    }
}

pub(super) fn mac(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(turns: u32) -> (Key, u32) {
        let mut salting = Salting::new(b"pencil", b"salt", turns).unwrap();
        let mut rests = 0;
        loop {
            if let Some(key) = salting.go_on() {
                return (key, rests);
            }
            rests += 1;
        }
    }

    #[test]
    fn a_key_of_many_turns_is_made_with_rests() {
        for (turns, rests) in [(1, 0), (2, 0), (1025, 0), (1026, 1), (4096, 3), (20_000, 19)] {
            assert_eq!(made(turns).1, rests, "{turns}");
        }
        let all = Salting::new(b"pencil", b"salt", 3000).map(|mut salting| {
            // All at once.
            let mut turns = vec![salting.turn];
            for _ in 1..3000 {
                let last = turns.last().copied().unwrap();
                let next = salting.mac.clone().chain_update(last);
                turns.push(next.finalize().into_bytes().into());
            }
            salting.all = Key::default();
            for turn in turns {
                salting
                    .all
                    .iter_mut()
                    .zip(turn)
                    .for_each(|(all, turn)| *all ^= turn);
            }
            salting.all
        });
        assert_eq!(Some(made(3000).0), all);
    }
}
