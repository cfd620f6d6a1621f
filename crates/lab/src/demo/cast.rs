//! Who plays: the tutorials' two nodes, with their cards and addresses, and a client.

use crate::LabError;
use crate::daemon::{Daemon, Running};
use crate::echo::Echo;
use crate::http::Web;
use crate::topology::{Cable, Lab, Node, Switch};
use crate::watch::Watch;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// The address that both of the example files name.
const ADDRESS: [u8; 4] = [192, 168, 190, 23];

/// A node on the stage.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) node: Node,
    pub(super) cable: Cable,
    daemon: Daemon,
    config: String,
    running: Option<Running>,
    web: Web,
    _echo: Echo,
}

/// Everybody.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) lb01: Member,
    pub(super) lb02: Member,
    pub(super) client: Cable,
    pub(super) watch: Watch,
    pub(super) daemon: Daemon,
    pub(super) address: IpAddr,
    _lab: Lab,
}

impl Member {
    fn new(lab: &Lab, switch: &Switch, daemon: Daemon, configs: &Path, number: u8) -> Result<Self, LabError> {
        let name = format!("lb0{number}");
        let path = configs.join(format!("{name}.conf"));
        let config = std::fs::read_to_string(&path).map_err(LabError::io(path.display().to_string()))?;
        let node = lab.node(&name)?;
        let own = format!("192.168.190.{}/24", 10 + number);
        let cable = lab.connect(&node, switch, &format!("eth{number}"), &[&own])?;
        let (web, echo) = (Web::start(&node)?, Echo::start(&node)?);
        Ok(Self {
            node,
            cable,
            daemon,
            config,
            running: None,
            web,
            _echo: echo,
        })
    }

    pub(super) fn start(&mut self) -> Result<(), LabError> {
        self.running = Some(self.daemon.start(&self.node, &self.config, false)?);
        Ok(())
    }

    pub(super) fn cut_power(&mut self) -> Result<(), LabError> {
        self.cable.close()?;
        match self.running.take() {
            Some(mut running) => running.process.kill_hard(),
            None => Ok(()),
        }
    }

    /// A machine that boots has no address left from before.
    pub(super) fn power_on(&mut self, address: IpAddr) -> Result<(), LabError> {
        if self.node.holds(&address.to_string())? {
            let text = self.node.ip(&["-oneline", "address", "show"])?;
            let with_length = text
                .split_whitespace()
                .find(|w| w.starts_with(&format!("{address}/")));
            let plain = with_length.map_or_else(|| address.to_string(), str::to_owned);
            self.node
                .ip(&["address", "del", &plain, "dev", self.cable.interface()])?;
        }
        self.cable.open()?;
        self.start()
    }

    pub(super) fn stop(&mut self) -> Result<(), LabError> {
        self.running.as_ref().map_or(Ok(()), Running::stop)
    }
}

impl Cast {
    pub(super) fn new(daemon: Daemon, configs: &Path) -> Result<Self, LabError> {
        let lab = Lab::new()?;
        let switch = lab.switch("lan")?;
        let lb01 = Member::new(&lab, &switch, daemon, configs, 1)?;
        let lb02 = Member::new(&lab, &switch, daemon, configs, 2)?;
        let client = lab.connect(&lab.node("client")?, &switch, "eth0", &["192.168.190.100/24"])?;
        let watch = Watch::start(&client)?;
        let mut cast = Self {
            lb01,
            lb02,
            client,
            watch,
            daemon,
            address: ADDRESS.into(),
            _lab: lab,
        };
        cast.wait_for_web()?;
        Ok(cast)
    }

    /// A web server that is not up yet would be counted as an outage.
    fn wait_for_web(&mut self) -> Result<(), LabError> {
        for member in [&self.lb01, &self.lb02] {
            let what = format!("port 80 of {}", member.node.name());
            crate::wait::until(&what, Duration::from_secs(5), || {
                let listening = member.node.within(|| {
                    let all = std::net::SocketAddr::from(([127, 0, 0, 1], 80));
                    std::net::TcpStream::connect_timeout(&all, Duration::from_millis(200)).is_ok()
                });
                listening.unwrap_or(false).then_some(())
            })?;
        }
        Ok(())
    }

    pub(super) fn introduction(&self) -> String {
        let version = self.daemon.version().unwrap_or_else(|error| error.to_string());
        format!(
            "\n  lb01 --eth1--+\n               +-- switch --eth0-- client, which asks {}\n  lb02 --eth2--+\n\n  \
             daemon: {version}; web: {}\n",
            self.address,
            self.lb01.web.name()
        )
    }

    /// What an operator would look at, with our daemon.
    pub(super) fn show_status(&self) {
        let Some(running) = &self.lb01.running else { return };
        if self.daemon == Daemon::Vrrpd {
            match running.status_table() {
                Ok(table) => println!("\n  lb01# vrrpctl status\n{}", indent(&table)),
                Err(error) => println!("  vrrpctl: {error}"),
            }
        }
    }

    /// Copy what everybody said before the lab vanishes.
    pub(super) fn keep_logs(&self, out: &Path) -> Result<(), LabError> {
        std::fs::create_dir_all(out).map_err(LabError::io(out.display().to_string()))?;
        for member in [&self.lb01, &self.lb02] {
            for file in [self.daemon.name(), "nginx"] {
                let from = member.node.folder().join(format!("{file}.log"));
                let to = out.join(format!("{}-{file}.log", member.node.name()));
                if from.exists() {
                    std::fs::copy(&from, &to).map_err(LabError::io(to.display().to_string()))?;
                }
            }
        }
        Ok(())
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
