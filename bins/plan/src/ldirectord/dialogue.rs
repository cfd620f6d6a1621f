//! Services that are spoken to in a few sentences.

use ldirectord_conf::{Real, Service, Virtual};

use super::ask::{cannot, receive, request};
use super::{CannotBe, Lowering};
use crate::question::{Asks, Dialogue, Hear, Turn};

impl Lowering<'_> {
    pub(super) fn dialogue(&self, read: &Virtual, real: &Real) -> Result<Asks, CannotBe> {
        let turns = match read.check.service.value {
            Service::SimpleTcp => simple(read, real),
            Service::Smtp | Service::Submission => smtp(),
            Service::Nntp => nntp(read, real),
            Service::Pop => pop(read)?,
            Service::Imap => imap(read)?,
            other => {
                let message = format!("a check of {} is not supported", other.word());
                let help = "write checktype = connect, or external with a checkcommand that speaks it";
                return Err(cannot(read, real, message, help));
            }
        };
        Ok(Asks::Dialogue(Dialogue { turns }))
    }
}

/// A `\n` in the text is an end of a line.
fn simple(read: &Virtual, real: &Real) -> Vec<Turn> {
    let text = request(read, real).map_or("", |request| request.value.as_str());
    let mut turns = Vec::new();
    if !text.is_empty() {
        turns.push(Turn::Say(text.replace("\\n", "\n").into_bytes()));
    }
    if let Some(pattern) = receive(read, real) {
        turns.push(Turn::Hear(Hear::Finds(pattern.value.clone())));
    }
    turns
}

fn smtp() -> Vec<Turn> {
    vec![
        Turn::Hear(Hear::Smtp(220)),
        Turn::say("EHLO localhost\r\n"),
        Turn::Hear(Hear::Smtp(250)),
        Turn::say("QUIT\r\n"),
        Turn::Hear(Hear::Smtp(221)),
    ]
}

/// The greeting (RFC 3977 5.1.1), then what is asked for.
fn nntp(read: &Virtual, real: &Real) -> Vec<Turn> {
    let mut turns = vec![Turn::line("^20[01]( |\r?$)")];
    if let Some(text) = request(read, real).filter(|text| !text.value.is_empty()) {
        turns.push(Turn::say(&format!("{}\r\n", text.value)));
        let pattern = receive(read, real).map_or("^[123]", |pattern| pattern.value.as_str());
        turns.push(Turn::Hear(Hear::Finds(pattern.to_owned())));
    }
    turns.push(Turn::say("QUIT\r\n"));
    turns
}

/// Who logs in, and with what; none where no name is given.
fn login(read: &Virtual) -> Result<Option<(String, String)>, CannotBe> {
    let Some(login) = read.check.login.as_ref().filter(|login| !login.value.is_empty()) else {
        return Ok(None);
    };
    let password = read.check.password.as_ref();
    let password = password.map_or_else(String::new, |password| password.value.reveal().to_string());
    if login.value.chars().chain(password.chars()).any(char::is_control) {
        return Err(CannotBe {
            code: "cannot-check",
            span: login.span().unwrap_or(read.span),
            message: "login or passwd has a control character".to_owned(),
            help: "write them without".to_owned(),
        });
    }
    Ok(Some((login.value.clone(), password)))
}

/// RFC 1939.
fn pop(read: &Virtual) -> Result<Vec<Turn>, CannotBe> {
    let good = || Turn::line(r"^\+OK");
    let mut turns = vec![good()];
    if let Some((name, password)) = login(read)? {
        turns.extend([Turn::say(&format!("USER {name}\r\n")), good()]);
        turns.extend([Turn::say(&format!("PASS {password}\r\n")), good()]);
    }
    turns.extend([Turn::say("QUIT\r\n"), good()]);
    Ok(turns)
}

/// RFC 9051: what has no tag is not an answer.
fn imap(read: &Virtual) -> Result<Vec<Turn>, CannotBe> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut turns = vec![Turn::line(r"^\* (OK|PREAUTH)")];
    if let Some((name, password)) = login(read)? {
        let (name, password) = (quoted(&name), quoted(&password));
        turns.push(Turn::say(&format!("a1 LOGIN {name} {password}\r\n")));
        turns.push(Turn::Hear(Hear::Tagged {
            tag: "a1".to_owned(),
            pattern: "^a1 OK".to_owned(),
        }));
    }
    turns.push(Turn::say("a2 LOGOUT\r\n"));
    turns.push(Turn::Hear(Hear::Tagged {
        tag: "a2".to_owned(),
        pattern: "^a2 OK".to_owned(),
    }));
    Ok(turns)
}
