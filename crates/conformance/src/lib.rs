//! The requirements this project answers for, as a table ([`rows`]), and how a test says that it proves one ([`proves!`]).
//!
//! A comment or a test's name proves nothing. What counts is a line that was reached while the test ran:
//!
//! ```no_run
//! use vrrp_conformance::proves;
//! let interval_cs = 0_u16;
//! assert!(!(1..=4095).contains(&interval_cs));
//! proves!("V3-7.1-12", Refuses);
//! ```
//!
//! Such a line stands last in its test, after everything that could still fail, and `cargo xtask tidy` sees to it. In
//! `cargo xtask test` it leaves a record; `cargo xtask conformance` makes `docs/rfc9568.md` of the records.

mod record;
mod row;

pub use record::{FOLDER, Polarity, Proof, RECORDS, name_of, prove};
pub use row::{COMPLETE, Row, Unproven, parse, rows};

/// Says that the test which reaches this line proves requirements: ids, then `Obeys` (what is required was seen) or
/// `Refuses` (the opposite was tried, and was refused or did not happen).
///
/// An id that [`rows`] does not have fails the test. Without the variable [`FOLDER`] nothing else happens.
#[macro_export]
macro_rules! proves {
    ($($id:literal,)+ $polarity:ident) => {{
        fn here() {}
        $crate::prove(
            env!("CARGO_PKG_NAME"),
            $crate::name_of(here),
            &[$($id),+],
            $crate::Polarity::$polarity,
        );
    }};
}
