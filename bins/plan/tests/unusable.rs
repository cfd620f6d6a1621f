//! `drop_unusable_scripts`: keepalived's way with a script that cannot be run, for those who ask for it.

use keepalived_conf::{MemoryFiles, parse};
use vrrp_plan::balance::ServerCheck;
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

    fn try_server_check(&self, check: &ServerCheck) -> Result<(), String> {
        check.program().map_or(Ok(()), |command| self.try_hook(command))
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

/// A `MISC_CHECK` likewise; a check that is no program stays.
#[test]
fn a_real_server_s_check_that_cannot_be_run() {
    let lowered = |global: &str| {
        let text = format!(
            "global_defs {{\n{global}\n}}\nvirtual_server 192.0.2.1 80 {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n\
             real_server 10.0.0.2 80 {{\nTCP_CHECK {{\n}}\nMISC_CHECK {{\nmisc_path /gone\n}}\nMISC_CHECK {{\nmisc_path /bin/true\n}}\n}}\n}}\n"
        );
        let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
        let (allowed, host) = (Allowed::default(), Host::default());
        lower_for(&parsed.config, &parsed.sources, &allowed, &host, &Small)
    };
    let names = |lowered: &Lowered| -> Vec<String> {
        let balance = &lowered.plan.balance;
        let follows = balance.servers[0].servers[0]
            .follows
            .iter()
            .map(|follows| follows.check.clone());
        let follows: Vec<String> = follows.collect();
        assert_eq!(
            follows,
            balance
                .checks
                .iter()
                .map(|check| check.name.clone())
                .collect::<Vec<_>>()
        );
        follows
            .iter()
            .map(|name| name.replace("TCP 192.0.2.1:80 10.0.0.2:80 ", ""))
            .collect()
    };
    let with = lowered("");
    assert_eq!(names(&with), ["TCP_CHECK", "MISC_CHECK", "MISC_CHECK 2"]);
    assert!(with.allowed.is_empty());
    let without = lowered("drop_unusable_scripts");
    assert_eq!(names(&without), ["TCP_CHECK", "MISC_CHECK 2"]);
    let [told] = &without.allowed[..] else {
        panic!("{:?}", without.allowed)
    };
    assert!(
        told.starts_with(
            "k.conf:11: TCP 192.0.2.1:80 10.0.0.2:80 MISC_CHECK cannot be run: /gone does not exist"
        ),
        "{told}"
    );
}
