//! An operator takes a real server out: what is connected goes on, nothing new comes.

use std::time::Duration;

use vrrp_lab::LabError;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::virtual_servers::{Site, kept, visits};

use crate::health::{BY_PAGE, address, all_from, directed, undirected};
use crate::report::Report;

const SOON: Duration = Duration::from_secs(5);

/// `vrrpctl server`: keepalived has nothing like it.
pub(crate) fn drains(site: &mut Site, daemon: Daemon, report: &mut Report) -> Result<(), LabError> {
    if daemon != Daemon::Vrrpd {
        return Ok(());
    }
    let director = directed(site, daemon, None)?;
    let first = site.servers[0].address;
    // In turn: the second one at the latest.
    let mut connection = kept(&site.client, address(BY_PAGE), 80)?;
    let mut name = connection();
    if name.as_deref() != Ok("rs1") {
        connection = kept(&site.client, address(BY_PAGE), 80)?;
        name = connection();
    }
    director.ask(&["server", "drain", &first.to_string()])?;
    director.until("nothing new for the drained server", SOON, |table| {
        table
            .iter()
            .all(|entry| !entry.serves(first) && entry.serving() == 1)
    })?;
    all_from(site, BY_PAGE, 20, "rs2")?;
    let after = connection();
    let outcome = match (name.as_deref(), after.as_deref()) {
        (Ok("rs1"), Ok("rs1")) => Ok("20 of 20 new ones go elsewhere, the old connection goes on".to_owned()),
        other => Err(director.explain(&format!("the connection to rs1 did not go on: {other:?}"))),
    };
    report.row("drain", daemon, outcome);
    director.ask(&["server", "enable", &first.to_string()])?;
    director.until("both again", SOON, |table| {
        table.iter().all(|entry| entry.serving() == 2)
    })?;
    let seen = visits(&site.client, address(BY_PAGE), 80, 6)?;
    let both = ["rs1", "rs2"].map(|name| seen.iter().filter(|visit| visit.as_deref() == Ok(name)).count());
    let outcome = if both == [3, 3] {
        Ok("both serve".to_owned())
    } else {
        Err(LabError::Other(format!("not both: {seen:?}")))
    };
    report.row("enable", daemon, outcome);
    undirected(site, director)
}
