//! The demonstration: the tutorials' pair in front of web servers, and what a client notices of a power cut, of the
//! return and of a planned stop.

mod cast;
mod report;

use crate::daemon::Daemon;
use crate::http::{Browser, Style};
use crate::picture::{Event, Story, stretches};
use crate::probe::{INTERVAL, Probe};
use crate::{LabError, Stamp};
use cast::Cast;
use report::{Chapter, Report};
use std::path::PathBuf;
use std::time::Duration;

/// What to show.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// vrrpd or keepalived.
    #[arg(long, default_value = "vrrpd")]
    daemon: String,
    /// Folder with lb01.conf and lb02.conf.
    #[arg(long, default_value = "examples")]
    configs: PathBuf,
    /// Where picture and logs go.
    #[arg(long, default_value = "target/demo")]
    out: PathBuf,
}

/// Long enough for any of the protocol's timers here, with a loaded machine in mind.
const PATIENCE: Duration = Duration::from_secs(20);

/// Quiet time between two chapters, so that the picture shows them apart.
const PAUSE: Duration = Duration::from_millis(1500);

/// Play it and print what happened.
///
/// # Errors
/// When the lab cannot be built, or what has to happen does not.
pub fn run(arguments: &Arguments) -> Result<(), LabError> {
    let daemon = Daemon::named(&arguments.daemon)?;
    let mut cast = Cast::new(daemon, &arguments.configs)?;
    println!("{}", cast.introduction());
    let outcome = play(&mut cast);
    cast.keep_logs(&arguments.out)?;
    let report = outcome.map_err(|error| {
        LabError::Other(format!(
            "{error}\nwhat the daemons said is in {}",
            arguments.out.display()
        ))
    })?;
    print!("\n{}\n{}", report.story.text(), report.table());
    let path = arguments.out.join("timeline.svg");
    std::fs::write(&path, report.story.svg()).map_err(LabError::io(path.display().to_string()))?;
    println!(
        "\n  picture: {}\n  logs:    {}",
        path.display(),
        arguments.out.join("*.log").display()
    );
    Ok(())
}

fn play(cast: &mut Cast) -> Result<Report, LabError> {
    let from = Stamp::now();
    let probe = Probe::start(cast.client.node(), cast.address, INTERVAL)?;
    let mut events = Vec::new();
    let mut event = |what: &str| {
        let at = Stamp::now();
        println!("  {:>7.3} s  {what}", at.ms_since(from) / 1e3);
        events.push(Event {
            at,
            what: what.to_owned(),
        });
        at
    };
    event("lb01 and lb02 start");
    cast.lb01.start()?;
    cast.lb02.start()?;
    probe.wait_for(&cast.lb01.node, PATIENCE)?;
    event("lb01 answers the client");
    cast.show_status();
    let fresh = Browser::start(cast.client.node(), cast.address, Style::Fresh)?;
    let kept = Browser::start(cast.client.node(), cast.address, Style::Kept)?;
    std::thread::sleep(PAUSE);

    let cut = event("power cut of lb01: its port closes, kill -9 of its daemon");
    cast.lb01.cut_power()?;
    probe.wait_for(&cast.lb02.node, PATIENCE)?;
    event("lb02 answers the client");
    std::thread::sleep(PAUSE);

    let back = event("lb01 has power again");
    cast.lb01.power_on(cast.address)?;
    probe.wait_for(&cast.lb01.node, PATIENCE)?;
    event("lb01 answers again: it has the higher priority");
    std::thread::sleep(PAUSE);

    let stop = event("planned stop of lb01 (SIGTERM)");
    cast.lb01.stop()?;
    probe.wait_for(&cast.lb02.node, PATIENCE)?;
    event("lb02 answers the client");
    std::thread::sleep(PAUSE);

    let replies = probe.finish();
    let story = Story {
        title: format!(
            "{} asks {} every 0.2 ms; {}",
            cast.client.node().name(),
            cast.address,
            cast.daemon.name()
        ),
        nodes: [&cast.lb01, &cast.lb02]
            .map(|m| (m.node.number(), m.node.name().to_owned()))
            .to_vec(),
        events,
        stretches: stretches(&replies),
        from,
        to: Stamp::now(),
    };
    let chapters = vec![
        Chapter::power_cut(cast, &replies, cut, back),
        Chapter::returned(&replies, back, stop),
        Chapter::planned_stop(cast, &replies, stop, story.to),
    ];
    Ok(Report {
        story,
        chapters,
        own_stall: replies.own_stall,
        fresh: fresh.finish(),
        kept: kept.finish(),
    })
}
