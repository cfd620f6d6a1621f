//! Short ways to say what a test is about.

use keepalived_conf::{Diagnostic, MemoryFiles, Parsed, VrrpInstance, parse};

/// A file with this text.
pub(crate) fn file(text: &str) -> Parsed {
    parse(&MemoryFiles::new([("k.conf", text)]), "k.conf")
}

/// The instance `web` of a file: interface, number and an address, and these lines.
pub(crate) fn web(lines: &str) -> Parsed {
    file(&format!(
        "vrrp_instance web {{\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {{\n192.0.2.1\n}}\n{lines}\n}}\n"
    ))
}

/// The only instance.
pub(crate) fn only(parsed: &Parsed) -> &VrrpInstance {
    assert_eq!(parsed.config.instances.len(), 1, "{:?}", codes(parsed));
    &parsed.config.instances[0]
}

/// The codes of all findings.
pub(crate) fn codes(parsed: &Parsed) -> Vec<&str> {
    parsed.diagnostics.iter().map(|found| found.code).collect()
}

/// The first finding with a code.
pub(crate) fn found<'p>(parsed: &'p Parsed, code: &str) -> &'p Diagnostic {
    let found = parsed.diagnostics.iter().find(|found| found.code == code);
    found.unwrap_or_else(|| panic!("no {code} in {:?}", codes(parsed)))
}

/// `line:column` of the first finding with a code.
pub(crate) fn place(parsed: &Parsed, code: &str) -> String {
    let place = parsed.sources.place(found(parsed, code).span.unwrap());
    format!("{}:{}", place.line, place.column)
}

/// The words that bar the only instance.
pub(crate) fn barred(parsed: &Parsed) -> Vec<&str> {
    only(parsed)
        .missing
        .iter()
        .map(|missing| missing.allow_word.as_str())
        .collect()
}
