//! Steps in, commands out; and the kernel's table read again, because others may change it too.

use std::collections::BTreeSet;
use std::time::Duration;

use vrrp_core::Instant;
use vrrp_ipvs::{Difference, Error, ServiceKey, Table, Timeouts};
use vrrp_plan::balance::AtStop;

use super::Kernel;
use super::counters::{self, Counters};
use super::progress::{self, Progress};
use super::settings::{Settings, Settler, Trouble};
use super::status::KernelStatus;
use super::subset::Subset;
use crate::decide::Step;
use crate::event::KernelEvent;

/// How often the kernel's table is read though nothing is known to have happened: it tells of no change that another makes. Of a
/// table that takes long to read less often: so that reading takes 2 % of the time at most, and every 30 s at least.
pub const AUDIT_EVERY: Duration = Duration::from_secs(5);
const AUDIT_EVERY_MAX: Duration = Duration::from_secs(30);
/// For what a reading costs there are so many times of that without one.
const AUDIT_REST: u32 = 50;
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Of many of one kind so many are told one by one.
const TOLD_MAX: usize = 8;

/// Makes a kernel's table the wanted one, and keeps it so. It has no clock (but to see what a reading costs) and no thread: call
/// [`Self::turn`] with what is new, and when [`Self::deadline`] has come.
///
/// What a balance of this process names or has named is ours; anything else is left alone.
#[derive(Debug)]
pub struct Keeper<K> {
    kernel: K,
    wanted: Table,
    ours: BTreeSet<ServiceKey>,
    believed: Table,
    /// Services that are not as wanted, because of what was refused.
    incomplete: BTreeSet<ServiceKey>,
    /// What became of a command is not known: what is found need not be another's doing.
    is_uncertain: bool,
    settler: Settler,
    audit_at: Instant,
    audit_every: Duration,
    /// After a refusal. What others do is looked for meanwhile, and what was refused is not asked for by that.
    again_at: Option<Instant>,
    pause: Duration,
    told: BTreeSet<Trouble>,
    status: KernelStatus,
}

impl<K: Kernel> Keeper<K> {
    /// With the table as it was found.
    pub fn new(now: Instant, kernel: K, found: Table) -> Self {
        Self {
            kernel,
            wanted: Table::new(),
            ours: BTreeSet::new(),
            believed: found,
            incomplete: BTreeSet::new(),
            is_uncertain: false,
            settler: Settler::default(),
            audit_at: plus(now, AUDIT_EVERY),
            audit_every: AUDIT_EVERY,
            again_at: None,
            pause: PAUSE,
            told: BTreeSet::new(),
            status: KernelStatus {
                readings: 1,
                ..KernelStatus::default()
            },
        }
    }

    /// What the timeouts of connections were before whoever was here before has set them, and died: these are put back at the end.
    pub const fn inherit_timeouts(&mut self, before: Timeouts) {
        self.settler.timeouts_before = Some(before);
        self.status.timeouts_before = Some(before);
    }

    /// When to call [`Self::turn`] though there is nothing new.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.again_at.map_or(self.audit_at, |at| at.min(self.audit_at))
    }

    /// The next [`Self::turn`] reads the kernel's table, whenever it is.
    pub const fn read_next(&mut self) {
        self.again_at = Some(Instant::from_nanos(0));
    }

    /// Carries out what is new, and what is due; what is to be told.
    pub fn turn(&mut self, now: Instant, steps: &[Step], settings: Option<Settings>) -> Vec<KernelEvent> {
        let mut events = Vec::new();
        let mut subset = Subset::default();
        // The first turn says what is foreign.
        let mut is_new = self.status.commands == 0;
        for step in steps {
            step.apply(&mut self.wanted);
            is_new |= self.ours.insert(*step.service());
            subset.add(step);
        }
        let new_settings = settings.is_some_and(|settings| self.settler.want(settings));
        let mut troubles = BTreeSet::new();
        // Nothing is taken away by what is not known to be there.
        let mut is_whole = match self.again_at {
            Some(at) => now >= at,
            None => now >= self.audit_at,
        } || (self.is_uncertain && !subset.is_empty());
        if !is_whole && now >= self.audit_at {
            self.look_for_hands(now, &mut subset, &mut events, &mut troubles);
        }
        if !is_whole && !subset.is_empty() {
            // What is refused need not be a trouble yet: what is believed may be wrong.
            is_whole = !self.compare(subset);
        }
        let mut is_well = !is_whole || self.compare_all(now, &mut events, &mut troubles);
        if !is_well {
            // Perhaps nothing of these steps was begun, as the table could not be read: what comes next must not go before them.
            self.incomplete.extend(steps.iter().map(Step::service));
        }
        if is_whole || new_settings {
            let of_settings = self.settler.settle(&mut self.kernel, &mut events);
            is_well &= of_settings.is_empty();
            troubles.extend(of_settings);
        }
        if !is_well {
            self.try_again(now);
        } else if is_whole {
            // Only where all is well: a daemon that is refused must not be asked for every second beside a table that is not.
            self.pause = PAUSE;
        }
        self.tell(is_whole, troubles, &mut events);
        self.update_status(is_whole || is_new);
        events
    }

    /// The part that steps are about; all of a service of which the kernel has refused some. False where it refuses.
    fn compare(&mut self, mut subset: Subset) -> bool {
        let missing = |key: &ServiceKey| self.believed.get(key).is_none() || self.wanted.get(key).is_none();
        subset.widen(|key| self.incomplete.contains(key) || missing(key));
        let difference = Difference::between(&subset.of(&self.wanted), &subset.of(&self.believed), |key| {
            self.ours.contains(key)
        });
        self.carry_out(&difference).refused.is_empty()
    }

    /// Reads the kernel's table while what was refused rests: only where others have been is anything to be done.
    fn look_for_hands(
        &mut self,
        now: Instant,
        subset: &mut Subset,
        events: &mut Vec<KernelEvent>,
        troubles: &mut BTreeSet<Trouble>,
    ) {
        let began = std::time::Instant::now();
        match self.read(events) {
            Ok(hands) => hands
                .changes()
                .for_each(|change| subset.add_service(change.service())),
            Err(error) => {
                troubles.insert(could_not_read(&error));
            }
        }
        self.audit_every = audit_after(began.elapsed());
        self.audit_at = plus(now, self.audit_every);
    }

    /// Reads the kernel's table, and makes all of it as wanted; once more where something is refused, for what was read may
    /// have changed meanwhile. False where it is not as wanted then.
    fn compare_all(
        &mut self,
        now: Instant,
        events: &mut Vec<KernelEvent>,
        troubles: &mut BTreeSet<Trouble>,
    ) -> bool {
        self.audit_at = plus(now, self.audit_every);
        self.again_at = None;
        for is_last in [false, true] {
            let began = std::time::Instant::now();
            if let Err(error) = self.read(events) {
                troubles.insert(could_not_read(&error));
                return false;
            }
            let difference = Difference::between(&self.wanted, &self.believed, |key| self.ours.contains(key));
            self.audit_every = audit_after(began.elapsed());
            self.audit_at = plus(now, self.audit_every);
            self.incomplete.clear();
            let progress = self.carry_out(&difference);
            if progress.refused.is_empty() && progress.incomplete.is_empty() {
                return true;
            }
            if is_last {
                troubles.extend(progress.causes());
            }
        }
        false
    }

    /// The answer: what others have done, as what undoes it.
    fn read(&mut self, events: &mut Vec<KernelEvent>) -> Result<Difference, Error> {
        self.status.readings = self.status.readings.saturating_add(1);
        let found = self.kernel.table()?;
        // What differs from what was left there, entry by entry.
        let hands = Difference::between(&self.believed, &found, |key| self.ours.contains(key));
        let count = hands.changes().count();
        if count > 0 && !self.is_uncertain {
            self.status.repairs = self
                .status
                .repairs
                .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            events.push(KernelEvent::ForeignHand {
                repairs: hands.changes().take(TOLD_MAX).map(ToString::to_string).collect(),
                count,
            });
        }
        self.believed = found;
        self.is_uncertain = false;
        Ok(hands)
    }

    fn carry_out(&mut self, difference: &Difference) -> Progress {
        let progress = progress::carry_out(&mut self.kernel, difference, &mut self.believed);
        self.status.commands = self.status.commands.saturating_add(progress.done);
        self.incomplete.extend(progress.incomplete.iter().copied());
        self.is_uncertain |= progress.is_unknown;
        progress
    }

    fn try_again(&mut self, now: Instant) {
        self.again_at = Some(plus(now, self.pause));
        self.pause = self.pause.saturating_mul(2).min(PAUSE_MAX);
    }

    /// Each trouble once, until all of them are over.
    fn tell(&mut self, is_whole: bool, troubles: BTreeSet<Trouble>, events: &mut Vec<KernelEvent>) {
        let new = troubles.difference(&self.told).take(TOLD_MAX);
        events.extend(new.map(|trouble| KernelEvent::Refused {
            asked: trouble.asked.clone(),
            reason: trouble.reason.clone(),
        }));
        if is_whole {
            if troubles.is_empty() && !self.told.is_empty() {
                events.push(KernelEvent::Recovered);
            }
            self.told = troubles;
        } else {
            self.told.extend(troubles);
        }
    }

    fn update_status(&mut self, is_whole: bool) {
        let words = |trouble: &Trouble| format!("{}: {}", trouble.asked, trouble.reason);
        self.status.troubles = self.told.iter().map(words).collect();
        self.status.daemons.clone_from(&self.settler.running);
        self.status.timeouts_before = self.settler.timeouts_before;
        if is_whole {
            let all = self.believed.iter();
            let foreign = all.filter(|(key, _)| !self.ours.contains(key));
            self.status.foreign = foreign.map(|(key, _)| *key).collect();
        }
    }

    /// How it stands.
    #[must_use]
    pub const fn status(&self) -> &KernelStatus {
        &self.status
    }

    /// What passes in our services.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub fn counters(&mut self, now: Instant) -> Result<Counters, Error> {
        counters::read(&mut self.kernel, now, &self.wanted)
    }

    /// The end. The kernel keeps what it has where it is to, timeouts and daemons of synchronisation too; else these are as they
    /// were before, also where a service could not be taken out.
    ///
    /// # Errors
    /// What could not be taken out, the first of it.
    pub fn stop(&mut self, how: AtStop) -> Result<(), Error> {
        let emptied = match how {
            AtStop::Keep => return Ok(()),
            AtStop::Flush => self.kernel.flush(),
            AtStop::TakeOut => self.take_out(),
        };
        self.settler.want(Settings::default());
        self.settler.settle(&mut self.kernel, &mut Vec::new());
        emptied
    }

    fn take_out(&mut self) -> Result<(), Error> {
        self.believed = self.kernel.table()?;
        let difference = Difference::between(&Table::new(), &self.believed, |key| self.ours.contains(key));
        let refused = self.carry_out(&difference).refused;
        refused.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// The kernel again, when nothing more is to be kept.
    pub fn into_kernel(self) -> K {
        self.kernel
    }

    /// The kernel that it keeps.
    pub const fn kernel(&mut self) -> &mut K {
        &mut self.kernel
    }
}

fn could_not_read(error: &Error) -> Trouble {
    Trouble::of("read the table of services", error)
}

/// When to read again after a reading that took so long.
fn audit_after(took: Duration) -> Duration {
    took.saturating_mul(AUDIT_REST)
        .clamp(AUDIT_EVERY, AUDIT_EVERY_MAX)
}

fn plus(at: Instant, by: Duration) -> Instant {
    at.plus_nanos(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_takes_a_fiftieth_of_the_time() {
        let after_ms = |took| audit_after(Duration::from_millis(took)).as_millis();
        assert_eq!(after_ms(0), 5_000);
        assert_eq!(after_ms(100), 5_000);
        assert_eq!(after_ms(200), 10_000);
        assert_eq!(after_ms(10_000), 30_000);
    }
}
