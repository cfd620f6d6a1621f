//! What a configuration comes to: every value in force, with where it came from. For people and for programs.

mod address;
mod announcing;
mod check;
mod global;
mod instance;
mod notify;
mod place;
mod routing;
mod script;
mod server;
mod track;
mod value;
mod webhook;

pub use place::{Came, Where};
pub use value::{Setting, Unit, Value};

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use crate::Parsed;
use crate::diagnostic::Severity;
use crate::model::Missing;
use place::Places;

/// Everything that a configuration says, with defaults filled in. Its JSON form keeps its field names: each setting is
/// `{"value", "from", "file", "line"}` under its keyword, with the unit at the end of the name (`_us`, `_ms`, `_s`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// Version of this form: 1.
    pub format: u8,
    /// The files that were read, in that order.
    pub files: Vec<String>,
    /// `global_defs`.
    pub global: Section,
    /// `vrrp_script`, `vrrp_check`.
    pub scripts: Vec<Section>,
    /// `track_file`.
    pub track_files: Vec<Section>,
    /// `vrrp_track_process`.
    pub track_processes: Vec<Section>,
    /// `vrrp_sync_group`.
    pub sync_groups: Vec<Section>,
    /// `vrrp_instance`.
    pub instances: Vec<Section>,
    /// `garp_group`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub garp_groups: Vec<Section>,
    /// `vrrp_webhook`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<Section>,
    /// `static_ipaddress`, `static_routes`, `static_rules`, `track_group`.
    #[serde(rename = "static", skip_serializing_if = "Option::is_none")]
    pub statics: Option<Section>,
    /// `virtual_server`, each followed by its real servers, and those by their checks: `block` says which, `name` of whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub virtual_servers: Vec<Section>,
    /// Instances that are not used, because of an error in them.
    pub dropped: Vec<Left>,
    /// What of the file is not carried out and bars the whole daemon. What bars one instance stands with it.
    pub missing: Vec<Left>,
}

/// One block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its keyword.
    pub block: &'static str,
    /// Its name; none for `global_defs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its header; none for `global_defs`, which may stand in several places.
    #[serde(flatten)]
    pub place: Option<Where>,
    /// Its values.
    #[serde(serialize_with = "as_map")]
    pub settings: Vec<Entry>,
    /// What bars it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Left>,
}

/// One keyword of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It has one value.
    One(Setting),
    /// It may stand several times, or holds a list.
    Many {
        /// The keyword.
        keyword: &'static str,
        /// One for each line or word.
        settings: Vec<Setting>,
    },
}

/// Something of the file that is not in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The instance's name, or the word.
    pub name: String,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Where,
    /// Why.
    pub why: String,
}

fn as_map<S: Serializer>(entries: &[Entry], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for entry in entries {
        match entry {
            Entry::One(setting) => map.serialize_entry(&setting.name(), setting)?,
            Entry::Many { keyword, settings } => map.serialize_entry(keyword, settings)?,
        }
    }
    map.end()
}

impl Section {
    /// The setting of a keyword that has one value.
    #[must_use]
    pub fn one(&self, keyword: &str) -> Option<&Setting> {
        self.settings.iter().find_map(|entry| match entry {
            Entry::One(setting) if setting.keyword == keyword => Some(setting),
            _ => None,
        })
    }

    /// The settings of a keyword that holds a list.
    #[must_use]
    pub fn many(&self, keyword: &str) -> &[Setting] {
        let found = self.settings.iter().find_map(|entry| match entry {
            Entry::Many {
                keyword: known,
                settings,
            } if *known == keyword => Some(settings.as_slice()),
            _ => None,
        });
        found.unwrap_or_default()
    }
}

/// What is in force by this file. Secrets are counted and not shown.
///
/// ```
/// use keepalived_conf::{MemoryFiles, Value, effective, parse};
///
/// let text = "vrrp_instance web {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress { 192.0.2.1/24 }\n}\n";
/// let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
/// let effective = effective(&parsed);
/// let vrid = effective.instances[0].one("virtual_router_id").unwrap();
/// assert_eq!((&vrid.value, vrid.came.to_string().as_str()), (&Value::Number(51), "k.conf:3"));
/// let interval = effective.instances[0].one("advert_int").unwrap();
/// assert_eq!((interval.name().as_str(), &interval.value), ("advert_int_ms", &Value::Number(1000)));
/// assert_eq!(interval.came.to_string(), "default");
/// ```
#[must_use]
pub fn effective(parsed: &Parsed) -> Effective {
    let places = Places {
        sources: &parsed.sources,
    };
    let config = &parsed.config;
    let why = |name: &str| {
        let found = parsed.diagnostics.iter().filter(|found| {
            found.severity == Severity::InstanceDropped && found.instance.as_deref() == Some(name)
        });
        found
            .map(|found| found.message.as_str())
            .collect::<Vec<_>>()
            .join("; ")
    };
    let dropped = config.dropped.iter().map(|dropped| Left {
        name: dropped.name.clone(),
        place: places.of(dropped.span),
        why: why(&dropped.name),
    });
    Effective {
        format: 1,
        files: (parsed.sources.files())
            .map(|(_, path)| path.to_owned())
            .collect(),
        global: places.global(config),
        scripts: (config.scripts.iter())
            .map(|script| places.script(script))
            .collect(),
        track_files: (config.track_files.iter())
            .map(|file| places.track_file(file))
            .collect(),
        track_processes: (config.track_processes.iter())
            .map(|process| places.track_process(process))
            .collect(),
        sync_groups: (config.sync_groups.iter())
            .map(|group| places.sync_group(group))
            .collect(),
        instances: (config.instances.iter())
            .map(|instance| places.instance(instance, config))
            .collect(),
        garp_groups: (config.garp_groups.iter())
            .map(|group| places.garp_group(group))
            .collect(),
        webhooks: (config.webhooks.iter())
            .map(|hook| places.webhook(hook))
            .collect(),
        statics: places.statics(&config.statics),
        virtual_servers: (config.virtual_servers.iter())
            .flat_map(|server| places.virtual_server(server))
            .collect(),
        dropped: dropped.collect(),
        missing: places.missing(&config.missing),
    }
}

impl Places<'_> {
    fn missing(&self, missing: &[Missing]) -> Vec<Left> {
        let one = |missing: &Missing| Left {
            name: missing.word.clone(),
            place: self.of(missing.span),
            why: missing.why.clone(),
        };
        missing.iter().map(one).collect()
    }
}
