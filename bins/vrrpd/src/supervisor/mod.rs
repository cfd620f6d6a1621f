//! `--supervised`: a parent that does nothing but wait for the end of the router's process, and then does what that has told
//! it to do: the goodbye, and the removal of the addresses when the successor has spoken (docs/crash.md).

mod child;
mod in_force;
mod restarts;
mod sys;

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tracing::{error, info, warn};
use vrrp_net::{Executor, Parted};

use crate::exit::Exit;
use crate::privileges;
use restarts::{Next, Restarts};
pub(crate) use sys::Signals;

pub(crate) use in_force::{Files, InForce};

pub(crate) use child::{Parent, abort_with_the_router, outlive};

/// What systemd's watchdog sends (`WatchdogSignal=`): a loop of the child no longer goes round.
const WATCHDOG: i32 = libc::SIGABRT;

/// The parent.
struct Supervisor {
    executor: Executor,
    signals: Signals,
    /// Somebody wants both processes to end.
    stopping: bool,
}

/// Runs until the child ends by itself, or dies too often.
pub(crate) fn run(signals: Signals) -> io::Result<Exit> {
    if let Err(error) = privileges::keep_what_the_parent_needs() {
        warn!("the supervisor keeps permissions that it does not need: {error}");
    }
    let mut supervisor = Supervisor {
        executor: Executor::new(),
        signals,
        stopping: false,
    };
    let mut restarts = Restarts::default();
    let life = child::life();
    let in_force = InForce::make().inspect_err(|error| {
        warn!("the configuration cannot be kept for a next process of the router ({error}): that runs by its file as it is then");
    });
    loop {
        let mut command = child::command(&life)?;
        if let Ok(in_force) = &in_force {
            in_force.equip(&mut command);
        }
        let equipment = supervisor.executor.equip(&mut command)?;
        let mut child = command.spawn()?;
        drop(equipment);
        let status = supervisor.wait(&mut child)?;
        if let Some(code) = status.code() {
            // It has put everything in order by itself, or says that it could not.
            supervisor.executor.begin(false);
            supervisor.executor.hurry();
            supervisor.carry_out()?;
            if code != 0 && restarts.count() > 0 {
                error!(
                    "the router's next process has ended by itself (status {code}; its last lines say why): no address of the one before is left on this node, and the supervisor ends as well. Correct what it names and start vrrpd again"
                );
            }
            return Ok(Exit::of_child(code));
        }
        let next = restarts.next(Instant::now());
        supervisor.bury(child.id(), status, next)?;
        match next {
            _ if supervisor.stopping => {
                return Ok(if status.signal() == Some(libc::SIGTERM) {
                    Exit::Done
                } else {
                    Exit::Failed
                });
            }
            Next::Never => {
                error!(
                    "the router's process has died {} times within a minute: it is not started again",
                    restarts.count()
                );
                return Ok(Exit::Crashes);
            }
            Next::After(pause) => {
                let until = Instant::now() + pause;
                while !supervisor.stopping && Instant::now() < until {
                    supervisor.listen(None, Some(until))?;
                }
                if supervisor.stopping {
                    return Ok(Exit::Failed);
                }
                info!("starting the router's process again");
            }
        }
    }
}

impl Supervisor {
    /// Waits for the child's end, takes in what it says, and passes signals on.
    fn wait(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        let pid = Pid::from_child(child);
        let end = pidfd_open(pid, PidfdFlags::empty())?;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            let signals = self.listen(Some(&end), None)?;
            for number in signals {
                let number = if number == WATCHDOG {
                    error!("the watchdog has found a loop of the router's process that hangs: it is killed");
                    self.stopping = true;
                    libc::SIGKILL
                } else {
                    number
                };
                self.stopping |= matches!(number, libc::SIGTERM | libc::SIGINT);
                sys::send(pid, number);
            }
        }
    }

    /// Waits for anything at all: the child's words, its end, signals, and while a will is carried out, successors.
    fn listen(&mut self, end: Option<&OwnedFd>, until: Option<Instant>) -> io::Result<Vec<i32>> {
        let mut all: Vec<BorrowedFd<'_>> = vec![self.signals.as_fd()];
        all.extend(end.map(|end| end.as_fd()));
        all.extend(self.executor.descriptor());
        if end.is_none() {
            all.extend(self.executor.sockets());
        }
        let mut polled: Vec<PollFd<'_>> = all.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        let limit = until.map(|until| until.saturating_duration_since(Instant::now()));
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        match poll(&mut polled, limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        drop(polled);
        let signals = self.signals.read()?;
        if end.is_some() {
            self.executor.hear();
        } else if signals
            .iter()
            .any(|number| matches!(*number, libc::SIGTERM | libc::SIGINT | WATCHDOG))
        {
            self.stopping = true;
        }
        Ok(signals)
    }

    /// The child has died.
    fn bury(&mut self, id: u32, status: ExitStatus, next: Next) -> io::Result<()> {
        // First of all: every moment counts.
        let keep = !self.stopping && next.is_at_once();
        self.executor.begin(keep);
        let services: Vec<&str> = self.executor.services().collect();
        let how = match (status.signal(), status.core_dumped()) {
            (Some(signal), true) => format!("signal {signal}, core dumped"),
            (Some(signal), false) => format!("signal {signal}"),
            (None, _) => status.to_string(),
        };
        if services.is_empty() {
            error!("the router's process ({id}) has died ({how}); it held no addresses");
        } else {
            error!(
                "the router's process ({id}) has died ({how}); goodbye was said for {}, and the addresses answer until their successors do",
                services.join(", ")
            );
        }
        self.carry_out()
    }

    fn carry_out(&mut self) -> io::Result<()> {
        while !self.executor.is_over() {
            for parted in self.executor.act() {
                tell(&parted);
            }
            if let Some(deadline) = self.executor.deadline() {
                let nanos = deadline.nanos_since(vrrp_net::clock::now());
                let until = Instant::now() + std::time::Duration::from_nanos(nanos);
                let was_stopping = self.stopping;
                let signals = self.listen(None, Some(until))?;
                // The second request, as of the router's process.
                if was_stopping
                    && signals
                        .iter()
                        .any(|number| matches!(*number, libc::SIGTERM | libc::SIGINT))
                {
                    self.executor.hurry();
                }
            }
        }
        Ok(())
    }
}

fn tell(parted: &Parted) {
    let Parted {
        service,
        successor,
        kept,
        problem,
    } = parted;
    let instance = service.as_str();
    match (problem, successor) {
        (Some(problem), _) => error!(
            instance,
            "{service}: not all of its addresses could be removed: {problem}. Look at `ip address`; a vrrpd that starts here removes them"
        ),
        (None, Some(successor)) => {
            info!(
                instance,
                "{service}: {successor} has taken over; the addresses are gone"
            );
        }
        (None, None) if *kept => warn!(
            instance,
            "{service}: nobody has taken over; the addresses stay, and the router's next process goes on with them"
        ),
        (None, None) => info!(
            instance,
            "{service}: nobody took over in time; the addresses are gone"
        ),
    }
}
