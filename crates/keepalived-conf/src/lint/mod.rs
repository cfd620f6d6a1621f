//! The lint: what is carried out as it is written, and probably not meant so.
//!
//! Parsing says what is wrong; the lint says what never worked. Its findings are warnings and notes, keepalived says
//! nothing to any of them ([`Keepalived::Silent`](crate::Keepalived::Silent)), and what parsing has reported is not said
//! again. [`RULES`] lists all of them, those of [`advice`] among them; `docs/lint.md` explains each.
//!
//! ```
//! use keepalived_conf::{MemoryFiles, lint, parse};
//!
//! let text = "vrrp_script web {\n script /bin/check\n interval 2\n}\n\
//!             vrrp_instance A {\n interface eth0\n virtual_router_id 7\n virtual_ipaddress {\n  192.0.2.1\n }\n}\n";
//! let files = MemoryFiles::new([("k.conf", text)]);
//! let parsed = parse(&files, "k.conf");
//! let found = lint::file(&parsed, &lint::Machine::default());
//! assert_eq!(found[0].code, "unused-script");
//! ```

mod address;
mod announce;
mod auth;
mod codes;
mod command;
mod election;
mod machine;
mod mail;
mod nodes;
mod process;
mod rival;
mod router_id;
mod script;
mod server;
mod timing;
mod unicast;
mod unused;
mod weight;

pub use codes::{RULES, Rule};
pub use machine::{Listen, Machine};
pub use nodes::{nodes, sources};

use crate::Parsed;
use crate::diagnostic::{Diagnostic, Findings};

/// The traps of one file, in the order of themes. `machine` is what is known of the machine that is to run it;
/// [`Machine::default`] knows nothing, and rules that ask it are silent.
#[must_use]
pub fn file(parsed: &Parsed, machine: &Machine) -> Vec<Diagnostic> {
    let mut out = Findings::default();
    let config = &parsed.config;
    for instance in &config.instances {
        weight::instance(instance, &mut out);
        election::instance(instance, &mut out);
        address::instance(instance, &mut out);
        unicast::instance(instance, &mut out);
        announce::instance(instance, &mut out);
    }
    election::groups(config, &mut out);
    unused::file(parsed, &mut out);
    script::users(config, &mut out);
    for script in &config.scripts {
        timing::script(script, &mut out);
    }
    for command in command::all(config) {
        script::command(&command, &mut out);
        process::command(&command, machine, &mut out);
    }
    announce::interfaces(config, &mut out);
    rival::file(config, &mut out);
    router_id::file(config, &mut out);
    auth::file(config, &mut out);
    mail::file(parsed, &mut out);
    server::file(parsed, &mut out);
    machine::nonlocal_bind(config, machine, &mut out);
    out.finish()
}

/// What could be said of nearly every file, and is told to those who ask for it (`vrrpctl check --verbose`).
#[must_use]
pub fn advice(parsed: &Parsed) -> Vec<Diagnostic> {
    let mut out = Findings::default();
    rival::yields(&parsed.config, &mut out);
    out.finish()
}
