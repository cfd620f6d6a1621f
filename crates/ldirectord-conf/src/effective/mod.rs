//! What a file comes to: every value in force, with where it came from; in the form that keepalived.conf has for it.

mod check;
mod real;
mod server;
mod setting;

use keepalived_conf::{Diagnostic, Entry, Left, Section, Severity, Value};
use serde::Serialize;

use crate::Parsed;
use crate::model::Global;
use setting::Places;

/// Everything that a file says, with defaults filled in. Its JSON form keeps its field names, which are those of
/// [`keepalived_conf::Effective`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// Version of this form: 1.
    pub format: u8,
    /// The file that was read.
    pub files: Vec<String>,
    /// Directives of the file that are no defaults for virtual servers.
    pub global: Section,
    /// `virtual` and `virtual6`, each followed by its real servers: `block` says which, `name` of whom.
    pub virtual_servers: Vec<Section>,
    /// Virtual servers that are not carried out, because of an error.
    pub dropped: Vec<Left>,
}

/// What is in force by this file. Secrets are counted and not shown.
///
/// ```
/// use keepalived_conf::{MemoryFiles, Value};
/// use ldirectord_conf::{FewNames, effective, parse};
///
/// let text = "checktimeout=3\nvirtual=192.0.2.1:80\n\treal=192.0.2.10:80 gate 2\n";
/// let effective = effective(&parse(&MemoryFiles::new([("l.cf", text)]), &FewNames, "l.cf"));
/// let [web, real] = effective.virtual_servers.as_slice() else { panic!("{effective:?}") };
/// let limit = web.one("checktimeout").unwrap();
/// assert_eq!((&limit.value, limit.came.to_string().as_str()), (&Value::Number(3), "l.cf:1 (checktimeout)"));
/// assert_eq!(web.one("service").unwrap().came.to_string(), "by the virtual port");
/// assert_eq!(real.one("weight").unwrap().came.to_string(), "l.cf:3");
/// ```
#[must_use]
pub fn effective(parsed: &Parsed) -> Effective {
    let places = Places {
        sources: &parsed.sources,
    };
    let usable = parsed.config.virtuals.iter().filter(|read| read.usable);
    Effective {
        format: 1,
        files: (parsed.sources.files())
            .map(|(_, path)| path.to_owned())
            .collect(),
        global: places.global(&parsed.config.global),
        virtual_servers: usable.flat_map(|read| places.virtual_server(read)).collect(),
        dropped: places.dropped(&parsed.diagnostics),
    }
}

impl Places<'_> {
    fn global(self, global: &Global) -> Section {
        let settings = [
            self.time("checkinterval", &global.check_interval),
            self.flag("autoreload", &global.auto_reload),
            self.text("callback", global.callback.as_ref(), "nothing is run"),
            self.text("maintenancedir", global.maintenance_dir.as_ref(), "none"),
            self.flag("cleanstop", &global.clean_stop),
        ];
        Section {
            block: "global",
            name: None,
            place: None,
            settings: settings.into_iter().map(Entry::One).collect(),
            missing: Vec::new(),
        }
    }

    /// One for each virtual server, with all that is wrong with it.
    fn dropped(self, diagnostics: &[Diagnostic]) -> Vec<Left> {
        let mut dropped: Vec<Left> = Vec::new();
        let found = diagnostics.iter();
        for found in found.filter(|found| found.severity == Severity::InstanceDropped) {
            let name = found.instance.clone().unwrap_or_default();
            let Some(span) = found.span else {
                continue;
            };
            match dropped.iter_mut().find(|left| left.name == name) {
                Some(left) => left.why = format!("{}; {}", left.why, found.message),
                None => dropped.push(Left {
                    name,
                    place: self.of(span),
                    why: found.message.clone(),
                }),
            }
        }
        dropped
    }
}

/// A list of words, parted by blanks.
fn words<'w>(words: impl IntoIterator<Item = &'w String>) -> Value {
    Value::Words(words.into_iter().cloned().collect())
}
