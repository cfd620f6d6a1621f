//! What can happen to the example's pair.

use super::{Farewell, Street};
use crate::LabError;
use crate::http::{Loader, Web};
use std::time::Duration;

/// One event while `lb01` serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Event {
    /// vrrpd of `lb01` is stopped as planned.
    Stop(Farewell),
    /// vrrpd of `lb01` is started again and takes the address from `lb02`.
    Return {
        /// The example's script has been run on `lb02` before.
        drained: bool,
    },
    /// nginx of `lb01` is killed.
    NginxKilled,
    /// `lb01` loses its power.
    MachineGone,
    /// The web server that answers is killed.
    WebKilled,
    /// The web server that answers loses its network.
    WebGone,
}

/// Long enough to see that nothing moves: the check must fail twice, 1 s apart.
const STAYS: Duration = Duration::from_secs(4);

/// `fail_timeout` of the example and a little: both load balancers trust the web server again.
const FORGOTTEN: Duration = Duration::from_millis(5500);

impl Event {
    /// All of them.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = Farewell::ALL.into_iter().map(Self::Stop).collect();
        all.extend([
            Self::Return { drained: false },
            Self::Return { drained: true },
            Self::NginxKilled,
            Self::MachineGone,
            Self::WebKilled,
            Self::WebGone,
        ]);
        all
    }

    /// For tables.
    pub fn name(self) -> String {
        match self {
            Self::Stop(farewell) => format!("planned stop, {}", farewell.name()),
            Self::Return { drained: false } => "return of lb01".to_owned(),
            Self::Return { drained: true } => "return of lb01, lb02 drained before".to_owned(),
            Self::NginxKilled => "nginx killed".to_owned(),
            Self::MachineGone => "machine gone".to_owned(),
            Self::WebKilled => "web server killed".to_owned(),
            Self::WebGone => "web server gone".to_owned(),
        }
    }

    /// Whether the address has a reason to move.
    pub fn moves(self) -> bool {
        !matches!(self, Self::WebKilled | Self::WebGone)
    }

    /// Have the pair as the event finds it.
    pub(super) fn prepare(self, street: &mut Street) -> Result<(), LabError> {
        let better = &mut street.balancers[0];
        match self {
            Self::Stop(farewell) if !farewell.wants_hooks() => {
                better.stop_daemon()?;
                better.start_daemon(false)?;
                street.settle()
            }
            Self::Return { .. } => {
                better.stop_daemon()?;
                street.serves(1)
            }
            _ => street.settle(),
        }
    }

    /// Let it happen, and wait until the address is where it belongs.
    pub(super) fn happen(self, street: &mut Street, loader: &Loader) -> Result<(), LabError> {
        match self {
            Self::Stop(farewell) => farewell.stop(&mut street.balancers[0])?,
            Self::Return { drained } => {
                if drained {
                    street.balancers[1].drain("leave")?;
                }
                street.balancers[0].start_daemon(true)?;
                return street.serves(0);
            }
            Self::NginxKilled => street.balancers[0].kill_nginx()?,
            Self::MachineGone => {
                street.balancers[0].cut()?;
                let other = &street.balancers[1];
                // The one without power still has it, and nobody sees that.
                return street.comes("192.0.2.100 on lb02", || other.has_it());
            }
            Self::WebKilled => street.webs[street.answering(loader)].web = None,
            Self::WebGone => street.webs[street.answering(loader)].cable.unplug()?,
        }
        if self.moves() {
            street.serves(1)
        } else {
            std::thread::sleep(STAYS);
            Ok(())
        }
    }

    /// Make it good.
    pub(super) fn undo(self, street: &mut Street) -> Result<(), LabError> {
        let better = &mut street.balancers[0];
        match self {
            Self::Stop(farewell) => {
                farewell.undo(better)?;
                better.start_daemon(true)?;
            }
            Self::Return { drained: true } => street.balancers[1].drain("return")?,
            Self::Return { drained: false } => (),
            Self::NginxKilled => better.start_nginx()?,
            Self::MachineGone => better.boot()?,
            Self::WebKilled | Self::WebGone => {
                for server in &mut street.webs {
                    server.cable.plug()?;
                    if server.web.is_none() {
                        server.web = Some(Web::start(&server.node)?);
                    }
                }
                std::thread::sleep(FORGOTTEN);
            }
        }
        street.settle()
    }
}

impl Street {
    /// The web server of the last page: by `ip_hash` a client has one.
    fn answering(&self, loader: &Loader) -> usize {
        let pages = loader.pages();
        let last = pages.iter().rev().find_map(|page| page.outcome.as_ref().ok());
        self.webs
            .iter()
            .position(|server| last.is_some_and(|name| name == server.node.name()))
            .unwrap_or(0)
    }
}
