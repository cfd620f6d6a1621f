//! man/vrrpctl.8 is what the command line says. `cargo xtask keywords` writes it, `cargo xtask test` compares it.

use clap::CommandFactory;

#[test]
fn man_page() {
    let command = crate::Arguments::command().flatten_help(true);
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .section("8")
        .render(&mut page)
        .unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(
        page.contains(".SH EXTRA\nExit codes") && page.contains("\\-\\-socket"),
        "{page}"
    );
    for subcommand in crate::Arguments::command().get_subcommands() {
        assert!(page.contains(subcommand.get_name()), "{}", subcommand.get_name());
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../man/vrrpctl.8");
    match std::env::var("MAN_PAGES").as_deref() {
        Ok("write") => std::fs::write(path, page).unwrap(),
        Ok("check") => assert!(
            std::fs::read_to_string(path).is_ok_and(|found| found == page),
            "man/vrrpctl.8 is stale: `cargo xtask keywords` writes it"
        ),
        _ => {}
    }
}
