//! From a file to a plan with everything that was found on the way. Runs beside every loop: it reads disks and asks the
//! user database.

use std::collections::BTreeMap;

use keepalived_conf::{Diagnostic, DiskFiles, Parsed, Severity, line};
use tracing::{error, info, warn};
use vrrp_control::NotStarted;
use vrrp_plan::{Allowed, Astray, Hooks, Host, Loss, Lowered, Plan, astray, losses, lower};

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::faults::{Fault, fresh};
use crate::notify::Scripts;
use crate::scripts;
use crate::start::exists;

/// A file as it can be run.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) plan: Plan,
    pub(crate) scripts: BTreeMap<String, Scripts>,
    /// Those of sync groups.
    pub(crate) group_scripts: BTreeMap<String, Scripts>,
    /// What should be looked at, each with its place.
    pub(crate) warnings: Vec<String>,
    pub(crate) not_started: Vec<NotStarted>,
    /// What of the file is not carried out as it is written.
    pub(crate) faults: Vec<Fault>,
}

/// A file that cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("{0}. Nothing was started")]
    NoFile(String),
    #[error("{0}. Nothing was started")]
    CannotRun(String),
}

impl LoadError {
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::NoFile(_) => Exit::NoFile,
            Self::CannotRun(_) => Exit::Configuration,
        }
    }
}

/// Diagnostics of words that are not carried out: an operator may allow those, so they are told by [`refusal`].
const MISSING: &str = "missing";
/// The diagnostic of a file that cannot be read.
const UNREADABLE: &str = "file";

/// Reads and understands the file.
pub(crate) fn read(arguments: &Arguments) -> Parsed {
    let host_name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let short_name = host_name.trim().split('.').next().unwrap_or_default();
    let host = keepalived_conf::Host {
        config_id: Some(
            arguments
                .config_id
                .clone()
                .unwrap_or_else(|| short_name.to_owned()),
        ),
        // What is not text cannot stand in a file either.
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    };
    keepalived_conf::parse_for(&host, &DiskFiles, &arguments.file.to_string_lossy())
}

/// What is to be said of the file itself.
pub(crate) fn findings(parsed: &Parsed) -> impl Iterator<Item = &Diagnostic> {
    parsed.diagnostics.iter().filter(|found| found.code != MISSING)
}

/// What keeps the file as a whole from being used.
pub(crate) fn fatal(parsed: &Parsed) -> Option<LoadError> {
    let fatal = findings(parsed).find(|found| found.severity == Severity::Fatal)?;
    let text = line(fatal, &parsed.sources);
    Some(if fatal.code == UNREADABLE {
        LoadError::NoFile(text)
    } else {
        LoadError::CannotRun(text)
    })
}

/// What the file asks of this machine.
pub(crate) fn lowered(parsed: &Parsed, arguments: &Arguments) -> Lowered {
    let allowed: Allowed = arguments.allow_missing.iter().map(String::as_str).collect();
    lower(&parsed.config, &parsed.sources, &allowed, &host(&parsed.config))
}

/// Instances that the parser dropped, as lines of the status.
fn dropped(parsed: &Parsed) -> Vec<NotStarted> {
    let one = |dropped: &keepalived_conf::Dropped| {
        let reasons = findings(parsed).filter(|found| {
            found.severity == Severity::InstanceDropped && found.instance.as_deref() == Some(&dropped.name)
        });
        let reasons: Vec<&str> = reasons.map(|found| found.message.as_str()).collect();
        let place = parsed.sources.place(dropped.span);
        NotStarted {
            name: dropped.name.clone(),
            place: format!("{}:{}", place.file, place.line),
            reason: reasons.join("; "),
            allow_missing: None,
        }
    };
    parsed.config.dropped.iter().map(one).collect()
}

/// What does not start, on one line.
pub(crate) fn refusal(missing: &vrrp_plan::NotStarted) -> String {
    let whose = if missing.name.is_empty() {
        "vrrpd"
    } else {
        &missing.name
    };
    let hint = match &missing.allow_missing {
        Some(word) => format!("; to start it without that: --allow-missing {word}"),
        None => String::new(),
    };
    format!(
        "{}: {whose} does not start: {}{hint}",
        missing.place, missing.reason
    )
}

/// At the start: what can run is run, and the rest is said.
pub(crate) fn first(arguments: &Arguments) -> Result<Loaded, LoadError> {
    let loaded = load(arguments)?;
    if loaded.plan.instances.is_empty() {
        let why = if loaded.not_started.is_empty() {
            "the file asks for no vrrp_instance"
        } else {
            "no vrrp_instance of the file can be started"
        };
        return Err(LoadError::CannotRun(format!(
            "{}: {why}",
            arguments.file.display()
        )));
    }
    Ok(loaded)
}

/// While running: a file is refused by whose error something would disappear, or would run otherwise than it says.
/// Errors that the file in force has already bar nothing. Looks at the disk for scripts that are new.
pub(crate) fn again(arguments: &Arguments, old: &Plan, faults: &[Fault]) -> Result<Loaded, String> {
    let loaded = load(arguments).map_err(|error| match error {
        LoadError::NoFile(text) | LoadError::CannotRun(text) => text,
    })?;
    if loaded.plan.instances.is_empty() {
        let why = if loaded.faults.is_empty() {
            "to stop vrrpd send SIGTERM".to_owned()
        } else {
            texts(&loaded.faults)
        };
        return Err(format!(
            "{}: no vrrp_instance would be left: {why}",
            arguments.file.display()
        ));
    }
    let fresh = fresh(faults, &loaded.faults);
    let lost = losses(old, &loaded.plan);
    let hides = |fault: &&Fault| fault.may_hide() || fresh.contains(fault);
    let doubts: Vec<&Fault> = loaded.faults.iter().filter(hides).collect();
    if !doubts.is_empty() && !lost.is_empty() {
        let lost: Vec<String> = lost.iter().map(loss).collect();
        return Err(format!(
            "the file has errors, and {} would disappear: {}. Correct them; what is to go, take out of an otherwise clean file",
            lost.join(", "),
            texts(doubts)
        ));
    }
    let wrong: Vec<&Fault> = fresh.into_iter().filter(|fault| fault.concerns(old)).collect();
    if !wrong.is_empty() {
        return Err(format!(
            "the file has errors that the one in force does not have, and what runs would no longer be what it says: {}. Correct them and reload again",
            texts(wrong)
        ));
    }
    let nowhere = astray(old, &loaded.plan, exists);
    if !nowhere.is_empty() {
        let nowhere: Vec<String> = nowhere.iter().map(lacking).collect();
        return Err(nowhere.join("; "));
    }
    let unusable = scripts::unusable(old, &loaded.plan);
    if !unusable.is_empty() {
        return Err(format!(
            "scripts of what runs cannot be run as this machine stands: {}. Correct the file or the machine, and reload again",
            unusable.join("; ")
        ));
    }
    Ok(loaded)
}

fn texts<'a>(faults: impl IntoIterator<Item = &'a Fault>) -> String {
    let texts: Vec<&str> = faults.into_iter().map(|fault| fault.text.as_str()).collect();
    texts.join("; ")
}

fn loss(loss: &Loss) -> String {
    match loss.address {
        Some(address) => format!("{address} of {}", loss.instance),
        None => loss.instance.clone(),
    }
}

fn lacking(astray: &Astray) -> String {
    let Astray {
        instance,
        place,
        interface,
    } = astray;
    format!(
        "{place}: {instance}: interface {interface} does not exist, and what runs now would disappear; correct the name, or create the interface first"
    )
}

fn load(arguments: &Arguments) -> Result<Loaded, LoadError> {
    let parsed = read(arguments);
    for found in findings(&parsed) {
        let text = line(found, &parsed.sources);
        match found.severity {
            // Told by whoever gives up because of it.
            Severity::Fatal => {}
            Severity::InstanceDropped | Severity::Error => error!("{text}"),
            Severity::Warning => warn!("{text}"),
            Severity::Note => info!("{text}"),
        }
    }
    if let Some(fatal) = fatal(&parsed) {
        return Err(fatal);
    }
    let lowered = lowered(&parsed, arguments);
    if !lowered.refused.is_empty() {
        let words: Vec<String> = lowered.refused.iter().map(refusal).collect();
        return Err(LoadError::CannotRun(words.join("; ")));
    }
    for missing in &lowered.not_started {
        error!("{}", refusal(missing));
    }
    for word in needless(&parsed, arguments) {
        warn!("--allow-missing {word}: nothing in the file is missing under this word; is it spelt right?");
    }
    Ok(finish(&parsed, lowered))
}

/// Words of `--allow-missing` that allow nothing.
pub(crate) fn needless<'a>(parsed: &Parsed, arguments: &'a Arguments) -> Vec<&'a str> {
    let nothing: Allowed = std::iter::empty::<&str>().collect();
    let strict = lower(&parsed.config, &parsed.sources, &nothing, &Host::default());
    let bars: Vec<_> = strict.refused.iter().chain(&strict.not_started).collect();
    let words = arguments.allow_missing.iter().map(String::as_str);
    words
        .filter(|word| bars.iter().all(|bar| bar.allow_missing.as_deref() != Some(*word)))
        .collect()
}

fn finish(parsed: &Parsed, lowered: Lowered) -> Loaded {
    let told = findings(parsed).filter(|found| found.severity < Severity::Note);
    let mut warnings: Vec<String> = told.map(|found| line(found, &parsed.sources)).collect();
    for allowed in &lowered.allowed {
        warn!("{allowed}");
    }
    warnings.extend(lowered.allowed);
    let mut scripts = BTreeMap::new();
    for instance in &lowered.plan.instances {
        let place = format!("{}: {}", instance.place, instance.name);
        scripts.insert(
            instance.name.clone(),
            hooks(&instance.hooks, &place, &mut warnings),
        );
    }
    let mut group_scripts = BTreeMap::new();
    for group in &lowered.plan.groups {
        let place = format!("{}: {}", group.place, group.name);
        let ready = hooks(&group.hooks, &place, &mut warnings);
        group_scripts.insert(group.name.clone(), ready);
    }
    let mut faults: Vec<Fault> = (findings(parsed).filter_map(|found| Fault::found(found, parsed))).collect();
    let refused = lowered.not_started.iter();
    faults.extend(refused.map(|missing| Fault::refused(missing, refusal(missing))));
    let mut not_started = dropped(parsed);
    not_started.extend(lowered.not_started.into_iter().map(|missing| NotStarted {
        name: missing.name,
        place: missing.place,
        reason: missing.reason,
        allow_missing: missing.allow_missing,
    }));
    Loaded {
        plan: lowered.plan,
        scripts,
        group_scripts,
        warnings,
        not_started,
        faults,
    }
}

/// Whether something of the file is not carried out as it is written.
pub(crate) fn has_errors(parsed: &Parsed) -> bool {
    findings(parsed).any(|found| found.severity <= Severity::Error)
}

/// The scripts of one instance with their users looked up. One whose user does not exist is not run, and this is said.
fn hooks(hooks: &Hooks, place: &str, warnings: &mut Vec<String>) -> Scripts {
    let mut one = |word: &str, command: &Option<vrrp_plan::Command>| {
        let command = command.as_ref()?;
        match scripts::hook(command) {
            Ok(ready) => Some(ready),
            Err(missing) => {
                let text = format!("{place}: {word} is not run: {missing}");
                error!("{text}");
                warnings.push(text);
                None
            }
        }
    };
    Scripts {
        any: one("notify", &hooks.any),
        master: one("notify_master", &hooks.master),
        backup: one("notify_backup", &hooks.backup),
        fault: one("notify_fault", &hooks.fault),
        stop: one("notify_stop", &hooks.stop),
    }
}

/// The user database is asked only where something runs: it brings the libraries of every name service with it.
fn host(config: &keepalived_conf::Config) -> Host {
    let notify = |notify: &keepalived_conf::Notify| {
        let scripts = [
            &notify.any,
            &notify.master,
            &notify.backup,
            &notify.fault,
            &notify.stop,
        ];
        scripts.into_iter().any(Option::is_some)
    };
    let instances = config.instances.iter().map(|instance| &instance.notify);
    let mut all = instances.chain(config.sync_groups.iter().map(|group| &group.notify));
    let runs = !config.scripts.is_empty() || all.any(notify);
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Host {
        name: name.trim().to_owned(),
        keepalived_script: runs && healthcheck::RunAs::lookup("keepalived_script", None).is_ok(),
    }
}
