//! What keepalived 2.2.7 makes of the same few lines, seen in its messages and in the configuration it prints.

use keepalived_conf::{Host, Keepalived, MemoryFiles, Parsed, Severity, parse, parse_for};

use super::text::{codes, file, found, only};

/// The node `x`, with these files beside the text.
fn beside(text: &str, files: &[(&str, &str)]) -> Parsed {
    let all = [("k.conf", text)].into_iter().chain(files.iter().copied());
    let host = Host {
        config_id: Some("x".to_owned()),
        ..Host::default()
    };
    parse_for(&host, &MemoryFiles::new(all), "k.conf")
}

fn id(parsed: &Parsed) -> Option<&str> {
    parsed
        .config
        .global
        .router_id
        .as_ref()
        .map(|id| id.value.as_str())
}

fn named(name: &str) -> String {
    format!("global_defs {{\nrouter_id {name}\n}}\n")
}

/// The addresses of an instance that has this line between its braces.
fn addresses(line: &str) -> Vec<String> {
    let text = format!(
        "$N=2\n$X=4,5\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {{\n{line}\n}}\n}}\n"
    );
    let parsed = beside(&text, &[]);
    only(&parsed)
        .addresses
        .iter()
        .map(|address| address.ip().to_string())
        .collect()
}

fn reports(parsed: &Parsed) -> Option<Keepalived> {
    parsed.diagnostics.iter().map(|found| found.keepalived).max()
}

#[test]
fn a_line_of_1023_bytes_is_read_and_one_of_1024_is_not() {
    let line = |bytes: usize| format!("global_defs {{\nrouter_id a {}\n}}\n", "x".repeat(bytes - 12));
    let parsed = file(&line(1023));
    assert_eq!(id(&parsed), Some("a"));
    assert_ne!(reports(&parsed), Some(Keepalived::Reports));
    let parsed = file(&line(1024));
    assert_eq!(found(&parsed, "line-too-long").severity, Severity::Error);
    assert_eq!(
        id(&parsed),
        None,
        "nobody knows what its last byte would have done"
    );
}

/// The rest of a long comment is taken for a line of words.
#[test]
fn a_long_comment_is_told() {
    let parsed = file(&format!("# {}\n{}", "x".repeat(1200), named("a")));
    assert_eq!(id(&parsed), Some("a"));
    let comment = found(&parsed, "long-comment");
    assert_eq!(
        (comment.severity, comment.keepalived),
        (Severity::Warning, Keepalived::Reports)
    );
    assert_eq!(
        codes(&file(&format!("# {}\n", "x".repeat(1021)))),
        Vec::<&str>::new()
    );
}

#[test]
fn a_byte_order_mark_is_told() {
    let parsed = file(&format!("\u{feff}{}", named("a")));
    assert_eq!(id(&parsed), Some("a"));
    assert_eq!(found(&parsed, "byte-order-mark").keepalived, Keepalived::Reports);
}

/// keepalived reads two letters of its first line and no line more.
#[test]
fn a_file_of_utf_16_is_told_once() {
    let text = format!("\u{feff}{}", named("a"));
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let wide: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
        let parsed = parse(&MemoryFiles::new([("k.conf", wide)]), "k.conf");
        assert_eq!(codes(&parsed), ["utf-16"]);
        let told = found(&parsed, "utf-16");
        assert_eq!(
            (told.severity, told.keepalived),
            (Severity::Fatal, Keepalived::Reports)
        );
    }
}

#[test]
fn include_takes_the_rest_of_its_line() {
    let a = [
        ("a.conf", "global_defs {\nrouter_id a\n}\n"),
        ("a b.conf", "global_defs {\nrouter_id ab\n}\n"),
    ];
    assert_eq!(id(&beside("include\ta.conf   # late\n", &a)), Some("a"));
    assert_eq!(id(&beside("include a b.conf\n", &a)), Some("ab"));
    let quoted = beside("include \"a.conf\"\n", &a);
    assert_eq!(id(&quoted), None, "the quotes are part of the name");
    assert!(found(&quoted, "include-absent").help.contains("quotes"));
    assert_eq!(id(&beside("include a.conf }\n", &a)), None);
    assert_eq!(codes(&beside("include\n", &a)), ["missing-argument"]);
    assert_eq!(codes(&beside("INCLUDE a.conf\n", &a)), ["unknown-keyword"]);
}

#[test]
fn include_stands_behind_conditions_parameters_and_braces() {
    let a = [
        ("a.conf", "router_id a\n"),
        ("b.conf", "global_defs {\nrouter_id b\n}\n"),
        ("d/e.conf", "global_defs {\nrouter_id e\n}\n"),
    ];
    assert_eq!(id(&beside("@x include b.conf\n", &a)), Some("b"));
    assert_eq!(id(&beside("@y include b.conf\n", &a)), None);
    assert_eq!(id(&beside("$F=b.conf\ninclude $F\n", &a)), Some("b"));
    assert_eq!(id(&beside("$D=d\ninclude ${D}/e.conf\n", &a)), Some("e"));
    assert_eq!(id(&beside("global_defs { include a.conf\n}\n", &a)), Some("a"));
    assert_eq!(
        id(&beside("global_defs {\nvrrp_version 3\n} include b.conf\n", &a)),
        Some("b")
    );
}

/// (directive, absent path, is fatal, is reported)
#[test]
fn each_relative_of_include_is_strict_in_its_own_way() {
    const LITERAL: &str = "none.conf";
    const WILDCARD: &str = "*.none";
    const BRACES: &str = "{a,z}.conf";
    let fatal = [
        ("includem", LITERAL),
        ("includew", LITERAL),
        ("includea", LITERAL),
        ("includew", WILDCARD),
        ("includea", WILDCARD),
        ("includeb", BRACES),
        ("includea", BRACES),
    ];
    for directive in [
        "include", "includer", "includem", "includew", "includeb", "includea",
    ] {
        for pattern in [LITERAL, WILDCARD, BRACES] {
            let parsed = beside(
                &format!("{directive} {pattern}\n{}", named("q")),
                &[("a.conf", "\n")],
            );
            let expected = match fatal.contains(&(directive, pattern)) {
                true => Keepalived::Stops,
                // The folder is there: it holds the file itself.
                false if pattern == WILDCARD => Keepalived::Silent,
                false => Keepalived::Reports,
            };
            assert_eq!(reports(&parsed), Some(expected), "{directive} {pattern}");
            assert_eq!(
                parsed.is_refused(),
                expected == Keepalived::Stops,
                "{directive} {pattern}"
            );
            assert_eq!(id(&parsed), Some("q"));
        }
    }
    let both = beside(
        "include {a,b}.conf\n",
        &[
            ("a.conf", &named("a")),
            ("b.conf", "global_defs {\nvrrp_version 3\n}\n"),
        ],
    );
    assert_eq!((id(&both), codes(&both)), (Some("a"), vec![]));
}

#[test]
fn a_line_has_one_condition() {
    let parsed = beside("global_defs {\n@x @y router_id a\n}\n", &[]);
    assert_eq!((id(&parsed), codes(&parsed)), (None, vec!["unknown-keyword"]));
    let parsed = beside("global_defs {\n@^y @x router_id a\n}\n", &[]);
    assert_eq!((id(&parsed), codes(&parsed)), (None, vec!["unknown-keyword"]));
    let parsed = beside("global_defs {\n@ x router_id a\nrouter_id b @x\n}\n", &[]);
    assert_eq!(id(&parsed), Some("b"));
    assert_ne!(reports(&parsed), Some(Keepalived::Reports));
}

#[test]
fn the_name_of_a_parameter_begins_with_a_letter() {
    let parsed = beside(&format!("$1A=a\n{}", named("$1A")), &[]);
    assert_eq!(
        (id(&parsed), codes(&parsed)),
        (Some("$1A"), vec!["unknown-keyword"])
    );
    assert_eq!(id(&beside(&format!("$_a1=b\n{}", named("$_a1")), &[])), Some("b"));
}

/// The escape is resolved before the parameter is put in, and what it kept begins a comment then.
#[test]
fn an_escaped_comment_sign_comes_to_life_beside_a_parameter() {
    for (text, expected) in [
        (named("x\\#y"), "x#y"),
        (format!("$A=a\n{}", named("${A}x\\#y")), "ax"),
        (format!("$A=a\n{}", named("x\\#y${A}")), "x"),
        (format!("$A=a\\#b\n{}", named("$A")), "a"),
        (format!("$A=\"a#b\"\n{}", named("$A")), "a#b"),
        (named("x\\#y$z"), "x#y$z"),
    ] {
        assert_eq!(id(&beside(&text, &[])), Some(expected), "{text}");
    }
}

#[test]
fn a_definition_that_the_file_cuts_off_is_no_fault_to_keepalived() {
    let parsed = beside("$A=a \\\n", &[]);
    assert_eq!(found(&parsed, "open-definition").keepalived, Keepalived::Silent);
}

#[test]
fn a_sequence_begins_its_line() {
    assert_eq!(addresses("~SEQ(v,1,2) 192.0.2.$v"), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(addresses("~SEQ(v,1,2)192.0.2.$v"), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(addresses("@x ~SEQ(v,1,2) 192.0.2.$v"), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(addresses("~SEQ(v,1,2) @x 192.0.2.$v"), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(addresses("~SEQ(v,1,2) @y 192.0.2.$v"), Vec::<String>::new());
    assert_eq!(addresses("192.0.2.$v ~SEQ(v,1,2)"), Vec::<String>::new());
}

#[test]
fn numbers_of_sequences_are_those_of_c_and_may_be_parameters() {
    assert_eq!(addresses("~SEQ(v,1,$N) 192.0.2.$v"), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(addresses("~SEQ(v,1,${N}) 192.0.2.$v"), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(
        addresses("~SEQ(v,0x10,0x11) 192.0.2.$v"),
        ["192.0.2.16", "192.0.2.17"]
    );
    assert_eq!(
        addresses("~SEQ(v,010,011) 192.0.2.$v"),
        ["192.0.2.8", "192.0.2.9"]
    );
    assert_eq!(addresses("~SEQ(v,08,10) 192.0.2.$v"), Vec::<String>::new());
    assert_eq!(addresses("~SEQx(v,a,c) 2001:db8::$v"), Vec::<String>::new());
    assert_eq!(addresses("~LST(a,{1},{3}) 10.0.0.$a"), ["10.0.0.1", "10.0.0.3"]);
    assert_eq!(
        addresses("~LST(v,a b,c) 192.0.2.1 label eth0:$v"),
        Vec::<String>::new()
    );
}

/// What a sequence counts with keeps its last value.
#[test]
fn the_parameter_of_a_sequence_stays() {
    let two = ["192.0.2.1", "192.0.2.2", "192.0.3.2"];
    assert_eq!(addresses("~SEQ(v,1,2) 192.0.2.$v\n192.0.3.$v"), two);
    assert_eq!(addresses("~LST(v,1,2) 192.0.2.$v\n192.0.3.$v"), two);
    assert_eq!(
        addresses("~SEQ(N,1,1) 192.0.2.$N\n192.0.3.$N"),
        ["192.0.2.1", "192.0.3.1"]
    );
    assert_eq!(
        addresses("~SEQ(v,1,2) 192.0.2.$v\n~SEQ(v,5,6) 192.0.3.$v"),
        ["192.0.2.1", "192.0.2.2", "192.0.3.5", "192.0.3.6"]
    );
    let nested = format!(
        "{} 192.0.2.$a",
        (0..20)
            .map(|at| format!("~SEQ({},1,1)", char::from(b'a' + at)))
            .collect::<String>()
    );
    assert_eq!(addresses(&nested), ["192.0.2.1"], "twenty in one line");
}

/// keepalived ends lines at braces: what begins a line may stand behind one.
#[test]
fn conditions_and_definitions_stand_behind_braces() {
    assert_eq!(id(&beside("global_defs { @x router_id a\n}\n", &[])), Some("a"));
    assert_eq!(id(&beside("global_defs { @y router_id a\n}\n", &[])), None);
    assert_eq!(addresses("} @x virtual_ipaddress { @x 192.0.2.9"), ["192.0.2.9"]);
    assert_eq!(
        id(&beside("global_defs { $A=b\nrouter_id a$A\n}\n", &[])),
        Some("ab")
    );
    // The whole rest of the line is for the other node, its brace included.
    let parsed = beside("global_defs { @y router_id a }\n", &[]);
    assert_eq!(codes(&parsed), ["missing-close-brace"]);
}

#[test]
fn alternatives_are_read_as_they_are_written() {
    let files = [
        ("a.conf", named("a")),
        ("b.conf", named("b")),
        ("c.conf", named("c")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(
        id(&beside("include {b,a}.conf\n", &files)),
        Some("a"),
        "the last one counts"
    );
    assert_eq!(id(&beside("include {a,b}.conf\n", &files)), Some("b"));
    assert_eq!(id(&beside("include ?.conf\n", &files)), Some("c"));
}

/// 2.2.7 ends a line at a NUL byte without a word, newer releases leave it out; it takes typographic quotes for letters.
#[test]
fn odd_bytes_are_silent_to_keepalived() {
    for text in [
        "global_defs {\nrouter_id a\0b\n}\n",
        "global_defs {\nrouter_id “a b”\n}\n",
    ] {
        let parsed = file(text);
        assert_eq!(reports(&parsed), Some(Keepalived::Silent), "{text:?}");
    }
    assert_eq!(
        reports(&file("global_defs {\nrouter_id\u{a0}a\n}\n")),
        Some(Keepalived::Reports)
    );
}

/// keepalived 2.2.7 goes on when it has too many open files.
#[test]
fn a_circle_of_files_is_reported() {
    let parsed = beside(
        "include a\n",
        &[("a", "include a\nglobal_defs {\nrouter_id a\n}\n")],
    );
    let circle = found(&parsed, "include-circle");
    assert_eq!(
        (circle.severity, circle.keepalived),
        (Severity::Fatal, Keepalived::Reports)
    );
}

/// keepalived draws another number at each start; here the node draws the same each time, so that a reload changes nothing.
#[test]
fn a_random_number_is_within_its_bounds() {
    assert_eq!(id(&beside(&named("x${_RANDOM 7 7}"), &[])), Some("x7"));
    let draw = |text: &str| -> u32 { id(&beside(&named(text), &[])).unwrap().parse().unwrap() };
    assert!(draw("${_RANDOM}") <= 32_767);
    assert!((5..=32_767).contains(&draw("${_RANDOM 5}")));
    assert!((100..=200).contains(&draw("${_RANDOM 100 200}")));
    assert_eq!(draw("${_RANDOM}"), draw("${_RANDOM}"));
    let twice = beside(&format!("$A=${{_RANDOM}}\n{}", named("${A}-${A}")), &[]);
    let drawn: Vec<&str> = id(&twice).unwrap().split('-').collect();
    assert_ne!(drawn[0], drawn[1], "each use draws");
    assert_eq!(found(&twice, "random-value").keepalived, Keepalived::Silent);
}

/// A word that came out of a parameter has the length that it has, not that of the parameter's name.
#[test]
fn a_command_out_of_a_definition_is_whole() {
    let text = "$I= \\\nvrrp_instance A { \\\ninterface eth0 \\\nvirtual_router_id 7 \\\nvirtual_ipaddress { 192.0.2.1 } \\\n\
                notify_master \"/s/m.sh up\" \\\n}\n$I\n";
    let parsed = beside(text, &[]);
    let master = only(&parsed).notify.master.as_ref().unwrap();
    assert_eq!(master.value.argv, ["/s/m.sh", "up"]);
}
