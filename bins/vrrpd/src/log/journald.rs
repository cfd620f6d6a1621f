//! The journal's own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram for each line, with its fields.
//!
//! Written here and not left to a layer of `tracing`, for that one says nothing of a line that it could not send.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use tracing::Level;

use super::queue::Entry;
use super::syslog::Facility;

/// Where journald listens.
pub(super) const PLACE: &str = "/run/systemd/journal/socket";
/// Of one line. A datagram of it fits into a socket's buffer of the usual size, and no line of ours comes near.
const TEXT_OCTETS_MAX: usize = 48 * 1024;
const CUT: &str = " … (cut off)";

/// The near end. A line waits where the journal has stalled.
#[derive(Debug)]
pub(super) struct Journald {
    socket: UnixDatagram,
    place: PathBuf,
    /// What every line says of its program.
    always: Vec<u8>,
}

impl Journald {
    /// # Errors
    /// Nobody listens there.
    pub(super) fn open(place: impl Into<PathBuf>, identifier: &str, facility: Facility) -> io::Result<Self> {
        let place = place.into();
        let socket = UnixDatagram::unbound()?;
        // journald passes over an empty one.
        socket.send_to(&[], &place)?;
        let mut always = Vec::new();
        put(&mut always, "SYSLOG_IDENTIFIER", identifier);
        put(&mut always, "SYSLOG_FACILITY", &facility.number());
        Ok(Self {
            socket,
            place,
            always,
        })
    }

    /// # Errors
    /// The line is lost; the next one may be heard, by a journal that was started anew.
    pub(super) fn send(&self, entry: &Entry) -> io::Result<()> {
        let _octets = self.socket.send_to(&self.datagram(entry), &self.place)?;
        Ok(())
    }

    fn datagram(&self, entry: &Entry) -> Vec<u8> {
        let mut octets = self.always.clone();
        put(&mut octets, "PRIORITY", severity(entry.level));
        let fields = &entry.fields;
        let named = [
            ("VRRP_INSTANCE", &fields.instance),
            ("VRRP_STATE", &fields.state),
            ("VRRP_EVENT", &fields.event),
            ("VRRP_CODE", &fields.code),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                put(&mut octets, name, value);
            }
        }
        if entry.text.len() > TEXT_OCTETS_MAX {
            let mut ends = (0..=TEXT_OCTETS_MAX).rev();
            let end = ends.find(|end| entry.text.is_char_boundary(*end)).unwrap_or(0);
            let start = entry.text.get(..end).unwrap_or_default();
            put(&mut octets, "MESSAGE", &format!("{start}{CUT}"));
        } else {
            put(&mut octets, "MESSAGE", &entry.text);
        }
        octets
    }
}

/// syslog(3)'s numbers.
const fn severity(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

/// By its length: a value of several lines begins no field of its own.
fn put(octets: &mut Vec<u8>, name: &str, value: &str) {
    octets.extend_from_slice(name.as_bytes());
    octets.push(b'\n');
    octets.extend_from_slice(&(value.len() as u64).to_le_bytes());
    octets.extend_from_slice(value.as_bytes());
    octets.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::super::queue::Fields;
    use super::*;
    use std::time::Instant;

    fn entry(text: &str, fields: Fields) -> Entry {
        Entry {
            at: Instant::now(),
            level: Level::WARN,
            fields,
            text: text.to_owned(),
        }
    }

    /// As journald does.
    fn fields(mut octets: &[u8]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        while let Some(end) = octets.iter().position(|octet| *octet == b'\n') {
            let name = String::from_utf8(octets[..end].to_vec()).unwrap();
            let rest = &octets[end + 1..];
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            found.push((name, String::from_utf8(rest[8..8 + length].to_vec()).unwrap()));
            assert_eq!(rest[8 + length], b'\n');
            octets = &rest[9 + length..];
        }
        assert_eq!(octets, b"");
        found
    }

    fn journal() -> (tempfile::TempDir, UnixDatagram, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("socket");
        let socket = UnixDatagram::bind(&place).unwrap();
        (folder, socket, place)
    }

    fn heard(socket: &UnixDatagram) -> Vec<(String, String)> {
        let mut octets = vec![0; 1 << 17];
        let length = socket.recv(&mut octets).unwrap();
        fields(&octets[..length])
    }

    #[test]
    fn a_line_has_its_fields_and_a_value_of_two_lines_begins_none() {
        let (_folder, socket, place) = journal();
        let journald = Journald::open(&place, "vrrpd", Facility::default()).unwrap();
        assert_eq!(heard(&socket), []);
        let said = Fields {
            instance: Some("VI_1\nMESSAGE=forged".to_owned()),
            state: Some("MASTER".to_owned()),
            event: Some("transition".to_owned()),
            code: Some("no-response".to_owned()),
        };
        journald.send(&entry("VI_1: MASTER", said)).unwrap();
        let pairs = [
            ("SYSLOG_IDENTIFIER", "vrrpd"),
            ("SYSLOG_FACILITY", "3"),
            ("PRIORITY", "4"),
            ("VRRP_INSTANCE", "VI_1\nMESSAGE=forged"),
            ("VRRP_STATE", "MASTER"),
            ("VRRP_EVENT", "transition"),
            ("VRRP_CODE", "no-response"),
            ("MESSAGE", "VI_1: MASTER"),
        ];
        assert_eq!(
            heard(&socket),
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        journald.send(&entry("none of them", Fields::default())).unwrap();
        assert_eq!(heard(&socket).len(), 4);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_a_journal_that_was_started_anew_is_found() {
        let (_folder, socket, place) = journal();
        let journald = Journald::open(&place, "vrrpd", Facility::default()).unwrap();
        let _probe = heard(&socket);
        journald
            .send(&entry(&"ä".repeat(300_000), Fields::default()))
            .unwrap();
        let (_, text) = heard(&socket).pop().unwrap();
        assert!(text.len() <= TEXT_OCTETS_MAX + CUT.len() && text.ends_with("ä … (cut off)"));

        drop(socket);
        assert!(journald.send(&entry("lost", Fields::default())).is_err());
        std::fs::remove_file(&place).unwrap();
        let socket = UnixDatagram::bind(&place).unwrap();
        journald.send(&entry("heard", Fields::default())).unwrap();
        assert_eq!(heard(&socket).pop().unwrap().1, "heard");
        assert!(Journald::open("/nonexistent/socket", "vrrpd", Facility::default()).is_err());
    }
}
