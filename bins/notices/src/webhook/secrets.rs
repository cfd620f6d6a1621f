//! What may be secret, taken out of what servers say: some say again what they were asked.

use hyper::Uri;
use zeroize::Zeroizing;

/// What is shorter is no secret, and stands in many a word.
const WHOLE_OCTETS_MIN: usize = 4;
/// As [`WHOLE_OCTETS_MIN`], of a part of a path or a query.
const PART_OCTETS_MIN: usize = 8;
const MASK: &str = "***";

/// Longest first: a part is not taken out of the whole.
#[derive(Clone)]
pub(super) struct Secrets(Vec<Zeroizing<String>>);

impl Secrets {
    /// Path and query: with many services they are the secret.
    pub(super) fn of_url(url: &Uri) -> Self {
        let mut secrets = Self(Vec::new());
        let whole = url.path_and_query().map_or("", |both| both.as_str());
        for one in [whole, url.path()] {
            secrets.add(one, WHOLE_OCTETS_MIN);
        }
        for part in whole.split(['/', '?', '&', '=']) {
            secrets.add(part, PART_OCTETS_MIN);
        }
        secrets
    }

    /// The value as it is sent, and what stands in it behind its scheme.
    pub(super) fn add_authorization(&mut self, value: &str) {
        let value = value.trim();
        self.add(value, WHOLE_OCTETS_MIN);
        for token in value.split_ascii_whitespace().skip(1) {
            self.add(token, WHOLE_OCTETS_MIN);
        }
    }

    fn add(&mut self, text: &str, octets_min: usize) {
        if text.len() >= octets_min && !self.0.iter().any(|known| known.as_str() == text) {
            self.0.push(Zeroizing::new(text.to_owned()));
            self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    /// `said` without them; also without the beginning of one at its end, where it was cut.
    pub(super) fn masked(&self, said: &str) -> String {
        let mut said = said.to_owned();
        for secret in &self.0 {
            said = said.replace(secret.as_str(), MASK);
        }
        let begun = |secret: &Zeroizing<String>| {
            let beginnings = secret.char_indices().map(|(at, _)| secret.split_at(at).0);
            let begun = beginnings.filter(|begun| begun.len() >= WHOLE_OCTETS_MIN && said.ends_with(*begun));
            begun.map(str::len).max()
        };
        if let Some(octets) = self.0.iter().filter_map(begun).max() {
            said.truncate(said.len().saturating_sub(octets));
            said.push_str(MASK);
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(url: &str, authorization: &str) -> Secrets {
        let mut secrets = Secrets::of_url(&url.parse().unwrap());
        secrets.add_authorization(authorization);
        secrets
    }

    #[test]
    fn what_was_asked_is_not_said_again() {
        let secrets = secrets("https://h/hook?token=0123456789", "Bearer sesame");
        for (said, masked) in [
            ("Cannot POST /hook?token=0123456789", "Cannot POST ***"),
            ("no /hook here", "no *** here"),
            ("token 0123456789 is old", "token *** is old"),
            ("bad: Bearer sesame.", "bad: ***."),
            ("sesame? sesame!", "***? ***!"),
            ("cut: Bearer ses", "cut: ***"),
            ("cut: sesa", "cut: ***"),
            ("a hook, a token, a bearer", "a hook, a token, a bearer"),
        ] {
            assert_eq!(secrets.masked(said), masked);
        }
    }

    #[test]
    fn what_is_short_is_no_secret() {
        let secrets = secrets("https://h/", "abc");
        assert_eq!(secrets.masked("a/b abc ok"), "a/b abc ok");
    }
}
