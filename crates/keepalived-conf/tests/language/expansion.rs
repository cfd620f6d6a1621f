//! Includes, conditions, parameters and sequences.

use keepalived_conf::{
    FileError, Files, Host, Keepalived, MemoryFiles, Parsed, Severity, parse, parse_for, print,
};

use super::text::{codes, file, found, only, place};

fn addresses(parsed: &Parsed) -> Vec<String> {
    only(parsed)
        .addresses
        .iter()
        .map(|address| address.ip().to_string())
        .collect()
}

/// An instance with these address lines, behind these definitions.
fn with(definitions: &str, lines: &str) -> Parsed {
    file(&format!(
        "{definitions}\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress {{\n{lines}\n}}\n}}\n"
    ))
}

fn on(id: &str, text: &str) -> Parsed {
    let host = Host {
        config_id: Some(id.to_owned()),
        ..Host::default()
    };
    parse_for(&host, &MemoryFiles::new([("k.conf", text)]), "k.conf")
}

#[test]
fn includes_stand_in_their_places_and_nest_relative_to_their_file() {
    let files = MemoryFiles::new([
        (
            "/etc/k/k.conf",
            "global_defs {\ninclude sub/id.conf\n}\ninclude sub/*.inst",
        ),
        ("/etc/k/sub/id.conf", "router_id a\ninclude deep.conf"),
        ("/etc/k/sub/deep.conf", "vrrp_version 3\nnonsense"),
        (
            "/etc/k/sub/a.inst",
            "vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\nvirtual_ipaddress { 192.0.2.1 }\n}",
        ),
    ]);
    let parsed = parse(&files, "/etc/k/k.conf");
    assert_eq!(parsed.config.global.router_id.as_ref().unwrap().value, "a");
    assert_eq!(only(&parsed).name, "A");
    let place = parsed
        .sources
        .place(found(&parsed, "unknown-keyword").span.unwrap());
    assert_eq!(
        place.to_string(),
        "/etc/k/sub/deep.conf:2:1",
        "a finding names the file it is in"
    );
}

#[test]
fn an_absent_include_is_forgiven_and_said() {
    let parsed = file("include none.conf\ninclude d/*.conf\nincluder x.conf\nincludeb x.conf\n");
    assert_eq!(codes(&parsed), ["include-absent"; 4]);
    assert_eq!(parsed.diagnostics[0].severity, Severity::Warning);
    assert_eq!(parsed.diagnostics[2].severity, Severity::Warning);
    assert!(!parsed.is_fatal());
}

#[test]
fn an_absent_include_that_must_be_there_is_fatal() {
    for word in ["includem", "includew", "includea"] {
        let parsed = file(&format!("{word} none.conf\n"));
        assert_eq!(
            found(&parsed, "include-absent").keepalived,
            Keepalived::Stops,
            "{word}"
        );
        assert!(parsed.is_fatal(), "{word}");
    }
}

#[test]
fn an_unreadable_include_is_fatal() {
    struct Locked;
    impl Files for Locked {
        fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
            if path == "k" {
                Ok(b"include secret\n".to_vec())
            } else {
                Err(FileError::Unreadable("permission denied".into()))
            }
        }
        fn matching(&self, _: &str) -> Vec<String> {
            Vec::new()
        }
    }
    let parsed = parse(&Locked, "k");
    assert!(parsed.is_refused());
    assert!(
        found(&parsed, "include-unreadable")
            .message
            .contains("permission denied")
    );
}

#[test]
fn a_file_that_includes_itself_is_fatal() {
    let parsed = parse(&MemoryFiles::new([("k", "include k\ninclude k\n")]), "k");
    assert!(parsed.is_refused());
    assert_eq!(codes(&parsed), ["include-circle", "include-circle"]);
}

#[test]
fn conditions_choose_lines() {
    let text = "@lb01 global_defs { router_id a }\n@^lb01 global_defs { router_id b }\n @lb02\n";
    assert_eq!(on("lb01", text).config.global.router_id.unwrap().value, "a");
    assert_eq!(on("lb02", text).config.global.router_id.unwrap().value, "b");
    let parsed = file(text);
    assert!(
        parsed.is_refused(),
        "a node that does not know its name must not guess"
    );
    assert_eq!(place(&parsed, "condition-without-id"), "1:1");
}

#[test]
fn parameters_are_put_in() {
    let parsed = with("$A=192.0.2\n$B=$C # late\n$C=7", "${A}.8\n10.0.0.${B}");
    assert_eq!(addresses(&parsed), ["192.0.2.8", "10.0.0.7"]);
    let parsed = with("$A=192.0.2.9", "$A\n$A/24\n\"$A\"\n$NONE");
    assert_eq!(
        addresses(&parsed),
        ["192.0.2.9"],
        "without braces a blank or the end must follow"
    );
    assert_eq!(place(&parsed, "bad-address"), "7:1");
}

#[test]
fn definitions_of_many_lines_are_pasted() {
    let parsed = with(
        "$VIPS= \\\n 192.0.2.1 \\\n # a comment \\\n 192.0.2.2 dev eth1 \\\n 192.0.2.3\n",
        "$VIPS",
    );
    assert_eq!(addresses(&parsed), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    let text = "$I= \\\nvrrp_instance A { \\\ninterface eth0 \\\n@lb01 virtual_router_id 7 \\\n@lb02 virtual_router_id 8 \\\nvirtual_ipaddress { 192.0.2.1 } \\\n}\n$I\n";
    assert_eq!(
        only(&on("lb02", text)).virtual_router_id.value,
        8,
        "conditions hold within a definition"
    );
}

#[test]
fn a_parameter_made_of_itself_is_fatal() {
    let parsed = with("$A=${B}\n$B=${A}", "$A");
    assert!(parsed.is_refused());
    assert_eq!(place(&parsed, "definition-circle"), "7:1");
    let growing = "$A=${B}${B}${B}${B}\n".to_owned()
        + &('B'..'Z')
            .map(|c| {
                format!(
                    "${c}=${{{d}}}${{{d}}}${{{d}}}${{{d}}}\n",
                    d = char::from_u32(c as u32 + 1).unwrap()
                )
            })
            .collect::<String>();
    assert_eq!(
        place(&with(&growing, "$A"), "line-too-long"),
        "31:1",
        "growing without end"
    );
}

#[test]
fn sequences_repeat_a_line() {
    assert_eq!(
        addresses(&with("", "~SEQ(v,1,3) 192.0.2.$v")),
        ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    );
    assert_eq!(
        addresses(&with("", "~SEQ(a,1,2) ~SEQ(b,8,9) 10.0.${a}.${b}")),
        ["10.0.1.8", "10.0.1.9", "10.0.2.8", "10.0.2.9"]
    );
    assert_eq!(
        addresses(&with("", "~LST({a,b},{1,2},{3,4}) 10.0.${a}.${b}")),
        ["10.0.1.2", "10.0.3.4"]
    );
    assert_eq!(
        addresses(&with("", "~SEQx(h,14,17) 2001:db8::$h")),
        ["2001:db8::e", "2001:db8::f", "2001:db8::10", "2001:db8::11"]
    );
}

#[test]
fn named_values() {
    let host = Host {
        config_id: Some("lb01".into()),
        environment: [("WHO".to_owned(), "me".to_owned())].into(),
    };
    let text = "global_defs {\nrouter_id ${_INSTANCE}-${_ENV WHO}-${_PWD}${_HASH} rest\n}";
    let parsed = parse_for(&host, &MemoryFiles::new([("/etc/k.conf", text)]), "/etc/k.conf");
    assert_eq!(parsed.config.global.router_id.unwrap().value, "lb01-me-/etc");
}

#[test]
fn a_finding_in_an_expanded_line_points_at_the_use() {
    let parsed = with("$A=999.0.0.1", "192.0.2.1\n  $A");
    assert_eq!(place(&parsed, "bad-address"), "7:3");
}

/// A brace right behind keeps a name from being a parameter, and printing must not make it one.
#[test]
fn a_name_in_front_of_a_brace_is_printed_in_quotes() {
    for (text, printed) in [
        ("x $_HASH{\n}", "x \"$_HASH\"\n"),
        ("$_HASH{\n}", "\"$_HASH\"\n"),
        (
            "global_defs { router_id a\\#$_BANG}",
            "global_defs {\n    router_id \"a#$_BANG\"\n}\n",
        ),
        // A brace between typographic quotes ends no line, whatever stands behind it.
        ("$A=~SEQ(a,1,3)“\n“${B}{_HASH}$A", "“${B}{_HASH}~SEQ(a,1,3)“\n"),
        ("“a{@x y” z", "“a{@x y” z\n"),
        // What hides the sign of a comment stands in front of the brace, on a line that this word leaves.
        (
            "global_defs \"\\\"{“#“ b",
            "global_defs \"\\\" {\n    \"#\" \"b\"\n}\n",
        ),
    ] {
        let first = file(text);
        let once = String::from_utf8(print(&first.tree)).unwrap();
        assert!(once.starts_with(printed), "{text}: {once}");
        assert_eq!(
            String::from_utf8(print(&file(&once).tree)).unwrap(),
            once,
            "{text}"
        );
    }
}

/// Observed of keepalived, which names what is left of the word as unknown.
#[test]
fn a_parameter_made_of_parameters_is_put_in() {
    let id = |text: &str| file(text).config.global.router_id.map(|id| id.value);
    assert_eq!(
        id("$A=$_HA\nglobal_defs {\nrouter_id one${A}SH two\n}").as_deref(),
        Some("one")
    );
    assert_eq!(
        id("$D=$\n$WHO=me\nglobal_defs {\nrouter_id x${D}{WHO}y\n}").as_deref(),
        Some("xmey")
    );
    let endless = file("$A=$\n$B=${A}{B}\nglobal_defs {\nrouter_id ${B}\n}");
    assert_eq!(found(&endless, "definition-circle").severity, Severity::Fatal);
}

/// keepalived -f '/etc/keepalived/*.conf' reads every match as one text; without any match here nothing is started.
#[test]
fn a_pattern_stands_for_all_files_it_matches() {
    let instance = |name: &str, vrid: u8| {
        format!(
            "vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {vrid}\nvirtual_ipaddress {{ ${{NET}}.{vrid} }}\n}}\n"
        )
    };
    let files = MemoryFiles::new([
        ("/etc/k/b.conf", instance("B", 2)),
        ("/etc/k/a.conf", format!("$NET=192.0.2\n{}", instance("A", 1))),
        ("/etc/k/c.bak", instance("C", 3)),
        ("/etc/k/odd[1].conf", instance("D", 4)),
    ]);
    let names = |pattern: &str| -> Vec<String> {
        let parsed = parse(&files, pattern);
        parsed
            .config
            .instances
            .iter()
            .map(|instance| instance.name.clone())
            .collect()
    };
    assert_eq!(names("/etc/k/[ab].conf"), ["A", "B"]);
    assert_eq!(names("/etc/k/{a,b}.conf"), ["A", "B"]);
    let literal = parse(&files, "/etc/k/odd[1].conf");
    assert_eq!(literal.sources.files().count(), 1, "a file of that very name");
    let parsed = parse(&files, "/etc/k/*.cfg");
    let none = found(&parsed, "file");
    assert!(
        parsed.is_refused() && none.message.contains("no file matches this pattern"),
        "{none:?}"
    );
    assert_eq!(parsed.sources.place(none.span.unwrap()).file, "/etc/k/*.cfg");
}
