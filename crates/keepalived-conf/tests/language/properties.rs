//! What holds for every input.

use keepalived_conf::{
    Entry, Host, MemoryFiles, Parsed, Section, Setting, Value, effective, keywords, line, parse_for, print,
    render,
};
use proptest::prelude::*;

fn read(bytes: Vec<u8>) -> Parsed {
    let host = Host {
        config_id: Some("a".to_owned()),
        ..Host::default()
    };
    parse_for(&host, &MemoryFiles::new([("k", bytes)]), "k")
}

/// Bytes, or text that is nearly a configuration.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let names: Vec<&'static str> = keywords().iter().map(|keyword| keyword.name).collect();
    let odd = vec![
        "{",
        "}",
        "\n",
        "\n",
        " ",
        " ",
        "\"",
        "'",
        "\\",
        "#",
        "!",
        "\0",
        "\u{a0}",
        "“",
        "”",
        "$A",
        "${A}",
        "$A=",
        "$_HASH",
        "${_BANG}",
        "$A=$_HA\n",
        "${A}SH",
        "$B=$\n",
        "${B}{_HASH}",
        "~SEQ(a,1,3)",
        "~LST(a,b)",
        "@a ",
        "@^a ",
        "include k",
        "192.0.2.1",
        "fe80::1/64",
        "weight",
        "55",
        "0.5",
        "-1",
        "eth0",
        "</a",
        "\r\n",
        "PASS",
        "MASTER",
        "\\\n",
        "=",
        ",",
    ];
    let token = prop_oneof![
        4 => prop::sample::select(names).prop_map(|name| format!("{name} ").into_bytes()),
        4 => prop::sample::select(odd).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        prop::collection::vec(token, 0..80).prop_map(|tokens| tokens.concat()),
    ]
}

/// The value without the line that a weight came from.
fn placeless(setting: &Setting) -> Value {
    match &setting.value {
        Value::Fields(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != "weight_from");
            Value::Fields(kept.cloned().collect())
        }
        value => value.clone(),
    }
}

/// Every value that is in force, without where it came from.
fn meaning(parsed: &Parsed) -> Vec<(Option<String>, String, Vec<Value>)> {
    let effective = effective(parsed);
    let sections: [Vec<Section>; 4] = [
        vec![effective.global],
        effective.scripts,
        effective.sync_groups,
        effective.instances,
    ];
    let of = |section: &Section| -> Vec<_> {
        let entries = section.settings.iter().map(|entry| match entry {
            Entry::One(setting) => (setting.name(), vec![placeless(setting)]),
            Entry::Many { keyword, settings } => {
                ((*keyword).to_owned(), settings.iter().map(placeless).collect())
            }
        });
        entries
            .map(|(keyword, values)| (section.name.clone(), keyword, values))
            .collect()
    };
    sections.concat().iter().flat_map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn nothing_panics_and_every_finding_can_be_shown(bytes in input()) {
        let parsed = read(bytes);
        for found in parsed.diagnostics.iter().take(40) {
            prop_assert!(line(found, &parsed.sources).contains(found.code));
            prop_assert!(render(found, &parsed.sources, true).contains(found.code));
        }
        prop_assert!(serde_json::to_string(&parsed.config).is_ok());
    }

    #[test]
    fn printing_what_was_printed_changes_nothing(bytes in input()) {
        let once = print(&read(bytes).tree);
        let twice = print(&read(once.clone()).tree);
        prop_assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice));
        prop_assert_eq!(once, twice);
    }

    /// What bars an instance before, bars it after; what it means does not change.
    #[test]
    fn a_printed_file_means_the_same(bytes in input()) {
        let first = read(bytes);
        // A line that is not read cannot be printed.
        prop_assume!(first.diagnostics.iter().all(|found| !found.code.starts_with("line-")));
        let second = read(print(&first.tree));
        prop_assert_eq!(meaning(&first), meaning(&second));
    }
}
