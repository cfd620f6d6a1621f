//! `HTTP_GET` and `SSL_GET` of a `vrrp_check`.

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::model::{Http, HttpVersion, Sourced, Url};
use crate::tree::Item;

/// What keepalived hands to its matcher and ours cannot do.
const OFFSETS: [&str; 2] = ["regex_min_offset", "regex_max_offset"];
/// Options of keepalived's matcher, and what they are in a pattern; empty: ours does so, or need not.
const OPTIONS: [(&str, &str); 10] = [
    ("caseless", "i"),
    ("multiline", "m"),
    ("dotall", "s"),
    ("extended", "x"),
    ("ungreedy", "U"),
    ("utf", ""),
    ("ucp", ""),
    ("no_auto_possess", ""),
    ("no_start_optimize", ""),
    ("no_dotstar_anchor", ""),
];

impl Reader<'_> {
    pub(super) fn http(&mut self, block: &Item, tls: bool) -> Option<Http> {
        let mut http = Http {
            tls,
            verify: Sourced::default(true),
            host: None,
            server_name: None,
            version: Sourced::default(HttpVersion::V1_0),
            urls: Vec::new(),
        };
        let mut named = None;
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("url") => http.urls.extend(self.url(item)),
                Some("virtualhost") => http.host = self.word_of(item).or(http.host),
                Some("sni_name") => named = self.word_of(item).or(named),
                Some("enable_sni") => {
                    let _on = self.flag(item);
                }
                Some("verify") => http.verify = self.switch(item).unwrap_or(http.verify),
                Some("http_protocol") => http.version = self.http_version(item).unwrap_or(http.version),
                // All pages are asked in every run, and a connection ends as the service likes.
                Some("fast_recovery" | "tls_compliant") => {}
                _ => {}
            }
        }
        http.server_name = named;
        if http.urls.is_empty() {
            let text = format!("{} asks for no page", block.name());
            let found = Diagnostic::error("check-without-url", block.span, text);
            self.push(found.help("add url { path / }"));
            return None;
        }
        Some(http)
    }

    fn http_version(&mut self, item: &Item) -> Option<Sourced<HttpVersion>> {
        let read = self.word_of(item)?;
        let version = match read.value.as_str() {
            "1.0" => HttpVersion::V1_0,
            "1.0C" | "1.0c" => HttpVersion::V1_0Close,
            "1.1" => HttpVersion::V1_1,
            "2" | "2.0" => HttpVersion::V2,
            other => {
                let text = format!("http_protocol is 1.0, 1.0C, 1.1 or 2; found {other:?}");
                self.push(Diagnostic::error("bad-value", item.span, text).help("write 1.1"));
                return None;
            }
        };
        Some(read.map(|_| version))
    }

    fn url(&mut self, block: &Item) -> Option<Url> {
        let (mut path, mut statuses, mut digest, mut host, mut regex) = (None, None, None, None, None);
        let (mut no_match, mut flags) = (false, String::new());
        for item in block.items() {
            match item.keyword.map(|keyword| keyword.name) {
                Some("path") => path = self.path_of(item).or(path),
                Some("status_code") => statuses = self.statuses(item).or(statuses),
                Some("digest") => digest = self.digest(item).or(digest),
                Some("virtualhost") => host = self.word_of(item).or(host),
                Some("regex") => regex = self.word_of(item).or(regex),
                Some("regex_no_match") => no_match = self.flag(item).value,
                Some("regex_options") => flags.push_str(&self.regex_flags(item)),
                Some(name) if OFFSETS.contains(&name) => {
                    let text = format!("{name} is for keepalived's matcher");
                    self.push(Diagnostic::error("not-in-a-check", item.span, text).help(
                        "write what stands in front of the match into the pattern, and remove the line",
                    ));
                }
                _ => {}
            }
        }
        if !flags.is_empty() {
            regex = regex.map(|regex: Sourced<String>| regex.map(|pattern| format!("(?{flags}){pattern}")));
        }
        let Some(path) = path else {
            let found = Diagnostic::error("incomplete-block", block.span, "url has no path");
            self.push(found.help("add path /"));
            return None;
        };
        let usual = if digest.is_none() {
            vec![(200, 299)]
        } else {
            vec![(100, 599)]
        };
        Some(Url {
            span: block.span,
            path,
            statuses: statuses.unwrap_or(Sourced::default(usual)),
            digest,
            host,
            regex,
            regex_no_match: no_match,
        })
    }

    /// As a pattern has them.
    fn regex_flags(&mut self, item: &Item) -> String {
        let mut flags = String::new();
        for word in item.arguments() {
            match OPTIONS.iter().find(|(name, _)| word.is(name)) {
                Some((_, flag)) => flags.push_str(flag),
                None => {
                    let text = format!("{} is an option of keepalived's matcher", word.text());
                    self.wrong_in_check(word, text, "write it into the pattern, and remove the word");
                }
            }
        }
        flags
    }

    pub(super) fn path_of(&mut self, item: &Item) -> Option<Sourced<String>> {
        let read = self.word_of(item)?;
        let plain = |byte: u8| byte.is_ascii_graphic();
        if read.value.starts_with('/') && read.value.bytes().all(plain) {
            return Some(read);
        }
        let text = format!(
            "path begins with / and is of visible ASCII; found {:?}",
            read.value
        );
        let found = Diagnostic::error("bad-value", item.span, text);
        self.push(found.help("escape other letters as %XX"));
        None
    }

    /// `N[-M] …`
    fn statuses(&mut self, item: &Item) -> Option<Sourced<Vec<(u16, u16)>>> {
        let mut ranges = Vec::new();
        for word in item.arguments() {
            let text = word.text();
            let (first, last) = text.split_once('-').unwrap_or((&text, &text));
            let code = |text: &str| text.parse::<u16>().ok().filter(|code| (100..=599).contains(code));
            match (code(first), code(last)) {
                (Some(first), Some(last)) if first <= last => ranges.push((first, last)),
                _ => {
                    let text = format!("a status code is 100 to 599, or a range N-M; found {text:?}");
                    self.wrong_in_check(word, text, "write status_code 200 301-399");
                    return None;
                }
            }
        }
        if ranges.is_empty() {
            self.lacks_its_word(item);
            return None;
        }
        Some(Sourced::line(ranges, item.span))
    }

    fn digest(&mut self, item: &Item) -> Option<Sourced<String>> {
        let read = self.word_of(item)?;
        if read.value.len() == 32 && read.value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(read.map(|text| text.to_ascii_lowercase()));
        }
        let text = format!(
            "digest is an MD5 sum, 32 hexadecimal digits; found {:?}",
            read.value
        );
        self.push(Diagnostic::error("bad-value", item.span, text).help("take it from md5sum of the page"));
        None
    }
}
