//! Interfaces by name, numbered for the core: the number stays when the interface is recreated under another index.

use vrrp_core::InterfaceId;

use crate::watch::Table;

/// The names that the configuration has used so far.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    names: Vec<String>,
}

impl Devices {
    /// The number of a name, new or known.
    pub(crate) fn id(&mut self, name: &str) -> InterfaceId {
        let place = self.names.iter().position(|known| known == name);
        let place = place.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len().saturating_sub(1)
        });
        InterfaceId(u64::try_from(place).unwrap_or(u64::MAX))
    }

    /// The name behind a number.
    pub(crate) fn name(&self, id: InterfaceId) -> &str {
        let place = usize::try_from(id.0).unwrap_or(usize::MAX);
        self.names.get(place).map_or("?", String::as_str)
    }

    /// The kernel's index at the moment; `None` while there is no such interface.
    pub(crate) fn index(&self, table: &Table, id: InterfaceId) -> Option<u32> {
        table.index_of(self.name(id))
    }

    /// Every number given so far.
    pub(crate) fn ids(&self) -> impl Iterator<Item = InterfaceId> + use<> {
        (0..u64::try_from(self.names.len()).unwrap_or(u64::MAX)).map(InterfaceId)
    }
}
