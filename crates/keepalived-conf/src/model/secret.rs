//! What is shown to nobody.

use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use zeroize::Zeroizing;

/// A password or token: never printed, never serialized, and wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) const fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The secret itself. Wipe what it is copied to.
    #[must_use]
    pub const fn reveal(&self) -> &Zeroizing<String> {
        &self.0
    }
}

/// Of another language's file.
impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Nothing of it.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_struct("Secret", 0)?.end()
    }
}
