//! Servers of SQL: a log-in, and a request whose answer must have a row.

use ldirectord_conf::{Real, Virtual};

use super::CannotBe;
use super::ask::{cannot, request};
use super::dialogue::login;
use crate::question::{Asks, Sql, SqlServer, Tls};

/// Of each text that is sent.
const TEXT_BYTES_MAX: usize = 32 * 1024;

/// ldirectord wants login, request and database; without a database the server decides.
pub(super) fn sql(read: &Virtual, real: &Real, server: SqlServer, tls: Tls) -> Result<Asks, CannotBe> {
    let word = read.check.service.value.word();
    let Some((user, password)) = login(read)? else {
        let message = format!("a check of {word} logs in, and there is no login");
        return Err(cannot(
            read,
            real,
            message,
            "write login = \"USER\" and passwd, or checktype = connect",
        ));
    };
    let Some(asked) = request(read, real).filter(|request| !request.value.trim().is_empty()) else {
        let message = format!("a check of {word} asks a question of SQL, and there is no request");
        let help = "write request = \"SELECT ...\", of which the answer has a row, or checktype = connect";
        return Err(cannot(read, real, message, help));
    };
    let database = read.check.database.as_ref().map(|name| name.value.clone());
    let database = database.filter(|name| !name.is_empty());
    let texts = [
        Some(&user),
        Some(&password),
        database.as_ref(),
        Some(&asked.value),
    ];
    if texts
        .into_iter()
        .flatten()
        .any(|text| text.contains('\0') || text.len() > TEXT_BYTES_MAX)
    {
        let message = format!(
            "login, passwd, database or request has an octet of 0, or more than {TEXT_BYTES_MAX} octets"
        );
        return Err(cannot(read, real, message, "write it shorter, and as text"));
    }
    Ok(Asks::Sql(Sql {
        server,
        login: user,
        password,
        database,
        request: asked.value.clone(),
        tls,
    }))
}
