//! An echo server on mio, without any async runtime of its own, whose address moves to another node when this one dies.
//!
//! ```text
//! cargo run --example mio_echo -- PORT INTERFACE VRID PRIORITY ADDRESS/PREFIX
//! ```
//!
//! The router loop runs on a thread that [`Failover`] makes. This loop learns of a change of state by a [`Waker`], as of
//! anything else. SIGTERM hands the address over and ends.

use std::collections::HashMap;
use std::error::Error;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::sync::mpsc::{self, channel};

use mio::net::{TcpListener, TcpStream};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use vrrp_core::Report;
use vrrp_net::{Event, Failover, Happening, Options, Service};

const LISTENER: Token = Token(0);
const STATE: Token = Token(1);
const SIGNALS: Token = Token(2);
const FIRST_CLIENT: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, interface, vrid, priority, address] = arguments.as_slice() else {
        return Err("mio_echo PORT INTERFACE VRID PRIORITY ADDRESS/PREFIX".into());
    };
    // Before any thread is made: each inherits the mask, and the signal waits for the descriptor.
    let mut terminate = SigSet::empty();
    terminate.add(Signal::SIGTERM);
    terminate.thread_block()?;
    let signals = SignalFd::with_flags(&terminate, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;

    let service = Service::new("echo", interface, vrid.parse()?)?.address(address)?;
    let service = service.priority(priority.parse()?)?.interval_centiseconds(10)?;
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(format!("0.0.0.0:{port}").parse()?)?;
    let mut failover = Failover::start(vec![service], Options::default())?;
    let states = states(failover.events(), Waker::new(poll.registry(), STATE)?);
    let registry = poll.registry();
    registry.register(&mut listener, LISTENER, Interest::READABLE)?;
    registry.register(&mut SourceFd(&signals.as_raw_fd()), SIGNALS, Interest::READABLE)?;
    println!("listens on {}", listener.local_addr()?);

    let mut clients: HashMap<Token, TcpStream> = HashMap::new();
    let mut next = FIRST_CLIENT;
    let mut events = Events::with_capacity(128);
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &events {
            match event.token() {
                LISTENER => accept(&listener, &poll, &mut clients, &mut next)?,
                STATE => states.try_iter().for_each(|state| println!("{state}")),
                SIGNALS => {
                    // Returns when nobody comes by the address any more.
                    futures::executor::block_on(failover.handle().stop())?;
                    return Ok(());
                }
                client => {
                    if clients.get_mut(&client).is_some_and(|stream| !echo(stream)) {
                        clients.remove(&client);
                    }
                }
            }
        }
    }
}

/// Changes of state, as lines; the waker tells that there is one.
fn states(mut events: Receiver<Event>, waker: Waker) -> mpsc::Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        // Who lagged behind misses some, and goes on with the next.
        loop {
            let event = match events.blocking_recv() {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            let Happening::Core(Report::Transition(transition)) = event.what else {
                continue;
            };
            let line = format!("{:?}", transition.to);
            if tell.send(line).is_err() || waker.wake().is_err() {
                return;
            }
        }
    });
    told
}

fn accept(
    listener: &TcpListener,
    poll: &Poll,
    clients: &mut HashMap<Token, TcpStream>,
    next: &mut usize,
) -> std::io::Result<()> {
    loop {
        match listener.accept() {
            Ok((mut stream, _)) => {
                let token = Token(*next);
                *next = next.wrapping_add(1).max(FIRST_CLIENT);
                poll.registry().register(&mut stream, token, Interest::READABLE)?;
                clients.insert(token, stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => eprintln!("a client: {error}"),
        }
    }
}

/// False where the client has gone, or reads less than it sends.
fn echo(stream: &mut TcpStream) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return false,
            Ok(length) => match buffer.get(..length).map(|octets| stream.write_all(octets)) {
                Some(Ok(())) => {}
                _ => return false,
            },
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}
