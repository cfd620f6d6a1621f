//! A mail server on a node's loopback that takes everything.

use crate::topology::Node;
use crate::{LabError, wait};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Where it listens.
pub(super) const PORT: u16 = 2525;

/// What of a mail is compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Letter {
    /// The whole line of its recipients.
    pub(super) to: String,
    pub(super) subject: String,
    /// Its first line.
    pub(super) body: String,
}

/// All that came; closed with the process.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    letters: Arc<Mutex<Vec<Letter>>>,
}

impl Mailbox {
    pub(super) fn open(node: &Node) -> Result<Self, LabError> {
        let bound = node.within(|| TcpListener::bind(("127.0.0.1", PORT)))?;
        let listener = bound.map_err(|error| LabError::Other(format!("port {PORT}: {error}")))?;
        let mailbox = Self::default();
        let letters = Arc::clone(&mailbox.letters);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let letters = Arc::clone(&letters);
                std::thread::spawn(move || receive(stream, &letters));
            }
        });
        Ok(mailbox)
    }

    pub(super) fn mails(&self) -> Vec<Letter> {
        self.letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for so many.
    pub(super) fn until(&self, count: usize) {
        let enough = || (self.mails().len() >= count).then_some(());
        let _late = wait::until("the mails", Duration::from_secs(10), enough);
    }
}

/// Whoever goes in the middle has sent nothing.
fn receive(stream: TcpStream, letters: &Mutex<Vec<Letter>>) {
    let Ok(mut out) = stream.try_clone() else { return };
    let mut say = |text: &str| out.write_all(text.as_bytes()).is_ok();
    if !say("220 lab\r\n") {
        return;
    }
    let mut letter: Option<Letter> = None;
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        if let Some(open) = &mut letter {
            match line.as_str() {
                "." => {
                    let done = letter.take().unwrap_or_default();
                    letters.lock().unwrap_or_else(PoisonError::into_inner).push(done);
                    say("250 queued\r\n");
                }
                to if to.starts_with("To: ") => to.clone_into(&mut open.to),
                body if body.starts_with("=> ") => body.clone_into(&mut open.body),
                other => {
                    if let Some(subject) = other.strip_prefix("Subject: ") {
                        subject.clone_into(&mut open.subject);
                    }
                }
            }
        } else if line == "DATA" {
            letter = Some(Letter::default());
            say("354 go\r\n");
        } else if !say("250 ok\r\n") || line == "QUIT" {
            return;
        }
    }
}
