//! Base 64 (RFC 4648 4) for SCRAM. A crate for it would be one more below every program that has checks.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn encode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len().div_ceil(3) * 4);
    for part in octets.chunks(3) {
        let number = (0..3).fold(0_u32, |number, at| {
            number << 8 | u32::from(part.get(at).copied().unwrap_or_default())
        });
        for at in 0..4 {
            let sign = usize::try_from(number >> (18 - 6 * at) & 0x3f)
                .ok()
                .and_then(|index| ALPHABET.get(index))
                .filter(|_| at <= u32::try_from(part.len()).unwrap_or_default());
            text.push(sign.map_or('=', |sign| char::from(*sign)));
        }
    }
    text
}

/// Padding and all; nothing else.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let (parts, []) = text.as_bytes().as_chunks::<4>() else {
        return None;
    };
    let mut octets = Vec::with_capacity(parts.len() * 3);
    for (index, part) in parts.iter().enumerate() {
        let padding = part.iter().rev().take_while(|sign| **sign == b'=').count();
        if padding > 2 || (padding > 0 && index + 1 != parts.len()) {
            return None;
        }
        let mut number = 0_u32;
        for sign in part.get(..4 - padding)? {
            let value = ALPHABET.iter().position(|known| known == sign)?;
            number = number << 6 | u32::try_from(value).ok()?;
        }
        number <<= 6 * u32::try_from(padding).ok()?;
        let [_, decoded @ ..] = number.to_be_bytes();
        octets.extend(decoded.get(..3 - padding)?);
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    /// RFC 4648 10.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (clear, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(clear.as_bytes()), coded);
            assert_eq!(decode(coded).as_deref(), Some(clear.as_bytes()));
        }
        for none in ["Z", "Zg=", "Zg==Zg==", "Z===", "====", "Zm9!", "Zm=v"] {
            assert_eq!(decode(none), None, "{none}");
        }
    }
}
