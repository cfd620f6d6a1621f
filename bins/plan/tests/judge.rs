//! What a reload refuses, each with the reason that it gives.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use keepalived_conf::{MemoryFiles, parse};
use vrrp_plan::balance::ServerCheck;
use vrrp_plan::{Allowed, Check, Command, Fault, Host, Machine, Plan, What, faults, judge, lower};

/// `eth0` and `eth1`; scripts whose name does not begin with `/no`.
struct Small;

fn runs(command: &Command) -> Result<(), String> {
    if command.words[0].starts_with("/no") {
        Err(format!("{} does not exist", command.words[0]))
    } else {
        Ok(())
    }
}

impl Machine for Small {
    fn has_interface(&self, name: &str) -> bool {
        ["eth0", "eth1"].contains(&name)
    }

    fn try_check(&self, check: &Check) -> Result<(), String> {
        match &check.what {
            What::Run(command) => runs(command),
            What::Ask(_) | What::Hear(_) => Ok(()),
        }
    }

    fn try_server_check(&self, check: &ServerCheck) -> Result<(), String> {
        check.program().map_or(Ok(()), runs)
    }

    fn try_hook(&self, command: &Command) -> Result<(), String> {
        runs(command)
    }
}

fn read(text: &str) -> (Plan, Vec<Fault>) {
    let parsed = parse(&MemoryFiles::new([("k.conf", text.to_owned())]), "k.conf");
    let lowered = lower(
        &parsed.config,
        &parsed.sources,
        &Allowed::default(),
        &Host::default(),
    );
    let found = faults(&parsed, &lowered);
    (lowered.plan, found)
}

/// What a node that runs `old` says to `new`.
fn judged(old: &str, new: &str) -> Result<(), String> {
    let ((old, old_faults), (new, new_faults)) = (read(old), read(new));
    assert!(!old.instances.is_empty());
    judge("k.conf", (&old, &old_faults), (&new, &new_faults), &Small)
}

fn refused(old: &str, new: &str) -> String {
    judged(old, new).unwrap_err()
}

fn instance(name: &str, vrid: u8, more: &str) -> String {
    format!(
        "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n virtual_ipaddress {{\n 192.0.2.{vrid}/24\n }}\n{more}\n}}\n"
    )
}

fn both() -> String {
    instance("A", 1, "") + &instance("B", 2, "")
}

#[test]
fn another_network_is_refused_with_both_names_and_the_cure() {
    let (red, green) = (
        format!("net_namespace red\n{}", both()),
        format!("\nnet_namespace green\n{}", both()),
    );
    let rows = [
        (
            both(),
            &red,
            "k.conf:1: net_namespace red, and vrrpd was started with none",
        ),
        (
            green.clone(),
            &red,
            "k.conf:1: net_namespace red, and vrrpd was started with green",
        ),
    ];
    for (old, new, expected) in rows {
        let said = refused(&old, new);
        assert!(
            said.contains(expected) && said.contains("Stop it and start it again"),
            "{said}"
        );
    }
    let said = refused(&red, &both());
    assert!(
        said.contains("no net_namespace, and vrrpd was started with red"),
        "{said}"
    );
    assert_eq!(judged(&red, &format!("\n\n{red}# more\n")), Ok(()));
}

#[test]
fn a_file_without_an_instance_is_refused() {
    let said = refused(&both(), "global_defs {\n}\n");
    assert!(
        said.contains("no vrrp_instance and no virtual_server would be left: to stop vrrpd send SIGTERM"),
        "{said}"
    );
    // Because of an error: that is the reason.
    let said = refused(&instance("A", 1, ""), &instance("A", 1, " use_ipvlan"));
    assert!(
        said.contains("no vrrp_instance and no virtual_server would be left") && said.contains("use_ipvlan"),
        "{said}"
    );
}

#[test]
fn what_would_disappear_by_an_error_is_named() {
    let said = refused(
        &both(),
        &both().replace("virtual_router_id 2", "virtual_router_id 999"),
    );
    assert!(
        said.contains("the file has errors, and B, 192.0.2.2 of B would disappear"),
        "{said}"
    );
    let said = refused(&both(), &(instance("A", 1, "") + "include more.conf\n"));
    assert!(
        said.contains("B, 192.0.2.2 of B would disappear") && said.contains("more.conf"),
        "{said}"
    );
    // A file that is not there and takes nothing away is no error.
    assert_eq!(judged(&both(), &(both() + "include more.conf\n")), Ok(()));
    // Without an error it may go.
    assert_eq!(judged(&both(), &instance("A", 1, "")), Ok(()));
}

#[test]
fn an_error_in_what_runs_is_refused_once_and_under_another_name_as_well() {
    let wrong = |name: &str| instance(name, 1, " priority 1500");
    let said = refused(&instance("A", 1, ""), &wrong("A"));
    assert!(
        said.contains("what runs would no longer be what it says") && said.contains("k.conf:7:"),
        "{said}"
    );
    let renamed = refused(&instance("A", 1, ""), &wrong("web"));
    assert!(renamed.contains("what runs would no longer be"), "{renamed}");
    // It ran with that already, whatever it was called.
    assert_eq!(judged(&wrong("A"), &format!("# moved\n{}", wrong("A"))), Ok(()));
    assert_eq!(judged(&wrong("A"), &wrong("web")), Ok(()));
    // What goes with a removed one is no excuse for the one that gets its name.
    let said = refused(
        &(instance("A", 1, "") + &instance("B", 2, " priority 1500")),
        &wrong("B"),
    );
    assert!(said.contains("the file has errors, and B"), "{said}");
    // In one that is new, it concerns nothing that runs.
    assert_eq!(
        judged(
            &instance("A", 1, ""),
            &(instance("A", 1, "") + &instance("C", 3, " priority 1500"))
        ),
        Ok(())
    );
}

#[test]
fn an_interface_that_is_not_there_is_refused_unless_it_may_come_later() {
    let elsewhere = both().replace("eth0", "eth9");
    let said = refused(&both(), &elsewhere);
    assert!(
        said.contains("k.conf:1: A: interface eth9 does not exist"),
        "{said}"
    );
    assert!(
        said.contains("B: interface eth9") && said.contains("dynamic_interfaces"),
        "{said}"
    );
    let renamed = elsewhere.replace("_instance A", "_instance web");
    assert!(refused(&both(), &renamed).contains("web: interface eth9 does not exist"));
    assert_eq!(judged(&both(), &both().replace("eth0", "eth1")), Ok(()));
    assert_eq!(
        judged(
            &both(),
            &format!("global_defs {{\n dynamic_interfaces\n}}\n{elsewhere}")
        ),
        Ok(())
    );
    // What is waited for already may be waited for elsewhere.
    assert_eq!(judged(&elsewhere, &both().replace("eth0", "eth8")), Ok(()));
}

/// Of instances, of sync groups and of checks; what was there before is told by the script itself.
#[test]
fn a_script_that_cannot_be_run_is_refused_where_it_is_new() {
    let hooked = |name: &str, hook: &str| instance(name, 1, &format!(" notify_master {hook}"));
    let said = refused(&hooked("A", "/bin/true"), &hooked("A", "/no/such"));
    assert!(
        said.contains("k.conf:7: notify_master of A: /no/such does not exist"),
        "{said}"
    );
    let said = refused(&hooked("A", "/bin/true"), &hooked("web", "/no/such"));
    assert!(said.contains("notify_master of web"), "{said}");
    assert_eq!(judged(&hooked("A", "/no/such"), &hooked("A", "/no/such")), Ok(()));
    assert_eq!(
        judged(&hooked("A", "/no/such"), &hooked("web", "/no/such")),
        Ok(())
    );

    let grouped = |hook: &str| {
        format!(
            "vrrp_sync_group G {{\n group {{\n A\n B\n }}\n notify_fault {hook}\n}}\n{}",
            both()
        )
    };
    let said = refused(&grouped("/bin/true"), &grouped("/no/such"));
    assert!(
        said.contains("k.conf:6: notify_fault of G: /no/such does not exist"),
        "{said}"
    );
    assert_eq!(judged(&grouped("/no/such"), &grouped("/no/such")), Ok(()));

    let check = |script: &str, name: &str| {
        let tracked = instance(name, 1, " track_script {\n chk\n }");
        format!("vrrp_script chk {{\n script \"{script}\"\n}}\n{tracked}")
    };
    let said = refused(&check("/bin/true", "A"), &check("/no/such", "A"));
    assert!(
        said.contains("k.conf:1: script of chk: /no/such does not exist"),
        "{said}"
    );
    assert!(refused(&check("/bin/true", "A"), &check("/no/such", "web")).contains("script of chk"));
    assert_eq!(judged(&check("/no/such", "A"), &check("/no/such", "web")), Ok(()));
    // Only one that is new would follow it.
    let beside = instance("C", 3, "") + &check("/no/such", "A");
    assert_eq!(judged(&instance("C", 3, ""), &beside), Ok(()));
}

fn director(server: &str, real: &str) -> String {
    both()
        + &format!(
            "virtual_server 192.0.2.1 80 {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{server}\nreal_server 10.0.0.2 80 {{\n{real}\n}}\n}}\n"
        )
}

#[test]
fn programs_of_a_virtual_server_that_runs_must_be_there() {
    let old = director("", "");
    for (server, real, what) in [
        (
            "quorum_up /no/up",
            "",
            "quorum_up of TCP 192.0.2.1:80: /no/up does not exist",
        ),
        (
            "quorum_down /no/down",
            "",
            "quorum_down of TCP 192.0.2.1:80: /no/down does not exist",
        ),
        (
            "",
            "notify_up /no/up",
            "notify_up of 10.0.0.2:80 of TCP 192.0.2.1:80: /no/up does not exist",
        ),
        (
            "",
            "notify_down /no/up",
            "notify_down of 10.0.0.2:80 of TCP 192.0.2.1:80: /no/up does not exist",
        ),
        (
            "",
            "MISC_CHECK {\nmisc_path /no/check\n}",
            "TCP 192.0.2.1:80 10.0.0.2:80 MISC_CHECK: /no/check does not exist",
        ),
    ] {
        let new = director(server, real);
        let said = refused(&old, &new);
        assert!(said.contains(what) && said.contains("k.conf:"), "{said}");
        // What it had already it may keep, and a virtual server that is new takes nothing away.
        assert_eq!(judged(&new, &new), Ok(()));
        assert_eq!(judged(&both(), &new), Ok(()));
        let there = new.replace("/no/", "/bin/");
        assert_eq!(judged(&old, &there), Ok(()));
    }
}

#[test]
fn a_mistake_in_a_virtual_server_takes_no_real_server_away() {
    let old = director("", "").replace("real_server", "real_server 10.0.0.3 80 {\n}\nreal_server");
    let said = refused(&old, &old.replace("10.0.0.3 80", "10.0.0.300 80"));
    assert!(
        said.contains("10.0.0.3:80 of TCP 192.0.2.1:80 would disappear"),
        "{said}"
    );
    let said = refused(&old, &old.replace("lb_algo rr", "lb_algo rrr"));
    assert!(said.contains("lb_algo"), "{said}");
    // Without a mistake it may go.
    assert_eq!(judged(&old, &director("", "")), Ok(()));
}

/// Each program is looked for by whose it is, not among all of them: with a comparison of each with each, the judgement on
/// twenty thousand real servers takes twice as long as the reading of both files, here a tenth of it.
#[test]
fn a_reload_of_many_real_servers_with_scripts_costs_what_they_are() {
    use std::fmt::Write as _;
    let mut text = instance("A", 1, "");
    for service in 0..20 {
        writeln!(
            text,
            "virtual_server 192.0.2.{service} 80 {{\n lb_algo rr\n lb_kind NAT\n protocol TCP"
        )
        .unwrap();
        for real in 0..1000 {
            let (high, low) = (real / 250, real % 250 + 1);
            writeln!(
                text,
                " real_server 10.{service}.{high}.{low} 80 {{\n notify_up \"/bin/up {real}\"\n notify_down \"/bin/down {real}\"\n }}"
            )
            .unwrap();
        }
        writeln!(text, "}}").unwrap();
    }
    let begun = std::time::Instant::now();
    let ((old, old_faults), (new, new_faults)) = (read(&text), read(&text));
    let reading = begun.elapsed();
    assert_eq!(old.balance.told().count(), 40_000);
    let begun = std::time::Instant::now();
    let judged = judge("k.conf", (&old, &old_faults), (&new, &new_faults), &Small);
    assert_eq!(judged, Ok(()));
    let judging = begun.elapsed();
    assert!(judging < reading, "{judging:?}, and the reading {reading:?}");
}

fn balanced(port: &str) -> String {
    format!(
        "virtual_server 192.0.2.100 {port} {{\n lb_algo rr\n lb_kind NAT\n protocol TCP\n real_server 192.0.2.10 80 {{\n }}\n}}\n"
    )
}

/// By its error all of a virtual server would go; a clean file may take it away.
#[test]
fn a_virtual_server_is_not_taken_away_by_a_mistake() {
    let old = instance("A", 1, "") + &balanced("80");
    let said = refused(&old, &(instance("A", 1, "") + &balanced("80x")));
    assert!(
        said.contains("virtual server TCP 192.0.2.100:80 would disappear"),
        "{said}"
    );
    assert_eq!(judged(&old, &instance("A", 1, "")), Ok(()));
}
