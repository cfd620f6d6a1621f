//! Several pairs with nginx in one lab: each with another daemon, check or way to lose, all idle but the one that is measured.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::{ASKED, HEALTH, Nginx, UNWELL};
use crate::conf::{Config, Instance, Script};
use crate::daemon::{Daemon, Running};
use crate::frame::Seen;
use crate::holders::{Holders, two_holders};
use crate::http::{Load, Loader, Page, Style, Tally, outage_ms};
use crate::topology::{Cable, Lab, Node};
use crate::watch::{Sighting, Watch};
use crate::{LabError, Stamp, wait};

const VRID: u8 = 55;
const ADDRESS: &str = "192.0.2.100";
const PRIORITIES: [u8; 2] = [150, 100];
/// Written by the script at every run.
const TICKED: &str = "ticked";
const LIMIT: Duration = Duration::from_secs(30);

/// Who asks nginx how it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Check {
    /// A `vrrp_script` that looks for the process.
    Script,
    /// A `vrrp_check` that asks for a page; keepalived has none without IPVS.
    BuiltIn,
}

/// Why a check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Cause {
    /// nginx is killed: nobody serves here any more.
    Killed,
    /// The check finds fault, and nginx serves all the same.
    Unwell,
}

/// One pair's daemon and check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// On both nodes.
    pub daemon: Daemon,
    /// On both nodes.
    pub check: Check,
    /// 0: a failed check bars the node; else it is added to the priority.
    pub weight: i32,
}

/// What one failure cost.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Failure {
    /// How long after the check's last run, of its interval of 1 s.
    pub phase_ms: f64,
    /// From the failure to the better node's first advertisement with another priority: it knows.
    pub said_ms: Option<f64>,
    /// From the failure to the other node's first advertisement.
    pub took_ms: f64,
    /// From the failure to the other node's first page.
    pub page_ms: f64,
    /// From the first lost page to the next one.
    pub outage_ms: f64,
    /// How long both kernels held the address.
    pub two_holders_ms: f64,
    /// Pages over a new connection each.
    pub fresh: Tally,
}

/// Two nodes with nginx, a switch and a client.
#[derive(Debug)]
pub struct Rival {
    way: Way,
    nodes: [Node; 2],
    nginx: [Nginx; 2],
    running: [Running; 2],
    client: Cable,
    watch: Watch,
    holders: Holders,
}

impl Cause {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Killed, Self::Unwell];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Killed => "nginx killed",
            Self::Unwell => "nginx serves",
        }
    }
}

impl Way {
    /// All that are worth comparing.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for weight in [0, -60] {
            for (daemon, check) in [
                (Daemon::Vrrpd, Check::BuiltIn),
                (Daemon::Vrrpd, Check::Script),
                (Daemon::Keepalived, Check::Script),
            ] {
                all.push(Self {
                    daemon,
                    check,
                    weight,
                });
            }
        }
        all
    }

    /// What a failed check does, in words.
    pub fn effect(self) -> String {
        match self.weight {
            0 => "bars".to_owned(),
            weight => format!("weight {weight}"),
        }
    }

    /// Who checks, in words.
    pub fn checker(self) -> &'static str {
        match self.check {
            Check::Script => "script",
            Check::BuiltIn => "built in",
        }
    }

    fn config(self, node: &Node, priority: u8) -> Result<Config, LabError> {
        let mut instance = Instance::new("eth0", VRID, priority, 1000, &format!("{ADDRESS}/24"));
        instance.track_scripts.push("nginx".to_owned());
        let mut config = Config::of(instance);
        match self.check {
            Check::Script => config.scripts.push(Script {
                name: "nginx".to_owned(),
                command: script(node)?.display().to_string(),
                interval_s: 1,
                weight: self.weight,
                fall: 1,
                rise: 1,
            }),
            Check::BuiltIn => config.blocks.push(format!(
                "vrrp_check nginx {{\n    interval 1\n    timeout 1\n    weight {}\n    fall 1\n    rise 1\n    HTTP_GET {{\n\
                 \x20       connect_port 80\n        connect_timeout 0.8\n        url {{\n            path {HEALTH}\n\
                 \x20           status_code 200\n        }}\n    }}\n}}\n",
                self.weight
            )),
        }
        Ok(config)
    }
}

/// The tutorials' script: does the process of the PID file live?
fn script(node: &Node) -> Result<PathBuf, LabError> {
    let folder = node.folder();
    let path = folder.join("check.sh");
    let said = || LabError::io(path.display().to_string());
    let text = format!(
        "#!/bin/sh\n: > {0}/{TICKED}\nkill -0 \"$(cat {0}/service.pid)\" 2>/dev/null && [ ! -e {0}/{UNWELL} ]\n",
        folder.display()
    );
    std::fs::write(&path, text).map_err(said())?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).map_err(said())?;
    Ok(path)
}

impl Rival {
    /// Build it as the `number`th pair of `lab` and start all of it.
    ///
    /// # Errors
    /// When nginx or the daemon is missing, or the lab cannot be built.
    pub fn start(lab: &Lab, number: usize, way: Way) -> Result<Self, LabError> {
        let switch = lab.switch(&format!("lan{number}"))?;
        let node = |name: &str, own: u8| -> Result<(Node, Cable), LabError> {
            let node = lab.node(&format!("p{number}-{name}"))?;
            let cable = lab.connect(&node, &switch, "eth0", &[&format!("192.0.2.{own}/24")])?;
            Ok((node, cable))
        };
        let nodes = [node("lb01", 1)?.0, node("lb02", 2)?.0];
        let client = node("client", 10)?.1;
        let nginx = [Nginx::start(&nodes[0])?, Nginx::start(&nodes[1])?];
        let start = |at: usize| {
            let config = way.config(&nodes[at], PRIORITIES[at])?;
            way.daemon.start(&nodes[at], &config.text(), true)
        };
        Ok(Self {
            way,
            running: [start(0)?, start(1)?],
            watch: Watch::start(&client)?,
            holders: Holders::start(&[&nodes[0], &nodes[1]])?,
            nodes,
            nginx,
            client,
        })
    }

    /// How it differs from the others.
    pub fn way(&self) -> Way {
        self.way
    }

    /// Wait until the better node alone has the address.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with the logs.
    pub fn settle(&self) -> Result<(), LabError> {
        let holds = |at: usize| self.nodes[at].holds(ADDRESS).unwrap_or(false);
        let what = format!("{ADDRESS} on {} alone", self.nodes[0].name());
        wait::until(&what, LIMIT, || (holds(0) && !holds(1)).then_some(())).map_err(|e| self.explain(&e))
    }

    /// Let the check of the better node fail when `share` of its interval has passed since its last run, wait until the other
    /// one serves, and make it good again.
    ///
    /// # Errors
    /// When the address does not follow.
    pub fn fail(&mut self, cause: Cause, share: f64) -> Result<Failure, LabError> {
        self.settle()?;
        let address = ADDRESS
            .parse()
            .map_err(|_| LabError::Other("an address".to_owned()))?;
        let loader = Loader::start(self.client.node(), address, Load::GLANCE)?;
        let started = Stamp::now();
        let before = self.nodes[0].name().to_owned();
        let served = wait::until("a page", LIMIT, || loader.first_of(&before, started));
        served.map_err(|e| self.explain(&e))?;
        let ticked = self.next_run()?;
        std::thread::sleep(Duration::from_secs_f64(share));
        let since = Stamp::now();
        let unwell = self.nodes[0].folder().join(UNWELL);
        let said = || LabError::io(unwell.display().to_string());
        match cause {
            Cause::Killed => self.nginx[0].kill()?,
            Cause::Unwell => std::fs::write(&unwell, "").map_err(said())?,
        }
        let after = self.nodes[1].name().to_owned();
        let page = wait::until("a page of the other node", LIMIT, || {
            loader.first_of(&after, since)
        });
        let page = page.map_err(|e| self.explain(&e))?;
        // What breaks late is to be seen.
        std::thread::sleep(Duration::from_millis(300));
        let pages = loader.finish();
        let failure = self.failure(since, since.ms_since(ticked), page, &pages);
        match cause {
            Cause::Killed => self.nginx[0].start_again()?,
            Cause::Unwell => std::fs::remove_file(&unwell).map_err(said())?,
        }
        failure
    }

    fn failure(&self, since: Stamp, phase_ms: f64, page: Stamp, pages: &[Page]) -> Result<Failure, LabError> {
        let adverts = |at: usize| self.watch.adverts(&self.nodes[at], VRID, since);
        let changed =
            |s: &&Sighting| !matches!(s.seen, Seen::Advert { priority, .. } if priority == PRIORITIES[0]);
        let took = adverts(1).first().map(|s| s.at.ms_since(since));
        let address = ADDRESS
            .parse()
            .map_err(|_| LabError::Other("an address".to_owned()))?;
        let changes = self.holders.changes(address, since);
        let both = two_holders(&changes, &[self.nodes[0].number()], since, Stamp::now());
        Ok(Failure {
            phase_ms,
            said_ms: adverts(0).iter().find(changed).map(|s| s.at.ms_since(since)),
            took_ms: took.ok_or_else(|| LabError::Other("served without an advertisement".to_owned()))?,
            page_ms: page.ms_since(since),
            outage_ms: outage_ms(pages, since),
            two_holders_ms: both.as_secs_f64() * 1e3,
            fresh: Tally::of(pages, Style::Fresh, since),
        })
    }

    /// Wait for the check's next run: its trace in the file system is there whoever runs it.
    fn next_run(&self) -> Result<Stamp, LabError> {
        let file = match self.way.check {
            Check::Script => TICKED,
            Check::BuiltIn => ASKED,
        };
        let path = self.nodes[0].folder().join(file);
        let changed = || -> Option<SystemTime> { std::fs::metadata(&path).ok()?.modified().ok() };
        let last = changed();
        wait::until("a run of the check", LIMIT, || {
            (changed() > last).then(Stamp::now)
        })
        .map_err(|e| self.explain(&e))
    }

    fn explain(&self, error: &LabError) -> LabError {
        let logs = [0, 1].map(|at: usize| {
            let name = self.nodes[at].name();
            format!(
                "--- {} on {name}:\n{}",
                self.way.daemon.name(),
                self.running[at].process.log()
            )
        });
        LabError::Other(format!("{:?}: {error}\n{}", self.way, logs.join("\n")))
    }
}
