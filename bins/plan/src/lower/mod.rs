//! Model -> plan. Pure: what depends on the machine comes in as [`Host`].

mod auth_hmac;
mod balance;
mod commands;
mod groups;
mod instance;
mod notices;
mod router_advertisements;
mod routing;
mod tracks;
mod virtual_mac;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use keepalived_conf::{Config, GarpGroup, Missing, SourceMap, Sourced, Span};
use vrrp_net::Pace;

use crate::plan::{Check, Group, NetNamespace, Node, Plan, Tracked};
use virtual_mac::VirtualMacs;

/// What a plan needs to know of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// Its name; `router_id` where the file gives none.
    pub name: String,
    /// There is a user `keepalived_script`: keepalived runs scripts as that user where the file names none.
    pub keepalived_script: bool,
}

/// Words that the operator accepts not to be carried out (`--allow-missing`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowed(BTreeSet<String>);

impl Allowed {
    /// Whether this word may be missing.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

impl<S: Into<String>> FromIterator<S> for Allowed {
    fn from_iter<I: IntoIterator<Item = S>>(words: I) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }
}

/// An instance, or the daemon, that does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotStarted {
    /// Name of the instance.
    pub name: String,
    /// `file:line` of what is to blame.
    pub place: String,
    /// What is to blame, and what would go wrong.
    pub reason: String,
    /// The word for `--allow-missing` that would start it nevertheless.
    pub allow_missing: Option<String>,
}

/// A plan, and what of the file is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lowered {
    /// What can be done.
    pub plan: Plan,
    /// Instances that are not in the plan, each with one reason or several.
    pub not_started: Vec<NotStarted>,
    /// What keeps the daemon as a whole from starting; the names are empty.
    pub refused: Vec<NotStarted>,
    /// What is missing and allowed to be, in words.
    pub allowed: Vec<String>,
}

/// What the file asks of this node. An instance that cannot be run as the file says is left out, with its reasons.
///
/// Instances that an error in the file drops are not repeated here: their diagnostics stand with the parser.
#[must_use]
pub fn lower(config: &Config, sources: &SourceMap, allowed: &Allowed, host: &Host) -> Lowered {
    let mut lowering = Lowering {
        config,
        sources,
        allowed,
        host,
        out: Lowered::default(),
    };
    lowering.out.plan.node = node(config, host);
    lowering.out.plan.node.net_namespace = lowering.net_namespace();
    lowering.out.plan.node.places = lowering.places();
    lowering.out.plan.node.fifos = lowering.fifos();
    let refused = lowering.missing("", &config.missing);
    lowering.out.refused = refused;
    let mut virtual_macs = VirtualMacs::new(config);
    for instance in &config.instances {
        let scripts = config
            .scripts
            .iter()
            .filter(|script| instance.track_scripts.iter().any(|t| t.name == script.name));
        let mut missing = lowering.missing(&instance.name, &instance.missing);
        for script in scripts {
            let more = lowering.missing(&instance.name, &script.missing);
            missing.extend(
                more.into_iter()
                    .filter(|one| !missing.contains(one))
                    .collect::<Vec<_>>(),
            );
        }
        // One that does not start takes no device from one that does.
        let mut trial = virtual_macs.clone();
        let fitted = if missing.is_empty() {
            &mut virtual_macs
        } else {
            &mut trial
        };
        match lowering.instance(instance, fitted) {
            Ok(planned) if missing.is_empty() => lowering.out.plan.instances.push(planned),
            Ok(_) => {}
            Err(contradiction) => missing.push(contradiction),
        }
        lowering.out.not_started.extend(missing);
    }
    lowering.bar_groups();
    lowering.out.plan.groups = lowering.groups();
    lowering.out.plan.statics = routing::statics(&lowering.config.statics);
    lowering.out.plan.checks = lowering.checks();
    lowering.out.plan.files = lowering.files();
    lowering.out.plan.processes = lowering.processes();
    lowering.out.plan.balance = lowering.balance();
    lowering.out.plan.mail = lowering.mail();
    lowering.out.plan.webhooks = lowering.webhooks();
    lowering.out
}

fn node(config: &Config, host: &Host) -> Node {
    let global = &config.global;
    let gap = |interval: &Option<Sourced<Duration>>, default| {
        interval.as_ref().map_or(default, |interval| interval.value)
    };
    let default = vrrp_net::Options::default();
    Node {
        paces: paces(config, &default),
        router_id: global
            .router_id
            .as_ref()
            .map_or_else(|| host.name.clone(), |id| id.value.clone()),
        realtime_priority: global.rt_priority.as_ref().map(|priority| priority.value),
        nice: global.nice.as_ref().map(|nice| nice.value),
        no_swap: global.no_swap.value,
        arp_gap: gap(&global.garp_interval, default.arp_gap),
        filter_table: global
            .nftables
            .as_ref()
            .map_or(default.filter_table, |table| table.value.clone()),
        neighbor_gap: gap(&global.gna_interval, default.neighbor_gap),
        delay_after_boot: global.delay_after_boot.value,
        dynamic_interfaces: global.dynamic_interfaces.value,
        net_namespace: None,
        fifos: Vec::new(),
        states_on_reload: global.fifos.states_on_reload.value,
        json_version: global.json_version.value,
        places: BTreeMap::new(),
    }
}

/// What a `garp_group` does not limit has the usual gap, and not that of `vrrp_garp_interval`, as with keepalived.
fn paces(config: &Config, usual: &vrrp_net::Options) -> Vec<Pace> {
    let of = |group: &GarpGroup| {
        let gap = |set: &Option<Sourced<Duration>>, usual| set.as_ref().map_or(usual, |set| set.value);
        let arp_gap = gap(&group.garp_interval, usual.arp_gap);
        let neighbor_gap = gap(&group.gna_interval, usual.neighbor_gap);
        let paced = group.paced.iter().map(move |names| Pace {
            interfaces: names.iter().map(|name| name.value.clone()).collect(),
            arp_gap,
            neighbor_gap,
        });
        paced.collect::<Vec<_>>()
    };
    config.garp_groups.iter().flat_map(of).collect()
}

struct Lowering<'a> {
    config: &'a Config,
    sources: &'a SourceMap,
    allowed: &'a Allowed,
    host: &'a Host,
    out: Lowered,
}

impl Lowering<'_> {
    /// `file:line`.
    fn place(&self, span: Span) -> String {
        let (path, line) = self.sources.line(span);
        format!("{path}:{line}")
    }

    /// What of `missing` is not allowed; what is allowed is noted.
    fn missing(&mut self, name: &str, missing: &[Missing]) -> Vec<NotStarted> {
        let mut bars = Vec::new();
        for one in missing {
            let place = self.place(one.span);
            if self.allowed.contains(&one.allow_word) {
                let whose = if name.is_empty() {
                    String::new()
                } else {
                    format!("{name}: ")
                };
                let note = format!(
                    "{place}: {whose}{} is not carried out, as allowed: {}",
                    one.word, one.why
                );
                if !self.out.allowed.contains(&note) {
                    self.out.allowed.push(note);
                }
                continue;
            }
            bars.push(NotStarted {
                name: name.to_owned(),
                place,
                reason: format!("{}: {}", one.word, one.why),
                allow_missing: Some(one.allow_word.clone()),
            });
        }
        bars
    }

    fn net_namespace(&self) -> Option<NetNamespace> {
        let asked = self.config.global.net_namespace.as_ref()?;
        Some(NetNamespace {
            name: asked.value.clone(),
            place: asked.span().map_or_else(String::new, |span| self.place(span)),
        })
    }

    /// Where the file has words that are taken over at a start only.
    fn places(&self) -> BTreeMap<&'static str, String> {
        let global = &self.config.global;
        let span = |set: Option<Span>| set.map(|span| self.place(span));
        let words = [
            (
                "vrrp_rt_priority",
                span(global.rt_priority.as_ref().and_then(Sourced::span)),
            ),
            (
                "vrrp_priority",
                span(global.nice.as_ref().and_then(Sourced::span)),
            ),
            ("vrrp_no_swap", span(global.no_swap.span())),
            ("nftables", span(global.nftables.as_ref().and_then(Sourced::span))),
        ];
        let written = words.into_iter();
        written.filter_map(|(word, place)| Some((word, place?))).collect()
    }

    /// The groups of which an instance of the plan is a member.
    fn groups(&self) -> Vec<Group> {
        let used = |name: &str| {
            let mut all = self.out.plan.instances.iter();
            all.any(|instance| instance.service.group.as_deref() == Some(name))
        };
        let groups = self.config.sync_groups.iter().filter(|group| used(&group.name));
        groups
            .map(|group| Group {
                name: group.name.clone(),
                place: self.place(group.span),
                hooks: self.hooks(&group.notify, group.smtp_alert.value),
            })
            .collect()
    }

    /// The checks that an instance of the plan tracks.
    fn checks(&self) -> Vec<Check> {
        let tracked = |name: &str| {
            let mut all = self
                .out
                .plan
                .instances
                .iter()
                .flat_map(|instance| &instance.tracked);
            all.any(|tracked| *tracked == Tracked::Check(name.to_owned()))
        };
        let scripts = self.config.scripts.iter().filter(|script| tracked(&script.name));
        scripts.filter_map(|script| self.check(script)).collect()
    }
}
