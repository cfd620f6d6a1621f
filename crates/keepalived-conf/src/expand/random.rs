//! `${_RANDOM [min [max]]}`. Nothing here may depend on a clock: the same node draws the same number from the same file,
//! so that a reload of an unchanged file changes nothing.

/// The greatest number if none is given.
const MAX: u64 = 32_767;

/// Whether a parameter is this one.
pub(super) fn is_random(name: &[u8]) -> bool {
    name == b"_RANDOM" || name.starts_with(b"_RANDOM ")
}

/// The number that `node` draws for the `draw`th use; none where the bounds are none.
pub(super) fn value(name: &[u8], node: &str, draw: u64) -> Option<u64> {
    let name = std::str::from_utf8(name).ok()?;
    let bounds: Vec<u64> = name
        .split_whitespace()
        .skip(1)
        .map(|bound| bound.parse().ok())
        .collect::<Option<_>>()?;
    let (least, most) = match bounds.as_slice() {
        [] => (0, MAX),
        [least] => (*least, MAX),
        [least, most] => (*least, *most),
        _ => return None,
    };
    let span = most.checked_sub(least)?.checked_add(1)?;
    least.checked_add(mixed(node, draw).checked_rem(span)?)
}

/// FNV-1a over the name, and the last steps of MurmurHash3, so that neighbours differ in all bits.
fn mixed(node: &str, draw: u64) -> u64 {
    let bytes = node.bytes().chain(draw.to_le_bytes());
    let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_within_bounds_and_differ() {
        let drawn: std::collections::BTreeSet<u64> = (0..100)
            .filter_map(|draw| value(b"_RANDOM 10 19", "lb01", draw))
            .collect();
        assert_eq!(drawn, (10..=19).collect());
        assert_ne!(value(b"_RANDOM", "lb01", 0), value(b"_RANDOM", "lb02", 0));
        assert_eq!(value(b"_RANDOM 5 4", "x", 0), None);
        assert_eq!(value(b"_RANDOM a", "x", 0), None);
        assert!(!is_random(b"_RANDOMS"));
    }
}
