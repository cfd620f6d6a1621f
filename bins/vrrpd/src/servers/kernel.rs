//! Whether virtual servers can be carried out, and the kernel can balance: asked where the daemon works, before anything is begun.

use vrrp_ipvs::{Client, Error, Reason};
use vrrp_plan::Plan;

use crate::arguments::Arguments;

/// The word by which virtual servers may be missing.
pub(crate) const ALLOW: &str = "lvs";

/// What is not as the file has it, and whether it is allowed to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Without {
    /// It is there, or nobody asks for it.
    Nothing,
    /// The plan has no virtual servers any more.
    Allowed {
        /// How many it had.
        count: usize,
        /// Why.
        text: String,
    },
    /// Nothing is to be started.
    Refused(String),
}

impl Without {
    /// How many virtual servers are left out, and what is to be said of it.
    ///
    /// # Errors
    /// Why nothing is to be started.
    pub(crate) fn allowed(self) -> Result<(usize, Option<String>), String> {
        match self {
            Self::Nothing => Ok((0, None)),
            Self::Allowed { count, text } => Ok((count, Some(text))),
            Self::Refused(text) => Err(text),
        }
    }
}

/// Takes the virtual servers out of a plan that the kernel cannot carry out, where that is allowed.
pub(crate) fn look(plan: &mut Plan, arguments: &Arguments) -> Without {
    if plan.balance.is_empty() {
        return Without::Nothing;
    }
    // Before anything of a reload is carried out.
    if let Err(wrong) = vrrp_director::check(&plan.balance) {
        return Without::Refused(wrong.to_string());
    }
    let Err(error) = Client::open().and_then(|mut client| client.info()) else {
        return Without::Nothing;
    };
    let place = place(plan);
    if arguments.allow_missing.iter().any(|word| word == ALLOW) {
        let count = std::mem::take(&mut plan.balance).servers.len();
        let text = format!("{place}: virtual servers are not carried out, as allowed: {error}");
        return Without::Allowed { count, text };
    }
    Without::Refused(format!(
        "{place}: virtual servers cannot be carried out: {error}{}; to start everything else without them: --allow-missing {ALLOW}",
        hint(&error)
    ))
}

/// What the kernel does not say by itself.
fn hint(error: &Error) -> &'static str {
    match error.reason() {
        Some(Reason::NotPermitted) => {
            ". vrrpd needs the capability net_admin, in the user namespace that the network belongs to"
        }
        _ => "",
    }
}

/// Where the first one stands.
fn place(plan: &Plan) -> String {
    let first = plan.balance.servers.first().map(|server| &server.place);
    let sync = plan.balance.sync.as_ref().map(|sync| &sync.place);
    first.or(sync).map(ToString::to_string).unwrap_or_default()
}
