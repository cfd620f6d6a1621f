//! man/vrrpd.8 is what the command line says. `cargo xtask keywords` writes it, `cargo xtask test` compares it.

use clap::CommandFactory;

#[test]
fn man_page() {
    let command = crate::arguments::Arguments::command();
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .section("8")
        .render(&mut page)
        .unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(
        page.contains(".SH EXTRA\nExit codes") && page.contains("\\-\\-allow\\-missing"),
        "{page}"
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../man/vrrpd.8");
    match std::env::var("MAN_PAGES").as_deref() {
        Ok("write") => std::fs::write(path, page).unwrap(),
        Ok("check") => assert!(
            std::fs::read_to_string(path).is_ok_and(|found| found == page),
            "man/vrrpd.8 is stale: `cargo xtask keywords` writes it"
        ),
        _ => {}
    }
}
