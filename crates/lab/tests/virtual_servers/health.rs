//! What befalls a real server, when it leaves and when it comes back, and what a client notices.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use vrrp_lab::daemon::Daemon;
use vrrp_lab::http::{Load, Loader, Style, Tally};
use vrrp_lab::nginx::{Nginx, Page};
use vrrp_lab::private::run;
use vrrp_lab::virtual_servers::{Check, Director, Entry, RealServer, Service, Site, text, visits};
use vrrp_lab::{LabError, Stamp};

use crate::report::Report;

/// Its check asks for the page.
pub(crate) const BY_PAGE: &str = "172.25.44.144";
/// Its check only connects.
const BY_PORT: &str = "172.25.44.147";
/// What a slow machine may take beyond the sums.
const SLACK: Duration = Duration::from_millis(1500);

/// What happens to a real server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Misfortune {
    Killed,
    Hangs,
    Slow,
    Broken,
}

impl Misfortune {
    const ALL: [Self; 4] = [Self::Killed, Self::Hangs, Self::Slow, Self::Broken];

    fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Hangs => "hangs",
            Self::Slow => "slow",
            Self::Broken => "500",
        }
    }

    /// By hand from the file: until the next run (delay_loop 1), what that takes (connect_timeout 1, or nothing where the
    /// answer comes), delay_before_retry 1, and the second try.
    fn leaves_within(self) -> Duration {
        Duration::from_secs(match self {
            Self::Killed | Self::Broken => 2,
            Self::Hangs | Self::Slow => 4,
        })
    }

    fn befalls(self, server: &mut RealServer) -> Result<(), LabError> {
        match self {
            Self::Killed => server.nginx.kill(),
            Self::Hangs => server.nginx.freeze(),
            Self::Slow => delay(
                server,
                &["add", "dev", "eth0", "root", "netem", "delay", "2500ms"],
            ),
            Self::Broken => server.nginx.turn(Page::Broken),
        }
    }

    fn ends(self, server: &mut RealServer) -> Result<(), LabError> {
        match self {
            Self::Killed => server.nginx.start_again(),
            Self::Hangs => server.nginx.thaw(),
            Self::Slow => delay(server, &["del", "dev", "eth0", "root"]),
            Self::Broken => server.nginx.turn(Page::Well),
        }
    }
}

/// Everything that the machine says comes later.
fn delay(server: &RealServer, words: &[&str]) -> Result<(), LabError> {
    let front = ["netns", "exec", server.node.name(), "tc", "qdisc"];
    run("ip", front.iter().chain(words)).map(drop)
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn entry<'a>(table: &'a [Entry], address: &str) -> Option<&'a Entry> {
    let name = format!("TCP {address}:80");
    table.iter().find(|entry| entry.name == name)
}

/// The file of both services, by direct routing.
pub(crate) fn file(site: &Site, sorry: Option<(IpAddr, u16)>) -> String {
    let servers = site.servers.each_ref().map(|server| (server.address, 80));
    let services = [(BY_PAGE, Check::Http), (BY_PORT, Check::Tcp)];
    let services = services.map(|(name, check)| Service {
        check,
        sorry,
        ..Service::new(&format!("{name} 80"), &servers)
    });
    text(&services)
}

/// A director with both services; whatever serves answers already.
pub(crate) fn directed(
    site: &Site,
    daemon: Daemon,
    sorry: Option<(IpAddr, u16)>,
) -> Result<Director, LabError> {
    let director = &site.directors[0];
    for name in [BY_PAGE, BY_PORT] {
        site.hold(director, address(name))?;
    }
    for server in &site.servers {
        server.realserver(&["prepare", "--address", BY_PAGE, BY_PORT])?;
    }
    let director = Director::start(daemon, director, &file(site, sorry))?;
    director.until(
        "both services with both servers",
        Duration::from_secs(20),
        |table| {
            [BY_PAGE, BY_PORT]
                .iter()
                .all(|name| entry(table, name).is_some_and(|entry| entry.serving() == 2))
        },
    )?;
    Ok(director)
}

pub(crate) fn undirected(site: &Site, director: Director) -> Result<(), LabError> {
    let node = director.node.clone();
    director.stop()?;
    for name in [BY_PAGE, BY_PORT] {
        site.release(&node, address(name))?;
    }
    for server in &site.servers {
        server.realserver(&["undo"])?;
    }
    Ok(())
}

/// How long it took until the service was so; an error beyond what it may.
fn within(
    director: &Director,
    what: &str,
    service: &str,
    limit: Duration,
    condition: impl Fn(&Entry) -> bool,
) -> Result<Duration, LabError> {
    let since = Instant::now();
    director.until(what, limit + SLACK, |table| {
        entry(table, service).is_some_and(&condition)
    })?;
    Ok(since.elapsed())
}

/// All of these come from this server.
pub(crate) fn all_from(site: &Site, service: &str, many: usize, name: &str) -> Result<(), LabError> {
    let seen = visits(&site.client, address(service), 80, many)?;
    if seen.iter().all(|visit| visit.as_deref() == Ok(name)) {
        return Ok(());
    }
    Err(LabError::Other(format!(
        "not all of {many} requests to {service} were answered by {name}: {seen:?}"
    )))
}

pub(crate) fn each_misfortune(site: &mut Site, daemon: Daemon, report: &mut Report) -> Result<(), LabError> {
    let director = directed(site, daemon, None)?;
    for misfortune in Misfortune::ALL {
        let outcome = one_misfortune(site, &director, misfortune, BY_PAGE);
        report.row(&format!("{}, HTTP_GET", misfortune.name()), daemon, outcome);
    }
    let outcome = one_misfortune(site, &director, Misfortune::Killed, BY_PORT);
    report.row("killed, TCP_CHECK", daemon, outcome);
    undirected(site, director)
}

fn one_misfortune(
    site: &mut Site,
    director: &Director,
    misfortune: Misfortune,
    service: &str,
) -> Result<String, LabError> {
    let victim = site.servers[0].address;
    let limit = misfortune.leaves_within();
    misfortune.befalls(&mut site.servers[0])?;
    let gone = within(director, "the server leaves", service, limit, |entry| {
        !entry.serves(victim) && entry.serving() == 1
    });
    let alone = gone.and_then(|gone| all_from(site, service, 20, "rs2").map(|()| gone));
    misfortune.ends(&mut site.servers[0])?;
    // Its next run, which may have begun while it was still lost.
    let back = within(
        director,
        "the server comes back",
        service,
        Duration::from_secs(3),
        |entry| entry.serves(victim) && entry.serving() == 2,
    )?;
    let gone = alone?;
    let seen = visits(&site.client, address(service), 80, 6)?;
    let of = |name: &str| seen.iter().filter(|visit| visit.as_deref() == Ok(name)).count();
    if (of("rs1"), of("rs2")) != (3, 3) {
        return Err(LabError::Other(format!("not both serve again: {seen:?}")));
    }
    // The other service has it too before the next misfortune.
    director.until("all have both servers", Duration::from_secs(10), |table| {
        table.iter().all(|entry| entry.serving() == 2)
    })?;
    Ok(format!(
        "left after {} ms (at most {}), then 20 of 20 answered, back after {} ms",
        gone.as_millis(),
        limit.as_millis(),
        back.as_millis()
    ))
}

pub(crate) fn all_dead_and_one_back(
    site: &mut Site,
    daemon: Daemon,
    report: &mut Report,
) -> Result<(), LabError> {
    let sorry = Nginx::start(&site.directors[0])?;
    let loopback = address("127.0.0.1");
    let director = directed(site, daemon, Some((loopback, 80)))?;
    for server in &mut site.servers {
        server.nginx.kill()?;
    }
    let two = Duration::from_secs(2);
    let dead = within(&director, "the sorry server alone", BY_PAGE, two, |entry| {
        entry.serves(loopback) && entry.serving() == 1
    });
    let dead = dead.and_then(|dead| {
        all_from(site, BY_PAGE, 10, "d1")?;
        Ok(format!(
            "fallback after {} ms (at most 2000), 10 of 10 answered by it",
            dead.as_millis()
        ))
    });
    report.row("all dead", daemon, dead);
    let load = Load {
        fresh_every: Some(Duration::from_millis(20)),
        kept: 0,
        kept_every: Duration::from_secs(1),
        patience: Duration::from_millis(900),
    };
    let begin = Stamp::now();
    let loader = Loader::start(&site.client, address(BY_PAGE), load)?;
    site.servers[0].nginx.start_again()?;
    let first = site.servers[0].address;
    let back = within(
        &director,
        "the first server alone",
        BY_PAGE,
        Duration::from_secs(1),
        |entry| entry.serves(first) && !entry.serves(loopback) && entry.serving() == 1,
    );
    let pages = loader.finish();
    let tally = Tally::of(&pages, Style::Fresh, begin);
    let back = back.and_then(|back| {
        all_from(site, BY_PAGE, 10, "rs1")?;
        let text = format!(
            "fallback gone after {} ms (at most 1000), {} of {} requests lost meanwhile",
            back.as_millis(),
            tally.words(),
            pages.len()
        );
        if tally.lost_in_all() > 0 && daemon == Daemon::Vrrpd {
            return Err(LabError::OutOfBounds(text));
        }
        Ok(text)
    });
    report.row("one back", daemon, back);
    site.servers[1].nginx.start_again()?;
    director.until("both again", Duration::from_secs(10), |table| {
        table.iter().all(|entry| entry.serving() == 2)
    })?;
    undirected(site, director)?;
    drop(sorry);
    Ok(())
}
