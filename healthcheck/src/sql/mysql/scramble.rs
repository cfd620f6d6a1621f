//! How a password is proven without being said.

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// What a server gives, and what a password is mixed with.
pub(super) type Nonce = [u8; NONCE_BYTES];
pub(super) const NONCE_BYTES: usize = 20;

/// Ways that are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plugin {
    /// `mysql_native_password`.
    Native,
    /// `caching_sha2_password`.
    CachingSha2,
}

impl Plugin {
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        [Self::Native, Self::CachingSha2]
            .into_iter()
            .find(|plugin| plugin.name().as_bytes() == name)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Native => "mysql_native_password",
            Self::CachingSha2 => "caching_sha2_password",
        }
    }

    /// Nothing for no password.
    pub(super) fn prove(self, password: &[u8], nonce: &Nonce) -> Vec<u8> {
        if password.is_empty() {
            return Vec::new();
        }
        match self {
            Self::Native => {
                let once = Sha1::digest(password);
                let mask = Sha1::new()
                    .chain_update(nonce)
                    .chain_update(Sha1::digest(once))
                    .finalize();
                mixed(&once, &mask)
            }
            Self::CachingSha2 => {
                let once = Sha256::digest(password);
                let mask = Sha256::new()
                    .chain_update(Sha256::digest(once))
                    .chain_update(nonce)
                    .finalize();
                mixed(&once, &mask)
            }
        }
    }
}

fn mixed(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter().zip(other).map(|(one, other)| one ^ other).collect()
}
