//! Two servers are needed: one that is ill takes the other out too, the sorry server comes, and nobody notices the change.

use std::time::Duration;

use vrrp_lab::daemon::Daemon;
use vrrp_lab::http::{Load, Loader, Loss, Style, Tally};
use vrrp_lab::nginx::{Nginx, Page};
use vrrp_lab::virtual_servers::{Check, Director, Service, Site, text};
use vrrp_lab::{LabError, Stamp};

use crate::health::{BY_PAGE, address, all_from};
use crate::report::Report;

const SOON: Duration = Duration::from_secs(5);

/// Where the commands of the file leave their mark.
fn marks(site: &Site) -> [String; 2] {
    let folder = site.directors[0].folder();
    ["up", "down"].map(|word| folder.join(format!("quorum-{word}")).display().to_string())
}

fn file(site: &Site) -> String {
    let servers = site.servers.each_ref().map(|server| (server.address, 80));
    let [up, down] = marks(site);
    text(&[Service {
        check: Check::Http,
        sorry: Some((address("127.0.0.1"), 80)),
        lines: vec![
            "quorum 2".to_owned(),
            format!("quorum_up \"/usr/bin/touch {up}\" root"),
            format!("quorum_down \"/usr/bin/touch {down}\" root"),
        ],
        ..Service::new(&format!("{BY_PAGE} 80"), &servers)
    }])
}

/// What was on its way to the ill server when that was taken out is not answered any more: a request asked each 10 ms, and
/// answered within one, is seldom there twice.
const ON_THEIR_WAY: u32 = 2;

/// A service without anybody refuses at once.
fn found_nobody(tally: &Tally) -> u32 {
    let on_their_way = tally.lost_by(Loss::Late) + tally.lost_by(Loss::Reset);
    // The ill server does answer, with its status.
    tally.lost_in_all() - tally.lost_by(Loss::Status) - on_their_way.min(ON_THEIR_WAY)
}

pub(crate) fn lost_and_gained(site: &mut Site, daemon: Daemon, report: &mut Report) -> Result<(), LabError> {
    let sorry = Nginx::start(&site.directors[0])?;
    for mark in marks(site) {
        // Of the daemon before.
        let _ = std::fs::remove_file(mark);
    }
    let node = site.directors[0].clone();
    site.hold(&node, address(BY_PAGE))?;
    for server in &site.servers {
        server.realserver(&["prepare", "--address", BY_PAGE])?;
    }
    let director = Director::start(daemon, &node, &file(site))?;
    director.until("both servers", Duration::from_secs(20), |table| {
        table.len() == 1 && table[0].serving() == 2
    })?;
    let load = Load {
        fresh_every: Some(Duration::from_millis(10)),
        kept: 0,
        kept_every: Duration::from_secs(1),
        patience: Duration::from_millis(900),
    };
    let begin = Stamp::now();
    let loader = Loader::start(&site.client, address(BY_PAGE), load)?;
    let outcome = there_and_back(site, &director);
    let tally = Tally::of(&loader.finish(), Style::Fresh, begin);
    let lost = found_nobody(&tally);
    let outcome = outcome.and_then(|()| {
        let (all, words) = (tally.asked, tally.words());
        let text = format!(
            "one ill of 2: the sorry server, and back; {lost} of {all} requests found nobody; not the page: {words}"
        );
        if daemon == Daemon::Vrrpd && lost > 0 {
            return Err(LabError::OutOfBounds(text));
        }
        Ok(text)
    });
    report.row("quorum 2", daemon, outcome);
    director.stop()?;
    site.release(&node, address(BY_PAGE))?;
    for server in &site.servers {
        server.realserver(&["undo"])?;
    }
    drop(sorry);
    Ok(())
}

fn there_and_back(site: &Site, director: &Director) -> Result<(), LabError> {
    let loopback = address("127.0.0.1");
    let marked = |mark: &str| {
        let what = format!("the command has made {mark}");
        director.wait(&what, SOON, || std::path::Path::new(mark).exists())
    };
    let [up, down] = marks(site);
    marked(&up)?;
    site.servers[0].nginx.turn(Page::Broken)?;
    director.until("the sorry server alone", SOON, |table| {
        table.len() == 1 && table[0].serves(loopback) && table[0].serving() == 1
    })?;
    marked(&down)?;
    all_from(site, BY_PAGE, 10, "d1")?;
    std::fs::remove_file(&up).map_err(LabError::io(up.clone()))?;
    site.servers[0].nginx.turn(Page::Well)?;
    director.until("both servers again", SOON, |table| {
        table.len() == 1 && !table[0].serves(loopback) && table[0].serving() == 2
    })?;
    marked(&up)
}
