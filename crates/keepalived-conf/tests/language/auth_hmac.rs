//! `auth_hmac`. Ranges, forms and defaults are those of keepalived 2.4.3 and the draft; what keepalived runs unsigned
//! after a mistake does not start here (HM-11).

use keepalived_conf::{
    AntiReplay, Files, HmacMode, Host, Keepalived, MemoryFiles, Origin, Parsed, Severity, keywords, line,
    parse, parse_for, render,
};

use super::text::{barred, codes, found, only, place, web};

/// 32 octets.
const HEX: &str = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
/// 37 octets.
const TEXT: &str = "correct-horse-battery-staple-and-more";

fn block(lines: &str) -> Parsed {
    web(&format!("auth_hmac {{\n{lines}\n}}"))
}

fn with_file(bytes: &[u8]) -> Parsed {
    let text = "vrrp_instance web {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.1\n}\nauth_hmac {\nkey 1 file:/etc/vrrp.key\nactive_key 1\n}\n}\n";
    let files: [(&str, &[u8]); 2] = [("k.conf", text.as_bytes()), ("/etc/vrrp.key", bytes)];
    parse(&MemoryFiles::new(files), "k.conf")
}

/// What is wrong with the only instance, which is dropped.
fn refused(parsed: &Parsed, code: &str) -> String {
    assert!(parsed.config.instances.is_empty(), "{code}: {:?}", codes(parsed));
    assert_eq!(parsed.config.dropped.len(), 1, "{code}");
    let found = found(parsed, code);
    assert_eq!(found.severity, Severity::InstanceDropped);
    assert_eq!(found.instance.as_deref(), Some("web"));
    assert!(
        !found.help.is_empty() && found.effect.contains("does not start"),
        "{found:?}"
    );
    assert!(!parsed.is_fatal(), "other instances may start");
    found.message.clone()
}

#[test]
fn defaults_are_keepalived_s() {
    let parsed = block(&format!("key 7 {HEX}\nactive_key 7"));
    let hmac = only(&parsed).auth_hmac.clone().unwrap();
    let octets: Vec<u8> = (0..32).collect();
    assert_eq!((hmac.keys[0].id, hmac.keys[0].octets()), (7, &octets[..]));
    assert_eq!((hmac.keys.len(), hmac.active_key.value), (1, 7));
    assert_eq!(
        (hmac.mode.value, hmac.anti_replay.value),
        (HmacMode::Enforce, AntiReplay::Time)
    );
    assert_eq!(
        (hmac.mode.origin, hmac.time_window_seconds),
        (Origin::Default, None)
    );
    assert_eq!(codes(&parsed), [""; 0]);
    assert!(barred(&parsed).is_empty());
    assert!(only(&web("")).auth_hmac.is_none());
}

#[test]
fn every_word_is_read() {
    let parsed = block(&format!(
        "key 1 {HEX}\nkey 255 \"{TEXT}\"\nactive_key 255\nmode receive-only\nanti_replay monotonic\ntime_window 300"
    ));
    let hmac = only(&parsed).auth_hmac.clone().unwrap();
    assert_eq!((hmac.keys[1].id, hmac.keys[1].octets()), (255, TEXT.as_bytes()));
    assert_eq!(hmac.active_key.value, 255);
    assert_eq!(
        (hmac.mode.value, hmac.anti_replay.value),
        (HmacMode::ReceiveOnly, AntiReplay::Monotonic)
    );
    assert_eq!(hmac.time_window_seconds.unwrap().value, 300);
    assert_eq!(codes(&parsed), [""; 0]);
    let permissive = block(&format!("key 1 {HEX}\nactive_key 1\nmode permissive"));
    assert_eq!(
        only(&permissive).auth_hmac.as_ref().unwrap().mode.value,
        HmacMode::Permissive
    );
}

/// There is no such prefix: it is part of the key, for keepalived too.
#[test]
fn ascii_is_no_prefix() {
    let parsed = block(&format!("key 1 ascii:{TEXT}\nactive_key 1"));
    assert_eq!(
        only(&parsed).auth_hmac.as_ref().unwrap().keys[0].octets(),
        format!("ascii:{TEXT}").as_bytes()
    );
}

#[test]
fn a_key_has_32_to_64_octets() {
    for (length, fits) in [(31, false), (32, true), (64, true), (65, false)] {
        for value in ["k".repeat(length), format!("hex:{}", "ab".repeat(length))] {
            let parsed = block(&format!("key 1 {value}\nactive_key 1"));
            if fits {
                assert_eq!(
                    only(&parsed).auth_hmac.as_ref().unwrap().keys[0].octets().len(),
                    length
                );
            } else {
                let text = refused(&parsed, "hmac-key-length");
                assert_eq!(text, format!("key 1 has {length} octets; 32 to 64 are possible"));
                assert_eq!(place(&parsed, "hmac-key-length"), "8:7");
            }
        }
    }
}

#[test]
fn a_key_file_holds_the_same_forms_and_one_line_end() {
    let octets = |bytes: &[u8]| {
        only(&with_file(bytes)).auth_hmac.as_ref().unwrap().keys[0]
            .octets()
            .to_vec()
    };
    for end in ["", "\n", "\r\n"] {
        assert_eq!(
            octets(format!("{HEX}{end}").as_bytes()),
            (0..32).collect::<Vec<u8>>()
        );
        assert_eq!(octets(format!("{TEXT}{end}").as_bytes()), TEXT.as_bytes());
    }
    assert_eq!(octets(&[0xff; 40]), [0xff; 40], "any bytes but a line end");
    for (bytes, wrong) in [
        (format!("{TEXT}\n\n"), "more than one line"),
        (format!("# key\n{TEXT}\n"), "more than one line"),
        ("file:/etc/another.key\n".to_owned(), "names another file"),
    ] {
        assert!(
            refused(&with_file(bytes.as_bytes()), "hmac-key-file").contains(wrong),
            "{wrong}"
        );
    }
    assert!(refused(&with_file(b"short\n"), "hmac-key-length").contains("5 octets"));
    assert!(refused(&with_file(b""), "hmac-key-length").contains("0 octets"));
}

#[test]
fn a_key_file_that_cannot_be_read_is_told_with_its_path() {
    let parsed = block("key 1 file:/etc/none.key\nactive_key 1");
    assert_eq!(
        refused(&parsed, "hmac-key-file"),
        "the file /etc/none.key of key 1 cannot be read: no such file"
    );
    assert_eq!(place(&parsed, "hmac-key-file"), "8:7");
}

/// The sign is read as keepalived reads it; every node cuts the key alike, and it is weaker than it looks.
#[test]
fn a_key_that_a_comment_cuts_is_told() {
    let parsed = block(&format!("key 1 {TEXT}#more\nactive_key 1"));
    let hmac = only(&parsed).auth_hmac.as_ref().unwrap();
    assert_eq!(hmac.keys[0].octets(), TEXT.as_bytes());
    assert_eq!(found(&parsed, "comment-in-key").severity, Severity::Warning);
    assert_eq!(place(&parsed, "comment-in-key"), "8:44");
    for line in [format!("key 1 {TEXT} # mine"), format!("key 1 \"{TEXT}#more\"")] {
        assert_eq!(codes(&block(&format!("{line}\nactive_key 1"))), [""; 0], "{line}");
    }
}

/// Which folder it would be in depends on who started the program.
#[test]
fn a_key_file_has_its_whole_path() {
    let parsed = block("key 1 file:vrrp.key\nactive_key 1");
    let text = refused(&parsed, "hmac-key-file");
    assert_eq!(text, "the path \"vrrp.key\" of key 1 does not begin with a slash");
    refused(&block("key 1 file:\nactive_key 1"), "hmac-key-file");
}

#[test]
fn a_key_may_be_a_credential_of_systemd() {
    let text = "vrrp_instance web {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.1\n}\nauth_hmac {\nkey 1 file:${_ENV CREDENTIALS_DIRECTORY}/vrrp\nactive_key 1\n}\n}\n";
    let folder = "/run/credentials/vrrpd.service";
    let host = Host {
        environment: [("CREDENTIALS_DIRECTORY".to_owned(), folder.to_owned())].into(),
        ..Host::default()
    };
    let files = MemoryFiles::new([("k.conf".to_owned(), text), (format!("{folder}/vrrp"), TEXT)]);
    let parsed = parse_for(&host, &files, "k.conf");
    let hmac = only(&parsed).auth_hmac.as_ref().unwrap();
    assert_eq!(hmac.keys[0].octets(), TEXT.as_bytes());
}

/// Files that count how often each is read.
struct Counting(MemoryFiles, std::cell::RefCell<Vec<String>>);

impl Files for Counting {
    fn read(&self, path: &str) -> Result<Vec<u8>, keepalived_conf::FileError> {
        self.1.borrow_mut().push(path.to_owned());
        self.0.read(path)
    }

    fn matching(&self, pattern: &str) -> Vec<String> {
        self.0.matching(pattern)
    }
}

#[test]
fn a_key_file_is_asked_of_the_caller_and_of_nobody_else() {
    let text = "vrrp_instance web {\nauth_hmac {\nkey 1 file:/proc/version\nactive_key 1\n}\n}\n";
    let files = Counting(
        MemoryFiles::new([("k.conf", text)]),
        std::cell::RefCell::default(),
    );
    let parsed = parse(&files, "k.conf");
    assert_eq!(*files.1.borrow(), ["k.conf", "/proc/version"]);
    assert!(found(&parsed, "hmac-key-file").message.ends_with("no such file"));
}

#[test]
fn hm_11_refuses_to_start_unsigned_after_a_mistake() {
    let good = format!("key 1 {HEX}\nactive_key 1\n");
    for (lines, code, at) in [
        (format!("key 1 {HEX}"), "hmac-active-key", "7:1"),
        (format!("key 1 {HEX}\nactive_key 2"), "hmac-active-key", "9:12"),
        (String::new(), "hmac-active-key", "7:1"),
        ("active_key 1".to_owned(), "hmac-active-key", "8:12"),
        (format!("{good}active_key 0"), "hmac-number", "10:12"),
        (format!("{good}active_key 256"), "hmac-number", "10:12"),
        (format!("{good}active_key first"), "hmac-number", "10:12"),
        (format!("{good}key 1 {TEXT}"), "hmac-key-twice", "10:1"),
        (format!("{good}key 0 {TEXT}"), "hmac-key-id", "10:5"),
        (format!("{good}key 256 {TEXT}"), "hmac-key-id", "10:5"),
        (format!("{good}key {TEXT}"), "hmac-key-id", "10:5"),
        (format!("{good}key 2"), "hmac-key", "10:1"),
        (
            format!("{good}key 2 hex:{}0", "00".repeat(32)),
            "hmac-key-hex",
            "10:7",
        ),
        (
            format!("{good}key 2 hex:{}", "0g".repeat(32)),
            "hmac-key-hex",
            "10:7",
        ),
        (format!("{good}time_window 0"), "hmac-number", "10:13"),
        (format!("{good}time_window 301"), "hmac-number", "10:13"),
        (format!("{good}time_window 5s"), "hmac-number", "10:13"),
        (format!("{good}mode Enforce"), "hmac-choice", "10:6"),
        (format!("{good}mode receive_only"), "hmac-choice", "10:6"),
        (format!("{good}anti_replay none"), "hmac-choice", "10:13"),
    ] {
        let parsed = block(&lines);
        refused(&parsed, code);
        assert_eq!(place(&parsed, code), at, "{lines}");
    }
}

#[test]
fn a_misspelt_word_bars() {
    let parsed = block(&format!("key 1 {HEX}\nactive_key 1\nmodes permissive"));
    assert_eq!(barred(&parsed), ["modes"]);
}

/// HM-13: whatever is wrong, and wherever it is shown.
#[test]
fn hm_13_refuses_to_show_a_key_in_a_finding() {
    let secret = "S3CRET-S3CRET-S3CRET-S3CRET-S3CRET";
    let digits = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
    for lines in [
        format!("key {secret}"),
        format!("key {secret} 1"),
        format!("key 1 {secret} {secret}\nactive_key 1"),
        format!("key 1 {secret}\nkey 1 {secret}\nactive_key 1"),
        format!("key 1 {secret}{secret}\nactive_key 1"),
        format!("key 1 hex:{digits}\nactive_key 1"),
        format!("key 1 hex:{digits}{secret}\nactive_key 1"),
        format!("key 1 S3#{secret}\nactive_key 1"),
        format!("key 1 \"{secret}\nactive_key 1"),
        format!("kye 1 {secret}\nactive_key 1"),
        format!("key 1 {secret} active_key 1"),
        format!("active_key {secret}"),
        secret.to_owned(),
        format!("mode {secret}"),
        format!("mode permissive {secret}"),
    ] {
        let mut all = vec![block(&lines)];
        if lines != secret {
            // The lines come to stand in the instance. A key all alone there is a word like any other.
            all.push(web(&format!("auth_hamc {{\n{lines}\n}}")));
        }
        for parsed in all {
            assert!(!parsed.diagnostics.is_empty(), "{lines}");
            for found in &parsed.diagnostics {
                for shown in [
                    line(found, &parsed.sources),
                    render(found, &parsed.sources, false),
                ] {
                    assert!(
                        !shown.contains("CRET") && !shown.contains("5a5a"),
                        "{lines}: {shown}"
                    );
                }
            }
            let model = format!("{:?}", parsed.config) + &serde_json::to_string(&parsed.config).unwrap();
            assert!(!model.contains("CRET") && !model.contains("5a5a"), "{model}");
        }
    }
}

#[test]
fn hm_13_refuses_to_show_a_key_that_is_used() {
    let parsed = block(&format!("key 1 {TEXT}\nactive_key 1"));
    let octets = format!("{:?}", TEXT.as_bytes());
    for model in [
        format!("{:?}", parsed.config),
        serde_json::to_string(&parsed.config).unwrap(),
    ] {
        assert!(
            !model.contains("horse") && !model.contains(&octets[1..20]),
            "{model}"
        );
        assert!(!model.contains(&octets[1..20].replace(' ', "")), "{model}");
    }
}

/// keepalived drops the old block, and says so.
#[test]
fn the_old_authentication_gives_way() {
    for version in ["2", "3"] {
        let parsed = web(&format!(
            "version {version}\nauthentication {{\nauth_type PASS\nauth_pass 123456\n}}\nauth_hmac {{\nkey 1 {HEX}\nactive_key 1\n}}"
        ));
        let web = only(&parsed);
        assert!(web.authentication.is_none() && web.auth_hmac.is_some());
        let told = found(&parsed, "auth-beside-hmac");
        assert_eq!(
            (told.severity, told.keepalived),
            (Severity::Error, Keepalived::Reports)
        );
        assert_eq!(place(&parsed, "auth-beside-hmac"), "8:1");
        assert!(barred(&parsed).is_empty());
    }
}

#[test]
fn strict_mode_enforces() {
    let strict = |mode: &str| {
        web(&format!(
            "strict_mode\npriority 255\nauth_hmac {{\nkey 1 {HEX}\nactive_key 1\n{mode}\n}}"
        ))
    };
    for mode in ["mode permissive", "mode receive-only", "mode enforce", ""] {
        let parsed = strict(mode);
        let hmac = only(&parsed).auth_hmac.clone().unwrap();
        assert_eq!(hmac.mode.value, HmacMode::Enforce);
        let told = codes(&parsed).contains(&"strict-hmac-mode");
        assert_eq!(told, mode.ends_with("sive") || mode.ends_with("only"), "{mode}");
    }
}

/// PRJ-MAX-01: an MTU of 1500 less 40 of IPv6, 8 of the message and 28 of the signature are 89 addresses of 16.
#[test]
fn a_signature_takes_the_room_of_an_ipv6_address() {
    let addresses: String = (1..=90).map(|last| format!("fe80::{last:x}\n")).collect();
    let text = |hmac: &str| {
        format!(
            "vrrp_instance web {{\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {{\n{addresses}}}\n{hmac}\n}}\n"
        )
    };
    let signed = super::text::file(&text(&format!("auth_hmac {{\nkey 1 {HEX}\nactive_key 1\n}}")));
    assert_eq!(
        (only(&signed).addresses.len(), only(&signed).excluded.len()),
        (89, 1)
    );
    assert_eq!(only(&super::text::file(&text(""))).addresses.len(), 90);
}

#[test]
fn the_table_has_it_in_full() {
    for name in ["auth_hmac", "active_key", "time_window", "anti_replay"] {
        let keyword = keywords().iter().find(|keyword| keyword.name == name).unwrap();
        assert_eq!(keyword.support, keepalived_conf::Support::Full, "{name}");
    }
}
