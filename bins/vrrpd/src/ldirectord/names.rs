//! Names of hosts in ldirectord.cf, looked up all at once and within a limit: virtual routers do not wait for a name server that is
//! dead, and no name for another one.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ldirectord_conf::{Family, MachineNames, Names, Protocol};

/// All look-ups of one reading together.
const WITHIN: Duration = Duration::from_secs(3);
/// A thread each. Behind so many names that get no answer the rest is not looked up: a thread for each of thousands would wait for
/// a dead name server, and nobody for it.
const AT_ONCE: usize = 64;

/// A name that was not found, and of which family.
pub(crate) type Missing = (String, Family);

type Answer = Result<IpAddr, String>;

/// Reads with what this machine knows of names; the names that were not found, to look again.
pub(super) fn reading<T>(read: impl Fn(&dyn Names) -> T) -> (T, Vec<Missing>) {
    knowing(MachineNames::read(), WITHIN, read)
}

/// The first of them that is found now. Takes as long as a reading may.
pub(super) fn found_now(missing: &[Missing]) -> Option<Missing> {
    let names = Arc::new(MachineNames::read());
    let answers = look_up(&names, &missing.iter().cloned().collect(), WITHIN);
    missing
        .iter()
        .find(|name| matches!(answers.get(*name), Some(Ok(_))))
        .cloned()
}

/// Reads again and again, until nothing is asked for that is not known: what stands in a service is read when the service's own
/// name was found.
fn knowing<N: Names + Send + Sync + 'static, T>(
    names: N,
    within: Duration,
    read: impl Fn(&dyn Names) -> T,
) -> (T, Vec<Missing>) {
    let began = Instant::now();
    let mut known = Known {
        names: Arc::new(names),
        answers: BTreeMap::new(),
        asked: RefCell::default(),
    };
    loop {
        let found = read(&known);
        let asked = known.asked.take();
        if asked.is_empty() {
            let mut missing = Vec::from_iter(known.answers);
            missing.retain(|(_, answer)| answer.is_err());
            return (found, missing.into_iter().map(|(name, _)| name).collect());
        }
        let left = within.saturating_sub(began.elapsed());
        let mut answers = look_up(&known.names, &asked, left);
        for name in asked {
            let answer = answers.remove(&name).unwrap_or_else(|| Err(late(within)));
            known.answers.insert(name, answer);
        }
    }
}

fn late(within: Duration) -> String {
    format!(
        "the name server has not answered within {within:?}; write the address, or reload when it answers"
    )
}

/// What has been answered within the limit.
fn look_up<N: Names + Send + Sync + 'static>(
    names: &Arc<N>,
    wanted: &BTreeSet<Missing>,
    within: Duration,
) -> BTreeMap<Missing, Answer> {
    let began = Instant::now();
    let mut answers = BTreeMap::new();
    if within.is_zero() {
        return answers;
    }
    let waiting: VecDeque<Missing> = wanted.iter().cloned().collect();
    let waiting = Arc::new(Mutex::new(waiting));
    let (tell, told) = mpsc::channel();
    for _ in 0..wanted.len().min(AT_ONCE) {
        let (names, waiting, tell) = (Arc::clone(names), Arc::clone(&waiting), tell.clone());
        let begun = std::thread::Builder::new().spawn(move || ask(&*names, &waiting, &tell));
        // Those that are there do it; without any nothing is answered.
        if begun.is_err() {
            break;
        }
    }
    drop(tell);
    while answers.len() < wanted.len() {
        let Ok((name, answer)) = told.recv_timeout(within.saturating_sub(began.elapsed())) else {
            break;
        };
        answers.insert(name, answer);
    }
    answers
}

/// One after the other, until there is none.
fn ask(names: &impl Names, waiting: &Mutex<VecDeque<Missing>>, tell: &Sender<(Missing, Answer)>) {
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    while let Some(name) = next() {
        let answer = names.address(&name.0, name.1);
        // Whoever asked has gone on: nobody waits for the rest either.
        if tell.send((name, answer)).is_err() {
            return;
        }
    }
}

/// What is known of names. Who asks for another one has it looked up for the next reading.
struct Known<N> {
    names: Arc<N>,
    answers: BTreeMap<Missing, Answer>,
    asked: RefCell<BTreeSet<Missing>>,
}

impl<N: Names> Names for Known<N> {
    fn address(&self, host: &str, family: Family) -> Answer {
        let written = host.parse::<IpAddr>().ok();
        if let Some(address) = written.filter(|address| Family::of(*address) == family) {
            return Ok(address);
        }
        let name = (host.to_owned(), family);
        if let Some(answer) = self.answers.get(&name) {
            return answer.clone();
        }
        self.asked.borrow_mut().insert(name);
        Err("it is looked up".to_owned())
    }

    fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
        self.names.port(service, protocol)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    /// Answers at once for what begins with `here`, does not know what begins with `no`, and is silent for anything else before
    /// the gate is open.
    #[derive(Default)]
    struct Dead {
        gate: Arc<Mutex<()>>,
        asked: Arc<AtomicUsize>,
    }

    impl Names for Dead {
        fn address(&self, host: &str, _: Family) -> Answer {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if host.starts_with("no") {
                return Err("no such host".to_owned());
            }
            if !host.starts_with("here") {
                drop(self.gate.lock());
            }
            Ok(HERE)
        }

        fn port(&self, _: &str, _: Protocol) -> Option<u16> {
            None
        }
    }

    fn all(names: &dyn Names, hosts: &[String]) -> Vec<Answer> {
        hosts
            .iter()
            .map(|host| names.address(host, Family::Ipv4))
            .collect()
    }

    #[test]
    fn all_look_ups_together_have_one_limit() {
        let dead = Dead::default();
        let (gate, asked) = (Arc::clone(&dead.gate), Arc::clone(&dead.asked));
        let closed = gate.lock().unwrap();
        let hosts: Vec<String> = (0..1_000).map(|number| format!("host{number}")).collect();
        let began = Instant::now();
        let (answers, missing) = knowing(dead, Duration::from_millis(200), |names| all(names, &hosts));
        // Each by itself would take 200 s.
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        for answer in answers {
            let error = answer.unwrap_err();
            assert!(error.contains("within 200ms"), "{error}");
        }
        assert_eq!(missing.len(), 1_000);
        drop(closed);
        assert!(
            asked.load(Ordering::SeqCst) <= 2 * AT_ONCE,
            "the rest is given up"
        );
    }

    #[test]
    fn a_name_that_gets_no_answer_keeps_no_other_one_from_being_found() {
        let dead = Dead::default();
        let gate = Arc::clone(&dead.gate);
        let closed = gate.lock().unwrap();
        let hosts = ["dead1", "dead2", "here1", "nobody", "here2", "198.51.100.7"].map(str::to_owned);
        let (answers, missing) = knowing(dead, Duration::from_secs(2), |names| all(names, &hosts));
        drop(closed);
        for (number, expected) in [(2, HERE), (4, HERE), (5, IpAddr::from([198, 51, 100, 7]))] {
            assert_eq!(answers[number], Ok(expected));
        }
        assert_eq!(answers[3], Err("no such host".to_owned()));
        assert_eq!(
            missing,
            ["dead1", "dead2", "nobody"].map(|host| (host.to_owned(), Family::Ipv4))
        );
    }

    #[test]
    fn a_name_that_is_asked_for_because_of_another_one_is_looked_up_too() {
        let times = Cell::new(0);
        let (answers, missing) = knowing(Dead::default(), Duration::from_secs(60), |names| {
            times.set(times.get() + 1);
            let service = names.address("here", Family::Ipv4)?;
            Ok((service, names.address("here too", Family::Ipv4)?))
        });
        assert_eq!(answers, Ok::<_, String>((HERE, HERE)));
        assert_eq!((missing, times.get()), (Vec::new(), 3));
        let (_, _) = knowing(Dead::default(), Duration::from_secs(60), |names| {
            times.set(times.get() + 1);
            names.address("192.0.2.1", Family::Ipv4)
        });
        assert_eq!(times.get(), 4, "addresses are read once");
    }
}
