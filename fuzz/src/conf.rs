//! A configuration of any bytes: nothing panics, every finding can be shown, and printing is a fixed point.

use keepalived_conf::{Host, MemoryFiles, Parsed, line, parse_for, print, render};

fn read(bytes: &[u8]) -> Parsed {
    let host = Host {
        config_id: Some("a".to_owned()),
        ..Host::default()
    };
    parse_for(&host, &MemoryFiles::new([("k", bytes)]), "k")
}

/// One run.
///
/// # Panics
/// When an invariant is broken.
pub fn conf(bytes: &[u8]) {
    let parsed = read(bytes);
    for found in parsed.diagnostics.iter().take(20) {
        let _ = (
            line(found, &parsed.sources),
            render(found, &parsed.sources, false),
        );
    }
    let once = print(&parsed.tree);
    assert_eq!(print(&read(&once).tree), once);
}
