//! `vrrp_instance`.

use crate::model::{AntiReplay, AuthHmac, Config, HmacMode, OldUnicastChecksum, VrrpInstance};

use super::place::{Came, Places};
use super::value::{Setting, Unit, Value, unset};
use super::{Entry, Section};

impl Places<'_> {
    pub(super) fn instance(self, instance: &VrrpInstance, config: &Config) -> Section {
        let mut settings: Vec<Entry> = self.identity(instance).map(Entry::One).into();
        settings.push(Entry::One(self.group_of(instance, config)));
        settings.extend(self.authentication(instance));
        settings.push(self.addresses(
            "virtual_ipaddress",
            &instance.addresses,
            instance.interface.as_ref(),
        ));
        settings.push(self.addresses(
            "virtual_ipaddress_excluded",
            &instance.excluded,
            instance.interface.as_ref(),
        ));
        settings.push(self.routes("virtual_routes", &instance.routes));
        settings.push(self.rules_of("virtual_rules", &instance.rules));
        settings.push(Entry::One(self.switch(
            instance,
            "no_virtual_ipaddress",
            instance.no_virtual_ipaddress,
        )));
        settings.extend(self.path(instance));
        settings.extend(self.rules(instance).map(Entry::One));
        settings.extend(self.announcements(false, &instance.announcements));
        settings.push(Entry::One(
            self.value("dont_track_primary", &instance.dont_track_primary),
        ));
        settings.push(self.tracks("track_interface", &instance.track_interfaces));
        settings.push(self.tracks("track_script", &instance.track_scripts));
        settings.push(self.tracks("track_file", &instance.track_files));
        settings.push(self.tracks("track_process", &instance.track_processes));
        settings.extend(self.notify(&instance.notify));
        settings.push(Entry::One(self.value("smtp_alert", &instance.smtp_alert)));
        settings.extend(self.virtual_mac(instance));
        settings.extend(self.router_advertisements(instance));
        Section {
            block: "vrrp_instance",
            name: Some(instance.name.clone()),
            place: Some(self.of(instance.span)),
            settings,
            missing: self.missing(&instance.missing),
        }
    }

    fn identity(self, instance: &VrrpInstance) -> [Setting; 7] {
        let interval = &instance.advert_int_cs;
        let interval_ms = i64::from(interval.value).saturating_mul(10);
        [
            self.or("interface", instance.interface.as_ref(), "that of unicast_src_ip"),
            self.value("virtual_router_id", &instance.virtual_router_id),
            self.value("native_family", &instance.family),
            self.value("version", &instance.version),
            self.value("state", &instance.state),
            self.value("priority", &instance.priority),
            self.with("advert_int", Unit::Ms, interval, Value::Number(interval_ms)),
        ]
    }

    /// A word without a place of its own in the model: it stands in the block.
    fn switch(self, instance: &VrrpInstance, keyword: &'static str, on: bool) -> Setting {
        Setting {
            keyword,
            unit: Unit::None,
            value: Value::Flag(on),
            came: if on {
                self.line(instance.span)
            } else {
                Came::Default
            },
        }
    }

    fn group_of(self, instance: &VrrpInstance, config: &Config) -> Setting {
        let mut members = config
            .sync_groups
            .iter()
            .flat_map(|group| group.members.iter().map(move |member| (group, member)));
        let found = members.find(|(_, (name, _))| *name == instance.name);
        found.map_or_else(
            || unset("vrrp_sync_group", Unit::None, "none"),
            |(group, (_, span))| Setting {
                keyword: "vrrp_sync_group",
                unit: Unit::None,
                value: Value::Text(group.name.clone()),
                came: self.line(*span),
            },
        )
    }

    fn authentication(self, instance: &VrrpInstance) -> Vec<Entry> {
        let password = instance.authentication.as_ref().map_or_else(
            || unset("auth_pass", Unit::None, "none"),
            |password| {
                let octets = password.value.bytes().len();
                self.with("auth_pass", Unit::None, password, Value::Secret { octets })
            },
        );
        let mut entries = vec![Entry::One(password)];
        entries.extend(
            instance
                .auth_hmac
                .as_ref()
                .map(|hmac| self.auth_hmac(hmac))
                .unwrap_or_default(),
        );
        entries
    }

    fn auth_hmac(self, hmac: &AuthHmac) -> Vec<Entry> {
        let key = |key: &crate::model::HmacKey| Setting {
            keyword: "auth_hmac_key",
            unit: Unit::None,
            value: Value::Fields(vec![
                ("id", Value::Number(key.id.into())),
                (
                    "key",
                    Value::Secret {
                        octets: key.octets().len(),
                    },
                ),
            ]),
            came: self.line(key.span),
        };
        let mode = match hmac.mode.value {
            HmacMode::Enforce => "enforce",
            HmacMode::Permissive => "permissive",
            HmacMode::ReceiveOnly => "receive_only",
        };
        let anti_replay = match hmac.anti_replay.value {
            AntiReplay::Time => "time",
            AntiReplay::Monotonic => "monotonic",
        };
        let window = hmac.time_window_seconds.as_ref().map_or_else(
            || {
                unset(
                    "auth_hmac_time_window",
                    Unit::S,
                    "three advertisement intervals, 5 s to 300 s",
                )
            },
            |window| {
                let seconds = Value::Number(window.value.into());
                self.with("auth_hmac_time_window", Unit::S, window, seconds)
            },
        );
        vec![
            Entry::Many {
                keyword: "auth_hmac_key",
                settings: hmac.keys.iter().map(key).collect(),
            },
            Entry::One(self.value("auth_hmac_active_key", &hmac.active_key)),
            Entry::One(self.with("auth_hmac_mode", Unit::None, &hmac.mode, mode.into())),
            Entry::One(self.with(
                "auth_hmac_anti_replay",
                Unit::None,
                &hmac.anti_replay,
                anti_replay.into(),
            )),
            Entry::One(window),
        ]
    }

    fn rules(self, instance: &VrrpInstance) -> [Setting; 16] {
        let old_checksum = instance.old_unicast_checksum.as_ref().map_or_else(
            || unset("old_unicast_checksum", Unit::None, "not looked for"),
            |set| {
                let word = match set.value {
                    OldUnicastChecksum::Always => "always",
                    OldUnicastChecksum::Never => "never",
                };
                self.with("old_unicast_checksum", Unit::None, set, word.into())
            },
        );
        [
            self.value("preempt", &instance.preempt),
            self.time("preempt_delay", Unit::Ms, &instance.preempt_delay),
            self.value("accept", &instance.accept),
            self.value("strict_mode", &instance.strict),
            self.value("skip_check_adv_addr", &instance.skip_check_adv_addr),
            self.value("down_timer_adverts", &instance.down_timer_adverts),
            self.value("lower_prio_no_advert", &instance.lower_prio_no_advert),
            self.value("higher_prio_send_advert", &instance.higher_prio_send_advert),
            self.value("owner_ignore_adverts", &instance.owner_ignore_adverts),
            self.value("v3_checksum_as_v2", &instance.v3_checksum_as_v2),
            self.value("v2_interop", &instance.v2_interop),
            instance.timer_expired_backup.as_ref().map_or_else(
                || unset("timer_expired_backup", Unit::None, "off"),
                |stall| {
                    let value = stall
                        .value
                        .map_or(Value::Flag(true), |highest| Value::Number(highest.into()));
                    self.with("timer_expired_backup", Unit::None, stall, value)
                },
            ),
            old_checksum,
            self.value("unicast_fault_no_peer", &instance.unicast_fault_no_peer),
            self.value("check_unicast_src", &instance.check_unicast_src),
            self.value("track_src_ip", &instance.track_src_ip),
        ]
    }
}
