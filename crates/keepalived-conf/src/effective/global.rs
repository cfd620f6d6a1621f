//! `global_defs`.

use crate::model::{Announcements, Config, GlobalDefs, Mail, MailTls};

use super::place::{Came, Places};
use super::value::{Setting, Unit, Value, unset};
use super::{Entry, Section};

impl Places<'_> {
    pub(super) fn global(self, config: &Config) -> Section {
        let global = &config.global;
        let mut settings = vec![
            Entry::One(self.or("router_id", global.router_id.as_ref(), "the host's name")),
            Entry::One(self.or(
                "script_user",
                global.script_user.as_ref(),
                "keepalived_script if there is such a user, else vrrpd's own",
            )),
            Entry::One(self.value("enable_script_security", &global.enable_script_security)),
            Entry::One(self.value("drop_unusable_scripts", &global.drop_unusable_scripts)),
            Entry::One(self.dynamic_interfaces(global)),
        ];
        settings.extend(self.protocol(global).map(Entry::One));
        settings.extend(self.announcements(true, &global.announcements));
        settings.extend(self.process(global).map(Entry::One));
        settings.extend(self.fifos(&global.fifos));
        settings.extend(self.mail(&global.mail));
        if !config.virtual_servers.is_empty() || global.lvs.sync_daemon.is_some() {
            settings.extend(self.lvs(&global.lvs));
        }
        Section {
            block: "global_defs",
            name: None,
            place: None,
            settings,
            missing: Vec::new(),
        }
    }

    fn dynamic_interfaces(self, global: &GlobalDefs) -> Setting {
        let on = &global.dynamic_interfaces;
        let value = if global.allow_if_changes {
            Value::from("allow_if_changes")
        } else {
            Value::Flag(on.value)
        };
        self.with("dynamic_interfaces", Unit::None, on, value)
    }

    fn protocol(self, global: &GlobalDefs) -> [Setting; 15] {
        let gap = |keyword, set: &Option<_>| {
            let none = || unset(keyword, Unit::Us, "no limit");
            set.as_ref()
                .map_or_else(none, |set| self.time(keyword, Unit::Us, set))
        };
        [
            self.value("vrrp_version", &global.vrrp_version),
            self.value("vrrp_strict", &global.vrrp_strict),
            self.value("vrrp_mcast_group4", &global.mcast_group4),
            self.value("vrrp_mcast_group6", &global.mcast_group6),
            self.time("vrrp_startup_delay", Unit::Ms, &global.startup_delay),
            self.time("vrrp_delay_after_boot", Unit::Ms, &global.delay_after_boot),
            self.value("vrrp_down_timer_adverts", &global.down_timer_adverts),
            self.value("vrrp_skip_check_adv_addr", &global.skip_check_adv_addr),
            self.value("vrrp_check_unicast_src", &global.check_unicast_src),
            self.value("vrrp_lower_prio_no_advert", &global.lower_prio_no_advert),
            self.value("vrrp_higher_prio_send_advert", &global.higher_prio_send_advert),
            self.value("vrrp_owner_ignore_adverts", &global.owner_ignore_adverts),
            self.value("v3_checksum_as_v2", &global.v3_checksum_as_v2),
            gap("vrrp_garp_interval", &global.garp_interval),
            gap("vrrp_gna_interval", &global.gna_interval),
        ]
    }

    fn process(self, global: &GlobalDefs) -> [Setting; 8] {
        [
            self.or("vrrp_priority", global.nice.as_ref(), "not changed"),
            self.or("vrrp_rt_priority", global.rt_priority.as_ref(), "no real time"),
            self.value("vrrp_no_swap", &global.no_swap),
            self.value("json_version", &global.json_version),
            self.or("vmac_prefix", global.vmac_prefix.as_ref(), "vrrp"),
            self.or(
                "vmac_addr_prefix",
                global.vmac_addr_prefix.as_ref(),
                "vmac_prefix",
            ),
            self.or(
                "net_namespace",
                global.net_namespace.as_ref(),
                "the network that it is started in",
            ),
            self.or("nftables", global.nftables.as_ref(), "vrrpd's own table"),
        ]
    }

    /// `garp_*` of an instance, or the defaults for all.
    pub(super) fn announcements(self, of_all: bool, told: &Announcements) -> Vec<Entry> {
        let word = |all, own| if of_all { all } else { own };
        let settings = [
            self.time(
                word("vrrp_garp_master_delay", "garp_master_delay"),
                Unit::S,
                &told.delay,
            ),
            self.value(
                word("vrrp_garp_master_repeat", "garp_master_repeat"),
                &told.repeat,
            ),
            self.time(
                word("vrrp_garp_master_refresh", "garp_master_refresh"),
                Unit::S,
                &told.refresh,
            ),
            self.value(
                word("vrrp_garp_master_refresh_repeat", "garp_master_refresh_repeat"),
                &told.refresh_repeat,
            ),
            self.time(
                word("vrrp_garp_lower_prio_delay", "garp_lower_prio_delay"),
                Unit::S,
                &told.lower_prio_delay,
            ),
            self.value(
                word("vrrp_garp_lower_prio_repeat", "garp_lower_prio_repeat"),
                &told.lower_prio_repeat,
            ),
        ];
        let keyword = word("vrrp_garp_extra_if", "garp_extra_if");
        let extra = told.extra.as_ref().map_or_else(
            || unset(keyword, Unit::None, "none"),
            |extra| {
                let fields = vec![
                    (
                        "every_s",
                        Value::Number(i64::try_from(extra.value.every.as_secs()).unwrap_or(i64::MAX)),
                    ),
                    ("all", Value::Flag(extra.value.all)),
                ];
                self.with(keyword, Unit::None, extra, Value::Fields(fields))
            },
        );
        settings
            .map(Entry::One)
            .into_iter()
            .chain([Entry::One(extra)])
            .collect()
    }

    fn mail(self, mail: &Mail) -> Vec<Entry> {
        let server = mail.server.as_ref().map_or_else(
            || unset("smtp_server", Unit::None, "none"),
            |server| {
                let (host, port) = &server.value;
                let text = Value::Text(format!("{host} {port}"));
                self.with("smtp_server", Unit::None, server, text)
            },
        );
        let to = |to| self.value("notification_email", to);
        let off = |keyword| Setting {
            keyword,
            unit: Unit::None,
            value: Value::Unset("off"),
            came: Came::Default,
        };
        let alert = |keyword, set: &Option<_>| {
            set.as_ref()
                .map_or_else(|| off(keyword), |set| self.value(keyword, set))
        };
        vec![
            Entry::Many {
                keyword: "notification_email",
                settings: mail.to.iter().map(to).collect(),
            },
            Entry::One(self.or("notification_email_from", mail.from.as_ref(), "none")),
            Entry::One(server),
            Entry::One(self.time("smtp_connect_timeout", Unit::S, &mail.connect_timeout)),
            Entry::One(self.or("smtp_helo_name", mail.helo_name.as_ref(), "the host's name")),
            Entry::One(alert("smtp_alert", &mail.alert)),
            Entry::One(alert("smtp_alert_vrrp", &mail.alert_vrrp)),
            Entry::One(self.value("no_email_faults", &mail.no_faults)),
            Entry::One(self.with("smtp_tls", Unit::None, &mail.tls, mail_tls(mail.tls.value))),
            Entry::One(mail.login.as_ref().map_or_else(
                || unset("smtp_login", Unit::None, "none"),
                |login| {
                    self.with(
                        "smtp_login",
                        Unit::None,
                        login,
                        Value::Text(login.value.user.clone()),
                    )
                },
            )),
        ]
    }
}

const fn word_of(tls: MailTls) -> &'static str {
    match tls {
        MailTls::None => "none",
        MailTls::Optional => "optional",
        MailTls::Required => "required",
        MailTls::Wrapped => "wrapped",
        MailTls::Unknown => "unknown",
    }
}

fn mail_tls(tls: MailTls) -> Value {
    Value::from(word_of(tls))
}
