//! A node: a thread in a network namespace of its own, with a wire to the switch.

use std::net::IpAddr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::broadcast;
use vrrp_core::{Report, StateName};
use vrrp_net::{
    AddressPresence, Driver, DriverError, Event, Handle, Handover, Happening, Options, Service,
    ServiceStatus, Status,
};

use vrrp_recording::{Replay, Transcript};

use super::{LIMIT, ip, wait_for};

type Task = Box<dyn FnOnce() + Send>;

/// Runs what it is told in its own namespace.
pub(crate) struct Node {
    pub(crate) number: u8,
    tasks: mpsc::Sender<Task>,
    namespace: String,
}

impl Node {
    /// A namespace with nothing but a loopback.
    pub(crate) fn bare(number: u8) -> Self {
        let (tasks, todo) = mpsc::channel::<Task>();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
            let thread = nix::unistd::gettid();
            tell.send(format!("/proc/{}/task/{thread}/ns/net", std::process::id()))
                .unwrap();
            for task in todo {
                task();
            }
        });
        let namespace = told.recv().unwrap();
        let node = Self {
            number,
            tasks,
            namespace,
        };
        node.ip("link set lo up");
        node
    }

    /// As [`Node::bare`], with `eth1`, MAC 02:00:00:00:00:`number`, 192.0.2.`number`/24, its other end `port<number>` on
    /// the switch. Its link-local address is fe80::ff:fe00:`number`, at once.
    pub(crate) fn new(number: u8) -> Self {
        let node = Self::bare(number);
        node.wire(
            "eth1",
            &format!("port{number}"),
            &format!("02:00:00:00:00:{number:02x}"),
        );
        node.ip(&format!("addr add 192.0.2.{number}/24 dev eth1"));
        node
    }

    /// One more wire from this node to the switch.
    pub(crate) fn wire(&self, inner: &str, outer: &str, mac: &str) {
        let namespace = &self.namespace;
        ip(&format!(
            "link add {outer} type veth peer name {inner} netns {namespace}"
        ));
        ip(&format!("link set {outer} addrgenmode none"));
        ip(&format!("link set {outer} master br0"));
        ip(&format!("link set {outer} up"));
        self.ip(&format!("link set {inner} address {mac}"));
        self.run({
            let inner = inner.to_owned();
            move || {
                let conf = format!("/proc/sys/net/ipv6/conf/{inner}/accept_dad");
                if let Err(error) = std::fs::write(conf, "0") {
                    println!("IPv6 is not there: {error}");
                }
            }
        });
        self.ip(&format!("link set {inner} up"));
        self.wait_running(inner);
    }

    pub(crate) fn port(&self) -> String {
        format!("port{}", self.number)
    }

    /// Runs in the namespace and waits for the result.
    pub(crate) fn run<T: Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static) -> T {
        let (tell, told) = mpsc::channel();
        let task: Task = Box::new(move || {
            let _gone = tell.send(task());
        });
        self.tasks.send(task).unwrap();
        told.recv().expect("the task panicked in its namespace")
    }

    pub(crate) fn ip(&self, words: &str) -> String {
        let words = words.to_owned();
        self.run(move || ip(&words))
    }

    pub(crate) fn try_ip(&self, words: &str) -> bool {
        let words = words.to_owned();
        self.run(move || super::try_ip(&words))
    }

    /// Until the interface has a carrier and is up.
    pub(crate) fn wait_running(&self, name: &str) {
        let words = format!("-o link show dev {name}");
        wait_for("a carrier", LIMIT, || {
            self.ip(&words).contains("LOWER_UP").then_some(())
        });
    }

    /// Whether the kernel has the address, on any interface.
    pub(crate) fn has(&self, address: &str) -> bool {
        let address: IpAddr = address.parse().unwrap();
        let wanted = address.to_string();
        let text = self.ip("-o addr show");
        text.lines().any(|line| {
            let mut words = line.split_whitespace().skip(3);
            words
                .next()
                .is_some_and(|word| word.split('/').next() == Some(wanted.as_str()))
        })
    }

    pub(crate) fn wait_has(&self, address: &str, there: bool) {
        wait_for(&format!("{address} there: {there}"), LIMIT, || {
            (self.has(address) == there).then_some(())
        });
    }

    /// Opens and runs a driver in this namespace.
    pub(crate) fn start(&self, services: Vec<Service>) -> Running {
        self.start_with(services, Options::default(), None)
    }

    pub(crate) fn start_with(
        &self,
        services: Vec<Service>,
        options: Options,
        handover: Option<Handover>,
    ) -> Running {
        // Words take a while: the tests of many services measure time.
        let few = services.len() < 50;
        self.run(move || {
            let mut driver = match handover {
                None => Driver::open(services, options).unwrap(),
                Some(handover) => Driver::adopt(services, options, handover).unwrap(),
            };
            let recorded = Arc::new(Transcript::new("a test"));
            if few {
                driver.set_witness(recorded.clone());
            }
            let handle = driver.handle();
            let events = handle.events();
            let thread = thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_io()
                    .build()
                    .unwrap();
                runtime.block_on(driver.run())
            });
            Running {
                handle,
                events,
                seen: Vec::new(),
                thread: Some(thread),
                recorded,
            }
        })
    }
}

/// A driver that runs.
pub(crate) struct Running {
    pub(crate) handle: Handle,
    events: broadcast::Receiver<Event>,
    seen: Vec<Event>,
    thread: Option<thread::JoinHandle<Result<(), DriverError>>>,
    recorded: Arc<Transcript>,
}

impl Running {
    /// Everything that has happened so far.
    pub(crate) fn seen(&mut self) -> &[Event] {
        while let Ok(event) = self.events.try_recv() {
            self.seen.push(event);
        }
        &self.seen
    }

    /// The first event from now on, or unread so far, that `is` likes.
    pub(crate) fn wait(&mut self, what: &str, is: impl Fn(&Happening) -> bool) -> Event {
        let mut next = 0;
        wait_for(what, LIMIT, || {
            let seen = self.seen();
            let found = seen.iter().skip(next).find(|event| is(&event.what)).cloned();
            next = seen.len();
            found
        })
    }

    /// Forgets what was seen, so that [`Running::wait`] looks at what comes.
    pub(crate) fn forget(&mut self) {
        let _seen = self.seen();
        self.seen.clear();
    }

    pub(crate) fn wait_state(&self, state: StateName) {
        wait_for(&format!("{state}"), LIMIT, || {
            self.status()
                .services
                .iter()
                .all(|service| service.state == state)
                .then_some(())
        });
    }

    /// Every state entered so far, in order.
    pub(crate) fn states(&mut self) -> Vec<StateName> {
        let transitions = self.seen().iter().filter_map(|event| match event.what {
            Happening::Core(Report::Transition(transition)) => Some(transition.to),
            _ => None,
        });
        transitions.collect()
    }

    pub(crate) fn status(&self) -> Status {
        block_on(self.handle.status()).unwrap()
    }

    pub(crate) fn service(&self, name: &str) -> ServiceStatus {
        let mut services = self.status().services.into_iter();
        services.find(|service| service.name == name).unwrap()
    }

    pub(crate) fn presence(&self, address: &str) -> AddressPresence {
        let address: IpAddr = address.parse().unwrap();
        let services = self.status().services;
        let mut addresses = services.iter().flat_map(|service| &service.addresses);
        addresses
            .find(|status| status.address == address)
            .unwrap()
            .present
    }

    /// A planned stop, waited for.
    pub(crate) fn stop(mut self) {
        let began = Instant::now();
        block_on(self.handle.stop()).unwrap();
        self.join();
        assert!(began.elapsed() < LIMIT);
    }

    /// Waits for the end of one that was told to end.
    pub(crate) fn ended(mut self) {
        self.join();
    }

    pub(crate) fn handover(mut self) -> Handover {
        let handover = block_on(self.handle.handover()).unwrap();
        self.join();
        handover
    }

    pub(crate) fn join(&mut self) {
        self.thread.take().unwrap().join().unwrap().unwrap();
        self.replay();
    }

    /// Whatever the test was about: the core decides all of it the same once more.
    fn replay(&self) {
        let text = self.recorded.text();
        for replayed in Replay::new(text.lines()) {
            let replayed = replayed.unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
            if let vrrp_recording::Event::Decision(decision) = replayed.event {
                assert!(
                    decision.is_as_recorded(),
                    "line {}: now {}, before it {:?}\n{text}",
                    replayed.line,
                    decision.decided,
                    decision.unrecorded
                );
            }
        }
    }

    /// Waits as long as nothing of the sort happens, at most `time`; panics when it does.
    pub(crate) fn none_for(&mut self, time: Duration, what: &str, is: impl Fn(&Happening) -> bool) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            assert!(!self.seen().iter().any(|event| is(&event.what)), "{what}");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(LIMIT, future)
            .await
            .expect("an answer in time")
    })
}
