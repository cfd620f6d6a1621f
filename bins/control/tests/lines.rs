//! What stands in the documentation of the protocol, line by line: other clients are written from it.

mod kept;

use kept::{journal, recording};
use vrrp_control::*;

fn leaves() -> Leaves {
    Leaves {
        state: "initialize".into(),
        is_owner: false,
        priority: 150,
        effective_priority: 150,
        advertise_interval_centi_sec: 100,
        last_adv_source: "192.168.190.2".parse().ok(),
        primary_ip_address: None,
        virtual_mac_address: "00:00:5e:00:01:37".into(),
        address_count: 1,
        preempt: true,
        accept_mode: false,
        up_unix_ms: None,
        master_down_interval: 341,
        skew_time: 414_062,
        last_event: "vrrp-event-shutdown".into(),
        new_master_reason: "not-master".into(),
    }
}

fn address() -> Address {
    Address {
        address: "192.168.190.23".parse().unwrap(),
        prefix: 24,
        device: Some("eth1".into()),
        label: Some("eth1:1".into()),
        advertised: true,
        wanted: false,
        present: true,
        foreign: false,
    }
}

fn run() -> Run {
    Run {
        ended_unix_ms: 5,
        took_ms: 0,
        succeeded: false,
        result: "connection refused".into(),
        output: "a \"quoted\"\nline \u{1b}[31m".into(),
    }
}

fn file() -> TrackedFile {
    TrackedFile {
        name: "load".into(),
        path: "/run/load".into(),
        value: -20,
        found: "reads -20".into(),
        late: None,
        since_ms: 7,
        tracked_by: vec!["VI_1".into()],
    }
}

fn process() -> TrackedProcess {
    TrackedProcess {
        name: "web".into(),
        pattern: "processes named nginx".into(),
        count: 2,
        at_least: 1,
        at_most: Some(3),
        health: Health::Up,
        since_ms: 8,
        changes_in_ms: None,
        source: "the kernel tells of each start and end at once".into(),
        tracked_by: vec!["VI_1".into()],
    }
}

fn priority() -> Priority {
    Priority {
        effective: 150,
        base: 150,
        contributions: vec![Contribution {
            name: "chk_nginx".into(),
            kind: TrackedKind::Script,
            health: Health::Down,
            value: None,
            weight: 0,
            reverse: false,
            adds: 0,
            bars: true,
        }],
        moves: vec![Move {
            name: "operator".into(),
            adds: -20,
            uid: Some(0),
            ends_in_ms: Some(5),
        }],
    }
}

fn asked() -> AskedBy {
    AskedBy {
        uid: 1000,
        at_unix_ms: 6,
    }
}

fn routing() -> Routing {
    Routing {
        entry: "10.1.0.0/16 via 192.0.2.254 dev eth1".into(),
        kind: "route".into(),
        wanted: true,
        present: false,
        foreign: false,
        problem: Some("Network is unreachable (os error 101)".into()),
    }
}

fn heard() -> HeardRouter {
    HeardRouter {
        address: "192.168.190.2".parse().unwrap(),
        priority: 100,
        version: 3,
        first_ago_ms: 70_000,
        last_ago_ms: 300,
        adverts: 70,
    }
}

fn handed_over() -> HandedOver {
    HandedOver {
        asked: Some(asked()),
        since_unix_ms: Some(1_700_000_003_000),
    }
}

fn active() -> ActiveRouter {
    ActiveRouter {
        address: "192.168.190.2".parse().ok(),
        priority: 100,
        own: false,
    }
}

fn instance() -> Instance {
    Instance {
        name: "VI_1".into(),
        vrid: 55,
        group: Some("VG_1".into()),
        held_back: false,
        family: "IPv4".into(),
        protocol_version: 2,
        interface: Some("eth1".into()),
        path: "multicast".into(),
        peers: vec![],
        interval_ms: 1000,
        state: State::Initialize,
        keepalived_state: KeepalivedState::Fault,
        since_unix_ms: 1_700_000_000_000,
        state_for_ms: 12,
        why: "check chk_nginx is down".into(),
        holding: true,
        barred: Some("check chk_nginx is down".into()),
        priority: priority(),
        handed_over: Some(handed_over()),
        handing_over: Some(asked()),
        active: Some(active()),
        accept: Some(Accept::Drops),
        hosts_told: Some(HostsTold {
            lifetime_s: 1800,
            digest: "00c0ffee".into(),
            sent: 3,
        }),
        virtual_mac: Some(VirtualMac {
            device: "vrrp.55".into(),
            mac: "00:00:5e:00:01:37".into(),
            up: false,
            problem: None,
        }),
        addresses: vec![address()],
        routing: vec![routing()],
        next: Some(Next {
            what: "give the addresses up".into(),
            in_ms: 40,
        }),
        counters: [("advertisement-sent".to_owned(), 7)].into(),
        leaves: Some(leaves()),
        rejected: [("auth-failed".to_owned(), u64::MAX)].into(),
        heard: vec![heard()],
        why_code: Some("barred-tracked".into()),
        barred_code: Some("tracked".into()),
        preempt_in_ms: None,
        incompatible_peers: vec![IncompatiblePeer {
            address: "192.168.190.3".parse().unwrap(),
            difference: "sends version 3, this router version 2".into(),
            last_ago_ms: 800,
        }],
        hooks: vec![Hook {
            label: "notify FAULT".into(),
            command: "/x.sh INSTANCE VI_1 FAULT 150".into(),
            run: Run {
                ended_unix_ms: 1,
                took_ms: 2,
                succeeded: true,
                result: "exit 0".into(),
                output: String::new(),
            },
        }],
        hook_running: Some("notify MASTER".into()),
        hooks_waiting: 1,
        notices: vec![notice()],
    }
}

fn notice() -> Notice {
    Notice {
        target: "webhook pager".into(),
        to: "https://hooks.example.com".into(),
        waiting: 1,
        waiting_state: Some("STOP".into()),
        trouble: Some("status 503".into()),
        next_in_ms: Some(1900),
        results: vec![Noticed {
            state: "MASTER".into(),
            at_unix_ms: 1,
            epoch: 1_795_306_217_001_002,
            end: "arrived".into(),
            arrived: true,
            ended_unix_ms: 2,
            took_ms: 1,
            tries: 1,
            answer: "status 200".into(),
        }],
    }
}

fn check() -> Check {
    Check {
        name: "chk_nginx".into(),
        command: "connect to 127.0.0.1:80".into(),
        kind: "TCP_CHECK".into(),
        health: Health::Down,
        interval_ms: 1000,
        timeout_ms: 1000,
        rise: 1,
        fall: 1,
        against: 0,
        runs: 9,
        failures: 4,
        skipped: 1,
        last: Some(run()),
        next_in_ms: Some(990),
        tracked_by: vec!["VI_1".into()],
        degraded: false,
        verdict: Some(Verdict::Fail),
        since_ms: 12,
        since_unix_ms: 1_700_000_000_000,
        mode: CheckMode::MaintenanceDown,
        mode_set: Some(ModeSet {
            uid: 1000,
            at_unix_ms: 1_700_000_000_001,
            ago_ms: 11,
        }),
        judged: Some(Health::Up),
    }
}

fn status() -> Status {
    Status {
        daemon: Daemon {
            program_version: "0.1.0".into(),
            pid: 4711,
            router_id: "lb01".into(),
            started_unix_ms: 1,
            uptime_ms: 2,
            config_file: "/etc/keepalived/keepalived.conf".into(),
            keepalived_conf: Some("/etc/keepalived/keepalived.conf".into()),
            ldirectord_cf: None,
            config_loaded_unix_ms: 3,
            last_reload: Some(Reload {
                at_unix_ms: 4,
                applied: false,
                message: "line 7: missing brace".into(),
                incomplete: None,
            }),
            stopping: false,
            maintenance: Some(Maintenance {
                asked: asked(),
                problem: None,
            }),
            realtime_priority: Some(50),
            router_loop: LoopLag {
                wakeups: 9,
                last_ns: 8,
                max_ns: 70_000,
                max_ago_ms: 12,
                packet_wait_last_ns: 13,
                packet_wait_max_ns: 14,
            },
            rejected: [("vrid-unknown".to_owned(), 3)].into(),
            netlink_overruns: 0,
            log_lines_dropped: 0,
            events_lost: 0,
            net_namespace: None,
            warnings: vec!["keepalived.conf:3: smtp_server is not used".into()],
            not_started: vec![NotStarted {
                name: "VI_2".into(),
                place: "keepalived.conf:20".into(),
                reason: "use_vmac is not supported".into(),
                allow_missing: Some("use_vmac".into()),
            }],
        },
        instances: vec![instance()],
        groups: vec![group()],
        statics: Statics::default(),
        checks: vec![check()],
        files: vec![file()],
        processes: vec![process()],
        fifos: vec![fifo()],
        journal: Some(journal()),
        recording: Some(recording()),
        notice_targets: vec![],
        balancing: Some(servers::Balancing {
            left_out: 0,
            virtual_servers: 2,
            without_quorum: 1,
            real_servers: 4,
            out: 1,
            trouble: None,
        }),
    }
}

fn group() -> Group {
    Group {
        name: "VG_1".into(),
        state: State::Initialize,
        keepalived_state: KeepalivedState::Fault,
        members: vec!["VI_1".into()],
        at_fault: vec!["VI_1".into()],
        hooks: vec![],
        notices: vec![],
    }
}

fn fifo() -> Fifo {
    Fifo {
        keyword: "vrrp_notify_fifo".into(),
        path: "/run/vrrp.fifo".into(),
        has_reader: false,
        lines_waiting: 3,
        lines_read: 8,
        lines_lost: 1,
        problem: None,
        script: Some(FifoScript {
            command: "/usr/local/bin/follow".into(),
            running_since_unix_ms: None,
            starts: 2,
            last_end: Some("exit 1".into()),
            not_started: None,
            last_output: String::new(),
        }),
    }
}

#[test]
fn a_request_is_the_line_of_the_documentation() {
    assert_eq!(
        Request::new(Ask::Status).to_line().unwrap(),
        "{\"version\":1,\"ask\":\"status\"}\n"
    );
    let read = Request::from_line(b"{\"version\":1,\"ask\":\"hello\",\"later\":true}\n").unwrap();
    assert_eq!(read, Request::new(Ask::Hello));
}

#[test]
fn what_an_application_says_is_a_line_that_any_language_can_write() {
    let said = b"{\"version\":1,\"ask\":{\"push\":{\"check\":\"app\",\"result\":\"pass\",\"text\":\"42 jobs done\"}}}\n";
    let push = Ask::Push {
        check: "app".into(),
        result: Verdict::Pass,
        text: "42 jobs done".into(),
    };
    assert_eq!(Request::from_line(said).unwrap().ask, push);
    assert_eq!(Request::new(push).to_line().unwrap().as_bytes(), said);
    let short = b"{\"version\":1,\"ask\":{\"push\":{\"check\":\"app\",\"result\":\"fail\"}}}\n";
    assert!(Request::from_line(short).is_ok(), "the text may be left out");
    let mode = b"{\"version\":1,\"ask\":{\"check-mode\":{\"check\":\"app\",\"mode\":\"dry-run\"}}}\n";
    let ask = Ask::CheckMode {
        check: "app".into(),
        mode: CheckMode::DryRun,
    };
    assert_eq!(Request::from_line(mode).unwrap().ask, ask);
}

#[test]
fn every_reply_survives_the_line() {
    let hello = Answer::Hello {
        program: "vrrpd".into(),
        program_version: "0.1.0".into(),
        pid: 1,
    };
    let error = Answer::Error(Problem {
        kind: ProblemKind::Unavailable,
        message: "stopping".into(),
    });
    let pushed = Answer::Pushed {
        check: "app".into(),
        counts_for_ms: 5000,
    };
    let mode = Answer::CheckMode {
        check: "app".into(),
        mode: CheckMode::DryRun,
        before: CheckMode::Normal,
    };
    for answer in [hello, Answer::Status(Box::new(status())), pushed, mode, error] {
        let line = Reply::new(answer.clone()).to_line().unwrap();
        assert_eq!(line.matches('\n').count(), 1, "one line: {line}");
        assert_eq!(Reply::from_line(line.as_bytes()).unwrap().answer, answer);
    }
}

#[test]
fn words_of_the_tree_are_stable() {
    let value: serde_json::Value =
        serde_json::to_value(Reply::new(Answer::Status(Box::new(status())))).unwrap();
    let instance = &value["answer"]["status"]["instances"][0];
    assert_eq!(instance["state"], "initialize");
    assert_eq!(instance["keepalived_state"], "FAULT");
    assert_eq!(instance["priority"]["contributions"][0]["kind"], "script");
    assert_eq!(instance["priority"]["contributions"][0]["health"], "down");
    assert_eq!(instance["rejected"]["auth-failed"], u64::MAX);
    assert_eq!(
        value["answer"]["status"]["daemon"]["router_loop"]["max_ns"],
        70_000
    );
}

#[test]
fn fields_that_a_client_does_not_know_are_no_error() {
    let mut value = serde_json::to_value(Reply::new(Answer::Status(Box::new(status())))).unwrap();
    value["answer"]["status"]["instances"][0]["colour"] = "blue".into();
    value["more"] = 1.into();
    let read = Reply::from_line(value.to_string().as_bytes()).unwrap();
    assert_eq!(read.answer, Answer::Status(Box::new(status())));
}

/// RFC 8347 names its leaves with hyphens; a daemon from before they were told is read all the same.
#[test]
fn leaves_have_the_names_of_rfc_8347() {
    let value = serde_json::to_value(instance()).unwrap();
    for name in [
        "last-adv-source",
        "master-down-interval",
        "skew-time",
        "last-event",
        "new-master-reason",
        "is-owner",
        "effective-priority",
    ] {
        assert!(value["leaves"].get(name).is_some(), "{name}: {value}");
    }
    let mut older = value;
    older.as_object_mut().unwrap().remove("leaves");
    let read: Instance = serde_json::from_value(older).unwrap();
    assert_eq!(read.leaves, None);
}
