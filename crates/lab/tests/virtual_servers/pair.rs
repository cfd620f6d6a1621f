//! Two directors: the address moves, and with the kernel's sync daemon the connections go on.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use vrrp_lab::daemon::Daemon;
use vrrp_lab::private::run;
use vrrp_lab::topology::Node;
use vrrp_lab::virtual_servers::{Check, Director, Service, Site, Visit, kept, text};
use vrrp_lab::{LabError, wait};

use crate::report::Report;

pub(crate) const ADDRESS: &str = "172.25.44.144";
/// Three intervals of a second and (256 - 100) / 256 s, of version 2 and priority 100.
const TAKE_OVER: Duration = Duration::from_millis(3610);
const SLACK: Duration = Duration::from_millis(1500);

fn file(site: &Site, priority: u8, synchronised: bool) -> String {
    file_with(site, priority, synchronised, &[])
}

/// With these lines in the virtual server.
pub(crate) fn file_with(site: &Site, priority: u8, synchronised: bool, lines: &[&str]) -> String {
    let servers = site.servers.each_ref().map(|server| (server.address, 80));
    let service = Service {
        check: Check::Tcp,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        ..Service::new(&format!("{ADDRESS} 80"), &servers)
    };
    let sync = if synchronised {
        "global_defs {\n    lvs_sync_daemon eth0 VI_1\n}\n"
    } else {
        ""
    };
    format!(
        "{sync}vrrp_instance VI_1 {{\n    state BACKUP\n    interface eth0\n    virtual_router_id 51\n    priority {priority}\n    advert_int 1\n\
         \x20   virtual_ipaddress {{\n        {ADDRESS}/32\n    }}\n}}\n{}",
        text(&[service])
    )
}

/// `master`, `backup`, or nothing.
fn role(node: &Node) -> Result<String, LabError> {
    let words = ["netns", "exec", node.name(), "ipvsadm", "-ln", "--daemon"];
    let said = run("ip", words)?;
    let roles = said.lines().filter_map(|line| line.split_once(" sync daemon"));
    Ok(roles
        .map(|(role, _)| role.to_owned())
        .collect::<Vec<_>>()
        .join(" and "))
}

fn until_role(node: &Node, wanted: &str) -> Result<(), LabError> {
    let what = format!("the role {wanted} at {}", node.name());
    let asked = wait::until_every(Duration::from_millis(200), &what, Duration::from_secs(10), || {
        (role(node).ok()? == wanted).then_some(())
    });
    asked.map_err(|error| LabError::Other(format!("{error}: it is \"{}\"", role(node).unwrap_or_default())))
}

pub(crate) fn until_held(director: &Director) -> Result<Duration, LabError> {
    let since = Instant::now();
    let what = format!("the address at {}", director.node.name());
    let holds = || director.node.holds(ADDRESS).unwrap_or(false);
    director.wait(&what, Duration::from_secs(20), holds)?;
    Ok(since.elapsed())
}

/// Whether the kernel of the node knows of a connection to the address.
fn knows_connection(node: &Node) -> bool {
    let text = node.within(|| std::fs::read_to_string("/proc/thread-self/net/ip_vs_conn"));
    // The address in hexadecimal.
    text.is_ok_and(|text| {
        text.is_ok_and(|text| {
            text.lines()
                .any(|line| line.contains("AC192C90") && line.contains("ESTABLISHED"))
        })
    })
}

/// What was seen up to the failover.
struct Seen {
    directors: [Option<Director>; 2],
    take_over: Duration,
    before: Visit,
    after: Visit,
}

fn cut(site: &Site, daemon: Daemon, synchronised: bool) -> Result<Seen, LabError> {
    for server in &site.servers {
        server.realserver(&["prepare", "--address", ADDRESS])?;
    }
    let [d1, d2] = &site.directors;
    let mut first = Director::start(daemon, d1, &file(site, 150, synchronised))?;
    let second = Director::start(daemon, d2, &file(site, 100, synchronised))?;
    until_held(&first)?;
    for director in [&first, &second] {
        director.until("both servers", Duration::from_secs(20), |table| {
            table.len() == 1 && table[0].serving() == 2
        })?;
    }
    if synchronised {
        until_role(d1, "master")?;
        until_role(d2, "backup")?;
    }
    let address: IpAddr = ADDRESS.parse().unwrap();
    let mut connection = kept(&site.client, address, 80)?;
    let before = connection();
    if synchronised {
        wait::until_every(
            Duration::from_millis(100),
            "the other director knows of the connection",
            Duration::from_secs(20),
            || {
                let _ = connection();
                knows_connection(d2).then_some(())
            },
        )
        .map_err(|error| second.explain(&error.to_string()))?;
    }
    site.cables[0].close()?;
    first.process.kill_hard()?;
    let take_over = until_held(&second)?;
    let after = connection();
    Ok(Seen {
        directors: [None, Some(second)],
        take_over,
        before,
        after,
    })
}

/// The first director is as after a boot.
pub(crate) fn boot(site: &Site) -> Result<(), LabError> {
    let d1 = &site.directors[0];
    site.release(d1, ADDRESS.parse().unwrap())?;
    let ipvsadm = |words: &[&str]| run("ip", ["netns", "exec", d1.name(), "ipvsadm"].iter().chain(words));
    ipvsadm(&["-C"])?;
    for role in ["master", "backup"] {
        // Whichever there is.
        let _ = ipvsadm(&["--stop-daemon", role]);
    }
    site.cables[0].open()
}

fn finish(site: &Site, directors: [Option<Director>; 2]) -> Result<(), LabError> {
    let stopped: Vec<_> = directors.into_iter().flatten().map(Director::stop).collect();
    for server in &site.servers {
        server.realserver(&["undo"])?;
    }
    stopped.into_iter().collect()
}

pub(crate) fn power_cut(site: &mut Site, daemon: Daemon, report: &mut Report) -> Result<(), LabError> {
    let mut seen = cut(site, daemon, true)?;
    let text = format!(
        "after {} ms (at most {})",
        seen.take_over.as_millis(),
        TAKE_OVER.as_millis()
    );
    let in_time = seen.take_over <= TAKE_OVER + SLACK;
    let take_over = in_time.then_some(text.clone()).ok_or(LabError::OutOfBounds(text));
    report.row("power cut: the other director takes over", daemon, take_over);
    let connection = match (&seen.before, &seen.after) {
        (Ok(before), Ok(after)) if before == after => Ok(format!("goes on, with {after}")),
        other => Err(LabError::Other(format!(
            "the connection did not go on: {other:?}"
        ))),
    };
    report.row("an established connection", daemon, connection);
    let back = || {
        until_role(&site.directors[1], "master")?;
        boot(site)?;
        let first = Director::start(daemon, &site.directors[0], &file(site, 150, true))?;
        until_held(&first)?;
        until_role(&site.directors[0], "master")?;
        until_role(&site.directors[1], "backup")?;
        Ok(first)
    };
    let back = back();
    let text = back.as_ref().map(|_| "follow there and back".to_owned());
    let outcome = text.map_err(|error: &LabError| LabError::Other(error.to_string()));
    report.row("roles of the sync daemon", daemon, outcome);
    seen.directors[0] = back.ok();
    finish(site, seen.directors)?;
    for node in &site.directors {
        let left = role(node)?;
        if !left.is_empty() {
            return Err(LabError::Other(format!(
                "a stop left the sync daemon of {} as {left}",
                node.name()
            )));
        }
    }
    Ok(())
}

/// It is the sync daemon that does it, and not the kernel or the client.
pub(crate) fn power_cut_without_sync(
    site: &mut Site,
    daemon: Daemon,
    report: &mut Report,
) -> Result<(), LabError> {
    let seen = cut(site, daemon, false)?;
    boot(site)?;
    let outcome = match (&seen.before, &seen.after) {
        (Ok(_), Err(why)) => Ok(format!("is lost ({why})")),
        other => Err(LabError::Other(format!("{other:?}"))),
    };
    report.row("the same without lvs_sync_daemon", daemon, outcome);
    finish(site, seen.directors)
}
