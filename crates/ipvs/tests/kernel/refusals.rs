//! What the kernel refuses, and what we do not even ask.

use crate::{at, empty, name, reason, tcp};
use std::process::Command;
use vrrp_ipvs::{
    Change, Client, Destination, Error, Fault, Forwarding, Reason, Service, ServiceKey, SyncDaemon, SyncRole,
    Timeouts,
};

fn direct(address: &str) -> Destination {
    Destination::new(at(address).into(), Forwarding::Direct, 1)
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn each_refusal_is_told_by_its_reason() {
    let mut client = empty();
    let web = tcp("192.0.2.1:80", "rr");
    let key = web.key;
    let add = Change::AddService(web.clone());
    client.change(&add).unwrap();
    assert_eq!(reason(client.change(&add)), Reason::ServiceExists);

    let stranger = ServiceKey::tcp(at("192.0.2.77:80"));
    assert_eq!(reason(client.service(&stranger)), Reason::NoSuchService);
    assert_eq!(reason(client.zero(Some(&stranger))), Reason::NoSuchService);
    assert_eq!(
        reason(client.change(&Change::DeleteService(stranger))),
        Reason::NoSuchService
    );
    let edit = Change::EditService(Service::new(stranger, name("rr")));
    assert_eq!(reason(client.change(&edit)), Reason::NoSuchService);
    assert_eq!(client.destinations(&stranger).unwrap(), []);

    let destination = direct("198.51.100.1:80");
    let to = |service| Change::AddDestination { service, destination };
    client.change(&to(key)).unwrap();
    assert_eq!(reason(client.change(&to(key))), Reason::DestinationExists);
    assert_eq!(reason(client.change(&to(stranger))), Reason::NoSuchService);
    let other = direct("198.51.100.2:80");
    let edit = Change::EditDestination {
        service: key,
        destination: other,
    };
    assert_eq!(reason(client.change(&edit)), Reason::NoSuchDestination);
    let delete = Change::DeleteDestination {
        service: key,
        destination: other.key,
    };
    assert_eq!(reason(client.change(&delete)), Reason::NoSuchDestination);

    let odd = tcp("192.0.2.1:81", "nonesuch");
    assert_eq!(
        reason(client.change(&Change::AddService(odd))),
        Reason::NoSuchScheduler
    );
    let odd = Service {
        scheduler: name("nonesuch"),
        ..web
    };
    let error = client.change(&Change::EditService(odd)).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::NoSuchScheduler));
    assert_eq!(
        error.to_string(),
        "edit service TCP 192.0.2.1:80: the kernel has no such scheduler or persistence engine (modules ip_vs_NAME and \
         ip_vs_pe_NAME)"
    );
    assert_eq!(client.service(&key).unwrap().0.scheduler, name("rr"));
}

#[test]
#[ignore = "under_a_kernel runs it"]
fn daemons_and_timeouts_are_refused_by_their_reason() {
    let mut client = empty();
    assert_eq!(reason(client.stop_daemon(SyncRole::Master)), Reason::NoDaemon);
    let nowhere = SyncDaemon::new(SyncRole::Master, name("nowhere0"), 1);
    assert_eq!(reason(client.start_daemon(&nowhere)), Reason::NoInterface);
    let timeouts = Timeouts {
        tcp_seconds: u32::MAX,
        tcp_fin_seconds: 0,
        udp_seconds: 0,
    };
    assert_eq!(reason(client.set_timeouts(&timeouts)), Reason::Invalid);
}

/// What the kernel would say EINVAL or ERANGE to, or take and not carry out, is not sent; in the midst of others neither.
#[test]
#[ignore = "under_a_kernel runs it"]
fn a_fault_is_not_sent() {
    let mut client = empty();
    let every_port = Change::AddService(tcp("192.0.2.1:0", "rr"));
    let results = client.apply(&[
        Change::AddService(tcp("192.0.2.1:80", "rr")),
        every_port,
        Change::AddService(tcp("192.0.2.1:81", "rr")),
    ]);
    let [Ok(()), Err(Error::Fault(fault)), Ok(())] = &results[..] else {
        panic!("{results:?}");
    };
    assert_eq!(**fault, Fault::EveryPort(ServiceKey::tcp(at("192.0.2.1:0"))));
    assert_eq!(client.services().unwrap().len(), 2);
}

/// Root of a user namespace is told what is missing.
#[test]
#[ignore = "under_a_kernel runs it"]
fn who_may_not_is_told_so() {
    const STRANGER: &str = "VRRP_IPVS_TEST_AS_A_STRANGER";
    if std::env::var_os(STRANGER).is_some() {
        let mut client = Client::open().unwrap();
        assert_eq!(reason(client.info()), Reason::NotPermitted);
        assert_eq!(reason(client.services()), Reason::NotPermitted);
        let error = client
            .change(&Change::AddService(tcp("192.0.2.1:80", "rr")))
            .unwrap_err();
        assert!(error.to_string().contains("CAP_NET_ADMIN"), "{error}");
        return;
    }
    // In a user namespace of its own it has every right, and none over this network.
    let program = std::env::current_exe().unwrap();
    let child = Command::new("unshare")
        .args(["--user", "--map-root-user"])
        .arg(program)
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "refusals::who_may_not_is_told_so",
        ])
        .env(STRANGER, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
}
