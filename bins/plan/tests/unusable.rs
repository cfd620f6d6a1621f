//! `drop_unusable_scripts`: keepalived's way with a script that cannot be run, for those who ask for it.

use keepalived_conf::{MemoryFiles, parse};
use vrrp_plan::{Allowed, Check, Command, Host, Lowered, Machine, Tracked, What, lower_for};

/// A machine on which nothing can be run that is called `gone`.
struct Small;

impl Machine for Small {
    fn has_interface(&self, _name: &str) -> bool {
        true
    }

    fn try_check(&self, check: &Check) -> Result<(), String> {
        match &check.what {
            What::Run(command) => self.try_hook(command),
            _ => Err("not asked of anything but scripts".to_owned()),
        }
    }

    fn try_hook(&self, command: &Command) -> Result<(), String> {
        match command.words[0].as_str() {
            "/gone" => Err("/gone does not exist".to_owned()),
            _ => Ok(()),
        }
    }
}

fn lowered(global: &str) -> Lowered {
    let text = format!(
        "global_defs {{\n{global}\n}}\nvrrp_script a {{\nscript /gone\n}}\nvrrp_script b {{\nscript /bin/true\n}}\n\
         vrrp_check c {{\nTCP_CHECK {{\nconnect_port 80\n}}\n}}\nvrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\n\
         priority 100\nvirtual_ipaddress {{\n192.0.2.1\n}}\ntrack_interface {{\neth1 weight -7\n}}\n\
         track_script {{\na\nb weight -20\nc\n}}\n}}\n"
    );
    let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
    lower_for(
        &parsed.config,
        &parsed.sources,
        &Allowed::default(),
        &Host::default(),
        &Small,
    )
}

fn checks(lowered: &Lowered) -> Vec<&str> {
    lowered
        .plan
        .checks
        .iter()
        .map(|check| check.name.as_str())
        .collect()
}

/// The check stays, and will fail with the reason: nobody runs ungated.
#[test]
fn without_the_word_it_is_tracked_all_the_same() {
    let lowered = lowered("");
    assert_eq!(checks(&lowered), ["a", "b", "c"]);
    assert_eq!(lowered.plan.instances[0].tracked.len(), 4);
    assert!(lowered.allowed.is_empty());
}

/// The ids of what is left are those of the trackers that the router gets, and the driver's too.
#[test]
fn with_the_word_the_instance_runs_without_it_and_that_is_told() {
    let lowered = lowered("drop_unusable_scripts");
    assert_eq!(checks(&lowered), ["b", "c"]);
    let instance = &lowered.plan.instances[0];
    let check = |name: &str| Tracked::Check(name.to_owned());
    assert_eq!(
        instance.tracked,
        [check("b"), check("c"), Tracked::Interface("eth1".to_owned())]
    );
    assert_eq!(instance.service.settings.trackers.len(), 3);
    assert_eq!(instance.service.track_interfaces.len(), 1);
    let told = &lowered.allowed[..];
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("k.conf:4: vrrp_script a cannot be run: /gone does not exist")
            && told[0].contains("WITHOUT this check"),
        "{told:?}"
    );
}
