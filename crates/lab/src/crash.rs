//! A pair of supervised daemons, one of which loses a process.

use crate::daemon::Daemon;
use crate::holders::{Change, two_holders};
use crate::pair::{Member, Options, Pair};
use crate::starved::Starved;
use crate::{LabError, Stamp, wait};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::time::Duration;

/// What dies on the node that is Active, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// kill -9 of the router's process.
    Killed,
    /// The kernel has no more memory for the router's process, and kills it.
    Starved,
    /// The router's process aborts, as after a panic of its loop.
    Aborted,
    /// kill -9 of the supervisor.
    Supervisor,
    /// Nobody: the planned stop that the others are compared with.
    Planned,
    /// kill -9 of the router's process while nobody else could take over.
    Alone,
}

/// What was measured.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Measured {
    /// From the last answer before to the first answer after.
    pub outage_ms: f64,
    /// The longest pause of the client itself: a shorter outage cannot be told from it.
    pub own_stall_ms: f64,
    /// How long both kernels held the address.
    pub two_holders_ms: f64,
    /// From the death to the moment when the node's kernel had no such address any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone_ms: Option<f64>,
}

/// Started by a shell that adds the option and becomes the daemon.
fn start(member: &mut Member) -> Result<(), LabError> {
    let words = ["sh", "-c", "exec \"$0\" --supervised \"$@\""].map(OsString::from);
    let config = member.config.text();
    member.running = Some(Daemon::Vrrpd.start_under(&words, &member.node, &config, true)?);
    Ok(())
}

/// A pair under supervisors, the better node Active.
///
/// # Errors
/// When the lab cannot be built or the pair does not settle.
pub fn settled(options: &Options) -> Result<Pair, LabError> {
    let mut pair = Pair::new(options)?;
    start(&mut pair.better)?;
    start(&mut pair.other)?;
    pair.wait_for_better()?;
    // The second node has to know the first.
    std::thread::sleep(options.interval() * 2);
    pair.wait_for_better()?;
    Ok(pair)
}

/// The process id of the one child that a supervisor has.
///
/// # Errors
/// [`LabError::TooLate`] when it has none.
pub fn router_of(pair: &mut Pair) -> Result<Pid, LabError> {
    let parent = pair.better.running()?.process.id();
    wait::until("a router's process", Duration::from_secs(5), || {
        let path = format!("/proc/{parent}/task/{parent}/children");
        let children = std::fs::read_to_string(path).ok()?;
        children
            .split_whitespace()
            .next()?
            .parse()
            .ok()
            .map(Pid::from_raw)
    })
}

/// Until the kernel has killed it: it asks for memory when it reads its file again.
fn starve(router: Pid) -> Result<(), LabError> {
    let group = Starved::group(&router.to_string())?;
    group.take(router)?;
    wait::until("a kill for want of memory", Duration::from_secs(5), || {
        let _gone = kill(router, Signal::SIGHUP);
        group.kills().is_ok_and(|kills| kills > 0).then_some(())
    })
}

impl Death {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Killed,
        Self::Starved,
        Self::Aborted,
        Self::Supervisor,
        Self::Planned,
        Self::Alone,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Killed => "router, kill -9",
            Self::Starved => "router, out of memory",
            Self::Aborted => "router, abort",
            Self::Supervisor => "supervisor, kill -9",
            Self::Planned => "planned stop",
            Self::Alone => "router, kill -9, alone",
        }
    }

    /// Let it happen to a pair of [`settled`], and look on for long enough to see what it leaves behind.
    ///
    /// # Errors
    /// When what has to happen does not.
    pub fn run(self, pair: &mut Pair) -> Result<Measured, LabError> {
        if self == Self::Alone {
            pair.other.running()?.stop()?;
            pair.other.wait_for_end(Duration::from_secs(10))?;
        }
        let router = router_of(pair)?;
        let supervisor = pair.better.running()?.process.id();
        let probe = pair.probe()?;
        probe.wait_for(&pair.better.node, Duration::from_secs(5))?;
        let since = Stamp::now();
        let signal = |process, signal| kill(process, signal).map_err(LabError::errno(self.name()));
        match self {
            Self::Killed | Self::Alone => signal(router, Signal::SIGKILL)?,
            Self::Starved => starve(router)?,
            Self::Aborted => signal(router, Signal::SIGABRT)?,
            Self::Supervisor => signal(Pid::from_raw(supervisor.cast_signed()), Signal::SIGKILL)?,
            Self::Planned => signal(Pid::from_raw(supervisor.cast_signed()), Signal::SIGTERM)?,
        }
        let moves = !matches!(self, Self::Supervisor | Self::Alone);
        if moves {
            probe.wait_for(&pair.other.node, pair.options.patience())?;
        }
        // The hold, the next start, and what comes of that; but not yet the return of the better node.
        std::thread::sleep(pair.options.interval() * 2);
        let until = Stamp::now();
        if self == Self::Supervisor {
            // Nobody looks after it any more: it would be in the way of the next round.
            kill(router, Signal::SIGKILL).map_err(LabError::errno(self.name()))?;
        }
        let replies = probe.finish();
        let silence = replies.longest_silence(since);
        let better = pair.better.node.number();
        let changes = pair.holders.changes(pair.address(), since);
        let gone = changes
            .iter()
            .find(|change: &&Change| change.node == better && !change.held);
        if moves && gone.is_none() {
            return Err(pair.explain(&format!("{}: the address has stayed", self.name())));
        }
        if let (false, Some(change)) = (moves, gone) {
            let after = change.at.ms_since(since);
            return Err(pair.explain(&format!("{}: the address went after {after:.1} ms", self.name())));
        }
        let both = two_holders(&changes, &[better], since, until);
        Ok(Measured {
            outage_ms: silence.map_or(f64::NAN, |s| s.length().as_secs_f64() * 1e3),
            own_stall_ms: replies.own_stall.as_secs_f64() * 1e3,
            two_holders_ms: both.as_secs_f64() * 1e3,
            gone_ms: gone.map(|change| change.at.ms_since(since)),
        })
    }
}
