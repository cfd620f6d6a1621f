//! `real_server` and the checks in it.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::{Argv, Checker, Forwarding, NotifyScript, ScriptUser, Sourced, Weight};
use crate::source::Span;

/// One `real_server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RealServer {
    /// The header of its block.
    pub span: Span,
    /// Its address.
    pub ip: IpAddr,
    /// Its port; that of the virtual server where it has none, or where packets keep theirs. 0 where that has none either.
    pub port: u16,
    /// `weight`, else that of the virtual server, else 1.
    pub weight: Sourced<u32>,
    /// `lvs_method`, else that of the virtual server.
    pub forwarding: Sourced<Forwarding>,
    /// `uthreshold`, 0 for none.
    pub uthreshold: Sourced<u32>,
    /// `lthreshold`, 0 for none; at most `uthreshold`.
    pub lthreshold: Sourced<u32>,
    /// `inhibit_on_failure`.
    pub inhibit_on_failure: Sourced<bool>,
    /// `notify_up`.
    pub notify_up: Option<Sourced<NotifyScript>>,
    /// `notify_down`.
    pub notify_down: Option<Sourced<NotifyScript>>,
    /// `smtp_alert`, else `smtp_alert_checker`, else `smtp_alert` of `global_defs`, else on.
    pub smtp_alert: Sourced<bool>,
    /// All must be well; without any it is always in service.
    pub checks: Vec<ServerCheck>,
}

/// One check of a real server. What it does not say it has from the real server, then from the virtual server, then by
/// itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerCheck {
    /// The keyword of its block.
    pub word: &'static str,
    /// The header of its block.
    pub span: Span,
    /// `delay_loop`.
    pub delay_loop: Sourced<Duration>,
    /// `retry`: tries after a failure; default 1, 3 for `DNS_CHECK`, 0 for `MISC_CHECK`.
    pub retry: Sourced<u32>,
    /// `delay_before_retry`, default 1 s, 3 s for pages, `delay_loop` for `DNS_CHECK`.
    pub delay_before_retry: Sourced<Duration>,
    /// `warmup`: the first run is begun within it; default `delay_loop`.
    pub warmup: Sourced<Duration>,
    /// `alpha`: the server is out until it has passed.
    pub alpha: Sourced<bool>,
    /// `log_all_failures`, default `checker_log_all_failures`.
    pub log_all_failures: Sourced<bool>,
    /// What it does.
    pub look: ServerLook,
}

/// What a check of a real server does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ServerLook {
    /// Asks a service.
    Ask(Box<Checker>),
    /// `MISC_CHECK`.
    Run(MiscCheck),
    /// `FILE_CHECK`.
    File {
        /// `track_file`: the name of one that is defined in this file.
        track_file: Sourced<String>,
        /// `weight N [reverse]`; that of the definition if none. 0 takes the server out while the number is not 0.
        weight: Option<Sourced<Weight>>,
    },
    /// It cannot pass, for there is no port to ask: the server is never in service.
    Never,
}

/// `MISC_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MiscCheck {
    /// `misc_path`.
    pub argv: Sourced<Argv>,
    /// `misc_timeout`, default `delay_loop`.
    pub timeout: Sourced<Duration>,
    /// `misc_dynamic`: the exit status is the weight, plus 2.
    pub dynamic: Sourced<bool>,
    /// `user`, default `script_user`.
    pub user: Option<Sourced<ScriptUser>>,
}
