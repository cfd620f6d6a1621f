//! What listeners are told: every fact once, in its order.

use std::net::Ipv4Addr;

use keepalived_conf::MemoryFiles;
use vrrp_core::{Bar, Cause, Priority, Transition};
use vrrp_plan::{Allowed, Host};

use super::*;

fn plan(text: &str) -> Plan {
    let files = MemoryFiles::new([("k.conf", text)]);
    let parsed = keepalived_conf::parse(&files, "k.conf");
    let allowed: Allowed = std::iter::empty::<&str>().collect();
    vrrp_plan::lower(&parsed.config, &parsed.sources, &allowed, &Host::default()).plan
}

/// `VI_1`, `VI_2` … of these priorities.
fn instances(priorities: &[u8]) -> String {
    let one = |(number, priority): (usize, &u8)| {
        format!(
            "vrrp_instance VI_{number} {{\nstate BACKUP\ninterface eth0\nvirtual_router_id 5{number}\npriority {priority}\n\
             virtual_ipaddress {{\n198.51.100.{number}\n}}\n}}\n"
        )
    };
    (1..).zip(priorities).map(one).collect()
}

const PRIORITIES: &str = "global_defs {\nvrrp_notify_priority_changes\n}\n";

fn notifier(text: &str) -> Notifier {
    let mut notifier = Notifier::new(HookLimits::default());
    let leaving = notifier.take(&plan(text), BTreeMap::new(), BTreeMap::new(), Vec::new());
    assert!(leaving.is_empty());
    notifier
}

impl Notifier {
    fn lines(&self) -> Vec<String> {
        let heard = &self.desk.listeners.heard;
        heard.iter().map(Notice::to_string).collect()
    }

    fn goes_to(&mut self, name: &str, to: StateName, cause: Cause, holding: bool) {
        let transition = Transition {
            from: StateName::Initialize,
            to,
            cause,
            holding,
        };
        self.report(name, &Report::Transition(transition), SystemTime::UNIX_EPOCH);
    }

    fn has_priority(&mut self, name: &str, to: u8) {
        let (from, to) = (Priority::new(1).unwrap(), Priority::new(to).unwrap());
        self.report(name, &Report::Priority { from, to }, SystemTime::UNIX_EPOCH);
    }

    fn group_is(&mut self, name: &str, state: StateName, at_fault: &[&str]) {
        let status = GroupStatus {
            name: name.to_owned(),
            members: Vec::new(),
            state,
            at_fault: at_fault.iter().map(|&name| name.to_owned()).collect(),
        };
        self.group(&status, SystemTime::UNIX_EPOCH);
    }
}

/// As node-a of keepalived 2.4.3 has it, of which the reload in between tells nothing.
#[test]
fn the_life_of_two_instances_without_scripts() {
    let text = format!("{PRIORITIES}{}", instances(&[150, 150]));
    let mut notifier = notifier(&text);
    for name in ["VI_1", "VI_2"] {
        notifier.goes_to(name, StateName::Backup, Cause::Started, false);
    }
    notifier.has_priority("VI_1", 160);
    for name in ["VI_1", "VI_2"] {
        notifier.goes_to(name, StateName::Active, Cause::NoResponse, false);
    }
    notifier.has_priority("VI_1", 140);
    notifier.has_priority("VI_1", 160);
    let leaving = notifier.take(&plan(&text), BTreeMap::new(), BTreeMap::new(), Vec::new());
    assert!(leaving.is_empty());
    for name in ["VI_1", "VI_2"] {
        notifier.goes_to(name, StateName::Initialize, Cause::Stopped, true);
        notifier.report(
            name,
            &Report::HoldEnded { successor: None },
            SystemTime::UNIX_EPOCH,
        );
    }
    notifier.stopped();
    assert_eq!(
        notifier.lines(),
        [
            "INSTANCE \"VI_1\" BACKUP 150",
            "INSTANCE \"VI_2\" BACKUP 150",
            "INSTANCE \"VI_1\" BACKUP_PRIORITY 160",
            "INSTANCE \"VI_1\" MASTER 160",
            "INSTANCE \"VI_2\" MASTER 150",
            "INSTANCE \"VI_1\" MASTER_PRIORITY 140",
            "INSTANCE \"VI_1\" MASTER_PRIORITY 160",
            "INSTANCE \"VI_1\" STOP 160",
            "INSTANCE \"VI_2\" STOP 150",
        ]
    );
}

/// As keepalived 2.4.3 has it; the router tells of the group behind its members each time.
#[test]
fn the_life_of_a_group() {
    let group = "vrrp_sync_group VG_1 {\ngroup {\nVI_1\nVI_2\n}\n}\n";
    let mut notifier = notifier(&format!("{group}{}", instances(&[150, 150])));
    for name in ["VI_1", "VI_2"] {
        notifier.goes_to(name, StateName::Backup, Cause::Started, false);
    }
    assert!(notifier.lines().is_empty(), "the group comes first");
    notifier.group_is("VG_1", StateName::Backup, &[]);
    for name in ["VI_2", "VI_1"] {
        notifier.goes_to(name, StateName::Active, Cause::NoResponse, false);
    }
    notifier.group_is("VG_1", StateName::Active, &[]);
    notifier.group_is("VG_1", StateName::Active, &[]);
    for name in ["VI_1", "VI_2"] {
        notifier.goes_to(name, StateName::Initialize, Cause::Stopped, false);
    }
    notifier.group_is("VG_1", StateName::Initialize, &[]);
    notifier.stopped();
    assert_eq!(
        notifier.lines(),
        [
            "GROUP \"VG_1\" BACKUP 0",
            "INSTANCE \"VI_1\" BACKUP 150",
            "INSTANCE \"VI_2\" BACKUP 150",
            "INSTANCE \"VI_2\" MASTER 150",
            "INSTANCE \"VI_1\" MASTER 150",
            "GROUP \"VG_1\" MASTER 0",
            "INSTANCE \"VI_1\" STOP 150",
            "INSTANCE \"VI_2\" STOP 150",
            "GROUP \"VG_1\" STOP 0",
        ]
    );
}

#[test]
fn a_rival_is_told_every_time_and_a_state_once() {
    let mut notifier = notifier(&instances(&[150]));
    notifier.goes_to("VI_1", StateName::Active, Cause::NoResponse, false);
    let reasserted = Report::Reasserted {
        source: Ipv4Addr::new(192, 0, 2, 2).into(),
        priority: 100,
    };
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
    notifier.report("VI_1", &reasserted, at);
    notifier.report("VI_1", &reasserted, at);
    notifier.goes_to("VI_1", StateName::Active, Cause::NobodyTookOver, false);
    assert_eq!(notifier.seen("VI_1", Some(NotifyState::Master), 150), None);
    let rival = "INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 150";
    assert_eq!(notifier.lines(), ["INSTANCE \"VI_1\" MASTER 150", rival, rival]);
    assert_eq!(notifier.desk.listeners.heard.last().unwrap().at, at);
}

/// In FAULT keepalived tells of no priority; and what events have told, the status does not tell again.
#[test]
fn a_priority_is_told_once_and_only_of_who_takes_part() {
    let mut notifier = notifier(&format!("{PRIORITIES}{}", instances(&[150])));
    notifier.has_priority("VI_1", 155);
    let barred = Cause::Barred(Bar::LinkDown);
    notifier.goes_to("VI_1", StateName::Initialize, barred, false);
    notifier.has_priority("VI_1", 140);
    notifier.goes_to("VI_1", StateName::Backup, Cause::Started, false);
    notifier.has_priority("VI_1", 140);
    // An event about it is on its way.
    assert_eq!(notifier.seen("VI_1", None, 130), None);
    assert_eq!(notifier.lines().len(), 2, "until it comes");
    notifier.has_priority("VI_1", 130);
    // Events were lost.
    assert_eq!(notifier.seen("VI_1", Some(NotifyState::Backup), 120), None);
    notifier.has_priority("VI_1", 120);
    assert_eq!(
        notifier.lines(),
        [
            "INSTANCE \"VI_1\" FAULT 155",
            "INSTANCE \"VI_1\" BACKUP 140",
            "INSTANCE \"VI_1\" BACKUP_PRIORITY 130",
            "INSTANCE \"VI_1\" BACKUP_PRIORITY 120",
        ]
    );
}

#[test]
fn who_goes_by_a_reload_is_told_last() {
    let mut notifier = notifier(&instances(&[150, 140]));
    for name in ["VI_1", "VI_2"] {
        notifier.goes_to(name, StateName::Backup, Cause::Started, false);
    }
    let leaving = notifier.take(
        &plan(&instances(&[150])),
        BTreeMap::new(),
        BTreeMap::new(),
        Vec::new(),
    );
    assert!(leaving.is_empty(), "it has no scripts");
    assert_eq!(notifier.lines().last().unwrap(), "INSTANCE \"VI_2\" FAULT 140");
    notifier.goes_to("VI_2", StateName::Active, Cause::NoResponse, false);
    assert_eq!(notifier.lines().len(), 3, "nothing more of it");
}

/// In the order of the file, and the groups behind their members; also of one that never took part.
#[test]
fn a_stop_is_told_to_all_in_the_order_of_the_file() {
    let groups = "vrrp_sync_group Z {\ngroup {\nVI_2\n}\n}\nvrrp_sync_group A {\ngroup {\nVI_1\n}\n}\n";
    let text = instances(&[150, 140]).replace("VI_1", "VI_9");
    let mut notifier = notifier(&format!("{}{text}", groups.replace("VI_1", "VI_9")));
    notifier.stopped();
    notifier.stopped();
    assert_eq!(
        notifier.lines(),
        [
            "INSTANCE \"VI_9\" STOP 150",
            "INSTANCE \"VI_2\" STOP 140",
            "GROUP \"Z\" STOP 0",
            "GROUP \"A\" STOP 0",
        ]
    );
}

/// Nobody asked for it.
#[test]
fn a_priority_is_not_told_where_the_file_does_not_say_so() {
    let off = "notify_priority_changes off\nvirtual_ipaddress {";
    let one = instances(&[150]).replace("virtual_ipaddress {", off);
    for text in [instances(&[150]), format!("{PRIORITIES}{one}")] {
        let mut notifier = notifier(&text);
        notifier.goes_to("VI_1", StateName::Backup, Cause::Started, false);
        notifier.has_priority("VI_1", 160);
        notifier.goes_to("VI_1", StateName::Active, Cause::NoResponse, false);
        let lines = notifier.lines();
        assert_eq!(
            lines,
            ["INSTANCE \"VI_1\" BACKUP 150", "INSTANCE \"VI_1\" MASTER 160"]
        );
    }
}

/// Of a node that is Backup nothing is handed over.
#[tokio::test]
async fn only_who_is_active_runs_something_before_a_stop() {
    let group = "vrrp_sync_group G {\ngroup {\nVI_1\n}\n}\n";
    let plan = plan(&format!("{group}{}", instances(&[150, 150])));
    let own = || Scripts {
        before_stop: Some(Command::new(["true"])),
        ..Scripts::default()
    };
    let named = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), own())).collect();
    let mut notifier = Notifier::new(HookLimits::default());
    let leaving = notifier.take(&plan, named(&["VI_1", "VI_2"]), named(&["G"]), Vec::new());
    assert!(leaving.is_empty());
    assert!(
        notifier.before_stop(|_, _| true).names.is_empty(),
        "nothing has begun"
    );
    notifier.goes_to("VI_1", StateName::Active, Cause::NoResponse, false);
    notifier.goes_to("VI_2", StateName::Backup, Cause::Started, false);
    assert_eq!(notifier.before_stop(|_, _| true).names, ["VI_1"]);
    notifier.group_is("G", StateName::Active, &[]);
    assert_eq!(notifier.before_stop(|kind, _| kind == Kind::Group).names, ["G"]);
    let before = notifier.before_stop(|_, _| true);
    assert_eq!(before.names, ["G", "VI_1"]);
    before.over.await;
    let results = |status: Option<HookStatus>| status.unwrap().results.len();
    assert_eq!(
        results(notifier.status("VI_1")),
        1,
        "what was asked for again meanwhile ran once"
    );
    assert_eq!(results(notifier.group_status("G")), 1);
    let none = |status: HookStatus| status.results.is_empty();
    assert!(notifier.status("VI_2").is_none_or(none));
}

/// A hand-over does not wait for what has nothing to prepare any more.
#[tokio::test]
async fn who_is_no_longer_active_is_not_waited_for() {
    let own = Scripts {
        before_stop: Some(Command::new(["sleep", "1000"])),
        ..Scripts::default()
    };
    let mut notifier = Notifier::new(HookLimits::default());
    let scripts = BTreeMap::from([("VI_1".to_owned(), own)]);
    notifier.take(&plan(&instances(&[150])), scripts, BTreeMap::new(), Vec::new());
    notifier.goes_to("VI_1", StateName::Active, Cause::NoResponse, false);
    let before = notifier.before_stop(|_, _| true);
    assert_eq!(before.names, ["VI_1"]);
    notifier.goes_to("VI_1", StateName::Backup, Cause::Started, false);
    let over = tokio::time::timeout(Duration::from_secs(20), before.over).await;
    assert!(over.is_ok(), "long before its limit of 60 s");
}
