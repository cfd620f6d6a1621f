//! `PostgreSQL`: start, log-in, one simple query, as protocol version 3.0 has it.

mod base64;
mod message;
mod salted;
mod scram;
#[cfg(test)]
mod tests;

use md5::{Digest as _, Md5};

use message::{Message, message};
use scram::{Expected, Scram, Work};

use super::{SqlSpec, Step, Talk, needs_a_row, told};

/// The request for TLS, and its number.
const SECURE: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];
/// `no pg_hba.conf entry for host ..., no encryption`.
const NOT_SO: &[u8] = b"28000";
const TERMINATE: &[u8] = &[b'X', 0, 0, 0, 4];
const MECHANISM: &[u8] = b"SCRAM-SHA-256";

/// A conversation.
pub(super) struct Postgresql<'s> {
    spec: &'s SqlSpec,
    /// Of the log-in by SCRAM.
    nonce: String,
    state: State,
    rows: u32,
    wants_tls: bool,
}

enum State {
    /// Asked for TLS.
    Secures,
    /// In the middle of a proof, where there is one.
    LogIn(Proof),
    /// Logged in; the server gets ready.
    Begins,
    /// Asked.
    Answer,
}

enum Proof {
    /// Nothing is asked for yet.
    None,
    /// The password, or a digest of it, was sent.
    Sent,
    Begun(Scram),
    /// It is made; nothing is to come.
    Made(Box<Work>),
    /// The server's own proof is to come.
    Owed(Expected),
    Done,
}

impl<'s> Postgresql<'s> {
    pub(super) fn new(spec: &'s SqlSpec, nonce: [u8; 24]) -> Self {
        Self {
            spec,
            nonce: base64::encode(&nonce),
            state: State::LogIn(Proof::None),
            rows: 0,
            wants_tls: false,
        }
    }

    pub(super) fn over_tls(spec: &'s SqlSpec, nonce: [u8; 24]) -> Self {
        Self {
            state: State::Secures,
            ..Self::new(spec, nonce)
        }
    }

    fn start(&self) -> Vec<u8> {
        let mut texts = vec![("user", self.spec.login.as_str())];
        if let Some(database) = &self.spec.database {
            texts.push(("database", database));
        }
        texts.push(("application_name", "health check"));
        texts.push(("client_encoding", "UTF8"));
        message::startup(&texts)
    }

    fn log_in(&mut self, heard: &Message<'_>, proof: Proof) -> Result<Step, String> {
        if heard.kind != b'R' {
            return self.beside(heard, State::LogIn(proof));
        }
        let Some((kind, rest)) = heard.body.split_first_chunk::<4>() else {
            return Err("its word on the log-in is cut short".to_owned());
        };
        let (proof, say) = match (u32::from_be_bytes(*kind), proof) {
            (0, Proof::None | Proof::Sent | Proof::Done) => {
                self.state = State::Begins;
                return Ok(Step::on(heard.used));
            }
            (0, Proof::Begun(_) | Proof::Made(_) | Proof::Owed(_)) => {
                return Err("it lets in without proving to know the password (SCRAM)".to_owned());
            }
            (3, Proof::None) => (Proof::Sent, ended(self.password()?)),
            (5, Proof::None) => (Proof::Sent, ended(self.digest(rest)?.as_bytes())),
            (10, Proof::None) => {
                self.password()?;
                let scram = Scram::new("", &self.nonce);
                (Proof::Begun(scram.clone()), begun(rest, &scram)?)
            }
            (11, Proof::Begun(scram)) => {
                let work = scram.challenged(self.password()?, text(rest)?)?;
                self.state = State::LogIn(Proof::Made(Box::new(work)));
                return Ok(Step::on(heard.used));
            }
            (12, Proof::Owed(expected)) => {
                expected.check(text(rest)?)?;
                self.state = State::LogIn(Proof::Done);
                return Ok(Step::on(heard.used));
            }
            (3 | 5 | 10 | 11 | 12, _) => return Err("its words of the log-in are out of turn".to_owned()),
            (other, _) => return Err(self.unknown(other)),
        };
        self.state = State::LogIn(proof);
        Ok(Step::say(heard.used, message(b'p', &say)))
    }

    /// What has to be done before anything more is heard.
    fn work(&mut self) -> Option<Step> {
        let State::LogIn(Proof::Made(work)) = &mut self.state else {
            return None;
        };
        let Some((answer, expected)) = work.go_on() else {
            return Some(Step::rest());
        };
        self.state = State::LogIn(Proof::Owed(expected));
        Some(Step::say(0, message(b'p', answer.as_bytes())))
    }

    fn unknown(&self, way: u32) -> String {
        let name = match way {
            2 => "Kerberos".to_owned(),
            6 => "SCM credentials".to_owned(),
            7 | 8 => "GSSAPI".to_owned(),
            9 => "SSPI".to_owned(),
            other => format!("way {other}"),
        };
        format!(
            "for '{}' it wants a log-in by {name}, which is not spoken here; write a line with scram-sha-256 for this \
             user into pg_hba.conf",
            self.spec.login
        )
    }

    fn password(&self) -> Result<&'s [u8], String> {
        if self.spec.password.is_empty() {
            return Err(format!(
                "it wants a password of '{}', and none is set",
                self.spec.login
            ));
        }
        Ok(self.spec.password.as_bytes())
    }

    /// By `md5`.
    fn digest(&self, salt: &[u8]) -> Result<String, String> {
        let inner = Md5::new()
            .chain_update(self.password()?)
            .chain_update(&self.spec.login);
        let outer = Md5::new().chain_update(hex(&inner.finalize())).chain_update(salt);
        Ok(format!("md5{}", hex(&outer.finalize())))
    }

    fn begins(&mut self, heard: &Message<'_>) -> Result<Step, String> {
        if heard.kind != b'Z' {
            return self.beside(heard, State::Begins);
        }
        self.state = State::Answer;
        let query = ended(self.spec.request.as_bytes());
        Ok(Step::say(heard.used, message(b'Q', &query)))
    }

    fn answered(&mut self, heard: &Message<'_>) -> Result<Step, String> {
        match heard.kind {
            b'D' => self.rows = self.rows.saturating_add(1),
            b'Z' => {
                needs_a_row(self.rows)?;
                return Ok(Step::done(heard.used));
            }
            b'G' | b'W' | b'H' => {
                return Err("the request is a COPY, which is not asked here; write a SELECT".to_owned());
            }
            b'T' | b'C' | b'I' => {}
            _ => return self.beside(heard, State::Answer),
        }
        self.state = State::Answer;
        Ok(Step::on(heard.used))
    }

    /// What may come at any time: parameters, notices, the key for a cancellation; and errors, which end it.
    fn beside(&mut self, heard: &Message<'_>, state: State) -> Result<Step, String> {
        let login = &self.spec.login;
        match (heard.kind, &state) {
            (b'E', State::LogIn(_) | State::Begins) => {
                let error = message::error(heard.body);
                self.wants_tls = message::code(heard.body) == Some(NOT_SO);
                Err(format!("the log-in of '{login}' is refused: {error}"))
            }
            (b'E', State::Answer) => Err(format!("the request fails: {}", message::error(heard.body))),
            (b'S' | b'N' | b'K' | b'A' | b'v', _) => {
                self.state = state;
                Ok(Step::on(heard.used))
            }
            (other, _) => Err(format!(
                "it says '{}' where its {} was expected",
                told(&[other]),
                self.waits_for()
            )),
        }
    }

    /// One that is longer than what is taken in: a row, or nothing that we want to hear.
    fn long(&mut self, heard: &[u8], long: &Message<'_>) -> Result<Step, String> {
        match (&self.state, long.kind) {
            (State::Answer, b'D') => {
                self.rows = self.rows.saturating_add(1);
                Ok(Step::done(0))
            }
            (State::LogIn(Proof::None), _) => Err(message::no_message(heard)),
            _ => Err(format!("it announces {} octets", long.length)),
        }
    }
}

impl Talk for Postgresql<'_> {
    fn begin(&mut self) -> Vec<u8> {
        match self.state {
            State::Secures => SECURE.to_vec(),
            _ => self.start(),
        }
    }

    fn hear(&mut self, heard: &[u8]) -> Result<Option<Step>, String> {
        if matches!(self.state, State::Secures) {
            return match heard.first() {
                None => Ok(None),
                Some(b'S') => Ok(Some(Step::secures(1, Vec::new()))),
                Some(b'N') => Err("it offers no TLS".to_owned()),
                Some(_) => Err(message::no_message(heard)),
            };
        }
        if let Some(step) = self.work() {
            return Ok(Some(step));
        }
        let Some(message) = message::first(heard)? else {
            return Ok(None);
        };
        if message.used == 0 {
            return self.long(heard, &message).map(Some);
        }
        let message = &message;
        if matches!(self.state, State::LogIn(Proof::None)) && !b"RESNKAv".contains(&message.kind) {
            return Err(message::no_message(heard));
        }
        match &mut self.state {
            State::LogIn(proof) => {
                let proof = std::mem::replace(proof, Proof::None);
                self.log_in(message, proof)
            }
            State::Begins => self.begins(message),
            State::Answer => self.answered(message),
            State::Secures => Err(message::no_message(heard)),
        }
        .map(Some)
    }

    fn waits_for(&self) -> &'static str {
        match self.state {
            State::Secures => "answer to the request for TLS",
            State::LogIn(_) => "answer to the log-in",
            State::Begins => "readiness after the log-in",
            State::Answer => "answer to the request",
        }
    }

    fn secured(&mut self) -> Vec<u8> {
        self.state = State::LogIn(Proof::None);
        self.start()
    }

    fn wants_tls(&self) -> bool {
        self.wants_tls
    }

    fn rows(&self) -> u32 {
        self.rows
    }

    fn farewell(&self) -> &'static [u8] {
        match self.state {
            State::Secures | State::LogIn(_) => &[],
            State::Begins | State::Answer => TERMINATE,
        }
    }
}

/// The mechanism of our choice, if it is among those that are offered, and its first message.
fn begun(offered: &[u8], scram: &Scram) -> Result<Vec<u8>, String> {
    if !offered.split(|octet| *octet == 0).any(|name| name == MECHANISM) {
        let names = told(
            &offered
                .iter()
                .map(|octet| if *octet == 0 { b' ' } else { *octet })
                .collect::<Vec<_>>(),
        );
        return Err(format!(
            "it offers log-ins by '{names}', and SCRAM-SHA-256 is not among them"
        ));
    }
    let first = scram.first();
    let length = u32::try_from(first.len()).unwrap_or(u32::MAX);
    Ok([MECHANISM, &[0], &length.to_be_bytes(), first.as_bytes()].concat())
}

fn ended(text: &[u8]) -> Vec<u8> {
    [text, &[0]].concat()
}

fn text(octets: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(octets).map_err(|_| "its words of SCRAM are no text".to_owned())
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
