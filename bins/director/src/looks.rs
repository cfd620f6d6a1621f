//! Which checks look at the same: names count the checks of a server, so that after a reload another may have one's name.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use vrrp_plan::balance::Look;
use vrrp_plan::{Asks, Question};

/// Whether both look at the same. Where a file stands in the configuration, and what it begins as, is nothing that is looked at;
/// nor is a certificate that was renewed.
pub(crate) fn is_same(one: &Look, other: &Look) -> bool {
    match (one, other) {
        (Look::File(one), Look::File(other)) => one.path == other.path,
        (Look::Ask(one), Look::Ask(other)) => asks_the_same(one, other),
        (
            Look::Alternate {
                first,
                between,
                times,
            },
            Look::Alternate {
                first: other_first,
                between: other_between,
                times: other_times,
            },
        ) => {
            times == other_times && asks_the_same(first, other_first) && asks_the_same(between, other_between)
        }
        (one, other) => one == other,
    }
}

fn asks_the_same(one: &Question, other: &Question) -> bool {
    let (Asks::Http(now), Asks::Http(then)) = (&one.asks, &other.asks) else {
        return one == other;
    };
    if now.contents == then.contents {
        return one == other;
    }
    let mut renewed = one.clone();
    if let Asks::Http(http) = &mut renewed.asks {
        http.contents = then.contents;
    }
    renewed == *other
}

/// Looks have no order; what they are about has, and few looks are about the same.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject<'a> {
    Service(IpAddr, u16),
    Program(&'a [String]),
    File(&'a Path),
    Absent(&'a [PathBuf]),
}

/// What it is about; nothing is found by what is set.
fn subject(look: &Look) -> Option<Subject<'_>> {
    match look {
        Look::Ask(question) | Look::Alternate { first: question, .. } => {
            Some(Subject::Service(question.ip, question.port))
        }
        Look::Run { command, .. } => Some(Subject::Program(&command.words)),
        Look::File(track) => Some(Subject::File(&track.path)),
        Look::Unless(paths) => Some(Subject::Absent(paths)),
        Look::Always(_) => None,
    }
}

/// Something by looks; of equal ones the first stays.
#[derive(Debug)]
pub(crate) struct ByLook<'a, T>(BTreeMap<Subject<'a>, Vec<(&'a Look, T)>>);

impl<'a, T> FromIterator<(&'a Look, T)> for ByLook<'a, T> {
    fn from_iter<I: IntoIterator<Item = (&'a Look, T)>>(all: I) -> Self {
        let mut by_look = Self(BTreeMap::new());
        for (look, found) in all {
            let Some(subject) = subject(look) else {
                continue;
            };
            let there = by_look.0.entry(subject).or_default();
            if !there.iter().any(|(other, _)| is_same(other, look)) {
                there.push((look, found));
            }
        }
        by_look
    }
}

impl<T> ByLook<'_, T> {
    pub(crate) fn find<'s>(&'s self, look: &'s Look) -> Option<&'s T> {
        let mut there = self.0.get(&subject(look)?)?.iter();
        there
            .find(|(other, _)| is_same(other, look))
            .map(|(_, found)| found)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use vrrp_plan::Http;

    use super::*;

    fn ask(port: u16, server_name: &str, contents: u64) -> Look {
        Look::Ask(Box::new(Question {
            word: "SSL_GET",
            ip: Ipv4Addr::LOCALHOST.into(),
            port,
            source: None,
            source_port: 0,
            interface: None,
            mark: 0,
            connect_timeout: std::time::Duration::from_secs(5),
            asks: Asks::Http(Http {
                tls: true,
                verify: true,
                server_name: Some(server_name.to_owned()),
                authorities: None,
                client: None,
                contents: Some(contents),
                version: keepalived_conf::HttpVersion::V1_1,
                pages: Vec::new(),
            }),
        }))
    }

    #[test]
    fn a_renewed_certificate_is_no_other_look() {
        let before = ask(443, "a.example", 1);
        assert!(is_same(&before, &ask(443, "a.example", 2)));
        assert!(!is_same(&before, &ask(443, "b.example", 2)));
        assert!(!is_same(&before, &ask(443, "b.example", 1)));
        assert!(!is_same(&before, &ask(444, "a.example", 1)));
        assert!(!is_same(&before, &Look::Always(true)));
    }

    #[test]
    fn found_is_what_looks_at_the_same() {
        let looks = [
            ask(443, "a.example", 1),
            ask(443, "b.example", 1),
            Look::Always(true),
        ];
        let by_look: ByLook<'_, usize> = looks.iter().zip(0..).collect();
        assert_eq!(by_look.find(&ask(443, "b.example", 9)), Some(&1));
        assert_eq!(by_look.find(&ask(443, "c.example", 1)), None);
        assert_eq!(by_look.find(&ask(80, "a.example", 1)), None);
        assert_eq!(
            by_look.find(&Look::Always(true)),
            None,
            "it says itself what it is"
        );
    }
}
