//! Secrets, of files that the configuration names. No finding quotes what may be one.

use zeroize::Zeroizing;

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::files::FileError;
use crate::lexer::Word;
use crate::model::Secret;

/// No password, token or URL is longer.
const OCTETS_MAX: usize = 4096;

impl Reader<'_> {
    /// The one line of the file behind `file:`; `None`: there is no such prefix. An error was reported.
    pub(super) fn secret(
        &mut self,
        word: &Word,
        what: &str,
        effect: &'static str,
    ) -> Option<Result<Secret, ()>> {
        let path = word.bytes().strip_prefix(b"file:")?;
        let path = String::from_utf8_lossy(path);
        let read = self.line_of(&path);
        if read.is_ok() {
            self.readable(word, &path, what);
        }
        Some(read.map_err(|(text, help)| {
            let text = format!("the file {path} of {what} {text}");
            let found = Diagnostic::error("secret-file", word.span, text).silent();
            self.push(found.effect(effect).help(help));
        }))
    }

    /// Whoever has an account on this machine has the secret.
    fn readable(&mut self, word: &Word, path: &str, what: &str) {
        let Some(mode) = self.files.mode(path).filter(|mode| mode & 0o004 != 0) else {
            return;
        };
        let text = format!(
            "the file {path} of {what} has mode {mode:04o}: every user who gets into its folder can read it"
        );
        let found = Diagnostic::warning("secret-readable", word.span, text).silent();
        self.push(
            found
                .effect("it is used, and may be no secret on this machine")
                .help(format!(
                    "chmod o= {path} (the user that vrrpd runs as must own it, or be in its group), and change the secret if others may have read it"
                )),
        );
    }

    fn line_of(&self, path: &str) -> Result<Secret, (String, &'static str)> {
        if !path.starts_with('/') {
            let help = "write the whole path; that of a credential of systemd is file:${_ENV CREDENTIALS_DIRECTORY}/NAME";
            return Err(("does not begin with a slash".to_owned(), help));
        }
        let bytes = self.files.read(path).map(Zeroizing::new).map_err(|error| {
            let help = match error {
                FileError::Absent => "create it, or correct the path",
                FileError::Folder => "name the file in it",
                FileError::Special => "write the path of a file",
                FileError::Unreadable(_) => "let this user read it",
            };
            (format!("cannot be read: {error}"), help)
        })?;
        if bytes.len() > OCTETS_MAX {
            let text = format!("has {} octets, and a secret at most {OCTETS_MAX}", bytes.len());
            return Err((text, "leave the secret alone in the file; is this another file?"));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| ("is no text".to_owned(), "save it as UTF-8"))?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() || line.contains(['\n', '\r']) {
            let text = "does not have one line".to_owned();
            return Err((text, "leave the secret alone in the file"));
        }
        if let Some(octet) = line
            .bytes()
            .find(|octet| octet.is_ascii_control() && *octet != b'\t')
        {
            let name = if octet == 0 { " (NUL)" } else { "" };
            let text = format!("holds an octet that is no text: 0x{octet:02x}{name}");
            return Err((text, "save it as text, without padding"));
        }
        Ok(Secret::new(Zeroizing::new(line.to_owned())))
    }
}
