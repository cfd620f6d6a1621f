//! The names that an instance's facts are worded with.

use vrrp_core::TrackerId;
use vrrp_plan::{Instance, Tracked};

use crate::words::Names;

/// A tracked object, as lines of the log name it.
pub(crate) fn tracked(object: &Tracked) -> String {
    match object {
        Tracked::Check(name) => format!("check {name}"),
        Tracked::Interface(name) => format!("tracked interface {name}"),
        Tracked::File(name) => format!("tracked file {name}"),
        Tracked::Process(name) => format!("tracked process {name}"),
        Tracked::Statics(name) => format!("a static entry of track_group {name}"),
    }
}

/// An instance of the plan, or one that has just left it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    planned: Option<&'a Instance>,
    interface: Option<&'a str>,
}

impl<'a> Named<'a> {
    pub(crate) fn new(planned: Option<&'a Instance>, interface: Option<&'a str>) -> Self {
        Self { planned, interface }
    }

    pub(crate) fn of(planned: &'a Instance) -> Self {
        Self::new(Some(planned), planned.service.interface.as_deref())
    }
}

impl Names for Named<'_> {
    fn tracked(&self, id: TrackerId) -> String {
        match self.planned.and_then(|planned| planned.tracked(id)) {
            Some(object) => tracked(object),
            None => format!("tracked object {}", id.0),
        }
    }

    fn gate(&self, id: TrackerId) -> String {
        let name = self.tracked(id);
        match self.planned.and_then(|planned| planned.tracked(id)) {
            Some(Tracked::File(_)) => format!("the number of {name} bars it"),
            Some(Tracked::Process(_)) => format!("{name} does not run as it should"),
            _ => format!("{name} is not up"),
        }
    }

    fn interface(&self) -> String {
        self.interface
            .map_or_else(|| "the interface".to_owned(), |name| format!("interface {name}"))
    }
}
