//! `vrrp_instance`, word by word.

use std::net::IpAddr;
use std::time::Duration;

use super::Reader;
use super::address::Line;
use super::argument::Junk;
use super::auth_hmac::DraftHmac;
use super::authentication::AuthType;
use super::global::{DraftAnnouncements, byte, version};
use super::virtual_mac::DraftVmac;
use crate::diagnostic::Diagnostic;
use crate::model::{
    Address, AuthPass, Family, InitialState, Missing, Notify, OldUnicastChecksum, Peer, Route,
    RouterAdvertisements, Rule, Sourced, Version, Weight,
};
use crate::source::Span;
use crate::tree::Item;

/// An instance as written: no default is filled in.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) span: Span,
    /// How many scripts stand above it: keepalived knows no others.
    pub(crate) scripts_above: usize,
    /// As many files and processes.
    pub(crate) tracks_above: Above,
    pub(crate) state: Option<Sourced<InitialState>>,
    pub(crate) interface: Option<Sourced<String>>,
    pub(crate) virtual_router_id: Option<Sourced<u8>>,
    pub(crate) priority: Option<Sourced<u8>>,
    pub(crate) advert_int: Option<Sourced<Duration>>,
    pub(crate) version: Option<Sourced<Version>>,
    pub(crate) auth: DraftAuth,
    pub(crate) hmac: DraftHmac,
    /// The first address sets it.
    pub(crate) family: Option<Sourced<Family>>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) excluded: Vec<Address>,
    pub(crate) routes: Vec<Route>,
    pub(crate) rules: Vec<Rule>,
    /// Address lines that are left out because of an error.
    pub(crate) lost_addresses: Vec<Span>,
    pub(crate) no_virtual_ipaddress: bool,
    pub(crate) preempt: Option<Sourced<bool>>,
    pub(crate) preempt_delay: Option<Sourced<Duration>>,
    pub(crate) accept: Option<Sourced<bool>>,
    pub(crate) router_advertisements: Option<RouterAdvertisements>,
    /// A word that asks for unicast.
    pub(crate) unicast: Option<Span>,
    pub(crate) peers: Vec<Peer>,
    /// Peers that are left out because of an error.
    pub(crate) lost_peers: Vec<Span>,
    pub(crate) unicast_src_ip: Option<Sourced<IpAddr>>,
    pub(crate) mcast_src_ip: Option<Sourced<IpAddr>>,
    pub(crate) mcast_dst_ip: Option<Sourced<IpAddr>>,
    pub(crate) unicast_ttl: Option<Sourced<u8>>,
    pub(crate) switches: Switches,
    pub(crate) down_timer_adverts: Option<Sourced<u8>>,
    pub(crate) timer_expired_backup: Option<Sourced<Option<u8>>>,
    pub(crate) old_unicast_checksum: Option<Sourced<OldUnicastChecksum>>,
    pub(crate) announcements: DraftAnnouncements,
    pub(crate) track_interfaces: Vec<DraftTrack>,
    pub(crate) track_scripts: Vec<DraftTrack>,
    pub(crate) track_files: Vec<DraftTrack>,
    pub(crate) track_processes: Vec<DraftTrack>,
    pub(crate) notify: Notify,
    pub(crate) vmac: DraftVmac,
    pub(crate) missing: Vec<Missing>,
}

/// How many definitions stand above a block: keepalived knows no others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Above {
    pub(crate) files: usize,
    pub(crate) processes: usize,
}

/// Words that are on or off.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    pub(crate) strict: Option<Sourced<bool>>,
    pub(crate) skip_check_adv_addr: Option<Sourced<bool>>,
    pub(crate) lower_prio_no_advert: Option<Sourced<bool>>,
    pub(crate) higher_prio_send_advert: Option<Sourced<bool>>,
    pub(crate) owner_ignore_adverts: Option<Sourced<bool>>,
    pub(crate) check_unicast_src: Option<Sourced<bool>>,
    pub(crate) v3_checksum_as_v2: Option<Sourced<bool>>,
    pub(crate) v2_interop: Option<Sourced<bool>>,
    pub(crate) smtp_alert: Option<Sourced<bool>>,
    pub(crate) unicast_fault_no_peer: Option<Sourced<bool>>,
    pub(crate) track_src_ip: Option<Sourced<bool>>,
    pub(crate) dont_track_primary: Option<Sourced<bool>>,
}

/// `authentication` as written.
#[derive(Debug, Default)]
pub(crate) struct DraftAuth {
    pub(crate) block: Option<Span>,
    pub(crate) kind: Option<Sourced<AuthType>>,
    pub(crate) pass: Option<Sourced<AuthPass>>,
}

/// One tracked name as written.
#[derive(Clone, Debug)]
pub(crate) struct DraftTrack {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) weight: Option<Sourced<i16>>,
    pub(crate) reverse: Option<bool>,
}

/// What keepalived takes for `preempt_delay`.
const PREEMPT_DELAY_MAX_US: u64 = 1_000_000_000;
const ADVERT_INT_MIN_US: u64 = 10_000;
const ADVERT_INT_MAX_US: u64 = 255_000_000;

impl Draft {
    fn new(name: String, span: Span) -> Self {
        Self {
            name,
            span,
            scripts_above: 0,
            tracks_above: Above::default(),
            state: None,
            interface: None,
            virtual_router_id: None,
            priority: None,
            advert_int: None,
            version: None,
            auth: DraftAuth::default(),
            hmac: DraftHmac::default(),
            family: None,
            addresses: Vec::new(),
            excluded: Vec::new(),
            routes: Vec::new(),
            rules: Vec::new(),
            lost_addresses: Vec::new(),
            no_virtual_ipaddress: false,
            preempt: None,
            preempt_delay: None,
            accept: None,
            router_advertisements: None,
            unicast: None,
            peers: Vec::new(),
            lost_peers: Vec::new(),
            unicast_src_ip: None,
            mcast_src_ip: None,
            mcast_dst_ip: None,
            unicast_ttl: None,
            switches: Switches::default(),
            down_timer_adverts: None,
            timer_expired_backup: None,
            old_unicast_checksum: None,
            announcements: DraftAnnouncements::default(),
            track_interfaces: Vec::new(),
            track_scripts: Vec::new(),
            track_files: Vec::new(),
            track_processes: Vec::new(),
            notify: Notify::default(),
            vmac: DraftVmac::default(),
            missing: Vec::new(),
        }
    }
}

impl Reader<'_> {
    pub(super) fn draft(&mut self, block: &Item, name: String) -> Draft {
        let mut draft = Draft::new(name, block.span);
        for item in block.items() {
            let Some(word) = item.keyword.map(|keyword| keyword.name) else {
                continue;
            };
            if word == "check_unicast_src" && self.asks(item) {
                draft.unicast.get_or_insert(item.span);
            }
            let done = self.announcement(word, item, &mut draft.announcements)
                || self.notify(item, &mut draft.notify)
                || self.switch_word(word, item, &mut draft.switches)
                || self.block_word(word, item, &mut draft)
                || self.address_word(word, item, &mut draft)
                || self.vmac_word(word, item, &mut draft);
            if !done {
                self.instance_word(word, item, &mut draft);
            }
        }
        self.family_asked(block, &draft);
        draft
    }

    /// `native_ipv6` beside IPv4.
    fn family_asked(&mut self, block: &Item, draft: &Draft) {
        let is = |item: &&Item| item.keyword.is_some_and(|keyword| keyword.name == "native_ipv6");
        let (Some(item), Some(family)) = (block.items().find(is), draft.family) else {
            return;
        };
        if family.value == Family::Ipv4 {
            let mut found = Diagnostic::error("native-ipv6", item.span, "native_ipv6 in an instance of IPv4")
                .effect("it has no effect, as with keepalived")
                .help("remove it, or the addresses of IPv4");
            if let Some(span) = family.span() {
                found = found.label(span, "this sets the family");
            }
            self.push(found);
        }
    }

    fn switch_word(&mut self, word: &str, item: &Item, switches: &mut Switches) -> bool {
        let place = match word {
            "strict_mode" => &mut switches.strict,
            "lower_prio_no_advert" => &mut switches.lower_prio_no_advert,
            "higher_prio_send_advert" => &mut switches.higher_prio_send_advert,
            "owner_ignore_adverts" => &mut switches.owner_ignore_adverts,
            "check_unicast_src" => &mut switches.check_unicast_src,
            "v3_checksum_as_v2" => &mut switches.v3_checksum_as_v2,
            "smtp_alert" => &mut switches.smtp_alert,
            "v2_interop" => &mut switches.v2_interop,
            "unicast_fault_no_peer" => {
                switches.unicast_fault_no_peer = Some(self.flag(item));
                return true;
            }
            "track_src_ip" => {
                switches.track_src_ip = Some(self.flag(item));
                return true;
            }
            "dont_track_primary" => {
                switches.dont_track_primary = Some(self.flag(item));
                return true;
            }
            "skip_check_adv_addr" => {
                // keepalived turns it on whatever the argument.
                if let Some(off) = self.switch(item).filter(|switch| !switch.value) {
                    let text = "skip_check_adv_addr is on whatever stands behind it";
                    let found =
                        Diagnostic::warning("always-on", off.span().unwrap_or(item.span), text).silent();
                    self.push(
                        found
                            .effect("it is on, as with keepalived")
                            .help("remove the line to have it off"),
                    );
                }
                switches.skip_check_adv_addr = Some(Sourced::line(true, item.span));
                return true;
            }
            _ => return false,
        };
        let read = self.switch(item);
        *place = read.or(*place);
        true
    }

    /// Words with a block.
    fn block_word(&mut self, word: &str, item: &Item, draft: &mut Draft) -> bool {
        match word {
            "authentication" => self.authentication(item, &mut draft.auth),
            "auth_hmac" => self.auth_hmac(item, &mut draft.hmac),
            "router_advertisements" => self.router_advertisements(item, draft),
            "virtual_ipaddress" => self.addresses(item, draft, true),
            "virtual_ipaddress_excluded" => self.addresses(item, draft, false),
            "virtual_routes" => {
                let routes = self.routes(item, &mut draft.missing);
                draft.routes.extend(routes);
            }
            "virtual_rules" => {
                let rules = self.rules(item, &mut draft.missing);
                draft.rules.extend(rules);
            }
            "unicast_peer" => self.peers(item, draft),
            "track_script" => draft.track_scripts.extend(self.tracks(item)),
            "track_interface" => draft.track_interfaces.extend(self.tracks(item)),
            "track_file" => draft.track_files.extend(self.tracked_numbers(item)),
            "track_process" => draft.track_processes.extend(self.tracked_numbers(item)),
            _ => return false,
        }
        true
    }

    /// Words with an address.
    fn address_word(&mut self, word: &str, item: &Item, draft: &mut Draft) -> bool {
        if !matches!(word, "unicast_src_ip" | "mcast_src_ip" | "mcast_dst_ip") {
            return false;
        }
        if word == "unicast_src_ip" {
            draft.unicast.get_or_insert(item.span);
        }
        let Some(address) = self.ip(item) else { return true };
        let family = draft.family.get_or_insert(address.map(Family::of));
        if family.value != Family::of(address.value) {
            let text = format!("{word} {} is of another family than the instance", address.value);
            let found = Diagnostic::error("address-family", item.span, text)
                .effect("it is ignored, as keepalived does")
                .help("use an address of the family of the others");
            self.push(found);
            return true;
        }
        if word == "mcast_dst_ip" && !address.value.is_multicast() {
            let text = format!("{} is no multicast group", address.value);
            let found = Diagnostic::error("bad-group", item.span, text)
                .effect("it is ignored, as keepalived does")
                .help("write a group, such as 224.0.0.18 or ff02::12, the same on every node");
            self.push(found);
            return true;
        }
        match word {
            "unicast_src_ip" => draft.unicast_src_ip = Some(address),
            "mcast_src_ip" => draft.mcast_src_ip = Some(address),
            _ => draft.mcast_dst_ip = Some(address),
        }
        true
    }

    fn instance_word(&mut self, word: &str, item: &Item, draft: &mut Draft) {
        match word {
            "state" => self.state(item, draft),
            "interface" => {
                let Some(name) = item.argument() else { return };
                self.surplus(item, 1);
                self.again(item, draft.interface.as_ref());
                draft.interface = self.interface(name).or(draft.interface.take());
            }
            "virtual_router_id" => {
                self.again(item, draft.virtual_router_id.as_ref());
                draft.virtual_router_id = self
                    .integer(item, Junk::Refused, 1, 255)
                    .map(byte)
                    .or(draft.virtual_router_id);
            }
            "priority" => {
                self.again(item, draft.priority.as_ref());
                // A wrong one is 100, even with `state MASTER`, as for keepalived.
                let read = self.integer(item, Junk::Refused, 1, 255).map(byte);
                draft.priority = Some(read.unwrap_or(Sourced::default(100)));
            }
            "advert_int" => {
                self.again(item, draft.advert_int.as_ref());
                let read = self.seconds(item, Junk::Refused, ADVERT_INT_MIN_US, ADVERT_INT_MAX_US);
                draft.advert_int = read.or(draft.advert_int);
            }
            "version" => {
                draft.version = self
                    .integer(item, Junk::Refused, 2, 3)
                    .map(version)
                    .or(draft.version)
            }
            "no_virtual_ipaddress" => draft.no_virtual_ipaddress = self.flag(item).value,
            "preempt" => draft.preempt = Some(self.flag(item)),
            "nopreempt" => draft.preempt = Some(self.flag(item).map(|_| false)),
            "preempt_delay" => {
                let read = self.seconds(item, Junk::Warned, 0, PREEMPT_DELAY_MAX_US);
                draft.preempt_delay = read.or(draft.preempt_delay);
            }
            "accept" => draft.accept = Some(self.flag(item)),
            "no_accept" => draft.accept = Some(self.flag(item).map(|_| false)),
            "unicast_ttl" => {
                draft.unicast_ttl = self
                    .integer(item, Junk::Refused, 0, 255)
                    .map(byte)
                    .or(draft.unicast_ttl)
            }
            "down_timer_adverts" => {
                let read = self.integer(item, Junk::Warned, 1, 100).map(byte);
                draft.down_timer_adverts = read.or(draft.down_timer_adverts);
            }
            "timer_expired_backup" | "thread_timer_expired" => {
                draft.timer_expired_backup = self.stall(item).or(draft.timer_expired_backup);
            }
            "old_unicast_checksum" => self.old_unicast_checksum(item, draft),
            _ => {}
        }
    }

    fn old_unicast_checksum(&mut self, item: &Item, draft: &mut Draft) {
        self.surplus(item, 1);
        draft.unicast.get_or_insert(item.span);
        let word = item.arguments().first();
        let value = if word.is_some_and(|word| word.is("never")) {
            OldUnicastChecksum::Never
        } else {
            OldUnicastChecksum::Always
        };
        if let Some(word) = word.filter(|word| !word.is("never")) {
            let text = format!(
                "only never may stand behind old_unicast_checksum; found {:?}",
                word.text()
            );
            let found = Diagnostic::error("bad-value", word.span, text);
            self.push(found.effect("the word is ignored").help("remove it"));
        }
        draft.old_unicast_checksum = Some(Sourced::line(value, item.span));
    }

    fn state(&mut self, item: &Item, draft: &mut Draft) {
        let Some(word) = item.argument() else { return };
        self.surplus(item, 1);
        let state = match word.bytes() {
            b"MASTER" => InitialState::Master,
            b"BACKUP" => InitialState::Backup,
            _ => {
                let text = format!("state is MASTER or BACKUP, in capitals; found {:?}", word.text());
                let found = Diagnostic::error("bad-state", word.span, text)
                    .effect("it is BACKUP, as with keepalived")
                    .help("the priority decides who is active; correct the word all the same");
                self.push(found);
                InitialState::Backup
            }
        };
        // MASTER wins if both are given.
        if draft
            .state
            .is_none_or(|before| before.value == InitialState::Backup)
        {
            draft.state = Some(Sourced::line(state, word.span));
        }
    }

    fn addresses(&mut self, block: &Item, draft: &mut Draft, advertised: bool) {
        for line in block.items() {
            if let Some(word) = line.arguments().iter().find(|word| word.is("track_group")) {
                let found =
                    Diagnostic::error("unknown-option", word.span, "track_group is for static addresses");
                self.push(
                    found
                        .effect("it is ignored, as keepalived does")
                        .help("remove it"),
                );
            }
            let address = match self.address_line(line) {
                None => continue,
                Some(Line::Good(address)) => *address,
                Some(Line::Lost(span)) => {
                    draft.lost_addresses.push(span);
                    continue;
                }
            };
            if advertised {
                self.advertised(address, draft);
            } else {
                draft.excluded.push(address);
            }
        }
    }

    fn advertised(&mut self, address: Address, draft: &mut Draft) {
        let own = Family::of(address.ip());
        let family = draft.family.get_or_insert(Sourced::line(own, address.span));
        if family.value == own {
            draft.addresses.push(address);
            return;
        }
        let text = format!("{} is of another family than the instance", address.ip());
        let mut found = Diagnostic::error("address-family", address.span, text)
            .effect("the address is left out, as keepalived does")
            .help("put it into virtual_ipaddress_excluded, or into an instance of its own");
        if let Some(span) = family.span() {
            found = found.label(span, "this sets the family");
        }
        self.push(found);
        draft.lost_addresses.push(address.span);
    }
}

impl DraftTrack {
    /// Weight 0, not reversed.
    pub(crate) const NO_WEIGHT: Sourced<Weight> = Sourced::default(Weight {
        value: 0,
        reverse: false,
    });
}
