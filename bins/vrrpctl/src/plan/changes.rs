//! From two plans to what is told: which block changes how is the daemon's own difference, what in it is read off the
//! effective values.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use keepalived_conf::{Entry, Section, Setting, Value};
use vrrp_plan::{Check, Difference, Instance, Plan, Succession, difference, refusal, restarts};

use super::Side;
use super::notices;
use super::report::{Change, Differs, Kept, Move, Report, What};
use super::servers;

/// Both sides, and what the daemon makes of them.
struct Comparison<'a> {
    old: &'a Side,
    new: &'a Side,
    difference: Difference,
    succession: Succession<'a>,
    moves: Vec<Move>,
}

pub(super) fn changes(old: &Side, new: &Side) -> Report {
    let (before, after) = (&old.lowered.plan, &new.lowered.plan);
    let succession = Succession::between(before, after);
    let comparison = Comparison {
        old,
        new,
        difference: difference(before, after),
        moves: moves(before, after, &succession),
        succession,
    };
    let checks = |plan: &Plan| -> Vec<String> { plan.checks.iter().map(|one| one.name.clone()).collect() };
    let files = |plan: &Plan| -> Vec<String> { plan.files.iter().map(|one| one.name.clone()).collect() };
    let processes =
        |plan: &Plan| -> Vec<String> { plan.processes.iter().map(|one| one.name.clone()).collect() };
    let mut not_started = new.dropped.clone();
    not_started.extend(new.lowered.not_started.iter().map(refusal));
    let words = |word: &&str| (*word).to_owned();
    let line = |word: &&str| format!("{word}: {}", taken_over(word, before, after));
    Report {
        format: 1,
        applied: true,
        because: None,
        changes: !comparison.difference.is_empty(),
        instances: comparison.instances(),
        scripts: both(&checks(before), &checks(after))
            .map(|name| comparison.script(name))
            .collect(),
        track_files: both(&files(before), &files(after))
            .map(|name| comparison.file(name))
            .collect(),
        track_processes: both(&processes(before), &processes(after))
            .map(|name| comparison.process(name))
            .collect(),
        sync_groups: (comparison.difference.groups.iter())
            .map(|name| comparison.group(name))
            .collect(),
        node: comparison.difference.node.iter().map(words).collect(),
        node_lines: comparison.difference.node.iter().map(line).collect(),
        mail: notices::mail(old, new, &comparison.difference)
            .into_iter()
            .collect(),
        webhooks: (comparison.difference.webhooks.iter())
            .map(|name| notices::webhook(old, new, name))
            .collect(),
        statics: comparison.statics().into_iter().collect(),
        virtual_servers: servers::servers(old, new)
            .into_iter()
            .chain(servers::balancing(old, new))
            .collect(),
        needs_restart: (comparison.difference.needs_restart.iter())
            .map(|kept| kept.word.to_owned())
            .collect(),
        kept: comparison.kept(),
        moves: comparison.moves,
        not_started,
    }
}

/// What becomes of a setting of the process; a pipe, or what reads it, may come or go.
fn taken_over(word: &str, before: &Plan, after: &Plan) -> &'static str {
    let has = |plan: &Plan| {
        let mut fifos = plan.node.fifos.iter();
        fifos.any(|fifo| fifo.word == word || fifo.script.is_some() && fifo.script_word() == word)
    };
    match (has(before), has(after)) {
        (false, true) => "added",
        (true, false) => "removed",
        (true, true) | (false, false) => "taken over",
    }
}

fn listed(list: &[String], name: &str) -> bool {
    list.iter().any(|other| other == name)
}

/// Values that differ in a block of both files, each with its name there.
pub(super) fn settings(old: (&[Section], &str), new: (&[Section], &str)) -> Vec<Differs> {
    let find = |(sections, name): (&[Section], &str)| {
        let mut found = sections.iter();
        found
            .find(|section| section.name.as_deref() == Some(name))
            .cloned()
    };
    match (find(old), find(new)) {
        (Some(old), Some(new)) => differing(&old, &new),
        _ => Vec::new(),
    }
}

impl Comparison<'_> {
    /// Those of the new file in its order, then those that go.
    fn instances(&self) -> Vec<Change> {
        let after = self.new.lowered.plan.instances.iter();
        let after = after.map(|one| (self.succession.before(&one.name), Some(one)));
        let removed = self.succession.removed().map(|one| (Some(one), None));
        let all = after.chain(removed);
        all.filter_map(|(one, other)| self.instance(one, other)).collect()
    }

    /// What becomes of one; `None` where there is neither.
    fn instance(&self, one: Option<&Instance>, other: Option<&Instance>) -> Option<Change> {
        let name = &other.or(one)?.name;
        let because = one
            .zip(other)
            .map_or_else(Vec::new, |(one, other)| restarts(&one.service, &other.service));
        let lists = [
            &self.difference.changed,
            &self.difference.hooks,
            &self.difference.follow_others,
        ];
        let what = match (one, other) {
            (None, _) => What::Added,
            (_, None) => What::Removed,
            _ if !because.is_empty() => What::Restarted,
            _ if lists.iter().any(|list| listed(list, name)) => What::Changed,
            _ => What::Unchanged,
        };
        let old_name = one.map_or(name, |one| &one.name);
        let (old, new) = (&self.old.effective.instances, &self.new.effective.instances);
        let mut settings = match other {
            Some(_) => settings((old, old_name), (new, name)),
            None => Vec::new(),
        };
        let hidden = one
            .zip(other)
            .and_then(|(one, other)| secret(one, other, &settings));
        settings.extend(hidden);
        let after = &self.new.lowered.plan;
        Some(Change {
            name: name.clone(),
            renamed_from: (old_name != name).then(|| old_name.clone()),
            what,
            because,
            settings,
            interrupts: one.map_or_else(Vec::new, |one| interrupts(what, (one, other), after, &self.moves)),
        })
    }

    /// What a running daemon does not take over, with the values of both files.
    fn kept(&self) -> Vec<Kept> {
        let global = differing(&self.old.effective.global, &self.new.effective.global);
        let mut global: BTreeMap<String, Differs> = global
            .into_iter()
            .map(|differs| (differs.keyword.to_owned(), differs))
            .collect();
        let kept = self.difference.needs_restart.iter();
        kept.map(|kept| Kept {
            word: kept.word,
            place: kept.place.clone(),
            settings: global.remove(kept.word).into_iter().collect(),
        })
        .collect()
    }

    fn script(&self, name: &str) -> Change {
        let named = |checks: &[Check]| checks.iter().any(|check| check.name == name);
        let what = if named(&self.difference.checks_added) {
            What::Added
        } else if listed(&self.difference.checks_removed, name) {
            What::Removed
        } else if named(&self.difference.checks_changed) {
            What::Changed
        } else {
            What::Unchanged
        };
        let (old, new) = (&self.old.effective.scripts, &self.new.effective.scripts);
        plain_change(name, what, settings((old, name), (new, name)))
    }

    fn statics(&self) -> Option<Change> {
        let empty = Section {
            block: "static",
            name: None,
            place: None,
            settings: Vec::new(),
            missing: Vec::new(),
        };
        let of = |side: &Side| side.effective.statics.clone().unwrap_or_else(|| empty.clone());
        let (old, new) = (of(self.old), of(self.new));
        let changed = || plain_change("static", What::Changed, differing(&old, &new));
        self.difference.statics.then(changed)
    }

    fn file(&self, name: &str) -> Change {
        let has = |side: &Side| side.lowered.plan.files.iter().any(|one| one.name == name);
        let touched = self.difference.files_added.iter().any(|one| one.name == name);
        let (old, new) = (&self.old.effective.track_files, &self.new.effective.track_files);
        let what = what(has(self.old), has(self.new), touched);
        plain_change(name, what, settings((old, name), (new, name)))
    }

    fn process(&self, name: &str) -> Change {
        let has = |side: &Side| side.lowered.plan.processes.iter().any(|one| one.name == name);
        let touched = self.difference.processes_added.iter().any(|one| one.name == name);
        let (old, new) = (
            &self.old.effective.track_processes,
            &self.new.effective.track_processes,
        );
        let what = what(has(self.old), has(self.new), touched);
        plain_change(name, what, settings((old, name), (new, name)))
    }

    fn group(&self, name: &str) -> Change {
        let has = |side: &Side| side.lowered.plan.groups.iter().any(|group| group.name == name);
        let what = match (has(self.old), has(self.new)) {
            (false, _) => What::Added,
            (_, false) => What::Removed,
            _ => What::Changed,
        };
        let (old, new) = (&self.old.effective.sync_groups, &self.new.effective.sync_groups);
        plain_change(name, what, settings((old, name), (new, name)))
    }
}

/// What happens to something that is there before, afterwards, and is touched where it is both.
pub(super) const fn what(before: bool, after: bool, touched: bool) -> What {
    match (before, after, touched) {
        (false, _, _) => What::Added,
        (_, false, _) => What::Removed,
        (true, true, true) => What::Changed,
        (true, true, false) => What::Unchanged,
    }
}

/// Of what holds no address.
pub(super) fn plain_change(name: &str, what: What, settings: Vec<Differs>) -> Change {
    Change {
        name: name.to_owned(),
        renamed_from: None,
        what,
        because: Vec::new(),
        settings,
        interrupts: Vec::new(),
    }
}

fn find<'a>(plan: &'a Plan, name: &str) -> Option<&'a Instance> {
    plan.instances.iter().find(|instance| instance.name == name)
}

/// Names of the new file in its order, then those that are only in the old one.
fn both<'a>(old: &'a [String], new: &'a [String]) -> impl Iterator<Item = &'a String> {
    new.iter()
        .chain(old.iter().filter(move |name| !new.contains(name)))
}

fn holders(plan: &Plan) -> impl Iterator<Item = (IpAddr, &str)> {
    plan.instances.iter().flat_map(|instance| {
        let held = instance.service.addresses.iter();
        held.map(|held| (held.address, instance.name.as_str()))
    })
}

/// Addresses whose instance is another one afterwards; one that only has another name is none.
fn moves(before: &Plan, after: &Plan, succession: &Succession<'_>) -> Vec<Move> {
    let remains = |address: IpAddr, name: &str| {
        let now = succession.after(name);
        now.is_some_and(|now| holders(after).any(|new| new == (address, now)))
    };
    let mut moves = Vec::new();
    for (address, from) in holders(before).filter(|(address, name)| !remains(*address, name)) {
        if let Some((_, to)) = holders(after).find(|(new, _)| *new == address) {
            moves.push(Move {
                address: address.to_string(),
                from: from.to_owned(),
                to: to.to_owned(),
                stays: stays(before, after, (from, to), address, succession),
            });
        }
    }
    moves
}

/// Whoever gets it runs on, and has it as it was made.
fn stays(
    before: &Plan,
    after: &Plan,
    (from, to): (&str, &str),
    address: IpAddr,
    succession: &Succession<'_>,
) -> bool {
    let runs_on = |one: &Instance, other: &Instance| restarts(&one.service, &other.service).is_empty();
    let alike = |one: &Instance, other: &Instance| one.service.makes_alike(&other.service, address);
    let receiver = find(after, to);
    (succession.before(to).zip(receiver)).is_some_and(|(one, other)| runs_on(one, other))
        && (find(before, from).zip(receiver)).is_some_and(|(one, other)| alike(one, other))
}

/// What a client of the old instance's addresses would notice.
fn interrupts(
    what: What,
    (before, same): (&Instance, Option<&Instance>),
    after: &Plan,
    moves: &[Move],
) -> Vec<String> {
    let held: BTreeSet<IpAddr> = before.service.addresses.iter().map(|held| held.address).collect();
    let mut out = Vec::new();
    // An owner is Active at once.
    let owns = same.is_some_and(|one| one.service.settings.priority.is_owner());
    let same_router = same.is_some_and(|one| before.service.is_same_router(&one.service));
    if what == What::Restarted && !(owns && same_router) {
        out.push(
            "it hands over and begins as Backup: its addresses are away until it, or a peer, is Active"
                .to_owned(),
        );
    }
    let gone = held
        .iter()
        .filter(|address| !holders(after).any(|(new, _)| new == **address));
    let gone: Vec<String> = gone.map(ToString::to_string).collect();
    if !gone.is_empty() {
        out.push(format!("no longer held: {}", gone.join(", ")));
    }
    let leaves = |moved: &&Move| moved.from == before.name && !moved.stays;
    let moved = moves.iter().filter(leaves);
    let moved: Vec<&str> = moved.map(|moved| moved.address.as_str()).collect();
    if !moved.is_empty() {
        out.push(format!("away while it moves: {}", moved.join(", ")));
    }
    out
}

/// A value without the line that a weight came from, which says nothing of what runs.
fn plain(setting: &Setting) -> Setting {
    let mut setting = setting.clone();
    if let Value::Fields(fields) = &mut setting.value {
        fields.retain(|(name, _)| *name != "weight_from");
    }
    setting
}

fn of(entry: &Entry) -> (&'static str, Vec<Setting>) {
    match entry {
        Entry::One(setting) => (setting.keyword, vec![plain(setting)]),
        Entry::Many { keyword, settings } => (keyword, settings.iter().map(plain).collect()),
    }
}

/// Settings whose values differ, each old one beside the new one; of a list, what went and what came.
pub(super) fn differing(old: &Section, new: &Section) -> Vec<Differs> {
    let (before, after): (Vec<_>, Vec<_>) = (
        old.settings.iter().map(of).collect(),
        new.settings.iter().map(of).collect(),
    );
    let mut keywords: Vec<&str> = after.iter().map(|(keyword, _)| *keyword).collect();
    keywords.extend(before.iter().map(|(keyword, _)| *keyword));
    let mut told = BTreeSet::new();
    keywords.retain(|keyword| told.insert(*keyword));
    let mut out = Vec::new();
    for keyword in keywords {
        let values = |side: &[(&str, Vec<Setting>)]| -> Vec<Setting> {
            let mut found = side.iter().filter(|(known, _)| *known == keyword);
            found
                .next()
                .map_or_else(Vec::new, |(_, settings)| settings.clone())
        };
        let (was, is) = (values(&before), values(&after));
        let lacks = |side: &[Setting], one: &Setting| !side.iter().any(|other| other.value == one.value);
        let gone: Vec<&Setting> = was.iter().filter(|one| lacks(&is, one)).collect();
        let come: Vec<&Setting> = is.iter().filter(|one| lacks(&was, one)).collect();
        if let ([gone], [come]) = (&gone[..], &come[..]) {
            out.push(differs(keyword, Some(gone), Some(come)));
        } else {
            out.extend(gone.into_iter().map(|gone| differs(keyword, Some(gone), None)));
            out.extend(come.into_iter().map(|come| differs(keyword, None, Some(come))));
        }
    }
    out
}

/// Another secret of the same length, which looks alike in what is shown.
fn secret(one: &Instance, other: &Instance, told: &[Differs]) -> Option<Differs> {
    let (one, other) = (&one.service.settings, &other.service.settings);
    let word = if one.authentication != other.authentication {
        "auth_pass"
    } else if one.auth_hmac != other.auth_hmac {
        "auth_hmac_key"
    } else {
        return None;
    };
    let known = told.iter().any(|differs| differs.name.starts_with("auth_"));
    (!known).then(|| Differs {
        keyword: word.to_owned(),
        name: word.to_owned(),
        old: None,
        new: None,
        shown: format!("{word}  another one of the same length"),
    })
}

fn differs(keyword: &str, old: Option<&Setting>, new: Option<&Setting>) -> Differs {
    let shown = match (old.map(Setting::shown), new.map(Setting::shown)) {
        (Some(old), Some(new)) if old == new => format!("{keyword}  {old} -> another one"),
        (Some(old), Some(new)) => format!("{keyword}  {old} -> {new}"),
        (Some(old), None) => format!("{keyword}  - {old}"),
        (None, new) => format!("{keyword}  + {}", new.unwrap_or_default()),
    };
    Differs {
        keyword: keyword.to_owned(),
        name: new.or(old).map_or_else(|| keyword.to_owned(), Setting::name),
        old: old.map(|setting| setting.value.clone()),
        new: new.map(|setting| setting.value.clone()),
        shown,
    }
}
