//! Checks, what follows them, and sync groups.

use crate::model::{Command, SyncGroup, Track, VrrpScript};

use super::place::{Came, Places};
use super::value::{Setting, Unit, Value};
use super::{Entry, Section};

impl Places<'_> {
    pub(super) fn script(self, script: &VrrpScript) -> Section {
        let timing = [
            self.time("interval", Unit::Us, &script.interval),
            self.time("timeout", Unit::Us, &script.timeout),
            self.value("weight", &script.weight),
            self.value("rise", &script.rise),
            self.value("fall", &script.fall),
        ];
        let timing = timing.map(Entry::One);
        let ends = [
            Entry::One(self.value("init_fail", &script.init_fail)),
            Entry::One(self.value("mode", &script.mode)),
        ];
        let run = |command| {
            let command = self.with("script", Unit::None, &script.command, command);
            let user = self.or("user", script.user.as_ref(), "script_user");
            let mut settings = vec![Entry::One(command)];
            settings.extend(timing.clone());
            settings.push(Entry::One(user));
            settings.extend(ends.clone());
            ("vrrp_script", settings)
        };
        let (block, settings) = match &script.command.value {
            Command::Run { argv } => run(Value::Words(argv.clone())),
            Command::CanOpen { path } => run(Value::Text(format!("</{}", path.trim_start_matches('/')))),
            Command::Ask(checker) => {
                let mut settings = self.checker(checker);
                settings.extend(timing);
                settings.extend(ends);
                ("vrrp_check", settings)
            }
            Command::Hear(push) => {
                let mut settings = self.push(push);
                settings.extend(timing);
                settings.extend(ends);
                ("vrrp_check", settings)
            }
            Command::Nothing => ("vrrp_check", timing.into_iter().chain(ends).collect()),
        };
        Section {
            block,
            name: Some(script.name.clone()),
            place: Some(self.of(script.span)),
            settings,
            missing: self.missing(&script.missing),
        }
    }

    pub(super) fn tracks(self, keyword: &'static str, tracks: &[Track]) -> Entry {
        let one = |track: &Track| {
            let weight = track.weight.value;
            let mut fields = vec![
                ("name", Value::Text(track.name.clone())),
                ("weight", Value::Number(weight.value.into())),
                ("reverse", Value::Flag(weight.reverse)),
            ];
            // The name stands on this line; its weight may stand elsewhere.
            let line = self.line(track.span);
            let weight_came = self.came(&track.weight);
            if weight_came != line {
                fields.push(("weight_from", Value::Text(weight_came.to_string())));
            }
            Setting {
                keyword,
                unit: Unit::None,
                value: Value::Fields(fields),
                came: line,
            }
        };
        Entry::Many {
            keyword,
            settings: tracks.iter().map(one).collect(),
        }
    }

    pub(super) fn sync_group(self, group: &SyncGroup) -> Section {
        let member = |(name, span): &(String, crate::source::Span)| Setting {
            keyword: "group",
            unit: Unit::None,
            value: Value::Text(name.clone()),
            came: self.line(*span),
        };
        let mut settings = vec![
            Entry::Many {
                keyword: "group",
                settings: group.members.iter().map(member).collect(),
            },
            Entry::One(Setting {
                keyword: "sync_group_tracking_weight",
                unit: Unit::None,
                value: Value::Flag(group.tracking_weight),
                came: if group.tracking_weight {
                    self.line(group.span)
                } else {
                    Came::Default
                },
            }),
        ];
        settings.extend(self.notify(&group.notify));
        settings.push(Entry::One(self.value("smtp_alert", &group.smtp_alert)));
        Section {
            block: "vrrp_sync_group",
            name: Some(group.name.clone()),
            place: Some(self.of(group.span)),
            settings,
            missing: Vec::new(),
        }
    }
}
