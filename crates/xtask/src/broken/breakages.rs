//! One deliberate fault a section: an expression of the core, and a wrong one in its place.

/// A fault that tests of its section must find.
#[derive(Debug)]
pub(super) struct Breakage {
    /// RFC and section, as the table of requirements names its sources.
    pub(super) section: &'static str,
    /// What the broken core does.
    pub(super) what: &'static str,
    /// In vrrp-core/src.
    pub(super) file: &'static str,
    /// What stands around the expression, `{}` in its place; found exactly once.
    pub(super) place: &'static str,
    pub(super) sound: &'static str,
    pub(super) broken: &'static str,
}

/// Functions that cannot ask at run time as long as they are `const`.
pub(super) const NOT_CONST: [(&str, &str); 3] = [
    ("priority.rs", "pub const fn skew_nanos"),
    ("priority.rs", "pub const fn active_down_nanos"),
    ("id.rs", "pub const fn virtual_mac"),
];

macro_rules! breakages {
    ($($section:literal, $what:literal, $file:literal: $place:literal, $sound:literal => $broken:literal;)*) => {
        &[$(Breakage {
            section: $section,
            what: $what,
            file: $file,
            place: $place,
            sound: $sound,
            broken: $broken,
        }),*]
    };
}

pub(super) const BREAKAGES: &[Breakage] = breakages! {
    "9568 2.5", "an own advertisement may be late by a whole interval unnoticed",
        "machine/active.rs": "{}", "late_nanos > interval / 2" => "late_nanos > interval";
    "9568 5.2.1", "any version is read",
        "wire/receive.rs": "&& {}", "!local.runs(version)" => "false";
    "9568 5.2.5", "an advertisement without an address is believed",
        "wire/receive.rs": "if {} {", "message.count() == 0 && !none_here" => "false";
    "9568 5.2.6", "Reserve is taken for a part of the interval",
        "wire/packet.rs": "[{}, low]", "high & 0x0f" => "high";
    "9568 5.2.7", "an interval of more than 12 bits is sent",
        "wire/advertisement.rs": "if {} =>", "self.interval.fits_version_3()" => "true";
    "9568 5.2.8", "no pseudo-header in IPv6",
        "wire/advertisement.rs": "(Version::V3, Family::Ipv6) => {},", "ChecksumForm::Pseudo" => "ChecksumForm::Plain";
    "9568 5.2.9", "addresses of both families in one packet",
        "wire/advertisement.rs": "if {} {", "Family::of(address) != family" => "false";
    "9568 6.1", "Skew_Time counts from 255",
        "priority.rs": "= {}.saturating_sub", "256_u64" => "255_u64";
    "9568 6.4.1", "an owner waits in Backup",
        "machine/initialize.rs": "if {} {", "self.priority().is_owner()" => "false";
    "9568 6.4.2", "an equal priority is a lower one",
        "machine/backup.rs": "|| {} {", "heard.priority >= self.priority().get()" => "heard.priority > self.priority().get()";
    "9568 6.4.3", "of equal priorities the lower address wins",
        "machine/mod.rs": "|own| {})", "source > own" => "source < own";
    "9568 7.1", "any TTL is believed",
        "wire/receive.rs": "|limit| {})", "sender.hop_limits().contains(&limit)" => "true";
    "9568 7.2", "every packet is of VRID 1",
        "wire/advertisement.rs": "{},", "self.vrid.get()" => "1";
    "9568 7.3", "another block of virtual MAC addresses",
        "id.rs": "{}", "[0x00, 0x00, 0x5e, 0x00, family, vrid.get()]" => "[0x00, 0x00, 0x5e, 0x01, family, vrid.get()]";
    "9568 8.3.2", "a router with our priority is reported each time",
        "machine/active.rs": "is_new = {};", "self.same_priority != Some(heard.source)" => "true";
    "9568 8.4.2", "copies in version 2 count beside version 3",
        "machine/backup.rs": "{} &&", "source == heard.source" => "false";
    "3768 5.3.6", "any authentication is believed",
        "wire/receive.rs": "{}?", "auth::check(kind, data, &local.config.authentication)" => "Ok::<(), Reject>(())";
    "3768 5.3.7", "seconds are tenths",
        "wire/packet.rs": "Version::V2 => {},", "u16::from(low).saturating_mul(100)" => "u16::from(low).saturating_mul(10)";
    "3768 5.3.8", "a pseudo-header in version 2",
        "wire/advertisement.rs": "(Version::V2, _) => {},", "ChecksumForm::Plain" => "ChecksumForm::Pseudo";
    "3768 6.1", "Skew_Time grows with the interval",
        "priority.rs": "Version::V2 => {},", "steps.saturating_mul(3_906_250)"
            => "steps.saturating_mul(39_062).saturating_mul(interval.centiseconds() as u64)";
    "3768 6.4.2", "a version 2 Backup learns the interval",
        "machine/backup.rs": "Version::V2 => {},", "self.config.interval" => "heard.interval";
    "3768 6.4.3", "a version 2 Master answers a weaker one",
        "machine/active.rs": "let answers = {};", "self.config.answer_lower && !rfc_3768" => "self.config.answer_lower";
    "3768 7.1", "another interval is believed",
        "wire/receive.rs": "if {} {", "version_2 && local.config.version == Version::V2" => "false";
};
