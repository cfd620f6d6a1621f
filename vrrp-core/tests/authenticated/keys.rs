//! HM-11, HM-13: keys that cannot be are an error, and none is ever printed.

use vrrp_conformance::proves;
use vrrp_core::{AuthHmac, Authentication, ConfigError, HmacKey, Profile, Settings};

use crate::golden::settings;

fn with(change: impl FnOnce(&mut Settings)) -> Result<(), ConfigError> {
    let mut settings = settings("v3-ip4-node-b");
    change(&mut settings);
    settings.build().map(|_| ())
}

fn auth(settings: &mut Settings) -> &mut AuthHmac {
    settings.auth_hmac.as_mut().unwrap()
}

/// HM-11: 32 to 64 octets, id 1 to 255.
#[test]
fn hm_11_obeys_the_lengths_and_ids_of_keys() {
    for length in [32, 33, 63, 64] {
        assert!(HmacKey::new(255, &vec![1; length]).is_ok(), "{length}");
    }
    for found in [0, 1, 31, 65, 100] {
        let error = HmacKey::new(3, &vec![1; found]).unwrap_err();
        assert_eq!(error, ConfigError::HmacKeyLength { id: 3, found });
        assert_eq!(
            error.to_string(),
            format!("key 3 of auth_hmac has {found} octets; 32 to 64 are possible")
        );
    }
    assert_eq!(HmacKey::new(0, &[1; 32]), Err(ConfigError::HmacKeyId));
    proves!("HM-11", Obeys);
}

/// HM-11: keepalived would run on unsigned; here nothing starts.
#[test]
fn hm_11_refuses_what_keepalived_runs_unsigned_with() {
    assert_eq!(with(|_| {}), Ok(()));
    assert_eq!(
        with(|s| auth(s).active_key = 9),
        Err(ConfigError::HmacActiveKey { id: 9 })
    );
    assert_eq!(
        with(|s| auth(s).active_key = 0),
        Err(ConfigError::HmacActiveKey { id: 0 })
    );
    assert_eq!(
        with(|s| auth(s).keys.clear()),
        Err(ConfigError::HmacActiveKey { id: 1 })
    );
    assert_eq!(
        with(|s| auth(s).keys.push(HmacKey::new(1, &[9; 40]).unwrap())),
        Err(ConfigError::HmacKeyTwice { id: 1 })
    );
    assert_eq!(
        with(|s| {
            s.version = vrrp_core::Version::V2;
            s.authentication = Authentication::password(b"secret").unwrap();
        }),
        Err(ConfigError::HmacWithPassword)
    );
    assert_eq!(
        with(|s| {
            let keys = s.auth_hmac.take();
            *s = Settings::new(Profile::Rfc, s.family, s.vrid, vrrp_core::InterfaceId(2));
            s.addresses.push("198.51.100.51".parse().unwrap());
            s.auth_hmac = keys;
        }),
        Err(ConfigError::BeyondRfc { setting: "auth_hmac" })
    );
    for seconds in [0, 301] {
        assert_eq!(
            with(|s| auth(s).window_seconds = Some(seconds)),
            Err(ConfigError::OutOfRange {
                setting: "auth_hmac.window_seconds"
            })
        );
    }
    for seconds in [1, 300] {
        assert_eq!(with(|s| auth(s).window_seconds = Some(seconds)), Ok(()));
    }
    proves!("HM-11", Refuses);
}

/// HM-13: not in what is printed, not in errors.
#[test]
fn hm_13_refuses_to_print_a_key() {
    let secret = b"this must never be seen anywhere";
    let mut settings = settings("v3-ip4-node-b");
    settings.auth_hmac = Some(AuthHmac::new(vec![HmacKey::new(7, secret).unwrap()], 7));
    let config = settings.clone().build().unwrap();
    let router = vrrp_core::VirtualRouter::new(config.clone());
    let numbers = format!("{secret:?}");
    let numbers = numbers.trim_matches(['[', ']']);
    for printed in [
        format!("{settings:?}"),
        format!("{config:#?}"),
        format!("{router:?}"),
        format!("{:?}", router.snapshot()),
    ] {
        assert!(!printed.contains("this must"), "{printed}");
        assert!(!printed.contains(numbers), "{printed}");
    }
    assert!(format!("{settings:?}").contains("HmacKey(7, redacted)"));
    proves!("HM-13", Refuses);
}
