//! The mail itself: keepalived's subjects and bodies, word for word.

use lettre::message::header::{Header, HeaderName, HeaderValue};

use super::Mail;
use crate::lane::Job;
use crate::news::{Kind, State};

/// keepalived calls itself `Keepalived` here.
#[derive(Clone)]
struct Mailer(String);

impl Header for Mailer {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("X-Mailer")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// As it goes over the wire. Each try sends the same octets.
pub(super) fn letter(mail: &Mail, job: &Job) -> Result<Vec<u8>, String> {
    let from = &mail.from;
    let id = format!("<{}.vrrpd@{}>", job.epoch, domain(&mail.helo));
    let builder = lettre::Message::builder()
        .date(job.news.at)
        .from(from.clone())
        .subject(subject(&mail.router_id, job))
        .header(Mailer(format!("vrrpd {}", env!("CARGO_PKG_VERSION"))))
        .message_id(Some(id));
    let addressed = mail.to.iter().fold(builder, |builder, to| builder.to(to.clone()));
    let message = addressed.body(format!("=> {} <=\r\n", body(job)));
    message
        .map(|message| message.formatted())
        .map_err(|error| format!("it cannot be written: {error}"))
}

/// What may stand behind the `@` of a message's id.
fn domain(helo: &str) -> String {
    let fit = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    let domain: String = helo.chars().filter(fit).collect();
    if domain.is_empty() {
        "localhost".to_owned()
    } else {
        domain
    }
}

fn subject(router_id: &str, job: &Job) -> String {
    let what = match job.news.kind {
        Kind::Instance => "VRRP Instance",
        Kind::Group => "VRRP Group",
        Kind::VirtualServer => "Virtualserver",
        Kind::RealServer => "Realserver",
    };
    let name = &job.news.name;
    let change = match job.news.state {
        State::Master | State::Backup | State::Fault => format!("Entering {} state", job.news.state),
        State::Stop => "Stopping".to_owned(),
        State::Deleted => "Deleted".to_owned(),
        State::Up | State::Down => job.news.state.to_string(),
    };
    format!("[{router_id}] {what} {name} - {change}")
}

fn body(job: &Job) -> String {
    if let Some(reason) = &job.news.reason {
        // One line, as the words of a script that go into it need not be.
        return reason
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
    }
    match (job.news.kind, job.news.state) {
        (Kind::Instance, State::Master) => "VRRP Instance is now owning VRRP VIPs".to_owned(),
        (Kind::Instance, State::Backup | State::Fault) => {
            "VRRP Instance is no longer owning VRRP VIPs".to_owned()
        }
        (Kind::Group, state @ (State::Master | State::Backup | State::Fault)) => {
            format!("All VRRP group instances are now in {state} state")
        }
        (_, State::Stop) => "VRRP stopping".to_owned(),
        (_, State::Deleted) => "VRRP Deleted at reload".to_owned(),
        (_, state) => format!("It is {state} now"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::news::News;

    fn job(kind: Kind, state: State) -> Job {
        Job {
            news: News {
                kind,
                name: "VI_1".to_owned(),
                state,
                priority: Some(100),
                reason: None,
                at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_306_217),
            },
            previous: None,
            epoch: 7,
        }
    }

    /// As keepalived 2.2.7 sent them.
    #[test]
    fn subjects_and_bodies_are_keepalived_s() {
        let cases = [
            (
                Kind::Instance,
                State::Master,
                "Instance VI_1 - Entering MASTER state",
                "VRRP Instance is now owning VRRP VIPs",
            ),
            (
                Kind::Instance,
                State::Backup,
                "Instance VI_1 - Entering BACKUP state",
                "VRRP Instance is no longer owning VRRP VIPs",
            ),
            (
                Kind::Instance,
                State::Fault,
                "Instance VI_1 - Entering FAULT state",
                "VRRP Instance is no longer owning VRRP VIPs",
            ),
            (
                Kind::Instance,
                State::Deleted,
                "Instance VI_1 - Deleted",
                "VRRP Deleted at reload",
            ),
            (
                Kind::Group,
                State::Master,
                "Group VI_1 - Entering MASTER state",
                "All VRRP group instances are now in MASTER state",
            ),
            (
                Kind::Group,
                State::Fault,
                "Group VI_1 - Entering FAULT state",
                "All VRRP group instances are now in FAULT state",
            ),
        ];
        for (kind, state, expected, said) in cases {
            let job = job(kind, state);
            assert_eq!(subject("lb1", &job), format!("[lb1] VRRP {expected}"));
            assert_eq!(body(&job), said);
        }
    }

    /// As keepalived 2.2.7 sent them.
    #[test]
    fn servers_are_called_as_by_keepalived() {
        let mut lost = job(Kind::VirtualServer, State::Down);
        lost.news.name = "[192.0.2.1]:tcp:80".to_owned();
        lost.news.reason = Some("Lost quorum 2-0=2 > 1".to_owned());
        assert_eq!(
            subject("lb1", &lost),
            "[lb1] Virtualserver [192.0.2.1]:tcp:80 - DOWN"
        );
        assert_eq!(body(&lost), "Lost quorum 2-0=2 > 1");
        let mut back = job(Kind::RealServer, State::Up);
        back.news.name = "[192.0.2.10]:tcp:80 of virtual server [192.0.2.1]:tcp:80".to_owned();
        back.news.reason = Some("exit 0:\r\nBcc: all".to_owned());
        assert_eq!(
            subject("lb1", &back),
            "[lb1] Realserver [192.0.2.10]:tcp:80 of virtual server [192.0.2.1]:tcp:80 - UP"
        );
        assert_eq!(body(&back), "exit 0:  Bcc: all");
    }

    #[test]
    fn the_letter_has_keepalived_s_headers() {
        let to = ["ops@example.com".to_owned(), "root".to_owned()];
        let mut mail = Mail::new("kv@example.com", &to, "192.0.2.25", "vm").unwrap();
        mail.router_id = "lb1".to_owned();
        let text = String::from_utf8(letter(&mail, &job(Kind::Instance, State::Master)).unwrap()).unwrap();
        for line in [
            "Date: Sun, 22 Nov 2026 00:10:17 +0000\r\n",
            "From: kv@example.com\r\n",
            "Subject: [lb1] VRRP Instance VI_1 - Entering MASTER state\r\n",
            "X-Mailer: vrrpd ",
            "To: ops@example.com, root@vm\r\n",
            "Message-ID: <7.vrrpd@vm>\r\n",
            "\r\n\r\n=> VRRP Instance is now owning VRRP VIPs <=\r\n",
        ] {
            assert!(text.contains(line), "{line:?} in {text}");
        }
    }

    #[test]
    fn a_name_cannot_bring_a_header() {
        let mut mail = Mail::new(
            "kv@example.com",
            &["o@example.com".to_owned()],
            "192.0.2.25",
            "vm",
        )
        .unwrap();
        mail.router_id = "lb1\r\nBcc: all@example.com".to_owned();
        let text = String::from_utf8(letter(&mail, &job(Kind::Instance, State::Master)).unwrap()).unwrap();
        assert!(!text.contains("\nBcc:"), "{text}");
    }
}
