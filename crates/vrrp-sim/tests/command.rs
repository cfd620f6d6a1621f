//! The command line: what is printed can be run again.

use std::process::{Command, Output};

fn vrrp_sim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vrrp-sim"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

#[test]
fn a_named_scenario_prints_its_story_and_its_theory() {
    let output = vrrp_sim(&["run", "power-cut"]);
    assert!(output.status.success(), "{output:?}");
    let printed = text(&output.stdout);
    assert!(
        printed.contains("13.023457500  b        vrid 7: Backup -> Active, nobody was heard"),
        "{printed}"
    );
    assert!(printed.contains("longest outage 3024.000 ms"), "{printed}");
    assert!(printed.contains("3609.375 ms"), "{printed}");
}

#[test]
fn every_listed_scenario_can_be_run_at_another_interval() {
    let listed = text(&vrrp_sim(&["list"]).stdout);
    let names = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect::<Vec<_>>();
    assert!(names.len() >= 10, "{listed}");
    let mut arguments = vec!["run", "--interval-cs", "10"];
    arguments.extend(names);
    let output = vrrp_sim(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn an_unknown_scenario_is_named_with_what_to_do() {
    let output = vrrp_sim(&["run", "no-such"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no scenario is called no-such; see `vrrp-sim list`"));
}

#[test]
fn random_worlds_hold_and_replay_is_the_same_twice() {
    let output = vrrp_sim(&["random", "--count", "20", "--seed", "5", "--nodes", "4"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let replay = || text(&vrrp_sim(&["replay", "--seed", "5", "--nodes", "4", "--all"]).stdout);
    let first = replay();
    assert!(first.contains("sends priority"), "{first}");
    assert_eq!(first, replay());
}
