//! `auth_hmac`. keepalived leaves out what is wrong in it, and without an active key runs unsigned; here anything wrong
//! keeps the instance from starting. No finding quotes what may be a key.

use zeroize::Zeroizing;

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::files::FileError;
use crate::lexer::Word;
use crate::model::{AntiReplay, HmacKey, HmacMode, Sourced};
use crate::number;
use crate::secrets::may_be_key;
use crate::source::Span;
use crate::tree::Item;

/// What each finding leads to.
pub(crate) const EFFECT: &str = "the instance does not start: it would run unsigned, or not hear its peers";

/// `auth_hmac` as written.
#[derive(Debug, Default)]
pub(crate) struct DraftHmac {
    pub(crate) block: Option<Span>,
    pub(crate) keys: Vec<HmacKey>,
    pub(crate) active_key: Option<Sourced<u8>>,
    pub(crate) mode: Option<Sourced<HmacMode>>,
    pub(crate) anti_replay: Option<Sourced<AntiReplay>>,
    pub(crate) time_window_seconds: Option<Sourced<u16>>,
    /// Something in it is wrong, and was reported.
    pub(crate) wrong: bool,
}

impl Reader<'_> {
    pub(super) fn auth_hmac(&mut self, block: &Item, hmac: &mut DraftHmac) {
        hmac.block.get_or_insert(block.span);
        for item in block.items() {
            let read = match item.keyword.map(|keyword| keyword.name) {
                Some("key") => self.hmac_key(item, &hmac.keys).map(|key| hmac.keys.push(key)),
                Some("active_key") => {
                    self.again(item, hmac.active_key.as_ref());
                    let id = self.hmac_number(item, 255).and_then(|id| {
                        let id = Sourced::line(u8::try_from(id.value).ok()?, id.span()?);
                        Some(id)
                    });
                    id.map(|id| hmac.active_key = Some(id))
                }
                Some("time_window") => {
                    self.again(item, hmac.time_window_seconds.as_ref());
                    let seconds = self.hmac_number(item, 300);
                    seconds.map(|seconds| hmac.time_window_seconds = Some(seconds))
                }
                Some("mode") => {
                    self.again(item, hmac.mode.as_ref());
                    self.choice(item, &MODES).map(|mode| hmac.mode = Some(mode))
                }
                Some("anti_replay") => {
                    self.again(item, hmac.anti_replay.as_ref());
                    let choice = self.choice(item, &ANTI_REPLAYS);
                    choice.map(|choice| hmac.anti_replay = Some(choice))
                }
                _ => Some(()),
            };
            hmac.wrong |= read.is_none();
        }
    }

    fn hmac_key(&mut self, item: &Item, earlier: &[HmacKey]) -> Option<HmacKey> {
        let id = self.key_id(item)?;
        let Some(value) = item.words.get(2) else {
            self.wrong(
                item.span,
                "hmac-key",
                format!("key {id} lacks the key itself"),
                KEY_FORMS,
            );
            return None;
        };
        self.surplus(item, 2);
        if let Some(first) = earlier.iter().find(|key| key.id == id) {
            let text = format!("there is a key {id} already");
            let found = Diagnostic::dropped("hmac-key-twice", item.span, text)
                .effect(EFFECT)
                .help("give every key an id of its own, or remove one of the two")
                .label(first.span, "the first one");
            self.push(found);
            return None;
        }
        let octets = self.key_octets(id, value)?;
        if HmacKey::OCTETS.contains(&octets.len()) {
            return Some(HmacKey::new(id, item.span, octets));
        }
        let text = format!("key {id} has {} octets; 32 to 64 are possible", octets.len());
        self.wrong(value.span, "hmac-key-length", text, KEY_FORMS);
        None
    }

    /// What is no id may be a key whose id was forgotten, so it is not quoted.
    fn key_id(&mut self, item: &Item) -> Option<u8> {
        let word = item.argument()?;
        let reading = number::integer(word.bytes());
        let id = u8::try_from(reading.value)
            .ok()
            .filter(|id| reading.whole && *id > 0);
        if id.is_none() {
            let text = "key begins with an id, a whole number from 1 to 255; something else stands there";
            self.wrong(word.span, "hmac-key-id", text.to_owned(), "write: key ID KEY");
        }
        id
    }

    /// The octets that a value stands for.
    fn key_octets(&mut self, id: u8, value: &Word) -> Option<Zeroizing<Vec<u8>>> {
        let Some(path) = value.bytes().strip_prefix(b"file:") else {
            return self.written(id, value.bytes(), value.span);
        };
        let Ok(path) = std::str::from_utf8(path) else {
            let text = format!("the path of key {id} is not UTF-8 text");
            self.wrong(value.span, "hmac-key-file", text, "give the file another name");
            return None;
        };
        if !path.starts_with('/') {
            let text = format!("the path {path:?} of key {id} does not begin with a slash");
            let help = "write the whole path; that of a credential of systemd is \
                        file:${_ENV CREDENTIALS_DIRECTORY}/NAME";
            self.wrong(value.span, "hmac-key-file", text, help);
            return None;
        }
        let bytes = match self.files.read(path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) => {
                let text = format!("the file {path} of key {id} cannot be read: {error}");
                let help = match error {
                    FileError::Absent => "create it, with the same key on every node, or correct the path",
                    FileError::Folder => "name the file in it",
                    FileError::Special => "write the path of a file",
                    FileError::Unreadable(_) => "let this user read it",
                };
                self.wrong(value.span, "hmac-key-file", text, help);
                return None;
            }
        };
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b"file:") {
            let text = format!("the file {path} of key {id} names another file");
            self.wrong(
                value.span,
                "hmac-key-file",
                text,
                "write the key itself into the file",
            );
            return None;
        }
        if line.contains(&b'\n') {
            let text = format!("the file {path} of key {id} has more than one line");
            self.wrong(
                value.span,
                "hmac-key-file",
                text,
                "leave the key alone in the file",
            );
            return None;
        }
        self.written(id, line, value.span)
    }

    /// `hex:` and digits, or the text itself.
    fn written(&mut self, id: u8, text: &[u8], span: Span) -> Option<Zeroizing<Vec<u8>>> {
        let Some(digits) = text.strip_prefix(b"hex:") else {
            return Some(Zeroizing::new(text.to_vec()));
        };
        let octets = hexadecimal(digits);
        if octets.is_none() {
            let what = if digits.iter().all(u8::is_ascii_hexdigit) {
                "an odd number of hexadecimal digits"
            } else {
                "something else than hexadecimal digits behind hex:"
            };
            let help = "write two digits 0 to 9, a to f for each octet, without blanks";
            self.wrong(span, "hmac-key-hex", format!("key {id} has {what}"), help);
        }
        octets
    }

    fn hmac_number(&mut self, item: &Item, most: u16) -> Option<Sourced<u16>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        let reading = number::integer(word.bytes());
        let value = u16::try_from(reading.value)
            .ok()
            .filter(|value| reading.whole && (1..=most).contains(value));
        if value.is_none() {
            let text = format!(
                "{} is a whole number from 1 to {most}; something else stands there",
                item.name()
            );
            self.wrong(word.span, "hmac-number", text, "correct the number");
        }
        value.map(|value| Sourced::line(value, word.span))
    }

    fn choice<T: Copy>(&mut self, item: &Item, choices: &[(&str, T)]) -> Option<Sourced<T>> {
        let word = item.argument()?;
        self.surplus(item, 1);
        let chosen = choices.iter().find(|(name, _)| word.is(name));
        if chosen.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            let found = if may_be_key(word.bytes()) {
                "something else stands there".to_owned()
            } else {
                format!("found {:?}", word.text())
            };
            let text = format!("{} is one of {names}; {found}", item.name());
            let help = format!("write one of {names}");
            self.wrong(word.span, "hmac-choice", text, help);
        }
        chosen.map(|(_, value)| Sourced::line(*value, word.span))
    }

    fn wrong(
        &mut self,
        span: Span,
        code: &'static str,
        text: String,
        help: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        let found = Diagnostic::dropped(code, span, text).effect(EFFECT).help(help);
        self.push(found);
    }
}

const KEY_FORMS: &str = "write 32 to 64 octets: hex: and two digits for each, file: and a path, or text in double quotes; the same on every node";
const MODES: [(&str, HmacMode); 3] = [
    ("enforce", HmacMode::Enforce),
    ("permissive", HmacMode::Permissive),
    ("receive-only", HmacMode::ReceiveOnly),
];
const ANTI_REPLAYS: [(&str, AntiReplay); 2] =
    [("time", AntiReplay::Time), ("monotonic", AntiReplay::Monotonic)];

fn hexadecimal(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    // Room for all at once: a buffer that grew would leave its earlier place unwiped.
    let mut octets = Zeroizing::new(Vec::with_capacity(digits.len()));
    for pair in digits.chunks(2) {
        let [high, low] = pair else { return None };
        octets.push(digit(*high)?.checked_shl(4)? | digit(*low)?);
    }
    Some(octets)
}
