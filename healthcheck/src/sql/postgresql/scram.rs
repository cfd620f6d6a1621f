//! SCRAM-SHA-256 (RFC 5802, RFC 7677): both sides prove to know the password, and neither says it.

use hmac::Mac as _;
use sha2::{Digest as _, Sha256};

use super::base64;
use super::salted::{Key, Salting, mac};

/// `PostgreSQL` makes 4096 turns unless told otherwise. Each costs time of ours, which a server must not choose at will.
const TURNS_MAX: u32 = 100_000;

/// A log-in that has begun.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Scram {
    nonce: String,
    /// The first message without its head, which is part of the proof.
    first: String,
}

/// What the server must send to have proven itself.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Expected(Key);

impl Scram {
    /// `PostgreSQL` takes the name of the first message of the connection; so it is empty here.
    pub(super) fn new(user: &str, nonce: &str) -> Self {
        Self {
            nonce: nonce.to_owned(),
            first: format!("n={user},r={nonce}"),
        }
    }

    /// Without channel binding, for there is no channel.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.first)
    }

    /// What is to be done for the answer to the server's first message.
    ///
    /// # Errors
    /// The message is none, or of another conversation, or asks for too much work.
    pub(super) fn challenged(&self, password: &[u8], challenge: &str) -> Result<Work, String> {
        let mut parts = challenge.split(',');
        let mut part = |name| parts.next().and_then(|part| part.strip_prefix(name));
        let (Some(nonce), Some(salt), Some(turns)) = (part("r="), part("s="), part("i=")) else {
            return Err("its challenge of SCRAM is not understood".to_owned());
        };
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err("its challenge of SCRAM belongs to another log-in".to_owned());
        }
        let salt = base64::decode(salt).ok_or("the salt of its challenge of SCRAM is none")?;
        let Ok(number @ 1..=TURNS_MAX) = turns.parse() else {
            return Err(format!(
                "its challenge of SCRAM asks for '{turns}' turns, and {TURNS_MAX} is most: lower scram_iterations \
                     and set the password anew"
            ));
        };
        let salting = Salting::new(password, &salt, number);
        let end = format!("c=biws,r={nonce}");
        Ok(Work {
            salting: salting.ok_or("of this password SCRAM makes no key")?,
            said: format!("{},{challenge},{end}", self.first),
            end,
        })
    }
}

/// An answer that is being made.
pub(super) struct Work {
    salting: Salting,
    /// All that was said and is going to be, which is what is signed.
    said: String,
    end: String,
}

impl Work {
    /// Goes on a little; when all is done the answer, and what the server's last message must have.
    pub(super) fn go_on(&mut self) -> Option<(String, Expected)> {
        let salted = self.salting.go_on()?;
        let Self { said, end, .. } = self;
        let client = keyed(&salted, b"Client Key");
        let stored: Key = Sha256::digest(client).into();
        let signature = keyed(&stored, said.as_bytes());
        let proof: Vec<u8> = client
            .iter()
            .zip(signature)
            .map(|(one, other)| one ^ other)
            .collect();
        let server = keyed(&keyed(&salted, b"Server Key"), said.as_bytes());
        Some((format!("{end},p={}", base64::encode(&proof)), Expected(server)))
    }
}

impl Expected {
    /// # Errors
    /// Who sends this does not know the password.
    pub(super) fn check(&self, last: &str) -> Result<(), String> {
        let proven = last.strip_prefix("v=").and_then(base64::decode);
        if proven.as_deref() == Some(&self.0) {
            return Ok(());
        }
        match last.strip_prefix("e=") {
            Some(error) => Err(format!("it ends SCRAM with '{}'", super::told(error.as_bytes()))),
            None => Err(
                "it does not prove to know the password (SCRAM): it is not the server that it should be"
                    .to_owned(),
            ),
        }
    }
}

fn keyed(key: &[u8], text: &[u8]) -> Key {
    mac(key).map_or_else(Key::default, |mac| {
        mac.chain_update(text).finalize().into_bytes().into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    fn answer(scram: &Scram, challenge: &str) -> Result<(String, Expected), String> {
        let mut work = scram.challenged(b"pencil", challenge)?;
        loop {
            if let Some(done) = work.go_on() {
                return Ok(done);
            }
        }
    }

    /// RFC 7677 3: user "user", password "pencil".
    #[test]
    fn the_example_of_the_rfc() {
        let scram = Scram::new("user", "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(scram.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let (answer, expected) = answer(&scram, CHALLENGE).unwrap();
        assert_eq!(
            answer,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(
            expected.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
            Ok(())
        );
        for other in [
            "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            "v=",
            "",
            "v=6rriTRBi",
        ] {
            assert!(
                expected
                    .check(other)
                    .is_err_and(|error| error.contains("does not prove")),
                "{other}"
            );
        }
        let ended = expected.check("e=invalid-proof");
        assert_eq!(ended, Err("it ends SCRAM with 'invalid-proof'".to_owned()));
    }

    #[test]
    fn a_challenge_that_is_not_ours_is_not_answered() {
        let scram = Scram::new("user", "rOprNGfwEbeRWgbNEkqO");
        for (from, to, words) in [
            ("r=rOpr", "r=xOpr", "another log-in"),
            ("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "", "another log-in"),
            ("i=4096", "i=100001", "asks for '100001' turns"),
            ("i=4096", "i=0", "asks for '0' turns"),
            ("s=W22", "s=W2", "salt"),
            (",i=", ",j=", "not understood"),
        ] {
            let challenge = CHALLENGE.replace(from, to);
            let answer = answer(&scram, &challenge).map(|(answer, _)| answer);
            assert!(
                answer.as_ref().is_err_and(|error| error.contains(words)),
                "{to}: {answer:?}"
            );
        }
    }
}
