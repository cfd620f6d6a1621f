//! Any octets as a VRRP message whose checksum is mended, so that the checks behind it are reached (PRJ-RX-08).

use vrrp_core::wire::{Local, Received, difference, judge};
use vrrp_core::{Family, InterfaceId, Priority, Profile, Settings, Version, Vrid};

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn message(bytes: &[u8]) {
    let mut message = bytes.to_vec();
    let Some(field) = message.get_mut(6..8) else {
        return;
    };
    field.fill(0);
    let weights = [256, 1].into_iter().cycle();
    let sum: u64 = message
        .iter()
        .zip(weights)
        .map(|(octet, weight)| u64::from(*octet) * weight)
        .sum();
    message[6..8].copy_from_slice(&(0xffff - sum % 0xffff).to_be_bytes()[6..]);
    let received = Received {
        interface: None,
        source: [192, 0, 2, 1].into(),
        destination: Some(Family::Ipv4.group()),
        hop_limit: Some(255),
        message: &message,
    };
    let Some(vrid) = Vrid::new(message[1]) else { return };
    for profile in [Profile::Default, Profile::Rfc, Profile::Keepalived] {
        for priority in [Priority::DEFAULT, Priority::OWNER] {
            let mut settings = Settings::new(profile, Family::Ipv4, vrid, InterfaceId(2));
            settings.addresses.push([192, 0, 2, 254].into());
            (settings.priority, settings.v2_interop) = (priority, settings.version == Version::V3);
            let config = settings.build().unwrap();
            let (config, primary) = (&config, None);
            let heard = judge(&received, Some(&Local { config, primary }));
            assert!(heard.is_err() || matches!(message[0], 0x21 | 0x31));
            let _said = difference(&received, &Local { config, primary }).map(|found| found.to_string());
        }
    }
}
