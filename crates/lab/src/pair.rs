//! The usual lab: two nodes behind one switch, and a client that keeps asking.

use crate::conf::{Config, Instance};
use crate::daemon::{Daemon, Running};
use crate::echo::Echo;
use crate::holders::Holders;
use crate::http::Web;
use crate::probe::{INTERVAL, Probe};
use crate::theory;
use crate::topology::{Cable, Lab, Node, Switch};
use crate::watch::Watch;
use crate::{LabError, wait};
use std::net::IpAddr;
use std::time::Duration;

/// The virtual router of the pair.
pub const VRID: u8 = 55;

/// The usual virtual address, of the range that RFC 5737 keeps for documents.
pub const ADDRESS: &str = "192.0.2.100";

/// The usual virtual address of version 6, of the range that RFC 3849 keeps for documents.
pub const ADDRESS_6: &str = "2001:db8::100";

/// What a pair is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Daemon of the better and of the other node.
    pub daemons: [Daemon; 2],
    /// VRRP version.
    pub version: u8,
    /// The virtual address, [`ADDRESS`] or [`ADDRESS_6`].
    pub address: &'static str,
    /// Advertisement interval in milliseconds.
    pub interval_ms: u32,
    /// Priority of the better and of the other node.
    pub priorities: [u8; 2],
    /// Whether both have `nopreempt`.
    pub nopreempt: bool,
    /// Whether the daemons keep their logs to themselves, for measuring.
    pub quiet: bool,
    /// Whether the test brings its own service to port 80.
    pub own_service: bool,
}

/// A node with its daemon, its echo and its configuration.
#[derive(Debug)]
pub struct Member {
    /// The machine.
    pub node: Node,
    /// Its cable to the switch.
    pub cable: Cable,
    /// What the daemon reads at its next start.
    pub config: Config,
    /// Which daemon.
    pub daemon: Daemon,
    /// The daemon, while it runs.
    pub running: Option<Running>,
    quiet: bool,
    _echo: Echo,
    _web: Option<Web>,
}

/// Two members and a client.
#[derive(Debug)]
pub struct Pair {
    /// The member with the higher priority.
    pub better: Member,
    /// The member with the lower priority.
    pub other: Member,
    /// The client's cable.
    pub client: Cable,
    /// What the client's card sees.
    pub watch: Watch,
    /// What the kernels hold.
    pub holders: Holders,
    /// As it was asked for.
    pub options: Options,
    /// The switch, for further nodes.
    pub switch: Switch,
    /// Dropped last.
    pub lab: Lab,
}

impl Options {
    /// Version 3, priorities 150 and 100 as in the tutorials.
    pub fn new(daemon: Daemon, interval_ms: u32) -> Self {
        Self {
            daemons: [daemon; 2],
            version: 3,
            address: ADDRESS,
            interval_ms,
            priorities: [150, 100],
            nopreempt: false,
            quiet: false,
            own_service: false,
        }
    }

    /// The interval as a duration.
    pub fn interval(&self) -> Duration {
        Duration::from_millis(u64::from(self.interval_ms))
    }

    fn is_six(&self) -> bool {
        self.address.contains(':')
    }

    fn address_with_length(&self) -> String {
        format!("{}/{}", self.address, if self.is_six() { 64 } else { 24 })
    }

    /// From the better node's last advertisement to the other's takeover.
    pub fn active_down(&self) -> Duration {
        theory::active_down(self.version, self.priorities[1], self.interval())
    }

    /// How long anything that the protocol decides may take at most: generous, for a loaded machine.
    pub fn patience(&self) -> Duration {
        self.active_down() * 3 + Duration::from_secs(8)
    }
}

impl Member {
    fn new(lab: &Lab, switch: &Switch, number: usize, options: &Options) -> Result<Self, LabError> {
        let node = lab.node(&format!("lb0{}", number + 1))?;
        // The tutorials' nodes have different cards.
        let interface = format!("eth{}", number + 1);
        let cable = lab.connect(
            &node,
            switch,
            &interface,
            &[
                &format!("192.0.2.{}/24", number + 1),
                &format!("2001:db8::{}/64", number + 1),
            ],
        )?;
        let mut instance = Instance::new(
            &interface,
            VRID,
            options.priorities[number],
            options.interval_ms,
            &options.address_with_length(),
        );
        instance.version = options.version;
        if options.is_six() {
            // RFC 9568 5.2.9: the first address is the link-local one of the virtual router.
            instance.addresses.insert(0, "fe80::55/64".to_owned());
        }
        instance.nopreempt = options.nopreempt;
        let echo = Echo::start(&node)?;
        let web = (!options.own_service).then(|| Web::start(&node)).transpose()?;
        let daemon = options.daemons[number];
        Ok(Self {
            node,
            cable,
            config: Config::of(instance),
            daemon,
            running: None,
            quiet: options.quiet,
            _echo: echo,
            _web: web,
        })
    }

    /// Start the daemon on the present configuration.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&mut self) -> Result<(), LabError> {
        self.running = Some(self.daemon.start(&self.node, &self.config.text(), self.quiet)?);
        Ok(())
    }

    /// The running daemon.
    ///
    /// # Errors
    /// When there is none.
    pub fn running(&mut self) -> Result<&mut Running, LabError> {
        let name = self.node.name().to_owned();
        self.running
            .as_mut()
            .ok_or_else(|| LabError::Other(format!("no daemon runs on {name}")))
    }

    /// Power cut: the port closes and every process dies at once. Nobody says good-bye, no link goes down.
    ///
    /// # Errors
    /// When the port or the daemon resists.
    pub fn cut_power(&mut self) -> Result<(), LabError> {
        self.cable.close()?;
        self.kill()
    }

    /// kill -9 of the daemon alone.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> Result<(), LabError> {
        self.running()?.process.kill_hard()?;
        self.running = None;
        Ok(())
    }

    /// The machine boots: no address is left, the port opens, the daemon starts.
    ///
    /// # Errors
    /// When one of these fails.
    pub fn power_on(&mut self) -> Result<(), LabError> {
        let addresses: Vec<String> = self
            .config
            .instances
            .iter()
            .flat_map(|i| i.addresses.clone())
            .collect();
        for address in addresses {
            if self.node.holds(&address)? {
                self.node
                    .ip(&["address", "del", &address, "dev", self.cable.interface()])?;
            }
        }
        self.cable.open()?;
        self.start()
    }

    /// Wait for the daemon's end and forget it.
    ///
    /// # Errors
    /// [`LabError::TooLate`] after `limit`.
    pub fn wait_for_end(&mut self, limit: Duration) -> Result<(), LabError> {
        if let Some(mut running) = self.running.take() {
            running.process.wait(limit)?;
        }
        Ok(())
    }
}

impl Pair {
    /// Build it; no daemon runs yet.
    ///
    /// # Errors
    /// When the lab cannot be built.
    pub fn new(options: &Options) -> Result<Self, LabError> {
        let lab = Lab::new()?;
        let switch = lab.switch("lan")?;
        let better = Member::new(&lab, &switch, 0, options)?;
        let other = Member::new(&lab, &switch, 1, options)?;
        let client = lab.node("client")?;
        let client = lab.connect(&client, &switch, "eth0", &["192.0.2.10/24", "2001:db8::10/64"])?;
        let watch = Watch::start(&client)?;
        let holders = Holders::start(&[&better.node, &other.node])?;
        Ok(Self {
            better,
            other,
            client,
            watch,
            holders,
            options: options.clone(),
            switch,
            lab,
        })
    }

    /// The virtual address.
    pub fn address(&self) -> IpAddr {
        self.options
            .address
            .parse()
            .unwrap_or(IpAddr::from([192, 0, 2, 100]))
    }

    /// A client that keeps asking for the virtual address.
    ///
    /// # Errors
    /// When its socket cannot be opened.
    pub fn probe(&self) -> Result<Probe, LabError> {
        Probe::start(self.client.node(), self.address(), INTERVAL)
    }

    /// Start what does not run and wait until the better node alone holds the address.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with the logs when that does not happen.
    pub fn settle(&mut self) -> Result<(), LabError> {
        for member in [&mut self.better, &mut self.other] {
            if member.running.is_none() {
                member.start()?;
            }
        }
        self.wait_for_better()
    }

    /// Wait until the better node alone holds the address.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with the logs when that does not happen.
    pub fn wait_for_better(&self) -> Result<(), LabError> {
        self.wait_for_holder(&self.better, &self.other)
    }

    /// Wait until the other node alone holds the address.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with the logs when that does not happen.
    pub fn wait_for_other(&self) -> Result<(), LabError> {
        self.wait_for_holder(&self.other, &self.better)
    }

    /// Wait until this member's kernel holds the address, whatever the other's does.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with the logs when that does not happen.
    pub fn wait_until_held(&self, member: &Member) -> Result<(), LabError> {
        let what = format!("{} on {}", self.options.address, member.node.name());
        self.wait_while_all_run(&what, || member.node.holds(self.options.address).unwrap_or(false))
    }

    fn wait_for_holder(&self, wanted: &Member, rival: &Member) -> Result<(), LabError> {
        let what = format!("{} on {} alone", self.options.address, wanted.node.name());
        let holds = |member: &Member| member.node.holds(self.options.address).unwrap_or(false);
        self.wait_while_all_run(&what, || holds(wanted) && !holds(rival))
    }

    /// A daemon that ended by itself will not do what is waited for.
    fn wait_while_all_run(&self, what: &str, condition: impl Fn() -> bool) -> Result<(), LabError> {
        let outcome = wait::until(what, self.options.patience(), || {
            if condition() {
                Some(None)
            } else {
                self.ended().map(Some)
            }
        });
        match outcome {
            Ok(None) => Ok(()),
            Ok(Some(ended)) => Err(self.explain(&format!("{what} cannot happen: {ended}"))),
            Err(error) => Err(self.explain(&error.to_string())),
        }
    }

    fn ended(&self) -> Option<String> {
        [&self.better, &self.other].into_iter().find_map(|member| {
            let how = member.running.as_ref()?.process.how_it_ended()?;
            Some(format!(
                "{} on {} has ended by itself, {how}",
                member.daemon.name(),
                member.node.name()
            ))
        })
    }

    /// An error with what the daemons said.
    pub(crate) fn explain(&self, error: &str) -> LabError {
        let mut text = error.to_owned();
        for member in [&self.better, &self.other] {
            let log = member
                .running
                .as_ref()
                .map_or("(not running)".to_owned(), |r| r.process.log());
            text.push_str(&format!(
                "\n--- {} on {}:\n{log}",
                member.daemon.name(),
                member.node.name()
            ));
        }
        LabError::Other(text)
    }
}
