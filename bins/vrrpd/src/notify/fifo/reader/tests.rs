//! Programs whose pipe is not what it was.

use healthcheck::Command;
use tokio::time::Instant;

use super::super::Fifos;
use super::super::tests::{until, wanted};
use super::PAUSE;

/// Started in its place, it would read the folder, fail, and leave its complaint behind.
#[tokio::test]
async fn a_program_waits_while_its_pipe_is_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let (path, told) = (folder.path().join("fifo"), folder.path().join("told"));
    let script = format!(
        "if [ -p \"$0\" ]; then echo pipe; else echo other; fi >> {}; exec cat \"$0\"",
        told.display()
    );
    let mut with = wanted(&path);
    with.script = Some(Command::new(["/bin/sh", "-c", &script]));
    let mut fifos = Fifos::default();
    fifos.take(vec![with]);
    let status = |fifos: &Fifos| fifos.status().remove(0);
    until("it reads", || status(&fifos).has_reader).await;
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    until("it has ended", || {
        status(&fifos)
            .script
            .is_some_and(|script| script.last_end.is_some())
    })
    .await;
    let ended = Instant::now();
    until("its pause is over", || ended.elapsed() > PAUSE * 3 / 2).await;
    let problem = status(&fifos).problem.unwrap();
    assert!(problem.contains("is a folder, not a pipe"), "{problem}");
    std::fs::remove_dir(&path).unwrap();
    until("it reads again", || status(&fifos).has_reader).await;
    assert_eq!(std::fs::read_to_string(&told).unwrap(), "pipe\npipe\n");
    let script = status(&fifos).script.unwrap();
    assert_eq!((script.starts, script.last_end.as_deref()), (2, Some("exit 0")));
}

/// What could not be started the last time is not said of one that runs.
#[tokio::test]
async fn a_program_that_runs_at_last_was_started() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("late");
    let mut with = wanted(&folder.path().join("fifo"));
    with.script = Some(Command::new([&program]));
    let mut fifos = Fifos::default();
    fifos.take(vec![with]);
    let script = |fifos: &Fifos| fifos.status().remove(0).script.unwrap();
    until("tried", || script(&fifos).not_started.is_some()).await;
    std::os::unix::fs::symlink("/bin/cat", &program).unwrap();
    until("it runs", || script(&fifos).running_since_unix_ms.is_some()).await;
    assert_eq!(script(&fifos).not_started, None);
}
