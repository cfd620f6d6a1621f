//! Who is told of changes of state by mail and by webhook.

use std::time::Duration;

use keepalived_conf::{MailTls, Secret};

/// How mail is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// `file:line` of the recipients.
    pub place: String,
    /// Recipients (keepalived `notification_email`); never empty.
    pub to: Vec<String>,
    /// keepalived `notification_email_from`; `None`: the daemon's user at this host.
    pub from: Option<String>,
    /// keepalived `smtp_server`: name or address, and port.
    pub server: (String, u16),
    /// keepalived `smtp_connect_timeout`.
    pub timeout: Duration,
    /// keepalived `smtp_helo_name`, else the host's name.
    pub helo: String,
    /// Also on FAULT; not with keepalived's `no_email_faults`.
    pub faults: bool,
    /// `smtp_tls`.
    pub tls: MailTls,
    /// `smtp_login`: the name and the password.
    pub login: Option<(String, Secret)>,
}

/// One `vrrp_webhook`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Name in the file.
    pub name: String,
    /// `file:line` where it begins.
    pub place: String,
    /// What is called.
    pub url: Secret,
    /// Value of the header `Authorization`.
    pub authorization: Option<Secret>,
    /// Limit of one try.
    pub timeout: Duration,
    /// Tries after the first one.
    pub retries: u32,
    /// Names of instances and sync groups; empty: all.
    pub only: Vec<String>,
}
