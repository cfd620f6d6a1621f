//! A daemon that is killed, and the next one.

use std::path::Path;

use super::super::tests::wanted;
use super::super::{Fifos, lock};
use super::Memory;

/// As a killed daemon leaves it: nothing is removed, and nobody has it open any more.
async fn killed(mut fifos: Fifos) {
    for mut open in std::mem::take(&mut fifos.open) {
        lock(&open.feed.state).made = None;
        open.task.abort();
        // With it goes what it has open.
        let _ = (&mut open.task).await;
    }
}

fn remembering(folder: &Path) -> Fifos {
    let mut fifos = Fifos::default();
    fifos.remember(Memory::beside(Some(&folder.join("control.sock"))));
    fifos
}

#[tokio::test]
async fn what_a_killed_daemon_has_made_the_next_one_removes() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("fifo"), folder.path().join("other"));
    let mut fifos = remembering(folder.path());
    let mut second = wanted(&other);
    second.word = "notify_fifo";
    fifos.take(vec![wanted(&path), second]);
    killed(fifos).await;
    assert!(path.exists() && other.exists());
    // The file names only one of them now.
    let mut fifos = remembering(folder.path());
    fifos.take(vec![wanted(&path)]);
    assert!(path.exists() && !other.exists());
    killed(fifos).await;
    let mut fifos = remembering(folder.path());
    fifos.take(vec![wanted(&path)]);
    fifos.finish().await;
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing stays"
    );
}

/// Removed and made by somebody else meanwhile, under the same name: a file system may give the same number again.
#[tokio::test]
async fn a_strangers_pipe_in_the_place_of_one_of_ours_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    for by_now in [true, false] {
        let mut fifos = remembering(folder.path());
        fifos.take(vec![wanted(&path)]);
        killed(fifos).await;
        std::fs::remove_file(&path).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let mut fifos = remembering(folder.path());
        fifos.take(if by_now { vec![wanted(&path)] } else { Vec::new() });
        fifos.finish().await;
        assert!(path.exists(), "named by the file: {by_now}");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "forgotten");
    }
}

#[tokio::test]
async fn a_list_of_pipes_that_cannot_be_read_removes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let mut fifos = remembering(folder.path());
    fifos.take(vec![wanted(&path)]);
    killed(fifos).await;
    std::fs::write(folder.path().join("control.sock.fifos"), "{").unwrap();
    let mut fifos = remembering(folder.path());
    fifos.take(vec![wanted(&path)]);
    fifos.finish().await;
    assert!(path.exists());
}
