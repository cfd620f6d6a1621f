//! A mail server of a script, and mail to it.

use std::sync::Arc;
use std::time::Duration;

use vrrp_notices::{Epochs, Mail, Notices, Targets, Wants};

use super::{HASTY, Lines, Script, listen, smtp};

pub(crate) fn mail(port: u16, to: &[&str]) -> Mail {
    let to: Vec<String> = to.iter().map(|to| (*to).to_owned()).collect();
    let mut mail = Mail::new("kv@example.com", &to, "127.0.0.1", "node").unwrap();
    mail.router_id = "lb1".to_owned();
    mail.port = port;
    mail.patience = HASTY;
    mail.limit = Duration::from_millis(400);
    mail
}

pub(crate) fn notices(mail: Mail) -> Notices {
    let notices = Notices::new(Epochs::open(None));
    let mut targets = Targets::default();
    targets.add("mail", Arc::new(mail), Wants::all());
    notices.aim(targets).unwrap();
    notices
}

/// A server by a script, and what it has heard.
pub(crate) fn server(script: impl Fn(usize, &str) -> Option<String> + Send + Sync + 'static) -> (u16, Lines) {
    let heard = Lines::default();
    let lines = Arc::clone(&heard);
    let script: Arc<Script> = Arc::new(script);
    let address = listen(move |number, stream| smtp(stream, number, &*script, &lines));
    (address.port(), heard)
}

pub(crate) fn subjects(heard: &Lines) -> Vec<String> {
    let heard = heard.lock().unwrap();
    let subjects = heard.iter().filter_map(|line| line.split_once(" Subject: "));
    subjects.map(|(_, subject)| subject.to_owned()).collect()
}
