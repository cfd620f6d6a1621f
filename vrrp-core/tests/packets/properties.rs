//! What holds for any octets, not only for those typed.

use std::net::IpAddr;

use proptest::collection::{hash_set, vec};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use vrrp_conformance::proves;
use vrrp_core::wire::{
    Advertisement, ChecksumForm, IpPacket, Local, Message, Received, Reject, difference, judge, verify,
};
use vrrp_core::{
    Authentication, Config, Family, Interval, Ipv4Checksum, Priority, Profile, Settings, Version, Vrid,
};

use crate::golden::{INTERFACE, Receiver, packets};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// An advertisement and the IP addresses that enclose it.
#[derive(Debug, Clone)]
struct Sent {
    version: Version,
    vrid: Vrid,
    priority: u8,
    interval: Interval,
    addresses: Vec<IpAddr>,
    authentication: Authentication,
    form: ChecksumForm,
    source: IpAddr,
}

impl Sent {
    fn family(&self) -> Family {
        Family::of(&self.source)
    }

    fn octets(&self) -> Vec<u8> {
        let advertisement = Advertisement {
            version: self.version,
            vrid: self.vrid,
            priority: self.priority,
            interval: self.interval,
            addresses: &self.addresses,
            authentication: self.authentication,
            form: self.form,
        };
        let mut octets = vec![0xa5; advertisement.encoded_len(self.family())];
        let length = advertisement
            .encode(self.source, self.family().group(), &mut octets)
            .unwrap();
        assert_eq!(length, octets.len());
        octets
    }

    /// A Backup configured as the sender, believing the sender's checksum form only.
    fn like_configured(&self) -> Config {
        let mut settings = Settings::new(Profile::Default, self.family(), self.vrid, INTERFACE);
        settings.version = self.version;
        settings.interval = self.interval;
        settings.addresses.clone_from(&self.addresses);
        settings.authentication = self.authentication;
        settings.ipv4_checksum = match self.form {
            ChecksumForm::Plain => Ipv4Checksum::Rfc9568,
            ChecksumForm::Pseudo => Ipv4Checksum::PseudoHeader,
        };
        settings.build().unwrap()
    }

    fn received<'a>(&self, octets: &'a [u8]) -> Received<'a> {
        Received {
            interface: Some(INTERFACE),
            source: self.source,
            destination: Some(self.family().group()),
            hop_limit: Some(255),
            message: octets,
        }
    }
}

/// An address that a router can have, in the family; in IPv6 link-local, so that nothing is odd about it.
fn host(family: Family) -> BoxedStrategy<IpAddr> {
    match family {
        Family::Ipv4 => (1_u8..=126, any::<[u8; 3]>())
            .prop_map(|(a, [b, c, d])| IpAddr::from([a, b, c, d]))
            .boxed(),
        Family::Ipv6 => any::<[u8; 8]>()
            .prop_map(|low| {
                let mut octets = [0; 16];
                octets[..2].copy_from_slice(&[0xfe, 0x80]);
                octets[8..].copy_from_slice(&low);
                IpAddr::from(octets)
            })
            .boxed(),
    }
}

fn sent() -> impl Strategy<Value = Sent> {
    let kinds = prop_oneof![
        Just((Version::V2, Family::Ipv4)),
        Just((Version::V3, Family::Ipv4)),
        Just((Version::V3, Family::Ipv6)),
    ];
    let kinds = kinds.prop_flat_map(|(version, family)| {
        let centiseconds = match version {
            Version::V2 => (1_u16..=255).prop_map(|seconds| seconds * 100).boxed(),
            Version::V3 => (1_u16..=4095).boxed(),
        };
        let authentication = match version {
            Version::V2 => prop_oneof![
                Just(Authentication::None),
                any::<[u8; 8]>().prop_map(Authentication::Password)
            ]
            .boxed(),
            Version::V3 => Just(Authentication::None).boxed(),
        };
        // The sender's address and the advertised ones, all different.
        let hosts = hash_set(host(family), 2..20);
        (Just(version), centiseconds, authentication, hosts)
    });
    let form = prop_oneof![Just(ChecksumForm::Plain), Just(ChecksumForm::Pseudo)];
    (kinds, 1_u8.., any::<u8>(), form).prop_map(
        |((version, centiseconds, authentication, hosts), vrid, priority, form)| {
            let mut addresses: Vec<IpAddr> = hosts.into_iter().collect();
            Sent {
                version,
                vrid: Vrid::new(vrid).unwrap(),
                priority,
                interval: Interval::from_centiseconds(centiseconds).unwrap(),
                source: addresses.remove(0),
                addresses,
                authentication,
                form,
            }
        },
    )
}

/// Every receiver of the golden packets in every profile.
fn receivers() -> Vec<Receiver> {
    let profiles = [Profile::Default, Profile::Rfc, Profile::Keepalived];
    let ids = ["G01", "G02", "G06", "G10", "G11", "G25", "G27", "W09", "W10"];
    let packets: Vec<_> = packets().filter(|packet| ids.contains(&packet.id())).collect();
    profiles
        .iter()
        .flat_map(|profile| packets.iter().map(|packet| packet.receiver(*profile)))
        .collect()
}

/// Either any octets, or a golden packet with a few octets changed and an end cut off.
fn near_packets() -> impl Strategy<Value = Vec<u8>> {
    let golden: Vec<Vec<u8>> = packets().map(|packet| packet.octets()).collect();
    let changed = (
        proptest::sample::select(golden),
        vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        0_usize..4,
    );
    let changed = changed.prop_map(|(mut octets, changes, cut)| {
        for (place, value) in changes {
            let place = place.index(octets.len());
            octets[place] = value;
        }
        octets.truncate(octets.len() - cut);
        octets
    });
    prop_oneof![vec(any::<u8>(), 0..80), changed]
}

fn any_address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<[u8; 16]>().prop_map(IpAddr::from),
        Just(Family::Ipv4.group()),
        Just(Family::Ipv6.group()),
        Just("192.0.2.1".parse().unwrap()),
        Just("192.0.2.2".parse().unwrap()),
        Just("fe80::1".parse().unwrap()),
    ]
}

proptest! {
    #![proptest_config(config())]

    /// V3-5.1-01, V2-5.1-01: what is written is read again, and believed by a router configured alike.
    #[test]
    fn what_is_written_is_read_and_believed(sent in sent()) {
        let octets = sent.octets();
        let message = Message::parse(&octets, sent.family()).unwrap();
        prop_assert_eq!(message.version(), sent.version);
        prop_assert_eq!(message.vrid(), sent.vrid.get());
        prop_assert_eq!(message.priority(), sent.priority);
        prop_assert_eq!(message.interval_centiseconds(), sent.interval.centiseconds());
        prop_assert_eq!(message.addresses().collect::<Vec<_>>(), sent.addresses.clone());

        let config = sent.like_configured();
        let local = Local { config: &config, primary: None };
        let heard = judge(&sent.received(&octets), Some(&local)).unwrap();
        prop_assert!(heard.warnings.is_empty(), "{:?}", heard.warnings);
        prop_assert_eq!((heard.source, heard.priority), (sent.source, sent.priority));
        prop_assert_eq!((heard.version, heard.interval), (sent.version, sent.interval));
        prop_assert_eq!(difference(&sent.received(&octets), &local), None);
        proves!("V3-5.1-01", "V2-5.1-01", Obeys);
    }

    /// V3-7.1-06: one changed bit is never believed (both zeros of the field need 16).
    #[test]
    fn one_changed_bit_is_refused(sent in sent(), bit in any::<prop::sample::Index>()) {
        let mut octets = sent.octets();
        let bit = bit.index(octets.len() * 8);
        octets[bit / 8] ^= 1 << (bit % 8);
        let config = sent.like_configured();
        let local = Local { config: &config, primary: None };
        prop_assert!(judge(&sent.received(&octets), Some(&local)).is_err());
        let verified = verify(&octets, sent.source, sent.family().group());
        let form = match (sent.version, sent.family()) {
            (Version::V2, _) => ChecksumForm::Plain,
            (Version::V3, Family::Ipv6) => ChecksumForm::Pseudo,
            (Version::V3, Family::Ipv4) => sent.form,
        };
        prop_assert!(!verified.holds(form));
        proves!("V3-7.1-06", "V2-7.1-04", Refuses);
    }

    /// PRJ-RX-02: one changed bit of an IPv4 header is refused by its checksum or earlier.
    #[test]
    fn one_changed_bit_of_an_ipv4_header_is_refused(bit in 0_usize..160) {
        let mut octets = crate::golden::packet("G06").octets();
        octets[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(IpPacket::parse(&octets).is_err());
        proves!("PRJ-RX-02", Refuses);
    }

    /// PRJ-RX-08: no octets make anything panic, whoever they are for.
    #[test]
    fn nothing_panics(octets in near_packets(), family in any::<bool>()) {
        let family = if family { Family::Ipv4 } else { Family::Ipv6 };
        let _ = Message::parse(&octets, family);
        let Ok(ip) = IpPacket::parse(&octets) else { return Ok(()) };
        let received = crate::golden::received(&ip);
        prop_assert!(judge(&received, None).is_err());
        for receiver in receivers() {
            let _ = judge(&received, Some(&receiver.local()));
            let _ = difference(&received, &receiver.local());
        }
        proves!("PRJ-RX-08", "SEC-11", Refuses);
    }

    /// SEC-01: without 255 nothing reaches a multicast router, and without the group neither.
    #[test]
    fn nothing_from_off_the_link_is_believed(
        message in near_packets(),
        source in any_address(),
        destination in proptest::option::of(any_address()),
        hop_limit in proptest::option::of(prop_oneof![Just(255), any::<u8>()]),
    ) {
        let received = Received { interface: Some(INTERFACE), source, destination, hop_limit, message: &message };
        for receiver in receivers() {
            let multicast = receiver.config.path == vrrp_core::Path::multicast(receiver.config.family);
            let verdict = judge(&received, Some(&receiver.local()));
            if multicast && hop_limit != Some(255) {
                prop_assert_eq!(verdict, Err(Reject::IpTtl));
            } else if multicast && destination != Some(Family::of(&source).group()) {
                prop_assert!(verdict.is_err());
            }
        }
        proves!("SEC-01", "V3-7.1-01", "V3-7.1-02", "V2-7.1-01", Refuses);
    }

    /// PRJ-RX-07: an advertisement that came back is refused, the owner's too.
    #[test]
    fn an_own_advertisement_is_refused(sent in sent(), owner in any::<bool>()) {
        let octets = sent.octets();
        let mut settings = sent.like_configured().settings().clone();
        if owner {
            settings.priority = Priority::OWNER;
        }
        let config = settings.build().unwrap();
        let local = Local { config: &config, primary: Some(sent.source) };
        prop_assert_eq!(judge(&sent.received(&octets), Some(&local)), Err(Reject::SourceSelf));
        proves!("PRJ-RX-07", Refuses);
    }
}
