//! The table in docs/ldirectord.md is that of the directives. `LDIRECTORD_PAGE=write` writes it.

#![allow(clippy::expect_used, reason = "a test may panic")]

use ldirectord_conf::{Scope, directives};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ldirectord.md");

fn table() -> String {
    let rows = directives().iter().map(|directive| {
        let scope = match directive.scope {
            Scope::Global | Scope::File => "G",
            Scope::Virtual => "V",
            Scope::Both => "G, V",
        };
        let about = match directive.no_effect {
            Some(why) => format!("no effect: {why}"),
            None => directive.about.to_owned(),
        };
        format!(
            "| `{}` | {scope} | {} | {about} |\n",
            directive.name, directive.default
        )
    });
    format!(
        "| directive | where | default | |\n|---|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

#[test]
fn the_page_has_the_table_of_directives() {
    // Not part of what is published.
    let Ok(page) = std::fs::read_to_string(PAGE) else {
        return;
    };
    let (head, rest) = page.split_once("<!-- table -->\n").expect("where it begins");
    let (shown, tail) = rest.split_once("<!-- end -->").expect("where it ends");
    if std::env::var("LDIRECTORD_PAGE").is_ok_and(|wish| wish == "write") {
        let text = format!("{head}<!-- table -->\n{}<!-- end -->{tail}", table());
        std::fs::write(PAGE, text).expect("the page");
        return;
    }
    assert_eq!(
        shown,
        table(),
        "LDIRECTORD_PAGE=write cargo test -p ldirectord-conf --test page"
    );
}
