//! Mail and webhooks: keepalived's words, and ours, which hold secrets.

use std::time::Duration;

use keepalived_conf::{
    Diagnostic, Keepalived, MailTls, MemoryFiles, Parsed, Severity, effective, line, parse, render,
};

const SECRET: &str = "S3same-0pen";
const INSTANCE: &str =
    "vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {\n192.0.2.1\n}\nMORE\n}\n";

fn parsed(text: &str) -> Parsed {
    let files = [
        ("k.conf", text.to_owned()),
        ("/secret", format!("{SECRET}\n")),
        ("/url", format!("https://hooks.example.com/{SECRET}\n")),
        ("/two", "a\nb\n".to_owned()),
        ("/nul", format!("{SECRET}\0\n")),
        ("/huge", SECRET.repeat(600)),
    ];
    parse(&MemoryFiles::new(files), "k.conf")
}

fn global(lines: &str) -> Parsed {
    parsed(&format!(
        "global_defs {{\n{lines}\n}}\n{}",
        INSTANCE.replace("MORE", "")
    ))
}

fn webhook(lines: &str) -> Parsed {
    parsed(&format!(
        "{}vrrp_webhook pager {{\n{lines}\n}}\n",
        INSTANCE.replace("MORE", "")
    ))
}

/// What is said beside that keepalived does not know a word.
fn said(parsed: &Parsed) -> Vec<&Diagnostic> {
    let all = parsed.diagnostics.iter();
    all.filter(|found| found.code != "own-word").collect()
}

fn codes(parsed: &Parsed) -> Vec<&'static str> {
    said(parsed).iter().map(|found| found.code).collect()
}

/// In nothing that goes to people or programs.
fn shown_nowhere(parsed: &Parsed) {
    let mut shown = format!("{:?}", parsed.config);
    shown += &serde_json::to_string(&parsed.config).unwrap();
    shown += &serde_json::to_string(&effective(parsed)).unwrap();
    for found in &parsed.diagnostics {
        shown += &line(found, &parsed.sources);
        shown += &render(found, &parsed.sources, false);
    }
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn a_login_is_read_from_its_file_and_shown_nowhere() {
    let parsed = global("smtp_server mail 587\nsmtp_tls required\nsmtp_login vrrp file:/secret");
    assert_eq!(codes(&parsed), [""; 0]);
    let mail = &parsed.config.global.mail;
    assert_eq!(mail.tls.value, MailTls::Required);
    let login = &mail.login.as_ref().unwrap().value;
    assert_eq!(
        (login.user.as_str(), login.password.reveal().as_str()),
        ("vrrp", SECRET)
    );
    shown_nowhere(&parsed);
}

#[test]
fn a_password_in_the_file_itself_is_refused_and_shown_nowhere() {
    for lines in [
        format!("smtp_tls required\nsmtp_login vrrp {SECRET}"),
        format!("smtp_tls required\nsmtp_login {SECRET}"),
        format!("smtp_tls required\nsmtp_logn vrrp {SECRET}"),
        format!("smtp_tls required\nsmtp_login vrrp file:/secret {SECRET}"),
    ] {
        let parsed = global(&lines);
        assert!(!codes(&parsed).is_empty());
        if !lines.contains("file:") {
            shown_nowhere(&parsed);
        }
        let inline = lines.contains(&format!("vrrp {SECRET}"));
        assert_eq!(
            parsed.config.global.mail.login.is_none(),
            inline || !lines.contains("file:")
        );
    }
}

#[test]
fn what_is_wrong_with_a_login_is_said() {
    for (lines, code) in [
        ("smtp_tls required\nsmtp_login vrrp file:/absent", "secret-file"),
        ("smtp_tls required\nsmtp_login vrrp file:/two", "secret-file"),
        ("smtp_tls required\nsmtp_login vrrp file:secret", "secret-file"),
        ("smtp_tls required\nsmtp_login vrrp", "inline-secret"),
        ("smtp_tls yes", "smtp-tls"),
        ("smtp_login vrrp file:/secret", "login-without-tls"),
        (
            "smtp_tls optional\nsmtp_login vrrp file:/secret",
            "login-without-tls",
        ),
    ] {
        let parsed = global(lines);
        assert_eq!(codes(&parsed), [code], "{lines}");
        let found = said(&parsed)[0];
        assert_eq!(
            (found.severity, found.keepalived),
            (Severity::Error, Keepalived::Silent),
            "{lines}"
        );
    }
}

/// Who asks for TLS gets no plain text instead.
#[test]
fn a_misspelt_protection_is_none_that_is_known() {
    for line in ["smtp_tls require", "smtp_tls", "smtp_tls none"] {
        let parsed = global(line);
        let expected = if line.ends_with("none") {
            MailTls::None
        } else {
            MailTls::Unknown
        };
        assert_eq!(parsed.config.global.mail.tls.value, expected, "{line}");
        let errors = said(&parsed)
            .iter()
            .any(|found| found.code == "smtp-tls" && found.effect.starts_with("no mail is sent"));
        assert_eq!(errors, expected == MailTls::Unknown, "{line}");
    }
}

/// keepalived 2.2.7: digits in front count, and with a number beyond the range there is no server, as its dump shows.
#[test]
fn a_bad_port_is_told_and_does_not_become_25() {
    for (port, code, expected) in [
        ("", None, Some(25)),
        ("587", None, Some(587)),
        ("65535", None, Some(65_535)),
        ("58x7", Some("number-with-junk"), Some(58)),
        ("65536", Some("bad-number"), None),
        ("0", Some("bad-number"), None),
        ("-1", Some("bad-number"), None),
        ("smtp", Some("bad-number"), None),
    ] {
        let parsed = global(&format!(
            "smtp_server 192.0.2.9 26\nsmtp_server 192.0.2.25 {port}"
        ));
        assert_eq!(codes(&parsed), Vec::from_iter(code), "{port}");
        let server = parsed.config.global.mail.server.as_ref();
        assert_eq!(server.map(|server| server.value.1), expected, "{port}");
        if code.is_some() {
            assert_eq!(said(&parsed)[0].keepalived, Keepalived::Reports, "{port}");
        }
    }
}

#[test]
fn an_authorization_goes_in_the_clear_only_to_this_machine() {
    for (url, sent) in [
        ("http://127.0.0.1:81/x", true),
        ("http://[::1]:81/x", true),
        ("http://localhost", true),
        ("https://192.0.2.1/", true),
        ("http://192.0.2.1/", false),
        ("http://127.0.0.1.example.com/", false),
        ("http://[2001:db8::1]:81/", false),
    ] {
        let parsed = webhook(&format!("url {url}\nauthorization file:/secret"));
        assert_eq!(parsed.config.webhooks.len(), usize::from(sent), "{url}");
        let expected: &[&str] = if sent { &[] } else { &["authorization-without-tls"] };
        assert_eq!(codes(&parsed), expected, "{url}");
    }
    assert_eq!(codes(&webhook("url http://192.0.2.1/")), [""; 0]);
}

#[test]
fn what_is_said_twice_or_names_nobody_is_told() {
    let parsed = webhook(
        "url https://a.example.com/\nurl https://b.example.com/\nauthorization file:/secret\nauthorization file:/secret",
    );
    assert_eq!(codes(&parsed), ["set-again", "set-again"]);
    assert_eq!(said(&parsed)[0].effect, "the last one counts");
    assert_eq!(parsed.config.webhooks[0].origin(), "https://b.example.com");
    let parsed = webhook("url https://a.example.com/\nonly {\n}");
    assert_eq!(codes(&parsed), ["empty-block"]);
    assert!(said(&parsed)[0].effect.contains("every instance"));
    // A url that is wrong is there.
    for wrong in ["url ftp://a", "url https://a.example.com/\nurl ftp://a"] {
        let parsed = webhook(wrong);
        assert_eq!(codes(&parsed).last(), Some(&"webhook-url"), "{wrong}");
        assert!(!codes(&parsed).contains(&"webhook-without-url"));
        assert!(parsed.config.webhooks.is_empty());
    }
    assert_eq!(codes(&webhook("retries 3")), ["webhook-without-url"]);
}

#[test]
fn a_secret_that_cannot_be_one_is_told_in_clear_words() {
    for (path, words) in [
        ("/nul", "0x00 (NUL)"),
        ("/huge", "6600 octets, and a secret at most 4096"),
    ] {
        let parsed = webhook(&format!("url https://a.example.com/\nauthorization file:{path}"));
        assert_eq!(codes(&parsed), ["secret-file"], "{path}");
        let message = &said(&parsed)[0].message;
        assert!(message.contains(words), "{message}");
        shown_nowhere(&parsed);
    }
}

/// Files of the machine, one of which everybody may read.
#[cfg(unix)]
#[test]
fn a_secret_that_everybody_can_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (file, token) = (folder.path().join("k.conf"), folder.path().join("token"));
    let text = format!(
        "{}vrrp_webhook pager {{\nurl https://a.example.com/\nauthorization file:{}\n}}\n",
        INSTANCE.replace("MORE", ""),
        token.display()
    );
    std::fs::write(&file, text).unwrap();
    std::fs::write(&token, SECRET).unwrap();
    for (mode, expected) in [(0o644, &["secret-readable"][..]), (0o640, &[]), (0o600, &[])] {
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(mode)).unwrap();
        let parsed = parse(&keepalived_conf::DiskFiles, &file.to_string_lossy());
        assert_eq!(codes(&parsed), expected, "{mode:o}");
        assert_eq!(parsed.config.webhooks.len(), 1, "it is used");
    }
}

#[test]
fn an_smtp_tls_that_says_nothing_is_told_once_and_as_it_is() {
    let parsed = global("notification_email {\na@example.com\n}\nsmtp_server 192.0.2.25\nsmtp_tls");
    assert_eq!(codes(&parsed), ["smtp-tls"]);
    assert!(said(&parsed)[0].effect.starts_with("no mail is sent"));
    assert_eq!(parsed.config.global.mail.tls.value, MailTls::Unknown);
}

#[test]
fn mail_to_nobody_is_told() {
    let parsed = global("smtp_alert");
    assert_eq!(codes(&parsed), ["no-recipient"]);
    let own = parsed_with("smtp_alert");
    assert_eq!(codes(&own), ["no-recipient"]);
    assert_eq!(codes(&global("smtp_alert off")), [""; 0]);
}

fn parsed_with(own: &str) -> Parsed {
    parsed(&INSTANCE.replace("MORE", own))
}

#[test]
fn mail_without_a_server_is_told() {
    let parsed = global("notification_email {\na@example.com\n}\nsmtp_alert");
    assert_eq!(codes(&parsed), ["no-smtp-server"]);
    assert!(
        global("notification_email {\na@example.com\n}")
            .diagnostics
            .is_empty()
    );
}

/// keepalived: its own word, else `smtp_alert_vrrp`, else `smtp_alert`, else off.
#[test]
fn a_group_takes_smtp_alert_as_an_instance_does() {
    let of = |globals: &str, own: &str| {
        let text = format!(
            "global_defs {{\n{globals}\n}}\n{}vrrp_sync_group G {{\ngroup {{\nA\n}}\n{own}\n}}\n",
            INSTANCE.replace("MORE", own)
        );
        let config = parsed(&text).config;
        let both = (
            config.sync_groups[0].smtp_alert.value,
            config.instances[0].smtp_alert.value,
        );
        assert_eq!(both.0, both.1, "{globals} {own}");
        both.0
    };
    assert!(!of("", ""));
    assert!(of("smtp_alert", ""));
    assert!(!of("smtp_alert\nsmtp_alert_vrrp off", ""));
    assert!(of("smtp_alert off\nsmtp_alert_vrrp", ""));
    assert!(!of("smtp_alert", "smtp_alert off"));
    assert!(of("", "smtp_alert"));
}

#[test]
fn a_webhook_has_defaults_and_takes_its_secrets_from_files() {
    let parsed = webhook("url file:/url\nauthorization file:/secret");
    assert_eq!(codes(&parsed), [""; 0]);
    let hook = &parsed.config.webhooks[0];
    assert_eq!(hook.name, "pager");
    assert_eq!(
        (hook.timeout.value, hook.retries.value),
        (Duration::from_secs(5), 5)
    );
    assert_eq!(hook.origin(), "https://hooks.example.com");
    assert_eq!(
        hook.authorization.as_ref().unwrap().value.reveal().as_str(),
        SECRET
    );
    assert!(hook.only.is_empty());
    shown_nowhere(&parsed);
    let section = &effective(&parsed).webhooks[0];
    assert_eq!(section.one("url").unwrap().shown(), "https://hooks.example.com");
    let parsed = webhook("url http://h:81/x\ntimeout 0.5\nretries 0\nonly {\nA\n}");
    let hook = &parsed.config.webhooks[0];
    assert_eq!(
        (hook.timeout.value, hook.retries.value),
        (Duration::from_millis(500), 0)
    );
    assert_eq!(hook.only[0].value, "A");
}

#[test]
fn a_webhook_with_anything_wrong_in_it_is_left_out_and_its_url_shown_nowhere() {
    for (lines, code) in [
        ("timeout 5", "webhook-without-url"),
        ("url ftp://h/SECRET", "webhook-url"),
        ("url SECRET", "webhook-url"),
        ("url https://u:SECRET@h/", "webhook-url"),
        ("url https:///SECRET", "webhook-url"),
        ("url http://127.0.0.1:99999/SECRET", "webhook-url"),
        ("url http://127.0.0.1:abc/SECRET", "webhook-url"),
        ("url http://127.0.0.1:+80/SECRET", "webhook-url"),
        ("url http://127.0.0.1:0/SECRET", "webhook-url"),
        ("url http://127.0.0.1:/SECRET", "webhook-url"),
        ("url http://[::1]:65536/SECRET", "webhook-url"),
        ("url http://::1/SECRET", "webhook-url"),
        ("url https://h/SECRET\nauthorization SECRET", "inline-secret"),
        ("url https://h/SECRET\nauthorization file:/absent", "secret-file"),
        ("url https://h/SECRET\nretries 21", "bad-number"),
    ] {
        let parsed = webhook(&lines.replace("SECRET", SECRET));
        assert!(codes(&parsed).contains(&code), "{lines}: {:?}", codes(&parsed));
        assert!(parsed.config.webhooks.is_empty(), "{lines}");
        assert!(
            said(&parsed)
                .iter()
                .all(|found| found.keepalived == Keepalived::Silent),
            "{lines}"
        );
        shown_nowhere(&parsed);
    }
}

#[test]
fn a_webhook_of_nobody_is_told() {
    let parsed = webhook("url https://h/\nonly {\nA\nnobody\n}");
    assert_eq!(codes(&parsed), ["unknown-name"]);
    let twice = parsed_twice();
    assert_eq!(twice.config.webhooks.len(), 1);
    assert_eq!(codes(&twice), ["duplicate-block"]);
}

fn parsed_twice() -> Parsed {
    let hook = "vrrp_webhook pager {\nurl https://h/\n}\n";
    parsed(&format!("{}{hook}{hook}", INSTANCE.replace("MORE", "")))
}
