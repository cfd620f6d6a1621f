//! Which processes are meant. Pure.

use std::fmt;

/// The kernel keeps so many bytes of a process's name.
const NAME_BYTES_MAX: usize = 15;

/// A process as `/proc` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// `/proc/PID/comm`: at most 15 bytes.
    pub name: Vec<u8>,
    /// `/proc/PID/cmdline`: the words it was started with. None for a thread of the kernel.
    pub words: Vec<Vec<u8>>,
}

/// How parameters are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parameters {
    /// All of them, and no others.
    #[default]
    Exact,
    /// Those given are the first ones (keepalived `param_match partial`).
    Partial,
    /// As `Partial`, and the last one given may be the beginning of one (keepalived `param_match initial`).
    Initial,
}

/// Which processes are counted (keepalived `process`, `param_match`, `full_command`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// By the kernel's name, of which it keeps 15 bytes.
    Name(String),
    /// By the command line: its first word, and parameters.
    Command {
        /// The first word.
        program: String,
        /// The others.
        parameters: Vec<String>,
        /// How the others are compared; `None`: not at all.
        compare: Option<Parameters>,
    },
}

impl Pattern {
    /// Whether the command line has to be read.
    #[must_use]
    pub const fn needs_words(&self) -> bool {
        matches!(self, Self::Command { .. })
    }

    /// Whether this process is one of those meant.
    #[must_use]
    pub fn matches(&self, process: &Identity) -> bool {
        match self {
            Self::Name(name) => {
                let kept = name.as_bytes().get(..NAME_BYTES_MAX).unwrap_or(name.as_bytes());
                process.name == kept
            }
            Self::Command {
                program,
                parameters,
                compare,
            } => {
                let Some((first, rest)) = process.words.split_first() else {
                    return false;
                };
                first == program.as_bytes()
                    && compare.is_none_or(|compare| compare_parameters(parameters, rest, compare))
            }
        }
    }
}

fn compare_parameters(wanted: &[String], found: &[Vec<u8>], how: Parameters) -> bool {
    let enough = match how {
        Parameters::Exact => found.len() == wanted.len(),
        Parameters::Partial | Parameters::Initial => found.len() >= wanted.len(),
    };
    let last = wanted.len().checked_sub(1);
    enough
        && wanted
            .iter()
            .zip(found)
            .enumerate()
            .all(|(place, (wanted, found))| {
                let wanted = wanted.as_bytes();
                if how == Parameters::Initial && Some(place) == last {
                    found.starts_with(wanted)
                } else {
                    found == wanted
                }
            })
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "processes named {name}"),
            Self::Command {
                program,
                parameters,
                compare,
            } => {
                write!(f, "processes with the command {program}")?;
                for parameter in parameters {
                    write!(f, " {parameter}")?;
                }
                match compare {
                    None => Ok(()),
                    Some(Parameters::Exact) if parameters.is_empty() => f.write_str(" without parameters"),
                    Some(Parameters::Exact) => Ok(()),
                    Some(Parameters::Partial | Parameters::Initial) => f.write_str("…"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Identity, Parameters, Pattern};

    fn process(name: &str, words: &[&str]) -> Identity {
        Identity {
            name: name.into(),
            words: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
        }
    }

    #[test]
    fn by_name_whatever_the_command_line() {
        let nginx = Pattern::Name("nginx".to_owned());
        assert!(nginx.matches(&process("nginx", &["nginx: worker process"])));
        assert!(nginx.matches(&process("nginx", &[])));
        assert!(!nginx.matches(&process("nginx-debug", &["nginx"])));
        assert!(!nginx.matches(&process("ngin", &["nginx"])));
        // The kernel keeps 15 bytes.
        let long = Pattern::Name("prometheus-node-exporter".to_owned());
        assert!(long.matches(&process("prometheus-node", &[])));
    }

    #[test]
    fn by_command_line() {
        let matches = |compare, parameters: &[&str], words: &[&str]| {
            let pattern = Pattern::Command {
                program: "/usr/sbin/x".to_owned(),
                parameters: parameters.iter().map(|&word| word.to_owned()).collect(),
                compare,
            };
            pattern.matches(&process("x", words))
        };
        let (exact, partial, initial) = (
            Some(Parameters::Exact),
            Some(Parameters::Partial),
            Some(Parameters::Initial),
        );
        for (compare, parameters, words, expected) in [
            (None, &[][..], &["/usr/sbin/x", "-a"][..], true),
            (None, &[], &["x"], false),
            (None, &[], &[], false),
            (exact, &[], &["/usr/sbin/x"], true),
            (exact, &[], &["/usr/sbin/x", "-a"], false),
            (exact, &["-a"], &["/usr/sbin/x", "-a"], true),
            (exact, &["-a"], &["/usr/sbin/x", "-ab"], false),
            (exact, &["-a", ""], &["/usr/sbin/x", "-a"], false),
            (exact, &["-a", ""], &["/usr/sbin/x", "-a", ""], true),
            (partial, &["-a"], &["/usr/sbin/x", "-a", "-b"], true),
            (partial, &["-a"], &["/usr/sbin/x", "-ab"], false),
            (partial, &["-a"], &["/usr/sbin/x"], false),
            (initial, &["-a"], &["/usr/sbin/x", "-abc", "-d"], true),
            (initial, &["-a", "-d"], &["/usr/sbin/x", "-abc", "-d"], false),
        ] {
            assert_eq!(
                matches(compare, parameters, words),
                expected,
                "{compare:?} {parameters:?} {words:?}"
            );
        }
    }
}
