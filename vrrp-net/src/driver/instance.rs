//! One service as it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::oneshot;
use vrrp_core::wire::Difference;
use vrrp_core::{Cause, Instant, InterfaceId, TrackerId};

use super::heard::Heard;
use super::routing::entries_of;
use super::virtual_macs::Wanted;
use crate::address::keeper::Place;
use crate::devices::Devices;
use crate::handle::{RequestError, Resigned};
use crate::routing::Entry;
use crate::service::Service;

/// Peers that are remembered as not understood.
const INCOMPATIBLE_MAX: usize = 16;

/// What a service is while it runs, the state machine not included.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) service: Service,
    pub(super) name: Arc<str>,
    pub(super) interface: Option<InterfaceId>,
    pub(super) tracked: Vec<(InterfaceId, TrackerId)>,
    /// Devices with its virtual MAC; its own first, where it has one.
    pub(super) virtual_macs: Vec<Wanted>,
    /// Advertised ones first.
    pub(super) places: Vec<Place>,
    /// Routes, then rules.
    pub(super) entries: Vec<Entry>,
    pub(super) since: Instant,
    pub(super) since_wall: SystemTime,
    pub(super) why: Option<Cause>,
    /// The level of the last action: the addresses are to be present.
    pub(super) holds: bool,
    /// Removed from the configuration: goes as soon as it holds nothing.
    pub(super) leaving: bool,
    /// Routers that it has ever believed.
    pub(super) heard: Heard,
    pub(super) incompatible: BTreeMap<IpAddr, (Difference, Instant)>,
    /// During a hold: what the successor was seen to answer for.
    pub(super) answered: BTreeSet<Place>,
    pub(super) resigning: Option<oneshot::Sender<Result<Resigned, RequestError>>>,
    pub(super) send_failure_told_at: Option<Instant>,
    /// That an advertisement is too large for a frame.
    pub(super) large_told: bool,
}

impl Instance {
    pub(super) fn new(mut service: Service, devices: &mut Devices, now: Instant) -> Self {
        service.addresses.shrink_to_fit();
        service.settings.addresses.shrink_to_fit();
        let mut instance = Self {
            name: Arc::from(service.name.as_str()),
            interface: None,
            tracked: Vec::new(),
            virtual_macs: Vec::new(),
            places: Vec::new(),
            entries: Vec::new(),
            since: now,
            since_wall: SystemTime::now(),
            why: None,
            holds: false,
            leaving: false,
            heard: Heard::default(),
            incompatible: BTreeMap::new(),
            answered: BTreeSet::new(),
            resigning: None,
            send_failure_told_at: None,
            large_told: false,
            service,
        };
        instance.resolve(devices);
        instance
    }

    /// Names to numbers.
    fn resolve(&mut self, devices: &mut Devices) {
        self.interface = self.service.interface.as_deref().map(|name| devices.id(name));
        let tracked = self.service.track_interfaces.iter();
        self.tracked = tracked
            .map(|(name, tracker)| (devices.id(name), *tracker))
            .collect();
        let wanted = self.service.virtual_macs().into_iter();
        self.virtual_macs = wanted
            .map(|(device, parent, mac)| Wanted {
                device: devices.id(&device),
                parent: devices.id(&parent),
                mac,
            })
            .collect();
        self.places = places_of(&self.service, devices);
        self.entries = entries_of(&self.service);
    }

    /// Another configuration of the same router; returns the places it had before.
    pub(super) fn replace(&mut self, service: Service, devices: &mut Devices) -> Vec<Place> {
        let before = std::mem::take(&mut self.places);
        self.service = service;
        self.resolve(devices);
        before
    }

    /// Remembers that a peer is there and not understood.
    pub(super) fn note_incompatible(&mut self, source: IpAddr, difference: Difference, now: Instant) {
        if self.incompatible.len() >= INCOMPATIBLE_MAX && !self.incompatible.contains_key(&source) {
            let oldest = self.incompatible.iter().min_by_key(|(_, (_, at))| *at);
            if let Some(oldest) = oldest.map(|(source, _)| *source) {
                let _forgotten = self.incompatible.remove(&oldest);
            }
        }
        let _before = self.incompatible.insert(source, (difference, now));
    }

    /// What was wrong with it is put right, or somebody else has spoken with its address.
    pub(super) fn note_understood(&mut self, source: IpAddr) {
        let _difference = self.incompatible.remove(&source);
    }
}

/// Where the addresses of a service go.
pub(super) fn places_of(service: &Service, devices: &mut Devices) -> Vec<Place> {
    let held = service.all_held();
    held.iter()
        .filter_map(|held| {
            let device = service.device_of(held)?;
            Some(Place {
                device: devices.id(&device),
                address: held.address,
            })
        })
        .collect()
}
