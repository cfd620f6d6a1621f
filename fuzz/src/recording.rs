//! Any text as a recording: read or refused with its line, never a panic, and what was read is written the same.

use vrrp_recording::{Line, Replay};

/// So that lines of inputs reach a router, also where the bytes begin with none.
const BEGINNING: &str = "vrrp-recording 1 at=0.000000000 fuzz\n\
    0.000000000 VI_1 router profile=default family=ipv4 vrid=51 addresses=192.0.2.254 trackers=gate:up,-20:unknown\n\
    0.000000000 VI_2 router profile=keepalived family=ipv6 vrid=51 addresses=fe80::51\n";

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn recording(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        if let Ok(Some(read)) = Line::read(line) {
            let written = read.to_string();
            assert_eq!(Line::read(&written), Ok(Some(read)), "{written}");
        }
    }
    replay(&text);
    replay(&format!("{BEGINNING}{text}"));
}

fn replay(text: &str) {
    let mut lines = 0;
    for replayed in Replay::new(text.lines()) {
        match replayed {
            Ok(replayed) => {
                assert!(replayed.line > lines, "a line is told once");
                lines = replayed.line;
            }
            Err(wrong) => assert!(wrong.line > lines && !wrong.found.is_empty(), "{wrong}"),
        }
    }
}
