//! Who is asked, and what.

use std::fmt;
use std::time::Duration;

use crate::endpoint::Endpoint;
#[cfg(feature = "tls")]
use crate::tls::TlsSpec;

/// Whose protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlServer {
    /// `MySQL`, `MariaDB` and what speaks as they do.
    Mysql,
    /// `PostgreSQL` and what speaks as it does.
    Postgresql,
}

impl fmt::Display for SqlServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mysql => "MySQL",
            Self::Postgresql => "PostgreSQL",
        })
    }
}

/// Who is asked, by whom, and what.
#[derive(Clone)]
pub struct SqlSpec {
    /// The server.
    pub endpoint: Endpoint,
    /// For all of it.
    pub timeout: Duration,
    /// How it is spoken to.
    pub server: SqlServer,
    /// Who logs in.
    pub login: String,
    /// With what; empty: without a password.
    pub password: String,
    /// Of which database; none: of no one by `MySQL`, of the one that is named like the user by `PostgreSQL`.
    pub database: Option<String>,
    /// What is asked: `SELECT 1 FROM orders LIMIT 1`.
    pub request: String,
    /// How TLS is spoken with a server that wants it: `MySQL` where it does not remember the password, `PostgreSQL` with
    /// `hostssl`. Others are asked in clear.
    #[cfg(feature = "tls")]
    pub tls: Option<TlsSpec>,
}

impl SqlSpec {
    /// Without a password, a database and TLS.
    pub fn new(
        endpoint: Endpoint,
        timeout: Duration,
        server: SqlServer,
        login: impl Into<String>,
        request: impl Into<String>,
    ) -> Self {
        Self {
            endpoint,
            timeout,
            server,
            login: login.into(),
            password: String::new(),
            database: None,
            request: request.into(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// With this password.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = password.into();
        self
    }

    /// To this database.
    #[must_use]
    pub fn database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// Over TLS where the server wants it.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: TlsSpec) -> Self {
        self.tls = Some(tls);
        self
    }
}

/// Without its password.
impl fmt::Debug for SqlSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlSpec")
            .field("endpoint", &self.endpoint)
            .field("timeout", &self.timeout)
            .field("server", &self.server)
            .field("login", &self.login)
            .field("database", &self.database)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
