//! What a router was asked to be, as fields; its secrets are not among them.

use std::fmt;
use std::net::IpAddr;

use vrrp_core::{
    Announcements, AntiReplay, AuthHmac, Authentication, Family, Health, HmacMode, InterfaceId, Interval,
    Ipv4Checksum, Path, Peer, Priority, Profile, Settings, Tracker, Version, Vrid, Weight,
};

use crate::fields::{Fields, flag, list, number, option};
use crate::input;

/// Settings as they are written.
pub(crate) struct Written<'a>(pub(crate) &'a Settings);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every field by name: a new one cannot be forgotten here.
        let Settings {
            profile,
            version,
            vrid,
            family,
            interface,
            path,
            priority,
            interval,
            preempt,
            preempt_delay_nanos,
            accept,
            addresses,
            held_only,
            allow_no_address,
            authentication,
            auth_hmac,
            ipv4_checksum,
            v2_interop,
            announcements,
            hold,
            down_adverts,
            answer_lower,
            advert_before_yield,
            hurry_after_fall,
            step_back_when_stalled,
            check_unicast_source,
            owner_ignores,
            start_delay_nanos,
            slack,
            trackers,
        } = self.0;
        write!(f, "profile={} version={version}", profile_word(*profile))?;
        write!(f, " vrid={vrid} family={} interface=", family_word(*family))?;
        match interface {
            Some(interface) => write!(f, "{}", interface.0)?,
            None => f.write_str("-")?,
        }
        write!(f, " path={} priority={priority}", PathWord(path))?;
        write!(f, " interval_cs={}", interval.centiseconds())?;
        write!(f, " preempt_delay_ns={preempt_delay_nanos}")?;
        write!(f, " start_delay_ns={start_delay_nanos}")?;
        write!(f, " down_adverts={down_adverts}")?;
        write!(f, " addresses={}", Listed(addresses, write_ip))?;
        write!(f, " held_only={}", Listed(held_only, write_ip))?;
        write_secrets(f, *authentication, auth_hmac.as_ref())?;
        write!(f, " ipv4_checksum={}", checksum_word(*ipv4_checksum))?;
        write!(f, " announcements={}", Rounds(*announcements))?;
        write_flags(
            f,
            [
                ("preempt", preempt),
                ("accept", accept),
                ("allow_no_address", allow_no_address),
                ("v2_interop", v2_interop),
                ("hold", hold),
                ("answer_lower", answer_lower),
                ("advert_before_yield", advert_before_yield),
                ("hurry_after_fall", hurry_after_fall),
                ("step_back_when_stalled", step_back_when_stalled),
                ("check_unicast_source", check_unicast_source),
                ("owner_ignores", owner_ignores),
                ("slack", slack),
            ],
        )?;
        write!(f, " trackers={}", Listed(trackers, write_tracker))
    }
}

fn write_flags<const N: usize>(f: &mut fmt::Formatter<'_>, flags: [(&str, &bool); N]) -> fmt::Result {
    let mut flags = flags.into_iter();
    flags.try_for_each(|(key, flag)| write!(f, " {key}={}", if *flag { "yes" } else { "no" }))
}

/// That there is a secret is told, and what it is asked for; never the secret.
fn write_secrets(
    f: &mut fmt::Formatter<'_>,
    authentication: Authentication,
    auth_hmac: Option<&AuthHmac>,
) -> fmt::Result {
    f.write_str(match authentication {
        Authentication::None => " authentication=none auth_hmac=",
        Authentication::Password(_) => " authentication=password auth_hmac=",
    })?;
    match auth_hmac {
        Some(hmac) => write_hmac(f, hmac),
        None => f.write_str("-"),
    }
}

/// Reads settings; what is not there is as the profile has it. Secrets are not: such a router is believed to have judged
/// its packets already.
pub(crate) fn read(fields: &mut Fields<'_>) -> Result<Settings, String> {
    let profile = fields.must("profile", profile)?;
    let family = fields.must("family", family)?;
    let vrid = fields.must("vrid", |word| Vrid::new(number(word)?))?;
    let mut s = Settings::new(profile, family, vrid, InterfaceId(0));
    let ip = number::<IpAddr>;
    fields.put("version", &mut s.version, version)?;
    fields.put("interface", &mut s.interface, |word| {
        option(word, |word| number(word).map(InterfaceId))
    })?;
    fields.put("path", &mut s.path, path)?;
    fields.put("priority", &mut s.priority, |word| Priority::new(number(word)?))?;
    fields.put("interval_cs", &mut s.interval, |word| {
        Interval::from_centiseconds(number(word)?)
    })?;
    fields.put("preempt", &mut s.preempt, flag)?;
    fields.put("preempt_delay_ns", &mut s.preempt_delay_nanos, number)?;
    fields.put("accept", &mut s.accept, flag)?;
    fields.put("addresses", &mut s.addresses, |word| list(word, ip))?;
    fields.put("held_only", &mut s.held_only, |word| list(word, ip))?;
    fields.put("allow_no_address", &mut s.allow_no_address, flag)?;
    let _secret = fields.take("authentication");
    let _secret = fields.take("auth_hmac");
    fields.put("ipv4_checksum", &mut s.ipv4_checksum, checksum)?;
    fields.put("v2_interop", &mut s.v2_interop, flag)?;
    fields.put("announcements", &mut s.announcements, rounds)?;
    fields.put("hold", &mut s.hold, flag)?;
    fields.put("down_adverts", &mut s.down_adverts, number)?;
    fields.put("answer_lower", &mut s.answer_lower, flag)?;
    fields.put("advert_before_yield", &mut s.advert_before_yield, flag)?;
    fields.put("hurry_after_fall", &mut s.hurry_after_fall, flag)?;
    fields.put("step_back_when_stalled", &mut s.step_back_when_stalled, flag)?;
    fields.put("check_unicast_source", &mut s.check_unicast_source, flag)?;
    fields.put("owner_ignores", &mut s.owner_ignores, flag)?;
    fields.put("start_delay_ns", &mut s.start_delay_nanos, number)?;
    fields.put("slack", &mut s.slack, flag)?;
    fields.put("trackers", &mut s.trackers, |word| list(word, tracker))?;
    Ok(s)
}

/// The words of a closed list, in both directions.
macro_rules! words {
    ($write:ident, $read:ident, $type:ty: $($variant:path = $word:literal),+ $(,)?) => {
        const fn $write(value: $type) -> &'static str {
            match value { $($variant => $word),+ }
        }

        fn $read(word: &str) -> Option<$type> {
            match word { $($word => Some($variant),)+ _ => None }
        }
    };
}

words!(profile_word, profile, Profile:
    Profile::Default = "default", Profile::Rfc = "rfc", Profile::Keepalived = "keepalived");
words!(family_word, family, Family: Family::Ipv4 = "ipv4", Family::Ipv6 = "ipv6");
words!(checksum_word, checksum, Ipv4Checksum:
    Ipv4Checksum::Rfc9568 = "plain", Ipv4Checksum::PseudoHeader = "pseudo", Ipv4Checksum::Auto = "auto");

pub(crate) fn version(word: &str) -> Option<Version> {
    match word {
        "2" => Some(Version::V2),
        "3" => Some(Version::V3),
        _ => None,
    }
}

/// For people: the replay reads none of it.
fn write_hmac(f: &mut fmt::Formatter<'_>, hmac: &AuthHmac) -> fmt::Result {
    let mode = match hmac.mode {
        HmacMode::Enforce => "enforce",
        HmacMode::Permissive => "permissive",
        HmacMode::ReceiveOnly => "receive-only",
    };
    let replay = match hmac.anti_replay {
        AntiReplay::Time => "time",
        AntiReplay::Monotonic => "monotonic",
    };
    write!(f, "{mode},{replay},active-key-{}", hmac.active_key)?;
    hmac.keys
        .iter()
        .try_for_each(|key| write!(f, ",key-{}", key.id()))
}

fn write_ip(ip: &IpAddr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{ip}")
}

struct Listed<'a, T, W>(&'a [T], W);

impl<T, W: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Listed<'_, T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("-");
        }
        for (place, item) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            (self.1)(item, f)?;
        }
        Ok(())
    }
}

/// `multicast:GROUP`, or `unicast:LOCAL:PEER/MIN/MAX,…` with the colons of IPv6 in brackets.
struct PathWord<'a>(&'a Path);

impl fmt::Display for PathWord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Path::Multicast { group } => write!(f, "multicast@{group}"),
            Path::Unicast { local, peers } => {
                f.write_str("unicast@")?;
                match local {
                    Some(local) => write!(f, "{local}@")?,
                    None => f.write_str("-@")?,
                }
                let peer = |peer: &Peer, f: &mut fmt::Formatter<'_>| {
                    write!(
                        f,
                        "{}/{}/{}",
                        peer.address, peer.hop_limit_min, peer.hop_limit_max
                    )
                };
                write!(f, "{}", Listed(peers, peer))
            }
        }
    }
}

fn path(word: &str) -> Option<Path> {
    let mut parts = word.split('@');
    let path = match parts.next()? {
        "multicast" => Path::Multicast {
            group: number(parts.next()?)?,
        },
        "unicast" => Path::Unicast {
            local: option(parts.next()?, number)?,
            peers: list(parts.next()?, peer)?.into(),
        },
        _ => return None,
    };
    parts.next().is_none().then_some(path)
}

fn peer(word: &str) -> Option<Peer> {
    let mut parts = word.split('/');
    let peer = Peer {
        address: number(parts.next()?)?,
        hop_limit_min: number(parts.next()?)?,
        hop_limit_max: number(parts.next()?)?,
    };
    parts.next().is_none().then_some(peer)
}

/// `AT_ONCE/ROUNDSxREPEAT@NANOS/REFRESH@NANOS/RIVAL@NANOS`, and `/NANOS` where one more copy settles it.
struct Rounds(Announcements);

impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Announcements {
            at_once,
            later_rounds,
            later_after_nanos,
            later_repeat,
            refresh_every_nanos,
            refresh_repeat,
            rival_repeat,
            rival_again_nanos,
            settle_after_nanos,
        } = self.0;
        write!(f, "{at_once}/{later_rounds}/{later_repeat}@{later_after_nanos}")?;
        write!(
            f,
            "/{refresh_repeat}@{refresh_every_nanos}/{rival_repeat}@{rival_again_nanos}"
        )?;
        if settle_after_nanos > 0 {
            write!(f, "/{settle_after_nanos}")?;
        }
        Ok(())
    }
}

fn rounds(word: &str) -> Option<Announcements> {
    let timed = |word: &str| {
        let (repeat, nanos) = word.split_once('@')?;
        Some((number(repeat)?, number(nanos)?))
    };
    let mut parts = word.split('/');
    let at_once = number(parts.next()?)?;
    let later_rounds = number(parts.next()?)?;
    let (later_repeat, later_after_nanos) = timed(parts.next()?)?;
    let (refresh_repeat, refresh_every_nanos) = timed(parts.next()?)?;
    let (rival_repeat, rival_again_nanos) = timed(parts.next()?)?;
    let settle_after_nanos = parts.next().map_or(Some(0), number)?;
    parts.next().is_none().then_some(Announcements {
        at_once,
        later_rounds,
        later_after_nanos,
        later_repeat,
        refresh_every_nanos,
        refresh_repeat,
        rival_repeat,
        rival_again_nanos,
        settle_after_nanos,
    })
}

/// `gate:HEALTH` or `WEIGHT:HEALTH`, `~` before it where it is reversed.
fn write_tracker(tracker: &Tracker, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match tracker.weight {
        Weight::Gate { reverse } => write!(f, "{}gate", if reverse { "~" } else { "" })?,
        Weight::Adjust { value, reverse } => write!(f, "{}{value}", if reverse { "~" } else { "" })?,
    }
    write!(f, ":{}", input::health_word(tracker.initial))
}

fn tracker(word: &str) -> Option<Tracker> {
    let (weight, initial) = word.split_once(':')?;
    let (reverse, weight) = match weight.strip_prefix('~') {
        Some(weight) => (true, weight),
        None => (false, weight),
    };
    let weight = match weight {
        "gate" => Weight::Gate { reverse },
        value => Weight::Adjust {
            value: number(value)?,
            reverse,
        },
    };
    let initial: Health = input::health(initial)?;
    Some(Tracker { weight, initial })
}
