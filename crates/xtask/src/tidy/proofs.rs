//! `proves!` stands last in its test: what could still fail behind it would leave a proof of a test that failed.

/// Words that an item may begin with.
const ITEMS: [&str; 16] = [
    "#",
    "//",
    "fn ",
    "async fn ",
    "pub ",
    "pub(",
    "const ",
    "static ",
    "struct ",
    "enum ",
    "impl ",
    "impl<",
    "mod ",
    "use ",
    "type ",
    "proptest!",
];

pub(super) fn check(name: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut complaints = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if !begins(line) {
            at += 1;
            continue;
        }
        let begun = at;
        let next = after(&lines, at);
        at = next;
        let Some(follower) = lines.get(next) else {
            continue;
        };
        let is_item = ITEMS.iter().any(|item| follower.starts_with(item)) || follower.ends_with("! {");
        if !begins(follower) && !is_item {
            complaints.push(format!(
                "{name}:{}: `proves!` is not the last thing its test does: `{follower}` follows",
                begun + 1
            ));
        }
    }
    complaints
}

fn begins(line: &str) -> bool {
    line.starts_with("proves!(") || line.starts_with("vrrp_conformance::proves!(")
}

/// The first line behind the call that is more than closing brackets or a returned `Ok(())`.
fn after(lines: &[&str], call: usize) -> usize {
    let ends = |line: &&str| line.ends_with(");") || line.ends_with(')');
    let mut at = call;
    while lines.get(at).is_some_and(|line| !ends(line)) {
        at += 1;
    }
    at += 1;
    let closes = |line: &&str| line.chars().all(|c| "})];,* ".contains(c)) || *line == "Ok(())";
    while lines.get(at).is_some_and(closes) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_the_end_of_a_test_is_a_place_for_it() {
        let last = "#[test]\nfn a() {\n    assert!(x);\n    proves!(\"A\", Obeys);\n    proves!(\n        \"B\",\n        Obeys\n    );\n}\n\nfn b() {}\n";
        assert_eq!(check("a.rs", last), Vec::<String>::new());
        let closure = "    isolated(|| {\n        proves!(\"A\", Obeys);\n    });\n    Ok(())\n}\n";
        assert_eq!(check("a.rs", closure), Vec::<String>::new());
        let early = "fn a() {\n    proves!(\"A\", Obeys);\n    assert!(x);\n}\n";
        assert_eq!(check("a.rs", early).len(), 1);
        let in_a_loop = "    for x in y {\n        proves!(\"A\", Obeys);\n    }\n    assert!(x);\n}\n";
        assert_eq!(check("a.rs", in_a_loop).len(), 1);
    }
}
