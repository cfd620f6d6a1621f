//! Authentication of version 2 (RFC 2338 section 5.3.6, RFC 3768 section 5.3.6).

use super::Reject;
use crate::config::Authentication;

/// Auth Type as on the wire: 0 none, 1 simple text password.
pub(super) const fn kind(authentication: &Authentication) -> u8 {
    match authentication {
        Authentication::None => 0,
        Authentication::Password(_) => 1,
    }
}

/// Step 16: the type is known, is ours, and the data is right.
///
/// # Errors
/// [`Reject::AuthTypeUnknown`], [`Reject::AuthTypeMismatch`] or [`Reject::AuthFailed`].
pub(super) fn check(kind: u8, data: &[u8; 8], ours: &Authentication) -> Result<(), Reject> {
    match (kind, ours) {
        // V2-5.3.6.1-01: with type 0 the data is ignored.
        (0, Authentication::None) => Ok(()),
        (1, Authentication::Password(password)) if same(data, password) => Ok(()),
        (1, Authentication::Password(_)) => Err(Reject::AuthFailed),
        // A-5.3.6.3-01: type 2 is known but never configured, so it always differs.
        (0..=2, _) => Err(Reject::AuthTypeMismatch),
        (_, _) => Err(Reject::AuthTypeUnknown),
    }
}

/// A-5.3.6.2-02: all 8 octets, in a time that does not tell where they differ.
fn same(theirs: &[u8; 8], ours: &[u8; 8]) -> bool {
    let pairs = theirs.iter().zip(ours);
    let difference = pairs.fold(0, |seen, (a, b)| core::hint::black_box(seen | (a ^ b)));
    difference == 0
}

#[cfg(test)]
mod tests {
    use super::same;

    /// Each octet by itself: '1' and '2' differ in the same bits as '2' and '1'.
    #[test]
    fn differences_do_not_cancel() {
        assert!(same(b"12345678", b"12345678"));
        assert!(!same(b"12345678", b"21345678"));
    }
}
