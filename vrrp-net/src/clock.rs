//! The time that the core is told: one clock that goes on during suspend, and one timer armed to the next deadline.

use std::io;
use std::os::fd::OwnedFd;

use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use vrrp_core::{Instant, WallClock};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// The longest time from the card to the reader that is taken for a wake-up and not for a stall.
const WAITED_NANOS_MAX: u64 = 1_000_000;

/// Now, on CLOCK_BOOTTIME: monotonic, and it includes suspend (PRJ-TIME-05).
#[must_use]
pub fn now() -> Instant {
    let now = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
    Instant::from_nanos(seconds.saturating_mul(NANOS_PER_SECOND).saturating_add(nanos))
}

/// The time of day, which signed advertisements carry and are judged by (PRJ-HMAC-01); nothing else looks at it.
pub(crate) fn wall() -> WallClock {
    let now = clock_gettime(ClockId::Realtime);
    WallClock {
        seconds: u64::try_from(now.tv_sec).unwrap_or(0),
        nanos: u32::try_from(now.tv_nsec).unwrap_or(0),
    }
}

/// How long a packet waited that the kernel took from the card at `taken_at` and that was read at `wall`, in nanoseconds.
pub(crate) fn waited(taken_at: WallClock, wall: WallClock) -> Option<u64> {
    let nanos = |time: WallClock| {
        let whole = time.seconds.checked_mul(NANOS_PER_SECOND)?;
        whole.checked_add(u64::from(time.nanos))
    };
    nanos(wall)?.checked_sub(nanos(taken_at)?)
}

/// When a packet came that was read at `read_at` and had waited for so many nanoseconds.
///
/// "Upon receipt" (RFC 9568 6.4.2) is the kernel's moment: waking up takes a tenth of a millisecond, and differs from
/// router to router by more than the Skew_Time of neighbouring priorities at 10 ms. What waited longer than
/// [`WAITED_NANOS_MAX`] counts from the reading: after a stall the queue holds the oldest packets, and the newest,
/// which did not find room, are those that would tell that the Active Router lives. So does what waited while the time
/// of day was set.
pub(crate) fn arrival(waited: Option<u64>, read_at: Instant) -> Instant {
    match waited {
        Some(waited) if waited <= WAITED_NANOS_MAX => read_at.minus_nanos(waited),
        _ => read_at,
    }
}

/// A timerfd: tokio's own timers are a millisecond late.
#[derive(Debug)]
pub(crate) struct Alarm {
    armed_for: Option<Instant>,
}

impl Alarm {
    /// The descriptor to wait on, and what arms it.
    pub(crate) fn new() -> io::Result<(OwnedFd, Self)> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let fd = timerfd_create(TimerfdClockId::Boottime, flags)?;
        Ok((fd, Self { armed_for: None }))
    }

    /// When it will ring.
    pub(crate) const fn armed_for(&self) -> Option<Instant> {
        self.armed_for
    }

    /// Rings at `at`, at once where that is past, never for `None`. Arming it anew stops an earlier ring.
    pub(crate) fn arm(&mut self, fd: &OwnedFd, at: Option<Instant>) -> io::Result<()> {
        if self.armed_for == at && at.is_some() {
            return Ok(());
        }
        // All zeroes would disarm it.
        let nanos = at.map_or(0, |at| at.as_nanos().max(1));
        let value = Timespec {
            tv_sec: i64::try_from(nanos / NANOS_PER_SECOND).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(nanos % NANOS_PER_SECOND).unwrap_or(0),
        };
        let interval = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let spec = Itimerspec {
            it_interval: interval,
            it_value: value,
        };
        let _before = timerfd_settime(fd, TimerfdTimerFlags::ABSTIME, &spec)?;
        self.armed_for = at;
        Ok(())
    }

    /// Rang: there is nothing armed until the next [`Alarm::arm`].
    pub(crate) const fn rang(&mut self) {
        self.armed_for = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, poll};

    /// A wake-up of 90 us is no part of the interval; a stall and a clock that was set are.
    #[test]
    fn a_packet_counts_from_the_card_unless_it_waited_for_more_than_a_wake_up() {
        let read_at = Instant::from_nanos(50_000_000_000);
        let wall = |seconds, nanos| WallClock { seconds, nanos };
        let at = |taken_at, read| arrival(waited(taken_at, read), read_at).as_nanos();
        assert_eq!(at(wall(1_000, 10_000), wall(1_000, 100_000)), 49_999_910_000);
        // Over the edge of a second.
        assert_eq!(at(wall(999, 999_950_000), wall(1_000, 40_000)), 49_999_910_000);
        assert_eq!(at(wall(1_000, 0), wall(1_000, 1_000_000)), 49_999_000_000);
        assert_eq!(
            at(wall(1_000, 0), wall(1_000, 1_000_001)),
            50_000_000_000,
            "a stall"
        );
        assert_eq!(at(wall(1_000, 1), wall(1_000, 0)), 50_000_000_000, "set back");
        assert_eq!(at(wall(0, 0), wall(u64::MAX, 0)), 50_000_000_000, "nonsense");
    }

    /// PRJ-TIME-05: absolute on a clock that never steps back; a deadline in the past rings at once.
    #[test]
    fn prj_time_05_an_alarm_rings_at_its_absolute_time_and_at_once_where_that_is_past() {
        let (fd, mut alarm) = Alarm::new().unwrap();
        let start = now();
        alarm.arm(&fd, Some(start.plus_nanos(20_000_000))).unwrap();
        let limit = Timespec {
            tv_sec: 5,
            tv_nsec: 0,
        };
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        assert_eq!(poll(&mut fds, Some(&limit)).unwrap(), 1);
        assert!(now().nanos_since(start) >= 20_000_000);

        alarm.arm(&fd, Some(Instant::from_nanos(0))).unwrap();
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        assert_eq!(poll(&mut fds, Some(&limit)).unwrap(), 1, "past is now");

        alarm.arm(&fd, None).unwrap();
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        assert_eq!(poll(&mut fds, Some(&at_once)).unwrap(), 0, "disarmed");
    }
}
