//! Every scheduler of the kernel, by its name in the file.

use std::time::Duration;

use vrrp_lab::LabError;
use vrrp_lab::daemon::Daemon;
use vrrp_lab::virtual_servers::{Director, Service, Site, text};

use crate::report::Report;

const SCHEDULERS: [&str; 13] = [
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "mh", "fo", "ovf",
];

pub(crate) fn each(site: &mut Site, daemon: Daemon, report: &mut Report) -> Result<(), LabError> {
    let services: Vec<Service> = (1000..)
        .zip(SCHEDULERS)
        .map(|(port, scheduler)| {
            // Direct routing keeps the port.
            let servers = site.servers.each_ref().map(|server| (server.address, port));
            Service {
                scheduler: scheduler.to_owned(),
                ..Service::new(&format!("172.25.44.144 {port}"), &servers)
            }
        })
        .collect();
    let director = Director::start(daemon, &site.directors[0], &text(&services))?;
    let taken = director.until("every scheduler", Duration::from_secs(20), |table| {
        let all = table.iter().filter(|entry| entry.serving() == 2);
        let mut names: Vec<&str> = all.map(|entry| entry.scheduler.as_str()).collect();
        names.sort_unstable();
        let mut wanted = SCHEDULERS;
        wanted.sort_unstable();
        names == wanted
    });
    report.row(
        "schedulers",
        daemon,
        taken.map(|()| format!("{} of {}", SCHEDULERS.len(), SCHEDULERS.len())),
    );
    director.stop()
}
