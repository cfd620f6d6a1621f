//! Any bytes.

use keepalived_conf::{MemoryFiles, Renderer, line};
use ldirectord_conf::{FewNames, directives, effective, parse};
use proptest::prelude::*;

fn word() -> impl Strategy<Value = String> {
    let names: Vec<&str> = directives().iter().map(|directive| directive.name).collect();
    prop_oneof![
        4 => prop::sample::select(names).prop_map(str::to_owned),
        1 => "[a-z0-9:.=#,\"<>\\[\\]-]{0,12}",
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let signs = prop::sample::select(vec![
        " ",
        "\t",
        "=",
        "=",
        "\n",
        "\n\t",
        "#",
        "\"",
        "\u{a0}",
        ",",
        "->",
        ":",
        "192.0.2.1:80",
        "5",
        "gate",
        "\\",
    ]);
    let piece = prop_oneof![word(), signs.prop_map(str::to_owned)];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes()),
    ]
}

proptest! {
    /// Nothing panics, every place is in the file, every finding can be shown, and reading again says the same.
    #[test]
    fn any_bytes_are_read(bytes in text()) {
        let files = MemoryFiles::new([("l.cf", bytes.clone())]);
        let parsed = parse(&files, &FewNames, "l.cf");
        let mut renderer = Renderer::new(&parsed.sources, false);
        for found in &parsed.diagnostics {
            let span = found.span.expect("each has a place");
            prop_assert!(span.start <= span.end && usize::try_from(span.end).is_ok_and(|end| end <= bytes.len()));
            prop_assert!(!line(found, &parsed.sources).contains('\0'));
            let _ = renderer.render(found);
        }
        let in_force = effective(&parsed).virtual_servers;
        let virtuals = parsed.config.virtuals.iter().filter(|read| read.usable);
        let wanted: usize = virtuals.map(|read| read.reals.len().saturating_add(1)).sum();
        prop_assert_eq!(in_force.len(), wanted);
        let again = parse(&files, &FewNames, "l.cf");
        prop_assert_eq!(&again.config, &parsed.config);
        prop_assert_eq!(again.diagnostics, parsed.diagnostics);
    }

    /// A comment or a blank at the end of a line changes nothing.
    #[test]
    fn a_comment_behind_a_line_changes_nothing(real in 1_u8..250, weight in 0_u32..65_536, quiet in any::<bool>()) {
        let quiescent = if quiet { "yes" } else { "no" };
        let lines = ["virtual=192.0.2.1:80".to_owned(), format!("\treal=198.51.100.{real}:80 masq {weight}"), format!("\tquiescent={quiescent}")];
        let meant = |end: &str| {
            let text = lines.iter().map(|line| format!("{line}{end}\n")).collect::<String>();
            let parsed = parse(&MemoryFiles::new([("l.cf", text)]), &FewNames, "l.cf");
            let web = parsed.config.virtuals.into_iter().next().expect("a virtual server");
            let real = web.reals.into_iter().next().expect("a real server");
            (web.usable, web.quiescent.value, real.address.to_string(), real.weight.value, parsed.diagnostics.len())
        };
        let plain = meant("");
        prop_assert_eq!(&plain, &(true, quiet, format!("198.51.100.{real}"), weight, 0));
        prop_assert_eq!(&plain, &meant(" # gate 7"));
        prop_assert_eq!(&plain, &meant("  \t"));
        prop_assert_eq!(&plain, &meant("\r"));
    }
}
