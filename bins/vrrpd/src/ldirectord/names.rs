//! Names of hosts in ldirectord.cf, looked up within a limit: virtual routers do not wait for a name server that is dead.

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ldirectord_conf::{Family, MachineNames, Names, Protocol};

/// All look-ups of one reading together.
const WITHIN: Duration = Duration::from_secs(3);

/// This machine's names.
pub(super) struct Limited {
    names: MachineNames,
    left: Cell<Duration>,
}

impl Limited {
    pub(super) fn read() -> Self {
        Self {
            names: MachineNames::read(),
            left: Cell::new(WITHIN),
        }
    }
}

impl Names for Limited {
    fn address(&self, host: &str, family: Family) -> Result<IpAddr, String> {
        let written = host.parse::<IpAddr>().ok();
        if let Some(address) = written.filter(|address| Family::of(*address) == family) {
            return Ok(address);
        }
        let (tell, told) = mpsc::channel();
        let (names, name) = (self.names.clone(), host.to_owned());
        let began = Instant::now();
        let looking = std::thread::Builder::new().spawn(move || {
            // Whoever asked may have gone on.
            let _ = tell.send(names.address(&name, family));
        });
        looking.map_err(|error| error.to_string())?;
        let found = told.recv_timeout(self.left.get());
        self.left.set(self.left.get().saturating_sub(began.elapsed()));
        found.unwrap_or_else(|_| {
            Err(format!(
                "the name server has not answered within {} s; write the address, or reload when it answers",
                WITHIN.as_secs()
            ))
        })
    }

    fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
        self.names.port(service, protocol)
    }
}
