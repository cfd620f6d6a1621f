//! Short ways to say what a test is about.

use keepalived_conf::lint::{Machine, RULES};
use keepalived_conf::{Diagnostic, Keepalived, MemoryFiles, Parsed, Severity, lint, parse};

/// A file with this text.
pub(crate) fn file(text: &str) -> Parsed {
    parse(&MemoryFiles::new([("k.conf", text)]), "k.conf")
}

/// A file with the instance `web`: interface, number and an address, and these lines.
pub(crate) fn web(lines: &str) -> String {
    format!(
        "vrrp_instance web {{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {{\n192.0.2.1\n}}\n{lines}\n}}\n"
    )
}

/// A check that is all right, and an instance that tracks it, with these lines in the one and in the other.
pub(crate) fn tracked(script: &str, instance: &str) -> String {
    let script =
        format!("vrrp_script chk {{\nscript /etc/chk\ninterval 2\ntimeout 2\nuser nobody\n{script}\n}}\n");
    script + &web(&format!("track_script {{\nchk\n}}\n{instance}"))
}

/// All that the lint says of a file.
pub(crate) fn found(text: &str) -> Vec<Diagnostic> {
    of(&file(text))
}

fn of(parsed: &Parsed) -> Vec<Diagnostic> {
    [lint::file(parsed, &Machine::default()), lint::advice(parsed)].concat()
}

fn codes(found: &[Diagnostic]) -> Vec<&str> {
    found.iter().map(|found| found.code).collect()
}

/// `text` has what `code` finds, at `line:column` and once; `clean`, which is nearly the same, has not.
pub(crate) fn trips(code: &str, text: &str, place: &str, clean: &str) -> Diagnostic {
    let parsed = file(text);
    let all = of(&parsed);
    let one = only(code, &all);
    let at = parsed.sources.place(one.span.unwrap());
    assert_eq!(format!("{}:{}", at.line, at.column), place, "{code}");
    let without = found(clean);
    assert!(!codes(&without).contains(&code), "{code} in {clean}");
    one
}

/// The only finding with a code: it says what happens and what to do, and is of the lint's own.
pub(crate) fn only(code: &str, all: &[Diagnostic]) -> Diagnostic {
    let with: Vec<_> = all.iter().filter(|found| found.code == code).collect();
    assert_eq!(with.len(), 1, "{code} in {:?}", codes(all));
    let rule = RULES.iter().find(|rule| rule.code == code).unwrap();
    assert_eq!(with[0].severity, rule.severity);
    assert!(matches!(rule.severity, Severity::Warning | Severity::Note));
    assert_eq!(with[0].keepalived, Keepalived::Silent);
    assert!(
        with[0].effect.contains("keepalived") || with[0].effect.contains("vrrpd"),
        "{code}"
    );
    assert!(!with[0].help.is_empty(), "{code}");
    with[0].clone()
}
