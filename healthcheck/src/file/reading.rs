//! One look at a file, and its creation.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::number::{Number, Oddity, number};

/// No number is longer.
const OCTETS_MAX: u64 = 256;

/// What is written where the watch of a file begins (keepalived `init_file [VALUE] [overwrite]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Init {
    /// The number.
    pub value: i32,
    /// Also where there is a file already.
    pub overwrite: bool,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// `None`: the number before it stays.
    pub(super) value: Option<i32>,
    /// In words.
    pub(super) found: String,
    /// It was open to be written, or is written in two steps: the next look may find more.
    pub(super) empty: bool,
}

impl Init {
    /// Writes the file.
    pub(super) fn write(self, path: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).mode(0o644);
        // A link that somebody left where a file is to be made is not followed.
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        let options = if self.overwrite {
            options.create(true).truncate(true)
        } else {
            options.create_new(true)
        };
        match options.open(path) {
            Ok(mut file) => writeln!(file, "{}", self.value),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Reads the file once. What is not there, or cannot be read, counts as 0.
pub(super) fn read(path: &Path) -> Reading {
    match content(path) {
        Ok(content) => {
            let Number { value, oddity } = number(&content);
            let found = match (value, oddity) {
                (Some(value), None) => format!("reads {value}"),
                (Some(value), Some(oddity @ (Oddity::Junk | Oddity::Octal))) => {
                    format!("reads {value}; {oddity}")
                }
                (_, oddity) => oddity.map_or_else(String::new, |oddity| oddity.to_string()),
            };
            Reading {
                value,
                found,
                empty: oddity == Some(Oddity::Empty),
            }
        }
        Err(error) => {
            let found = match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                    "it is not there, which counts as 0".to_owned()
                }
                _ => format!("it cannot be read ({error}), which counts as 0"),
            };
            Reading {
                value: Some(0),
                found,
                empty: false,
            }
        }
    }
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe without a writer would be waited for.
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file: File = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut content = Vec::new();
    file.take(OCTETS_MAX).read_to_end(&mut content)?;
    Ok(content)
}
