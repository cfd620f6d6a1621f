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
    let drill = vrrp_sim(&["replay", "--seed", "5", "--nodes", "4", "--drill"]);
    assert!(drill.status.success(), "{}", text(&drill.stderr));
    assert!(!text(&drill.stdout).is_empty());
    assert_ne!(
        text(&drill.stdout),
        first,
        "a drill is another world than that of its seed"
    );
}

/// Worlds are counted, in seconds of routers too, whatever the number of threads; a small run and a long one are the same thing.
#[test]
fn a_run_ends_after_the_router_seconds_that_were_asked_for() {
    let output = vrrp_sim(&["random", "--router-seconds", "5000", "--jobs", "2"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(
        said.contains("worlds and") && said.contains("every invariant held"),
        "{said}"
    );
    let words: Vec<&str> = said.split_whitespace().collect();
    let at = words
        .iter()
        .position(|word| word.starts_with("router-seconds"))
        .unwrap();
    let router_seconds: u64 = words[at - 1].parse().unwrap();
    assert!((5000..100_000).contains(&router_seconds), "{said}");
    let one = text(&vrrp_sim(&["random", "--count", "6", "--seed", "7"]).stdout);
    let two = text(&vrrp_sim(&["random", "--count", "6", "--seed", "7", "--jobs", "3"]).stdout);
    let counted = |said: &str| said.split(';').next().map(str::to_owned);
    assert_eq!(counted(&one), counted(&two));
}

#[test]
fn sync_groups_can_be_explored_and_drawn_at_random() {
    let output = vrrp_sim(&["random", "--groups", "--count", "20", "--nodes", "2"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("20 worlds of 2 nodes"));
    let output = vrrp_sim(&["replay", "--groups", "--seed", "3", "--nodes", "2"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("vrid 8: Backup -> Active"));
    let listed = text(&vrrp_sim(&["explore", "--list"]).stdout);
    assert!(listed.contains("groups-three-crash"), "{listed}");
    let output = vrrp_sim(&["explore", "groups-usual-planned"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("every invariant held"));
}
