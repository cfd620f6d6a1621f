//! The pair of `examples/nginx-pair`, as it stands there: two load balancers, two web servers, a client.

mod balancer;
mod course;
mod event;
mod farewell;

pub use balancer::Balancer;
pub use course::Course;
pub use event::Event;
pub use farewell::Farewell;

use crate::holders::Holders;
use crate::http::Web;
use crate::topology::{Cable, Lab, Node};
use crate::wait::until;
use crate::watch::Watch;
use crate::{LabError, Stamp};
use std::net::IpAddr;
use std::time::Duration;

/// Of the example.
pub const ADDRESS: &str = "192.0.2.100";
/// Of the example.
pub const VRID: u8 = 55;

pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A web server behind the load balancers.
#[derive(Debug)]
pub struct WebServer {
    /// The machine.
    pub node: Node,
    /// Its cable.
    pub cable: Cable,
    /// What serves, while it runs.
    pub web: Option<Web>,
}

/// All of it.
#[derive(Debug)]
pub struct Street {
    /// `lb01` is the better one.
    pub balancers: [Balancer; 2],
    /// `web01` and `web02`.
    pub webs: [WebServer; 2],
    /// The client's cable.
    pub client: Cable,
    /// What the client's card sees.
    pub watch: Watch,
    /// What the load balancers' kernels hold.
    pub holders: Holders,
    _lab: Lab,
}

impl WebServer {
    fn start(node: Node, cable: Cable) -> Result<Self, LabError> {
        let web = Some(Web::start(&node)?);
        Ok(Self { node, cable, web })
    }
}

impl Street {
    /// Build it and start all of it.
    ///
    /// # Errors
    /// When a program is missing or the lab cannot be built.
    pub fn start() -> Result<Self, LabError> {
        let lab = Lab::new()?;
        let switch = lab.switch("lan")?;
        let node = |name: &str, own: &str| -> Result<(Node, Cable), LabError> {
            let node = lab.node(name)?;
            let cable = lab.connect(&node, &switch, "eth0", &[own])?;
            Ok((node, cable))
        };
        let web = |name: &str, own: &str| {
            let (node, cable) = node(name, own)?;
            WebServer::start(node, cable)
        };
        let webs = [web("web01", "192.0.2.21/24")?, web("web02", "192.0.2.22/24")?];
        let balancer = |name: &str, own: &str| {
            let (node, cable) = node(name, own)?;
            Balancer::start(node, cable)
        };
        let balancers = [
            balancer("lb01", "192.0.2.11/24")?,
            balancer("lb02", "192.0.2.12/24")?,
        ];
        let client = node("client", "192.0.2.10/24")?.1;
        Ok(Self {
            watch: Watch::start(&client)?,
            holders: Holders::start(&[&balancers[0].node, &balancers[1].node])?,
            balancers,
            webs,
            client,
            _lab: lab,
        })
    }

    /// The shared address.
    pub fn address(&self) -> IpAddr {
        ADDRESS.parse().unwrap_or(IpAddr::from([192, 0, 2, 100]))
    }

    /// Wait until `lb01` alone has the address and both checks pass.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with the logs.
    pub fn settle(&self) -> Result<(), LabError> {
        self.serves(0)?;
        self.finds(0, "up")?;
        self.finds(1, "up")
    }

    /// Wait until this load balancer alone has the address.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with the logs.
    pub fn serves(&self, at: usize) -> Result<(), LabError> {
        let (wanted, rival) = (&self.balancers[at], &self.balancers[1 - at]);
        let what = format!("{ADDRESS} on {} alone", wanted.node.name());
        self.comes(&what, || wanted.has_it() && !rival.has_it())
    }

    /// Wait until the check of this load balancer's nginx is `up` or `down`.
    ///
    /// # Errors
    /// [`LabError::TooLate`] with the logs.
    pub fn finds(&self, at: usize, health: &str) -> Result<(), LabError> {
        let balancer = &self.balancers[at];
        let what = format!("the check of {} is {health}", balancer.node.name());
        self.comes(&what, || balancer.check().is_ok_and(|found| found == health))
    }

    /// Whether this load balancer has advertised since.
    pub fn spoke(&self, at: usize, since: Stamp) -> bool {
        !self
            .watch
            .adverts(&self.balancers[at].node, VRID, since)
            .is_empty()
    }

    fn comes(&self, what: &str, condition: impl Fn() -> bool) -> Result<(), LabError> {
        until(what, LIMIT, || condition().then_some(())).map_err(|error| {
            let logs = self.balancers.each_ref().map(Balancer::logs);
            LabError::Other(format!("{error}\n{}", logs.join("\n---\n")))
        })
    }
}
