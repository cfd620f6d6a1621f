//! Any octets as a packet with its IP header: nothing panics, whoever it is for (PRJ-RX-08).

use std::net::Ipv6Addr;

use vrrp_core::wire::{IpPacket, Local, Message, Received, difference, judge};
use vrrp_core::{Family, InterfaceId, Profile, Settings, Vrid};

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn decode(bytes: &[u8]) {
    let Ok(ip) = IpPacket::parse(bytes) else { return };
    let received = Received {
        interface: None,
        source: ip.source,
        destination: Some(ip.destination),
        hop_limit: Some(ip.hop_limit),
        message: ip.payload,
    };
    assert!(judge(&received, None).is_err());
    let vrid = Message::peek_vrid(ip.payload).and_then(Vrid::new);
    for profile in [Profile::Default, Profile::Rfc, Profile::Keepalived] {
        let Some(vrid) = vrid else { return };
        let mut settings = Settings::new(profile, ip.family(), vrid, InterfaceId(2));
        settings.addresses.push(match ip.family() {
            Family::Ipv4 => [192, 0, 2, 254].into(),
            Family::Ipv6 => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0xfe).into(),
        });
        let config = settings.build().unwrap();
        let (config, primary) = (&config, None);
        let heard = judge(&received, Some(&Local { config, primary }));
        assert!(heard.is_err() || ip.hop_limit == 255);
        let _said = difference(&received, &Local { config, primary }).map(|found| found.to_string());
    }
}
