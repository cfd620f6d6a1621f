//! Who looks on, and from when until when.

use std::sync::Arc;
use std::thread;

use vrrp_net::{Driver, Options};
use vrrp_recording::{Event, Replay, Transcript};

use crate::adverts::service;
use crate::lab::{Node, block_on, isolated, switch};

fn told(transcript: &Transcript) -> Vec<Event> {
    let text = transcript.text();
    let replayed = Replay::new(text.lines()).map(|one| one.unwrap().event);
    replayed.collect()
}

/// Set and taken away before the loop has a turn: it has seen how everything was, in order, and nothing of what came later.
#[test]
fn one_that_is_taken_away_at_once_has_seen_every_router() {
    isolated(
        "witness::one_that_is_taken_away_at_once_has_seen_every_router",
        || {
            switch();
            let node = Node::new(1);
            let service = service(51).address("192.0.2.254").unwrap();
            let (first, second) = (
                Arc::new(Transcript::new("first")),
                Arc::new(Transcript::new("second")),
            );
            let seen = [first.clone(), second.clone()];
            let thread = node.run(move || {
                let driver = Driver::open(vec![service], Options::default()).unwrap();
                let handle = driver.handle();
                for witness in seen {
                    handle.set_witness(Some(witness)).unwrap();
                    handle.set_witness(None).unwrap();
                }
                thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_io()
                        .build()
                        .unwrap();
                    runtime.block_on(async { tokio::join!(driver.run(), handle.stop()) })
                })
            });
            let (ran, stopped) = block_on(async move { thread.join().unwrap() });
            ran.unwrap();
            stopped.unwrap();
            for transcript in [&first, &second] {
                let told = told(transcript);
                assert!(
                    matches!(
                        told.as_slice(),
                        [
                            Event::Begins { .. },
                            Event::Router {
                                known_before: true,
                                ..
                            }
                        ]
                    ),
                    "{told:?}"
                );
            }
        },
    );
}
