//! Body of a page -> is it the one. Pure.

use md5::Md5;
use regex::bytes::Regex;
use sha2::{Digest, Sha256};

use super::stub::{StubLimits, StubStatus};
use crate::hex::{HexError, hex};

/// What a body has to be.
#[derive(Debug, Clone)]
pub enum BodyRule {
    /// Its MD5 digest (keepalived `digest`): against change, not against an attacker.
    Md5([u8; 16]),
    /// Its SHA-256 digest.
    Sha256([u8; 32]),
    /// The pattern is found in it (keepalived `regex`).
    Finds(Regex),
    /// The pattern is not found in it (keepalived `regex_no_match`).
    FindsNot(Regex),
    /// It is the page of nginx `stub_status`, within these limits.
    StubStatus(StubLimits),
}

/// The digest of a body in hexadecimal, as keepalived's `genhash` prints it.
#[must_use]
pub fn digest_md5(body: &[u8]) -> String {
    text(&Md5::digest(body))
}

/// The digest of a body in hexadecimal.
#[must_use]
pub fn digest_sha256(body: &[u8]) -> String {
    text(&Sha256::digest(body))
}

fn text(digest: &[u8]) -> String {
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

impl BodyRule {
    /// This MD5 digest.
    ///
    /// # Errors
    /// Anything but 32 hexadecimal digits.
    pub fn md5(digits: &str) -> Result<Self, HexError> {
        octets(digits).map(Self::Md5)
    }

    /// This SHA-256 digest.
    ///
    /// # Errors
    /// Anything but 64 hexadecimal digits.
    pub fn sha256(digits: &str) -> Result<Self, HexError> {
        octets(digits).map(Self::Sha256)
    }

    /// This pattern is found in it.
    ///
    /// # Errors
    /// The pattern is none.
    pub fn finds(pattern: &str) -> Result<Self, regex::Error> {
        Regex::new(pattern).map(Self::Finds)
    }

    /// This pattern is not found in it.
    ///
    /// # Errors
    /// The pattern is none.
    pub fn finds_not(pattern: &str) -> Result<Self, regex::Error> {
        Regex::new(pattern).map(Self::FindsNot)
    }

    pub(super) const fn is_digest(&self) -> bool {
        matches!(self, Self::Md5(_) | Self::Sha256(_))
    }

    /// Nothing, a warning, or why it is not the one.
    pub(super) fn judge(&self, body: &[u8]) -> Result<Option<String>, String> {
        let differs = |kind: &str, found: &[u8], wanted: &[u8]| {
            if found == wanted {
                return Ok(None);
            }
            Err(format!(
                "the {kind} of its body is {}, not {}",
                text(found),
                text(wanted)
            ))
        };
        match self {
            Self::Md5(wanted) => differs("MD5", &Md5::digest(body), wanted),
            Self::Sha256(wanted) => differs("SHA-256", &Sha256::digest(body), wanted),
            Self::Finds(pattern) if !pattern.is_match(body) => {
                Err(format!("'{pattern}' is not found in its body"))
            }
            Self::FindsNot(pattern) if pattern.is_match(body) => {
                Err(format!("'{pattern}' is found in its body"))
            }
            Self::Finds(_) | Self::FindsNot(_) => Ok(None),
            Self::StubStatus(limits) => {
                let status = std::str::from_utf8(body).ok().and_then(StubStatus::parse);
                let status = status.ok_or("its body is no page of nginx stub_status")?;
                limits.judge(&status)
            }
        }
    }
}

fn octets<const N: usize>(digits: &str) -> Result<[u8; N], HexError> {
    let octets = hex(digits)?;
    octets.try_into().map_err(|_| HexError(digits.to_owned()))
}
