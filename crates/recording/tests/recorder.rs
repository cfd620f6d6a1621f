//! A recording beside a loop that never waits: slow and failing disks, and what is lost.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may")]

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vrrp_core::{
    Family, Health, Input, InstanceId, Instant, InterfaceId, Link, Outbox, Profile, Router, Settings,
    Tracker, TrackerId, Vrid, Weight,
};
use vrrp_recording::{Event, Recorder, Replay, Sink, Told, Writing};

const LONG: Duration = Duration::from_secs(20);

/// A disk of which the test decides when it answers, and what.
struct Disk {
    asks: Sender<()>,
    answers: Receiver<io::Result<()>>,
    text: Arc<Mutex<String>>,
}

impl Sink for Disk {
    fn append(&mut self, lines: &str) -> io::Result<()> {
        let _gone = self.asks.send(());
        // Where the test has nothing more to say, all is well.
        self.answers.recv().unwrap_or(Ok(()))?;
        self.text.lock().unwrap().push_str(lines);
        Ok(())
    }
}

struct Place {
    router: Router,
    id: InstanceId,
    now: u64,
    asks: Receiver<()>,
    answers: Option<Sender<io::Result<()>>>,
    text: Arc<Mutex<String>>,
    told: Receiver<Told>,
    writing: Writing,
}

impl Place {
    fn new(waiting_max: usize) -> Self {
        let (asks, asked) = channel();
        let (answer, answers) = channel();
        let text = Arc::<Mutex<String>>::default();
        let disk = Disk {
            asks,
            answers,
            text: Arc::clone(&text),
        };
        let (tell, told) = channel();
        let told_of = move |what| drop(tell.send(what));
        let (recorder, writing) =
            Recorder::start(disk, Instant::default(), "a test", waiting_max, told_of).unwrap();
        let mut router = Router::new();
        router.set_witness(Some(recorder));
        let mut settings = Settings::new(
            Profile::Default,
            Family::Ipv4,
            Vrid::new(51).unwrap(),
            InterfaceId(2),
        );
        settings.addresses.push("192.0.2.254".parse().unwrap());
        let weight = Weight::from_keepalived(-10, false);
        settings.trackers = vec![Tracker {
            weight,
            initial: Health::Up,
        }];
        let id = router.add(settings.build().unwrap()).unwrap();
        router.introduce(id, "VI_1");
        let answers = Some(answer);
        Self {
            router,
            id,
            now: 0,
            asks: asked,
            answers,
            text,
            told,
            writing,
        }
    }

    fn answer(&self, result: io::Result<()>) {
        self.asks.recv_timeout(LONG).unwrap();
        self.answers.as_ref().unwrap().send(result).unwrap();
    }

    fn handle(&mut self, input: Input) {
        self.now += 1_000_000;
        let now = Instant::from_nanos(self.now);
        self.router.handle(now, self.id, input, &mut Outbox::new());
    }

    fn flap(&mut self, times: usize) {
        for time in 0..times {
            let health = if time % 2 == 0 { Health::Down } else { Health::Up };
            self.handle(Input::Track(TrackerId(0), health));
        }
    }

    /// Everything that was written, and everything that was told.
    fn end(mut self) -> (String, Vec<Told>) {
        self.answers = None;
        drop(self.router);
        assert!(self.writing.finish(LONG));
        (self.text.lock().unwrap().clone(), self.told.try_iter().collect())
    }
}

/// Decisions replayed, all as recorded; lines that are said to be lost; inputs of a router that is not known.
fn replay(text: &str) -> (usize, u64, usize) {
    let (mut decisions, mut lost, mut unknown) = (0, 0, 0);
    for replayed in Replay::new(text.lines()) {
        match replayed.unwrap_or_else(|wrong| panic!("{wrong}\n{text}")).event {
            Event::Decision(decision) => {
                assert!(decision.is_as_recorded(), "{decision:#?}\n{text}");
                decisions += 1;
            }
            Event::Lost { lines } => lost += lines,
            Event::Unknown { .. } => unknown += 1,
            _ => {}
        }
    }
    (decisions, lost, unknown)
}

#[test]
fn everything_is_written_before_the_end() {
    let mut place = Place::new(1000);
    let primary = Some("192.0.2.1".parse().unwrap());
    place.handle(Input::Link(Link { up: true, primary }));
    place.handle(Input::Start);
    place.flap(100);
    let (text, told) = place.end();
    assert_eq!(replay(&text), (102, 0, 0));
    assert!(told.is_empty(), "{told:?}");
    assert!(
        text.starts_with("vrrp-recording 1 at=0.000000000 a test\n0.000000000 VI_1 router "),
        "{text}"
    );
}

/// The loop goes on while the disk does not answer; what found no room is counted, and the router is known again after it.
#[test]
fn a_disk_that_does_not_answer_costs_lines_and_no_time() {
    let mut place = Place::new(10);
    place.asks.recv_timeout(LONG).unwrap();
    place.flap(1000);
    // Ten waited, the rest is lost. They are written, and there is room again.
    place.answers = None;
    let end = std::time::Instant::now() + LONG;
    while !place.text.lock().unwrap().contains(" VI_1 track ") {
        assert!(std::time::Instant::now() < end);
        std::thread::yield_now();
    }
    place.flap(3);
    let (text, told) = place.end();
    let (decisions, lost, unknown) = replay(&text);
    // The introduction may have been among the ten.
    assert!([990, 991].contains(&lost), "{lost}: {text}");
    assert_eq!((decisions as u64 + lost, unknown), (1002, 1), "{text}");
    assert!(matches!(told.as_slice(), [Told::Behind { .. }]), "{told:?}");
}

/// A full disk: told once, tried again, and the recording goes on with what is known then.
#[test]
fn a_full_disk_is_told_once_and_the_recording_goes_on() {
    let mut place = Place::new(1000);
    let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
    place.answer(full());
    let mut batches = 1;
    // Each batch is tried, and lost.
    while batches < 4 {
        place.flap(2);
        place.answer(full());
        batches += 1;
    }
    place.answers = None;
    // Once there is room on the disk, and a second after the last try, every router is written down anew.
    let end = std::time::Instant::now() + LONG;
    while !place.text.lock().unwrap().contains(" VI_1 router ") {
        assert!(std::time::Instant::now() < end, "{}", place.text.lock().unwrap());
        place.now += 2_000_000_000;
        place.flap(2);
        std::thread::sleep(Duration::from_millis(1));
    }
    place.flap(4);
    let (text, told) = place.end();
    assert!(text.starts_with("vrrp-recording 1 "), "{text}");
    let (decisions, lost, unknown) = replay(&text);
    assert!(decisions >= 4 && lost >= 4 && unknown >= 1, "{text}");
    let [Told::Failed(error), Told::Again { lost: again }] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(*again, lost);
}
