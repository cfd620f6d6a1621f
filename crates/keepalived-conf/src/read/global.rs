//! `global_defs`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::Reader;
use super::argument::Junk;
use crate::diagnostic::Diagnostic;
use crate::model::{
    Announcements, ExtraInterfaces, FifoAndScript, Fifos, GlobalDefs, Lvs, Mail, MailTls, Sourced, Version,
};
use crate::tree::{Item, Tree, items};

/// Announcement words as written: a default depends on the others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DraftAnnouncements {
    pub(crate) delay: Option<Sourced<Duration>>,
    pub(crate) repeat: Option<Sourced<u32>>,
    pub(crate) refresh: Option<Sourced<Duration>>,
    pub(crate) refresh_repeat: Option<Sourced<u32>>,
    pub(crate) lower_prio_delay: Option<Sourced<Duration>>,
    pub(crate) lower_prio_repeat: Option<Sourced<u32>>,
    pub(crate) extra: Option<Sourced<ExtraInterfaces>>,
}

/// keepalived keeps these seconds in an unsigned integer.
const COUNT_MAX: i64 = u32::MAX as i64;
/// Whole seconds of which there are microseconds in 32 bits.
const DELAY_MAX: i64 = 4_294;
const STARTUP_DELAY_MIN_US: u64 = 1_000;
/// The least gap keepalived takes between announcements.
const GAP_MIN_US: u64 = 1;
const GAP_MAX_US: u64 = 4_294_967_295;

impl Reader<'_> {
    pub(super) fn global(&mut self, tree: &Tree) -> GlobalDefs {
        let mut defs = GlobalDefs::default();
        let mut announcements = DraftAnnouncements::default();
        let mut min_garp = None;
        for block in items(&tree.nodes)
            .filter(|item| item.keyword.is_some_and(|keyword| keyword.name == "global_defs"))
        {
            for item in block.items() {
                let Some(name) = item.keyword.map(|keyword| keyword.name) else {
                    continue;
                };
                if name == "vrrp_min_garp" {
                    min_garp = self.switch(item).or(min_garp);
                } else if let Some(word) = name
                    .strip_prefix("vrrp_")
                    .filter(|word| word.starts_with("garp_") || *word == "vmac_garp_intvl")
                {
                    if !self.announcement(word, item, &mut announcements) {
                        self.gap(name, item, &mut defs);
                    }
                } else if !self.global_switch(name, item, &mut defs)
                    && !self.mail(name, item, &mut defs.mail)
                    && !self.fifo_word(name, item, &mut defs.fifos)
                    && !self.lvs_word(name, item, &mut defs.lvs)
                    && !self.dump_word(name, item, &mut defs)
                {
                    self.global_word(name, item, &mut defs);
                }
            }
        }
        defs.announcements = announcements.with_defaults(min_garp);
        self.check_fifos(&mut defs.fifos);
        self.check_lvs(&mut defs.lvs);
        self.root_words(tree, &mut defs);
        defs
    }

    fn global_switch(&mut self, name: &str, item: &Item, defs: &mut GlobalDefs) -> bool {
        let place = match name {
            "vrrp_strict" => &mut defs.vrrp_strict,
            "vrrp_skip_check_adv_addr" => &mut defs.skip_check_adv_addr,
            "vrrp_lower_prio_no_advert" => &mut defs.lower_prio_no_advert,
            "vrrp_higher_prio_send_advert" => &mut defs.higher_prio_send_advert,
            "vrrp_owner_ignore_adverts" => &mut defs.owner_ignore_adverts,
            // keepalived does not look at the argument of these.
            "vrrp_check_unicast_src" => {
                self.surplus(item, 1);
                defs.check_unicast_src = Sourced::line(true, item.span);
                return true;
            }
            "v3_checksum_as_v2" => {
                self.surplus(item, 1);
                defs.v3_checksum_as_v2 = Sourced::line(true, item.span);
                return true;
            }
            "enable_script_security" => {
                defs.enable_script_security = self.flag(item);
                return true;
            }
            "drop_unusable_scripts" => &mut defs.drop_unusable_scripts,
            "vrrp_no_swap" => {
                defs.no_swap = self.flag(item);
                return true;
            }
            _ => return false,
        };
        if let Some(value) = self.switch(item) {
            *place = value;
        }
        true
    }

    fn dump_word(&mut self, name: &str, item: &Item, defs: &mut GlobalDefs) -> bool {
        if name == "json_version" {
            let read = self.integer(item, Junk::Refused, 1, 2);
            defs.json_version = read.map_or(defs.json_version, byte);
        }
        name == "json_version"
    }

    fn global_word(&mut self, name: &str, item: &Item, defs: &mut GlobalDefs) {
        match name {
            "router_id" => {
                if let Some(word) = item.argument() {
                    self.surplus(item, 1);
                    defs.router_id = Some(self.shown(word));
                }
            }
            // Of these the first one counts.
            "vmac_prefix" => defs.vmac_prefix = defs.vmac_prefix.take().or(self.vmac_prefix(item)),
            "vmac_addr_prefix" => {
                defs.vmac_addr_prefix = defs.vmac_addr_prefix.take().or(self.vmac_prefix(item));
            }
            "nftables" => defs.nftables = defs.nftables.take().or(self.table_name(item)),
            "dynamic_interfaces" => {
                self.surplus(item, 1);
                defs.dynamic_interfaces = Sourced::line(true, item.span);
                defs.allow_if_changes = item.arguments().iter().any(|word| word.is("allow_if_changes"));
            }
            "vrrp_version" => {
                let read = self.integer(item, Junk::Refused, 2, 3);
                defs.vrrp_version = read.map_or(defs.vrrp_version, version);
            }
            "vrrp_gna_interval" => self.gap(name, item, defs),
            "vrrp_down_timer_adverts" => {
                let read = self.integer(item, Junk::Warned, 1, 100);
                defs.down_timer_adverts = read.map_or(defs.down_timer_adverts, byte);
            }
            "vrrp_mcast_group4" => {
                if let Some(group) = self.group_address(item, IpAddr::is_ipv4) {
                    defs.mcast_group4 = group.map(|ip| if let IpAddr::V4(ip) = ip { ip } else { GROUP4 });
                }
            }
            "vrrp_mcast_group6" => {
                if let Some(group) = self.group_address(item, IpAddr::is_ipv6) {
                    defs.mcast_group6 = group.map(|ip| if let IpAddr::V6(ip) = ip { ip } else { GROUP6 });
                }
            }
            "vrrp_startup_delay" => {
                let read = self.seconds(item, Junk::Warned, STARTUP_DELAY_MIN_US, GAP_MAX_US);
                defs.startup_delay = read.unwrap_or(defs.startup_delay);
            }
            "vrrp_delay_after_boot" => {
                let read = self.seconds(item, Junk::Warned, 0, GAP_MAX_US);
                defs.delay_after_boot = read.unwrap_or(defs.delay_after_boot);
            }
            "vrrp_priority" => {
                let read = self.integer(item, Junk::Refused, -20, 19);
                defs.nice = read
                    .map(|read| read.map(|value| i8::try_from(value).unwrap_or(0)))
                    .or(defs.nice);
            }
            "vrrp_rt_priority" => {
                defs.rt_priority = self
                    .integer(item, Junk::Refused, 1, 99)
                    .map(byte)
                    .or(defs.rt_priority)
            }
            "script_user" if item.argument().is_some() => {
                self.surplus(item, 2);
                defs.script_user = self.user(item.arguments());
            }
            _ => {}
        }
    }

    /// What the names of interfaces begin with.
    fn vmac_prefix(&mut self, item: &Item) -> Option<Sourced<String>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        let name = self.text(word)?;
        let odd = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-'));
        if name.value.len() <= 15 && !name.value.contains(odd) && !name.value.is_empty() {
            return Some(name);
        }
        let text = format!("no name of an interface begins with {:?}", name.value);
        let found = Diagnostic::error("interface-name", word.span, text).silent();
        self.push(
            found
                .effect("the line is ignored; keepalived cannot make such interfaces")
                .help("write a few letters and digits"),
        );
        None
    }

    /// The name of a table, as `nft` can print and read it.
    fn table_name(&mut self, item: &Item) -> Option<Sourced<String>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        let name = self.text(word)?;
        let letter = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
        let good = name.value.len() <= 64
            && name.value.chars().all(letter)
            && name.value.starts_with(|first: char| first.is_ascii_alphabetic());
        if good {
            return Some(name);
        }
        let text = format!("{:?} is no name for a table of nftables", name.value);
        let found = Diagnostic::error("bad-table", word.span, text).silent();
        self.push(
            found
                .effect("the line is ignored")
                .help("write a letter, then letters, digits, _, -, . or /, at most 64 together"),
        );
        None
    }

    fn group_address(&mut self, item: &Item, family: fn(&IpAddr) -> bool) -> Option<Sourced<IpAddr>> {
        let address = self.ip(item)?;
        if family(&address.value) && address.value.is_multicast() {
            return Some(address);
        }
        let text = format!("{} is no multicast group for {}", address.value, item.name());
        let found = Diagnostic::error("bad-group", address.span().unwrap_or(item.span), text);
        self.push(
            found
                .effect("it is ignored")
                .help("write a group of the right family"),
        );
        None
    }

    /// `vrrp_garp_interval`, `vrrp_gna_interval`: 0 is an error that many files hold.
    fn gap(&mut self, name: &str, item: &Item, defs: &mut GlobalDefs) {
        let read = self.seconds(item, Junk::Refused, GAP_MIN_US, GAP_MAX_US);
        match name {
            "vrrp_garp_interval" => defs.garp_interval = read.or(defs.garp_interval),
            "vrrp_gna_interval" => defs.gna_interval = read.or(defs.gna_interval),
            _ => {}
        }
    }

    /// A word of announcements, without prefix; false if it is another.
    pub(super) fn announcement(&mut self, word: &str, item: &Item, draft: &mut DraftAnnouncements) -> bool {
        let seconds =
            |read: Sourced<i64>| read.map(|value| Duration::from_secs(u64::try_from(value).unwrap_or(0)));
        let count = |read: Sourced<i64>| read.map(|value| u32::try_from(value).unwrap_or(1));
        match word {
            "garp_master_delay" => {
                draft.delay = self
                    .integer(item, Junk::Warned, 0, DELAY_MAX)
                    .map(seconds)
                    .or(draft.delay)
            }
            "garp_master_refresh" => {
                draft.refresh = self
                    .integer(item, Junk::Warned, 0, COUNT_MAX)
                    .map(seconds)
                    .or(draft.refresh)
            }
            "garp_lower_prio_delay" => {
                let read = self.integer(item, Junk::Warned, 0, DELAY_MAX).map(seconds);
                draft.lower_prio_delay = read.or(draft.lower_prio_delay);
            }
            "garp_lower_prio_repeat" => {
                let read = self
                    .integer(item, Junk::Warned, 0, i64::from(i32::MAX))
                    .map(count);
                draft.lower_prio_repeat = read.or(draft.lower_prio_repeat);
            }
            "garp_master_repeat" => draft.repeat = self.positive(item).or(draft.repeat),
            "garp_master_refresh_repeat" => {
                draft.refresh_repeat = self.positive(item).or(draft.refresh_repeat)
            }
            _ => return self.extra_interfaces(word, item, draft),
        }
        true
    }

    /// A count where 0 means 1.
    fn positive(&mut self, item: &Item) -> Option<Sourced<u32>> {
        let read = self.integer(item, Junk::Warned, 0, COUNT_MAX)?;
        if read.value == 0 {
            let text = format!("{} must be more than 0", item.name());
            let found =
                Diagnostic::error("zero-count", item.span, text).effect("it is 1, as with keepalived");
            self.push(found.help("write at least 1"));
        }
        Some(read.map(|value| u32::try_from(value.max(1)).unwrap_or(1)))
    }
}

pub(super) fn version(read: Sourced<i64>) -> Sourced<Version> {
    read.map(|value| if value == 2 { Version::V2 } else { Version::V3 })
}

pub(super) fn byte(read: Sourced<i64>) -> Sourced<u8> {
    read.map(|value| u8::try_from(value).unwrap_or(u8::MAX))
}

const GROUP4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
const GROUP6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

impl DraftAnnouncements {
    /// The global values: what is not written has keepalived's default, or follows another.
    fn with_defaults(self, min_garp: Option<Sourced<bool>>) -> Announcements {
        let least = min_garp.is_some_and(|on| on.value);
        let because = "vrrp_min_garp";
        let or = |value: Option<Sourced<u32>>, default: u32| match value {
            Some(value) => value,
            None if least => Sourced::implied(1, because),
            None => Sourced::default(default),
        };
        let delay = match self.delay {
            Some(delay) => delay,
            None if least => Sourced::implied(Duration::ZERO, because),
            None => Sourced::default(Duration::from_secs(5)),
        };
        let repeat = or(self.repeat, 5);
        let follow =
            |span: Option<_>, keyword: &'static str| if span.is_some() { Some(keyword) } else { None };
        Announcements {
            delay,
            repeat,
            refresh: self.refresh.unwrap_or(Sourced::default(Duration::ZERO)),
            refresh_repeat: self.refresh_repeat.unwrap_or(Sourced::default(1)),
            extra: self.extra,
            lower_prio_delay: self.lower_prio_delay.unwrap_or_else(|| {
                follow(delay.span(), "vrrp_garp_master_delay")
                    .map_or(delay, |keyword| delay.inherited(keyword))
            }),
            lower_prio_repeat: self.lower_prio_repeat.unwrap_or_else(|| {
                follow(repeat.span(), "vrrp_garp_master_repeat")
                    .map_or(repeat, |keyword| repeat.inherited(keyword))
            }),
        }
    }
}

impl Default for GlobalDefs {
    /// keepalived's defaults.
    fn default() -> Self {
        let off = Sourced::default(false);
        Self {
            router_id: None,
            mail: Mail {
                to: Vec::new(),
                from: None,
                server: None,
                connect_timeout: Sourced::default(Duration::from_secs(30)),
                helo_name: None,
                alert: None,
                alert_vrrp: None,
                no_faults: off,
                tls: Sourced::default(MailTls::None),
                login: None,
            },
            fifos: Fifos {
                all: FifoAndScript::default(),
                vrrp: FifoAndScript::default(),
                states_on_reload: off,
                priority_changes: off,
            },
            lvs: Lvs::default(),
            script_user: None,
            enable_script_security: off,
            drop_unusable_scripts: off,
            dynamic_interfaces: off,
            allow_if_changes: false,
            vrrp_version: Sourced::default(Version::V2),
            vrrp_strict: off,
            skip_check_adv_addr: off,
            announcements: DraftAnnouncements::default().with_defaults(None),
            garp_interval: None,
            gna_interval: None,
            down_timer_adverts: Sourced::default(3),
            lower_prio_no_advert: off,
            higher_prio_send_advert: off,
            owner_ignore_adverts: off,
            check_unicast_src: off,
            mcast_group4: Sourced::default(GROUP4),
            mcast_group6: Sourced::default(GROUP6),
            v3_checksum_as_v2: off,
            startup_delay: Sourced::default(Duration::ZERO),
            delay_after_boot: Sourced::default(Duration::ZERO),
            nice: None,
            rt_priority: None,
            vmac_prefix: None,
            vmac_addr_prefix: None,
            nftables: None,
            net_namespace: None,
            json_version: Sourced::default(1),
            no_swap: off,
        }
    }
}
