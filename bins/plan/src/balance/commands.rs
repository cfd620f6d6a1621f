//! The programs that virtual servers run.

use super::{Balance, Look, Place, ServerCheck};
use crate::plan::Command;

/// A program that is told of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'a> {
    /// The keyword: `notify_up`.
    pub word: &'static str,
    /// Whose: `TCP 192.0.2.1:80`, or `192.0.2.10:80 of TCP 192.0.2.1:80`, as name and virtual server.
    pub server: Option<&'a str>,
    /// The virtual server.
    pub virtual_server: &'a str,
    /// Where it stands.
    pub place: &'a Place,
    /// What is run.
    pub command: &'a Command,
}

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of ", self.word)?;
        if let Some(server) = self.server {
            write!(f, "{server} of ")?;
        }
        f.write_str(self.virtual_server)
    }
}

impl Balance {
    /// Programs that are told of changes, in the order of the file.
    pub fn told(&self) -> impl Iterator<Item = Told<'_>> {
        self.servers.iter().flat_map(|one| {
            let of = move |word, server, place, command| Told {
                word,
                server,
                virtual_server: one.name.as_str(),
                place,
                command,
            };
            let own = [
                ("quorum_up", &one.quorum_up),
                ("quorum_down", &one.quorum_down),
                ("fallbackcommand", &one.fallback_command),
            ];
            let own = own
                .into_iter()
                .filter_map(move |(word, command)| Some(of(word, None, &one.place, command.as_ref()?)));
            let reals = one.servers.iter().flat_map(move |real| {
                let all = [("notify_up", &real.notify_up), ("notify_down", &real.notify_down)];
                all.into_iter().filter_map(move |(word, command)| {
                    Some(of(word, Some(real.name.as_str()), &real.place, command.as_ref()?))
                })
            });
            own.chain(reals)
        })
    }
}

impl ServerCheck {
    /// The program that it runs, if it runs one.
    #[must_use]
    pub const fn program(&self) -> Option<&Command> {
        match &self.look {
            Look::Run { command, .. } => Some(command),
            _ => None,
        }
    }
}
