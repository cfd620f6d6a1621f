//! The bytes of a word: most are a few, and a file may have a million of them.

/// So many need no memory of their own.
const SHORT_BYTES_MAX: usize = 22;

/// Bytes that stay as they are.
#[derive(Clone)]
pub(super) enum Bytes {
    /// These, of which so many count.
    Short([u8; SHORT_BYTES_MAX], u8),
    /// More.
    Long(Box<[u8]>),
}

impl Bytes {
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short(bytes, count) => bytes.get(..usize::from(*count)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl From<&[u8]> for Bytes {
    fn from(all: &[u8]) -> Self {
        let mut short = [0; SHORT_BYTES_MAX];
        match (short.get_mut(..all.len()), u8::try_from(all.len())) {
            (Some(bytes), Ok(count)) => {
                bytes.copy_from_slice(all);
                Self::Short(short, count)
            }
            _ => Self::Long(all.into()),
        }
    }
}

/// Of the same bytes there is one way to keep them.
impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Bytes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_kept_whatever_their_number() {
        for count in [0, 1, 21, 22, 23, 255, 256, 300] {
            let all: Vec<u8> = (0..=u8::MAX).cycle().take(count).collect();
            let kept = Bytes::from(all.as_slice());
            assert_eq!(kept.as_slice(), all);
            assert_eq!(matches!(kept, Bytes::Short(..)), count <= 22, "{count}");
            assert!(kept == kept.clone());
        }
        assert!(Bytes::from(&b"a"[..]) != Bytes::from(&b"a\0"[..]));
        assert_eq!(size_of::<Bytes>(), 24, "no more than a Vec");
    }
}
