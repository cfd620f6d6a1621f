//! man/vrrpd.8 and man/keepalived.8 are what the command lines say. `cargo xtask keywords` writes them, `cargo xtask test`
//! compares them.

use clap::CommandFactory;

fn page(command: clap::Command, name: &str) -> String {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command).section("8");
    man.render(&mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    let path = format!("{}/../../man/{name}", env!("CARGO_MANIFEST_DIR"));
    match std::env::var("MAN_PAGES").as_deref() {
        Ok("write") => std::fs::write(path, &page).unwrap(),
        Ok("check") => assert!(
            std::fs::read_to_string(path).is_ok_and(|found| found == page),
            "man/{name} is stale: `cargo xtask keywords` writes it"
        ),
        _ => {}
    }
    page
}

#[test]
fn man_page() {
    let page = page(crate::arguments::Arguments::command(), "vrrpd.8");
    assert!(
        page.contains(".SH EXTRA\nExit codes") && page.contains("\\-\\-allow\\-missing"),
        "{page}"
    );
}

#[test]
fn man_page_of_keepalived_s_name() {
    let page = page(crate::keepalived::command(), "keepalived.8");
    assert!(
        page.contains("\\-\\-log\\-facility") && page.contains("\\-\\-allow\\-missing"),
        "{page}"
    );
}
