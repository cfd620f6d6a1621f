//! Which pipe is told of what.

use super::*;

/// keepalived 2.2.7 writes servers to its first and its last pipe, and routers to its first and its second.
#[tokio::test]
async fn each_pipe_gets_the_lines_of_its_word() {
    let folder = tempfile::tempdir().unwrap();
    let mut fifos = Fifos::default();
    let words = ["notify_fifo", "vrrp_notify_fifo", "lvs_notify_fifo"];
    let wish = |word: &'static str| Wanted {
        word,
        ..wanted(&folder.path().join(word))
    };
    fifos.take(words.map(wish).into());
    let of_server = "VS [192.0.2.1]:tcp:80 UP";
    fifos.told_of_server(of_server);
    tell(&mut fifos, "A");
    let lines = [
        format!("{of_server}\n{}", line("A")),
        line("A"),
        format!("{of_server}\n"),
    ];
    for (word, expected) in words.iter().zip(lines) {
        let mut pipe = reader(&folder.path().join(word));
        assert_eq!(read(&mut pipe, expected.len()).await, expected, "{word}");
    }
    until("all is read", || {
        fifos.status().iter().all(|one| one.lines_waiting == 0)
    })
    .await;
    fifos.finish().await;
}
