//! man/vrrpctl.8 and a page for each command are what the command line says. `cargo xtask keywords` writes them,
//! `cargo xtask test` compares them.

use clap::{Command, CommandFactory};

fn page(command: &Command) -> (String, String) {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone()).section("8");
    man.render(&mut page).unwrap();
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    (format!("{name}.8"), String::from_utf8(page).unwrap())
}

#[test]
fn man_page() {
    let mut command = crate::Arguments::command().disable_help_subcommand(true);
    command.build();
    let mut pages = vec![page(&command)];
    let commands = command.get_subcommands();
    pages.extend(
        commands
            .flat_map(|one| std::iter::once(one).chain(one.get_subcommands()))
            .map(page),
    );
    assert!(pages[0].1.contains(".SH EXTRA\nExit codes") && pages[0].1.contains("\\-\\-socket"));
    let status = pages.iter().find(|(name, _)| name == "vrrpctl-status.8").unwrap();
    assert!(status.1.contains("\\-\\-json"), "{}", status.1);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../man/");
    for (name, page) in pages {
        let path = format!("{folder}{name}");
        match std::env::var("MAN_PAGES").as_deref() {
            Ok("write") => std::fs::write(path, page).unwrap(),
            Ok("check") => assert!(
                std::fs::read_to_string(path).is_ok_and(|found| found == page),
                "man/{name} is stale: `cargo xtask keywords` writes it"
            ),
            _ => {}
        }
    }
}
