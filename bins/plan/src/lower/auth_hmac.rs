//! `auth_hmac` as the core takes it. The parser has put in what strict mode leaves, and drops what could run unsigned;
//! the core checks once more.

use keepalived_conf::{AntiReplay, AuthHmac, HmacMode};
use vrrp_core::{ConfigError, HmacKey};

pub(super) fn auth_hmac(file: &AuthHmac) -> Result<vrrp_core::AuthHmac, ConfigError> {
    let keys = file.keys.iter().map(|key| HmacKey::new(key.id, key.octets()));
    Ok(vrrp_core::AuthHmac {
        keys: keys.collect::<Result<_, _>>()?,
        active_key: file.active_key.value,
        mode: match file.mode.value {
            HmacMode::Enforce => vrrp_core::HmacMode::Enforce,
            HmacMode::Permissive => vrrp_core::HmacMode::Permissive,
            HmacMode::ReceiveOnly => vrrp_core::HmacMode::ReceiveOnly,
        },
        anti_replay: match file.anti_replay.value {
            AntiReplay::Time => vrrp_core::AntiReplay::Time,
            AntiReplay::Monotonic => vrrp_core::AntiReplay::Monotonic,
        },
        window_seconds: file.time_window_seconds.map(|seconds| seconds.value),
    })
}
