//! `MySQL` and `MariaDB`: greeting, log-in, one request, as the protocol's documents have it.

mod greeting;
mod packet;
mod scramble;
#[cfg(test)]
mod tests;

use greeting::Greeting;
use packet::Packet;
use scramble::{NONCE_BYTES, Nonce, Plugin};

use super::{SqlSpec, Step, Talk, needs_a_row, told};

const QUERY: u8 = 3;
const QUIT: &[u8] = &[1, 0, 0, 0, 1];
/// The server is set to `require_secure_transport`.
const INSECURE_TRANSPORT: u16 = 3159;
/// As many as a table may have.
const COLUMNS_MAX: u64 = 4096;

/// A conversation.
pub(super) struct Mysql<'s> {
    spec: &'s SqlSpec,
    over_tls: bool,
    state: State,
    rows: u32,
    wants_tls: bool,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Greeting,
    /// TLS begins; behind a packet of ours with this number.
    Secures {
        greeting: Greeting,
        number: u8,
    },
    /// How the password was proven; whether the server has asked for another way already.
    LogIn {
        plugin: Plugin,
        switched: bool,
    },
    /// How many columns there are, or an error.
    Answer,
    /// Descriptions of columns that are still to come; 0: their end is.
    Columns {
        left: u64,
    },
    Rows,
}

impl<'s> Mysql<'s> {
    pub(super) const fn new(spec: &'s SqlSpec) -> Self {
        Self {
            spec,
            over_tls: false,
            state: State::Greeting,
            rows: 0,
            wants_tls: false,
        }
    }

    pub(super) const fn over_tls(spec: &'s SqlSpec) -> Self {
        Self {
            over_tls: true,
            ..Self::new(spec)
        }
    }

    fn greeted(&mut self, packet: &Packet<'_>) -> Result<Step, String> {
        if packet.payload.first() == Some(&0xff) {
            return Err(format!("it takes nobody in: {}", packet::error(packet.payload)));
        }
        let greeting = greeting::greeting(packet.payload)?;
        if !self.over_tls {
            return Ok(Step::say(packet.used, self.respond(&greeting, packet.number)));
        }
        if !greeting.offers_tls() {
            return Err("it offers no TLS".to_owned());
        }
        let number = packet.number.wrapping_add(1);
        let request = greeting::request_for_tls(&greeting, self.spec);
        self.state = State::Secures { greeting, number };
        Ok(Step::secures(packet.used, packet::packet(number, &request)))
    }

    /// The answer to the greeting, behind a packet with this number.
    fn respond(&mut self, greeting: &Greeting, number: u8) -> Vec<u8> {
        self.state = State::LogIn {
            plugin: greeting.plugin,
            switched: false,
        };
        let response = greeting::response(greeting, self.spec, self.over_tls);
        packet::packet(number.wrapping_add(1), &response)
    }

    fn log_in(&mut self, packet: &Packet<'_>, plugin: Plugin, switched: bool) -> Result<Step, String> {
        let login = &self.spec.login;
        match packet.payload {
            [0, ..] => {
                self.state = State::Answer;
                let query = [&[QUERY], self.spec.request.as_bytes()].concat();
                Ok(Step::say(packet.used, packet::packet(0, &query)))
            }
            [0xff, ..] => {
                let error = packet::error(packet.payload);
                self.wants_tls = packet.payload.get(1..3) == Some(&INSECURE_TRANSPORT.to_le_bytes());
                Err(format!("the log-in of '{login}' is refused: {error}"))
            }
            [0xfe, named @ ..] if !switched => self.switch(packet, named),
            // The server has seen this password since it started, and takes the short proof of it.
            [1, 3] if plugin == Plugin::CachingSha2 => Ok(Step::on(packet.used)),
            [1, 4] if plugin == Plugin::CachingSha2 && self.over_tls => {
                Ok(say(packet, &[self.spec.password.as_bytes(), &[0]].concat()))
            }
            [1, 4] if plugin == Plugin::CachingSha2 => {
                self.wants_tls = true;
                Err(self.full_authentication())
            }
            other => Err(format!("at the log-in of '{login}' it says '{}'", told(other))),
        }
    }

    /// It does not remember this password: nobody has logged in by it since its start, or it is another one.
    fn full_authentication(&self) -> String {
        format!(
            "for '{}' it wants the password itself, which is for TLS (caching_sha2_password, full authentication)",
            self.spec.login
        )
    }

    /// The user has another way to prove the password than the server's default.
    fn switch(&mut self, packet: &Packet<'_>, named: &[u8]) -> Result<Step, String> {
        let mut cut = packet::Cut(named);
        let name = cut.text();
        let nonce = cut
            .take(NONCE_BYTES)
            .and_then(|octets| Nonce::try_from(octets).ok());
        let (Some(plugin), Some(nonce)) = (Plugin::named(name), nonce) else {
            let name = if name.is_empty() {
                "the way of before version 4.1".into()
            } else {
                told(name)
            };
            return Err(format!(
                "for '{}' it wants a log-in by {name}, which is not spoken here; make it a user by \
                 mysql_native_password or caching_sha2_password",
                self.spec.login
            ));
        };
        self.state = State::LogIn {
            plugin,
            switched: true,
        };
        let mut proof = plugin.prove(self.spec.password.as_bytes(), &nonce);
        if proof.is_empty() && plugin == Plugin::CachingSha2 {
            // Its word for no password; an empty packet is taken for one that is missing.
            proof.push(0);
        }
        Ok(say(packet, &proof))
    }

    fn answered(&mut self, packet: &Packet<'_>) -> Result<Step, String> {
        match packet.payload {
            [0xff, ..] => Err(refused(packet.payload)),
            [0, ..] => Err("the request is none that gives rows; write a SELECT".to_owned()),
            [0xfb, ..] => {
                Err("it asks for a file of this machine (LOCAL INFILE), which it does not get".to_owned())
            }
            counted => match packet::count(counted) {
                Some(left @ 1..=COLUMNS_MAX) => {
                    self.state = State::Columns { left };
                    Ok(Step::on(packet.used))
                }
                _ => Err(format!("its answer begins with '{}'", told(counted))),
            },
        }
    }

    fn column(&mut self, packet: &Packet<'_>, left: u64) -> Result<Step, String> {
        if packet.payload.first() == Some(&0xff) {
            return Err(refused(packet.payload));
        }
        if packet::is_end(packet.payload) != (left == 0) {
            return Err("its columns are not as many as it has said".to_owned());
        }
        self.state = match left.checked_sub(1) {
            Some(left) => State::Columns { left },
            None => State::Rows,
        };
        Ok(Step::on(packet.used))
    }

    fn row(&mut self, packet: &Packet<'_>) -> Result<Step, String> {
        if packet.payload.first() == Some(&0xff) {
            return Err(refused(packet.payload));
        }
        if packet::is_end(packet.payload) {
            needs_a_row(self.rows)?;
            return Ok(Step::done(packet.used));
        }
        self.rows = self.rows.saturating_add(1);
        Ok(Step::on(packet.used))
    }

    /// One that is longer than what is taken in: a row, or nothing that we want to hear.
    fn long(&mut self, packet: &Packet<'_>) -> Result<Option<Step>, String> {
        match (self.state, packet.payload.first()) {
            (State::Rows, None) => Ok(None),
            (State::Rows, Some(first)) if *first != 0xff => {
                self.rows = self.rows.saturating_add(1);
                Ok(Some(Step::done(0)))
            }
            (State::Greeting, _) => Err(greeting::no_greeting(&heard_of(packet))),
            _ => Err(format!("it announces {} octets", packet.length)),
        }
    }
}

impl Talk for Mysql<'_> {
    fn begin(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn hear(&mut self, heard: &[u8]) -> Result<Option<Step>, String> {
        let Some(packet) = packet::first(heard) else {
            return Ok(None);
        };
        if packet.used == 0 {
            return self.long(&packet);
        }
        let packet = &packet;
        match self.state {
            State::Greeting => self.greeted(packet),
            State::Secures { .. } => Err("it speaks before TLS begins".to_owned()),
            State::LogIn { plugin, switched } => self.log_in(packet, plugin, switched),
            State::Answer => self.answered(packet),
            State::Columns { left } => self.column(packet, left),
            State::Rows => self.row(packet),
        }
        .map(Some)
    }

    fn waits_for(&self) -> &'static str {
        match self.state {
            State::Greeting | State::Secures { .. } => "greeting",
            State::LogIn { .. } => "answer to the log-in",
            State::Answer | State::Columns { .. } | State::Rows => "answer to the request",
        }
    }

    fn secured(&mut self) -> Vec<u8> {
        match self.state {
            State::Secures { greeting, number } => self.respond(&greeting, number),
            _ => Vec::new(),
        }
    }

    fn wants_tls(&self) -> bool {
        self.wants_tls
    }

    fn rows(&self) -> u32 {
        self.rows
    }

    fn farewell(&self) -> &'static [u8] {
        match self.state {
            State::Greeting | State::Secures { .. } | State::LogIn { .. } => &[],
            State::Answer | State::Columns { .. } | State::Rows => QUIT,
        }
    }
}

/// The next packet of a log-in.
fn say(packet: &Packet<'_>, payload: &[u8]) -> Step {
    Step::say(
        packet.used,
        packet::packet(packet.number.wrapping_add(1), payload),
    )
}

fn refused(payload: &[u8]) -> String {
    format!("the request fails: {}", packet::error(payload))
}

/// The octets of a head that is none, and what follows.
fn heard_of(packet: &Packet<'_>) -> Vec<u8> {
    let [l0, l1, l2, ..] = u32::try_from(packet.length).unwrap_or_default().to_le_bytes();
    [&[l0, l1, l2, packet.number], packet.payload].concat()
}
