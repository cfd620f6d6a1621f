//! `ha_suspend`: where the address is not, nothing is looked at and nothing changes; where it comes, the truth is soon known.

use std::time::Duration;

use vrrp_lab::LabError;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::virtual_servers::{Director, Entry, Site};

use crate::pair::{ADDRESS, boot, file_with, until_held};
use crate::report::Report;

/// A run of each check at the director that looks has long been by then.
const LONG_ENOUGH: Duration = Duration::from_secs(6);

pub(crate) fn rests_while_the_address_is_elsewhere(
    site: &mut Site,
    daemon: Daemon,
    report: &mut Report,
) -> Result<(), LabError> {
    for server in &site.servers {
        server.realserver(&["prepare", "--address", ADDRESS])?;
    }
    let file = |priority| file_with(site, priority, false, &["ha_suspend"]);
    let [d1, d2] = &site.directors;
    let mut first = Director::start(daemon, d1, &file(150))?;
    until_held(&first)?;
    let second = Director::start(daemon, d2, &file(100))?;
    for director in [&first, &second] {
        director.until("both servers", Duration::from_secs(20), |table| {
            table.len() == 1 && table[0].serving() == 2
        })?;
    }
    let dead = site.servers[0].address;
    site.servers[0].nginx.kill()?;
    let leaves = |director: &Director| {
        director.until("the dead server leaves", Duration::from_secs(6), |table| {
            table.len() == 1 && !table[0].serves(dead) && table[0].serving() == 1
        })
    };
    leaves(&first)?;
    let changed = second.until("a change where nothing is looked at", LONG_ENOUGH, |table| {
        table.iter().map(Entry::serving).ne([2])
    });
    let rests = if changed.is_err() && second.process.how_it_ended().is_none() {
        Ok("both servers stay, unlooked at".to_owned())
    } else {
        Err(second.explain("the director without the address has looked, or has ended"))
    };
    report.row("ha_suspend, the address elsewhere", daemon, rests);
    site.cables[0].close()?;
    first.process.kill_hard()?;
    until_held(&second)?;
    let wakes = leaves(&second).map(|()| "the dead server leaves".to_owned());
    report.row("ha_suspend, the address comes", daemon, wakes);
    boot(site)?;
    site.servers[0].nginx.start_again()?;
    second.stop()?;
    for server in &site.servers {
        server.realserver(&["undo"])?;
    }
    Ok(())
}
