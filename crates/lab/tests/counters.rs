//! Forged packets, and which of the counters that a monitoring system sees move: by the table of checks (RFC 9568 section
//! 7.1, RFC 3768 section 7.1; names of RFC 8347 and RFC 6527), typed by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use vrrp_conformance::proves;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::forge::{Fault, Target, frame, send_once};
use vrrp_lab::process::{Process, Spawn};
use vrrp_lab::skip::skip;
use vrrp_lab::topology::{Cable, Lab};
use vrrp_lab::wait::until;
use vrrp_lab::{LabError, private};

const LIMIT: Duration = Duration::from_secs(20);
const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 66);

/// What this router says in answer, and what has nothing to do with the packet.
const OF_ITS_OWN: [&str; 5] = [
    "vrrpd_instance_advertisement_sent_total",
    "vrrpd_instance_announcement_rounds_total",
    "vrrpd_instance_triggered_suppressed_total",
    "vrrpd_instance_late_adverts_total",
    "vrrpd_loop_wakeups_total",
];

type Counters = BTreeMap<String, u64>;

/// Every counter; `None`: nobody answers yet.
fn counters(socket: &Path) -> Option<Counters> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    let counters = lines.filter(|(name, _)| {
        name.split('{')
            .next()
            .is_some_and(|name| name.ends_with("_total"))
    });
    Some(
        counters
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect(),
    )
}

/// What has grown, and by how much.
fn growth(before: &Counters, after: &Counters) -> Counters {
    let grown = after.iter().map(|(name, count)| {
        let by = count - before.get(name).copied().unwrap_or(0);
        (name.clone(), by)
    });
    let own = |name: &str| OF_ITS_OWN.contains(&name.split('{').next().unwrap_or_default());
    grown.filter(|(name, by)| *by > 0 && !own(name)).collect()
}

struct Attacked {
    _process: Process,
    attacker: Cable,
    _node: Cable,
    socket: std::path::PathBuf,
    _lab: Lab,
}

impl Attacked {
    /// One vrrpd that is Active for VRIDs 51 (version 2 with a password) and 52 (version 3); `None`: it has no listener.
    fn start() -> Result<Option<Self>, LabError> {
        let lab = Lab::new()?;
        let switch = lab.switch("lan")?;
        let node = lab.node("node")?;
        let cable = lab.connect(&node, &switch, "eth1", &["192.0.2.1/24"])?;
        let other = lab.node("attacker")?;
        let attacker = lab.connect(&other, &switch, "eth1", &["192.0.2.66/24"])?;
        let config = "global_defs {\n router_id lab\n}\n\
            vrrp_instance VI_2 {\n state BACKUP\n interface eth1\n virtual_router_id 51\n priority 200\n version 2\n \
            advert_int 1\n authentication {\n auth_type PASS\n auth_pass secret\n }\n \
            virtual_ipaddress {\n 192.0.2.100\n }\n}\n\
            vrrp_instance VI_3 {\n state BACKUP\n interface eth1\n virtual_router_id 52\n priority 200\n version 3\n \
            advert_int 1\n virtual_ipaddress {\n 192.0.2.101\n }\n}\n";
        let folder = node.folder();
        let file = folder.join("vrrpd.conf");
        std::fs::write(&file, config).map_err(LabError::io("the file"))?;
        let (socket, control) = (folder.join("metrics.sock"), folder.join("control.sock"));
        let words = [
            "-f".into(),
            file.into_os_string(),
            "--control".into(),
            control.into_os_string(),
            "--metrics".into(),
            socket.clone().into_os_string(),
        ];
        let process = node.spawn(&Spawn::new("vrrpd", Daemon::Vrrpd.program()?, words))?;
        let active = until("both are Active", LIMIT, || {
            if process.how_it_ended().is_some() {
                return Some(false);
            }
            let counters = counters(&socket)?;
            let of = |name: &str| {
                counters
                    .get(&format!(
                        "vrrpd_instance_advertisement_sent_total{{name=\"{name}\"}}"
                    ))
                    .copied()
            };
            (of("VI_2") > Some(1) && of("VI_3") > Some(1)).then_some(true)
        });
        match active {
            Ok(true) => {}
            Ok(false) if process.log().contains("feature metrics") => return Ok(None),
            Ok(false) | Err(_) => return Err(LabError::Other(process.log())),
        }
        Ok(Some(Self {
            _process: process,
            attacker,
            _node: cable,
            socket,
            _lab: lab,
        }))
    }

    /// Exactly these counters grow, each by one, by one packet.
    fn must_count(&self, what: &str, packet: &[u8], expected: &[String]) -> Result<(), LabError> {
        // What is told may be a quarter of a second old: of before the packet, too.
        std::thread::sleep(Duration::from_millis(300));
        let before = counters(&self.socket).unwrap_or_default();
        send_once(&self.attacker, packet)?;
        let wanted: BTreeSet<&String> = expected.iter().collect();
        let mut last = Counters::new();
        let seen = until(what, LIMIT, || {
            last = growth(&before, &counters(&self.socket)?);
            let grown: BTreeSet<&String> = last.keys().collect();
            (wanted.is_subset(&grown)).then_some(())
        });
        let exact: Counters = expected.iter().map(|name| (name.clone(), 1)).collect();
        if seen.is_err() || last != exact {
            return Err(LabError::Other(format!(
                "{what}: expected {exact:#?}, seen {last:#?}"
            )));
        }
        Ok(())
    }
}

fn total(name: &str) -> String {
    format!("vrrpd_{name}_total")
}

fn of(router: &str, counter: &str) -> String {
    format!("vrrpd_instance_{counter}_total{{name=\"{router}\"}}")
}

/// A packet that is discarded for `reason`, and that names `router` where that can be told.
fn discarded(router: Option<&str>, reason: &str, more: &[String]) -> Vec<String> {
    let mut names = vec![format!("vrrpd_rejected_packets_total{{reason=\"{reason}\"}}")];
    names.extend(
        router.map(|name| {
            format!("vrrpd_instance_rejected_packets_total{{name=\"{name}\",reason=\"{reason}\"}}")
        }),
    );
    names.extend_from_slice(more);
    names
}

fn target() -> Target {
    Target {
        vrid: 51,
        interval_s: 1,
        address: Ipv4Addr::new(192, 0, 2, 100),
        password: "secret",
    }
}

/// A version 3 advertisement to VRID 52 with the checksum of RFC 9568, in the frame of a version 2 one.
fn third(priority: u8, interval_cs: u16, addresses: &[Ipv4Addr]) -> Vec<u8> {
    let mut message = vec![0x31, 52, priority, u8::try_from(addresses.len()).unwrap_or(0)];
    message.extend(interval_cs.to_be_bytes());
    message.extend([0, 0]);
    message.extend(addresses.iter().flat_map(Ipv4Addr::octets));
    let sum = checksum(&message).to_be_bytes();
    message[6..8].copy_from_slice(&sum);
    with_payload(&message)
}

fn with_payload(message: &[u8]) -> Vec<u8> {
    let mut frame = frame(&target(), Fault::None, SOURCE);
    frame.truncate(34);
    let length = u16::try_from(20 + message.len()).unwrap_or(0).to_be_bytes();
    frame[16..18].copy_from_slice(&length);
    frame[24..26].copy_from_slice(&[0, 0]);
    let sum = checksum(&frame[14..34]).to_be_bytes();
    frame[24..26].copy_from_slice(&sum);
    frame.extend(message);
    frame
}

/// RFC 1071.
fn checksum(octets: &[u8]) -> u16 {
    let words = octets
        .chunks(2)
        .map(|two| u32::from(two[0]) << 8 | u32::from(two.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

fn second_version(attacked: &Attacked) -> Result<(), LabError> {
    let own = Some("VI_2");
    let ttl = [total("ip_ttl_errors"), of("VI_2", "ip_ttl_errors")];
    let cases: [(Fault, Vec<String>); 9] = [
        (Fault::Ttl, discarded(own, "ip-ttl", &ttl)),
        (
            Fault::Checksum,
            discarded(own, "checksum", &[total("checksum_errors")]),
        ),
        (
            Fault::Version,
            discarded(own, "version", &[total("version_errors")]),
        ),
        // 52 is there, in version 3.
        (
            Fault::Vrid,
            discarded(Some("VI_3"), "version", &[total("version_errors")]),
        ),
        (Fault::Auth, discarded(own, "auth-failed", &[])),
        (
            Fault::Interval,
            discarded(own, "interval-mismatch", &[of("VI_2", "interval_errors")]),
        ),
        (
            Fault::Short,
            discarded(own, "length-short", &[of("VI_2", "packet_length_errors")]),
        ),
        (
            Fault::Surplus,
            discarded(own, "length-surplus", &[of("VI_2", "packet_length_errors")]),
        ),
        (
            Fault::Type,
            discarded(own, "type", &[of("VI_2", "invalid_type_pkts_rcvd")]),
        ),
    ];
    for (fault, expected) in cases {
        attacked.must_count(fault.name(), &frame(&target(), fault, SOURCE), &expected)?;
    }
    let nobody = Target { vrid: 99, ..target() };
    let expected = discarded(None, "vrid-unknown", &[total("vrid_errors")]);
    attacked.must_count("unknown VRID", &frame(&nobody, Fault::None, SOURCE), &expected)
}

fn third_version(attacked: &Attacked) -> Result<(), LabError> {
    let own = Ipv4Addr::new(192, 0, 2, 101);
    let accepted = |more: &[&str]| {
        let counters = ["advertisement_rcvd", "v3_rcvd", "checksum_form_plain"]
            .iter()
            .chain(more);
        counters.map(|counter| of("VI_3", counter)).collect::<Vec<_>>()
    };
    let cases = [
        ("accepted", third(10, 100, &[own]), accepted(&[])),
        (
            "priority 0",
            third(0, 100, &[own]),
            accepted(&["priority_zero_pkts_rcvd"]),
        ),
        ("interval", third(10, 200, &[own]), accepted(&["interval_errors"])),
        (
            "addresses",
            third(10, 100, &[Ipv4Addr::new(192, 0, 2, 102)]),
            accepted(&["address_list_errors"]),
        ),
        (
            "no address",
            third(10, 100, &[]),
            discarded(Some("VI_3"), "count-zero", &[of("VI_3", "address_list_errors")]),
        ),
        (
            "interval 0",
            third(10, 0, &[own]),
            discarded(Some("VI_3"), "interval-zero", &[of("VI_3", "interval_errors")]),
        ),
    ];
    for (what, packet, expected) in cases {
        attacked.must_count(what, &packet, &expected)?;
    }
    Ok(())
}

#[test]
fn each_wrong_packet_moves_exactly_the_counter_of_the_table() {
    let name = "each_wrong_packet_moves_exactly_the_counter_of_the_table";
    if let Err(missing) = Daemon::Vrrpd.program() {
        skip(name, &missing.to_string());
        return;
    }
    private::test(name, || {
        let Some(attacked) = Attacked::start()? else {
            skip(name, "this vrrpd was built without its feature metrics");
            return Ok(());
        };
        second_version(&attacked)?;
        third_version(&attacked)?;
        proves!("V3-7.1-14", Obeys);
        proves!(
            "MIB-01", "MIB-02", "MIB-03", "MIB-10", "MIB-11", "MIB-12", "MIB-14", "MIB-15", "MIB-16",
            "MIB-17", "MIB-22", "YANG-07", Obeys
        );
        Ok(())
    });
}
