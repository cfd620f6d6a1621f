//! Octets as an operator writes them, with wildcards.

/// A text that is no octets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not octets in hexadecimal; write two digits for each, for example 'ca fe 0X' (X: any digit)"
)]
pub struct HexError(pub String);

/// Octets of which some digits do not matter (keepalived `require_reply HEX`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct HexPattern {
    /// Octet and the bits of it that count.
    octets: Vec<(u8, u8)>,
}

impl HexPattern {
    /// Reads `ca fe XX 0X`; blanks between octets do not matter.
    ///
    /// # Errors
    /// Anything that is no pair of digits.
    pub fn new(text: &str) -> Result<Self, HexError> {
        let error = || HexError(text.to_owned());
        let digits: Vec<(u8, u8)> = text
            .chars()
            .filter(|c| !c.is_ascii_whitespace())
            .map(|c| match c {
                'X' | 'x' => Some((0, 0)),
                c => c
                    .to_digit(16)
                    .and_then(|digit| Some((u8::try_from(digit).ok()?, 15))),
            })
            .collect::<Option<_>>()
            .ok_or_else(error)?;
        let (pairs, []) = digits.as_chunks::<2>() else {
            return Err(error());
        };
        let octet = |[(high, high_mask), (low, low_mask)]: &[(u8, u8); 2]| {
            (high << 4 | low, high_mask << 4 | low_mask)
        };
        Ok(Self {
            octets: pairs.iter().map(octet).collect(),
        })
    }

    /// Whether they are alike as far as both go, as for keepalived: a reply that is shorter, or longer, is judged by its
    /// length alone.
    ///
    /// ```
    /// # fn main() -> Result<(), healthcheck::HexError> {
    /// let pattern = healthcheck::HexPattern::new("CA FE 0X")?;
    /// assert!(pattern.fits(&[0xca, 0xfe, 0x07, 0xff]));
    /// assert!(pattern.fits(&[0xca]));
    /// assert!(!pattern.fits(&[0xca, 0xfe, 0x17]));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn fits(&self, reply: &[u8]) -> bool {
        let pairs = self.octets.iter().zip(reply);
        pairs
            .into_iter()
            .all(|((octet, mask), heard)| heard & mask == *octet)
    }
}

/// Octets without wildcards (keepalived `payload HEX`).
///
/// # Errors
/// Anything that is no pair of digits, and wildcards.
pub fn hex(text: &str) -> Result<Vec<u8>, HexError> {
    let pattern = HexPattern::new(text)?;
    let whole = |(octet, mask): &(u8, u8)| (*mask == 0xff).then_some(*octet);
    let octets: Option<Vec<u8>> = pattern.octets.iter().map(whole).collect();
    octets.ok_or_else(|| HexError(text.to_owned()))
}
