//! A balance carried out by everything but a kernel's IPVS: real checks of real sockets, programs and files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says by a panic what is wrong"
)]

#[path = "../model/balances.rs"]
mod balances;
#[path = "../model/mod.rs"]
mod model;

mod checks;
mod renamed;
mod running;
mod sql;
mod suspended;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vrrp_director::{Event, Handle, Options, ServerStatus, start};
use vrrp_plan::balance::{Balance, Look};
use vrrp_plan::{Asks, Question};

use crate::model::Model;

const LIMIT: Duration = Duration::from_secs(20);

/// A connection.
fn connects(to: SocketAddr) -> Question {
    Question {
        word: "TCP_CHECK",
        ip: to.ip(),
        port: to.port(),
        source: None,
        source_port: 0,
        interface: None,
        mark: 0,
        connect_timeout: Duration::from_secs(5),
        asks: Asks::Tcp,
    }
}

fn asks(to: SocketAddr) -> Look {
    Look::Ask(Box::new(connects(to)))
}

/// What was told, in order.
#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<Event>>>);

impl Told {
    fn all(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }
}

fn begin(balance: Balance, options: Options) -> (Handle, Model, Told) {
    let (kernel, told) = (Model::default(), Told::default());
    let events = Arc::clone(&told.0);
    let handle = start(kernel.clone(), balance, options, move |event| {
        events.lock().unwrap().push(event);
    });
    (handle.unwrap(), kernel, told)
}

fn server(handle: &Handle, name: &str) -> ServerStatus {
    let servers = handle.snapshot().virtual_servers;
    let mut servers = servers.into_iter().flat_map(|server| server.servers);
    servers.find(|server| &*server.name == name).unwrap()
}

/// Waits until the deciding value says so, and the kernel has been asked for it.
async fn until(handle: &Handle, is_so: impl Fn(&Handle) -> bool) {
    let mut revision = handle.watch();
    let waiting = async {
        while !is_so(handle) {
            revision.changed().await.unwrap();
        }
        handle.settled().await;
    };
    let waited = tokio::time::timeout(LIMIT, waiting).await;
    assert!(waited.is_ok(), "it did not come to be: {:#?}", handle.snapshot());
}
