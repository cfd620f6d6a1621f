//! A kernel as strict as the real one, with faults and foreign hands; looked at after every single command.

#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use vrrp_director::Kernel;
use vrrp_ipvs::{
    Change, DestinationKey, DestinationStatus, Error, Name, Reason, Refusal, Service, ServiceKey, Statistics,
    SyncDaemon, SyncRole, Table, Timeouts,
};

/// What is behind the kernel's door.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    pub(crate) table: Table,
    /// Every command that was asked, as words; refused ones too.
    pub(crate) asked: Vec<String>,
    /// Destinations that cannot be added or changed.
    pub(crate) refused: BTreeSet<DestinationKey>,
    /// Nothing is carried out.
    pub(crate) refuses_all: bool,
    /// Nothing is said: neither what is there nor what has become of a command, which is carried out.
    pub(crate) is_silent: bool,
    /// Services that have somebody to serve.
    pub(crate) served: BTreeSet<ServiceKey>,
    /// Services that another hand was in since the table was last read: of these it can not be known who serves.
    pub(crate) disturbed: BTreeSet<ServiceKey>,
    /// What should never be.
    pub(crate) wrongs: Vec<String>,
    pub(crate) timeouts: Option<Timeouts>,
    pub(crate) daemons: Vec<SyncDaemon>,
    /// There is no interface of any name.
    pub(crate) has_no_interface: bool,
    pub(crate) interface_number: u32,
    /// A daemon is stopped, and nothing is said.
    pub(crate) stops_silently: bool,
    pub(crate) flushes: u32,
    /// What it costs to have the table.
    pub(crate) reading_takes: std::time::Duration,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Model(Arc<Mutex<Inside>>);

impl Model {
    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    pub(crate) fn table(&self) -> Table {
        self.inside().table.clone()
    }

    /// Somebody else changes the table.
    pub(crate) fn by_another_hand(&self, service: ServiceKey, change: impl FnOnce(&mut Table)) {
        let mut inside = self.inside();
        change(&mut inside.table);
        inside.disturbed.insert(service);
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        std::mem::take(&mut self.inside().asked)
    }
}

fn refusal(asked: &str, reason: Reason, errno: i32) -> Error {
    Refusal {
        asked: asked.to_owned(),
        reason,
        errno,
        text: None,
        offset_octets: None,
    }
    .into()
}

fn serves(table: &Table, key: &ServiceKey) -> bool {
    table.get(key).is_some_and(vrrp_ipvs::VirtualServer::serves)
}

impl Inside {
    fn change(&mut self, change: &Change) -> Result<(), Error> {
        let asked = change.to_string();
        self.asked.push(asked.clone());
        let key = *change.service();
        let server = self.table.get(&key);
        let is_there = |destination| server.is_some_and(|server| server.destination(destination).is_some());
        let refused = match change {
            Change::AddService(_) if server.is_some() => Some((Reason::ServiceExists, 17)),
            Change::AddService(_) => None,
            _ if server.is_none() => Some((Reason::NoSuchService, 3)),
            Change::AddDestination { destination, .. } if is_there(&destination.key) => {
                Some((Reason::DestinationExists, 17))
            }
            Change::EditDestination { destination, .. } if !is_there(&destination.key) => {
                Some((Reason::NoSuchDestination, 2))
            }
            Change::DeleteDestination { destination, .. } if !is_there(destination) => {
                Some((Reason::NoSuchDestination, 2))
            }
            Change::AddDestination { destination, .. } | Change::EditDestination { destination, .. }
                if self.refused.contains(&destination.key) =>
            {
                Some((Reason::NoMemory, 12))
            }
            _ => None,
        };
        if self.refuses_all {
            return Err(refusal(&asked, Reason::NoMemory, 12));
        }
        if let Some((reason, errno)) = refused {
            return Err(refusal(&asked, reason, errno));
        }
        let served = serves(&self.table, &key);
        self.table.change(change);
        let expected = self.served.contains(&key) && !self.disturbed.contains(&key);
        if served && expected && !serves(&self.table, &key) {
            self.wrongs.push(format!("nobody serves after: {asked}"));
        }
        if self.is_silent {
            return Err(Error::Unanswered { doing: asked });
        }
        Ok(())
    }

    fn speak(&self, doing: &str) -> Result<(), Error> {
        if self.is_silent {
            let doing = doing.to_owned();
            return Err(Error::Unanswered { doing });
        }
        Ok(())
    }
}

impl Kernel for Model {
    fn table(&mut self) -> Result<Table, Error> {
        let mut inside = self.inside();
        std::thread::sleep(inside.reading_takes);
        inside.speak("list services")?;
        inside.disturbed.clear();
        Ok(inside.table.clone())
    }

    fn apply(&mut self, changes: &[Change]) -> Vec<Result<(), Error>> {
        let mut inside = self.inside();
        changes.iter().map(|change| inside.change(change)).collect()
    }

    fn flush(&mut self) -> Result<(), Error> {
        let mut inside = self.inside();
        inside.flushes += 1;
        inside.table = Table::new();
        inside.speak("flush")
    }

    fn services(&mut self) -> Result<Vec<(Service, Statistics)>, Error> {
        let inside = self.inside();
        inside.speak("list services")?;
        let services = inside.table.iter();
        let counted = Statistics {
            connections: 7,
            ..Statistics::default()
        };
        Ok(services
            .map(|(_, server)| (server.service().clone(), counted))
            .collect())
    }

    fn destinations(&mut self, service: &ServiceKey) -> Result<Vec<DestinationStatus>, Error> {
        let inside = self.inside();
        inside.speak("list destinations")?;
        let server = inside
            .table
            .get(service)
            .map(|server| server.destinations().clone());
        let each = server.unwrap_or_default().into_values();
        Ok(each
            .map(|destination| DestinationStatus {
                destination,
                active_connections: 1,
                inactive_connections: 0,
                persistent_connections: 0,
                statistics: Statistics::default(),
            })
            .collect())
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        Ok(self.inside().timeouts.unwrap_or(Timeouts {
            tcp_seconds: 900,
            tcp_fin_seconds: 120,
            udp_seconds: 300,
        }))
    }

    fn set_timeouts(&mut self, timeouts: &Timeouts) -> Result<(), Error> {
        let before = Kernel::timeouts(self)?;
        let or = |wanted: u32, before: u32| if wanted == 0 { before } else { wanted };
        self.inside().timeouts = Some(Timeouts {
            tcp_seconds: or(timeouts.tcp_seconds, before.tcp_seconds),
            tcp_fin_seconds: or(timeouts.tcp_fin_seconds, before.tcp_fin_seconds),
            udp_seconds: or(timeouts.udp_seconds, before.udp_seconds),
        });
        Ok(())
    }

    fn daemons(&mut self) -> Result<Vec<SyncDaemon>, Error> {
        Ok(self.inside().daemons.clone())
    }

    fn start_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), Error> {
        let mut inside = self.inside();
        inside.asked.push(format!("start {:?}", daemon.role));
        if inside.refuses_all {
            return Err(refusal("start a daemon", Reason::Invalid, 22));
        }
        if inside.has_no_interface {
            return Err(refusal("start a daemon", Reason::NoInterface, 19));
        }
        if inside.daemons.iter().any(|running| running.role == daemon.role) {
            return Err(refusal("start a daemon", Reason::DaemonRuns, 17));
        }
        inside.daemons.push(daemon.clone());
        Ok(())
    }

    fn stop_daemon(&mut self, role: SyncRole) -> Result<(), Error> {
        let mut inside = self.inside();
        inside.asked.push(format!("stop {role:?}"));
        let count = inside.daemons.len();
        inside.daemons.retain(|daemon| daemon.role != role);
        if inside.daemons.len() == count {
            return Err(refusal("stop a daemon", Reason::NoDaemon, 3));
        }
        if inside.stops_silently {
            let doing = "stop a daemon".to_owned();
            return Err(Error::Unanswered { doing });
        }
        Ok(())
    }

    fn interface(&mut self, _: &Name) -> std::io::Result<Option<u32>> {
        let inside = self.inside();
        Ok((!inside.has_no_interface).then_some(inside.interface_number))
    }
}
