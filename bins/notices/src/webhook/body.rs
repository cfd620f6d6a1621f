//! What is posted.

use std::time::SystemTime;

use serde_json::json;

use crate::lane::Job;

/// The form of the body; a field may be added at any time.
const FORMAT: u8 = 1;

pub(super) fn body(node: &str, job: &Job) -> String {
    let news = &job.news;
    let at = news.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    json!({
        "format": FORMAT,
        "node": node,
        "kind": news.kind.to_string(),
        "name": news.name,
        "state": news.state.to_string(),
        "previous": job.previous.map(|state| state.to_string()),
        "priority": news.priority,
        "reason": news.reason,
        "at_unix_ms": u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
        "epoch": job.epoch,
    })
    .to_string()
}

/// The same for each try of one call, and for no other call of any node: `"NODE-EPOCH-KIND-NAME"`, a string in quotes.
pub(super) fn key(node: &str, job: &Job) -> String {
    let plain = |text: &str| -> String {
        let fit = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
        text.chars().map(|one| if fit(one) { one } else { '_' }).collect()
    };
    let (kind, name) = (job.news.kind, plain(&job.news.name));
    format!("\"{}-{}-{kind}-{name}\"", plain(node), job.epoch)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::news::{Kind, News, State};

    #[test]
    fn it_says_all_that_a_receiver_needs() {
        let job = Job {
            news: News {
                kind: Kind::Group,
                name: "VG \"1\"".to_owned(),
                state: State::Fault,
                priority: None,
                reason: None,
                at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_306_217_001),
            },
            previous: Some(State::Master),
            epoch: 1_795_306_217_001_002,
        };
        let read: serde_json::Value = serde_json::from_str(&body("lb1", &job)).unwrap();
        let expected = json!({
            "format": 1, "node": "lb1", "kind": "group", "name": "VG \"1\"", "state": "FAULT", "previous": "MASTER",
            "priority": null, "reason": null, "at_unix_ms": 1_795_306_217_001_u64, "epoch": 1_795_306_217_001_002_u64,
        });
        assert_eq!(read, expected);
        assert_eq!(key("lb 1", &job), "\"lb_1-1795306217001002-group-VG__1_\"");
    }
}
