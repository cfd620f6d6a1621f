//! Servers of SQL: a log-in, one request, and a row of its answer. Each protocol is a deciding value that is told of octets
//! and says octets ([`Talk`]); [`SqlProbe`] carries them.

mod converse;
mod mysql;
#[cfg(test)]
mod played;
mod postgresql;
mod probe;
mod spec;

pub use probe::SqlProbe;
pub use spec::{SqlServer, SqlSpec};

/// More than this in one message is not taken in, but for a row, whose beginning is enough.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// One conversation. Pure, and safe against any octets.
trait Talk: Send + Sync {
    /// What is said before anything is heard.
    fn begin(&mut self) -> Vec<u8>;

    /// What comes of what has been heard so far; nothing: more of it is needed.
    ///
    /// # Errors
    /// Why the server is not well, in words.
    fn hear(&mut self, heard: &[u8]) -> Result<Option<Step>, String>;

    /// What is waited for, in words: `greeting`.
    fn waits_for(&self) -> &'static str;

    /// Rows of the answer so far.
    fn rows(&self) -> u32;

    /// What is said first when TLS has begun, where a step has asked for it.
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "nothing carries it then"))]
    fn secured(&mut self) -> Vec<u8>;

    /// What has failed may be well over TLS: the server has said that it wants it.
    fn wants_tls(&self) -> bool;

    /// What is said at the end, well or not; nothing where the other side does not know us yet.
    fn farewell(&self) -> &'static [u8];
}

/// What a message has led to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Step {
    /// So many octets of what was heard are dealt with.
    used: usize,
    /// What is said now.
    say: Vec<u8>,
    /// The answer has ended, or as much of it as is needed is there.
    done: bool,
    /// TLS begins behind what is said.
    secures: bool,
    /// There is work to go on with, which is to leave room for others.
    rests: bool,
}

impl Step {
    const fn on(used: usize) -> Self {
        Self::say(used, Vec::new())
    }

    const fn say(used: usize, say: Vec<u8>) -> Self {
        Self {
            used,
            say,
            done: false,
            secures: false,
            rests: false,
        }
    }

    /// Nothing is heard or said, and it is to be gone on.
    fn rest() -> Self {
        Self {
            rests: true,
            ..Self::on(0)
        }
    }

    fn done(used: usize) -> Self {
        Self {
            done: true,
            ..Self::on(used)
        }
    }

    fn secures(used: usize, say: Vec<u8>) -> Self {
        Self {
            secures: true,
            ..Self::say(used, say)
        }
    }
}

/// What a server says in words, cut and made fit to be shown.
fn told(octets: &[u8]) -> String {
    const TOLD_BYTES: usize = 200;
    let cut = octets.get(..TOLD_BYTES).unwrap_or(octets);
    crate::output::printable(cut.trim_ascii()).replace('\n', " ")
}

/// An answer without a row is wrong, as with ldirectord: the table is empty that ought not to be.
fn needs_a_row(rows: u32) -> Result<(), String> {
    if rows == 0 {
        return Err("the request gives no row".to_owned());
    }
    Ok(())
}
