//! The daemon dies, and the kernel goes on; the next one takes over what it finds.

use std::time::Duration;

use vrrp_lab::daemon::Daemon;
use vrrp_lab::http::{Load, Loader};
use vrrp_lab::virtual_servers::{Commands, Director, Site};
use vrrp_lab::{LabError, Stamp};

use crate::health::{BY_PAGE, address, directed, file, undirected};
use crate::reload::quiet;
use crate::report::Report;

pub(crate) fn killed_and_started_again(
    site: &mut Site,
    daemon: Daemon,
    report: &mut Report,
) -> Result<(), LabError> {
    let mut director = directed(site, daemon, None)?;
    let node = director.node.clone();
    let load = Load {
        fresh_every: Some(Duration::from_millis(20)),
        kept: 0,
        kept_every: Duration::from_secs(1),
        patience: Duration::from_millis(900),
    };
    let loader = Loader::start(&site.client, address(BY_PAGE), load)?;
    director.process.kill_hard()?;
    let commands = Commands::watch(&node)?;
    let begin = Stamp::now();
    let director = Director::start(daemon, &node, &file(site, None))?;
    director.ready()?;
    quiet(&commands, begin, Duration::from_secs(20))?;
    director.until(
        "both services with both servers",
        Duration::from_secs(20),
        |table| table.len() == 2 && table.iter().all(|entry| entry.serving() == 2),
    )?;
    let made = commands.since(begin).len();
    let pages = loader.finish();
    let lost = pages.iter().filter(|page| page.outcome.is_err()).count();
    let text = format!("{lost} of {} requests lost, {made} commands", pages.len());
    let well = daemon != Daemon::Vrrpd || (lost == 0 && made == 0);
    let outcome = well.then_some(text.clone()).ok_or(LabError::OutOfBounds(text));
    report.row("killed (-9) and started again", daemon, outcome);
    undirected(site, director)
}
