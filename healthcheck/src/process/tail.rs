//! The last 4 KB of what a process prints, taken so that it never blocks and never grows.

use std::future;
use std::io;
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
use tokio::time::sleep;

use crate::output::{OUTPUT_BYTES_MAX, end, printable};

/// Above this the reader slows down, so that a script that prints for ever does not take a core of ours too.
const FLOOD_BYTES: u64 = 1 << 20;
const FLOOD_PAUSE: Duration = Duration::from_millis(1);
const CHUNK_BYTES: usize = 16 * 1024;

/// Reads a pipe and remembers its end.
#[derive(Debug)]
pub(super) struct Capture {
    pipe: Option<Receiver>,
    kept: Vec<u8>,
    read_bytes: u64,
}

impl Capture {
    pub(super) const fn new(pipe: Receiver) -> Self {
        Self {
            pipe: Some(pipe),
            kept: Vec::new(),
            read_bytes: 0,
        }
    }

    /// Whether somebody still holds the other end.
    pub(super) const fn is_open(&self) -> bool {
        self.pipe.is_some()
    }

    /// Takes what comes next; pending for ever after the end. Cancel-safe.
    pub(super) async fn flow(&mut self) {
        if self.read_bytes > FLOOD_BYTES {
            sleep(FLOOD_PAUSE).await;
        }
        let ready = match &self.pipe {
            Some(pipe) => pipe.readable().await,
            None => future::pending().await,
        };
        if ready.is_err() || !self.take_chunk() {
            self.pipe = None;
        }
    }

    /// Takes what is there now, without waiting and without following a flood.
    pub(super) fn take_rest(&mut self) {
        let stop_at = self.read_bytes.saturating_add(FLOOD_BYTES);
        while self.pipe.is_some() && self.read_bytes < stop_at {
            let before = self.read_bytes;
            if !self.take_chunk() {
                self.pipe = None;
            }
            if self.read_bytes == before {
                return;
            }
        }
    }

    /// False at the end of the pipe.
    fn take_chunk(&mut self) -> bool {
        let Some(pipe) = &self.pipe else { return false };
        let mut chunk = [0_u8; CHUNK_BYTES];
        match pipe.try_read(&mut chunk) {
            Ok(0) => false,
            Ok(count) => {
                self.read_bytes = self.read_bytes.saturating_add(count as u64);
                keep_end(&mut self.kept, chunk.get(..count).unwrap_or_default());
                true
            }
            Err(error) => matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
            ),
        }
    }

    /// What is kept, as text that is safe to print.
    pub(super) fn text(&self) -> String {
        printable(&self.kept)
    }
}

fn keep_end(kept: &mut Vec<u8>, chunk: &[u8]) {
    let chunk = end(chunk);
    let surplus = (kept.len() + chunk.len()).saturating_sub(OUTPUT_BYTES_MAX);
    kept.drain(..surplus.min(kept.len()));
    kept.extend_from_slice(chunk);
}

#[cfg(test)]
mod tests {
    use super::{OUTPUT_BYTES_MAX, keep_end};

    #[test]
    fn the_end_is_kept_whatever_the_chunks() {
        let all: Vec<u8> = (0..40_000_u32).map(|n| (n % 251) as u8).collect();
        for size in [1, 7, 4095, 4096, 4097, 16_384, 40_000] {
            let mut kept = Vec::new();
            for chunk in all.chunks(size) {
                keep_end(&mut kept, chunk);
            }
            assert_eq!(kept, all[all.len() - OUTPUT_BYTES_MAX..], "chunks of {size}");
        }
    }

    #[test]
    fn little_is_kept_whole() {
        let mut kept = Vec::new();
        keep_end(&mut kept, b"a");
        keep_end(&mut kept, b"");
        keep_end(&mut kept, b"bc");
        assert_eq!(kept, b"abc");
    }
}
