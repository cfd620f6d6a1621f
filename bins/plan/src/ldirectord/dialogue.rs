//! Services that are spoken to in a few sentences.

use keepalived_conf::Sourced;
use ldirectord_conf::{Protocol, Real, Service, Virtual};

use super::ask::{cannot, receive, request};
use super::sql::sql;
use super::{CannotBe, Lowering, ldap};
use crate::question::{Asks, Dialogue, Ftp, Hear, Radius, SqlServer, Tls, Turn};

impl Lowering<'_> {
    pub(super) fn dialogue(&self, read: &Virtual, real: &Real) -> Result<Asks, CannotBe> {
        let service = read.check.service.value;
        let tls = || Tls {
            verify: self.verifies(read),
            server_name: read.check.virtual_host.as_ref().map(|host| host.value.clone()),
        };
        let turns = match service {
            Service::SimpleTcp => simple(read, real),
            Service::Smtp | Service::Submission => smtp(),
            Service::Nntp => nntp(),
            Service::Pop | Service::Pops => pop(read)?,
            Service::Imap | Service::Imaps => imap(read)?,
            Service::Ldap | Service::Ldaps => {
                ldap::turns(login(read)?, request(read, real), receive(read, real))
            }
            Service::Ftp => return ftp(read, real),
            Service::Sip => return sip(read),
            Service::Radius => return radius(read),
            Service::Mysql => return sql(read, real, SqlServer::Mysql, tls()),
            Service::Pgsql => return sql(read, real, SqlServer::Postgresql, tls()),
            other => {
                let word = other.word();
                let message = format!("a check of {word} is not supported: its protocol is not published");
                let help = "write checktype = external with a checkcommand that runs a client of it, or checktype = connect";
                return Err(cannot(read, real, message, help));
            }
        };
        let over_tls = matches!(service, Service::Pops | Service::Imaps | Service::Ldaps);
        let tls = over_tls.then(tls);
        Ok(Asks::Dialogue(Dialogue { tls, turns }))
    }
}

/// ldirectord fetches `request`; without one that is the root, which no server gives.
fn ftp(read: &Virtual, real: &Real) -> Result<Asks, CannotBe> {
    let Some(path) = request(read, real).filter(|path| !path.value.is_empty()) else {
        let message = "a check of ftp fetches a file, and there is no request".to_owned();
        return Err(cannot(
            read,
            real,
            message,
            "write request = \"FILE\", or checktype = connect",
        ));
    };
    let path = match path.value.strip_prefix('/') {
        Some(_) => path.value.clone(),
        None => format!("/{}", path.value),
    };
    let (login, password) =
        login(read)?.unwrap_or_else(|| ("anonymous".to_owned(), "ldirectord@localhost".to_owned()));
    let pattern = receive(read, real).map(|pattern| pattern.value.clone());
    Ok(Asks::Ftp(Ftp {
        login,
        password,
        path,
        pattern,
    }))
}

fn sip(read: &Virtual) -> Result<Asks, CannotBe> {
    let user = login(read)?.map_or_else(|| "ldirectord@localhost".to_owned(), |(user, _)| user);
    let udp = read.protocol.value == Protocol::Udp;
    Ok(Asks::Sip { udp, user })
}

fn radius(read: &Virtual) -> Result<Asks, CannotBe> {
    let secret = read.check.secret.as_ref();
    let (Some((user, password)), Some(secret)) = (login(read)?, secret) else {
        return Err(CannotBe {
            code: "cannot-check",
            span: read.check.service.span().unwrap_or(read.span),
            message: "a check of radius lets a user in, and login or secret is missing".to_owned(),
            help: "write login, passwd and secret, or checktype = ping or external".to_owned(),
        });
    };
    if user.len() > 253 || password.len() > 128 {
        return Err(CannotBe {
            code: "cannot-check",
            span: read
                .check
                .login
                .as_ref()
                .and_then(Sourced::span)
                .unwrap_or(read.span),
            message: "RADIUS takes a login of 253 octets at most, and a passwd of 128".to_owned(),
            help: "write shorter ones".to_owned(),
        });
    }
    Ok(Asks::Radius(Radius {
        user,
        password,
        secret: secret.value.reveal().to_string(),
    }))
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

/// The greeting (RFC 3977 5.1.1). ldirectord asks for nothing else, whatever request says.
fn nntp() -> Vec<Turn> {
    vec![Turn::line("^20[01]( |$)"), Turn::say("QUIT\r\n")]
}

/// Who logs in, and with what; none where no name is given.
pub(super) fn login(read: &Virtual) -> Result<Option<(String, String)>, CannotBe> {
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
