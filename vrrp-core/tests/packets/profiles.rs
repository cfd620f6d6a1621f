//! Rules that depend on what the receiver is: unicast, checksum form, owner, interoperation, empty lists.

use std::net::{IpAddr, Ipv4Addr};

use vrrp_conformance::proves;
use vrrp_core::wire::{ChecksumForm, Local, Received, Reject, Warning, judge};
use vrrp_core::{
    ConfigError, Heard, Interval, Ipv4Checksum, Path, Peer, Priority, Profile, Settings, Version,
};

use crate::golden::{INTERFACE, on_link, settings, with_checksum};

const US: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9));
const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18));

/// One address, 1 s, priority 150, plain checksum.
fn version_3(vrid: u8) -> Vec<u8> {
    with_checksum(vec![0x31, vrid, 150, 1, 0, 100, 0, 0, 192, 0, 2, 254], &[])
}

fn version_2(vrid: u8, seconds: u8) -> Vec<u8> {
    let fixed = [0x21, vrid, 150, 1, 0, seconds, 0, 0, 192, 0, 2, 254];
    with_checksum([fixed.as_slice(), &[0; 8]].concat(), &[])
}

struct Case {
    settings: Settings,
    source: IpAddr,
    destination: Option<IpAddr>,
    hop_limit: Option<u8>,
    message: Vec<u8>,
}

impl Case {
    fn multicast(name: &str, profile: Profile, message: Vec<u8>) -> Self {
        Self {
            settings: settings(name, profile),
            source: PEER,
            destination: Some(GROUP),
            hop_limit: Some(255),
            message,
        }
    }

    fn unicast(profile: Profile, source: IpAddr, hop_limit: u8) -> Self {
        Self {
            source,
            destination: Some(US),
            hop_limit: Some(hop_limit),
            ..Self::multicast("r-v3-ip4-unicast", profile, version_3(56))
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn verdict(&self) -> Result<Heard, Reject> {
        let config = self.settings.clone().build().unwrap();
        let local = Local {
            config: &config,
            primary: Some(US),
        };
        let received = Received {
            interface: Some(INTERFACE),
            source: self.source,
            destination: self.destination,
            hop_limit: self.hop_limit,
            message: &self.message,
        };
        judge(&received, Some(&local))
    }

    fn warnings(&self) -> Result<Vec<Warning>, Reject> {
        self.verdict().map(|heard| heard.warnings.iter().collect())
    }
}

/// PRJ-RX-01, X-14: a listed peer on the link is believed; one further away only within its own range.
#[test]
fn unicast_hop_limits_are_those_of_the_peer() {
    let far = |min, max, found| {
        Case::unicast(Profile::Default, PEER, found).with(|case| {
            let peer = Peer {
                hop_limit_min: min,
                hop_limit_max: max,
                ..on_link(PEER)
            };
            case.settings.path = Path::Unicast {
                local: None,
                peers: [peer].into(),
            };
        })
    };
    assert_eq!(Case::unicast(Profile::Default, PEER, 255).warnings(), Ok(vec![]));
    assert_eq!(
        Case::unicast(Profile::Default, PEER, 254).warnings(),
        Err(Reject::IpTtl)
    );
    assert_eq!(far(250, 254, 249).warnings(), Err(Reject::IpTtl));
    assert_eq!(far(250, 254, 250).warnings(), Ok(vec![]));
    assert_eq!(far(250, 254, 254).warnings(), Ok(vec![]));
    assert_eq!(far(250, 254, 255).warnings(), Err(Reject::IpTtl));
    proves!("PRJ-RX-01", "X-14", "SEC-10", Obeys);
    proves!("X-14", "SEC-10", Refuses);
}

/// Part 0.1: keepalived accepts an unlisted unicast source with any TTL unless `check_unicast_src`; we warn.
#[test]
fn an_unlisted_unicast_source_is_refused_except_in_keepalived() {
    assert_eq!(
        Case::unicast(Profile::Default, STRANGER, 255).warnings(),
        Err(Reject::SourceInvalid)
    );
    assert_eq!(
        Case::unicast(Profile::Default, STRANGER, 64).warnings(),
        Err(Reject::IpTtl)
    );
    let lenient = Case::unicast(Profile::Keepalived, STRANGER, 64);
    assert_eq!(lenient.warnings(), Ok(vec![Warning::PeerNotListed]));
    let checked = lenient.with(|case| case.settings.check_unicast_source = true);
    assert_eq!(checked.warnings(), Err(Reject::IpTtl));
    let near = checked.with(|case| case.hop_limit = Some(255));
    assert_eq!(near.warnings(), Err(Reject::SourceInvalid));
    proves!("PRJ-RX-01", "X-14", Refuses);
}

/// PRJ-RX-01: a unicast router takes nothing from the group, and only what is for its own address.
#[test]
fn a_unicast_router_listens_to_its_own_address_only() {
    let to = |destination| {
        Case::unicast(Profile::Keepalived, PEER, 255).with(|case| case.destination = destination)
    };
    assert_eq!(to(Some(GROUP)).warnings(), Err(Reject::DestinationNotGroup));
    assert_eq!(to(Some(STRANGER)).warnings(), Err(Reject::DestinationNotGroup));
    let elsewhere = to(Some(STRANGER)).with(|case| {
        case.settings.path = Path::Unicast {
            local: Some(STRANGER),
            peers: [on_link(PEER)].into(),
        };
    });
    assert_eq!(elsewhere.warnings(), Ok(vec![]));
    // PRJ-RX-07: both the unicast address and the primary one are own.
    for own in [STRANGER, US] {
        let looped = Case::unicast(Profile::Keepalived, own, 255)
            .with(|case| case.settings.path = elsewhere.settings.path.clone())
            .with(|case| case.destination = Some(STRANGER));
        assert_eq!(looped.warnings(), Err(Reject::SourceSelf), "{own}");
    }
    proves!("PRJ-RX-01", Obeys);
    proves!("PRJ-RX-01", "PRJ-RX-07", Refuses);
}

/// V3-5.2.3-01: one number in both families names two routers.
#[test]
fn the_other_family_is_another_router() {
    let case = Case::multicast("r-v3-ip6", Profile::Default, version_3(61));
    assert_eq!(case.warnings(), Err(Reject::VridUnknown));
    proves!("V3-5.2.3-01", Refuses);
}

/// keepalived `mcast_dst_ip`: another group instead of the usual one.
#[test]
fn a_configured_group_replaces_the_usual_one() {
    let other: IpAddr = "224.0.0.118".parse().unwrap();
    let case = Case::multicast("r-v3-ip4", Profile::Keepalived, version_3(51))
        .with(|case| case.settings.path = Path::Multicast { group: other });
    assert_eq!(case.warnings(), Err(Reject::DestinationNotGroup));
    assert_eq!(
        case.with(|case| case.destination = Some(other)).warnings(),
        Ok(vec![])
    );
}

/// V3-7.1-02: what the socket did not tell counts as wrong, on every path.
#[test]
fn a_missing_hop_limit_or_destination_counts_as_wrong() {
    for case in [
        Case::multicast("r-v3-ip4", Profile::Default, version_3(51)),
        Case::unicast(Profile::Keepalived, STRANGER, 255),
    ] {
        let blind = case.with(|case| case.hop_limit = None);
        assert_eq!(blind.warnings(), Err(Reject::IpTtl));
        let lost = blind.with(|case| (case.hop_limit, case.destination) = (Some(255), None));
        assert_eq!(lost.warnings(), Err(Reject::DestinationNotGroup));
    }
    proves!("V3-7.1-01", "V3-7.1-02", Refuses);
}

/// PRJ-RX-07: sources nobody can have.
#[test]
fn unusable_sources_are_refused() {
    for source in ["0.0.0.0", "127.0.0.1", "224.0.0.18", "255.255.255.255"] {
        let case = Case::multicast("r-v3-ip4", Profile::Default, version_3(51))
            .with(|case| case.source = source.parse().unwrap());
        assert_eq!(case.warnings(), Err(Reject::SourceInvalid), "{source}");
    }
    proves!("PRJ-RX-07", Refuses);
}

/// PRJ-CK-01: `rfc9568` and `pseudo-header` take one form each, `auto` both and tells which.
#[test]
fn the_configured_checksum_form_decides() {
    let pseudo_header = [192, 0, 2, 1, 224, 0, 0, 18, 0, 112, 0, 12];
    let pseudo = with_checksum(version_3(51), &pseudo_header);
    let verdict = |message: &[u8], form| {
        let case = Case::multicast("r-v3-ip4", Profile::Default, message.to_vec());
        case.with(|case| case.settings.ipv4_checksum = form)
            .verdict()
            .map(|heard| heard.checksum)
    };
    let plain = version_3(51);
    assert_eq!(verdict(&plain, Ipv4Checksum::Auto), Ok(Some(ChecksumForm::Plain)));
    assert_eq!(
        verdict(&plain, Ipv4Checksum::Rfc9568),
        Ok(Some(ChecksumForm::Plain))
    );
    assert_eq!(verdict(&plain, Ipv4Checksum::PseudoHeader), Err(Reject::Checksum));
    assert_eq!(
        verdict(&pseudo, Ipv4Checksum::Auto),
        Ok(Some(ChecksumForm::Pseudo))
    );
    assert_eq!(
        verdict(&pseudo, Ipv4Checksum::PseudoHeader),
        Ok(Some(ChecksumForm::Pseudo))
    );
    assert_eq!(verdict(&pseudo, Ipv4Checksum::Rfc9568), Err(Reject::Checksum));
    proves!("PRJ-CK-01", Obeys);
    proves!("PRJ-CK-01", Refuses);
}

/// PRJ-CK-01: where the pseudo-header sums to 0xffff both forms are the same, and the message tells nothing.
#[test]
fn a_message_right_in_both_forms_tells_no_form() {
    // 224.0 + 0.18 + 112 + 12 is 0xe08e; the source has the rest to 0xffff, 31.113.
    let case = Case::multicast("r-v3-ip4", Profile::Default, version_3(51))
        .with(|case| case.source = "0.0.31.113".parse().unwrap());
    assert_eq!(case.verdict().map(|heard| heard.checksum), Ok(None));
    proves!("PRJ-CK-01", Obeys);
}

/// V3-7.1-13, V2-7.1-06, keepalived `owner_ignore_adverts`.
#[test]
fn an_owner_hears_rivals_unless_told_otherwise() {
    let owner = |profile| {
        Case::multicast("r-v3-ip4", profile, version_3(51))
            .with(|case| case.settings.priority = Priority::OWNER)
    };
    for profile in [Profile::Default, Profile::Rfc, Profile::Keepalived] {
        assert_eq!(
            owner(profile).warnings(),
            Ok(vec![Warning::OwnerConflict]),
            "{profile:?}"
        );
    }
    let deaf = owner(Profile::Keepalived).with(|case| case.settings.owner_ignores = true);
    assert_eq!(deaf.warnings(), Err(Reject::OwnerConflict));
    let deaf_backup = deaf.with(|case| case.settings.priority = Priority::DEFAULT);
    assert_eq!(deaf_backup.warnings(), Ok(vec![]), "only an owner is deaf");
    proves!("V3-7.1-13", Obeys);
}

/// V3-8.4.2-01, V3-8.4.2-02, V3-8.4.2-04, PRJ-IOP-02: seconds times 100, up to 25 500, a difference is a warning.
#[test]
fn interoperation_follows_the_rate_of_version_2() {
    let interop = |seconds| Case::multicast("r-v3-ip4-interop", Profile::Rfc, version_2(55, seconds));
    let heard = interop(255).verdict().unwrap();
    assert_eq!(heard.version, Version::V2);
    assert_eq!(Some(heard.interval), Interval::from_centiseconds(25_500));
    assert_eq!(interop(255).warnings(), Ok(vec![Warning::IntervalMismatch]));
    assert_eq!(interop(1).warnings(), Ok(vec![]));
    assert_eq!(
        interop(0).warnings(),
        Err(Reject::IntervalMismatch),
        "no rate to follow"
    );
    let without = interop(1).with(|case| case.settings.v2_interop = false);
    assert_eq!(without.warnings(), Err(Reject::Version));
    // Authentication type must be 0.
    let password = interop(1).with(|case| {
        case.message[4] = 1;
        case.message = with_checksum(case.message.clone(), &[]);
    });
    assert_eq!(password.warnings(), Err(Reject::AuthTypeMismatch));
    // Both versions are heard.
    let version_3 = interop(1).with(|case| case.message = version_3(55));
    assert_eq!(version_3.warnings(), Ok(vec![]));
    proves!("V3-8.4.2-01", "V3-8.4.2-04", "PRJ-IOP-02", Obeys);
    proves!("V3-8.4.2-02", Refuses);
}

/// PRJ-ADDR-01 against erratum 8299: routers without an advertised address send count 0 and must hear each other.
#[test]
fn count_zero_is_heard_by_a_router_that_sends_it() {
    let none = with_checksum(vec![0x31, 51, 150, 0, 0, 100, 0, 0], &[]);
    let case = Case::multicast("r-v3-ip4", Profile::Keepalived, none);
    assert_eq!(case.warnings(), Err(Reject::CountZero));
    let none_here = case.with(|case| case.settings.addresses.clear());
    assert_eq!(none_here.warnings(), Ok(vec![]));
    // The erratum stands where nothing goes beyond the RFC: such a router cannot even be asked for.
    let mut rfc = settings("r-v3-ip4", Profile::Rfc);
    rfc.addresses.clear();
    rfc.allow_no_address = true;
    assert_eq!(
        rfc.build(),
        Err(ConfigError::BeyondRfc {
            setting: "allow_no_address"
        })
    );
    proves!("V3-5.2.5-01", "V3-7.1-08", Refuses);
}

/// V2-7.1-08: the same addresses in another order are the same addresses, even by RFC 3768.
#[test]
fn another_order_is_no_other_list() {
    let reversed = with_checksum(
        [
            [0x21, 12, 150, 3, 0, 1, 0, 0].as_slice(),
            &[192, 0, 2, 254, 192, 0, 2, 253, 192, 0, 2, 252],
            &[0; 8],
        ]
        .concat(),
        &[],
    );
    for profile in [Profile::Default, Profile::Rfc] {
        let case = Case::multicast("r-v2-three", profile, reversed.clone());
        assert_eq!(
            case.warnings(),
            Ok(vec![Warning::AddressListOrder]),
            "{profile:?}"
        );
        // One address twice is as long as ours, and not ours.
        let twice = case.with(|case| {
            case.message[11] = 253;
            case.message = with_checksum(case.message.clone(), &[]);
        });
        let other = match profile {
            Profile::Rfc => Err(Reject::AddressListMismatch),
            Profile::Default | Profile::Keepalived => Ok(vec![Warning::AddressListMismatch]),
        };
        assert_eq!(twice.warnings(), other, "{profile:?}");
    }
    proves!("V2-7.1-08", Obeys);
    proves!("V2-7.1-08", Refuses);
}
