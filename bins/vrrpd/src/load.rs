//! From a file to a plan with everything that was found on the way. Runs beside every loop: it reads disks and asks the
//! user database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use healthcheck::Command;
use keepalived_conf::{Diagnostic, DiskFiles, MemoryFiles, Parsed, Severity, line, lint};
use tracing::{error, info, warn};
use vrrp_control::NotStarted;
use vrrp_notices::Targets;
use vrrp_plan::ldirectord::Duties;
use vrrp_plan::{
    Allowed, Fault, Hooks, Host, Lowered, Plan, ThisMachine, Unusable, host, judge, lower, lower_for,
};
pub(crate) use vrrp_plan::{findings, refusal};

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::keepalived;
use crate::ldirectord::{self, Second};
use crate::mark::Mark;
use crate::network::{self, Outside};
use crate::notify::{Scripts, fifo};
use crate::pushes::{Speakers, speakers};
use crate::scripts;
use crate::servers;
use crate::settled::read_settled;
use crate::supervisor::Files;

/// What keepalived.conf is called where there is none.
const NOTHING: &str = "(no keepalived.conf)";

/// A file as it can be run.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) plan: Plan,
    pub(crate) scripts: BTreeMap<String, Scripts>,
    /// Those of sync groups.
    pub(crate) group_scripts: BTreeMap<String, Scripts>,
    /// Those of virtual and real servers.
    pub(crate) server_scripts: servers::Ready,
    /// Named pipes, their users looked up.
    pub(crate) fifos: Vec<fifo::Wanted>,
    /// Who is told by mail and webhook.
    pub(crate) targets: Targets,
    /// Who may say how an application is.
    pub(crate) speakers: Speakers,
    /// What should be looked at, each with its place.
    pub(crate) warnings: Vec<String>,
    pub(crate) not_started: Vec<NotStarted>,
    /// What of the file is not carried out as it is written.
    pub(crate) faults: Vec<Fault>,
    /// What is carried out as it is written, and probably not meant so.
    pub(crate) traps: BTreeSet<Trap>,
    /// The files and those that they include, as they were read.
    pub(crate) files: Files,
    /// What ldirectord.cf asks for beside virtual servers.
    pub(crate) duties: Duties,
    /// Virtual servers that the kernel cannot carry out, as allowed.
    pub(crate) left_out: usize,
    /// What tells these files from others.
    pub(crate) mark: Mark,
}

/// What makes two findings of the lint the same: a line more above changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trap {
    code: &'static str,
    instance: Option<String>,
    message: String,
}

/// A file that cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("{0}. Nothing was started")]
    NoFile(String),
    #[error("{0}. Nothing was started")]
    CannotRun(String),
    #[error(transparent)]
    Outside(#[from] Outside),
}

impl From<Unusable> for LoadError {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::NoFile(text) => Self::NoFile(text),
            Unusable::CannotRun(text) => Self::CannotRun(text),
        }
    }
}

impl LoadError {
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Outside(outside) => outside.exit(),
            Self::NoFile(_) => Exit::NoFile,
            Self::CannotRun(_) => Exit::Configuration,
        }
    }
}

/// What was read: keepalived.conf, and ldirectord.cf where there is to be one.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) parsed: Parsed,
    pub(crate) second: Option<Second>,
}

impl Text {
    /// The files and those that they include, as they were read.
    pub(crate) fn files(&self) -> Files {
        let files = self.parsed.sources.files();
        let mut files: Files = files
            .map(|(id, path)| (path.to_owned(), self.parsed.sources.bytes(id).to_vec()))
            .collect();
        files.extend(self.second.iter().flat_map(Second::files));
        files
    }

    /// What keeps them as a whole from being used.
    pub(crate) fn fatal(&self) -> Option<LoadError> {
        let second = || self.second.as_ref().and_then(Second::fatal);
        let fatal = vrrp_plan::fatal(&self.parsed).map(LoadError::from);
        fatal.or_else(|| second().map(LoadError::NoFile))
    }
}

/// Reads and understands the files.
pub(crate) fn read(arguments: &Arguments) -> Text {
    read_from(arguments, &DiskFiles)
}

fn read_from(arguments: &Arguments, files: &dyn keepalived_conf::Files) -> Text {
    Text {
        parsed: keepalived_conf(arguments, files),
        second: ldirectord::read(arguments, files),
    }
}

fn keepalived_conf(arguments: &Arguments, files: &dyn keepalived_conf::Files) -> Parsed {
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
    let Some(file) = arguments.keepalived_conf() else {
        let nothing = MemoryFiles::new([(NOTHING, "")]);
        return keepalived_conf::parse_for(&host, &nothing, NOTHING);
    };
    keepalived_conf::parse_for(&host, files, &file.to_string_lossy())
}

/// What the lint finds in a file, each once; nothing in one that has to be corrected first. They change neither what runs
/// nor whether a reload is taken. Looks at scripts and at the kernel's settings.
pub(crate) fn traps(parsed: &Parsed) -> Vec<Diagnostic> {
    if parsed.is_refused() {
        return Vec::new();
    }
    let machine = lint::Machine::read(&parsed.config, &DiskFiles);
    let mut found = lint::file(parsed, &machine);
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert((one.span.map(|span| (span.file, span.start)), trap(one))));
    found
}

fn trap(found: &Diagnostic) -> Trap {
    Trap {
        code: found.code,
        instance: found.instance.clone(),
        message: found.message.clone(),
    }
}

/// What the file asks of this machine.
pub(crate) fn lowered(parsed: &Parsed, arguments: &Arguments) -> Lowered {
    let allowed: Allowed = arguments.allow_missing.iter().map(String::as_str).collect();
    let (config, machine) = (&parsed.config, &ThisMachine);
    lower_for(config, &parsed.sources, &allowed, &host(config), machine)
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

/// What `files` ask for, whatever is on the disk by now. Enters the network that they name.
pub(crate) fn in_force(arguments: &Arguments, files: Files) -> Result<Loaded, LoadError> {
    let enter = |plan: &Plan| network::enter(arguments, plan);
    let text = read_from(arguments, &MemoryFiles::new(files));
    load(text, arguments, &BTreeSet::new(), enter)
}

/// At the start: what can run is run, and the rest is said. Enters the network that the file names.
pub(crate) fn first(arguments: &Arguments) -> Result<Loaded, LoadError> {
    let enter = |plan: &Plan| network::enter(arguments, plan);
    let loaded = load(read(arguments), arguments, &BTreeSet::new(), enter)?;
    if loaded.plan.asks_for_nothing() {
        let why = if arguments.leaves_out_parts() {
            "nothing of the file is left to be carried out (-P, -C, --allow-missing lvs)"
        } else if loaded.not_started.is_empty() {
            "the file asks for no vrrp_instance and no virtual_server"
        } else {
            "no vrrp_instance of the file can be started"
        };
        return Err(LoadError::CannotRun(format!("{}: {why}", arguments.files())));
    }
    Ok(loaded)
}

/// While running: a file is refused by whose error something would disappear, or would run otherwise than it says.
/// Errors that the file in force has already bar nothing, and `traps` that were told are not told again. Looks at the disk
/// for scripts that are new.
pub(crate) fn again(
    arguments: &Arguments,
    old: &Plan,
    faults: &[Fault],
    traps: &BTreeSet<Trap>,
) -> Result<Loaded, String> {
    // Where its network is another one, it is refused.
    let stay = |_: &Plan| Ok(());
    let loaded = load(read_settled(arguments), arguments, traps, stay).map_err(|error| match error {
        LoadError::NoFile(text) | LoadError::CannotRun(text) => text,
        LoadError::Outside(outside) => outside.to_string(),
    })?;
    let file = arguments.files();
    if let Some(error) = vrrp_plan::unanswered(&loaded.plan) {
        return Err(format!(
            "{file}: {error}. Scripts and pipes that run now would be left out; reload again when it answers"
        ));
    }
    judge(&file, (old, faults), (&loaded.plan, &loaded.faults), &ThisMachine)?;
    Ok(loaded)
}

fn load(
    text: Text,
    arguments: &Arguments,
    told: &BTreeSet<Trap>,
    enter: impl FnOnce(&Plan) -> Result<(), Outside>,
) -> Result<Loaded, LoadError> {
    let files = text.files();
    let fatal = text.fatal();
    let Text { parsed, second } = text;
    to_tell(&parsed, arguments).for_each(|found| tell(found, &parsed));
    second.iter().for_each(Second::tell);
    if let Some(fatal) = fatal {
        return Err(fatal);
    }
    let mut lowered = lowered(&parsed, arguments);
    if let Some(refused) = vrrp_plan::refused(&lowered) {
        return Err(refused.into());
    }
    enter(&lowered.plan)?;
    let second = second.map(|second| join(second, &mut lowered.plan));
    arguments.leave_parts(&mut lowered.plan);
    let without = servers::without_kernel(&mut lowered.plan, arguments);
    let (left_out, allowed) = without.allowed().map_err(LoadError::CannotRun)?;
    lowered.allowed.extend(allowed);
    let traps = traps(&parsed);
    let fresh = traps.iter().filter(|found| !told.contains(&trap(found)));
    fresh.for_each(|found| tell(found, &parsed));
    for missing in &lowered.not_started {
        error!("{}", refusal(missing));
    }
    let needless = needless(&parsed, arguments).into_iter();
    for word in needless.filter(|word| *word != servers::ALLOW || second.is_none()) {
        warn!("--allow-missing {word}: nothing in the file is missing under this word; is it spelt right?");
    }
    let mut loaded = finish(&parsed, &traps, lowered);
    loaded.mark = Mark::of(&files);
    loaded.files = files;
    loaded.left_out = left_out;
    if let Some(second) = second {
        loaded.faults.extend(second.faults);
        loaded.warnings.extend(second.warnings);
        let wrong = ldirectord::tell_by_mail(&second.duties, &loaded.plan, arguments, &mut loaded.targets);
        wrong.iter().for_each(|text| error!("{text}"));
        loaded.warnings.extend(wrong);
        loaded.duties = second.duties;
    }
    Ok(loaded)
}

/// What the second file adds beside its virtual servers.
struct Joined {
    faults: Vec<Fault>,
    warnings: Vec<String>,
    duties: Duties,
}

fn join(second: Second, plan: &mut Plan) -> Joined {
    let faults = second.faults().collect();
    let told = second.findings().filter(|found| found.severity < Severity::Note);
    let mut warnings: Vec<String> = told.map(|found| second.line(found)).collect();
    let (duties, left_out) = second.join(plan);
    for text in left_out {
        error!("{text}");
        warnings.push(text);
    }
    Joined {
        faults,
        warnings,
        duties,
    }
}

/// What is said of the file itself. That keepalived does not know a word only where keepalived may read the file as well: in one
/// that is vrrpd's alone nobody could make the note go away.
pub(crate) fn to_tell<'a>(
    parsed: &'a Parsed,
    arguments: &Arguments,
) -> impl Iterator<Item = &'a Diagnostic> + use<'a> {
    let named = arguments.keepalived_conf().and_then(Path::file_name);
    let shared = keepalived::is_called() || named.is_some_and(|name| name == "keepalived.conf");
    findings(parsed).filter(move |found| shared || !found.is_own_word())
}

fn tell(found: &Diagnostic, parsed: &Parsed) {
    let text = line(found, &parsed.sources);
    match found.severity {
        // Told by whoever gives up because of it.
        Severity::Fatal => {}
        Severity::InstanceDropped | Severity::Error => error!("{text}"),
        Severity::Warning => warn!("{text}"),
        Severity::Note => info!("{text}"),
    }
}

/// Words of `--allow-missing` that allow nothing.
pub(crate) fn needless<'a>(parsed: &Parsed, arguments: &'a Arguments) -> Vec<&'a str> {
    if arguments.allow_missing.is_empty() {
        return Vec::new();
    }
    let nothing: Allowed = std::iter::empty::<&str>().collect();
    let strict = lower(&parsed.config, &parsed.sources, &nothing, &Host::default());
    let bars: Vec<_> = strict.refused.iter().chain(&strict.not_started).collect();
    let words = arguments.allow_missing.iter().map(String::as_str);
    words
        .filter(|word| *word != servers::ALLOW || strict.plan.balance.is_empty())
        .filter(|word| bars.iter().all(|bar| bar.allow_missing.as_deref() != Some(*word)))
        .collect()
}

fn finish(parsed: &Parsed, traps: &[Diagnostic], lowered: Lowered) -> Loaded {
    let faults = vrrp_plan::faults(parsed, &lowered);
    let told = findings(parsed)
        .chain(traps)
        .filter(|found| found.severity < Severity::Note);
    let mut warnings: Vec<String> = told.map(|found| line(found, &parsed.sources)).collect();
    for allowed in &lowered.allowed {
        warn!("{allowed}");
    }
    warnings.extend(lowered.allowed);
    let (targets, wrong) = crate::notices::couriers(&lowered.plan);
    for text in wrong {
        error!("{text}");
        warnings.push(text);
    }
    let mut ready = |of: &Hooks, name: &String| (name.clone(), hooks(of, name, &mut warnings));
    let instances = lowered.plan.instances.iter();
    let scripts = instances.map(|one| ready(&one.hooks, &one.name)).collect();
    let groups = lowered.plan.groups.iter();
    let group_scripts = groups.map(|one| ready(&one.hooks, &one.name)).collect();
    let server_scripts = servers::ready(&lowered.plan, &mut warnings);
    let fifos = fifos(&lowered.plan, &mut warnings);
    let mut not_started = dropped(parsed);
    not_started.extend(lowered.not_started.into_iter().map(|missing| NotStarted {
        name: missing.name,
        place: missing.place,
        reason: missing.reason,
        allow_missing: missing.allow_missing,
    }));
    Loaded {
        targets,
        speakers: speakers(&lowered.plan.checks),
        plan: lowered.plan,
        scripts,
        group_scripts,
        server_scripts,
        fifos,
        warnings,
        not_started,
        faults,
        traps: traps.iter().map(trap).collect(),
        files: Files::new(),
        duties: Duties::default(),
        left_out: 0,
        mark: Mark::default(),
    }
}

/// Whether something of the file is not carried out as it is written.
pub(crate) fn has_errors(parsed: &Parsed) -> bool {
    findings(parsed).any(|found| found.severity <= Severity::Error)
}

/// The named pipes. One whose user does not exist is not made, and its program not run where that is the one; this is said.
fn fifos(plan: &Plan, warnings: &mut Vec<String>) -> Vec<fifo::Wanted> {
    let mut say = |text: String| {
        error!("{text}");
        warnings.push(text);
    };
    let mut wanted = Vec::new();
    for fifo in &plan.node.fifos {
        let owner = match vrrp_plan::owner(fifo) {
            Ok(owner) => owner.map(|user| (user.uid, user.gid)),
            Err(missing) => {
                say(format!("{}: {} is not made: {missing}", fifo.place, fifo.word));
                wanted.push(fifo::Wanted {
                    word: fifo.word,
                    path: fifo.path.clone(),
                    place: fifo.place.clone(),
                    owner: None,
                    impossible: Some(format!("it is not made: {missing}")),
                    secure: false,
                    script: None,
                });
                continue;
            }
        };
        let script = fifo.script.as_ref().and_then(|script| {
            let ready = scripts::hook(&script.command);
            let ready = ready.map_err(|missing| {
                say(format!(
                    "{}: {} is not run: {missing}",
                    script.place,
                    fifo.script_word()
                ));
            });
            // Else it would read beside that of the next daemon, and each would have some of the lines.
            ready.ok().map(Command::ends_with_caller)
        });
        wanted.push(fifo::Wanted {
            word: fifo.word,
            path: fifo.path.clone(),
            place: fifo.place.clone(),
            owner,
            impossible: None,
            secure: (fifo.script.as_ref()).is_some_and(|script| script.command.secure),
            script,
        });
    }
    wanted
}

/// The scripts of one instance with their users looked up. One whose user does not exist is not run, and this is said.
fn hooks(hooks: &Hooks, name: &str, warnings: &mut Vec<String>) -> Scripts {
    let mut one = |word: &str, command: &Option<vrrp_plan::Command>| {
        let command = command.as_ref()?;
        match scripts::hook(command) {
            Ok(ready) => Some(ready),
            Err(missing) => {
                let place = hooks.place(word);
                let text = format!("{place}: {name}: {word} is not run: {missing}");
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
        rx_lower_pri: one("notify_master_rx_lower_pri", &hooks.rx_lower_pri),
        // What is handed over by a death is handed over already: nothing is to be made ready any more.
        before_stop: one("notify_before_stop", &hooks.before_stop).map(Command::ends_with_caller),
        tells_deleted: hooks.tells_deleted,
        deleted: one("notify_deleted", &hooks.deleted),
    }
}
