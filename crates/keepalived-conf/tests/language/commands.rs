//! Commands and their quotes, as keepalived 2.2.7 printed what it made of the same lines.

use keepalived_conf::{Command, Keepalived, Severity};

use super::text::{codes, file, found, only, web};

/// The words of the command behind `script`.
fn words(command: &str) -> Vec<String> {
    let parsed = file(&format!("vrrp_script s {{\nscript {command}\n}}\n"));
    match &parsed.config.scripts.first().map(|script| &script.command.value) {
        Some(Command::Run { argv }) => argv.to_vec(),
        Some(Command::CanOpen { path }) => vec![format!("<{path}")],
        _ => Vec::new(),
    }
}

/// A command is read as one word, and that word is split once more: quotes and escapes count twice.
#[test]
fn a_command_is_read_twice() {
    for (command, expected) in [
        (r#""/x a b""#, &["/x", "a", "b"][..]),
        ("/x a b", &["/x"]),
        ("'/x a b'", &["/x", "a", "b"]),
        (r#""/x 'a b'""#, &["/x", "a b"]),
        (r#""/x \"a b\"""#, &["/x", "a b"]),
        (r#""/x a#b""#, &["/x", "a#b"]),
        (r"/x\ y", &["/x", "y"]),
        (r#""/x a\x41\102\cA""#, &["/x", "aAB\x01"]),
        (r#""/x \q""#, &["/x", "q"]),
        (r#""/x" a"#, &["/x"]),
        (r#"/x"y""#, &["/xy"]),
        (r#""/x"y"#, &["/xy"]),
        (r#""/x {a}""#, &["/x", "{a}"]),
        (r#"'/x "a b"'"#, &["/x", "a b"]),
        (r#""/x e\ r t\x41""#, &["/x", "e", "r", "tA"]),
        (r#""/x e\\ r""#, &["/x", "e r"]),
        (r#""/x \\\"a b\\\"""#, &["/x", "\"a", "b\""]),
        (r#"'/x "e\ r"'"#, &["/x", "e r"]),
        (r#""/x 'a\\b'""#, &["/x", "a\x08"]),
        (r#""/x a\nb""#, &["/x", "a", "b"]),
        (r#""/x 'a b' \"c d\" e""#, &["/x", "a b", "c d", "e"]),
        (r#""/x \\\\y""#, &["/x", "\\y"]),
        ("</x", &["</x"]),
    ] {
        assert_eq!(words(command), expected, "{command}");
    }
}

/// keepalived 2.2.7 breaks down at a script whose quotes are not closed, and only reports a notice like that.
#[test]
fn an_open_quote_in_a_command_is_told() {
    for command in ["\"/x a", "'/x a", "/x 'a #b'", "\"/x\" \"y"] {
        let parsed = file(&format!("vrrp_script s {{\nscript {command}\n}}\n"));
        let told = found(&parsed, "bad-command");
        assert_eq!(
            (told.severity, told.keepalived),
            (Severity::Fatal, Keepalived::Stops),
            "{command}"
        );
        assert!(told.message.contains("lacks a closing"));
        let parsed = web(&format!("notify_master {command}"));
        let told = found(&parsed, "bad-command");
        assert_eq!(
            (told.severity, told.keepalived),
            (Severity::Error, Keepalived::Reports),
            "{command}"
        );
        assert!(only(&parsed).notify.master.is_none() && !parsed.is_fatal());
    }
    // The second reading loses the line, no more.
    for command in ["\"/x 'a\"", r#""/x \"a b""#] {
        let parsed = file(&format!("vrrp_script s {{\nscript {command}\n}}\n"));
        assert_eq!(found(&parsed, "bad-command").keepalived, Keepalived::Reports);
    }
}

#[test]
fn an_empty_notice_is_none() {
    let parsed = web("notify_master \"\"");
    assert_eq!(found(&parsed, "bad-command").keepalived, Keepalived::Silent);
    assert_eq!(codes(&parsed), ["bad-command"]);
}
