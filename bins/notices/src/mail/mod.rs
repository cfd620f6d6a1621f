//! Mail, as keepalived sends it; and over TLS, with a login.

mod letter;
mod stream;
mod talk;

use std::fmt;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::transport::smtp::extension::ClientId;
use zeroize::Zeroizing;

use crate::courier::{Attempt, Courier, Reached};
use crate::lane::Job;
use crate::patience::Patience;

/// A server that asks to come back later (greylisting) means minutes: 1, 2, 4 … 256 s, so some 8 minutes in all.
const PATIENCE: Patience = Patience {
    retries: 9,
    first: Duration::from_secs(1),
    longest: Duration::from_secs(300),
    jitter: false,
};

/// How the connection to the server is protected. Where it is, the certificate must be one that this machine trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailTls {
    /// Not at all, as with keepalived.
    #[default]
    None,
    /// By STARTTLS where the server offers it: not against somebody in between, who can take the offer away.
    Optional,
    /// By STARTTLS, or nothing is sent.
    Required,
    /// From the first octet on (usually port 465).
    Wrapped,
}

/// Who this node is to the server. Never printed, and wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password. It is only sent over TLS.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({:?}, password hidden)", self.user)
    }
}

/// What no mail can be sent with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// An address that is none.
    #[error("{0:?} is no mail address; write USER@HOST, without blanks")]
    Address(String),
    /// There is nobody to send to.
    #[error("no recipient is named")]
    Nobody,
    /// The build lacks it.
    #[error("mail over TLS needs a vrrpd that was built with its feature tls")]
    NoTls,
}

/// How mail is sent, and to whom.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Begins each subject, in brackets (keepalived `router_id`).
    pub router_id: String,
    /// Name or address of the server, looked up at each try.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Protection.
    pub tls: MailTls,
    /// Trusted besides this machine's certificates, in DER.
    pub trusted: Vec<Vec<u8>>,
    /// Who this is to the server.
    pub login: Option<Login>,
    /// Limit of the connection, and the same of the talk over it.
    pub limit: Duration,
    /// Name in the greeting.
    pub helo: String,
    /// When a try is repeated.
    pub patience: Patience,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Mail {
    /// From an address to others, by `host`. An address without `@` is one of this machine, `helo`. Port 25, no TLS, no
    /// login, 30 s: as keepalived.
    ///
    /// # Errors
    /// An address is none, or there is no recipient.
    pub fn new(from: &str, to: &[String], host: &str, helo: &str) -> Result<Self, MailError> {
        let mailbox = |text: &str| mailbox(text, helo);
        if to.is_empty() {
            return Err(MailError::Nobody);
        }
        Ok(Self {
            router_id: helo.to_owned(),
            host: host.to_owned(),
            port: 25,
            tls: MailTls::None,
            trusted: Vec::new(),
            login: None,
            limit: Duration::from_secs(30),
            helo: helo.to_owned(),
            patience: PATIENCE,
            from: mailbox(from)?,
            to: to.iter().map(|to| mailbox(to)).collect::<Result<_, _>>()?,
        })
    }

    /// Whether `text` can be written to; without `@` it is somebody of this machine, `helo`.
    ///
    /// # Errors
    /// It is no address.
    pub fn check_address(text: &str, helo: &str) -> Result<(), MailError> {
        mailbox(text, helo).map(drop)
    }

    /// Whether this build can do it.
    ///
    /// # Errors
    /// It cannot.
    pub fn check(&self) -> Result<(), MailError> {
        if self.tls != MailTls::None && !cfg!(feature = "tls") {
            return Err(MailError::NoTls);
        }
        Ok(())
    }

    fn hello(&self) -> ClientId {
        ClientId::Domain(self.helo.clone())
    }
}

fn mailbox(text: &str, helo: &str) -> Result<Mailbox, MailError> {
    let whole = if text.contains('@') {
        text.to_owned()
    } else {
        format!("{text}@{helo}")
    };
    whole.parse().map_err(|_| MailError::Address(text.to_owned()))
}

impl Courier for Mail {
    fn to(&self) -> String {
        let to: Vec<&str> = self.to.iter().map(|to| to.email.as_ref()).collect();
        to.join(", ")
    }

    fn patience(&self) -> Patience {
        self.patience
    }

    fn attempt<'a>(&'a self, job: &'a Job, reached: &'a mut Reached) -> BoxFuture<'a, Attempt> {
        talk::attempt(self, job, reached).boxed()
    }
}
