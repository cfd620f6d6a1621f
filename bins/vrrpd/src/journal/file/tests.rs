use std::fs;
use std::os::unix::fs::PermissionsExt;

use vrrp_control::EventKind;

use super::*;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn entry(seq: u64) -> Arc<Entry> {
    Arc::new(Entry::new(Event {
        seq,
        ..Event::new(EventKind::Reload, "done", "x".repeat(40))
    }))
}

fn numbers(path: &Path) -> Vec<u64> {
    let text = fs::read_to_string(path).unwrap();
    let events = text
        .lines()
        .map(|line| Event::from_line(line.as_bytes()).unwrap());
    events.map(|event| event.seq).collect()
}

async fn write_all(paper: &Paper, seqs: std::ops::Range<u64>) {
    for seq in seqs {
        paper.put(&entry(seq));
    }
    paper.written().await;
}

#[tokio::test]
async fn a_later_daemon_counts_on_also_behind_half_a_line() {
    let folder = folder();
    let path = folder.path().join("events");
    let paper = Paper::open(&path, 1).unwrap();
    assert_eq!(paper.first(), 1);
    write_all(&paper, 1..4).await;
    assert_eq!(paper.status().written, 3);
    drop(paper);
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"seq\":4,\"at_u").unwrap();
    let paper = Paper::open(&path, 1).unwrap();
    assert_eq!(paper.first(), 4);
    write_all(&paper, 4..6).await;
    let text = fs::read_to_string(&path).unwrap();
    let whole: Vec<u64> = text
        .lines()
        .filter_map(|line| Event::from_line(line.as_bytes()).ok())
        .map(|event| event.seq)
        .collect();
    assert_eq!(whole, [1, 2, 3, 4, 5]);
    assert_eq!(text.lines().count(), 6, "the cut line stands alone: {text}");
}

/// 1 MiB in two files, 10,000 events of some 110 octets each.
#[tokio::test]
async fn it_stays_within_its_limit_and_counts_on_from_the_file_before() {
    let folder = folder();
    let path = folder.path().join("events");
    let paper = Paper::open(&path, 1).unwrap();
    for begin in (1..10_001).step_by(1000) {
        write_all(&paper, begin..begin + 1000).await;
    }
    assert_eq!(paper.status().dropped, 0);
    let (new, old) = (numbers(&path), numbers(&before(&path)));
    let octets = fs::metadata(&path).unwrap().len() + fs::metadata(before(&path)).unwrap().len();
    assert!(octets <= 1 << 20, "{octets}");
    assert_eq!(new.last(), Some(&10_000));
    assert_eq!(old.last().map(|last| last + 1), new.first().copied());
    drop(paper);
    fs::write(&path, "").unwrap();
    let last = old.last().unwrap();
    assert_eq!(Paper::open(&path, 1).unwrap().first(), last + 1);
}

#[test]
fn what_holds_something_else_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("precious");
    fs::write(&path, "precious\n").unwrap();
    assert!(Paper::open(&path, 1).is_none());
    assert!(Paper::open(&folder.path().join("none").join("x"), 1).is_none());
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious\n");
}

#[test]
fn a_full_disk_leaves_no_half_line_and_is_tried_again() {
    let mut place = Place {
        path: PathBuf::from("/dev/full"),
        file: fs::OpenOptions::new().append(true).open("/dev/full").unwrap(),
        octets_max: 1 << 20,
    };
    let error = place.append("a line\n").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);

    let folder = folder();
    let path = folder.path().join("events");
    let (good, _) = Place::open(&path, 1 << 20).unwrap();
    let (queue, entries) = sync_channel(8);
    let shared = Shared::default();
    queue.send(entry(1)).unwrap();
    drop(queue);
    write(&mut place, &entries, &shared);
    assert_eq!(shared.dropped.load(Ordering::Relaxed), 1);
    assert!(shared.failing.load(Ordering::Relaxed));
    let (queue, entries) = sync_channel(8);
    queue.send(entry(2)).unwrap();
    drop(queue);
    place = good;
    write(&mut place, &entries, &shared);
    assert!(!shared.failing.load(Ordering::Relaxed));
    assert_eq!(numbers(&path), [2]);
}

/// Nobody takes what is handed over: the daemon goes on at once, and the rest is counted.
#[test]
fn a_disk_that_hangs_holds_nothing_up() {
    let (queue, _entries) = sync_channel(WAITING_MAX);
    let paper = Paper {
        path: "events".to_owned(),
        first: 1,
        queue,
        shared: Arc::default(),
    };
    for seq in 1..=WAITING_MAX as u64 + 100 {
        paper.put(&entry(seq));
    }
    let status = paper.status();
    assert_eq!((status.dropped, status.well), (100, false));
}
