//! What the file means: values in exact units, each with where it came from.

mod address;
mod announce;
mod auth_hmac;
mod checker;
mod fifo;
mod global;
mod instance;
mod lvs;
mod notify;
mod real_server;
mod router_advertisements;
mod routing;
mod secret;
mod track;
mod virtual_mac;
mod virtual_server;
mod webhook;

use serde::Serialize;

pub use address::{Address, Lifetime, RouteScope};
pub use announce::{ExtraInterfaces, GarpGroup};
pub use auth_hmac::{AntiReplay, AuthHmac, HmacKey, HmacMode};
pub use checker::{Checker, Http, HttpVersion, Nibbles, Question, Url};
pub use fifo::{Fifo, FifoAndScript, Fifos};
pub use global::{Announcements, GlobalDefs, Mail, MailLogin, MailTls};
pub use instance::{AuthPass, Family, InitialState, OldUnicastChecksum, Path, Peer, Version, VrrpInstance};
pub use lvs::{FlushOnStop, Lvs, LvsSync, LvsTimeouts, Ssl};
pub use notify::{Argv, Notify, NotifyScript, ScriptUser};
pub use real_server::{MiscCheck, RealServer, ServerCheck, ServerLook};
pub use router_advertisements::{AdvertisedPrefix, RouterAdvertisements};
pub use routing::{
    Route, RouteHop, RouteKind, RouteMetric, RoutePlacement, Rule, RuleAction, Statics, TrackGroup,
};
pub use secret::Secret;
pub use track::{
    CheckMode, Command, InitFile, ParamMatch, Push, SyncGroup, Track, TrackFile, TrackProcess, VrrpScript,
    Weight,
};
pub use virtual_mac::{Mac, UseVmac, Vmac};
pub use virtual_server::{
    ClientMask, Forwarding, SorryServer, Transport, TunnelChecksum, VirtualAddress, VirtualMember,
    VirtualServer,
};
pub use webhook::Webhook;

use crate::keywords::Scope;
use crate::source::Span;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "from")]
pub enum Origin {
    /// Its own keyword.
    Line {
        /// The value.
        span: Span,
    },
    /// Another keyword that sets the default for many.
    Inherited {
        /// That keyword.
        keyword: &'static str,
        /// The value there.
        span: Span,
    },
    /// keepalived's default.
    Default,
    /// Another setting leaves no choice, or gives the default.
    Implied {
        /// Which, and how.
        because: &'static str,
    },
}

/// A value and where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    #[serde(flatten)]
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// Of its own keyword.
    #[must_use]
    pub const fn line(value: T, span: Span) -> Self {
        Self {
            value,
            origin: Origin::Line { span },
        }
    }

    /// The default.
    #[must_use]
    pub const fn default(value: T) -> Self {
        Self {
            value,
            origin: Origin::Default,
        }
    }

    /// Another setting's doing.
    #[must_use]
    pub const fn implied(value: T, because: &'static str) -> Self {
        Self {
            value,
            origin: Origin::Implied { because },
        }
    }

    /// Where the file says so; none for a default.
    #[must_use]
    pub const fn span(&self) -> Option<Span> {
        match self.origin {
            Origin::Line { span } | Origin::Inherited { span, .. } => Some(span),
            Origin::Default | Origin::Implied { .. } => None,
        }
    }

    /// The same value as the default that `keyword` gives to others; a default stays a default.
    #[must_use]
    pub fn inherited(self, keyword: &'static str) -> Self {
        match self.origin {
            Origin::Line { span } => Self {
                origin: Origin::Inherited { keyword, span },
                ..self
            },
            _ => self,
        }
    }

    /// Another value of the same origin.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced {
            value: with(self.value),
            origin: self.origin,
        }
    }
}

/// Something the file asks for that is not carried out, and on which service depends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// As written.
    pub word: String,
    /// Where.
    pub span: Span,
    /// What must not start because of it.
    pub scope: Scope,
    /// What would go wrong.
    pub why: String,
    /// The word with which the operator accepts that: `--allow-missing WORD`.
    pub allow_word: String,
}

/// An instance or script block that is not used, because of an error in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Its name, as far as it has one.
    pub name: String,
    /// The header of its block.
    pub span: Span,
}

/// A whole configuration, as keepalived understands the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Config {
    /// `global_defs`.
    pub global: GlobalDefs,
    /// `vrrp_script` and `vrrp_check`, in the order of the file.
    pub scripts: Vec<VrrpScript>,
    /// `track_file`, in the order of the file.
    pub track_files: Vec<TrackFile>,
    /// `vrrp_track_process`, in the order of the file.
    pub track_processes: Vec<TrackProcess>,
    /// `vrrp_instance`, in the order of the file, without those that an error drops.
    pub instances: Vec<VrrpInstance>,
    /// Instances that an error drops. Their diagnostics say why.
    pub dropped: Vec<Dropped>,
    /// `vrrp_sync_group`, in the order of the file.
    pub sync_groups: Vec<SyncGroup>,
    /// `garp_group`, in the order of the file.
    pub garp_groups: Vec<GarpGroup>,
    /// `vrrp_webhook`, in the order of the file.
    pub webhooks: Vec<Webhook>,
    /// `static_ipaddress`, `static_routes`, `static_rules`, `track_group`.
    pub statics: Statics,
    /// `virtual_server`, in the order of the file, without those that an error drops.
    pub virtual_servers: Vec<VirtualServer>,
    /// `SSL`; of several blocks the last.
    pub ssl: Option<Ssl>,
    /// What bars the whole daemon. What bars one instance stands in [`VrrpInstance::missing`].
    pub missing: Vec<Missing>,
}
