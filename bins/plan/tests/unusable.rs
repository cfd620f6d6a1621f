//! `drop_unusable_scripts`: keepalived's way with a script that cannot be run, for those who ask for it.

use std::cell::Cell;
use std::path::Path;

use keepalived_conf::{MemoryFiles, parse};
use vrrp_plan::balance::ServerCheck;
use vrrp_plan::{Allowed, Check, Command, Host, Lowered, Machine, Tracked, What, lower_for};

/// A machine on which nothing can be run that is called `gone`.
struct Small;

/// One whose files hold this, and that counts how often it is asked.
struct Holds(u64, Cell<u32>);

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

impl Machine for Holds {
    fn has_interface(&self, name: &str) -> bool {
        Small.has_interface(name)
    }

    fn try_check(&self, check: &Check) -> Result<(), String> {
        Small.try_check(check)
    }

    fn try_server_check(&self, check: &ServerCheck) -> Result<(), String> {
        Small.try_server_check(check)
    }

    fn try_hook(&self, command: &Command) -> Result<(), String> {
        Small.try_hook(command)
    }

    fn digest(&self, file: &Path) -> Option<u64> {
        self.1.set(self.1.get() + 1);
        (file == Path::new("/etc/own")).then_some(self.0)
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

/// A certificate that was renewed under the same name is another check: it is begun anew, and shows the new one.
#[test]
fn what_the_files_of_a_check_hold_is_part_of_it() {
    let made = |ssl: &str, word: &str, holds: u64| {
        let real =
            |last| format!("real_server 10.0.0.{last} 443 {{\n{word} {{\nurl {{\npath /\n}}\n}}\n}}\n");
        let text = format!(
            "SSL {{\n{ssl}\n}}\nvirtual_server 192.0.2.1 443 {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n{}{}}}\n",
            real(2),
            real(3)
        );
        let parsed = parse(&MemoryFiles::new([("k.conf", text)]), "k.conf");
        let machine = Holds(holds, Cell::new(0));
        let (allowed, host) = (Allowed::default(), Host::default());
        let lowered = lower_for(&parsed.config, &parsed.sources, &allowed, &host, &machine);
        assert_eq!(lowered.plan.balance.checks.len(), 2);
        (lowered.plan.balance.checks, machine.1.get())
    };
    let whole = "ca /etc/ca\ncertificate /etc/own\nkey /etc/key";
    let (old, asked) = made(whole, "SSL_GET", 1);
    assert_eq!(asked, 3, "each file once, whoever reads it");
    assert_eq!(old, made(whole, "SSL_GET", 1).0);
    let new = made(whole, "SSL_GET", 2).0;
    assert!(old.iter().zip(new.iter()).all(|(old, new)| old.look != new.look));
    // One that reads none of them stays as it is.
    assert_eq!(made(whole, "HTTP_GET", 1), made(whole, "HTTP_GET", 2));
    assert_eq!(made("ca /etc/ca", "SSL_GET", 1), made("ca /etc/ca", "SSL_GET", 2));
}
