use vrrp_control::Reply;

use super::*;
use crate::control::May;

const OURS: Peer = Peer {
    uid: 0,
    gid: 0,
    may: May::Change,
};
const OTHER: Peer = Peer {
    uid: 4_000_001,
    gid: 4_000_001,
    may: May::Read,
};

fn journal() -> Arc<Journal> {
    Arc::new(Journal::new(None))
}

fn note(journal: &Journal, instance: &str, text: &str) {
    journal.note(Event {
        instance: Some(instance.to_owned()),
        ..draft(EventKind::Reload, "done", text)
    });
}

fn since(from: Option<u64>, instance: Option<&str>) -> Since {
    Since {
        from,
        instance: instance.map(str::to_owned),
    }
}

fn events(lines: &str) -> Vec<Event> {
    let one = |line: &str| match Reply::from_line(line.as_bytes()).unwrap().answer {
        Answer::Event(event) => *event,
        other => panic!("{other:?}"),
    };
    lines.lines().map(one).collect()
}

#[test]
fn numbers_only_grow_and_who_asks_for_one_that_is_gone_hears_how_many_are() {
    let journal = journal();
    for _ in 0..KEPT + 100 {
        note(&journal, "VI_1", "x");
    }
    let all = journal.since(&since(None, None));
    assert_eq!((all.lost, all.next, all.events.len()), (0, 4197, KEPT));
    let late = journal.since(&since(Some(91), None));
    assert_eq!((late.lost, late.events[0].seq), (10, 101));
    let seqs: Vec<u64> = late.events.iter().map(|event| event.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1));
    let new = journal.since(&since(Some(4197), None));
    assert_eq!((new.lost, new.next, new.events.len()), (0, 4197, 0));
    // Of an earlier life, which came further.
    let other_life = journal.since(&since(Some(9000), None));
    assert_eq!((other_life.lost, other_life.events.len()), (0, KEPT));
}

#[test]
fn one_instance_is_picked_out_and_a_long_text_is_cut() {
    let journal = journal();
    note(&journal, "VI_1", "x");
    note(&journal, "VI_2", &"ü".repeat(5000));
    journal.by(OTHER, draft(EventKind::CheckMode, "normal", "y"));
    let found = journal.since(&since(None, Some("VI_2")));
    assert_eq!((found.events.len(), found.events[0].seq, found.next), (1, 2, 4));
    assert_eq!(found.events[0].text.chars().count(), TEXT_CHARS_MAX + 1);
    assert_eq!(
        journal.since(&since(Some(3), None)).events[0].uid,
        Some(4_000_001)
    );
}

#[tokio::test]
async fn who_follows_misses_nothing_between_what_was_and_what_comes() {
    let journal = journal();
    note(&journal, "VI_1", "before");
    let mut following = journal.follow(since(None, None), OURS).unwrap();
    note(&journal, "VI_1", "in between");
    let Answer::Events(begun) = following.begin() else {
        panic!("no events first");
    };
    assert_eq!((begun.lost, begun.next, begun.events.len()), (0, 1, 0));
    assert_eq!(events(&following.lines()).len(), 2);
    assert_eq!(following.lines(), "");
    note(&journal, "VI_2", "after");
    assert!(following.more().await);
    let after = events(&following.lines());
    assert_eq!(
        (after.len(), after[0].seq, after[0].text.as_str()),
        (1, 3, "after")
    );
    let closing = tokio::spawn({
        let journal = Arc::clone(&journal);
        async move { journal.close(Duration::from_secs(20)).await }
    });
    note(&journal, "VI_2", "the last");
    assert!(
        following.more().await,
        "what was noted before the end is still there"
    );
    assert_eq!(events(&following.lines())[0].text, "the last");
    assert!(!following.more().await);
    drop(following);
    closing.await.unwrap();
}

#[test]
fn who_reads_slower_than_things_happen_is_told_how_many_are_missing() {
    let journal = journal();
    let mut following = journal.follow(since(None, Some("VI_1")), OURS).unwrap();
    let _none = following.begin();
    for _ in 0..KEPT + 7 {
        note(&journal, "VI_1", "x");
    }
    let mut all = Vec::new();
    loop {
        let lines = following.lines();
        if lines.is_empty() {
            break;
        }
        all.extend(events(&lines));
    }
    assert_eq!(
        (all[0].kind, all[0].seq, all[0].times),
        (EventKind::Missing, 7, Some(7))
    );
    assert_eq!((all[1].seq, all.len()), (8, KEPT + 1));
}

#[test]
fn places_are_limited_and_others_leave_some_to_root() {
    let journal = journal();
    let follow = |peer| journal.follow(since(None, None), peer);
    let others: Vec<Following> = std::iter::from_fn(|| follow(OTHER).ok()).take(1000).collect();
    assert_eq!(others.len(), FOLLOWERS_MAX - FOLLOWERS_OURS);
    let refused = follow(OTHER).unwrap_err();
    assert!(
        matches!(&refused, Answer::Error(problem) if problem.kind == ProblemKind::Unavailable),
        "{refused:?}"
    );
    let ours: Vec<Following> = std::iter::from_fn(|| follow(OURS).ok()).take(1000).collect();
    assert_eq!(ours.len(), FOLLOWERS_OURS);
    assert_eq!(journal.status().followers, 128);
    drop((others, ours));
    assert_eq!(journal.status().followers, 0);
}
