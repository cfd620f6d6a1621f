//! Every metric that there is: name, kind, what it says, and where it comes from. docs/metrics.md is this list.

mod checks;
mod counters;
mod daemon;
mod instances;
mod servers;
mod told;

use vrrp_control::Status;
use vrrp_control::servers::Servers;

use super::look::Look;

/// What metrics are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) look: &'a Look,
    /// `None`: the router loop gave no answer.
    pub(super) status: Option<&'a Status>,
    /// `None`: no virtual server is balanced here.
    pub(super) servers: Option<&'a Servers>,
    /// Connections that found no place at the listener.
    pub(super) refused: u64,
}

/// One number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    Whole(u64),
    Signed(i64),
    Real(f64),
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Whole(value)
    }
}

impl From<u8> for Value {
    fn from(value: u8) -> Self {
        Self::Whole(value.into())
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Whole(u64::try_from(value).unwrap_or(u64::MAX))
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Signed(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Whole(value.into())
    }
}

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only grows, from 0 at the start of the daemon.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It is 1; what it says is in its labels.
    Info,
}

/// Takes the values of the labels, in their order, and the number.
pub(super) type Each<'a> = &'a mut dyn FnMut(&[&str], Value);

/// Where the numbers come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Series {
    /// From all that is known.
    Of(fn(&Facts<'_>, Each<'_>)),
    /// One for each instance, by the name of the counter in its status.
    Counter(&'static str),
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family {
    /// Without unit and suffix.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// It is a time in seconds.
    pub(super) seconds: bool,
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
    pub(super) series: Series,
}

impl Family {
    const fn gauge(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        of: fn(&Facts<'_>, Each<'_>),
    ) -> Self {
        Self {
            name,
            kind: Kind::Gauge,
            seconds: false,
            labels,
            help,
            series: Series::Of(of),
        }
    }

    const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        of: fn(&Facts<'_>, Each<'_>),
    ) -> Self {
        Self {
            kind: Kind::Counter,
            ..Self::gauge(name, labels, help, of)
        }
    }

    const fn info(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        of: fn(&Facts<'_>, Each<'_>),
    ) -> Self {
        Self {
            kind: Kind::Info,
            ..Self::gauge(name, labels, help, of)
        }
    }

    const fn in_seconds(self) -> Self {
        Self {
            seconds: true,
            ..self
        }
    }

    /// As it stands in a query.
    #[cfg(test)]
    pub(super) fn full_name(&self) -> String {
        let unit = if self.seconds { "_seconds" } else { "" };
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Gauge => "",
            Kind::Info => "_info",
        };
        format!("{}{unit}{suffix}", self.name)
    }
}

/// All of them, in the order in which they are told.
pub(super) fn all() -> impl Iterator<Item = &'static Family> {
    (daemon::FAMILIES.iter())
        .chain(instances::FAMILIES)
        .chain(counters::FAMILIES)
        .chain(checks::FAMILIES)
        .chain(servers::FAMILIES)
        .chain(told::FAMILIES)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 104 days in nanoseconds, and nearly so beyond"
)]
fn seconds_of_ns(nanoseconds: u64) -> Value {
    Value::Real(nanoseconds as f64 / 1e9)
}

#[expect(clippy::cast_precision_loss, reason = "exact for every time of this era")]
fn seconds_of_ms(milliseconds: u64) -> Value {
    Value::Real(milliseconds as f64 / 1e3)
}
