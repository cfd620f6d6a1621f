//! `--ldirectord FILE`: virtual servers in ldirectord's language, beside those of keepalived.conf or without it.

mod mail;
mod names;
mod watch;

use keepalived_conf::{Diagnostic, Files, Severity, line};
use ldirectord_conf::Parsed;
use tracing::{error, info, warn};
use vrrp_notices::Targets;
use vrrp_plan::ldirectord::{Duties, Lowered, Settings, lower};
use vrrp_plan::{Fault, Plan};

use crate::arguments::Arguments;
use crate::supervisor;
pub(crate) use watch::keep as keep_watch;

/// The second file, understood.
#[derive(Debug)]
pub(crate) struct Second {
    parsed: Parsed,
    lowered: Lowered,
    missing: Vec<names::Missing>,
}

/// Reads it, if there is to be one. Looks names up, within a limit.
pub(crate) fn read(arguments: &Arguments, files: &dyn Files) -> Option<Second> {
    let path = arguments.ldirectord.as_ref()?;
    let path = path.to_string_lossy();
    let (parsed, missing) = names::reading(|names| ldirectord_conf::parse(files, names, &path));
    let settings = Settings {
        verify: !arguments.ldirectord_unverified,
    };
    let lowered = lower(&parsed.config, &parsed.sources, settings);
    Some(Second {
        parsed,
        lowered,
        missing,
    })
}

impl Second {
    /// What is to be said about it.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.parsed.diagnostics.iter().chain(&self.lowered.faults)
    }

    /// What keeps it from being used at all.
    pub(crate) fn fatal(&self) -> Option<String> {
        let mut all = self.findings();
        let fatal = all.find(|found| found.severity == Severity::Fatal)?;
        Some(line(fatal, &self.parsed.sources))
    }

    /// A finding on one line.
    pub(crate) fn line(&self, found: &Diagnostic) -> String {
        line(found, &self.parsed.sources)
    }

    /// The errors of it, for the judgement on a reload.
    pub(crate) fn faults(&self) -> impl Iterator<Item = Fault> {
        self.findings()
            .filter_map(|found| Fault::of(found, &self.parsed.sources))
    }

    /// Its text, with its path.
    pub(crate) fn files(&self) -> supervisor::Files {
        let sources = &self.parsed.sources;
        let files = sources.files();
        files
            .map(|(id, path)| (path.to_owned(), sources.bytes(id).to_vec()))
            .collect()
    }

    /// Into the log.
    pub(crate) fn tell(&self) {
        for found in self.findings() {
            let text = self.line(found);
            match found.severity {
                // Told by whoever gives up because of it.
                Severity::Fatal => {}
                Severity::InstanceDropped | Severity::Error => error!("{text}"),
                Severity::Warning => warn!("{text}"),
                Severity::Note => info!("{text}"),
            }
        }
    }

    /// Adds its virtual servers to those of the plan. The answer: what a daemon does beside them, and what is left out, in words.
    pub(crate) fn join(self, plan: &mut Plan) -> (Duties, Vec<String>) {
        let (mut duties, left_out) = self.lowered.join(&mut plan.balance);
        duties.missing_names = self.missing;
        (duties, left_out)
    }
}

/// Adds who is told by mail. The answer: what cannot be carried out.
pub(crate) fn tell_by_mail(
    duties: &Duties,
    plan: &Plan,
    arguments: &Arguments,
    targets: &mut Targets,
) -> Vec<String> {
    let file = arguments.ldirectord.as_ref();
    let place = file.map_or_else(String::new, |file| file.display().to_string());
    mail::add(duties, plan, &place, targets)
}
