//! A reload with many real servers: what it commands of the kernel, and how long it takes.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use vrrp_lab::daemon::Daemon;
use vrrp_lab::private::run;
use vrrp_lab::virtual_servers::{Commands, Director, Service, Site, text};
use vrrp_lab::{LabError, Stamp, wait};

use crate::report::Report;

/// How many, if not [`USUALLY`]: 37205 is the figure of keepalived's release notes.
pub(crate) const MANY: &str = "VRRP_LAB_REAL_SERVERS";
const USUALLY: u32 = 1000;
/// Virtual servers that share them.
const SERVICES: u32 = 5;

/// One server is only for being told from the others: its weight changes.
fn file(many: u32, weight: u32) -> String {
    let address = |number: u32| (IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number)), 80);
    let per_service = many.div_ceil(SERVICES);
    let services = (0..SERVICES).map(|service| {
        let from = service * per_service;
        let servers: Vec<_> = (from..many.min(from + per_service)).map(address).collect();
        Service::new(&format!("192.0.2.{} 80", service + 1), &servers)
    });
    let one = Service::new("192.0.2.100 80", &[address(0)]);
    let one = text(&[one]).replace("weight 1\n", &format!("weight {weight}\n"));
    text(&services.collect::<Vec<_>>()) + &one
}

/// Asked for by itself: the whole table would take longer to read than the reload.
fn weight_is(director: &Director, weight: u32) -> bool {
    let words = [
        "netns",
        "exec",
        director.node.name(),
        "ipvsadm",
        "-ln",
        "-t",
        "192.0.2.100:80",
    ];
    let said = run("ip", words).unwrap_or_default();
    let line = said
        .lines()
        .find(|line| line.contains("->") && line.contains("10.0.0.0"));
    line.and_then(|line| line.split_whitespace().nth(3)) == Some(&weight.to_string())
}

/// Nothing is commanded any more: the last command is a second ago, or there is none.
pub(crate) fn quiet(commands: &Commands, since: Stamp, limit: Duration) -> Result<(), LabError> {
    let pause = Duration::from_secs(1);
    wait::until_every(
        Duration::from_millis(100),
        "the end of the commands",
        limit,
        || {
            let last = commands.since(since).last().map_or(since, |last| last.at);
            (Stamp::now() - last > pause).then_some(())
        },
    )
}

pub(crate) fn many_real_servers(
    site: &mut Site,
    daemon: Daemon,
    report: &mut Report,
) -> Result<(), LabError> {
    let many = std::env::var(MANY).ok().and_then(|text| text.parse().ok());
    let many = many.unwrap_or(USUALLY);
    let limit = Duration::from_secs(60 + u64::from(many) / 50);
    let node = &site.directors[0];
    let commands = Commands::watch(node)?;
    let begin = Stamp::now();
    let director = Director::start(daemon, node, &file(many, 1))?;
    director.wait("the last service", limit, || weight_is(&director, 1))?;
    quiet(&commands, begin, limit)?;
    let start = commands.since(begin);
    let took = start.last().map_or(0.0, |last| last.at.ms_since(begin));
    let text = format!("{} commands, {took:.0} ms", start.len());
    report.row(&format!("start with {many} real servers"), daemon, Ok(text));

    let begin = Stamp::now();
    director.reload(&file(many, 2))?;
    director.wait("the new weight", limit, || weight_is(&director, 2))?;
    quiet(&commands, begin, limit)?;
    let made = commands.since(begin);
    let took = made.last().map_or(0.0, |last| last.at.ms_since(begin));
    let text = format!(
        "{} commands, {took:.0} ms from the signal to the last",
        made.len()
    );
    let is_one = made.len() == 1 || daemon != Daemon::Vrrpd;
    let outcome = is_one.then_some(text.clone()).ok_or(LabError::OutOfBounds(text));
    report.row(&format!("reload of {many}, one weight changed"), daemon, outcome);

    let begin = Stamp::now();
    let log = director.process.log().len();
    director.reload(&file(many, 2))?;
    // It is over when the daemon says so; keepalived's line and ours.
    director.wait("the end of the reload", limit, || {
        let said = director.process.log();
        let new = said.get(log..).unwrap_or_default().to_lowercase();
        let words = [
            "reload finished",
            "reloaded",
            "completed reload",
            "reload complete",
        ];
        words.iter().any(|word| new.contains(word))
    })?;
    quiet(&commands, begin, limit)?;
    let made = commands.since(begin);
    let text = format!("{} commands", made.len());
    let is_none = made.is_empty() || daemon != Daemon::Vrrpd;
    let outcome = is_none.then_some(text.clone()).ok_or(LabError::OutOfBounds(text));
    report.row(&format!("reload of {many}, nothing changed"), daemon, outcome);
    director.stop()
}
