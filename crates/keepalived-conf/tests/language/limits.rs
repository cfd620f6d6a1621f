//! A file may ask for more than any machine has: whatever it unfolds to, reading it ends soon, and says why in words.

use std::fmt::Write as _;

use keepalived_conf::{MemoryFiles, Parsed, Severity, parse};

use super::text::{codes, file, found};

/// The file is refused for this, in these words.
fn refused(parsed: &Parsed, code: &str, words: &str) {
    let told = found(parsed, code);
    assert_eq!(told.severity, Severity::Fatal);
    assert!(told.message.contains(words), "{}", told.message);
    assert!(!told.help.is_empty() && parsed.is_refused());
}

/// `$P0` is `$P1`, which is `$P2`, and so on to the last one.
fn chain(length: usize) -> String {
    let mut text = String::new();
    for (number, next) in (0..length).zip(1..) {
        writeln!(text, "$P{number}=${{P{next}}}").unwrap();
    }
    writeln!(text, "$P{length}=last\nglobal_defs {{\nrouter_id $P0\n}}").unwrap();
    text
}

#[test]
fn parameters_of_parameters_have_a_depth() {
    let parsed = file(&chain(250));
    assert_eq!(parsed.config.global.router_id.unwrap().value, "last");
    refused(&file(&chain(257)), "definition-too-deep", "more than 256 deep");
    refused(&file(&chain(50_000)), "definition-too-deep", "more than 256 deep");
}

/// Each parameter is twice the one before: 2^40 bytes, of which no line can hold more than 1,023.
#[test]
fn parameters_that_double_end_at_the_length_of_a_line() {
    let mut text = "$D0=xx\n".to_owned();
    for (before, number) in (0..40).zip(1..40) {
        writeln!(text, "$D{number}=${{D{0}}}${{D{0}}}", before).unwrap();
    }
    let parsed = file(&format!("{text}global_defs {{\nrouter_id $D39\n}}\n"));
    assert!(codes(&parsed).contains(&"line-too-long"), "{:?}", codes(&parsed));
    assert_eq!(parsed.config.global.router_id, None);
}

/// The same with lines instead of bytes: 2^40 short lines.
#[test]
fn definitions_of_lines_that_double_end_at_the_size_of_a_file() {
    let mut text = "$D0=x \\\ny\n".to_owned();
    for (before, number) in (0..40).zip(1..40) {
        writeln!(text, "$D{number}=${{D{0}}} \\\n${{D{0}}}", before).unwrap();
    }
    refused(&file(&format!("{text}$D39\n")), "too-large", "64 MiB");
}

/// A thousand lines, each a thousand lines, each a thousand lines.
#[test]
fn definitions_that_multiply_end_at_the_size_of_a_file() {
    let mut text = String::new();
    for (name, line) in [("Z", "x"), ("Y", "$Z"), ("X", "$Y")] {
        let lines = vec![line; 1000].join(" \\\n");
        writeln!(text, "${name}={lines}").unwrap();
    }
    refused(&file(&format!("{text}$X\n")), "too-large", "64 MiB");
}

#[test]
fn sequences_in_sequences_end_at_the_size_of_a_file() {
    let text = "~SEQ(a,1,60000)~SEQ(b,1,60000) x $a $b\n";
    refused(&file(text), "too-large", "64 MiB");
    let list = |name: &str| format!("~LST({name},{})", vec!["1"; 100].join(","));
    let text = format!("{}{}{}{} x\n", list("a"), list("b"), list("c"), list("d"));
    refused(&file(&text), "too-large", "64 MiB");
    let deep = format!("$L={}\n${{L}}${{L}} x\n", "~LST(a,1)".repeat(100));
    refused(&file(&deep), "too-many-sequences", "sequences make sequences");
}

/// What is within the limits is read: 30,000 lines out of one.
#[test]
fn a_long_sequence_is_read() {
    let parsed = file("~SEQ(a,1,30000) $a\n");
    assert!(!codes(&parsed).contains(&"too-large"));
    assert_eq!(parsed.tree.nodes.len(), 30_000);
}

#[test]
fn files_that_include_each_other_end() {
    let circle = MemoryFiles::new([("a", "include b\n"), ("b", "include a\n")]);
    refused(&parse(&circle, "a"), "include-circle", "includes itself");
    // Each file takes the next one twice: 2^30 readings.
    let names: Vec<String> = (0..31).map(|number| format!("f{number}")).collect();
    let pairs = names.iter().zip(names.iter().skip(1));
    let files = pairs.map(|(name, next)| (name.clone(), format!("include {next}\ninclude {next}\n")));
    let tree = MemoryFiles::new(files.chain([("f30".to_owned(), "# end\n".to_owned())]));
    refused(&parse(&tree, "f0"), "too-large", "64 MiB");
}

/// A block in a block in a block: the language knows few levels, and what is deeper is no block.
#[test]
fn braces_have_no_depth() {
    let parsed = file(&"vrrp_instance A {\n".repeat(20_000));
    assert!(!parsed.diagnostics.is_empty());
    let parsed = file(&format!("{}\n{}\n", "{".repeat(1000), "}".repeat(1000)).repeat(100));
    assert!(!parsed.diagnostics.is_empty());
}
