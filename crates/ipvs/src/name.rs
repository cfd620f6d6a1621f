//! Names that the kernel keeps in sixteen octets.

use std::fmt;

/// A scheduler, a persistence engine or an interface: 1 to 15 octets without blanks or control characters.
///
/// The kernel's limit is `IP_VS_SCHEDNAME_MAXLEN`, `IP_VS_PENAME_MAXLEN` and `IP_VS_IFNAME_MAXLEN`, 16 with the zero
/// octet at the end. Which schedulers there are is the kernel's business: `rr`, `wrr`, `lc`, `wlc`, `lblc`, `lblcr`, `sh`,
/// `mh`, `dh`, `fo`, `ovf`, `sed`, `nq` and `twos` are modules called `ip_vs_NAME`, which it loads when they are asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

/// Why a text is no [`Name`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name for the kernel: 1 to 15 octets, no blank and no control character")]
pub struct NoName(pub String);

impl Name {
    /// Octets at most.
    pub const OCTETS_MAX: usize = 15;

    /// Checks a text.
    ///
    /// # Errors
    /// It is empty, too long, or holds a blank or a control character.
    pub fn new(text: &str) -> Result<Self, NoName> {
        let odd = |c: char| c.is_whitespace() || c.is_control();
        if text.is_empty() || text.len() > Self::OCTETS_MAX || text.contains(odd) {
            return Err(NoName(text.to_owned()));
        }
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::str::FromStr for Name {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn a_name_has_one_to_fifteen_octets() {
        assert!(Name::new("").is_err());
        assert!(Name::new("123456789012345").is_ok());
        assert!(Name::new("1234567890123456").is_err());
        assert!(Name::new("w lc").is_err());
        assert!(Name::new("wlc\0").is_err());
        assert_eq!(Name::new("wlc").map(|n| n.to_string()), Ok("wlc".to_owned()));
    }
}
