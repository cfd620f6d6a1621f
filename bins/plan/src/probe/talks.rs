//! What is asked in a few sentences.

use std::time::Duration;

use healthcheck::{
    Endpoint, ExchangeProbe, ExchangeSpec, Expect, FtpProbe, FtpSpec, Probe, RadiusProbe, RadiusSpec,
    SipProbe, SipSpec, SqlProbe, SqlSpec, Transport,
};

use crate::question::{Asks, Dialogue, Ftp, Hear, Question, Sql, SqlServer, Tls, Turn};

/// What is no talk is nobody's mistake but that of who calls this.
pub(super) fn ask(
    question: &Question,
    endpoint: Endpoint,
    limit: Duration,
) -> Result<Box<dyn Probe>, String> {
    Ok(match &question.asks {
        Asks::DnsAnswer {
            record,
            name,
            pattern,
        } => return dns_answer(endpoint, limit, record, name, pattern.as_deref()),
        Asks::Dialogue(dialogue) => Box::new(ExchangeProbe::new(talk(question, dialogue, endpoint, limit)?)),
        Asks::Ftp(file) => Box::new(FtpProbe::new(ftp(file, endpoint, limit)?)),
        Asks::Sip { udp, user } => Box::new(SipProbe::new(SipSpec {
            endpoint,
            timeout: limit,
            transport: if *udp { Transport::Udp } else { Transport::Tcp },
            user: user.clone(),
        })),
        Asks::Radius(radius) => Box::new(RadiusProbe::new(RadiusSpec {
            endpoint,
            timeout: limit,
            user: radius.user.clone(),
            password: radius.password.clone(),
            secret: radius.secret.clone(),
        })?),
        Asks::Sql(sql) => Box::new(SqlProbe::new(asked_in_sql(sql, endpoint, limit))?),
        other => return Err(format!("{} is asked otherwise: {other:?}", question.word)),
    })
}

fn talk(
    question: &Question,
    dialogue: &Dialogue,
    endpoint: Endpoint,
    limit: Duration,
) -> Result<ExchangeSpec, String> {
    let mut spec = ExchangeSpec::new(endpoint, limit);
    question.word.clone_into(&mut spec.what);
    if let Some(tls) = &dialogue.tls {
        spec = talk_over_tls(spec, tls)?;
    }
    for turn in &dialogue.turns {
        spec = match turn {
            Turn::Say(octets) => spec.send(octets.clone()),
            Turn::Hear(hear) => spec.expect(heard(hear)?),
        };
    }
    Ok(spec)
}

#[cfg(feature = "tls")]
fn talk_over_tls(spec: ExchangeSpec, tls: &Tls) -> Result<ExchangeSpec, String> {
    let mut how = super::how(tls.verify)?;
    how.server_name.clone_from(&tls.server_name);
    Ok(spec.tls(how))
}

#[cfg(not(feature = "tls"))]
fn talk_over_tls(_spec: ExchangeSpec, _tls: &Tls) -> Result<ExchangeSpec, String> {
    Err("a check over TLS needs a vrrpd that was built with its feature tls".to_owned())
}

fn ftp(file: &Ftp, endpoint: Endpoint, limit: Duration) -> Result<FtpSpec, String> {
    let spec = FtpSpec::new(endpoint, limit, &file.path).login(&file.login, &file.password);
    match &file.pattern {
        None => Ok(spec),
        Some(text) => spec
            .finds(text)
            .map_err(|error| format!("{text:?} is no pattern: {error}")),
    }
}

fn asked_in_sql(sql: &Sql, endpoint: Endpoint, limit: Duration) -> SqlSpec {
    let server = match sql.server {
        SqlServer::Mysql => healthcheck::SqlServer::Mysql,
        SqlServer::Postgresql => healthcheck::SqlServer::Postgresql,
    };
    let mut spec = SqlSpec::new(endpoint, limit, server, &sql.login, &sql.request).password(&sql.password);
    spec.database.clone_from(&sql.database);
    sql_over_tls(spec, &sql.tls)
}

/// Where this machine trusts nobody the check goes on without TLS, and says so where it is wanted.
#[cfg(feature = "tls")]
fn sql_over_tls(spec: SqlSpec, tls: &Tls) -> SqlSpec {
    match super::how(tls.verify) {
        Ok(mut how) => {
            how.server_name.clone_from(&tls.server_name);
            spec.tls(how)
        }
        Err(_no_roots) => spec,
    }
}

#[cfg(not(feature = "tls"))]
fn sql_over_tls(spec: SqlSpec, _tls: &Tls) -> SqlSpec {
    spec
}

fn heard(hear: &Hear) -> Result<Expect, String> {
    let (text, made) = match hear {
        Hear::Smtp(code) => return Ok(Expect::Smtp(*code)),
        Hear::Line(text) => (text, Expect::line(text)),
        Hear::Finds(text) => (text, Expect::finds(text)),
        Hear::Ldap { tag, pattern } => (pattern, Expect::ldap(*tag, pattern)),
        Hear::Tagged { tag, pattern } => (pattern, Expect::tagged(tag, pattern)),
    };
    made.map_err(|error| format!("{text:?} is no pattern: {error}"))
}

#[cfg(feature = "dns")]
fn dns_answer(
    endpoint: Endpoint,
    limit: Duration,
    record: &str,
    name: &str,
    pattern: Option<&str>,
) -> Result<Box<dyn Probe>, String> {
    let spec = healthcheck::DnsSpec::new(endpoint, limit, record, name).map_err(|error| error.to_string())?;
    let spec = match pattern {
        None => spec.needs_record(),
        Some(text) => spec
            .answers(text)
            .map_err(|error| format!("{text:?} is no pattern: {error}"))?,
    };
    Ok(Box::new(healthcheck::DnsProbe::new(spec)))
}

#[cfg(not(feature = "dns"))]
fn dns_answer(
    _endpoint: Endpoint,
    _limit: Duration,
    _record: &str,
    _name: &str,
    _pattern: Option<&str>,
) -> Result<Box<dyn Probe>, String> {
    Err("service dns needs a vrrpd that was built with its feature dns".to_owned())
}
