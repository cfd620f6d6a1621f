//! Names of hosts in ldirectord.cf, looked up within a limit: virtual routers do not wait for a name server that is dead.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ldirectord_conf::{Family, MachineNames, Names, Protocol};

/// All look-ups of one reading together.
const WITHIN: Duration = Duration::from_secs(3);

/// This machine's names, or others.
pub(super) struct Limited<N = MachineNames> {
    names: N,
    within: Duration,
    left: Cell<Duration>,
    missing: RefCell<Vec<Missing>>,
}

/// A name that was not found, and of which family.
pub(crate) type Missing = (String, Family);

/// The first of them that is found now. Takes as long as a reading may.
pub(super) fn found_now(missing: &[Missing]) -> Option<&Missing> {
    let names = Limited::read();
    let mut all = missing.iter();
    all.find(|(host, family)| names.address(host, *family).is_ok())
}

impl Limited {
    pub(super) fn read() -> Self {
        Self::of(MachineNames::read(), WITHIN)
    }
}

impl<N> Limited<N> {
    const fn of(names: N, within: Duration) -> Self {
        Self {
            names,
            within,
            left: Cell::new(within),
            missing: RefCell::new(Vec::new()),
        }
    }

    fn miss(&self, host: &str, family: Family) {
        self.missing.borrow_mut().push((host.to_owned(), family));
    }

    fn late(&self, host: &str, family: Family) -> Result<IpAddr, String> {
        self.miss(host, family);
        Err(format!(
            "the name server has not answered within {:?}; write the address, or reload when it answers",
            self.within
        ))
    }

    /// What was not found, to look again.
    pub(super) fn into_missing(self) -> Vec<Missing> {
        self.missing.into_inner()
    }
}

impl<N: Names + Clone + Send + 'static> Names for Limited<N> {
    fn address(&self, host: &str, family: Family) -> Result<IpAddr, String> {
        let written = host.parse::<IpAddr>().ok();
        if let Some(address) = written.filter(|address| Family::of(*address) == family) {
            return Ok(address);
        }
        if self.left.get().is_zero() {
            // A thread for each of a thousand names would wait for a dead name server, and nobody for it.
            return self.late(host, family);
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
        let Ok(found) = found else {
            return self.late(host, family);
        };
        if found.is_err() {
            self.miss(host, family);
        }
        found
    }

    fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
        self.names.port(service, protocol)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Answers for `here`, and for nothing else before the gate is open.
    #[derive(Clone)]
    struct Dead {
        gate: Arc<Mutex<()>>,
        asked: Arc<AtomicU32>,
    }

    impl Names for Dead {
        fn address(&self, host: &str, _: Family) -> Result<IpAddr, String> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if host != "here" {
                drop(self.gate.lock());
            }
            Ok(IpAddr::from([192, 0, 2, 1]))
        }

        fn port(&self, _: &str, _: Protocol) -> Option<u16> {
            None
        }
    }

    #[test]
    fn all_look_ups_together_have_one_limit() {
        let (gate, asked) = (Arc::new(Mutex::new(())), Arc::new(AtomicU32::new(0)));
        let closed = gate.lock().unwrap();
        let dead = Dead {
            gate: Arc::clone(&gate),
            asked: Arc::clone(&asked),
        };
        let names = Limited::of(dead, Duration::from_millis(200));
        let of = |host: &str| names.address(host, Family::Ipv4);
        assert_eq!(of("here"), Ok(IpAddr::from([192, 0, 2, 1])));
        let began = Instant::now();
        for number in 0..100 {
            let error = of(&format!("host{number}")).unwrap_err();
            assert!(error.contains("within 200ms"), "{error}");
        }
        // Each by itself would take 20 s.
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        let before = asked.load(Ordering::SeqCst);
        assert_eq!(of("198.51.100.7"), Ok(IpAddr::from([198, 51, 100, 7])));
        drop(closed);
        let missing = names.into_missing();
        assert_eq!(missing.len(), 100);
        assert_eq!(missing[0], ("host0".to_owned(), Family::Ipv4));
        assert!(
            before <= 2,
            "when there is no time left nothing is asked for: {before}"
        );
    }
}
