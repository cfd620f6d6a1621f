//! The tutorials' files as the project ships them, with their own times.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use vrrp_lab::LabError;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::nginx::Nginx;
use vrrp_lab::virtual_servers::{Director, Site, Visit, visits};

use crate::report::Report;

const ADDRESS: &str = "172.25.44.144";
const SLACK: Duration = Duration::from_millis(2500);
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

fn example(name: &str) -> Result<String, LabError> {
    let path = format!("{EXAMPLES}/{name}");
    std::fs::read_to_string(&path).map_err(LabError::io(path))
}

fn address() -> IpAddr {
    ADDRESS.parse().unwrap()
}

fn asked(site: &Site, many: usize) -> Result<Vec<Visit>, LabError> {
    visits(&site.client, address(), 80, many)
}

fn in_turn(site: &Site) -> Result<String, LabError> {
    let seen = asked(site, 6)?;
    let names: Vec<&str> = seen.iter().flatten().map(String::as_str).collect();
    let turns = names.windows(2).all(|pair| pair[0] != pair[1]);
    if names.len() == 6 && turns && names.iter().all(|name| ["rs1", "rs2"].contains(name)) {
        return Ok("in turn".to_owned());
    }
    Err(LabError::Other(format!("not in turn: {seen:?}")))
}

fn all_from(site: &Site, name: &str) -> Result<(), LabError> {
    let seen = asked(site, 20)?;
    if seen.iter().all(|visit| visit.as_deref() == Ok(name)) {
        return Ok(());
    }
    Err(LabError::Other(format!("not all answered by {name}: {seen:?}")))
}

/// The addresses that take new connections are exactly these, within the time; how long it took.
pub(crate) fn until_serving(
    director: &Director,
    what: &str,
    limit: Duration,
    wanted: &[IpAddr],
) -> Result<String, LabError> {
    let since = Instant::now();
    director.until(what, limit + SLACK, |table| {
        let mut serving = table.iter().flat_map(|entry| &entry.servers);
        let many = serving.clone().filter(|server| server.weight > 0).count();
        many == wanted.len() && serving.all(|one| one.weight == 0 || wanted.contains(&one.address))
    })?;
    Ok(format!(
        "{} ms (at most {})",
        since.elapsed().as_millis(),
        limit.as_millis()
    ))
}

fn prepared(site: &Site) -> Result<[IpAddr; 2], LabError> {
    for server in &site.servers {
        server.realserver(&["prepare", "--address", ADDRESS])?;
    }
    Ok(site.servers.each_ref().map(|server| server.address))
}

fn undone(site: &Site) -> Result<(), LabError> {
    for server in &site.servers {
        server.realserver(&["undo"])?;
    }
    Ok(())
}

/// One is killed and started again, in the times that the file gives.
fn one_dies(
    site: &mut Site,
    director: &Director,
    servers: [IpAddr; 2],
    leaves: Duration,
    returns: Duration,
) -> Result<String, LabError> {
    site.servers[0].nginx.kill()?;
    let left = until_serving(director, "a dead real server leaves", leaves, &servers[1..]);
    let alone = left.and_then(|left| all_from(site, "rs2").map(|()| left));
    site.servers[0].nginx.start_again()?;
    let back = until_serving(director, "it comes back", returns, &servers);
    let (left, back) = (alone?, back?);
    in_turn(site)?;
    Ok(format!(
        "left after {left}, then 20 of 20 answered, back after {back}"
    ))
}

/// examples/lvs-director.conf, and its partner as the file says it is.
pub(crate) fn lvs_director(site: &mut Site, daemon: Daemon, report: &mut Report) -> Result<(), LabError> {
    let servers = prepared(site)?;
    let file = example("lvs-director.conf")?;
    let partner = file
        .replace("state MASTER", "state BACKUP")
        .replace("priority 100 ", "priority 50 ")
        .replace("LVS_DEVEL", "LVS_BACKUP");
    let first = Director::start(daemon, &site.directors[0], &file)?;
    let second = Director::start(daemon, &site.directors[1], &partner)?;
    let start = Duration::from_secs(5);
    until_serving(&first, "both real servers", start, &servers)?;
    until_serving(&second, "both real servers", start, &servers)?;
    first.until("the address", Duration::from_secs(10), |_| {
        first.node.holds(ADDRESS).unwrap_or(false)
    })?;
    report.row("lvs-director.conf", daemon, in_turn(site));
    // delay_loop 6, then retry 3 with delay_before_retry 3; refused at once.
    let (leaves, returns) = (Duration::from_secs(6 + 3 * 3), Duration::from_secs(6));
    let outcome = one_dies(site, &first, servers, leaves, returns);
    report.row("lvs-director.conf: killed and back", daemon, outcome);
    first.stop()?;
    // It looks for itself: what the first has found again it may find a delay_loop later.
    until_serving(&second, "both real servers again", returns, &servers)?;
    second.until("the address", Duration::from_secs(10), |_| {
        second.node.holds(ADDRESS).unwrap_or(false)
    })?;
    report.row("lvs-director.conf: its partner", daemon, in_turn(site));
    second.stop()?;
    undone(site)
}

/// examples/ldirectord.cf; ldirectord itself holds no address.
pub(crate) fn ldirectord(site: &mut Site, daemon: Daemon, report: &mut Report) -> Result<(), LabError> {
    if daemon != Daemon::Vrrpd {
        return Ok(());
    }
    let servers = prepared(site)?;
    let node = site.directors[0].clone();
    site.hold(&node, address())?;
    let fallback = Nginx::start(&node)?;
    let director = Director::start_ldirectord(&node, &example("ldirectord.cf")?)?;
    until_serving(&director, "both real servers", Duration::from_secs(10), &servers)?;
    report.row("ldirectord.cf", daemon, in_turn(site));
    // checkinterval 1, failurecount 1; refused at once.
    let pass = Duration::from_secs(1);
    let outcome = one_dies(site, &director, servers, pass, pass);
    report.row("ldirectord.cf: killed and back", daemon, outcome);
    for server in &mut site.servers {
        server.nginx.kill()?;
    }
    let loopback: IpAddr = [127, 0, 0, 1].into();
    let dead = until_serving(&director, "the fallback", pass, &[loopback]);
    let dead = dead.and_then(|dead| all_from(site, "d1").map(|()| format!("fallback after {dead}")));
    report.row("ldirectord.cf: all dead", daemon, dead);
    site.servers[1].nginx.start_again()?;
    let back = until_serving(&director, "one is back", pass, &servers[1..]);
    let back = back.and_then(|back| all_from(site, "rs2").map(|()| format!("fallback gone after {back}")));
    report.row("ldirectord.cf: one back", daemon, back);
    site.servers[0].nginx.start_again()?;
    director.stop()?;
    drop(fallback);
    site.release(&node, address())?;
    undone(site)
}
