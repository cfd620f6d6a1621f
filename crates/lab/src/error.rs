//! What can go wrong in the lab itself.

/// An error of the lab, never of the daemon it judges.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// A program that the lab runs ended with an error.
    #[error("`{command}`: {said}")]
    Command {
        /// The command as one would type it.
        command: String,
        /// Its last words, or its exit status.
        said: String,
    },
    /// A system call failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system answered.
        source: std::io::Error,
    },
    /// Something that had to happen did not.
    #[error("{what} did not happen within {limit_ms} ms{detail}")]
    TooLate {
        /// What was waited for.
        what: String,
        /// How long, in milliseconds.
        limit_ms: u128,
        /// What was there instead, with a separator in front, or nothing.
        detail: String,
    },
    /// A program is not on the search path.
    #[error("{program} is missing: {remedy}")]
    Missing {
        /// Its name.
        program: String,
        /// How to get it.
        remedy: String,
    },
    /// Something took longer, or less, than it may.
    #[error("out of bounds: {0}")]
    OutOfBounds(String),
    /// Anything that has only words.
    #[error("{0}")]
    Other(String),
}

impl LabError {
    /// For `map_err`: says what was tried.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// For `map_err` of nix calls: says what was tried.
    pub fn errno(what: impl Into<String>) -> impl FnOnce(nix::errno::Errno) -> Self {
        let what = what.into();
        move |errno| Self::Io {
            what,
            source: errno.into(),
        }
    }
}
